package registry

import (
	"errors"
	"time"

	"turnkey-gateway/verifier"
)

// A SessionID is the SHA-256 of the token that a browser's cookie holds: the token
// itself is nowhere but there.
type SessionID [32]byte

// A Strength says what opened a session.
type Strength string

const (
	Anonymous     Strength = ""
	ByCertificate Strength = "certificate" // 憑證登入: reads and changes bindings
	ByPassword    Strength = "password"    // 帳號登入: reads only
)

// A Session is one browser's. An anonymous one has neither party nor operator; a
// logged-in one has exactly one of them.
type Session struct {
	ID       SessionID
	Party    verifier.PartyID
	Operator string
	Strength Strength

	// Certificate is the login certificate of a session opened by one. The session
	// lives only as long as that certificate is registered for login and in force.
	Certificate verifier.Fingerprint

	CreatedAt, ExpiresAt time.Time
}

// MayChange reports whether the session may change its party's bindings.
func (s Session) MayChange() bool { return s.Party != "" && s.Strength == ByCertificate }

// A LoginHolder is whom a login certificate lets in: a party or an operator.
type LoginHolder struct {
	Party    verifier.PartyID
	Operator string
}

// An Opening is what a login makes of a session.
type Opening struct {
	LoginHolder
	Strength    Strength
	Certificate verifier.Fingerprint // of a login by certificate

	// PasswordHash is what a password was found to fit, of a login by one: if another was
	// set since, that password opens nothing. Empty means not asked.
	PasswordHash string
}

// A Bucket limits how often something may be done: Burst times at once, then once every
// Every. It is kept per Name and per whom it counts for.
type Bucket struct {
	Name  string
	Burst int
	Every time.Duration
}

// ChallengeLifetime is how long a one-time challenge may be answered.
const ChallengeLifetime = 5 * time.Minute

// ResetLifetime is how long the link of a password reset works.
const ResetLifetime = 30 * time.Minute

// StaffResetLifetime is how long a reset may wait for staff.
const StaffResetLifetime = 14 * 24 * time.Hour

// A StaffReset is a password reset that waits for staff.
type StaffReset struct {
	ID    int64
	Party verifier.PartyID
	Asked time.Time
}

// What is not there, or no longer. A session that ended, and a token that was used,
// never look different from one that never was.
var (
	ErrNoSession   = errors.New("no such session, or it has ended: log in again")
	ErrNoDraft     = errors.New("nothing was entered in this session yet")
	ErrNoChallenge = errors.New("no such challenge for this session and purpose, or it was used or has expired: begin again")
	ErrNoPassword  = errors.New("another password was set meanwhile: log in by that one")
	ErrNoReset     = errors.New("no such password reset, or it was used or has expired: ask for another")
)
