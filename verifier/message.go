package verifier

import (
	"bytes"
	"crypto/sha256"
	"io"
	"time"
)

// A Message is a document that was read. It is immutable and safe for concurrent use,
// as long as the document does not change.
type Message struct {
	engine  *Engine
	doc     []byte
	info    MessageInfo
	want    []Claim // of the message's type
	claims  []claimed
	refused *refusal // nil where the form is acceptable
	signed  *signed  // nil where the form of the signature is not
}

// signed is what a Signature of acceptable form says, and what the document gives.
type signed struct {
	signedInfo
	canonical     []byte // of SignedInfo
	sum           []byte // of canonical
	value         []byte
	keyInfo       keyInfo
	begin, finish int // of the Signature in the document
	covering      int // the reference that covers the document
}

// A Moment is when a document is judged.
type Moment struct {
	Received time.Time // for periods of validity
	Decided  time.Time // for withdrawal and revocation, as far as the sender's state knows
}

// Info returns what the document says of itself, as far as it could be read.
func (m *Message) Info() MessageInfo { return m.info }

// Hints returns what KeyInfo says of the signer; empty where the message is refused in
// form, whoever sent it.
func (m *Message) Hints() Hints {
	if m.signed == nil || m.refused != nil {
		return Hints{}
	}
	return m.signed.keyInfo.hints
}

// mismatch returns the first reference that does not hold, nil where all do.
func (s *signed) mismatch() *reference {
	for i := range s.references {
		if !bytes.Equal(s.references[i].expected, s.references[i].found) {
			return &s.references[i]
		}
	}
	return nil
}

// writeSigned writes the canonical form that the signature covers.
func (m *Message) writeSigned(w io.Writer) error {
	_, err := m.signed.references[m.signed.covering].write(w, m.doc, m.engine.limits)
	return err
}

// signedSHA256 returns the SHA-256 of that form.
func (m *Message) signedSHA256() ([sha256.Size]byte, error) {
	ref := &m.signed.references[m.signed.covering]
	if len(ref.found) == sha256.Size {
		return [sha256.Size]byte(ref.found), nil
	}
	h := sha256.New()
	err := m.writeSigned(h)
	return [sha256.Size]byte(h.Sum(nil)), err
}
