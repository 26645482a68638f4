package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func offsetsOf(recs []Record) string {
	var s []string
	for _, r := range recs {
		if r.Unread != Whole {
			s = append(s, fmt.Sprintf("%d!", r.Offset))
		} else {
			s = append(s, fmt.Sprint(r.Offset))
		}
	}
	return strings.Join(s, " ")
}

func TestOffsetsGivenOut(t *testing.T) {
	three := func(base int64) made {
		return made{base: base, last: base + 2, bodies: [][]byte{body(0, 0, "k", "a"), body(1, 0, "k", "b"), body(2, 0, "k", "c")}}
	}
	edit := func(m made, change func(*made)) []byte { change(&m); return m.bytes(t) }
	whole := three(10).bytes(t)

	tests := []struct {
		name    string
		from    int64
		batches [][]byte
		aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction
		want    string // offsets, with ! where only a pointer
		next    int64
		fails   bool
	}{
		{"nothing", 10, nil, nil, "", 10, false},
		{"one batch", 10, [][]byte{whole}, nil, "10 11 12", 13, false},
		{"from its middle", 11, [][]byte{whole}, nil, "11 12", 13, false},
		{"two batches", 10, [][]byte{whole, three(13).bytes(t)}, nil, "10 11 12 13 14 15", 16, false},
		{"an older batch first", 13, [][]byte{whole, three(13).bytes(t)}, nil, "13 14 15", 16, false},
		{"compacted to its first", 10, [][]byte{edit(three(10), func(m *made) { m.bodies = m.bodies[:1] })}, nil, "10", 13, false},
		{"compacted empty", 10, [][]byte{edit(three(10), func(m *made) { m.bodies = nil })}, nil, "", 13, false},
		{"gap between batches", 10, [][]byte{whole, three(20).bytes(t)}, nil, "10 11 12 20 21 22", 23, false},
		{"second cut short", 10, [][]byte{whole, whole[:len(whole)-1]}, nil, "10 11 12", 13, false},
		{"second cut in its head", 10, [][]byte{whole, whole[:9]}, nil, "10 11 12", 13, false},
		{"first cut short", 10, [][]byte{whole[:len(whole)-1]}, nil, "", 10, true},
		{"checksum wrong", 10, [][]byte{whole, edit(three(13), func(m *made) { m.breakHash = true })}, nil, "10 11 12", 13, true},
		{"control batch", 10, [][]byte{edit(three(10), func(m *made) { m.attributes = control })}, nil, "", 13, false},
		{"aborted transaction", 10, [][]byte{
			edit(three(10), func(m *made) { m.attributes, m.producer = transactional, 7 }),
			edit(three(13), func(m *made) { m.attributes, m.producer = transactional, 8 }),
			edit(made{base: 16, last: 16, bodies: [][]byte{body(0, 0, "", "")}}, func(m *made) { m.attributes, m.producer = transactional|control, 7 }),
			edit(three(17), func(m *made) { m.attributes, m.producer = transactional, 7 }),
		}, []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 7, FirstOffset: 10}}, "13 14 15 17 18 19", 20, false},
		{"second record broken", 10, [][]byte{
			edit(three(10), func(m *made) { m.bodies[1] = []byte{0, 0, 2, 99, 1} }), three(13).bytes(t),
		}, nil, "10 11! 13 14 15", 16, false},
		{"more records claimed than there are", 10, [][]byte{
			edit(three(10), func(m *made) { m.count = 1000 }), three(13).bytes(t),
		}, nil, "10 11 12 13 14 15", 16, false},
		{"offsets going back", 10, [][]byte{
			edit(three(10), func(m *made) { m.bodies[2] = body(0, 0, "k", "c") }), three(13).bytes(t),
		}, nil, "10 11 12! 13 14 15", 16, false},
		{"offset past the batch", 10, [][]byte{
			edit(three(10), func(m *made) { m.bodies[2] = body(5, 0, "k", "c") }), three(13).bytes(t),
		}, nil, "10 11 12! 13 14 15", 16, false},
		{"compression unknown", 10, [][]byte{
			edit(three(10), func(m *made) { m.attributes = 7 }), three(13).bytes(t),
		}, nil, "10! 13 14 15", 16, false},
		{"compressed garbage", 10, [][]byte{
			edit(three(10), func(m *made) { m.attributes = int16(compress.Zstd) }), three(13).bytes(t),
		}, nil, "10! 13 14 15", 16, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			recs, next, err := readAll(t, responseOf(0, tt.aborted, tt.batches...), tt.from, roomy)
			if got := offsetsOf(recs); got != tt.want || next != tt.next {
				t.Errorf("got offsets %q and next %d, want %q and %d", got, next, tt.want, tt.next)
			}
			if fails := !errors.Is(err, io.EOF); fails != tt.fails {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// Asking about a damaged batch doesn't use it up: it is refused again, and nothing after
// it is given out.
func TestDamageStays(t *testing.T) {
	damaged := made{base: 10, last: 10, bodies: [][]byte{body(0, 0, "k", "a")}, breakHash: true}
	good := made{base: 11, last: 11, bodies: [][]byte{body(0, 0, "k", "b")}}
	res, err := parseResponse(responseOf(0, nil, damaged.bytes(t), good.bytes(t)), Request{Offset: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for range 3 {
		if res.Inflating() != 0 {
			t.Error("the damaged batch counts as compressed")
		}
		if rec, err := res.Next(roomy); err == nil || errors.Is(err, io.EOF) || res.NextOffset() != 10 {
			t.Fatalf("got offset %d, err %v, next %d", rec.Offset, err, res.NextOffset())
		}
	}
}

func TestFieldsSurvive(t *testing.T) {
	for _, c := range []compress.Compression{compress.None, compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd} {
		t.Run(c.String(), func(t *testing.T) {
			m := made{base: 5, last: 5, first: 1000, compression: c, bodies: [][]byte{body(0, 234, "the key", "the value")}}
			recs, _, err := readAll(t, responseOf(0, nil, m.bytes(t)), 5, roomy)
			if len(recs) != 1 {
				t.Fatalf("got %d records, err %v", len(recs), err)
			}
			r := recs[0]
			h := header(r)
			if string(r.Key) != "the key" || string(r.Value) != "the value" || h.Key != "h" || string(h.Value) != "v" {
				t.Errorf("got key %q, value %q, header %q=%q", r.Key, r.Value, h.Key, h.Value)
			}
			if r.Time.UnixMilli() != 1234 || r.Stamped {
				t.Errorf("got time %v, stamped %v", r.Time, r.Stamped)
			}
		})
	}
}

// A broker that stamps records leaves the producer's times where they are and puts its
// own into the batch's max timestamp.
func TestBrokersStampWins(t *testing.T) {
	m := made{base: 0, last: 0, first: 1000, max: 9000, attributes: appendTime, bodies: [][]byte{body(0, 5, "k", "v")}}
	recs, _, _ := readAll(t, responseOf(0, nil, m.bytes(t)), 0, roomy)
	if len(recs) != 1 || recs[0].Time.UnixMilli() != 9000 || !recs[0].Stamped {
		t.Errorf("got %+v, want the time 9000, stamped", recs)
	}
}

func TestOversizeIsPointedTo(t *testing.T) {
	value := strings.Repeat("x", 3000)
	m := made{base: 0, last: 2, compression: compress.Gzip,
		bodies: [][]byte{body(0, 0, "k", "a"), body(1, 0, "k", value), body(2, 0, "k", "c")}}
	recs, next, _ := readAll(t, responseOf(0, nil, m.bytes(t)), 0, Limits{Record: 1000})
	if got := offsetsOf(recs); got != "0 1! 2" || next != 3 {
		t.Fatalf("got %q, next %d", got, next)
	}
	r := recs[1]
	if r.Unread != Oversize || r.Size != 3000 || r.Digest != sha256.Sum256([]byte(value)) || r.Value != nil {
		t.Errorf("got %+v", r)
	}
}

func TestGrowIsAskedOnlyForLargeRecords(t *testing.T) {
	m := made{base: 0, last: 1, compression: compress.Gzip,
		bodies: [][]byte{body(0, 0, "k", "a"), body(1, 0, "k", strings.Repeat("x", 3000))}}
	full := errors.New("no room")
	var asked int64
	recs, next, err := readAll(t, responseOf(0, nil, m.bytes(t)), 0, Limits{Record: 1 << 20, Large: 100, Grow: func(size int64) error { asked = size; return full }})
	if offsetsOf(recs) != "0" || next != 1 || !errors.Is(err, full) {
		t.Errorf("got %q, next %d, err %v", offsetsOf(recs), next, err)
	}
	if asked != int64(len(m.bodies[1])) {
		t.Errorf("asked for %d bytes, want %d", asked, len(m.bodies[1]))
	}
}

// A header takes more than ten times its bytes in a batch here, so their number is bounded.
func TestHeadersBeyondTheLimitArePointedTo(t *testing.T) {
	heads := func(offset int64, count int, cut int) []byte {
		b := binary.AppendVarint([]byte{0, 0}, offset)
		b = append(b, 2, 'k', 10)
		b = append(b, "value"...)
		b = binary.AppendVarint(b, int64(count))
		for range count {
			b = append(b, 2, 'h', 1)
		}
		return b[:len(b)-cut]
	}
	for _, codec := range []compress.Compression{compress.None, compress.Zstd} {
		m := made{base: 0, last: 2, compression: codec, bodies: [][]byte{heads(0, 5, 0), heads(1, 100_000, 0), heads(2, 5, 0)}}
		lim := Limits{Record: 1 << 20, Large: 1 << 20, Headers: 5}
		body := responseOf(0, nil, m.bytes(t))
		var recs []Record
		allocated := testing.AllocsPerRun(1, func() { recs, _, _ = readAll(t, body, 0, lim) })
		if got := offsetsOf(recs); got != "0 1! 2" {
			t.Fatalf("%v: got %q", codec, got)
		}
		if r := recs[1]; r.Unread != Oversize || r.Size != 5 || r.Digest != sha256.Sum256([]byte("value")) || r.Value != nil || r.Headers != nil {
			t.Errorf("%v: got %+v", codec, r)
		}
		if allocated > 1000 {
			t.Errorf("%v: %.0f allocations", codec, allocated)
		}
		m.bodies[1] = heads(1, 100_000, 1)
		if recs, _, _ := readAll(t, responseOf(0, nil, m.bytes(t)), 0, lim); len(recs) != 2 || recs[1].Unread != Unreadable {
			t.Errorf("%v: headers that end early: got %d records", codec, len(recs))
		}
	}
}

// Headers are copied into an outcome, so their bytes are bounded as well.
func TestHeadersOfManyBytesArePointedTo(t *testing.T) {
	of := func(offset int64, size int) []byte {
		b := binary.AppendVarint([]byte{0, 0}, offset)
		b = append(b, 2, 'k', 10)
		b = append(b, "value"...)
		b = append(b, 2, 2, 'h') // one header of that name
		b = binary.AppendVarint(b, int64(size))
		return append(b, make([]byte, size)...)
	}
	const most = 1000
	for _, codec := range []compress.Compression{compress.None, compress.Zstd} {
		m := made{base: 0, last: 2, compression: codec, bodies: [][]byte{of(0, most-4), of(1, most-3), of(2, 1)}}
		recs, _, err := readAll(t, responseOf(0, nil, m.bytes(t)), 0, Limits{Record: 1 << 20, Large: 1 << 20, HeaderBytes: most})
		if got := offsetsOf(recs); err != io.EOF || got != "0 1! 2" {
			t.Fatalf("%v: got %q, %v", codec, got, err)
		}
		if r := recs[1]; r.Unread != Oversize || r.Size != 5 || r.Digest != sha256.Sum256([]byte("value")) || r.Headers != nil {
			t.Errorf("%v: got %+v", codec, r)
		}
	}
}

// A frame of a few bytes may not claim memory by the hundreds of megabytes.
func TestWindowOfZstdIsBounded(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x98, 0x01, 0x00, 0x00} // window of 512 MiB, one empty block
	raw := sealed(made{attributes: int16(compress.Zstd), count: 1}.bytes(t), frame)
	b, err := parseBatch(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if _, err := b.next(roomy); !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("got %v, want the window refused", err)
	}
}

func TestEveryCutOfAResponseIsHandled(t *testing.T) {
	m := made{base: 0, last: 1, bodies: [][]byte{body(0, 0, "k", "a"), body(1, 0, "k", "b")}}
	full := responseOf(0, []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 1, FirstOffset: 1}}, m.bytes(t))
	for n := range full {
		if _, err := parseResponse(full[:n], Request{}); err == nil {
			t.Errorf("%d of %d bytes passed for a response", n, len(full))
		}
	}
}

// FuzzRecords: whatever a batch holds, offsets given out grow, stay between the offset
// asked for and the next one, and no value is longer than what was sent.
func FuzzRecords(f *testing.F) {
	seed := made{base: 3, last: 5, bodies: [][]byte{body(0, 0, "k", "a"), body(1, 0, "k", "b"), body(2, 0, "k", "c")}}
	for _, c := range []compress.Compression{compress.None, compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd} {
		seed.compression = c
		f.Add(seed.bytes(f)[batchHead:], int16(c), int32(3), int32(2))
	}
	f.Fuzz(func(t *testing.T, payload []byte, attributes int16, count, span int32) {
		m := made{base: 3, last: 3 + int64(max(span, 0)), attributes: attributes &^ control, count: min(count, 1000), bodies: nil}
		raw := sealed(m.bytes(t), payload)
		recs, next, _ := readAll(t, responseOf(0, nil, raw), 4, Limits{Record: 1 << 16, Large: 1 << 16})
		if !slices.IsSortedFunc(recs, func(a, b Record) int { return int(a.Offset - b.Offset) }) {
			t.Errorf("offsets %s", offsetsOf(recs))
		}
		for i, r := range recs {
			if r.Offset < 4 || r.Offset >= next || i > 0 && r.Offset == recs[i-1].Offset {
				t.Errorf("offset %d, next %d", r.Offset, next)
			}
		}
	})
}

// A snappy block, however it is framed, is not inflated beyond a bound, and what it or a
// frame claims takes no memory.
func TestBlocksOfSnappyAreBounded(t *testing.T) {
	framed := func(size uint32, block []byte) []byte {
		b := append(bytes.Clone(xerialHead), 0, 0, 0, 1, 0, 0, 0, 1)
		return append(binary.BigEndian.AppendUint32(b, size), block...)
	}
	bomb := snappy.Encode(nil, make([]byte, maxBlock+1))
	claim := binary.AppendUvarint(nil, 1<<30) // of its size inflated
	for name, payload := range map[string][]byte{
		"alone":           bomb,
		"framed":          framed(uint32(len(bomb)), bomb),
		"a claim":         claim,
		"a claim, framed": framed(uint32(len(claim)), claim),
		"a frame's claim": framed(1<<30, claim),
	} {
		raw := sealed(made{attributes: int16(compress.Snappy), count: 1}.bytes(t), payload)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b, err := parseBatch(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.next(roomy); err == nil {
			t.Errorf("%s: read", name)
		}
		b.close()
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: took %d bytes", name, took)
		}
	}
}

// What inflating takes is known before: the caller makes room for it.
func TestMemoryOfInflatingIsTold(t *testing.T) {
	const size = 3 << 20
	text := strings.Repeat("a", size)
	for codec, want := range map[compress.Compression][2]int64{
		compress.None:   {0, 0},
		compress.Gzip:   {1, 1 << 20},
		compress.Snappy: {1, size}, // in blocks of 32 KiB
		compress.Lz4:    {1, 9 << 20},
		compress.Zstd:   {size, 9 << 20},
	} {
		res, err := parseResponse(responseOf(0, nil, made{compression: codec, bodies: [][]byte{body(0, 0, "k", text)}}.bytes(t)), Request{LastEpoch: -1})
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Inflating(); got < want[0] || got > want[1] {
			t.Errorf("%v: %d bytes, want %d to %d", codec, got, want[0], want[1])
		}
		res.Close()
	}
	raw := sealed(made{attributes: int16(compress.Snappy), count: 1}.bytes(t), snappy.Encode(nil, make([]byte, size)))
	res, err := parseResponse(responseOf(0, nil, raw), Request{LastEpoch: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if got := res.Inflating(); got < size || got > 2*size {
		t.Errorf("one block of snappy: %d bytes, want %d", got, size)
	}
}

// It is told of the batch that the next record comes from, not of the last one's.
func TestMemoryOfInflatingIsOfTheNextRecord(t *testing.T) {
	plain := made{base: 0, last: 0, bodies: [][]byte{body(0, 0, "k", "a")}}
	packed := made{base: 1, last: 1, compression: compress.Zstd, bodies: [][]byte{body(0, 0, "k", strings.Repeat("b", 3<<20))}}
	res, err := parseResponse(responseOf(0, nil, plain.bytes(t), packed.bytes(t)), Request{LastEpoch: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if got := res.Inflating(); got != 0 {
		t.Errorf("the first takes %d bytes, want 0", got)
	}
	if _, err := res.Next(roomy); err != nil {
		t.Fatal(err)
	}
	if got := res.Inflating(); got < 3<<20 {
		t.Errorf("the second takes %d bytes, want %d at least", got, 3<<20)
	}
	if got := res.NextOffset(); got != 1 {
		t.Errorf("asking moved on to offset %d", got)
	}
}

// A decoder that has claimed much memory is not kept for others, since nobody reserved that.
func TestLargeDecodersAreNotKept(t *testing.T) {
	for range 8 { // a pool may drop some
		for decoders.Get() != nil {
		}
		payload, err := zstd.NewWriter(nil, zstd.WithWindowSize(16<<20))
		if err != nil {
			t.Fatal(err)
		}
		in := newZstdReader(payload.EncodeAll(make([]byte, 17<<20), nil))
		if _, err := io.Copy(io.Discard, in); err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if decoders.Get() != nil {
			t.Fatal("it is kept")
		}
	}
}

// A zstd frame behind the first may claim no more than was told of.
func TestSecondFrameClaimsNoMore(t *testing.T) {
	packed := func(window, size int) []byte {
		w, err := zstd.NewWriter(nil, zstd.WithWindowSize(window), zstd.WithSingleSegment(false))
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(make([]byte, size), nil)
	}
	const small, large = 1 << 20, 16 << 20
	for _, windows := range [][2]int{{small, small}, {large, small}, {small, large}, {large, large}} {
		in := newZstdReader(append(packed(windows[0], windows[0]+1), packed(windows[1], windows[1]+1)...))
		n, err := io.Copy(io.Discard, in)
		if want := windows[1] <= windows[0]; (err == nil) != want {
			t.Errorf("windows %d: read %d bytes, err %v", windows, n, err)
		}
		in.Close()
	}
}
