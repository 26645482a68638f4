package ingest

import (
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/ingest/fetch"
)

const (
	benchRecords    = 12_000
	benchPartitions = 6
)

// BenchmarkKafka8KB takes records of 8 KB through real Kafka: as a gateway does, and
// only copied by the same client, a batch for each fetch. Broker and client share the
// machine; CPU is this process's alone.
func BenchmarkKafka8KB(b *testing.B) {
	w := realWorld(b, benchPartitions)
	var sent []*kgo.Record
	for i := range benchRecords {
		sent = append(sent, &kgo.Record{Partition: int32(i % benchPartitions), Key: []byte("broker-1"), Value: signedOf(i%100, 7<<10)})
	}
	w.send(sent...)

	measure := func(b *testing.B, run func()) {
		var cpu time.Duration
		for b.Loop() {
			before := cpuTime()
			run()
			cpu += cpuTime() - before
		}
		n := float64(b.N) * benchRecords
		b.ReportMetric(n/b.Elapsed().Seconds(), "records/s")
		b.ReportMetric(float64(cpu.Microseconds())/n, "cpu-us/record")
	}
	b.Run("gateway", func(b *testing.B) {
		engine, registry := newEngine(b), newRegistry(b)
		measure(b, func() {
			w.group += "-"
			g := w.start(Parts{Engine: engine, Registry: registry}, nil)
			eventually(b, "all judged", func() bool {
				return count(g.metrics.records.WithLabelValues(string(Verified))) == benchRecords
			})
			g.stop()
		})
	})
	b.Run("copy", func(b *testing.B) {
		measure(b, func() { w.copy(b) })
	})
}

// copy copies inbound to an output, batch by batch, with the gateway's own client.
func (w *world) copy(b *testing.B) {
	g := w.gateway(Parts{}, nil)
	defer g.cluster.Transport.CloseIdleConnections()
	if err := g.meet(b.Context()); err != nil {
		b.Fatal(err)
	}
	var partitions sync.WaitGroup
	for p := range benchPartitions {
		partitions.Go(func() {
			for offset := int64(0); offset < benchRecords/benchPartitions; {
				next, err := g.copyOnce(b, p, offset)
				if err != nil {
					b.Error(err)
					return
				}
				offset = next
			}
		})
	}
	partitions.Wait()
}

func (g *Gateway) copyOnce(b *testing.B, partition int, offset int64) (int64, error) {
	res, err := g.fetcher.Fetch(b.Context(), fetch.Request{Topic: g.cfg.Topics.Inbound, TopicID: g.topicID,
		Partition: partition, Offset: offset, LastEpoch: -1, MaxBytes: 1 << 20, MaxWait: time.Second})
	if err != nil {
		return offset, err
	}
	defer res.Close()
	out := g.outcomes.get()
	defer g.outcomes.put(out)
	for {
		rec, err := res.Next(fetch.Limits{Record: 1 << 20, Large: 1 << 20})
		if err == io.EOF {
			break
		}
		if err != nil {
			return offset, err
		}
		out.batch.Append(rec.Time, rec.Key, rec.Value, &out.headers)
	}
	return res.NextOffset(), g.write(b.Context(), g.cfg.Topics.Verified, partition, &out.batch, nil)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
