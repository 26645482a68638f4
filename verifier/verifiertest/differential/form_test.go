package differential

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"testing"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A form says what is special about a signature; by default it is exclusive, RSA PKCS#1
// v1.5 with SHA-256, a digest by SHA-512, whose base64 ends with two =, and no KeyInfo.
type form struct {
	parameter string // of both canonicalisations
	pss       bool
	keyInfo   string
	spell     func(digest string) string
}

// sign returns the document with a Signature for its {}.
func (f form) sign(t *testing.T, k *grammar.Key, document string) string {
	t.Helper()
	doc := strings.Replace(document, "{}", f.signature(), 1)
	digest := sha512.Sum512(octets(t, doc, oracle.Request{Unsigned: true}, f))
	text := base64.StdEncoding.EncodeToString(digest[:])
	if f.spell != nil {
		text = f.spell(text)
	}
	doc = strings.Replace(doc, "{digest}", text, 1)
	sum := sha256.Sum256(octets(t, doc, oracle.Request{Apex: "SignedInfo"}, f))
	value, err := f.value(k.Signer.(*rsa.PrivateKey), sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(doc, "{value}", base64.StdEncoding.EncodeToString(value), 1)
}

func octets(t *testing.T, doc string, q oracle.Request, f form) []byte {
	t.Helper()
	q.Document, q.Options.Method = []byte(doc), c14n.Exclusive
	if f.parameter != "" {
		q.Options.PrefixList = []string{"p", "q"}
	}
	o, err := oracle.Own{}.Canonicalize(q)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (f form) value(key *rsa.PrivateKey, sum []byte) ([]byte, error) {
	if f.pss {
		return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum)
}

func (f form) signature() string {
	algorithm := "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	if f.pss {
		algorithm = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
	}
	exclusive := ` Algorithm="` + c14n.ExclusiveNamespace + `">` + f.parameter
	return `<Signature xmlns="` + c14n.SignatureNamespace + `"><SignedInfo><CanonicalizationMethod` + exclusive + `</CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="` + algorithm + `"/><Reference URI=""><Transforms>` +
		`<Transform Algorithm="` + c14n.SignatureNamespace + `enveloped-signature"/><Transform` + exclusive + `</Transform></Transforms>` +
		`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/><DigestValue>{digest}</DigestValue></Reference></SignedInfo>` +
		`<SignatureValue>{value}</SignatureValue>` + f.keyInfo + `</Signature>`
}
