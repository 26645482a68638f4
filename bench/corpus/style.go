package corpus

import (
	"math/rand/v2"

	"turnkey-gateway/verifier/signer"
)

// A style is how a party's software writes XML. None of it is a fault.
type style struct {
	eol, indent string
	bom         bool
	declaration string // the XML declaration, empty for none
	lang        bool   // xml:lang on the root, among the namespaces
	comment     bool   // a comment before the root, which is not signed
	instruction bool   // a processing instruction before the root, which is signed
	naming      naming // in good messages; faults leave the certificate there
	signature   signer.Options
}

// styleOf draws the style of one party's software.
func styleOf(rng *rand.Rand) style {
	oneIn := func(n int) bool { return rng.IntN(n) == 0 }
	s := style{
		eol:         "\n",
		indent:      pick(rng, []string{"", "  ", "\t"}),
		bom:         oneIn(5),
		declaration: pick(rng, []string{`<?xml version="1.0" encoding="UTF-8"?>`, `<?xml version='1.0' encoding='utf-8' standalone="no" ?>`, ""}),
		lang:        oneIn(3),
		comment:     oneIn(4),
		instruction: oneIn(4),
		naming:      pick(rng, []naming{byCertificate, byCertificate, byCertificate, byIssuerAndSerial, byKeyIdentifier, byNothing}),
		signature: signer.Options{
			Method: pick(rng, []signer.Method{signer.C14N10, signer.C14N10, signer.Exclusive, signer.C14N11}),
			Digest: pick(rng, []signer.Digest{signer.SHA256, signer.SHA256, signer.SHA256, signer.SHA384, signer.SHA512}),
		},
	}
	if oneIn(3) {
		s.eol = "\r\n"
	}
	return s
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
