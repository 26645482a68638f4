package verifier

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// The tests sign with a few lines of their own, which build a Signature from strings: a
// signer that shared the verifier's view of one could not show where that is wrong.

const (
	uriC14N10  = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	uriC14N11  = "http://www.w3.org/2006/12/xml-c14n11"
	uriExc     = "http://www.w3.org/2001/10/xml-exc-c14n#"
	uriRSA256  = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	uriSHA256  = "http://www.w3.org/2001/04/xmlenc#sha256"
	uriRSASHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
	uriSHA1    = "http://www.w3.org/2000/09/xmldsig#sha1"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// sample is a message as customs' are: two blanks in its number, ds: bound to another
// namespace than XML Signature's.
const sample = `<?xml version="1.0" encoding="UTF-8"?>
<?route AA?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1" xml:lang="zh-TW">
  <ID>AA  15A1200001</ID>
  <Agent>
    <ID>A12</ID>
  </Agent>
  <ds:Mode ds:code="1">2</ds:Mode>
  <Amount currency="TWD">100</Amount>
  <Note>不鏽鋼 &amp; 螺絲</Note>
</Declaration>
`

// A person is a key with its certificate.
type person struct {
	key  crypto.Signer
	cert *Certificate
}

// Their keys are kept in testdata, and all that they sign is made anew the same: a fuzz
// test's workers are processes of their own, and must verify the seeds of another.
var (
	alice = sync.OnceValue(func() person { return newPerson(1, keptKey("alice"), now.AddDate(0, -6, 0), now.AddDate(0, 6, 0)) })
	bob   = sync.OnceValue(func() person { return newPerson(2, keptKey("bob"), now.AddDate(0, -6, 0), now.AddDate(0, 6, 0)) })
	carol = sync.OnceValue(func() person { return newPerson(3, keptKey("carol"), now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)) })
)

func keptKey(name string) crypto.Signer {
	text, err := os.ReadFile("testdata/people/" + name + ".pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key.(crypto.Signer)
}

func rsaKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func ecdsaKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func newPerson(serial int64, key crypto.Signer, from, until time.Time) person {
	der := certify(serial, key.Public(), from, until)
	cert, err := ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return person{key, cert}
}

// authority signs the certificates; nothing here looks at their signature.
var authority = sync.OnceValue(func() crypto.Signer { return keptKey("carol") })

func certify(serial int64, public crypto.PublicKey, from, until time.Time) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4ECFCBA0 + serial), NotBefore: from, NotAfter: until,
		Subject: pkix.Name{Country: []string{"TW"}, CommonName: fmt.Sprintf("97162640-0%d-000", serial)},
	}
	parent := &x509.Certificate{Subject: pkix.Name{Country: []string{"TW"}, Organization: []string{"範例, 機關"}, OrganizationalUnit: []string{"Test CA"}}}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, authority())
	if err != nil {
		panic(err)
	}
	return der
}

// A form is how a document is signed; the zero form is what most senders use.
type form struct {
	by        *person // default alice
	method    string  // of SignedInfo; default C14N 1.0
	transform string  // URI of a canonicalisation, empty for none
	inside    string  // content of CanonicalizationMethod and that Transform, for PrefixLists
	algorithm string  // default rsa-sha256
	digest    string  // default sha256
	prefix    string  // of the Signature, with its colon
	uri       string  // of the Reference
	keyInfo   string  // content; default the certificate. "-" for no KeyInfo at all
	object    string  // behind KeyInfo

	// info changes SignedInfo before it is signed.
	info func(string) string
}

var digestHashes = map[string]crypto.Hash{uriSHA256: crypto.SHA256, uriSHA1: crypto.SHA1,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, "http://www.w3.org/2001/04/xmlenc#sha512": crypto.SHA512}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// sign puts a Signature where doc has {signature}, or else before the last end tag.
func sign(t testing.TB, doc string, f form) string {
	t.Helper()
	if f.by == nil {
		a := alice()
		f.by = &a
	}
	if !strings.Contains(doc, "{signature}") {
		end := strings.LastIndex(doc, "</")
		doc = doc[:end] + "{signature}" + doc[end:]
	}
	transform := ""
	opts := c14n.Options{}
	if f.transform != "" {
		transform = `<Transform Algorithm="` + f.transform + `">` + f.inside + `</Transform>`
		opts = optionsOf(f.transform, f.inside)
	}
	opts.Comments = false
	unsigned := strings.Replace(doc, "{signature}", "", 1)
	canonical, err := c14n.Canonicalize([]byte(unsigned), opts)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	if f.uri != "" { // an Id of the root
		canonical = bytes.TrimPrefix(canonical, []byte("<?route AA?>\n"))
	}
	method := or(f.method, uriC14N10)
	inside := ""
	if method == f.transform {
		inside = f.inside
	}
	info := `<SignedInfo><CanonicalizationMethod Algorithm="` + method + `">` + inside + `</CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="` + or(f.algorithm, uriRSA256) + `"></SignatureMethod>` +
		`<Reference URI="` + f.uri + `"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform>` +
		transform + `</Transforms><DigestMethod Algorithm="` + or(f.digest, uriSHA256) + `"></DigestMethod>` +
		`<DigestValue>` + digest64(digestHashes[or(f.digest, uriSHA256)], canonical) + `</DigestValue></Reference></SignedInfo>`
	if f.info != nil {
		info = f.info(info)
	}
	keyInfo := f.keyInfo
	switch keyInfo {
	case "":
		keyInfo = "<KeyInfo><X509Data>" + x509Element(f.by.cert.DER()) + "</X509Data></KeyInfo>"
	case "-":
		keyInfo = ""
	default:
		keyInfo = "<KeyInfo>" + keyInfo + "</KeyInfo>"
	}
	signature := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">` + info + "<SignatureValue>{value}</SignatureValue>" + keyInfo + f.object + `</Signature>`
	if f.prefix != "" {
		signature = strings.NewReplacer("xmlns=", "xmlns:"+f.prefix[:len(f.prefix)-1]+"=", "</", "</"+f.prefix, "<", "<"+f.prefix).Replace(signature)
	}
	signed := strings.Replace(doc, "{signature}", signature, 1)
	value := makeValue(t, f, canonicalInfo(t, signed, optionsOf(method, inside)))
	return strings.Replace(signed, "{value}", base64.StdEncoding.EncodeToString(value), 1)
}

