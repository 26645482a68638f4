package corpus

import (
	"fmt"
	"slices"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Sender returns what a registry that was told of the corpus's parties answers: for
// judging its messages without one. An unknown account has neither party nor
// registrations.
func (c *Corpus) Sender(account string, hints verifier.Hints) verifier.Sender {
	s := verifier.Sender{Holds: func(verifier.IdentifierKind, string) bool { return false }, AsOf: c.now}
	p, known := c.byName[account]
	if known {
		s.Party = verifier.PartyID(account)
		s.Holds = func(kind verifier.IdentifierKind, value string) bool {
			return slices.Contains(p.Identifiers, registry.Identifier{Kind: kind, Value: value})
		}
		s.Registrations = p.registrations
	}
	for _, other := range c.parties {
		if other == p {
			continue
		}
		for _, r := range other.registrations {
			counts := r.State == verifier.InForce || r.State == verifier.Superseded
			if counts && slices.Contains(hints.Fingerprints, r.Certificate.Fingerprint()) {
				s.Elsewhere = append(s.Elsewhere, r.Certificate.Fingerprint())
			}
		}
	}
	return s
}

// register returns the signing registrations of certificates.
func register(certificates []Certificate) ([]verifier.Registration, error) {
	var all []verifier.Registration
	for _, c := range certificates {
		if c.Usage != registry.Signing {
			continue
		}
		parsed, err := verifier.ParseCertificate(c.DER)
		if err != nil {
			return nil, fmt.Errorf("register a sample certificate: %w", err)
		}
		all = append(all, verifier.Registration{
			Certificate: parsed, State: c.State, From: c.From, Until: c.Until, EndedAt: c.EndedAt,
		})
	}
	return all, nil
}
