package verifier

import (
	"bytes"
	"crypto/sha256"
)

// A Verdict is what a judgement came to. The zero Verdict is not a verified one, and
// only Judge makes others: it can't be forged, or filled in by halves.
type Verdict struct {
	reason Reason
	detail detail
	msg    *Message
	party  PartyID
	used   *Certificate      // the candidate that was judged; nil where none was chosen
	signed [sha256.Size]byte // of a verified one
	hinges bool
}

// Reason returns why the document was rejected, or Verified.
func (v Verdict) Reason() Reason { return v.reason }

// Verified reports whether the document was signed by a certificate that its sender
// registered, in force.
func (v Verdict) Verified() bool { return v.reason == Verified }

// HingesOnSender reports whether it is a rejection that might have been none, had more been
// registered of the sender. It isn't where the document alone is enough to refuse it: by its
// form, or since its content was changed after signing.
func (v Verdict) HingesOnSender() bool { return v.hinges }

// Party returns the sender's party, empty where nobody has its account.
func (v Verdict) Party() PartyID { return v.party }

// Used returns the certificate that was judged, in rejections too; nil where the
// judgement ended before one was chosen.
func (v Verdict) Used() *Certificate { return v.used }

// Signer returns the certificate whose key signed the document, if it is verified.
func (v Verdict) Signer() (*Certificate, bool) {
	if !v.Verified() {
		return nil, false
	}
	return v.used, true
}

// SignedSHA256 returns the SHA-256 of the canonical form that was signed, if the
// document is verified.
func (v Verdict) SignedSHA256() ([sha256.Size]byte, bool) { return v.signed, v.Verified() }

// SignedBytes returns the canonical form that was signed; nil unless the document is
// verified. It is made at each call.
func (v Verdict) SignedBytes() []byte {
	if !v.Verified() {
		return nil
	}
	var out bytes.Buffer
	if err := v.msg.writeSigned(&out); err != nil {
		return nil // it was written before, to be digested: the document was changed since
	}
	return out.Bytes()
}

// Info returns what the document says of itself.
func (v Verdict) Info() MessageInfo {
	if v.msg == nil {
		return MessageInfo{}
	}
	return v.msg.info
}

// Detail returns what a broker needs to know to mend it.
func (v Verdict) Detail() Detail { return Detail{v} }
