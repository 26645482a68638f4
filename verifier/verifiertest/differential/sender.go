package differential

import (
	"fmt"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest/grammar"
)

// senders returns, for each key, one who has registered its certificate, and a stranger's.
func senders() (map[*grammar.Key]verifier.Sender, error) {
	all := make(map[*grammar.Key]verifier.Sender)
	for _, k := range grammar.Keys() {
		s := verifier.Sender{Party: "party-1"}
		for _, der := range [][]byte{k.DER, grammar.Stranger().DER} {
			c, err := verifier.ParseCertificate(der)
			if err != nil {
				return nil, fmt.Errorf("register a sample certificate: %w", err)
			}
			s.Registrations = append(s.Registrations, verifier.Registration{Certificate: c, State: verifier.InForce})
		}
		all[k] = s
	}
	return all, nil
}
