package fetch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
)

// maxBlock is the largest snappy block in bytes, inflated. The library's own reader has
// no bound: a block inflates to twenty times its size, all at once.
const maxBlock = 32 << 20

// xerialHead begins a payload that is framed as by xerial's Java library: blocks, each
// with its size before it. Two version numbers follow, which say nothing to us.
var xerialHead = []byte("\x82SNAPPY\x00")

const xerialHeadSize = 16

// A snappyReader inflates a batch's payload block by block: framed ones, as most clients
// write, or a single one without a frame.
type snappyReader struct {
	blocks snappyBlocks
	block  []byte // inflated, and not yet read
	memory []byte // of blocks
}

func newSnappyReader(payload []byte) *snappyReader {
	return &snappyReader{blocks: blocksOf(payload)}
}

func (s *snappyReader) Read(to []byte) (int, error) {
	for len(s.block) == 0 {
		packed, size, err := s.blocks.next()
		if err != nil {
			return 0, err
		}
		if cap(s.memory) < size {
			s.memory = make([]byte, size)
		}
		if s.block, err = snappy.Decode(s.memory[:cap(s.memory)], packed); err != nil {
			return 0, fmt.Errorf("snappy block of %d bytes: %w", len(packed), err)
		}
	}
	n := copy(to, s.block)
	s.block = s.block[n:]
	return n, nil
}

func (s *snappyReader) Close() error { return nil }

// snappyBlocks are the blocks not yet taken.
type snappyBlocks struct {
	rest   []byte
	framed bool
}

func blocksOf(payload []byte) snappyBlocks {
	if len(payload) >= xerialHeadSize && bytes.HasPrefix(payload, xerialHead) {
		return snappyBlocks{rest: payload[xerialHeadSize:], framed: true}
	}
	return snappyBlocks{rest: payload}
}

// next returns a block and the size that it inflates to, io.EOF after the last.
func (s *snappyBlocks) next() (packed []byte, size int, err error) {
	if len(s.rest) == 0 {
		return nil, 0, io.EOF
	}
	packed, s.rest = s.rest, nil
	if s.framed {
		if len(packed) < 4 {
			return nil, 0, io.ErrUnexpectedEOF
		}
		n := int64(binary.BigEndian.Uint32(packed))
		if packed = packed[4:]; n > int64(len(packed)) {
			return nil, 0, io.ErrUnexpectedEOF
		}
		packed, s.rest = packed[:n], packed[n:]
	}
	size, err = snappy.DecodedLen(packed)
	if err == nil && size > maxBlock {
		err = errors.New("larger than any is taken")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("snappy block of %d bytes: %w", len(packed), err)
	}
	return packed, size, nil
}

// largest is what the largest block inflates to, as far as they are readable.
func (s snappyBlocks) largest() (most int) {
	for {
		_, size, err := s.next()
		if err != nil {
			return most
		}
		most = max(most, size)
	}
}
