package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/secure/precis"
)

// ErrBusy means that too many passwords are being hashed: nobody knows whether this one
// is right. Try again.
var ErrBusy = errors.New("too many passwords are being checked: try again in a moment")

// longestWait is how long a password may wait for its turn.
const longestWait = 5 * time.Second

// A Hasher hashes passwords, a few at a time. It is safe for concurrent use.
type Hasher struct{ memory *semaphore.Weighted } // KiB

// NewHasher returns a hasher that computes at most so many hashes at a time, each of which
// takes 19 MiB; 0 means one per processor. Hashes of other costs count by their memory.
func NewHasher(atOnce int) *Hasher {
	if atOnce <= 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	return &Hasher{semaphore.NewWeighted(max(int64(atOnce)*int64(current.memory), maxMemory))}
}

// Hash returns the hash to store of a password that [Rule] accepted.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	prepared, ok := prepare(password)
	if !ok {
		return "", errors.New("hash a password: the rule refuses it")
	}
	made := phc{params: current, salt: make([]byte, saltBytes)}
	rand.Read(made.salt) // never fails
	var err error
	if made.tag, err = h.compute(ctx, prepared, made, tagBytes); err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return made.String(), nil
}

// Check reports whether a password is the one that was hashed, and whether its hash
// should be made anew at today's cost; outdated is false unless ok is true.
//
// An empty hash stands for an account that doesn't exist or has no password: it costs as
// much as any other and no password fits. An error means that nobody knows.
func (h *Hasher) Check(ctx context.Context, password, hash string) (ok, outdated bool, err error) {
	stored, malformed := decoy, error(nil)
	if hash != "" {
		if stored, malformed = parse(hash); malformed != nil {
			stored = decoy // that it is broken is not to be seen from outside
		}
	}
	prepared, usable := prepare(password)
	tag, err := h.compute(ctx, prepared, stored, len(stored.tag))
	if err = errors.Join(err, malformed); err != nil {
		return false, false, fmt.Errorf("check a password: %w", err)
	}
	ok = subtle.ConstantTimeCompare(tag, stored.tag) == 1 && hash != "" && usable
	outdated = ok && (stored.params != current || len(stored.salt) != saltBytes || len(stored.tag) != tagBytes)
	return ok, outdated, nil
}

// decoy costs what a hash made today does. Nothing is let in by it even if it fits.
var decoy = phc{params: current, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}

// compute waits for its turn. What has begun ends by itself, however long the caller
// waits for it.
func (h *Hasher) compute(ctx context.Context, prepared []byte, like phc, size int) ([]byte, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, longestWait, ErrBusy)
	defer cancel()
	weight := int64(like.memory)
	if h.memory.Acquire(waiting, weight) != nil {
		return nil, context.Cause(waiting)
	}
	defer h.memory.Release(weight)
	return argon2.IDKey(prepared, like.salt, like.passes, like.memory, like.lanes, uint32(size)), nil
}

// prepare gives a password the one form of RFC 8265, OpaqueString, so that it fits
// whichever way a keyboard composes its characters. It returns false for what can't be a
// password, and then something of no meaning that costs as much to hash.
func prepare(password string) ([]byte, bool) {
	if len(password) > maxBytes || !utf8.ValidString(password) {
		return nil, false
	}
	prepared, err := precis.OpaqueString.Bytes([]byte(password))
	if err != nil || len(prepared) > maxBytes {
		return nil, false
	}
	return prepared, true
}
