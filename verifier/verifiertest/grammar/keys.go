package grammar

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// A Key is a sample key with its certificate, the same in every process.
type Key struct {
	Signer crypto.Signer
	Public []byte // SubjectPublicKeyInfo
	DER    []byte // the certificate

	Certificate *x509.Certificate
}

// Now is a moment at which all certificates are valid.
var Now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// issuer signs all certificates, deterministically (RFC 8017, 8.2).
var issuer = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(0, 2048) })

// The keys, by what they are. RSA-2048 is what senders have.
var (
	rsaKeys = []func() *Key{
		sync.OnceValue(func() *Key { return certified(1, rsaKey(1, 2048)) }),
		sync.OnceValue(func() *Key { return certified(2, rsaKey(2, 2048)) }),
		sync.OnceValue(func() *Key { return certified(3, rsaKey(3, 3072)) }),
	}
	curveKeys = []func() *Key{
		sync.OnceValue(func() *Key { return certified(4, curveKey(4, elliptic.P256())) }),
		sync.OnceValue(func() *Key { return certified(5, curveKey(5, elliptic.P384())) }),
		sync.OnceValue(func() *Key { return certified(6, curveKey(6, elliptic.P521())) }),
	}
)

// SigningKeys returns the keys that documents of the profile cpt are signed with.
func SigningKeys() []*Key { return []*Key{rsaKeys[0](), rsaKeys[2]()} }

// Keys returns all keys that documents are signed with.
func Keys() []*Key {
	all := SigningKeys()
	for _, k := range curveKeys {
		all = append(all, k())
	}
	return all
}

// Stranger is a key that signs nothing.
func Stranger() *Key { return rsaKeys[1]() }

func (s source) rsaKey() *Key {
	if s.oneIn(12) {
		return rsaKeys[2]()
	}
	return rsaKeys[0]()
}

// rsaKey makes a key of a number; crypto/rsa makes a new one at each call.
func rsaKey(number uint64, bits int) *rsa.PrivateKey {
	s := newSource(number, 0x6b6579)
	one := big.NewInt(1)
	for {
		p, q := s.prime(bits/2), s.prime(bits/2)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		if d == nil || p.Cmp(q) == 0 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		if err := key.Validate(); err != nil {
			panic(fmt.Sprintf("grammar: a sample key: %v", err))
		}
		return key
	}
}

// prime returns a prime with its two highest bits set, so that a product of two is as
// long as both.
func (s source) prime(bits int) *big.Int {
	octets := make([]byte, bits/8)
	for {
		for i := range octets {
			octets[i] = byte(s.Uint32())
		}
		octets[0] |= 0xC0
		octets[len(octets)-1] |= 1
		if p := new(big.Int).SetBytes(octets); p.ProbablyPrime(8) {
			return p
		}
	}
}

func curveKey(number uint64, curve elliptic.Curve) *ecdsa.PrivateKey {
	s := newSource(number, 0x6b6579)
	octets := make([]byte, (curve.Params().N.BitLen()+7)/8)
	for i := range octets {
		octets[i] = byte(s.Uint32())
	}
	octets[0] = 0 // below the order, whatever follows
	key, err := ecdsa.ParseRawPrivateKey(curve, octets)
	if err != nil {
		panic(fmt.Sprintf("grammar: a sample key: %v", err))
	}
	return key
}

func certified(serial int64, key crypto.Signer) *Key {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4ECFCBA0 + serial), NotBefore: Now.AddDate(-1, 0, 0), NotAfter: Now.AddDate(1, 0, 0),
		Subject:            pkix.Name{Country: []string{"TW"}, CommonName: fmt.Sprintf("97162640-0%d-000", serial)},
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	authority := &x509.Certificate{Subject: pkix.Name{Country: []string{"TW"}, Organization: []string{"範例, 機關"}, OrganizationalUnit: []string{"Sample CA"}}}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), issuer())
	if err != nil {
		panic(fmt.Sprintf("grammar: a sample certificate: %v", err))
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("grammar: a sample certificate: %v", err))
	}
	return &Key{Signer: key, Public: certificate.RawSubjectPublicKeyInfo, DER: der, Certificate: certificate}
}

// identifier is the SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1).
func (k *Key) identifier() []byte {
	public := k.Signer.Public()
	if key, ok := public.(*rsa.PublicKey); ok {
		sum := sha1.Sum(x509.MarshalPKCS1PublicKey(key))
		return sum[:]
	}
	point, err := public.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		panic(fmt.Sprintf("grammar: a sample key: %v", err))
	}
	sum := sha1.Sum(point)
	return sum[:]
}
