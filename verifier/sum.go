package verifier

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"

	"turnkey-gateway/verifier/sha256x2"
)

// A summer digests a canonical form by one algorithm, and by SHA-256, by which the world
// outside names what was signed, too.
type summer struct {
	stream sha256x2.Stream
	hashes map[crypto.Hash]hash.Hash // the others; made as needed, kept
	by     crypto.Hash
	left   int // bytes that may still come

	// yield, if not nil, has the stream take in what is written, see scanTwo. It returns
	// false, and is not called again, where nobody will.
	yield func([]byte) bool

	scratch [sha512.Size]byte // what is given to an interface would be allocated each time
}

// Exclusive canonicalisation declares a namespace anew on each of many siblings, so that
// a canonical form may be hundreds of times as long as its document. No honest message
// comes near these bounds: so many times the document's length, and so many bytes more.
const (
	maxExpansion = 8
	freeBytes    = 64 << 10
)

var errExpansion = errors.New("the canonical form is many times as long as the document")

// A bounded is a buffer for canonical forms that fails beyond a length.
type bounded struct {
	bytes.Buffer
	most int // bytes
}

var errTooLong = errors.New("the canonical form is too long")

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

func (s *summer) reset(by crypto.Hash, document int) {
	s.by, s.left = by, maxExpansion*document+freeBytes
	s.stream.Reset()
	if by != crypto.SHA256 {
		s.hash(by).Reset()
	}
}

func (s *summer) hash(by crypto.Hash) hash.Hash {
	h := s.hashes[by]
	if h == nil {
		h = by.New()
		s.hashes[by] = h
	}
	return h
}

func (s *summer) Write(p []byte) (int, error) {
	if s.left -= len(p); s.left < 0 {
		return 0, errExpansion
	}
	if s.by != crypto.SHA256 {
		s.hashes[s.by].Write(p)
	}
	if s.yield == nil {
		s.stream.Write(p)
	} else if !s.yield(p) {
		s.yield = nil
	}
	return len(p), nil
}

// sum returns the digest by the algorithm, or by SHA-256.
func (s *summer) sum(by crypto.Hash) digest {
	if by == crypto.SHA256 {
		return digestFrom(s.stream.Sum())
	}
	var d digest
	d.size = copy(d.value[:], s.hashes[by].Sum(s.scratch[:0]))
	return d
}

// digestOf digests what is there at once.
func (s *summer) digestOf(by crypto.Hash, p []byte) digest {
	if by == crypto.SHA256 {
		return digestFrom(sha256.Sum256(p))
	}
	h := s.hash(by)
	h.Reset()
	h.Write(p)
	return s.sum(by)
}

func digestFrom(sum [sha256.Size]byte) (d digest) {
	d.size = copy(d.value[:], sum[:])
	return d
}

func (d *digest) sha256() [sha256.Size]byte { return [sha256.Size]byte(d.value[:sha256.Size]) }
