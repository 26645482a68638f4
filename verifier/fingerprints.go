package verifier

import (
	"hash/maphash"
	"sync/atomic"
)

// fingerprints remembers those of the certificates that KeyInfo held, by their text: a
// sender signs with the same one for years, and to decode and digest it takes longer than
// most of its Signature. It is no more than a function's table, from a text to the
// fingerprint of what that is base64 of: whoever fills it, with whatever, changes no answer.
//
// Each text has one place, chosen by a hash that nobody outside can know, and the latest text
// of a place stays: so it is bounded, and needs no lock and no order.
type fingerprints struct {
	seed  maphash.Seed
	known [maxFingerprints]atomic.Pointer[fingerprinted]
}

// Bounds on what is remembered: how many, and how long a text is, in bytes. Real ones have 1
// to 3 KB. It comes to 16 MiB at most.
const (
	maxFingerprints  = 1 << 12
	maxFingerprinted = 4 << 10
)

// A fingerprinted is a text and the fingerprint of what it is base64 of.
type fingerprinted struct {
	text        string
	fingerprint Fingerprint
}

func (f *fingerprints) place(text []byte) *atomic.Pointer[fingerprinted] {
	return &f.known[maphash.Bytes(f.seed, text)%maxFingerprints]
}

// find returns nil where the text isn't remembered.
func (f *fingerprints) find(text []byte) *fingerprinted {
	if known := f.place(text).Load(); known != nil && known.text == string(text) {
		return known
	}
	return nil
}

// keep remembers what must not change any more.
func (f *fingerprints) keep(made *fingerprinted) { f.place([]byte(made.text)).Store(made) }

// fingerprinted returns nil where that text isn't remembered.
func (e *Engine) fingerprinted(text []byte) *fingerprinted {
	if e.plainly {
		return nil
	}
	return e.known.find(text)
}
