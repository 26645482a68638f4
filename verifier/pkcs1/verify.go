package pkcs1

import (
	"bytes"
	"crypto"
)

// Verify reports whether signature is the key's over a digest made by hash: one of
// SHA-256, -384 and -512, and SHA-1 for profiles that still allow it.
//
// It is RSASSA-PKCS1-V1_5-VERIFY (RFC 8017, 8.2.2), which compares the whole encoded
// message with the expected one instead of parsing what the sender wrote: a lenient
// parser is how signatures are forged at e = 3. Nothing here is secret, so it takes
// whatever time it takes.
func (k *Key) Verify(hash crypto.Hash, digest, signature []byte) bool {
	size := len(k.modulus)
	if len(signature) != size || bytes.Compare(signature, k.modulus) >= 0 {
		return false
	}
	var want, got [maxBytes]byte
	if !encode(want[:size], hash, digest) {
		return false
	}
	k.limbs.raise(got[:size], signature)
	return bytes.Equal(got[:size], want[:size])
}

// A Check is one signature to verify.
type Check struct {
	Key               *Key
	Hash              crypto.Hash
	Digest, Signature []byte
}

// Verify verifies every check on its own and writes its answer to the same place of ok,
// which must be as long: no answer depends on a neighbour.
func Verify(checks []Check, ok []bool) {
	for i := range checks {
		c := &checks[i]
		ok[i] = c.Key.Verify(c.Hash, c.Digest, c.Signature)
	}
}
