package verifiertest_test

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier/verifiertest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newPKI(t *testing.T) *verifiertest.PKI {
	t.Helper()
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		t.Fatal(err)
	}
	return pki
}

func terms() verifiertest.Terms {
	return verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0)}
}

// subject renders a name's attributes in encoded order: type number and value.
func subject(t *testing.T, c *x509.Certificate) string {
	t.Helper()
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(c.RawSubject, &rdns); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, r := range rdns {
		var attribute struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if _, err := asn1.Unmarshal(r.Bytes, &attribute); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, fmt.Sprintf("%d/%d=%s", attribute.Type[3], attribute.Value.Tag, attribute.Value.Bytes))
	}
	return strings.Join(parts, ", ")
}

func TestLayouts(t *testing.T) {
	pki := newPKI(t)
	tests := []struct {
		name        string
		authority   *verifiertest.Authority
		holder      verifiertest.Holder
		subject     string // type/tag=value; 12 is UTF8String, 19 PrintableString
		serialBytes int
		directory   string // OID tail=value of each subject directory attribute
	}{
		{"MOEACA", pki.MOEACA, verifiertest.Company{Name: "晴川貿易有限公司", BusinessID: "97162640", Branch: "南港分公司"},
			"6/19=TW, 10/12=晴川貿易有限公司, 11/12=南港分公司, 5/19=97162640", 16, "1=2, 2=1, 101=97162640"},
		{"MOICA", pki.MOICA, verifiertest.Citizen{Name: "林一心", CardNumber: "0000000112345678", LastFour: "6789", Secondary: true},
			"6/19=TW, 3/12=林一心, 5/19=0000000112345678", 16, "1=1, 2=2, 51=6789"},
		{"customs", pki.Customs, verifiertest.CustomsHolder{BusinessID: "04177036", Ordinal: 6, Authority: "97162640"},
			"6/19=TW, 10/12=Finance, 11/12=TaiCA Test FXML CA, 11/12=97162640-RA-001, 11/12=TST, 3/12=04177036-06-000", 4, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			identity, err := tt.authority.Issue(tt.holder, terms())
			if err != nil {
				t.Fatal(err)
			}
			c := identity.Certificate
			if got := subject(t, c); got != tt.subject {
				t.Errorf("subject\n got %s\nwant %s", got, tt.subject)
			}
			if got := len(c.SerialNumber.Bytes()); got != tt.serialBytes {
				t.Errorf("serial has %d octets, want %d", got, tt.serialBytes)
			}
			if got := directory(t, c); got != tt.directory {
				t.Errorf("directory attributes %q, want %q", got, tt.directory)
			}
			if c.KeyUsage != x509.KeyUsageDigitalSignature {
				t.Errorf("key usage %b, want digitalSignature", c.KeyUsage)
			}
			if err := c.CheckSignatureFrom(tt.authority.Certificate); err != nil {
				t.Errorf("not signed by its authority: %v", err)
			}
		})
	}
}

func directory(t *testing.T, c *x509.Certificate) string {
	t.Helper()
	for _, e := range c.Extensions {
		if e.Id.String() != "2.5.29.9" {
			continue
		}
		var attributes []struct {
			Type   asn1.ObjectIdentifier
			Values []asn1.RawValue `asn1:"set"`
		}
		if _, err := asn1.Unmarshal(e.Value, &attributes); err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, a := range attributes {
			tail, ok := strings.CutPrefix(a.Type.String(), "2.16.886.1.100.2.")
			if !ok {
				t.Errorf("attribute %s is not under 2.16.886.1.100.2", a.Type)
			}
			parts = append(parts, tail+"="+string(a.Values[0].Bytes))
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

func TestAuthoritiesChain(t *testing.T) {
	pki := newPKI(t)
	for _, pair := range [][2]*verifiertest.Authority{
		{pki.MOICA, pki.Government}, {pki.MOEACA, pki.Government}, {pki.Customs, pki.CustomsRoot},
	} {
		if err := pair[0].Certificate.CheckSignatureFrom(pair[1].Certificate); err != nil {
			t.Errorf("%s: %v", pair[0].Certificate.Subject, err)
		}
	}
}

func TestEncryptionCertificateMaySignNothing(t *testing.T) {
	want := terms()
	want.Encryption = true
	identity, err := newPKI(t).MOEACA.Issue(verifiertest.Company{Name: "晴川", BusinessID: "97162640"}, want)
	if err != nil {
		t.Fatal(err)
	}
	if identity.Certificate.KeyUsage&x509.KeyUsageDigitalSignature != 0 {
		t.Error("an encryption certificate allows signatures")
	}
}

func TestOddNamesParse(t *testing.T) {
	want := terms()
	want.Names = verifiertest.T61Big5
	identity, err := newPKI(t).MOEACA.Issue(verifiertest.Company{Name: "許功蓋報關行", BusinessID: "97162640"}, want)
	if err != nil {
		t.Fatal(err)
	}
	// 許, 功 and 蓋 end in 0x5C in Big5, which careless readers take for a backslash.
	if got := subject(t, identity.Certificate); !strings.Contains(got, "10/20=\xb3\x5c\xa5\x5c\xbb\x5c") {
		t.Errorf("subject %q holds no Big5 in a TeletexString", got)
	}
}

func TestKeysAreMadeOnce(t *testing.T) {
	first := verifiertest.Key(0)
	all := verifiertest.Keys(2)
	if all[0] != first || all[0].Equal(all[1]) {
		t.Error("Keys(2) are not Key(0) and another one")
	}
}
