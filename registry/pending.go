package registry

import (
	"slices"
	"time"

	"turnkey-gateway/verifier"
)

// A Listed is a registration with what a person needs to know of it besides.
type Listed struct {
	Registration

	// Account is the account's name, empty where the party has none.
	Account string

	// Missing are the codes of what a pending registration lacked when it was made (see
	// [Binding.Missing]), and Proved is when somebody proved to hold its key since; zero
	// if nobody did.
	Missing []string
	Proved  time.Time

	// Details are what whoever imported it entered besides identifiers, by the name of
	// the field. They are personal: for the party itself and for staff.
	Details map[string]string
}

// Lacks returns what still stands against putting a pending registration in force at
// the word of its party, given in a session that its login certificate opened, or of an
// operator: approved by one of them, it needs nothing more than to be the party's own.
// Certificates are public, so where one names somebody else, or nobody in full, the
// holder must have proved possession of its key besides. An operator's word takes a
// proof in any case.
func (l Listed) Lacks(operator bool) []Message {
	if !l.Proved.IsZero() {
		return nil
	}
	if operator || slices.Contains(l.Missing, "NAMES_ANOTHER") || slices.Contains(l.Missing, "POSSESSION_NOT_PROVED") {
		return []Message{{"PROVE_POSSESSION",
			"the certificate doesn't say that it is this party's: first its holder must prove possession of its key, by signing a one-time challenge (turnkey prove, or the card)",
			"此憑證未載明為貴戶所有：須先由持有人以該金鑰簽署一次性挑戰值（turnkey prove 或卡片），證明持有金鑰"}}
	}
	return nil
}

// A Claim is an identifier that a party stated and nothing proves.
type Claim struct {
	Party   verifier.PartyID
	Lookup  LookupHash
	Kind    verifier.IdentifierKind
	Shown   string // a national id masked
	By      Actor  // who stated it
	Claimed time.Time
}

// An Import is a certificate to be registered for the party that goes by an identifier,
// which is made if there is none.
type Import struct {
	// Principal is who the party is: a 統一編號 or a 身分證字號. Claims are what else
	// was entered; they don't count until approved.
	Principal Identifier
	Claims    []Identifier

	// Registration is what is registered; its Party is ignored. It is pending if
	// Binding says so.
	Registration NewRegistration
	Binding      Binding

	// Possession reports that the holder of the key proved it.
	Possession bool

	// ByCard reports that the login certificate of the actor, a party, opened the session.
	// Of anybody else, what that party ended before becomes pending, not in force: its key
	// may have been stolen, and the certificate is public.
	ByCard bool

	// Details are what else was entered, by the name of the field; sealed at rest.
	Details map[string]string
}

// An Imported is what became of an [Import].
type Imported struct {
	Party   verifier.PartyID
	Main    bool // it became the 主憑證
	Pending bool
	Version Version
}

// A Mail is a message to one recipient.
type Mail struct{ To, Subject, Text string }
