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
	c := Check{Key: k, Hash: hash, Digest: digest, Signature: signature}
	var room [maxBytes]byte
	want := room[:len(k.modulus)]
	return c.expected(want) && c.alone(want)
}

// A Check is one signature to verify.
type Check struct {
	Key               *Key
	Hash              crypto.Hash
	Digest, Signature []byte
}

// expected fills want, as long as the modulus, with what the signature must be when it is
// raised to the public exponent. It reports whether the signature is a number below the
// modulus, of its length, and the digest one of its hash.
func (c *Check) expected(want []byte) bool {
	return len(c.Signature) == len(c.Key.modulus) && bytes.Compare(c.Signature, c.Key.modulus) < 0 &&
		encode(want, c.Hash, c.Digest)
}

// alone verifies a check whose signature was found to be a number below the modulus.
func (c *Check) alone(want []byte) bool {
	if k := c.Key.wide; k != nil {
		x := solos.Get().(*solo)
		defer solos.Put(x)
		x.raise(k, c.Signature)
		return k.is(x.z[:len(k.n)], want)
	}
	var room [maxBytes]byte
	got := room[:len(want)]
	c.Key.limbs.raise(got, c.Signature)
	return bytes.Equal(got, want)
}
