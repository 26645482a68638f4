package corpus

import (
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A Party is what the registry is to be told of one sender.
type Party struct {
	Account     string
	Name        string
	UsageType   registry.UsageType
	Identifiers []registry.Identifier // the account's name included

	// Certificates are the party's, the login one first and its main signing one
	// second.
	Certificates []Certificate
}

// A Certificate is one registration that the registry is to hold.
type Certificate struct {
	DER    []byte
	Usage  registry.Usage
	Kind   registry.CertificateKind
	Medium registry.Medium
	Main   bool // 主憑證

	// State is where the registration is to stand. One that merely expired is
	// verifier.InForce: its validity says the rest.
	State verifier.RegistrationState

	// From and Until bound the period in force, [From, Until).
	From, Until time.Time

	// EndedAt is when it was withdrawn or revoked, zero otherwise.
	EndedAt time.Time

	identity *verifiertest.Identity
	life     life
}
