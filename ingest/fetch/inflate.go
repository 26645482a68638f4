package fetch

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
)

// maxWindow bounds the memory that a zstd frame may claim for its history. Kafka's
// clients stay below 8 MiB at their usual levels.
const maxWindow = 32 << 20

// maxInflated is as much of a batch as is inflated at most, in bytes; beyond it the
// batch counts as unreadable. It bounds time: a megabyte can inflate to 30 GB.
const maxInflated = 1 << 30

// newInflater returns a decompressor of a batch's payload. The library's own do for gzip
// and lz4; its zstd lets a frame of a few bytes claim half a gigabyte, and its snappy
// inflates a block of any size.
func newInflater(kind compress.Compression, payload []byte) io.ReadCloser {
	switch kind {
	case compress.Snappy:
		return newSnappyReader(payload)
	case compress.Zstd:
		return newZstdReader(payload)
	default:
		return kind.Codec().NewReader(bytes.NewReader(payload))
	}
}

// leastWindow is what every zstd frame may claim for its history; one behind the first, as
// no client writes, no more than that or what the first claims.
const leastWindow = 1 << 20

// inflaterMemory is about how much memory, in bytes, that decompressor takes.
func inflaterMemory(kind compress.Compression, payload []byte) int64 {
	const usual = 128 << 10
	switch kind {
	case compress.Snappy:
		return usual + int64(blocksOf(payload).largest())
	case compress.Zstd:
		return usual + int64(windowOf(payload))
	case compress.Lz4:
		// LZ4 frame format: magic, flags, then the code of the largest block's size.
		const magic, legacy = 0x184D2204, 8 << 20
		if len(payload) < 6 || binary.LittleEndian.Uint32(payload) != magic {
			return usual + 2*legacy
		}
		return usual + 2<<(8+2*(payload[5]>>4&7))
	}
	return usual
}

// windowOf is the largest history that a zstd payload's frames may claim.
func windowOf(payload []byte) uint64 {
	var head zstd.Header
	if err := head.Decode(payload); err != nil {
		return leastWindow // nor will the payload be inflated
	}
	window := head.WindowSize
	if head.SingleSegment {
		window = head.FrameContentSize
	}
	return min(max(window, leastWindow), maxWindow)
}

func newZstdReader(payload []byte) io.ReadCloser {
	d, _ := decoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			panic(err) // the options are constants
		}
	}
	window := windowOf(payload)
	if err := d.ResetWithOptions(bytes.NewReader(payload), zstd.WithDecoderMaxWindow(window)); err != nil {
		return failed{err}
	}
	return &zstdReader{d, window <= maxKeptWindow}
}

var decoders sync.Pool

// maxKeptWindow bounds the history of a decoder that is used again: it keeps that, which
// counts nowhere then. Kafka's clients stay below it at their usual levels.
const maxKeptWindow = 8 << 20

type zstdReader struct {
	*zstd.Decoder
	keep bool
}

func (z *zstdReader) Close() error {
	if err := z.Reset(nil); err != nil || !z.keep {
		return err
	}
	decoders.Put(z.Decoder)
	return nil
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
func (f failed) Close() error             { return nil }
