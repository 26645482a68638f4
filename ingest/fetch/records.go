package fetch

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
)

// A Record is one record as stored, or a pointer to what could not be read of one.
// Its slices alias the response's buffer where the batch was not compressed.
type Record struct {
	Offset int64
	Epoch  int32 // of the leader that appended it

	// Time is the broker's stamp where Stamped, else what the producer claimed,
	// both in whole milliseconds; zero where the producer gave none.
	Time    time.Time
	Stamped bool

	Key     []byte // nil where null
	Value   []byte // nil where null, and where Unread is set
	Headers []kafka.Header

	// Unread says why the value is not here: it inflates to more than the limit, has more
	// headers, or its batch is not readable. Size and Digest (SHA-256) then are the value's, or
	// those of the batch as stored.
	Unread Unread
	Size   int64
	Digest [sha256.Size]byte
}

// Len is how many bytes key, value and headers have.
func (r *Record) Len() int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// Unread says why a record is only pointed to.
type Unread uint8

const (
	Whole      Unread = iota // it is here
	Oversize                 // it is beyond Limits.Record, Headers or HeaderBytes
	Unreadable               // its checksum holds, but not its structure: a producer's fault
)

// Limits bound the memory that reading a record may take on top of the response's.
type Limits struct {
	// Record is the largest record, in bytes, that a compressed batch is inflated to, key
	// and headers included.
	Record int64

	// Headers is how many a record may have; 0 means any number. A header takes three
	// bytes in a batch and more than ten times that here.
	Headers int

	// HeaderBytes is how many bytes they may be in a batch, all together; 0 means any number.
	HeaderBytes int

	// Large is a size above which Grow is called with it, once, before a record is
	// inflated. It waits until there is room, or fails. Nil means that there always is. Where
	// it is called again within one call of Next, the records before were passed over, and
	// nothing is kept of them.
	Large int64
	Grow  func(size int64) error
}

// Next returns the next record, io.EOF after the last. Another error means that the
// response is damaged, or that Grow failed: the rest has to be fetched again.
func (r *Response) Next(lim Limits) (Record, error) {
	for {
		if r.batch == nil {
			if err := r.open(); err != nil {
				return Record{}, err
			}
		}
		b := r.batch
		if b.left == 0 {
			r.finish()
			continue
		}
		b.left--
		rec, err := b.next(lim)
		var grow *growError
		switch {
		case errors.As(err, &grow):
			return Record{}, grow.err
		case err != nil || rec.Offset < b.expect || rec.Offset > b.last:
			at := max(b.expect, r.next)
			r.finish()
			if at > b.last {
				continue // all its offsets were given out
			}
			return b.unreadable(at), nil
		}
		b.expect = rec.Offset + 1
		if rec.Offset < r.next {
			continue // before the offset asked for: batches come whole
		}
		rec.Epoch = b.epoch
		r.pass(b, rec.Offset)
		return rec, nil
	}
}

// finish leaves a batch, and with it the gap that compaction may have left at its end.
func (r *Response) finish() {
	r.pass(r.batch, r.batch.last)
	r.batch.close()
	r.batch = nil
}

// pass says that what a batch has up to an offset is done with.
func (r *Response) pass(b *batch, offset int64) {
	if offset >= r.next {
		r.next, r.epoch = offset+1, b.epoch
	}
}

// Layout of a record batch, format 2 (KIP-98): the fixed part before its records.
const (
	batchHead   = 61
	sizeEnd     = 12 // base offset and size, which the size does not count
	epochAt     = 12
	magicAt     = 16
	checksumAt  = 17
	checksummed = 21 // from the attributes on
)

// Bits of a batch's attributes.
const (
	compression   = 0x07
	appendTime    = 0x08
	transactional = 0x10
	control       = 0x20
)

// open moves to the next batch that has records for us. Nothing is read past a damaged
// one, however often that is asked for.
func (r *Response) open() error {
	for r.damage == nil {
		raw, err := r.cut()
		if err == io.EOF {
			return err
		}
		var b *batch
		if err == nil {
			b, err = parseBatch(raw)
		}
		if err != nil {
			r.damage = err
			if r.damaged != nil {
				r.damaged()
			}
			break
		}
		r.decoded = true
		if r.hidden(b) {
			r.pass(b, b.last)
			continue
		}
		r.batch = b
		return nil
	}
	return r.damage
}

// cut takes the next whole batch off what is left. Brokers cut the last one short at
// the size asked for, but never the first.
func (r *Response) cut() ([]byte, error) {
	if len(r.rest) == 0 || r.decoded && len(r.rest) < batchHead {
		return nil, io.EOF
	}
	if len(r.rest) <= magicAt {
		return nil, fmt.Errorf("record set of only %d bytes", len(r.rest))
	}
	if magic := r.rest[magicAt]; magic != 2 {
		return nil, fmt.Errorf("records in format %d, which Kafka left with 0.11: only format 2 is read", magic)
	}
	size := int64(int32(binary.BigEndian.Uint32(r.rest[8:]))) + sizeEnd
	switch {
	case size < batchHead:
		return nil, fmt.Errorf("record batch of only %d bytes", size)
	case size > int64(len(r.rest)) && r.decoded:
		r.rest = nil
		return nil, io.EOF
	case size > int64(len(r.rest)):
		return nil, fmt.Errorf("first record batch of %d bytes was cut to %d", size, len(r.rest))
	}
	raw := r.rest[:size:size]
	r.rest = r.rest[size:]
	return raw, nil
}

// hidden reports whether a reader of committed records must not see the batch: it
// holds a transaction's marker, or belongs to one that was aborted.
func (r *Response) hidden(b *batch) bool {
	for len(r.aborted) > 0 && r.aborted[0].FirstOffset <= b.last {
		r.aborts[r.aborted[0].ProducerID] = true
		r.aborted = r.aborted[1:]
	}
	if b.attributes&control != 0 {
		delete(r.aborts, b.producer) // its transaction ends here, either way
		return true
	}
	return b.last < r.next || b.attributes&transactional != 0 && r.aborts[b.producer]
}
