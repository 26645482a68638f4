package main

import (
	"encoding/json"
	"time"

	"turnkey-gateway/registry/challenge"
)

// What the agent answers; PROTOCOL.md says it to people.
type (
	hello struct {
		Agent    string              `json:"agent"`
		Protocol int                 `json:"protocol"`
		Purposes []challenge.Purpose `json:"purposes"`
	}

	listed struct {
		Readers []reader `json:"readers"`
	}

	// certificate is what a card's signing certificate says, and itself.
	certificate struct {
		Slot      string   `json:"slot"`
		Reader    string   `json:"reader"`
		Label     string   `json:"label"`
		Tries     tries    `json:"tries"`
		DER       []byte   `json:"der"` // base64
		SHA256    string   `json:"sha256"`
		Subject   string   `json:"subject"`
		Issuer    string   `json:"issuer"`
		Serial    string   `json:"serial"`
		NotBefore string   `json:"not_before"` // RFC 3339, UTC
		NotAfter  string   `json:"not_after"`
		Warnings  []*fault `json:"warnings"`
	}

	signature struct {
		Signature   []byte            `json:"signature"` // base64
		Algorithm   string            `json:"algorithm"`
		Purpose     challenge.Purpose `json:"purpose"`
		Origin      string            `json:"origin"`
		Certificate certificate       `json:"certificate"`
	}

	stopping struct {
		Stopped bool `json:"stopped"`
	}
)

// An envelope holds one answer: ok or error.
type envelope struct {
	ID    int    `json:"id"`
	OK    any    `json:"ok,omitempty"`
	Error *fault `json:"error,omitempty"`
}

func encode(id int, body any) []byte {
	e := envelope{ID: id, OK: body}
	if f, failed := body.(*fault); failed {
		e.OK, e.Error = nil, f
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic("an answer is made of strings and numbers: " + err.Error())
	}
	return data
}

// describe tells what the certificate of a card says at a time. One that isn't valid is
// told so, not refused: that is the server's to decide.
func describe(h holder, at time.Time) certificate {
	cert := h.cert
	c := certificate{
		Slot: h.Slot, Reader: h.Name, Label: h.Card.Label, Tries: h.Card.Tries,
		DER: cert.DER(), SHA256: cert.Fingerprint().String(), Subject: cert.Subject(), Issuer: cert.Issuer(), Serial: cert.Serial(),
		NotBefore: cert.NotBefore().UTC().Format(time.RFC3339), NotAfter: cert.NotAfter().UTC().Format(time.RFC3339),
		Warnings: []*fault{},
	}
	switch {
	case at.After(cert.NotAfter()):
		c.Warnings = append(c.Warnings, newFault(certificateExpired, nil))
	case at.Before(cert.NotBefore()):
		c.Warnings = append(c.Warnings, newFault(certificateNotYetValid, nil))
	}
	return c
}
