package verifier

import "time"

// A PartyID is the registry's opaque name of a party. It is not personal data.
type PartyID string

// An IdentifierKind is a kind of name that a party goes by.
type IdentifierKind string

const (
	Account    IdentifierKind = "account"    // single sign-on account
	BusinessID IdentifierKind = "ubn"        // 統一編號
	NationalID IdentifierKind = "national"   // 身分證字號 or 居留證號碼
	BrokerBox  IdentifierKind = "box"        // 箱號
	Specialist IdentifierKind = "specialist" // 報關專責人員代碼
)

// A Sender is what the registry knows of the account that sent a document, at one
// moment. The verifier trusts it: whoever fills it in has authenticated the account.
type Sender struct {
	// Party is empty where no party has that account; such a sender has no
	// registrations.
	Party PartyID

	// Holds reports whether the party goes by an identifier that a document claims
	// as its sender. It must be pure. Nil means that nothing is known, and claims
	// are not checked.
	Holds func(kind IdentifierKind, value string) bool

	// Registrations are the party's signing registrations, whatever their state.
	// Login certificates never appear here.
	Registrations []Registration

	// Elsewhere are those certificates named in [Hints.Fingerprints] that are
	// registered for signing to other parties.
	Elsewhere []Fingerprint

	// Epoch and Version are the registry's when it said so; two answers of one
	// epoch and version are equal.
	Epoch   string
	Version uint64

	// AsOf is a moment at which all of this was true, on the local clock. Changes
	// committed before it are in, later ones may not be.
	AsOf time.Time
}

// A RegistrationState is where a registration stands in its life.
type RegistrationState string

const (
	Pending    RegistrationState = "pending"    // bound to no key yet: judged as if absent
	InForce    RegistrationState = "in_force"   // counts within its period
	Superseded RegistrationState = "superseded" // replaced; counts until its period ends
	Withdrawn  RegistrationState = "withdrawn"  // ended by its party or an operator
	Revoked    RegistrationState = "revoked"    // the certificate itself was revoked
)

// A Registration says that a party registered a certificate for signing.
type Registration struct {
	Certificate *Certificate
	State       RegistrationState

	// From and Until bound the period in force, [From, Until); a zero Until means
	// open. Judged at the document's receipt, as the certificate's own validity is.
	From, Until time.Time

	// EndedAt is when it was withdrawn or revoked; zero otherwise. For the detail
	// of a rejection only: both count from the moment they are known.
	EndedAt time.Time
}
