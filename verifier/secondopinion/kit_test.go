package secondopinion

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest"
	"turnkey-gateway/verifier/xmltext"
)

const (
	inclusive   = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	inclusive11 = "http://www.w3.org/2006/12/xml-c14n11"
	exclusively = "http://www.w3.org/2001/10/xml-exc-c14n#"
	rsaSHA256   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// holder is who signs in these tests.
var holder = sync.OnceValue(func() *verifiertest.Identity {
	id, err := verifiertest.NewTrader(now)
	if err != nil {
		panic(err)
	}
	return id
})

func certificate(t testing.TB) *verifier.Certificate { return holder().Parsed(t) }

// A form is how a document is signed.
type form struct {
	method    string // of SignedInfo, with the content of CanonicalizationMethod behind a blank
	transform string // the same of the Transform; empty for none
	prefix    string // of the Signature, with its colon
	uri       string // of the Reference
	keyInfo   string // the whole element

	edit *strings.Replacer // of SignedInfo, before it is signed
}

// part splits an algorithm from its content.
func part(name, algorithm string) (element string, opts c14n.Options) {
	uri, inside, _ := strings.Cut(algorithm, " ")
	opts.Method, opts.Comments, _ = c14n.Identified(uri)
	if _, list, ok := strings.Cut(inside, `PrefixList="`); ok {
		list, _, _ = strings.Cut(list, `"`)
		opts.PrefixList = strings.Fields(list)
	}
	return "<" + name + ` Algorithm="` + uri + `">` + inside + "</" + name + ">", opts
}

func sign(t testing.TB, doc string, f form) string {
	t.Helper()
	signed, err := signed(doc, f)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return signed
}

var errNoPlace = errors.New("no place for a Signature, or for SignedInfo")

// signed puts a Signature where doc has {signature}.
func signed(doc string, f form) (string, error) {
	var opts c14n.Options
	transform := ""
	if f.transform != "" {
		transform, opts = part("Transform", f.transform)
		opts.Comments = false
	}
	before, after, ok := strings.Cut(doc, "{signature}")
	if !ok {
		return "", errNoPlace
	}
	canonical, err := c14n.Canonicalize([]byte(before+after), opts)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(canonical)
	method, opts := part("CanonicalizationMethod", f.method)
	info := "<SignedInfo>\n" + method + `<SignatureMethod Algorithm="` + rsaSHA256 + `"/>` +
		`<Reference URI="` + f.uri + `"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>` +
		transform + `</Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>` +
		`<DigestValue>` + base64.StdEncoding.EncodeToString(digest[:]) + `</DigestValue></Reference></SignedInfo>`
	if f.edit != nil {
		info = f.edit.Replace(info)
	}
	signature := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">` + info + "<SignatureValue>{value}</SignatureValue>" + f.keyInfo + `</Signature>`
	if f.prefix != "" {
		signature = strings.NewReplacer("xmlns=", "xmlns:"+f.prefix[:len(f.prefix)-1]+"=", "</", "</"+f.prefix, "<", "<"+f.prefix).Replace(signature)
	}
	signed := before + signature + after
	canonical, err = canonicalInfo([]byte(signed), opts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	value, err := holder().Key.Sign(rand.Reader, sum[:], crypto.SHA256)
	return strings.Replace(signed, "{value}", base64.StdEncoding.EncodeToString(value), 1), err
}

// canonicalInfo canonicalises SignedInfo where it stands.
func canonicalInfo(doc []byte, opts c14n.Options) ([]byte, error) {
	var tok xmltext.Tokenizer
	for tok.Reset(doc, xmltext.Limits{}); ; {
		kind, err := tok.Next()
		if err != nil {
			return nil, err
		}
		if kind == xmltext.EOF {
			return nil, errNoPlace
		}
		if kind == xmltext.Start && tok.Name.Is(c14n.SignatureNamespace, "SignedInfo") {
			var mark xmltext.Mark
			tok.Mark(&mark)
			var out bytes.Buffer
			err := c14n.WriteElement(&out, doc, &mark, opts, xmltext.Limits{})
			return out.Bytes(), err
		}
	}
}

// judged is what the verifier says of a document of holder's, under the profile that
// takes most.
func judged(t testing.TB, doc string) verifier.Verdict {
	t.Helper()
	profile, err := verifier.ProfileNamed("interop")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := verifier.New(verifier.Config{Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	sender := verifier.Sender{Party: "p", Registrations: []verifier.Registration{{Certificate: certificate(t), State: verifier.InForce}}}
	return engine.Read([]byte(doc)).Judge(sender, verifier.Moment{Received: now, Decided: now})
}

// about reports whether a verdict is about the signature, not about the form.
func about(v verifier.Verdict) bool {
	switch v.Reason() {
	case verifier.Verified, verifier.DigestMismatch, verifier.SignatureMismatch:
		return true
	}
	return false
}

// verified tells whether the verifier takes a document, of whose form it must not complain.
func verified(t testing.TB, doc string) bool {
	t.Helper()
	v := judged(t, doc)
	if !about(v) {
		t.Fatalf("the document is refused for its form: %v %s", v.Reason(), v.Detail().JSON())
	}
	return v.Verified()
}

func check(t testing.TB, doc string) Opinion {
	t.Helper()
	return Check([]byte(doc), certificate(t).X509(), now, Limits{})
}
