package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/verifier"
)

// BenchmarkRecord takes records of 8 KB through everything but Kafka and the registry, a
// hundred at a time as a fetch brings them; the figures are for one record.
func BenchmarkRecord(b *testing.B) {
	const records = 100
	now := time.Now()
	registry := registryFunc(func(_ context.Context, accounts []string, _ []verifier.Hints, _ time.Time) ([]verifier.Sender, error) {
		senders := make([]verifier.Sender, len(accounts))
		for i := range senders {
			senders[i] = registered("01234567-89ab-cdef-0123-456789abcdef", now)
		}
		return senders, nil
	})
	g, err := New(Config{Group: "g", Workers: 1}, Parts{
		Engine: newEngine(b), Registry: registry, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
		Cluster: Cluster{Brokers: []string{"127.0.0.1:1"}, Transport: &kafka.Transport{}},
		Now:     func() time.Time { return now },
	})
	if err != nil {
		b.Fatal(err)
	}
	var stored []fetch.Record
	for i := range records {
		account := fmt.Appendf(nil, "broker%04d@example.com", i)
		stored = append(stored, fetch.Record{Offset: int64(i), Time: now, Stamped: true, Key: account, Value: signedOf(i, 7<<10),
			Headers: []kafka.Header{{Key: HeaderAccount, Value: account}}})
	}
	p := &partition{generation: &generation{g: g}, id: 1, label: "1"}
	b.ReportAllocs()
	for b.Loop() {
		t := g.trays.get()
		for _, rec := range stored {
			it := t.add()
			it.source, it.rec, it.arrived = p.source(rec.Offset), rec, now
			it.admit(false)
		}
		items := t.items
		if err := g.read(b.Context(), items); err != nil {
			b.Fatal(err)
		}
		if err := g.judge(b.Context(), items); err != nil {
			b.Fatal(err)
		}
		out := g.outcomes.get()
		for _, it := range items {
			if it.appendTo(&out.batch, &out.headers, now); !it.verdict.Verified() {
				b.Fatal(it.verdict.Reason())
			}
		}
		g.outcomes.put(out)
		g.acknowledged(Verified, items)
		g.observe(items)
		g.trays.put(t)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}

// TestFetchMakesOneBatch: by default the outcomes of one fetch of usual messages are one
// chunk, and go to the broker as one batch. Each batch costs it, and us, as much as many
// messages do.
func TestFetchMakesOneBatch(t *testing.T) {
	g := &Gateway{cfg: Config{}.withDefaults()}
	for _, size := range []int{3 << 10, 8 << 10, 77 << 10} {
		var items []*item
		for fetched := size; fetched <= g.cfg.FetchBytes; fetched += size {
			items = append(items, &item{rec: fetch.Record{Value: make([]byte, size)}})
		}
		if len(items) > chunkRecords || len(items)*size > chunkBytes {
			t.Errorf("a fetch of %d records of %d bytes is more than a chunk", len(items), size)
		}
		if n := g.batchLength(items); n != len(items) {
			t.Errorf("of %d outcomes of one fetch of records of %d bytes, only %d make a batch", len(items), size, n)
		}
	}
}
