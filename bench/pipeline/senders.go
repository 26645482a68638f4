package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/declaration"
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

// senderKeys are how many RSA keys the senders' certificates share: making one takes
// longer than all else. What is prepared of a key is so for each certificate.
const senderKeys = 16

// A sender is a broker with one certificate.
type sender struct {
	account, box string
	der          []byte
	certificate  *verifier.Certificate
	signs        *signer.Signer
	from, until  time.Time
}

func newSenders(n int, now time.Time) ([]*sender, error) {
	keys := verifiertest.Keys(senderKeys)
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		return nil, fmt.Errorf("found the sample authorities: %w", err)
	}
	all := make([]*sender, n)
	for i := range all {
		s := &sender{
			account: fmt.Sprintf("broker%04d@example.com", i), box: strings.ToUpper(strconv.FormatInt(int64(36*36+i), 36)),
			from: now.AddDate(0, -1, 0), until: now.AddDate(1, 0, 0),
		}
		identity, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "00042445", Ordinal: 1},
			verifiertest.Terms{NotBefore: s.from, NotAfter: s.until, Key: keys[i%senderKeys]})
		if err != nil {
			return nil, err
		}
		s.der = identity.DER()
		if s.certificate, err = verifier.ParseCertificate(s.der); err != nil {
			return nil, err
		}
		if s.signs, err = identity.Signer(signer.Options{}); err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

// party is what the registry is told of a sender.
func (s *sender) party() corpus.Party {
	return corpus.Party{
		Account: s.account, Name: s.account, UsageType: registry.BrokerUse,
		Identifiers: []registry.Identifier{{Kind: verifier.Account, Value: s.account}, {Kind: verifier.BrokerBox, Value: s.box}},
		Certificates: []corpus.Certificate{{
			DER: s.der, Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File,
			Main: true, State: verifier.InForce, From: s.from, Until: s.until,
		}},
	}
}

// writeCertificates files all certificates (DER) by account, for a contender that has
// them in memory.
func writeCertificates(path string, senders []*sender) error {
	all := make(map[string][]byte, len(senders))
	for _, s := range senders {
		all[s.account] = s.der
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// A load is signed messages of one size: message i is one of a few thousand documents
// with i spelt in white space after its root, which no signature covers. So all differ,
// and all are to be verified.
type load struct {
	size   int
	signed []signedBy
}

type signedBy struct {
	*sender
	doc []byte
}

// newLoad signs n documents on all cores, in turn by each of the senders.
func newLoad(size, n int, senders []*sender) (*load, error) {
	l := &load{size: size, signed: make([]signedBy, n)}
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i := range l.signed {
		all.Go(func() error {
			s := senders[i%len(senders)]
			doc, err := s.signs.Sign(declaration.New(size-declaration.SignatureSize, s.box))
			if err != nil {
				return fmt.Errorf("sign a message of %d bytes: %w", size, err)
			}
			if declaration.Elements(doc) > declaration.MostElements {
				doc = declaration.SignatureFirst(doc) // goxmldsig can't read it otherwise
			}
			l.signed[i] = signedBy{s, doc}
			return nil
		})
	}
	return l, all.Wait()
}

// message returns the ith message and who sends it.
func (l *load) message(i int) (*sender, []byte) {
	m := l.signed[i%len(l.signed)]
	doc := append(make([]byte, 0, len(m.doc)+32), m.doc...)
	for bit := range 32 {
		doc = append(doc, " \n"[i>>bit&1])
	}
	return m.sender, doc
}
