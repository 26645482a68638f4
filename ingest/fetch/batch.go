package fetch

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"

	"turnkey-gateway/ingest/internal/pieces"
)

// A batch is what producers send and brokers store as one.
type batch struct {
	raw        []byte
	attributes int16
	base, last int64 // offsets
	first, max int64 // milliseconds since 1970
	producer   int64
	epoch      int32 // of the leader that appended it
	left       int   // records not yet read
	expect     int64 // no record may have a smaller offset

	plain    parser // the records, where not compressed
	inflated *bufio.Reader
	inflater io.ReadCloser
	memory   int64 // that inflating takes, in bytes
	broken   error // the records cannot be inflated at all
}

// parseBatch checks and reads a batch's fixed part.
func parseBatch(raw []byte) (*batch, error) {
	want := binary.BigEndian.Uint32(raw[checksumAt:])
	if got := pieces.Update(0, raw[checksummed:]); got != want {
		return nil, fmt.Errorf("record batch at offset %d: checksum %08x, stored %08x",
			int64(binary.BigEndian.Uint64(raw)), got, want)
	}
	p := &parser{b: raw}
	b := &batch{raw: raw, base: p.int64(), epoch: int32(binary.BigEndian.Uint32(raw[epochAt:]))}
	p.bytes(checksummed - 8)
	b.attributes = p.int16()
	b.last = b.base + int64(p.int32())
	b.first = p.int64()
	b.max = p.int64()
	b.producer = p.int64()
	p.bytes(6) // producer epoch, base sequence
	b.left = int(p.int32())
	b.expect = b.base
	if b.last < b.base || b.left < 0 {
		return nil, fmt.Errorf("record batch at offset %d: %d records up to offset %d", b.base, b.left, b.last)
	}
	if kind := compress.Compression(b.attributes & compression); kind == compress.None {
		b.plain = parser{b: p.b}
	} else if kind.Codec() == nil {
		b.broken = fmt.Errorf("unknown compression %d", kind)
	} else {
		b.memory = inflaterMemory(kind, p.b)
		b.inflater = newInflater(kind, p.b)
		b.inflated = bufio.NewReaderSize(io.LimitReader(b.inflater, maxInflated), 32<<10)
	}
	return b, nil
}

func (b *batch) close() {
	if b.inflater != nil {
		b.inflater.Close()
		b.inflater = nil
	}
}

// next reads one record. Errors say that the batch's structure does not hold, except
// a growError.
func (b *batch) next(lim Limits) (rec Record, err error) {
	switch {
	case b.broken != nil:
		return Record{}, b.broken
	case b.inflated != nil:
		return b.inflate(lim)
	}
	size := b.plain.varint()
	if size < 0 || size > int64(len(b.plain.b)) {
		return Record{}, errors.New("record's size does not fit")
	}
	return b.parse(b.plain.bytes(int(size)), lim)
}

// growError is what Limits.Grow failed with.
type growError struct{ err error }

func (e *growError) Error() string { return e.err.Error() }

// inflate reads one record of a compressed batch into memory of its own. A panic of
// a decompressor is the batch's fault, as an error of it is.
func (b *batch) inflate(lim Limits) (rec Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("inflate: panic: %v", p)
		}
	}()
	size, err := binary.ReadVarint(b.inflated)
	if err != nil || size < 0 {
		return Record{}, fmt.Errorf("record's size %d: %w", size, err)
	}
	if size > lim.Record {
		return b.skim(size)
	}
	if size > lim.Large && lim.Grow != nil {
		if err := lim.Grow(size); err != nil {
			return Record{}, &growError{err}
		}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(b.inflated, body); err != nil {
		return Record{}, fmt.Errorf("record of %d bytes: %w", size, err)
	}
	return b.parse(body, lim)
}

// skim passes over a record too large to keep, with only its digest.
func (b *batch) skim(size int64) (Record, error) {
	in := bufio.NewReader(io.LimitReader(b.inflated, size))
	if _, err := in.Discard(1); err != nil { // attributes, unused
		return Record{}, err
	}
	rec := Record{Unread: Oversize}
	var head [3]int64 // time, offset, size of the key
	for i := range head {
		var err error
		if head[i], err = binary.ReadVarint(in); err != nil {
			return Record{}, err
		}
	}
	rec.Offset = b.base + head[1]
	rec.Time, rec.Stamped = b.time(head[0])
	if _, err := io.CopyN(io.Discard, in, max(head[2], 0)); err != nil {
		return Record{}, err
	}
	n, err := binary.ReadVarint(in)
	if err != nil {
		return Record{}, err
	}
	sum := sha256.New()
	if rec.Size, err = io.CopyN(sum, in, max(n, 0)); err != nil {
		return Record{}, err
	}
	sum.Sum(rec.Digest[:0])
	_, err = io.Copy(io.Discard, in)
	return rec, err
}

// parse reads a record's body: attributes, time and offset relative to the batch's,
// key, value, headers.
func (b *batch) parse(body []byte, lim Limits) (Record, error) {
	p := &parser{b: body}
	p.int8() // attributes, unused
	var rec Record
	rec.Time, rec.Stamped = b.time(p.varint())
	rec.Offset = b.base + p.varint()
	rec.Key = p.nullable()
	rec.Value = p.nullable()
	count := p.varint()
	if count < 0 || count > int64(len(p.b))/2 { // a header takes two bytes at least
		return Record{}, errors.New("record's headers do not fit")
	}
	switch {
	case lim.Headers > 0 && count > int64(lim.Headers), lim.HeaderBytes > 0 && len(p.b) > lim.HeaderBytes:
		for range count {
			p.nullable()
			p.nullable()
		}
		rec.Unread, rec.Size, rec.Digest = Oversize, int64(len(rec.Value)), pieces.SHA256(rec.Value)
		rec.Key, rec.Value = nil, nil
	case count > 0:
		rec.Headers = make([]kafka.Header, count)
		for i := range rec.Headers {
			rec.Headers[i] = kafka.Header{Key: string(p.nullable()), Value: p.nullable()}
		}
	}
	if !p.ok() || len(p.b) != 0 {
		return Record{}, errors.New("record's fields do not fill it")
	}
	return rec, nil
}

// time is a record's time. A broker that stamps records writes the time into the
// batch's max timestamp and leaves the rest as the producer sent it.
func (b *batch) time(delta int64) (at time.Time, stamped bool) {
	ms := b.first + delta
	if b.attributes&appendTime != 0 {
		ms, stamped = b.max, true
	}
	if ms < 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), stamped
}

// unreadable points to a batch, standing for its records from an offset on.
func (b *batch) unreadable(offset int64) Record {
	rec := Record{Offset: offset, Epoch: b.epoch, Unread: Unreadable, Size: int64(len(b.raw)), Digest: pieces.SHA256(b.raw)}
	rec.Time, rec.Stamped = b.time(0)
	return rec
}
