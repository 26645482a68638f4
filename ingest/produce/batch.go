package produce

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"time"

	"turnkey-gateway/ingest/internal/pieces"
)

// A Batch is records that are appended together, in the form in which brokers store them
// (record batch, format 2, KIP-98). It holds one copy of what is appended to it, except of
// large keys and values. The zero value is empty.
type Batch struct {
	buf   []byte // batchStart bytes for the request and the batch's head, then the records
	lent  []lent // by place
	count int
	first int64 // timestamps in milliseconds since 1970
	max   int64
}

// A lent key or value stands in a batch before a place in its memory, but is not copied there.
type lent struct {
	before int
	bytes  []byte
}

// lendFrom is the size, in bytes, from which a key or value is lent and not copied.
const lendFrom = 256 << 10

// noTimestamp is what a record without a time carries.
const noTimestamp = -1

// Layout of a batch's head. Its size counts from after itself on, its checksum from
// after itself on.
const (
	batchHead  = 61
	sizeAt     = 8
	sizeEnd    = 12
	magicAt    = 16
	checksumAt = 17
	checksumed = 21
	lastAt     = 23
	firstAt    = 27
	maxAt      = 35
	countAt    = 57
)

// requestRoom is how many bytes of a request may stand before its records: fixed fields
// and two names, a topic's of at most 249 bytes and a client's of at most [maxClientID].
const (
	requestRoom = 512
	maxClientID = 128
	batchStart  = requestRoom + batchHead
)

// Reset makes the batch empty, keeping its memory.
func (b *Batch) Reset() {
	clear(b.lent)
	b.buf, b.lent, b.count = b.buf[:0], b.lent[:0], 0
}

// Len is how many records it holds.
func (b *Batch) Len() int { return b.count }

// Size is how many bytes a broker has to store for it.
func (b *Batch) Size() int {
	size := max(0, len(b.buf)-requestRoom)
	for _, l := range b.lent {
		size += len(l.bytes)
	}
	return size
}

// Cap is how much memory it keeps.
func (b *Batch) Cap() int { return cap(b.buf) }

// Grow makes room for so many more bytes of records.
func (b *Batch) Grow(bytes int) { b.buf = slices.Grow(b.buf, batchStart+bytes) }

// Append adds a record. A nil key or value is null; a zero time means that the record has
// none. Times count in whole milliseconds. A key or value of 256 KiB or more must not change
// until the batch is Reset.
func (b *Batch) Append(at time.Time, key, value []byte, headers *Headers) {
	millis := int64(noTimestamp)
	if !at.IsZero() {
		millis = at.UnixMilli()
	}
	if b.count == 0 {
		b.buf = append(b.buf[:0], make([]byte, batchStart)...)
		b.first, b.max = millis, millis
	}
	b.max = max(b.max, millis)

	delta, offset := millis-b.first, int64(b.count)
	size := 1 + varintSize(delta) + varintSize(offset) + nullableSize(key) + nullableSize(value) +
		varintSize(int64(headers.count)) + len(headers.text)
	buf := binary.AppendVarint(b.buf, int64(size))
	buf = append(buf, 0) // attributes: none are defined
	buf = binary.AppendVarint(buf, delta)
	buf = binary.AppendVarint(buf, offset)
	mayLend := len(headers.text) >= lastBytes // what is sent last is in buf
	buf = b.field(buf, key, mayLend)
	buf = b.field(buf, value, mayLend)
	buf = binary.AppendVarint(buf, int64(headers.count))
	b.buf = append(buf, headers.text...)
	b.count++
}

// field appends a key or value to a batch's memory, or lends it.
func (b *Batch) field(buf, field []byte, mayLend bool) []byte {
	if !mayLend || len(field) < lendFrom {
		return appendNullable(buf, field)
	}
	buf = binary.AppendVarint(buf, int64(len(field)))
	b.lent = append(b.lent, lent{len(buf), field})
	return buf
}

// seal writes the head of the batch: no compression, no producer id, times as given.
func (b *Batch) seal() {
	head := b.buf[requestRoom:]
	clear(head[:batchHead])
	binary.BigEndian.PutUint32(head[sizeAt:], uint32(b.Size()-sizeEnd))
	binary.BigEndian.PutUint32(head[sizeEnd:], ^uint32(0)) // leader epoch: the broker's to fill in
	head[magicAt] = 2
	binary.BigEndian.PutUint32(head[lastAt:], uint32(b.count-1))
	binary.BigEndian.PutUint64(head[firstAt:], uint64(b.first))
	binary.BigEndian.PutUint64(head[maxAt:], uint64(b.max))
	for at := maxAt + 8; at < countAt; at++ {
		head[at] = 0xff // producer id, epoch and sequence are -1: none
	}
	binary.BigEndian.PutUint32(head[countAt:], uint32(b.count))
	sum := uint32(0)
	_ = b.each(requestRoom+checksumed, len(b.buf), func(part []byte) error {
		sum = pieces.Update(sum, part)
		return nil
	})
	binary.BigEndian.PutUint32(head[checksumAt:], sum)
}

// each calls do for what stands between two places in buf, in parts, until it fails.
func (b *Batch) each(from, to int, do func(part []byte) error) error {
	for _, l := range b.lent {
		if err := do(b.buf[from:l.before]); err != nil {
			return err
		}
		if err := do(l.bytes); err != nil {
			return err
		}
		from = l.before
	}
	return do(b.buf[from:to])
}

// Headers are a record's headers as a batch holds them. The zero value is none.
type Headers struct {
	count int
	text  []byte
}

// Reset makes it empty, keeping its memory.
func (h *Headers) Reset() { h.count, h.text = 0, h.text[:0] }

// Cap is how much memory it keeps.
func (h *Headers) Cap() int { return cap(h.text) }

// Add adds a header; a nil value is null.
func (h *Headers) Add(name string, value []byte) {
	h.name(name)
	h.text = appendNullable(h.text, value)
}

// AddString adds a header whose value is text.
func (h *Headers) AddString(name, value string) {
	h.name(name)
	h.text = binary.AppendVarint(h.text, int64(len(value)))
	h.text = append(h.text, value...)
}

// AddAll adds the headers of others.
func (h *Headers) AddAll(others *Headers) {
	h.count += others.count
	h.text = append(h.text, others.text...)
}

func (h *Headers) name(name string) {
	h.count++
	h.text = binary.AppendVarint(h.text, int64(len(name)))
	h.text = append(h.text, name...)
}

func appendNullable(to, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(to, -1)
	}
	return append(binary.AppendVarint(to, int64(len(b))), b...)
}

func nullableSize(b []byte) int {
	if b == nil {
		return 1
	}
	return varintSize(int64(len(b))) + len(b)
}

// varintSize is how many bytes binary.AppendVarint takes: 7 bits each of the zigzag form.
func varintSize(n int64) int {
	zigzag := uint64(n<<1) ^ uint64(n>>63)
	return (bits.Len64(zigzag|1) + 6) / 7
}
