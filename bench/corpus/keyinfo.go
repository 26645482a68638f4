package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"

	"turnkey-gateway/verifier"
)

// A naming is how a party's software names its certificate in KeyInfo.
type naming int

const (
	byCertificate naming = iota
	byIssuerAndSerial
	byKeyIdentifier
	byNothing // KeyInfo is left out
)

var keyInfo = regexp.MustCompile(`<KeyInfo>.*</KeyInfo>`)

// nameAsStyled replaces the KeyInfo that the signer wrote, which no signature covers, by
// what the sender's software would have written.
func nameAsStyled(_ *rand.Rand, doc []byte, j *job) ([]byte, error) {
	if j.draft.style.naming == byCertificate {
		return doc, nil
	}
	at := keyInfo.FindIndex(doc)
	if at == nil {
		return nil, fmt.Errorf("the document holds no KeyInfo")
	}
	certificate, err := verifier.ParseCertificate(j.signer.Certificate())
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{doc[:at[0]], doc[at[1]:]}, []byte(j.draft.style.naming.keyInfo(certificate))), nil
}

func (n naming) keyInfo(c *verifier.Certificate) string {
	switch n {
	case byIssuerAndSerial:
		return fmt.Sprintf("<KeyInfo><X509Data><X509IssuerSerial><X509IssuerName>%s</X509IssuerName>"+
			"<X509SerialNumber>%d</X509SerialNumber></X509IssuerSerial></X509Data></KeyInfo>",
			escape.Replace(c.X509().Issuer.String()), c.SerialRaw())
	case byKeyIdentifier:
		return "<KeyInfo><X509Data><X509SKI>" + base64.StdEncoding.EncodeToString(c.SKI()) + "</X509SKI></X509Data></KeyInfo>"
	default:
		return ""
	}
}
