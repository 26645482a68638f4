package produce

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A sent record is what was appended to a batch.
type sent struct {
	at         time.Time
	key, value []byte
	headers    []kmsg.Header
}

func batchOf(records ...sent) *Batch {
	b := &Batch{}
	for _, r := range records {
		var h Headers
		for _, x := range r.headers {
			h.Add(x.Key, x.Value)
		}
		b.Append(r.at, r.key, r.value, &h)
	}
	b.seal()
	return b
}

// stored is the batch as a broker gets it.
func stored(b *Batch) (all []byte) {
	_ = b.each(requestRoom, len(b.buf), func(part []byte) error { all = append(all, part...); return nil })
	return all
}

// read reads a batch with another implementation of Kafka's format.
func read(t testing.TB, b *Batch) (kmsg.RecordBatch, []kmsg.Record) {
	t.Helper()
	var batch kmsg.RecordBatch
	if err := batch.ReadFrom(stored(b)); err != nil {
		t.Fatalf("the batch is not readable: %v", err)
	}
	var records []kmsg.Record
	for rest := batch.Records; len(rest) > 0; {
		size, n := binary.Varint(rest)
		if n <= 0 || size > int64(len(rest)-n) {
			t.Fatalf("a record of %d bytes with %d left", size, len(rest)-n)
		}
		var r kmsg.Record
		if err := r.ReadFrom(rest[:n+int(size)]); err != nil {
			t.Fatalf("record %d is not readable: %v", len(records), err)
		}
		records, rest = append(records, r), rest[n+int(size):]
	}
	if len(records) != int(batch.NumRecords) {
		t.Fatalf("%d records, %d claimed", len(records), batch.NumRecords)
	}
	return batch, records
}

// check fails unless another implementation reads what was appended.
func check(t testing.TB, b *Batch, want []sent) {
	t.Helper()
	batch, records := read(t, b)
	if len(records) != len(want) || b.Len() != len(want) {
		t.Fatalf("%d records, %d counted, want %d", len(records), b.Len(), len(want))
	}
	if int(batch.Length)+sizeEnd != b.Size() || batch.Magic != 2 || batch.Attributes != 0 ||
		batch.ProducerID != -1 || batch.ProducerEpoch != -1 || batch.FirstSequence != -1 ||
		batch.LastOffsetDelta != int32(len(want)-1) {
		t.Errorf("head: %+v", batch)
	}
	latest := int64(-1 << 62)
	for i, w := range want {
		millis := int64(noTimestamp)
		if !w.at.IsZero() {
			millis = w.at.UnixMilli()
		}
		latest = max(latest, millis)
		r := records[i]
		if batch.FirstTimestamp+r.TimestampDelta64 != millis || r.OffsetDelta != int32(i) {
			t.Errorf("record %d: time %d, offset delta %d", i, batch.FirstTimestamp+r.TimestampDelta64, r.OffsetDelta)
		}
		if !same(r.Key, w.key) || !same(r.Value, w.value) {
			t.Errorf("record %d: key %q, value %q, want %q, %q", i, r.Key, r.Value, w.key, w.value)
		}
		if !slices.EqualFunc(r.Headers, w.headers, func(a, b kmsg.Header) bool { return a.Key == b.Key && same(a.Value, b.Value) }) {
			t.Errorf("record %d: headers %q, want %q", i, r.Headers, w.headers)
		}
	}
	if batch.MaxTimestamp != latest {
		t.Errorf("latest time %d, want %d", batch.MaxTimestamp, latest)
	}
}

// same tells null from empty.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func TestBatchIsReadByOthers(t *testing.T) {
	now := time.UnixMilli(1_900_000_000_123)
	long := bytes.Repeat([]byte("v"), 1<<20)
	for name, records := range map[string][]sent{
		"one":                {{at: now, key: []byte("k"), value: []byte("v")}},
		"nulls":              {{at: now}},
		"empty, not null":    {{at: now, key: []byte{}, value: []byte{}}},
		"no time":            {{value: []byte("v")}, {at: now, value: []byte("w")}},
		"times that go back": {{at: now, value: []byte("v")}, {at: now.Add(-time.Hour)}, {at: now.Add(time.Hour)}},
		"headers": {{at: now, headers: []kmsg.Header{
			{Key: "a", Value: []byte("1")}, {Key: "a", Value: nil}, {Key: "", Value: []byte{}},
		}}},
		"long": {{at: now, key: long[:70_000], value: long}, {at: now, value: long[:127]}, {at: now, value: long[:128]}},
		"long, and lent": {{at: now, value: []byte("v")},
			{at: now, key: []byte("k"), value: long, headers: []kmsg.Header{{Key: "h", Value: long[:lastBytes]}}}, {at: now},
			{at: now, value: long[:lendFrom], headers: []kmsg.Header{{Key: "h", Value: long[:lastBytes]}}},
			{at: now, key: long, value: long[1:], headers: []kmsg.Header{{Key: "h", Value: long[:lastBytes]}}}},
		"many": slices.Repeat([]sent{{at: now, key: []byte("k"), value: []byte("v")}}, 500),
	} {
		t.Run(name, func(t *testing.T) { check(t, batchOf(records...), records) })
	}
}

