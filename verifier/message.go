package verifier

import (
	"bytes"
	"crypto/sha512"
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
	refused refusal // Unjudged where the form is acceptable
	signed  *signed // nil where the form of the signature is not
	room    room
}

// room is for what nearly every message has, so that all of it is one allocation.
type room struct {
	signed      signed
	references  [1]reference
	claims      [2]claimed
	value       [512]byte // as long as that of RSA-4096
	fingerprint [1]Fingerprint
	texts       [1]span
}

// signed is what a Signature of acceptable form says, and what the document gives.
type signed struct {
	signedInfo
	sum           digest // of the canonical SignedInfo
	value         []byte
	keyInfo       keyInfo
	begin, finish int // of the Signature in the document
	covering      int // the reference that covers the document
	covered       digest
}

// A digest is a hash value; it has no bytes where there is none.
type digest struct {
	size  int
	value [sha512.Size]byte
}

func (d *digest) bytes() []byte { return d.value[:d.size] }

func (d *digest) equal(o *digest) bool { return bytes.Equal(d.bytes(), o.bytes()) }

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
	if m.signed == nil || m.refused.reason != Unjudged {
		return Hints{}
	}
	return m.signed.keyInfo.hints
}

// mismatch returns the first reference that does not hold, nil where all do.
func (s *signed) mismatch() *reference {
	for i := range s.references {
		if ref := &s.references[i]; !ref.expected.equal(&ref.found) {
			return ref
		}
	}
	return nil
}

// writeSigned writes the canonical form that the signature covers.
func (m *Message) writeSigned(w io.Writer) error {
	_, err := m.signed.references[m.signed.covering].write(w, m.doc, m.engine.limits)
	return err
}
