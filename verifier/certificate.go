package verifier

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"turnkey-gateway/verifier/pkcs1"
)

// A Fingerprint is the SHA-256 of a certificate's DER encoding.
type Fingerprint [sha256.Size]byte

func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// A Certificate is a parsed certificate with its key prepared for verification.
// It is immutable and safe for concurrent use; parse once, keep it, share it.
type Certificate struct {
	fingerprint Fingerprint
	x509        *x509.Certificate
	serial      string
	subject     string
	issuer      string
	ski         []byte
	weakness    string     // why its key may not verify, empty where it may
	key         *pkcs1.Key // nil where it may not
}

// ParseCertificate parses one certificate in DER. It takes certificates that no
// signature would be accepted from, expired or with a weak key, so that they can be
// shown and named; Judge refuses them. It keeps der.
func ParseCertificate(der []byte) (*Certificate, error) {
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse a certificate of %d bytes: %w", len(der), err)
	}
	if err := checkSignatureBits(parsed.Raw); err != nil {
		return nil, fmt.Errorf("parse a certificate of %d bytes: %w", len(der), err)
	}
	ski, err := keyIdentifier(parsed)
	if err != nil {
		return nil, fmt.Errorf("parse a certificate's key: %w", err)
	}
	c := &Certificate{
		fingerprint: sha256.Sum256(parsed.Raw),
		x509:        parsed,
		serial:      serialText(parsed.SerialNumber),
		subject:     encodedName(parsed.RawSubject),
		issuer:      encodedName(parsed.RawIssuer),
		ski:         ski,
		weakness:    keyWeakness(parsed.PublicKey),
	}
	if c.weakness == "" {
		if c.key, err = pkcs1.Prepare(c.PublicKey()); err != nil {
			return nil, fmt.Errorf("parse a certificate's key: %w", err)
		}
	}
	return c, nil
}

// checkSignatureBits refuses what crypto/x509 reads as the same certificate in other bytes: the
// signature isn't signed, and a bit string with unused bits is shifted into place. By
// another fingerprint a revoked certificate would be an unknown one.
func checkSignatureBits(der []byte) error {
	var parts struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		return err
	}
	if parts.Signature.BitLength%8 != 0 {
		return errors.New("its signature has unused bits")
	}
	return nil
}

// Fingerprint returns the SHA-256 of the DER encoding.
func (c *Certificate) Fingerprint() Fingerprint { return c.fingerprint }

// DER returns the certificate as it was given; it must not be changed.
func (c *Certificate) DER() []byte { return c.x509.Raw }

// Serial returns the serial number as the portal prints it: whole bytes in upper-case hex.
func (c *Certificate) Serial() string { return c.serial }

// SerialRaw returns the serial number; it must not be changed.
func (c *Certificate) SerialRaw() *big.Int { return c.x509.SerialNumber }

// Subject returns the subject as the portal prints it, "C=TW, O=Finance, ...": in the
// order of the encoding, every OU. It is for people: do not compare it.
func (c *Certificate) Subject() string { return c.subject }

// Issuer returns the issuer in the form of Subject.
func (c *Certificate) Issuer() string { return c.issuer }

// IssuerRaw returns the issuer's DER; it must not be changed.
func (c *Certificate) IssuerRaw() []byte { return c.x509.RawIssuer }

// SKI returns the subject key identifier computed from the key, whatever the certificate
// itself says: the SHA-1 of the key bits (RFC 5280, 4.2.1.2, method 1).
func (c *Certificate) SKI() []byte { return c.ski }

// NotBefore is the first moment of the certificate's validity.
func (c *Certificate) NotBefore() time.Time { return c.x509.NotBefore }

// NotAfter is the last moment of the certificate's validity.
func (c *Certificate) NotAfter() time.Time { return c.x509.NotAfter }

// PublicKey returns the RSA key, nil where the key is of another kind.
func (c *Certificate) PublicKey() *rsa.PublicKey {
	key, _ := c.x509.PublicKey.(*rsa.PublicKey)
	return key
}

// KeyBits returns the size of the RSA modulus in bits, 0 where the key is of another kind.
func (c *Certificate) KeyBits() int {
	if key := c.PublicKey(); key != nil {
		return key.N.BitLen()
	}
	return 0
}

// KeyWeakness says why no signature of this key is accepted, and is empty where they
// are: keys are RSA, 2048 to 4096 bits, with an odd exponent from 65537 on.
func (c *Certificate) KeyWeakness() string { return c.weakness }

// X509 returns the parsed certificate; it must not be changed.
func (c *Certificate) X509() *x509.Certificate { return c.x509 }

// Bounds of an acceptable RSA modulus, in bits. Larger ones cost more than they protect.
const (
	minKeyBits = 2048
	maxKeyBits = 4096
	minE       = 65537
)

func keyWeakness(public any) string {
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return fmt.Sprintf("the key is %s, not RSA", keyKind(public))
	}
	switch bits := key.N.BitLen(); {
	case bits < minKeyBits || bits > maxKeyBits:
		return fmt.Sprintf("the RSA key has %d bits, not %d to %d", bits, minKeyBits, maxKeyBits)
	case key.N.Bit(0) == 0:
		return "the RSA modulus is even"
	case key.E < minE || key.E&1 == 0:
		return fmt.Sprintf("the RSA exponent is %d, not an odd number from %d on", key.E, minE)
	case int64(key.E) > 1<<31-1:
		return "the RSA exponent has more than 31 bits"
	}
	return ""
}

func keyKind(public any) string {
	kind := fmt.Sprintf("%T", public)
	kind, _, _ = strings.Cut(strings.TrimPrefix(kind, "*"), ".")
	if kind == "<nil>" {
		return "of an unknown kind"
	}
	return kind
}

// keyIdentifier is method 1 of RFC 5280, 4.2.1.2.
func keyIdentifier(c *x509.Certificate) ([]byte, error) {
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &key); err != nil {
		return nil, err
	}
	sum := sha1.Sum(key.Bits.RightAlign())
	return sum[:], nil
}

// serialText prints whole bytes: 4ECFCBA3, 0A.
func serialText(serial *big.Int) string {
	if serial.Sign() == 0 {
		return "00"
	}
	return strings.ToUpper(hex.EncodeToString(serial.Bytes()))
}
