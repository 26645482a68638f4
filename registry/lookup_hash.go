package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"

	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

// A LookupKey turns identifiers into what they are found by. National ids have few
// bits, so whoever holds this key can find them by trying: it stays in a file.
type LookupKey struct {
	key   keyfile.Key
	tools *sync.Pool // of *hashing; nil of the zero key
}

// A hashing is what it takes to hash one identifier after another: to begin with the key
// costs half of it.
type hashing struct {
	mac  hash.Hash
	text []byte
}

func newHashing(key keyfile.Key) *hashing { return &hashing{mac: hmac.New(sha256.New, key[:])} }

// NewLookupKey wraps the contents of lookup.key.
func NewLookupKey(key keyfile.Key) LookupKey {
	return LookupKey{key, &sync.Pool{New: func() any { return newHashing(key) }}}
}

// Format hides the key.
func (LookupKey) Format(f fmt.State, _ rune) { io.WriteString(f, "[lookup key]") }

// Hash returns HMAC-SHA-256(key, kind || 0x00 || normalised value). It is defined
// for every value, one that is no legal identifier too: nothing is found by that.
func (k LookupKey) Hash(kind verifier.IdentifierKind, value string) LookupHash {
	var t *hashing
	if k.tools == nil {
		t = newHashing(k.key)
	} else {
		t = k.tools.Get().(*hashing)
		defer k.tools.Put(t)
	}
	t.mac.Reset()
	t.text = append(append(append(t.text[:0], kind...), 0), Normalize(kind, value)...)
	t.mac.Write(t.text)
	t.text = t.mac.Sum(t.text[:0])
	return LookupHash(t.text)
}

// Account returns the hash of an account name.
func (k LookupKey) Account(name string) LookupHash { return k.Hash(verifier.Account, name) }

// Bucket returns under what key a limit is kept for somebody: no limit's key is another's
// or an identifier's hash.
func (k LookupKey) Bucket(name, who string) LookupHash {
	mac := hmac.New(sha256.New, k.key[:])
	fmt.Fprintf(mac, "bucket\x00%s\x00%s", name, who)
	var h LookupHash
	mac.Sum(h[:0])
	return h
}

// Device returns what proves that a browser was let into an account: only whoever holds
// the key can compute it. The secret is the hash of the account's password: a new one
// makes every device unknown.
func (k LookupKey) Device(name, secret, nonce, day string) LookupHash {
	mac := hmac.New(sha256.New, k.key[:])
	for _, part := range []string{"device", Normalize(verifier.Account, name), secret, nonce, day} {
		fmt.Fprintf(mac, "%d\x00%s", len(part), part)
	}
	var h LookupHash
	mac.Sum(h[:0])
	return h
}