func x509Element(der []byte) string {
	return "<X509Certificate>" + base64.StdEncoding.EncodeToString(der) + "</X509Certificate>"
}

func optionsOf(uri, inside string) c14n.Options {
	method, comments, _ := c14n.Identified(uri)
	opts := c14n.Options{Method: method, Comments: comments}
	if _, list, ok := strings.Cut(inside, `PrefixList="`); ok {
		list, _, _ = strings.Cut(list, `"`)
		opts.PrefixList = strings.Fields(list)
	}
	return opts
}

func digest64(h crypto.Hash, b []byte) string {
	sum := h.New()
	sum.Write(b)
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// canonicalInfo canonicalises the first SignedInfo where it stands.
func canonicalInfo(t testing.TB, doc string, opts c14n.Options) []byte {
	t.Helper()
	var tok xmltext.Tokenizer
	for tok.Reset([]byte(doc), xmltext.Limits{}); ; {
		kind, err := tok.Next()
		if err != nil || kind == xmltext.EOF {
			t.Fatalf("sign: no SignedInfo: %v", err)
		}
		if kind == xmltext.Start && string(tok.Name.Local) == "SignedInfo" {
			var mark xmltext.Mark
			tok.Mark(&mark)
			var out bytes.Buffer
			if err := c14n.WriteElement(&out, []byte(doc), &mark, opts, xmltext.Limits{}); err != nil {
				t.Fatalf("sign: %v", err)
			}
			return out.Bytes()
		}
	}
}

func makeValue(t testing.TB, f form, info []byte) []byte {
	t.Helper()
	uri := or(f.algorithm, uriRSA256)
	hash := crypto.SHA256
	switch {
	case strings.Contains(uri, "sha1"):
		hash = crypto.SHA1
	case strings.Contains(uri, "sha384"):
		hash = crypto.SHA384
	case strings.Contains(uri, "sha512"):
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(info)
	sum := h.Sum(nil)
	var value []byte
	var err error
	switch key := f.by.key.(type) {
	case *rsa.PrivateKey:
		var opts crypto.SignerOpts = hash
		if strings.Contains(uri, "MGF1") {
			opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		value, err = key.Sign(rand.Reader, sum, opts)
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key, sum)
		if err == nil {
			size := (key.Curve.Params().N.BitLen() + 7) / 8
			value = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	}
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return value
}

func newEngine(t testing.TB, profile string) *Engine {
	t.Helper()
	p, err := ProfileNamed(profile)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{Profile: p, Claims: DefaultClaims()})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// registered is a sender with one certificate in force for each person.
func registered(ids ...person) Sender {
	s := Sender{Party: "party-1"}
	for _, id := range ids {
		s.Registrations = append(s.Registrations, Registration{Certificate: id.cert, State: InForce, From: now.AddDate(-3, 0, 0)})
	}
	return s
}

func judge(e *Engine, doc string, s Sender) Verdict {
	return e.Read([]byte(doc)).Judge(s, Moment{Received: now, Decided: now})
}

// want checks a verdict's reason, and that a rejection exposes nothing as signed.
func want(t testing.TB, v Verdict, reason Reason) {
	t.Helper()
	if v.Reason() != reason {
		t.Errorf("%v, want %v: %s", v.Reason(), reason, v.Detail().JSON())
	}
	if _, ok := v.Signer(); ok != (reason == Verified) {
		t.Errorf("there is a signer: %v", ok)
	}
	if _, ok := v.SignedSHA256(); ok != (reason == Verified) {
		t.Errorf("there is a signed digest: %v", ok)
	}
	if b := v.SignedBytes(); (b != nil) != (reason == Verified) {
		t.Errorf("there are signed bytes: %q", b)
	}
	if v.Verified() != (reason == Verified) {
		t.Errorf("verified: %v", v.Verified())
	}
}

// replaceOnce fails where there is nothing to replace: a row that does nothing proves nothing.
func replaceOnce(t testing.TB, doc, old, new string) string {
	t.Helper()
	if !strings.Contains(doc, old) {
		t.Fatalf("the document holds no %q", old)
	}
	return strings.Replace(doc, old, new, 1)
}
