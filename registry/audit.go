package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"turnkey-gateway/verifier"
)

// An AuditAction says what was done. Changes of the registry are audited under their
// [ChangeKind]; these are the others.
type AuditAction string

const (
	AccountOpened    AuditAction = "account_opened"
	ProfileChanged   AuditAction = "profile_changed"
	PasswordSet      AuditAction = "password_set"
	LoggedIn         AuditAction = "logged_in"
	LoginRefused     AuditAction = "login_refused"
	LoggedOut        AuditAction = "logged_out"
	SessionsEnded    AuditAction = "sessions_ended"
	ResetAsked       AuditAction = "reset_asked"
	ResetApproved    AuditAction = "reset_approved"
	Queried          AuditAction = "queried"
	PossessionProved AuditAction = "possession_proved"
	ClaimMade        AuditAction = "claim_made"
	ClaimApproved    AuditAction = "claim_approved"
	ClaimRefused     AuditAction = "claim_refused"
	NoticeSent       AuditAction = "notice_sent"
	OperatorAdded    AuditAction = "operator_added"
	OperatorRemoved  AuditAction = "operator_removed"
	PartySearched    AuditAction = "party_searched"
	IdentityRotated  AuditAction = "identity_rotated"
)

// An AuditEntry is one link of the audit log's chain.
type AuditEntry struct {
	ID          int64
	At          time.Time // microseconds, UTC
	Actor       Actor
	Action      AuditAction
	Party       verifier.PartyID
	Certificate *verifier.Fingerprint
	Version     *Version // nil where the registry didn't change
	Detail      string   // codes, never personal data
	Previous    [32]byte // Hash of the entry before; zero for the first
	Hash        [32]byte
}

// auditDetail is what a detail may hold. It has no room for a name in Chinese, nor for
// the @ of an e-mail address.
var auditDetail = regexp.MustCompile(`^[A-Za-z0-9 ._:/=,+-]{0,200}$`)

// CheckAuditDetail refuses a detail that may be personal.
func CheckAuditDetail(detail string) error {
	if !auditDetail.MatchString(detail) {
		return fmt.Errorf("the detail of an audit entry is codes of at most 200 letters, digits and ._:/=,+-")
	}
	return nil
}

// auditTime is PostgreSQL's to_char of the same moment in the trigger audit_chain.
const auditTime = "2006-01-02T15:04:05.000000Z"

// Sum computes the entry's hash from all else in it: SHA-256 over lines that can't hold
// a line end. The trigger audit_chain computes the same in the database.
func (e AuditEntry) Sum() [32]byte {
	version, certificate := "", ""
	if e.Version != nil {
		version = strconv.FormatUint(uint64(*e.Version), 10)
	}
	if e.Certificate != nil {
		certificate = hex.EncodeToString(e.Certificate[:])
	}
	return sha256.Sum256([]byte(strings.Join([]string{
		"turnkey-audit-v1", strconv.FormatInt(e.ID, 10), e.At.UTC().Format(auditTime), string(e.Actor), string(e.Action),
		string(e.Party), certificate, version, e.Detail, hex.EncodeToString(e.Previous[:]),
	}, "\n")))
}

// An AuditQuery chooses entries, the latest first.
type AuditQuery struct {
	Party  verifier.PartyID // of one party; all where empty
	Before int64            // with a lower id; from the end where 0
	Limit  int
}

// An AuditReport is what checking the chain found.
type AuditReport struct {
	Entries int64
	Head    [32]byte // the last entry's hash; to be kept elsewhere and asked for later

	// Broken is the first link that doesn't hold; 0 if all do. Why says what is wrong
	// with it.
	Broken int64
	Why    string
}
