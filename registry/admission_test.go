package registry_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newPKI(t testing.TB) *verifiertest.PKI {
	t.Helper()
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		t.Fatal(err)
	}
	return pki
}

func issue(t testing.TB, by *verifiertest.Authority, holder verifiertest.Holder) *verifier.Certificate {
	t.Helper()
	return issueOn(t, by, holder, verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0)})
}

func issueOn(t testing.TB, by *verifiertest.Authority, holder verifiertest.Holder, terms verifiertest.Terms) *verifier.Certificate {
	t.Helper()
	identity, err := by.Issue(holder, terms)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, identity.DER())
}

func parse(t testing.TB, der []byte) *verifier.Certificate {
	t.Helper()
	cert, err := verifier.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// rules are the default policy's, believing the sample authorities.
func rules(t testing.TB, pki *verifiertest.PKI) *registry.Rules {
	t.Helper()
	policy, err := registry.DefaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	issuers, err := registry.LoadIssuers(issuerFiles(pki))
	if err != nil {
		t.Fatal(err)
	}
	return &registry.Rules{Policy: policy, Issuers: issuers}
}

var (
	traderFile     = registry.Purpose{Usage: registry.Signing, UsageType: registry.TraderUse, Medium: registry.File}
	traderCard     = registry.Purpose{Usage: registry.Signing, UsageType: registry.TraderUse, Medium: registry.Card}
	specialistFile = registry.Purpose{Usage: registry.Signing, UsageType: registry.SpecialistUse, Medium: registry.File}
	login          = registry.Purpose{Usage: registry.Login, Medium: registry.Card}

	company = verifiertest.Company{Name: "晴川貿易有限公司", BusinessID: "97162640"}
	citizen = verifiertest.Citizen{Name: "林一心", CardNumber: "0000000112345678", LastFour: "6789"}
	customs = verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: 6}
)

// codeOf returns the code of a refusal, empty for no error. Each refusal must speak
// both languages.
func codeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var refusal *registry.Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("%v is no refusal", err)
		return "?"
	}
	checkMessage(t, refusal.Message)
	return refusal.Code
}

func checkMessage(t testing.TB, m registry.Message) {
	t.Helper()
	hasChinese := strings.ContainsFunc(m.Chinese, func(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF })
	if m.Code == "" || len(m.English) < 20 || !hasChinese || !utf8.ValidString(m.English+m.Chinese) ||
		strings.Contains(m.English+m.Chinese, "%!") {
		t.Errorf("message without words: %+v", m)
	}
}

func TestAdmit(t *testing.T) {
	pki := newPKI(t)
	r := rules(t, pki)
	valid := verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0)}
	encryption, big5 := valid, valid
	encryption.Encryption, big5.Names = true, verifiertest.T61Big5
	contradictory := company
	contradictory.ClaimedID = "04177036"

	tests := []struct {
		name    string
		cert    *verifier.Certificate
		purpose registry.Purpose
		code    string // of the refusal; empty means admitted
		kind    registry.CertificateKind
	}{
		{"company file", issue(t, pki.MOEACA, company), traderFile, "", registry.MOEACA},
		{"company card", issue(t, pki.MOEACA, company), traderCard, "", registry.MOEACA},
		{"company card as login", issue(t, pki.MOEACA, company), login, "", registry.MOEACA},
		{"citizen card as login", issue(t, pki.MOICA, citizen), login, "", registry.MOICA},
		{"customs file", issue(t, pki.Customs, customs), traderFile, "", registry.Customs},
		{"customs file of a specialist", issue(t, pki.Customs, customs), specialistFile, "", registry.Customs},
		{"names in Big5", issueOn(t, pki.MOEACA, company, big5), traderFile, "", registry.MOEACA},

		{"customs card", issue(t, pki.Customs, customs), traderCard, "KIND_NOT_ALLOWED", ""},
		{"citizen's for signing", issue(t, pki.MOICA, citizen), traderCard, "KIND_NOT_ALLOWED", ""},
		{"company file of a specialist", issue(t, pki.MOEACA, company), specialistFile, "KIND_NOT_ALLOWED", ""},
		{"customs file as login", issue(t, pki.Customs, customs), registry.Purpose{Usage: registry.Login, Medium: registry.File}, "KIND_NOT_ALLOWED", ""},
		{"no usage type", issue(t, pki.Customs, customs), registry.Purpose{Usage: registry.Signing, Medium: registry.File}, "UNKNOWN_USAGE_TYPE", ""},
		{"usage type of a login", issue(t, pki.MOEACA, company), registry.Purpose{Usage: registry.Login, UsageType: registry.TraderUse, Medium: registry.Card}, "UNKNOWN_USAGE_TYPE", ""},
		{"for encryption", issueOn(t, pki.MOEACA, company, encryption), traderFile, "ENCRYPTION_CERTIFICATE", ""},
		{"an authority's", parse(t, pki.MOEACA.Certificate.Raw), traderFile, "AUTHORITY_CERTIFICATE", ""},
		{"two companies", issue(t, pki.MOEACA, contradictory), traderFile, "HOLDER_CONTRADICTORY", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := r.Admit(tt.cert, tt.purpose, now)
			if got := codeOf(t, err); got != tt.code {
				t.Fatalf("refused with %q (%v), want %q", got, err, tt.code)
			}
			if err == nil && (admission.Kind != tt.kind || !admission.Known || admission.Certificate != tt.cert || len(admission.Warnings) != 0) {
				t.Errorf("admitted %+v, want a known %s", admission, tt.kind)
			}
		})
	}
}

