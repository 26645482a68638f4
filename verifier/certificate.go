package verifier

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// A Fingerprint is the SHA-256 of a certificate's DER encoding.
type Fingerprint [sha256.Size]byte

func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// A Certificate is a parsed certificate with its key prepared for verification.
// It is immutable and safe for concurrent use; parse once, keep it, share it.
type Certificate struct {
	// TODO(engine)
	fingerprint Fingerprint
	notBefore   time.Time
	notAfter    time.Time
}