// The memory of a batch is used again; nothing of what it held before is left in it.
func TestBatchIsUsedAgain(t *testing.T) {
	first := []sent{{at: time.UnixMilli(5), value: bytes.Repeat([]byte("x"), 1000)}, {at: time.UnixMilli(9)}}
	b := batchOf(first...)
	b.Reset()
	if b.Len() != 0 || b.Size() != 0 {
		t.Errorf("after Reset: %d records, %d bytes", b.Len(), b.Size())
	}
	again := []sent{{at: time.UnixMilli(7), key: []byte("k"), value: []byte("v")}}
	b.Append(again[0].at, again[0].key, again[0].value, &Headers{})
	b.seal()
	check(t, b, again)
	if !bytes.Equal(stored(b), stored(batchOf(again...))) {
		t.Error("a batch used again is not what a new one is")
	}
}

// FuzzBatch: whatever is appended is what another implementation reads.
func FuzzBatch(f *testing.F) {
	f.Add(int64(1), int64(-5), []byte("k"), []byte("v"), "h", []byte("x"))
	f.Add(int64(0), int64(1<<40), []byte{}, []byte(nil), "", []byte(nil))
	f.Fuzz(func(t *testing.T, first, second int64, key, value []byte, name string, header []byte) {
		const most = 1 << 50 // times that time.Time holds
		records := []sent{
			{at: time.UnixMilli(first % most), key: key, value: value, headers: []kmsg.Header{{Key: name, Value: header}}},
			{at: time.UnixMilli(second % most), key: value, value: key},
		}
		check(t, batchOf(records...), records)
	})
}

// FuzzAnswer: an answer passes only where another implementation reads that one partition's
// batch is stored, and always where that is all the answer says.
func FuzzAnswer(f *testing.F) {
	head := "\x00\x00\x00\x01\x00\x01t\x00\x00\x00\x01"
	for _, code := range []string{"\x00\x00", "\x00\x13", "\xff\xff"} {
		f.Add([]byte(head + "\x00\x00\x00\x05" + code + string(make([]byte, answerTail))))
		f.Add([]byte(head + "\x00\x00\x00\x05" + code))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		res := kmsg.ProduceResponse{Version: version}
		stored := res.ReadFrom(body) == nil && len(res.Topics) == 1 && len(res.Topics[0].Partitions) == 1 &&
			res.Topics[0].Partitions[0].ErrorCode == 0
		exact := stored && bytes.Equal(res.AppendTo(nil), body)
		if err := parseAnswer(body); err == nil && !stored || err != nil && exact {
			t.Errorf("%q: %v, another reads %+v", body, err, res)
		}
	})
}

func BenchmarkBatch8KB(b *testing.B) {
	value, key := bytes.Repeat([]byte("v"), 8<<10), []byte("account-1")
	now := time.UnixMilli(1_900_000_000_123)
	var h Headers
	for _, name := range []string{"event-id", "verdict", "reason", "detail", "party", "sha256", "serial", "type", "id", "version", "at", "sum", "source"} {
		h.AddString("turnkey-"+name, "0123456789abcdef0123456789abcdef")
	}
	var batch Batch
	b.SetBytes(100 * 8 << 10)
	for b.Loop() {
		batch.Reset()
		for range 100 {
			batch.Append(now, key, value, &h)
		}
		batch.seal()
	}
}

// A large value takes no memory but the caller's, and no longer than until Reset.
func TestLargeValueIsNotCopied(t *testing.T) {
	var h Headers
	h.AddString("name", string(make([]byte, lastBytes)))
	var b Batch
	value := make([]byte, 10<<20)
	b.Append(time.Time{}, nil, value, &h)
	if b.Cap() > 10_000 || b.Size() < len(value) {
		t.Errorf("a batch of %d bytes took %d", b.Size(), b.Cap())
	}
	b.Reset()
	if b.Size() != 0 || len(b.lent[:1][0].bytes) != 0 {
		t.Error("the value is still there after Reset")
	}
}
