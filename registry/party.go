package registry

import (
	"crypto/rand"
	"time"

	"turnkey-gateway/verifier"
)

// An Identifier is a name that a party goes by, as a person entered it.
type Identifier struct {
	Kind  verifier.IdentifierKind
	Value string
}

// NewPartyID returns a random name, P- and 80 bits in base32.
func NewPartyID() verifier.PartyID {
	return verifier.PartyID("P-" + rand.Text()[:16])
}

// A Party is a party as listings show it.
type Party struct {
	ID          verifier.PartyID
	Identifiers []ShownIdentifier
	CreatedAt   time.Time
}

// A ShownIdentifier is an identifier as people may see it: a national id masked, all
// others in full.
type ShownIdentifier struct {
	Kind  verifier.IdentifierKind
	Shown string
}

// hiddenNationalID is shown where identity.key is not at hand.
const hiddenNationalID = "**********"

// MaskNationalID leaves the letter and the last digit of a national id: enough for
// its holder to recognise, and too little to find out.
func MaskNationalID(id string) string {
	if len(id) != nationalIDLength {
		return hiddenNationalID
	}
	return id[:1] + "********" + id[nationalIDLength-1:]
}
