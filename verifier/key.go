package verifier

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
)

// signed reports whether the certificate's key made value over a digest. A key that the
// algorithm is not for made nothing.
func (c *Certificate) signed(a algorithm, sum, value []byte) bool {
	switch a.scheme {
	case rsaPKCS1:
		return c.key != nil && c.key.Verify(a.hash, sum, value)
	case rsaPSS:
		key := c.PublicKey()
		return key != nil && rsa.VerifyPSS(key, a.hash, sum, value, &rsa.PSSOptions{SaltLength: a.hash.Size()}) == nil
	case ecdsaRaw:
		key, ok := c.x509.PublicKey.(*ecdsa.PublicKey)
		return ok && verifyRaw(key, sum, value)
	}
	return false
}

// verifyRaw verifies r||s, each as long as the curve's order (RFC 9231, 2.3.6).
func verifyRaw(key *ecdsa.PublicKey, sum, value []byte) bool {
	size := (key.Curve.Params().N.BitLen() + 7) / 8
	if len(value) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:])
	return ecdsa.Verify(key, sum, r, s)
}

// unusable says why no signature by that scheme is accepted of the certificate's key; it
// is empty where they are.
func (c *Certificate) unusable(s scheme) string {
	if s != ecdsaRaw {
		return c.weakness
	}
	key, ok := c.x509.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return "the key is not ECDSA"
	}
	switch key.Curve {
	case elliptic.P256(), elliptic.P384(), elliptic.P521():
		return ""
	}
	return "the curve is none of P-256, P-384 and P-521"
}
