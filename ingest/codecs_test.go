package ingest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// codecs are what a producer's batches, or a topic's (compression.type), are packed with.
var codecs = []struct {
	name string // a topic's setting
	kind uint8  // in a batch's attributes
	kgo.CompressionCodec
}{
	{"uncompressed", 0, kgo.NoCompression()},
	{"gzip", 1, kgo.GzipCompression()},
	{"snappy", 2, kgo.SnappyCompression()},
	{"lz4", 3, kgo.Lz4Compression()},
	{"zstd", 4, kgo.ZstdCompression()},
}

// Whatever packed a record, its producer or the broker, which has Java's framing of it,
// its outcome has its bytes; and so it is where an output is packed otherwise.
func TestCodecsOnKafka(t *testing.T) {
	for i, stored := range append(codecs[:len(codecs):len(codecs)], codecs[0]) {
		name := stored.name
		if i == len(codecs) {
			name = "producer" // as it came: Kafka's default
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, len(codecs))
			w.alter(w.topics.Inbound, "compression.type", name)
			for j, kind := range kinds[1:] {
				w.alter(w.topics.name(kind), "compression.type", codecs[(i+j)%len(codecs)].name)
			}
			sent := w.sendPacked(20)
			for p, codec := range codecs {
				want := stored.kind
				if name == "producer" {
					want = codec.kind
				}
				if got := w.packing(int32(p)); got != want {
					t.Fatalf("partition %d is stored with codec %d, want %d: no test of it", p, got, want)
				}
			}
			w.start(Parts{}, nil)
			got := w.outcomes(len(sent))
			w.checkNoneLost(w.byID(sent), got)
			eventuallyCommitted(t, w, sent)
			for _, o := range got {
				if o.kind == Quarantine {
					t.Errorf("%s is quarantined: %s", o.header(HeaderSource), o.header(HeaderReason))
				}
			}
		})
	}
}

// sendPacked appends n records to each partition as one batch, with that partition's codec.
func (w *world) sendPacked(n int) []*kgo.Record {
	w.t.Helper()
	var sent []*kgo.Record
	for p, codec := range codecs {
		var records []*kgo.Record
		for i := range n {
			doc := signed(i % 30)
			if i%2 == 1 {
				doc = padded(i, 9000)
			}
			records = append(records, &kgo.Record{Partition: int32(p), Key: []byte("broker-1"), Value: doc,
				Headers: []kgo.RecordHeader{{Key: "trace", Value: fmt.Append(nil, i)}}})
		}
		w.sendAsOne(codec.CompressionCodec, records...)
		sent = append(sent, records...)
	}
	return sent
}

// sendAsOne appends records of one partition to inbound as one batch.
func (w *world) sendAsOne(codec kgo.CompressionCodec, records ...*kgo.Record) {
	w.t.Helper()
	producer, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.DefaultProduceTopic(w.topics.Inbound),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codec),
		kgo.ProducerBatchMaxBytes(64<<20), kgo.ProducerLinger(100*time.Millisecond))
	if err != nil {
		w.t.Fatal(err)
	}
	defer producer.Close()
	if err := producer.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// Large records of one compressed batch never wait for room that the same batch holds,
// whether they are given out, only pointed to, or passed over since they were done before.
func TestLargeRecordsDoNotWaitForThemselves(t *testing.T) {
	const n, most, large = 3, 1_600_000, 1_500_000 // two are more than fit
	for name, tt := range map[string]struct {
		size    int
		headers int
		done    int64 // how many were before
	}{
		"given out":             {size: large},
		"hardly more than most": {size: chunkBytes - 12}, // as a record; its key and value are less
		"pointed to":            {size: large, headers: recordHeaders + 1},
		"passed over":           {size: large, done: n - 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := fakeWorld(t, 1)
			var records []*kgo.Record
			for range n {
				records = append(records, &kgo.Record{
					Key: []byte("broker-1"), Value: bytes.Repeat([]byte("x"), tt.size), Headers: make([]kgo.RecordHeader, tt.headers),
				})
			}
			w.sendAsOne(kgo.GzipCompression(), records...)
			if tt.done > 0 {
				w.setOffset(tt.done, "")
			}
			w.start(Parts{}, func(c *Config) { c.MaxRecord = most })
			eventually(t, "all committed", func() bool { return w.committed()[0] == n })
			w.outcomes(n - int(tt.done))
		})
	}
}

// packing is the codec of an inbound partition's first record, as stored.
func (w *world) packing(partition int32) uint8 {
	w.t.Helper()
	reader, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		w.topics.Inbound: {partition: kgo.NewOffset().AtStart()}}))
	if err != nil {
		w.t.Fatal(err)
	}
	defer reader.Close()
	fetches := reader.PollRecords(w.t.Context(), 1)
	if err := fetches.Err(); err != nil {
		w.t.Fatal(err)
	}
	return fetches.Records()[0].Attrs.CompressionType()
}
