package registry_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/smallstep/pkcs7"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// bundle is a .p7b of certificates.
func bundle(t testing.TB, certs ...[]byte) []byte {
	t.Helper()
	der, err := pkcs7.DegenerateCertificate(slices.Concat(certs...))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func armored(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestReadCertificates(t *testing.T) {
	pki := newPKI(t)
	one, authority := issue(t, pki.Customs, customs).DER(), pki.Customs.Certificate.Raw
	pkcs8, err := x509.MarshalPKCS8PrivateKey(verifiertest.Key(0))
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PrivateKey(verifiertest.Key(0))
	pfx := []byte{0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00}

	tests := []struct {
		name string
		data []byte
		code string // of the refusal
		want [][]byte
	}{
		{"DER", one, "", [][]byte{one}},
		{"PEM", pemOf(one), "", [][]byte{one}},
		{"PEM with words before and CRLF", append([]byte("subject=...\r\n"), bytes.ReplaceAll(pemOf(one), []byte("\n"), []byte("\r\n"))...), "", [][]byte{one}},
		{"two in PEM", append(pemOf(one), pemOf(authority)...), "", [][]byte{one, authority}},
		{"p7b", bundle(t, one, authority), "", [][]byte{one, authority}},
		{"p7b in PEM", armored("PKCS7", bundle(t, one)), "", [][]byte{one}},

		{"empty", nil, "NOT_A_CERTIFICATE", nil},
		{"words", []byte("hello"), "NOT_A_CERTIFICATE", nil},
		{"cut short", one[:len(one)-1], "NOT_A_CERTIFICATE", nil},
		{"something behind", append(slices.Clone(one), 0), "NOT_A_CERTIFICATE", nil},
		{"empty p7b", bundle(t), "NOT_A_CERTIFICATE", nil},
		{"PEM without a certificate", armored("PUBLIC KEY", one), "NOT_A_CERTIFICATE", nil},
		{"PEM of rubbish", armored("CERTIFICATE", []byte("x")), "NOT_A_CERTIFICATE", nil},
		{"too large", make([]byte, 1<<20+1), "FILE_TOO_LARGE", nil},
		{"with its key", append(pemOf(one), armored("RSA PRIVATE KEY", pkcs1)...), "PRIVATE_KEY_IN_FILE", nil},
		{"with its encrypted key", append(pemOf(one), armored("ENCRYPTED PRIVATE KEY", pkcs8)...), "PRIVATE_KEY_IN_FILE", nil},
		{"PKCS#8 key", pkcs8, "PRIVATE_KEY_IN_FILE", nil},
		{"PKCS#1 key", pkcs1, "PRIVATE_KEY_IN_FILE", nil},
		{"PKCS#12", pfx, "PRIVATE_KEY_IN_FILE", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			certs, err := registry.ReadCertificates(tt.data)
			if got := codeOf(t, err); got != tt.code {
				t.Fatalf("refused with %q (%v), want %q", got, err, tt.code)
			}
			var got [][]byte
			for _, c := range certs {
				got = append(got, c.DER())
			}
			if !slices.EqualFunc(got, tt.want, bytes.Equal) {
				t.Errorf("read %d certificates, want %d", len(got), len(tt.want))
			}
		})
	}
}

func TestChooseSigning(t *testing.T) {
	pki := newPKI(t)
	signing := issue(t, pki.MOEACA, company)
	another := issue(t, pki.MOEACA, company)
	encryption := issueOn(t, pki.MOEACA, company, verifiertest.Terms{NotBefore: now, NotAfter: now.AddDate(1, 0, 0), Encryption: true})
	authority, root := parse(t, pki.MOEACA.Certificate.Raw), parse(t, pki.Government.Certificate.Raw)
	tests := []struct {
		name  string
		certs []*verifier.Certificate
		code  string
	}{
		{"alone", []*verifier.Certificate{signing}, ""},
		{"among a whole card and chain", []*verifier.Certificate{root, encryption, authority, signing}, ""},
		{"none", []*verifier.Certificate{root, encryption}, "NO_SIGNING_CERTIFICATE"},
		{"two", []*verifier.Certificate{signing, another}, "SEVERAL_SIGNING_CERTIFICATES"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chosen, err := registry.ChooseSigning(tt.certs)
			if got := codeOf(t, err); got != tt.code {
				t.Fatalf("refused with %q, want %q", got, tt.code)
			}
			if err == nil {
				if chosen != signing {
					t.Error("another one was chosen")
				}
				return
			}
			for _, c := range tt.certs {
				if !strings.Contains(err.Error(), c.Serial()) {
					t.Errorf("the refusal doesn't list %s", c.Serial())
				}
			}
		})
	}
}

// FuzzReadCertificates states: what is read parses, survives being written as PEM, and
// a refusal has words.
func FuzzReadCertificates(f *testing.F) {
	pki := newPKI(f)
	one := issue(f, pki.Customs, customs).DER()
	f.Add(one)
	f.Add(pemOf(one))
	f.Add(bundle(f, one))
	f.Add([]byte{0x30, 0x80, 0x06, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, err := registry.ReadCertificates(data)
		if err != nil {
			codeOf(t, err)
			return
		}
		var text []byte
		for _, c := range certs {
			text = append(text, pemOf(c.DER())...)
		}
		again, err := registry.ReadCertificates(text)
		if err != nil || len(again) != len(certs) {
			t.Errorf("%d certificates became %d, %v", len(certs), len(again), err)
		}
	})
}
