package sha256x2

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// A Stream is a SHA-256 of a text that comes in pieces. It must be Reset before use.
type Stream struct {
	state state
	size  int                    // bytes so far
	rest  [sha256.BlockSize]byte // of them those that make no block yet
	held  int                    // how many
	plain hash.Hash              // does it all where the processor has no instructions for it
}

// Reset begins a new text.
func (s *Stream) Reset() {
	if hasBlocks {
		s.state, s.size, s.held = initial, 0, 0
		return
	}
	if s.plain == nil {
		s.plain = sha256.New()
	}
	s.plain.Reset()
}

// Write takes in the next piece.
func (s *Stream) Write(p []byte) {
	if !hasBlocks {
		s.plain.Write(p)
		return
	}
	s.size += len(p)
	s.take(s.fill(p))
}

// WriteBoth takes in the next piece of two texts, together as far as both are long.
func WriteBoth(a, b *Stream, p, q []byte) {
	if !hasBlocks {
		a.Write(p)
		b.Write(q)
		return
	}
	a.size += len(p)
	b.size += len(q)
	p, q = a.fill(p), b.fill(q)
	if n := min(len(p), len(q)) / sha256.BlockSize; n > 0 {
		blocks2((*[8]uint32)(&a.state), &p[0], (*[8]uint32)(&b.state), &q[0], n)
		p, q = p[n*sha256.BlockSize:], q[n*sha256.BlockSize:]
	}
	a.take(p)
	b.take(q)
}

// fill completes the block that was begun, and returns what is left of the piece: nothing
// unless that block is complete.
func (s *Stream) fill(p []byte) []byte {
	if s.held == 0 {
		return p
	}
	n := copy(s.rest[s.held:], p)
	if s.held += n; s.held == len(s.rest) {
		blocks1((*[8]uint32)(&s.state), &s.rest[0], 1)
		s.held = 0
	}
	return p[n:]
}

// take takes in whole blocks and keeps the rest.
func (s *Stream) take(p []byte) {
	if n := len(p) / sha256.BlockSize; n > 0 {
		blocks1((*[8]uint32)(&s.state), &p[0], n)
		p = p[n*sha256.BlockSize:]
	}
	s.held += copy(s.rest[s.held:], p)
}

// Sum returns the digest of what came so far.
func (s *Stream) Sum() (sum [sha256.Size]byte) {
	if !hasBlocks {
		s.plain.Sum(sum[:0])
		return sum
	}
	var end [2 * sha256.BlockSize]byte
	last := pad(&end, s.rest[:s.held], s.size)
	final := s.state
	blocks1((*[8]uint32)(&final), &last[0], len(last)/sha256.BlockSize)
	final.put(&sum)
	return sum
}

// A state is the intermediate hash value, as F E B A H G D C: what the instructions want.
type state [8]uint32

// put writes a digest.
func (s *state) put(sum *[sha256.Size]byte) {
	for i, word := range [8]int{3, 2, 7, 6, 1, 0, 5, 4} {
		binary.BigEndian.PutUint32(sum[4*i:], s[word])
	}
}

// pad makes the last blocks of a text of that size, of which rest makes no block: it, a 1,
// zeros, and the size in bits (FIPS 180-4, 5.1.1).
func pad(end *[2 * sha256.BlockSize]byte, rest []byte, size int) []byte {
	n := copy(end[:], rest)
	clear(end[n:])
	end[n] = 0x80
	blocks := sha256.BlockSize
	if n+1+8 > blocks {
		blocks *= 2
	}
	binary.BigEndian.PutUint64(end[blocks-8:], uint64(size)*8)
	return end[:blocks]
}
