package signer_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// identity is a sample company's certificate and key, and its authority's certificate.
func identity(t testing.TB) (*verifiertest.Identity, *verifiertest.PKI) {
	t.Helper()
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := pki.MOEACA.Issue(verifiertest.Company{Name: "範例有限公司", BusinessID: "00042445"},
		verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return id, pki
}

func newSigner(t testing.TB, id *verifiertest.Identity, opts signer.Options) *signer.Signer {
	t.Helper()
	s, err := signer.New(id.Key, id.DER(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const plain = `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><ID>AA  15A1200001</ID></Declaration>`

// documents are named after what makes signing them hard.
func documents() map[string]string {
	var long strings.Builder
	long.WriteString(`<Declaration xmlns="urn:wco:datamodel:TW:N5101:R-00-04">`)
	for i := range 4000 {
		fmt.Fprintf(&long, "\n  <Consignment><SequenceNumeric>%d</SequenceNumeric><Description>範例貨物</Description></Consignment>", i)
	}
	long.WriteString("</Declaration>")
	return map[string]string{
		"plain":                   plain,
		"self-closing root":       `<Declaration xmlns="urn:x:y" />`,
		"self-closing prefixed":   "<p:Declaration xmlns:p='urn:x:y'\n/>\n",
		"root with xml:lang":      `<Declaration xml:lang="zh-TW" xml:space="preserve" xmlns="urn:x:y"><ID>1</ID></Declaration>`,
		"root with xml:base":      `<Declaration xml:base="http://a.example/b" xmlns="urn:x:y"><ID xml:base="c">1</ID></Declaration>`,
		"CRLF":                    "<?xml version=\"1.0\"?>\r\n<Declaration xmlns=\"urn:x:y\"\r\n a=\"1\r\n2\">\r\n<ID>1</ID>&#13;\r\n</Declaration>\r\n",
		"attributes in odd order": `<Declaration z="1" xmlns:b="urn:a:1" b:x="2" xmlns:a="urn:b:1" a:y="3" c="&#9;&lt;&quot;'>" xmlns="urn:x:y"><ID b:c="1" a:a="2"/></Declaration>`,
		"ds bound to the WCO":     `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1"><ds:Mode ds:code="1">2</ds:Mode></Declaration>`,
		"unused prefixes":         `<q:Declaration xmlns:q="urn:q:q" xmlns:unused="urn:u:u" xmlns="urn:x:y"><ID>1</ID><q:N xmlns="urn:z:z" xmlns:unused="urn:v:v"/></q:Declaration>`,
		"no namespace":            `<Declaration><ID xmlns="urn:x:y"><N xmlns=""/></ID></Declaration>`,
		"instructions outside":    "<?xml version='1.0'?><?before a  b?>\n<Declaration xmlns=\"urn:x:y\"><?within c?></Declaration>\n<?after?>\n<!-- </Declaration> -->",
		"comment with an end tag": `<!--<Declaration>--><Declaration xmlns="urn:x:y"><ID>1</ID></Declaration><!-- </Declaration> -->`,
		"byte order mark":         "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?><Declaration xmlns=\"urn:x:y\"><ID>範例</ID></Declaration>",
		"root named SignedInfo":   `<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><ID>1</ID></SignedInfo>`,
		"CDATA":                   `<Declaration xmlns="urn:x:y"><ID><![CDATA[</Declaration> & <a>]]></ID></Declaration>`,
		"blanks before the end >": "<Declaration xmlns=\"urn:x:y\"><ID>  1  2 </ID></Declaration \n>",
		"over 1,000 elements":     long.String(),
	}
}

func TestSignedDocumentsVerifyElsewhere(t *testing.T) {
	xmlsec := stacktest.Program(t, "xmlsec1")
	id, pki := identity(t)
	trusted := writeFile(t, "ca.pem", (&verifiertest.Identity{Certificate: pki.MOEACA.Certificate}).CertificatePEM())
	root := writeFile(t, "root.pem", (&verifiertest.Identity{Certificate: pki.Government.Certificate}).CertificatePEM())
	for _, opts := range []signer.Options{
		{}, {Method: signer.C14N11, Digest: signer.SHA384}, {Method: signer.Exclusive, Digest: signer.SHA512},
	} {
		s := newSigner(t, id, opts)
		for name, doc := range documents() {
			t.Run(fmt.Sprintf("%s/%s", opts.Method, name), func(t *testing.T) {
				signed, err := s.Sign([]byte(doc))
				if err != nil {
					t.Fatal(err)
				}
				out, err := exec.Command(xmlsec, "--verify", "--trusted-pem", root, "--untrusted-pem", trusted,
					"--verification-time", "2026-03-02 09:00:00", writeFile(t, "signed.xml", signed)).CombinedOutput()
				if err != nil {
					t.Errorf("xmlsec1: %v\n%s", err, out)
				}
			})
		}
	}
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyTheSignatureIsAdded(t *testing.T) {
	id, _ := identity(t)
	s := newSigner(t, id, signer.Options{})
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			signed, err := s.Sign([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			start := bytes.Index(signed, []byte("<Signature "))
			end := bytes.Index(signed, []byte("</Signature>")) + len("</Signature>")
			if start < 0 || end < start {
				t.Fatal("no Signature")
			}
			rest := string(signed[:start]) + string(signed[end:])
			if strings.HasPrefix(name, "self-closing") {
				rest = selfClose(rest)
				doc = strings.NewReplacer(" />", "/>", "\n/>", "/>").Replace(doc)
			}
			if rest != doc {
				t.Errorf("the rest became\n%q, was\n%q", rest, doc)
			}
		})
	}
}

// selfClose turns the end tag that an empty root had to be given back into />.
func selfClose(doc string) string {
	start, _, _ := strings.Cut(doc, "</")
	_, tail, _ := strings.Cut(doc[len(start):], ">")
	return strings.TrimRight(strings.TrimSuffix(start, ">"), " \n") + "/>" + tail
}

func TestRefusalsSayHowToMend(t *testing.T) {
	id, _ := identity(t)
	s := newSigner(t, id, signer.Options{})
	signed, err := s.Sign([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, doc, want string }{
		{"signed already", string(signed), "already"},
		{"document type", "<!DOCTYPE a><a/>", "DOCTYPE"},
		{"malformed", "<a><b></a>", "byte"},
		{"empty", "", "byte"},
		{"Big5", `<?xml version="1.0" encoding="Big5"?><a/>`, "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Sign([]byte(tt.doc))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Sign: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestKeysThatCanNotSign(t *testing.T) {
	id, pki := identity(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short := verifiertest.KeyOfBits(1024, 0)
	weak, err := pki.MOEACA.Issue(verifiertest.Company{Name: "範例", BusinessID: "00042445"},
		verifiertest.Terms{NotBefore: now, NotAfter: now.AddDate(1, 0, 0), Key: short})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		key         crypto.Signer
		certificate []byte
		opts        signer.Options
		want        string
	}{
		{"no key", nil, id.DER(), signer.Options{}, "no private key"},
		{"another's key", verifiertest.Key(1), id.DER(), signer.Options{}, "does not belong"},
		{"elliptic curve", curve, id.DER(), signer.Options{}, "RSA"},
		{"1024 bits", short, weak.DER(), signer.Options{}, "1024"},
		{"no certificate", id.Key, []byte("certificate"), signer.Options{}, "certificate"},
		{"unknown method", id.Key, id.DER(), signer.Options{Method: "c14n"}, "c14n10, c14n11 or exc"},
		{"SHA-1", id.Key, id.DER(), signer.Options{Digest: "sha1"}, "sha256, sha384 or sha512"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := signer.New(tt.key, tt.certificate, tt.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// BenchmarkSign signs a document of 8 KB.
func BenchmarkSign(b *testing.B) {
	id, _ := identity(b)
	s := newSigner(b, id, signer.Options{})
	doc := []byte(`<Declaration xmlns="urn:x:y">` + strings.Repeat("<Item><Name>範例貨物</Name></Item>\n", 180) + `</Declaration>`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := s.Sign(doc); err != nil {
			b.Fatal(err)
		}
	}
}
