package pkcs1

import (
	"crypto/rsa"
	"errors"
	"fmt"
)

// Keys outside these bounds are for another package: shorter ones are refused by the
// signature profile, and the arithmetic here has room for 4096 bits and no more.
const (
	minBits  = 2048
	maxBits  = 4096
	maxBytes = maxBits / 8
)

// A Key is a public key with what a verification needs of it computed once. It is
// immutable and safe for concurrent use.
type Key struct {
	modulus []byte // big-endian, without leading zeros: a signature's length (RFC 8017, 8.2.2, step 1)
	limbs   *limbs // what raises one number to the public exponent
	wide    *wide  // what raises eight in lockstep; nil where that isn't possible
}

// Prepare takes public keys of 2048 to 4096 bits with an odd exponent of 3 to 2^31-1.
// Key generation gives no other (RFC 8017, 3.1: n is a product of odd primes, e is
// prime to the even λ(n)), so what it refuses is damaged or hostile.
func Prepare(pub *rsa.PublicKey) (*Key, error) {
	if err := check(pub); err != nil {
		return nil, fmt.Errorf("prepare an RSA key: %w", err)
	}
	e := uint(pub.E)
	return &Key{modulus: pub.N.Bytes(), limbs: prepareLimbs(pub.N, e), wide: prepareWide(pub.N, e)}, nil
}

func check(pub *rsa.PublicKey) error {
	if pub == nil || pub.N == nil || pub.N.Sign() <= 0 {
		return errors.New("it has no modulus")
	}
	if bits := pub.N.BitLen(); bits < minBits || bits > maxBits {
		return fmt.Errorf("its modulus has %d bits, not %d to %d", bits, minBits, maxBits)
	}
	if pub.N.Bit(0) == 0 {
		return errors.New("its modulus is even")
	}
	if pub.E < 3 || int64(pub.E) >= 1<<31 || pub.E&1 == 0 {
		return fmt.Errorf("its exponent %d is no odd number of 3 to 2^31-1", pub.E)
	}
	return nil
}
