package differential

import (
	"fmt"
	"strings"

	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest/grammar"
)

// A signing is one way in which package signer signs.
type signing struct {
	signer *signer.Signer
	key    *grammar.Key
}

// signings returns all ways in turn, most with the first key: those with a longer one
// take three times as long.
func signings() (all []signing, err error) {
	keys := grammar.SigningKeys()
	for _, k := range []*grammar.Key{keys[0], keys[0], keys[0], keys[1]} {
		for _, method := range []signer.Method{signer.C14N10, signer.C14N11, signer.Exclusive} {
			for _, digest := range []signer.Digest{signer.SHA256, signer.SHA384, signer.SHA512} {
				s, err := signer.New(k.Signer, k.DER, signer.Options{Method: method, Digest: digest})
				if err != nil {
					return nil, fmt.Errorf("prepare to sign: %w", err)
				}
				all = append(all, signing{s, k})
			}
		}
	}
	return all, nil
}

// signer has package signer sign the document in one way in turn, and holds that against
// all oracles.
func (t *trial) signer(d *grammar.Document) {
	by := t.signers[t.seed%uint64(len(t.signers))]
	signed, err := by.signer.Sign(d.Unsigned)
	if err != nil {
		why := refusalOf(err)
		count(&t.counts.Unsigned, why)
		if why == otherwise {
			t.document = d.Unsigned
			t.find("7, what is signed is verified", "not signed: %v", err)
		}
		return
	}
	t.counts.Signed++
	t.take(signed)
	if v := judge(t.cpt, signed, t.senders[by.key]); !v.Verified() {
		t.find("7, what is signed is verified", "cpt: %v: %s", v.Reason(), v.Detail().JSON())
		return
	}
	t.verified("turnkey sign", by.key)
}

// otherwise is a refusal that there is no reason for.
const otherwise = "otherwise"

// refusalOf says why a document was not signed. Those of the profile interop have
// comments that cpt refuses.
func refusalOf(err error) string {
	switch {
	case strings.Contains(err.Error(), "a comment stands beside text"):
		return "a comment beside text"
	case strings.Contains(err.Error(), "inside a text"):
		return "its place is inside a text"
	}
	return otherwise
}
