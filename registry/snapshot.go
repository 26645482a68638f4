package registry

import (
	"encoding/hex"
	"time"

	"turnkey-gateway/verifier"
)

// A Version numbers the registry's changes: 1, 2, 3, ... in commit order, without
// gaps. Version 0 is the empty registry.
type Version uint64

// An Epoch is a UUID in its canonical text form. It changes when a restore or a
// failover may have lost versions: numbering goes on from what was restored, so
// versions of different epochs don't compare.
type Epoch string

// A LookupHash is how an identifier is found, in Postgres, in Redis and in memory:
// HMAC-SHA-256 under lookup.key over kind, 0x00 and the normalised value.
type LookupHash [32]byte

func (h LookupHash) String() string { return hex.EncodeToString(h[:]) }

// A Snapshot is all that judging needs to know of one account, as of one version:
// the unit of caching. It is immutable once made.
type Snapshot struct {
	// Sender is the hash of the account it was asked for.
	Sender LookupHash
	Party  verifier.PartyID

	// Identifiers are the hashes of all identifiers of the party, sorted. The kind
	// is inside the hash.
	Identifiers []LookupHash

	// Registrations are the party's signing registrations in every state, pending
	// ones too, ordered by fingerprint.
	Registrations []RegistrationRow

	// Epoch and Version were read in the same database snapshot as the rows.
	Epoch   Epoch
	Version Version
}

// A RegistrationRow is one signing registration as it is stored.
type RegistrationRow struct {
	DER         []byte
	Fingerprint verifier.Fingerprint

	// State is what is stored; a certificate that was revoked has every one of its
	// registrations in state revoked, whoever revoked it and whenever.
	State verifier.RegistrationState

	// From and Until bound the period in force, [From, Until); a zero Until means
	// open.
	From, Until time.Time

	// EndedAt is when it was withdrawn or revoked; zero otherwise.
	EndedAt time.Time
}

// A Change is one version of the registry: what a cache must forget.
type Change struct {
	Version Version

	// Party is empty where a change is of none: an epoch's beginning, the revocation
	// of a certificate that nobody registered.
	Party verifier.PartyID

	// Senders are the hashes of all accounts of the party at that version. Empty
	// where the party has none.
	Senders []LookupHash

	// At is the database's time of the change's transaction.
	At   time.Time
	Kind ChangeKind
}

// ChangesChannel is the Postgres NOTIFY channel on which each committed change is
// announced; the payload is the version in decimal. A notification only says that
// it is worth reading [Change]s now.
const ChangesChannel = "registry_changes"

// A ChangeKind says what happened. The values are stored.
type ChangeKind string

const (
	PartyCreated    ChangeKind = "party_created"
	IdentifierAdded ChangeKind = "identifier_added"
	Registered      ChangeKind = "registered"
	Confirmed       ChangeKind = "confirmed"
	Withdrawn       ChangeKind = "withdrawn"
	Revoked         ChangeKind = "revoked"
	Replaced        ChangeKind = "replaced"
	MainMoved       ChangeKind = "main_moved"
	EpochBegun      ChangeKind = "epoch_begun" // of no party: every cache starts anew
)
