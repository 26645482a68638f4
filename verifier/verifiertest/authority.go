package verifiertest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// customsIssuer is the first OU of a 通關專屬憑證 and names its authority.
const customsIssuer = "TaiCA Test FXML CA"

// Keys of the authorities; numbers that Key's other callers won't reach.
const (
	governmentKey = -1 - iota
	moicaKey
	moeacaKey
	customsRootKey
	customsKey
)

// A PKI is a sample world of authorities: a government root over MOICA and MOEACA, and
// a private root over the authority of 通關專屬憑證. It is safe for concurrent use.
type PKI struct {
	Government  *Authority // root; issues to no one but its authorities
	MOICA       *Authority // to a Citizen
	MOEACA      *Authority // to a Company
	CustomsRoot *Authority // root; issues to no one but its authority
	Customs     *Authority // to a CustomsHolder
}

// An Authority issues sample certificates. It is safe for concurrent use.
type Authority struct {
	Certificate *x509.Certificate

	key         *rsa.PrivateKey
	policies    []asn1.ObjectIdentifier
	serialBytes int

	mu      sync.Mutex
	serials *mathrand.Rand // guarded by mu
}

// NewPKI returns authorities whose own certificates are valid for ten years either side
// of now. The seed decides serial numbers only: keys differ from process to process.
func NewPKI(seed uint64, now time.Time) (*PKI, error) {
	from, until := now.AddDate(-10, 0, 0), now.AddDate(10, 0, 0)
	var firstErr error
	found := func(key int, serialBytes int, n name, parent *Authority, policies ...asn1.ObjectIdentifier) *Authority {
		if firstErr != nil {
			return nil
		}
		a := &Authority{
			key:         Key(key),
			policies:    policies,
			serialBytes: serialBytes,
			serials:     mathrand.New(mathrand.NewPCG(seed, uint64(-key))),
		}
		firstErr = a.found(n, parent, from, until)
		return a
	}
	country := rdn{oidCountry, "TW"}
	government := found(governmentKey, 16, name{country, {oidOrg, "Sample Government Root Certification Authority"}}, nil)
	customsRoot := found(customsRootKey, 16, name{country, {oidOrg, "Sample Root"}, {oidCommon, "Sample FXML Root CA"}}, nil)
	pki := &PKI{
		Government:  government,
		CustomsRoot: customsRoot,
		MOICA: found(moicaKey, 16, name{country, {oidOrg, "行政院"}, {oidUnit, "內政部憑證管理中心"}}, government,
			asn1.ObjectIdentifier{2, 16, 886, 101, 0, 3, 3}),
		MOEACA: found(moeacaKey, 16, name{country, {oidOrg, "行政院"}, {oidUnit, "工商憑證管理中心"}}, government,
			asn1.ObjectIdentifier{2, 16, 886, 101, 0, 3, 3}),
		Customs: found(customsKey, 4, name{country, {oidOrg, "Finance"}, {oidUnit, customsIssuer}}, customsRoot),
	}
	if firstErr != nil {
		return nil, firstErr
	}
	return pki, nil
}

// found makes a's own certificate, signed by its parent or, without one, by itself.
func (a *Authority) found(n name, parent *Authority, from, until time.Time) error {
	subject, err := n.marshal(UTF8)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          a.nextSerial(),
		RawSubject:            subject,
		NotBefore:             from,
		NotAfter:              until,
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          keyIdentifier(&a.key.PublicKey),
		SignatureAlgorithm:    x509.SHA256WithRSA,
	}
	issuer, issuerKey := template, a.key
	if parent != nil {
		issuer, issuerKey = parent.Certificate, parent.key
	}
	a.Certificate, err = create(template, issuer, &a.key.PublicKey, issuerKey)
	if err != nil {
		return fmt.Errorf("found a sample authority: %w", err)
	}
	return nil
}

// Terms are what a certificate says beside its holder.
type Terms struct {
	NotBefore, NotAfter time.Time

	// Key is the holder's; nil means Key(0).
	Key *rsa.PrivateKey

	// Encryption asks for the card's other certificate, whose keyUsage allows no
	// signatures.
	Encryption bool

	// Names is how the subject is encoded.
	Names Encoding
}

// Issue returns a new certificate of holder and its key.
func (a *Authority) Issue(holder Holder, terms Terms) (*Identity, error) {
	key := terms.Key
	if key == nil {
		key = Key(0)
	}
	subject, err := holder.subject().marshal(terms.Names)
	if err != nil {
		return nil, fmt.Errorf("issue a sample certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:       a.nextSerial(),
		RawSubject:         subject,
		NotBefore:          terms.NotBefore,
		NotAfter:           terms.NotAfter,
		KeyUsage:           x509.KeyUsageDigitalSignature,
		SubjectKeyId:       keyIdentifier(&key.PublicKey),
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	if terms.Encryption {
		template.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	}
	for _, policy := range a.policies {
		oid, err := x509.ParseOID(policy.String())
		if err != nil {
			return nil, fmt.Errorf("issue a sample certificate: policy %s: %w", policy, err)
		}
		template.Policies = append(template.Policies, oid)
	}
	if attributes := holder.attributes(); attributes != nil {
		extension, err := directoryExtension(attributes)
		if err != nil {
			return nil, fmt.Errorf("issue a sample certificate: %w", err)
		}
		template.ExtraExtensions = []pkix.Extension{extension}
	}
	certificate, err := create(template, a.Certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("issue a sample certificate: %w", err)
	}
	return &Identity{Certificate: certificate, Key: key}, nil
}

func create(template, issuer *x509.Certificate, subject *rsa.PublicKey, key *rsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, subject, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// nextSerial returns a positive number of exactly a.serialBytes octets: the customs
// authority's have 4, the government's 16.
func (a *Authority) nextSerial() *big.Int {
	a.mu.Lock()
	defer a.mu.Unlock()
	octets := make([]byte, a.serialBytes)
	for i := range octets {
		octets[i] = byte(a.serials.Uint32())
	}
	octets[0] = 0x40 | octets[0]&0x3f // neither negative nor shorter
	return new(big.Int).SetBytes(octets)
}

// keyIdentifier is the SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1).
func keyIdentifier(key *rsa.PublicKey) []byte {
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(key))
	return sum[:]
}

// An Identity is a certificate with the key that it certifies.
type Identity struct {
	Certificate *x509.Certificate
	Key         *rsa.PrivateKey
}

// DER returns the certificate's encoding.
func (i *Identity) DER() []byte { return i.Certificate.Raw }

// CertificatePEM returns the certificate as PEM.
func (i *Identity) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate.Raw})
}

// KeyPEM returns the private key as PKCS#8 PEM.
func (i *Identity) KeyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		return nil, fmt.Errorf("encode a sample key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
