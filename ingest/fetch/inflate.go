package fetch

import (
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

// newInflater returns a decompressor. The library's own do, except that its zstd
// lets a frame of a few bytes claim half a gigabyte.
func newInflater(codec compress.Codec, src io.Reader) io.ReadCloser {
	if compress.Compression(codec.Code()) != compress.Zstd {
		return codec.NewReader(src)
	}
	d, _ := decoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			panic(err) // the options are constants
		}
	}
	if err := d.Reset(src); err != nil {
		return failed{err}
	}
	return &zstdReader{d}
}

var decoders sync.Pool

type zstdReader struct{ *zstd.Decoder }

func (z *zstdReader) Close() error {
	if err := z.Reset(nil); err != nil {
		return err
	}
	decoders.Put(z.Decoder)
	return nil
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
func (f failed) Close() error             { return nil }
