package corpus

import (
	"fmt"
	"math/rand/v2"
	"time"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

// sampleKeys is how many different keys the certificates share. No two certificates of
// one party have the same one, so that a signature tells which of them made it.
const sampleKeys = 8

// A Corpus is a set of sample parties with their certificates. It is immutable and
// safe for concurrent use.
type Corpus struct {
	// PKI is who issued the certificates.
	PKI *verifiertest.PKI

	now     time.Time
	parties []*party
	byName  map[string]*party // by account

	// stranger is registered to no one.
	stranger *signer.Signer
}

// A party is a Party with what it takes to write and sign its messages.
type party struct {
	Party
	sample  sample
	style   style
	signers []*signer.Signer // of Certificates, index by index

	registrations []verifier.Registration // of the signing ones
}

// New returns the sample parties as they stand at now, with fresh certificates. It
// takes about a second, most of it for making keys.
func New(seed uint64, now time.Time) (*Corpus, error) {
	keys := verifiertest.Keys(sampleKeys)
	pki, err := verifiertest.NewPKI(seed, now)
	if err != nil {
		return nil, fmt.Errorf("make a corpus: %w", err)
	}
	c := &Corpus{PKI: pki, now: now, byName: make(map[string]*party)}
	if c.stranger, err = c.makeStranger(); err != nil {
		return nil, fmt.Errorf("make a corpus: %w", err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, s := range samples {
		p := &party{Party: describe(s), sample: s, style: styleOf(rng)}
		if err := c.issueAll(p, i, keys); err != nil {
			return nil, fmt.Errorf("make a corpus: certificates of %s: %w", p.Account, err)
		}
		c.parties = append(c.parties, p)
		c.byName[p.Account] = p
	}
	return c, nil
}

// Parties returns what the registry is to be told. The caller must not change it.
func (c *Corpus) Parties() []Party {
	all := make([]Party, len(c.parties))
	for i, p := range c.parties {
		all[i] = p.Party
	}
	return all
}

// makeStranger returns a signer with a certificate that no party registers, and a key
// that none has.
func (c *Corpus) makeStranger() (*signer.Signer, error) {
	holder := verifiertest.CustomsHolder{BusinessID: "00078941", Ordinal: 1}
	identity, err := c.PKI.Customs.Issue(holder, verifiertest.Terms{
		NotBefore: c.days(-60), NotAfter: c.days(300), Key: verifiertest.Key(sampleKeys),
	})
	if err != nil {
		return nil, err
	}
	return signer.New(identity.Key, identity.DER(), signer.Options{})
}
