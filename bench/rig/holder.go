package rig

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
)

// A Holder is a new certificate, issued by nobody else, and a small message signed with
// its key.
type Holder struct {
	Certificate *verifier.Certificate
	Message     []byte
}

// holderKey is the one key of all holders: only their certificates differ.
var holderKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// NewHolder makes a certificate that is valid at now, and its message.
func NewHolder(now time.Time) (*Holder, error) {
	key, err := holderKey()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<31))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1<<30)),
		Subject:      pkix.Name{Country: []string{"TW"}, Organization: []string{"Finance"}, CommonName: "00090019-01-000"},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 300),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	h := &Holder{}
	if h.Certificate, err = verifier.ParseCertificate(der); err != nil {
		return nil, err
	}
	signs, err := signer.New(key, der, signer.Options{})
	if err != nil {
		return nil, err
	}
	h.Message, err = signs.Sign(fmt.Appendf(nil, holderMessage, now.Format("20060102150405-0700")))
	return h, err
}

// Registration is how a party registers the holder's certificate.
func (h *Holder) Registration(party verifier.PartyID) registry.NewRegistration {
	return registry.NewRegistration{
		Party: party, Certificate: h.Certificate, Usage: registry.Signing, Kind: registry.Customs,
		Medium: registry.File, UsageType: registry.TraderUse,
	}
}

// Copy returns the message with a number of its own in the white space after its root,
// which no signature covers.
func (h *Holder) Copy(number uint64) []byte {
	return append(bytes.Clone(h.Message), InBlanks(number)...)
}

// holderMessage claims no sender of its own, so that the account alone names it.
const holderMessage = `<?xml version="1.0" encoding="UTF-8"?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05">
  <FunctionCode>9</FunctionCode>
  <ID>AA  15Z9990001</ID>
  <IssueDateTime formatCode="304">%s</IssueDateTime>
  <TypeCode>G5</TypeCode>
</Declaration>
`
