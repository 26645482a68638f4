package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/verifier"
)

// Whatever is lost on the way to a broker or back, each record has its outcome, with
// its bytes, in its partition, in order.
func TestPromiseNoLoss(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := fakeWorld(t, 3)
			sent := w.records(600)
			w.send(sent...)
			f := seeded(seed, 0.15, keyProduce, keyFetch, keyOffsetCommit)
			g := w.start(Parts{Cluster: w.cluster(f.dial)}, func(c *Config) { c.FetchBytes = 1500 })
			got := w.outcomes(len(sent))
			eventuallyCommitted(t, w, sent)
			g.stop()
			w.checkNoneLost(w.byID(sent), got)
			if f.count(lost) == 0 || f.count(unacked) == 0 {
				t.Errorf("met %d lost and %d unacknowledged requests: no test of either", f.count(lost), f.count(unacked))
			}
		})
	}
}

func TestPromiseNoLossOnKafka(t *testing.T) {
	w := realWorld(t, 3)
	sent := w.records(1500)
	w.send(sent...)
	f := seeded(1, 0.1, keyProduce, keyFetch, keyOffsetCommit)
	g := w.start(Parts{Cluster: w.cluster(f.dial)}, func(c *Config) { c.FetchBytes = 3000 })
	got := w.outcomes(len(sent))
	g.stop()
	w.checkNoneLost(w.byID(sent), got)
	if f.count(lost) == 0 || f.count(unacked) == 0 {
		t.Errorf("met %d lost and %d unacknowledged requests: no test of either", f.count(lost), f.count(unacked))
	}
	t.Logf("%d requests lost, %d unacknowledged, %d outcomes for %d records", f.count(lost), f.count(unacked), len(got), len(sent))
}

// While the registry can't answer nothing is judged and nothing committed; once it
// can, everything is.
func TestPromiseNoVerdictFromUnknown(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := w.records(50)
	w.send(sent...)
	var calls, healed atomic.Int64
	known := newRegistry(t)
	g := w.start(Parts{Registry: registryFunc(func(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
		if calls.Add(1); healed.Load() == 0 {
			return nil, errors.New("registry away")
		}
		return known.Senders(ctx, accounts, hints, since)
	})}, nil)

	eventually(t, "lookups tried again", func() bool { return calls.Load() >= 6 })
	for _, kind := range kinds[1:] {
		if n := w.stored(kind); n != 0 {
			t.Errorf("%d records on %s while nothing was known", n, kind)
		}
	}
	for p, offset := range w.committed() {
		if offset > 0 {
			t.Errorf("partition %d: offset %d committed while nothing was known", p, offset)
		}
	}
	if err := g.Ready(); err == nil {
		t.Error("ready while lookups fail")
	}
	if count(g.metrics.paused.WithLabelValues(string(StageLookup))) == 0 || count(g.metrics.retries.WithLabelValues(string(StageLookup))) == 0 {
		t.Error("the pause is not in the metrics")
	}

	healed.Store(1)
	w.checkNoneLost(w.byID(sent), w.outcomes(len(sent)))
	eventually(t, "ready again", func() bool { return g.Ready() == nil })
	if n := count(g.metrics.paused.WithLabelValues(string(StageLookup))); n != 0 {
		t.Errorf("%d loops still count as paused", n)
	}
}

// Outcomes stand in the order of their records, although judging ends in any order and
// produces fail on the way.
func TestPromiseOrder(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := w.records(500)
	w.send(sent...)
	engine := newEngine(t)
	jitter := engineFunc(func(doc []byte) *verifier.Message {
		time.Sleep(rand.N(300 * time.Microsecond)) // so that judging ends in another order
		return engine.Read(doc)
	})
	f := seeded(9, 0.1, keyProduce)
	w.start(Parts{Engine: jitter, Cluster: w.cluster(f.dial)}, func(c *Config) {
		c.Workers = 8
		c.BatchBytes = 10_000
	})
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	if kinds := kindsOf(got); len(kinds) < 2 {
		t.Errorf("all went to one output: %q", kinds)
	}
}

// A gateway that stood still after it had judged, and had begun to send, appends nothing
// by what it knew before: not one byte that makes the request whole leaves it.
func TestStoodStillWhileSending(t *testing.T) {
	w := fakeWorld(t, 1)
	sent := w.records(1)
	w.send(sent...)
	began := time.Now()
	var still atomic.Bool // whether the gateway has stood still already
	clock := func() time.Time {
		if still.Load() {
			return time.Now().Add(maxStale + time.Second)
		}
		return time.Now()
	}
	var reached atomic.Int32
	w.fake.ControlKey(keyProduce, func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		reached.Add(1)
		return nil, nil, false
	})
	// It stands still as its first produce is being written.
	flaky := &flaky{met: map[fault]int{}, decide: func(key int16) fault {
		if key == keyProduce {
			still.Store(true)
		}
		return none
	}}
	known := newRegistry(t)
	var asked atomic.Int32
	g := w.start(Parts{
		Cluster: w.cluster(flaky.dial), Now: clock,
		Registry: registryFunc(func(ctx context.Context, a []string, h []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
			asked.Add(1)
			senders, err := known.Senders(ctx, a, h, since)
			for i := range senders {
				senders[i].AsOf = clock()
			}
			return senders, err
		}),
	}, nil)
	o := w.outcomes(1)[0]
	if n := reached.Load(); n != 1 {
		t.Errorf("%d produces reached the broker whole, want only the second", n)
	}
	if n := asked.Load(); n < 2 {
		t.Errorf("the registry was asked %d times, want again after the pause", n)
	}
	decided, err := time.Parse("2006-01-02T15:04:05.000Z", o.header(HeaderDecidedAt))
	if err != nil || decided.Sub(began) < maxStale {
		t.Errorf("decided at %v, want after the gateway had stood still", decided)
	}
	if n := count(g.metrics.retries.WithLabelValues(string(StageProduce))); n != 1 {
		t.Errorf("%d retries of producing", n)
	}
}
