package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/segmentio/kafka-go/compress"
)

// A Record is what a batch is made of.
type Record struct {
	Key, Value []byte // nil is null

	// Zeros is how many zero bytes follow the value; they take no memory here.
	Zeros int64

	// Headers is how many headers there are, all with the name h and no value.
	Headers int

	Account string // a header turnkey-account; "" for none
}

// Batch encodes records as one batch, format 2 (KIP-98), compressed by a codec: by snappy as
// one block without a frame.
func Batch(codec compress.Compression, records ...Record) ([]byte, error) {
	var payload bytes.Buffer
	var to io.Writer = &payload
	var compressing io.WriteCloser
	if codec != compress.None && codec != compress.Snappy {
		compressing = codec.Codec().NewWriter(&payload)
		to = compressing
	}
	for i, r := range records {
		if err := r.encode(to, i); err != nil {
			return nil, fmt.Errorf("encode record %d of a batch: %w", i, err)
		}
	}
	if compressing != nil {
		if err := compressing.Close(); err != nil {
			return nil, fmt.Errorf("compress a batch: %w", err)
		}
	}
	if codec == compress.Snappy {
		return seal(codec, len(records), snappy.Encode(nil, payload.Bytes())), nil
	}
	return seal(codec, len(records), payload.Bytes()), nil
}

// encode writes the record with its length before it.
func (r Record) encode(w io.Writer, number int) error {
	head := []byte{0} // attributes
	head = binary.AppendVarint(head, 0)
	head = binary.AppendVarint(head, int64(number))
	head = appendNullable(head, r.Key)
	size := int64(len(r.Value)) + r.Zeros
	if r.Value == nil && r.Zeros == 0 {
		size = -1
	}
	head = binary.AppendVarint(head, size)

	count := int64(r.Headers)
	if r.Account != "" {
		count++
	}
	tail := binary.AppendVarint(nil, count)
	if r.Account != "" {
		tail = appendNullable(tail, []byte("turnkey-account"))
		tail = appendNullable(tail, []byte(r.Account))
	}
	for range r.Headers {
		tail = append(tail, 2, 'h', 1) // a name of one byte, a null value
	}
	length := int64(len(head)) + max(size, 0) + int64(len(tail))
	for _, part := range [][]byte{binary.AppendVarint(nil, length), head, r.Value} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	if _, err := io.CopyN(w, zeros{}, r.Zeros); err != nil {
		return err
	}
	_, err := w.Write(tail)
	return err
}

func appendNullable(b, field []byte) []byte {
	if field == nil {
		return binary.AppendVarint(b, -1)
	}
	return append(binary.AppendVarint(b, int64(len(field))), field...)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// seal puts the fixed part and the checksum before a batch's records.
func seal(codec compress.Compression, records int, payload []byte) []byte {
	const crcEnd = 21 // where what the checksum covers begins
	be := binary.BigEndian
	now := uint64(time.Now().UnixMilli())
	b := make([]byte, 0, 61+len(payload))
	b = be.AppendUint64(b, 0)                          // base offset, the broker's to say
	b = be.AppendUint32(b, uint32(61-12+len(payload))) // what follows
	b = be.AppendUint32(b, ^uint32(0))                 // leader epoch, unknown
	b = append(b, 2)                                   // format
	b = be.AppendUint32(b, 0)                          // checksum, below
	b = be.AppendUint16(b, uint16(codec))
	b = be.AppendUint32(b, uint32(records-1))
	b = be.AppendUint64(b, now)
	b = be.AppendUint64(b, now)
	b = be.AppendUint64(b, ^uint64(0)) // no producer id
	b = be.AppendUint16(b, ^uint16(0)) // nor epoch
	b = be.AppendUint32(b, ^uint32(0)) // nor sequence
	b = be.AppendUint32(b, uint32(records))
	b = append(b, payload...)
	be.PutUint32(b[17:], crc32.Checksum(b[crcEnd:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}