func TestAdmitValidity(t *testing.T) {
	pki := newPKI(t)
	r := rules(t, pki)
	from, until := now.AddDate(0, -1, 0), now.AddDate(1, 0, 0)
	cert := issueOn(t, pki.Customs, customs, verifiertest.Terms{NotBefore: from, NotAfter: until})
	tests := []struct {
		name          string
		at            time.Time
		code, warning string
	}{
		{"in the middle", now, "", ""},
		{"first second", from, "", ""},
		{"before", from.Add(-time.Second), "", "NOT_YET_VALID"},
		{"61 days before its end", until.AddDate(0, 0, -61), "", ""},
		{"59 days before its end", until.AddDate(0, 0, -59), "", "EXPIRES_SOON"},
		{"last second", until, "", "EXPIRES_SOON"},
		{"after", until.Add(time.Second), "EXPIRED", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := r.Admit(cert, traderFile, tt.at)
			if got := codeOf(t, err); got != tt.code {
				t.Errorf("refused with %q, want %q", got, tt.code)
			}
			var warnings []string
			for _, w := range admission.Warnings {
				checkMessage(t, w)
				warnings = append(warnings, w.Code)
			}
			if got := strings.Join(warnings, " "); got != tt.warning {
				t.Errorf("warned of %q, want %q", got, tt.warning)
			}
		})
	}
}

