package portal

import (
	"context"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A Registry is what the portal keeps its state in, and asks. An error that isn't one
// of those named means that nobody knows: the visitor is told to try again.
type Registry interface {
	sessions
	drafts
	challenges
	throttles
	logins
	accounts
	imports
	bindings
	audits
	mails
	devices
	senders
}

type sessions interface {
	// BeginSession opens an anonymous session and returns the token of its cookie.
	BeginSession(ctx context.Context, lifetime time.Duration) (token string, _ registry.Session, err error)

	// Session returns [registry.ErrNoSession] for a token that opens none.
	Session(ctx context.Context, token string) (registry.Session, error)

	// LogIn ends the session of oldToken and opens one of who's. An empty oldToken is
	// fine.
	LogIn(ctx context.Context, oldToken string, who registry.Opening, lifetime time.Duration) (token string, _ registry.Session, err error)

	// EndSession ends a session with its drafts and challenges. One that has ended is fine.
	EndSession(ctx context.Context, token string) error

	EndOtherSessions(ctx context.Context, actor registry.Actor, party verifier.PartyID, but registry.SessionID) (ended int, err error)
	OtherSessions(ctx context.Context, party verifier.PartyID, but registry.SessionID) (int, error)
}

// A draft is what a wizard holds so far: one per session and flow.
type drafts interface {
	SaveDraft(ctx context.Context, id registry.SessionID, flow string, value any) error

	// Draft returns [registry.ErrNoDraft] where nothing was saved.
	Draft(ctx context.Context, id registry.SessionID, flow string, into any) error

	DropDraft(ctx context.Context, id registry.SessionID, flow string) error
}

type challenges interface {
	NewChallenge(ctx context.Context, id registry.SessionID, purpose string) (nonce string, err error)

	// TakeChallenge consumes the nonce whatever it returns; [registry.ErrNoChallenge]
	// unless it was made for this session and purpose not long ago.
	TakeChallenge(ctx context.Context, id registry.SessionID, purpose, nonce string) error
}

type throttles interface {
	// Take takes a token from who's bucket. A wait above zero means that there is none
	// until then.
	Take(ctx context.Context, bucket registry.Bucket, who string) (wait time.Duration, err error)
}

type logins interface {
	// LoginOf returns whom a certificate lets in; [registry.ErrNoRegistration] if nobody.
	LoginOf(ctx context.Context, certificate verifier.Fingerprint) (registry.LoginHolder, error)

	// LoginObstacle tells why a certificate lets nobody in, and whose it was.
	LoginObstacle(ctx context.Context, certificate verifier.Fingerprint) (verifier.PartyID, registry.LoginObstacle, error)

	// PasswordOf returns [registry.ErrNoAccount] where there is no such account. An empty
	// hash means that no password was set.
	PasswordOf(ctx context.Context, name string) (party verifier.PartyID, hash string, err error)

	// SetPassword also ends the party's sessions and resets.
	SetPassword(ctx context.Context, actor registry.Actor, party verifier.PartyID, hash string) error

	// RehashPassword does nothing if the password is no longer that of the old hash.
	RehashPassword(ctx context.Context, party verifier.PartyID, old, hash string) error

	// NewReset makes earlier resets void. One for staff has no token yet.
	NewReset(ctx context.Context, actor registry.Actor, party verifier.PartyID, forStaff bool) (token string, err error)
	ResetsForStaff(ctx context.Context) ([]registry.StaffReset, error)
	ApproveReset(ctx context.Context, actor registry.Actor, id int64) (token string, party verifier.PartyID, err error)
	ResetValid(ctx context.Context, token string) (bool, error)

	// ResetOf returns whose password a token would set, and [registry.ErrNoReset] if it
	// would set none. It uses nothing up.
	ResetOf(ctx context.Context, token string) (verifier.PartyID, error)
	StaffResetOpen(ctx context.Context, party verifier.PartyID) (bool, error)

	// TakeReset returns [registry.ErrNoReset] unless the token is fresh; it is used up.
	TakeReset(ctx context.Context, token string) (verifier.PartyID, error)
}

type accounts interface {
	// OpenAccount returns [registry.ErrAccountExists] and [registry.ErrIdentifierTaken].
	OpenAccount(ctx context.Context, actor registry.Actor, a registry.NewAccount) (verifier.PartyID, registry.Version, error)

	// Account and AccountNamed return [registry.ErrNoAccount].
	Account(ctx context.Context, party verifier.PartyID) (registry.Account, registry.Profile, error)
	AccountNamed(ctx context.Context, name string) (registry.Account, registry.Profile, error)
	SetProfile(ctx context.Context, actor registry.Actor, party verifier.PartyID, profile registry.Profile, language string) error

	// Exists reports whether a party that goes by an identifier has an account.
	Exists(ctx context.Context, kind verifier.IdentifierKind, value string) (bool, error)
	Party(ctx context.Context, party verifier.PartyID) (registry.Party, error)
	FindParties(ctx context.Context, who string) ([]verifier.PartyID, error)
}

type imports interface {
	// Import returns the registry's refusals: [registry.ErrElsewhere], [registry.ErrRevoked],
	// [registry.ErrAlreadyRegistered], [registry.ErrTooManyPending].
	Import(ctx context.Context, actor registry.Actor, i registry.Import) (registry.Imported, error)
	ProvePossession(ctx context.Context, actor registry.Actor, r postgres.Registered) error
	Claims(ctx context.Context, party verifier.PartyID) ([]registry.Claim, error)
	ApproveClaim(ctx context.Context, actor registry.Actor, party verifier.PartyID, lookup registry.LookupHash) (registry.Version, error)
	RefuseClaim(ctx context.Context, actor registry.Actor, party verifier.PartyID, lookup registry.LookupHash) error
}

type bindings interface {
	// Listed returns what parties that go by an identifier of one of the kinds, or claim
	// to, have registered.
	Listed(ctx context.Context, value string, kinds ...verifier.IdentifierKind) ([]registry.Listed, error)
	ListedOf(ctx context.Context, party verifier.PartyID) ([]registry.Listed, error)
	Pending(ctx context.Context) ([]registry.Listed, error)

	// These change bindings, and return the registry's refusals.
	ApproveBinding(ctx context.Context, actor registry.Actor, r postgres.Registered) (main bool, _ registry.Version, err error)
	Confirm(ctx context.Context, actor registry.Actor, r postgres.Registered) (main bool, _ registry.Version, err error)
	Withdraw(ctx context.Context, actor registry.Actor, r postgres.Registered) (registry.Version, error)
	SetMain(ctx context.Context, actor registry.Actor, r postgres.Registered) (registry.Version, error)
	Replace(ctx context.Context, actor registry.Actor, r postgres.Replacement) (main bool, _ registry.Version, err error)
	Succeed(ctx context.Context, actor registry.Actor, u postgres.Succession) (registry.Version, error)
	Revoke(ctx context.Context, actor registry.Actor, certificate verifier.Fingerprint, reason registry.RevocationReason) ([]verifier.PartyID, registry.Version, error)
}

type audits interface {
	Note(ctx context.Context, actor registry.Actor, action registry.AuditAction, party verifier.PartyID, certificate *verifier.Fingerprint, detail string) error
	AuditEntries(ctx context.Context, q registry.AuditQuery) ([]registry.AuditEntry, error)
}

type mails interface {
	Enqueue(ctx context.Context, m registry.Mail) error
}

// devices are browsers from which somebody logged in to an account by its password.
type devices interface {
	DeviceToken(name, passwordHash string, now time.Time) string
	KnownDevice(name, passwordHash, token string, now time.Time) bool
}