// craft makes a certificate that the sample authorities wouldn't: edit changes a good
// one in the layout of MOEACA before it is signed by a key that nobody believes.
func craft(t testing.TB, key any, edit func(*x509.Certificate)) []byte {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{Country: []string{"TW"}, Organization: []string{"行政院"}, OrganizationalUnit: []string{"工商憑證管理中心"}},
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{Country: []string{"TW"}, SerialNumber: "97162640"},
		NotBefore:    now.AddDate(0, -1, 0),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, key, verifiertest.Key(0))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAdmitRefusesUnsafeCertificates(t *testing.T) {
	good := verifiertest.Key(1).PublicKey
	with := func(edit func(*rsa.PublicKey)) *rsa.PublicKey {
		key := rsa.PublicKey{N: new(big.Int).Set(good.N), E: good.E}
		edit(&key)
		return &key
	}
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sha256RSA := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	resigned := func(algorithm int) []byte {
		weak := slices.Clone(sha256RSA)
		weak[6] = algorithm
		old, _ := asn1.Marshal(sha256RSA)
		replacement, _ := asn1.Marshal(weak)
		return bytes.ReplaceAll(craft(t, &good, nil), old, replacement)
	}
	tests := []struct {
		name string
		der  []byte
		code string
	}{
		{"as it should be", craft(t, &good, nil), ""},
		{"no keyUsage", craft(t, &good, func(c *x509.Certificate) { c.KeyUsage = 0 }), ""},
		{"contentCommitment", craft(t, &good, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), ""},
		{"keyEncipherment", craft(t, &good, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), "ENCRYPTION_CERTIFICATE"},
		{"CA by basic constraints", craft(t, &good, func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, true }), "AUTHORITY_CERTIFICATE"},
		{"CA by keyUsage", craft(t, &good, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign }), "AUTHORITY_CERTIFICATE"},
		{"elliptic curve", craft(t, &elliptical.PublicKey, nil), "KEY_NOT_RSA"},
		{"2047 bits", craft(t, with(func(k *rsa.PublicKey) { k.N.Rsh(k.N, 1).SetBit(k.N, 0, 1) }), nil), "KEY_SIZE"},
		{"4096 bits", craft(t, with(func(k *rsa.PublicKey) { k.N.Lsh(k.N, 2048).SetBit(k.N, 0, 1) }), nil), ""},
		{"4097 bits", craft(t, with(func(k *rsa.PublicKey) { k.N.Lsh(k.N, 2049).SetBit(k.N, 0, 1) }), nil), "KEY_SIZE"},
		{"even modulus", craft(t, with(func(k *rsa.PublicKey) { k.N.SetBit(k.N, 0, 0) }), nil), "WEAK_KEY"},
		{"exponent 3", craft(t, with(func(k *rsa.PublicKey) { k.E = 3 }), nil), "WEAK_KEY"},
		{"exponent 65536", craft(t, with(func(k *rsa.PublicKey) { k.E = 65536 }), nil), "WEAK_KEY"},
		{"exponent 65538", craft(t, with(func(k *rsa.PublicKey) { k.E = 65538 }), nil), "WEAK_KEY"},
		{"exponent 2^31-1", craft(t, with(func(k *rsa.PublicKey) { k.E = 1<<31 - 1 }), nil), ""},
		{"exponent 2^31+1", craft(t, with(func(k *rsa.PublicKey) { k.E = 1<<31 + 1 }), nil), "WEAK_KEY"},
		{"signed with SHA-1", resigned(5), "WEAK_SIGNATURE"},
		{"signed with MD5", resigned(4), "WEAK_SIGNATURE"},
		{"signed with MD2", resigned(2), "WEAK_SIGNATURE"},
		{"signed with SHA-384", resigned(12), ""},
		{"serialNumber is no 統一編號", craft(t, &good, func(c *x509.Certificate) { c.Subject.SerialNumber = "12345" }), "HOLDER_UNREADABLE"},
		{"attributes are rubbish", craft(t, &good, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 9}, Value: []byte{0x30, 0x05, 0x00}}}
		}), "HOLDER_UNREADABLE"},
	}
	policy, err := registry.DefaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	r := &registry.Rules{Policy: policy}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := r.Admit(parse(t, tt.der), traderFile, now)
			if got := codeOf(t, err); got != tt.code {
				t.Errorf("refused with %q (%v), want %q", got, err, tt.code)
			}
			if admission.Known {
				t.Error("without configured issuers its issuer counts as known")
			}
		})
	}
}

func TestAdmitRefusesUnknownKinds(t *testing.T) {
	self := func(subject pkix.Name) *verifier.Certificate {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: subject,
			NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &verifiertest.Key(0).PublicKey, verifiertest.Key(0))
		if err != nil {
			t.Fatal(err)
		}
		return parse(t, der)
	}
	pki := newPKI(t)
	for _, tt := range []struct {
		name    string
		subject pkix.Name
		code    string
	}{
		{"nothing known", pkix.Name{CommonName: "server.example.test"}, "UNKNOWN_KIND"},
		{"two kinds at once", pkix.Name{OrganizationalUnit: []string{"工商憑證管理中心"}, CommonName: "97162640-06-000"}, "UNKNOWN_KIND"},
		{"a customs name", pkix.Name{CommonName: "97162640-06-000"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := rules(t, pki).Admit(self(tt.subject), traderFile, now)
			if got := codeOf(t, err); got != tt.code {
				t.Errorf("refused with %q (%v), want %q", got, err, tt.code)
			}
			if admission.Known {
				t.Error("it signed itself, and its issuer counts as known")
			}
		})
	}
}

// TestHolder reads who holds a certificate, from each place in each layout.
func TestHolder(t *testing.T) {
	pki := newPKI(t)
	for _, tt := range []struct {
		name    string
		cert    *verifier.Certificate
		purpose registry.Purpose
		ubn     string
		tail    string
	}{
		{"company", issue(t, pki.MOEACA, company), traderFile, "97162640", ""},
		{"citizen", issue(t, pki.MOICA, citizen), login, "", "6789"},
		{"customs", issue(t, pki.Customs, customs), traderFile, "97162640", ""},
		{"customs of another company's authority", issue(t, pki.Customs, verifiertest.CustomsHolder{BusinessID: "04177036", Authority: "97162640"}), traderFile, "04177036", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := rules(t, pki).Admit(tt.cert, tt.purpose, now)
			if err != nil {
				t.Fatal(err)
			}
			if h := admission.Holder; h.BusinessID != tt.ubn || h.NationalTail != tt.tail {
				t.Errorf("holder %+v, want %q %q", h, tt.ubn, tt.tail)
			}
		})
	}
}
