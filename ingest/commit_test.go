package ingest

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/verifier"
)

// eventuallyCommitted waits until the group has committed past the last record of each
// partition.
func eventuallyCommitted(t *testing.T, w *world, sent []*kgo.Record) {
	t.Helper()
	want := map[int]int64{}
	for _, r := range sent {
		want[int(r.Partition)] = max(want[int(r.Partition)], r.Offset+1)
	}
	eventually(t, "everything committed", func() bool {
		got := w.committed()
		for p, offset := range want {
			if got[p] > offset {
				t.Fatalf("partition %d: committed %d, there are only %d", p, got[p], offset)
			}
			if got[p] != offset {
				return false
			}
		}
		return true
	})
}

// A partition whose outcomes are not acknowledged is not committed, while others are,
// again and again, by the same committer.
func TestCommitWaitsForAcknowledgement(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := w.records(40)
	w.send(sent...)
	release := make(chan struct{})
	held := make(chan struct{}, 100)
	w.fake.ControlKey(keyProduce, func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Partition == 0 {
			return nil, nil, false
		}
		select {
		case held <- struct{}{}:
		default:
		}
		w.fake.SleepControl(func() { <-release })
		return nil, nil, false
	})
	g := w.start(Parts{}, nil)
	<-held
	last := sent[len(sent)-2] // partition 0
	eventually(t, "partition 0 committed", func() bool { return w.committed()[0] == last.Offset+1 })
	more := w.records(1)
	w.send(more...)
	eventually(t, "partition 0 committed again", func() bool { return w.committed()[0] == more[0].Offset+1 })
	if offset := w.committed()[1]; offset > 0 {
		t.Errorf("partition 1: offset %d committed while no outcome was acknowledged", offset)
	}
	close(release)
	sent = append(sent, more...)
	eventuallyCommitted(t, w, sent)
	g.stop()
	w.checkNoneLost(w.byID(sent), w.outcomes(len(sent)))
}

// What was not committed before a kill comes again, under the same event ids.
func TestRedeliveryHasTheSameEventIDs(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := w.records(60)
	w.send(sent...)
	noCommits := &flaky{met: map[fault]int{}, decide: func(key int16) fault {
		if key == keyOffsetCommit {
			return lost
		}
		return none
	}}
	first := w.start(Parts{Cluster: w.cluster(noCommits.dial)}, nil)
	w.outcomes(len(sent))
	first.stop()
	for p, offset := range w.committed() {
		if offset > 0 {
			t.Fatalf("partition %d: committed %d", p, offset)
		}
	}
	w.start(Parts{}, nil)
	eventuallyCommitted(t, w, sent)
	got := w.outcomes(len(sent)) // fails if there are others than these ids
	w.checkNoneLost(w.byID(sent), got)
	if len(got) != 2*len(sent) {
		t.Errorf("%d outcomes for %d records, want each twice", len(got), len(sent))
	}
}

// Two gateways share the partitions of a group, and one leaves, under load: nothing is
// lost and no committed offset goes back.
func TestRebalanceOnKafka(t *testing.T) {
	w := realWorld(t, 4)
	var sent []*kgo.Record
	var enough atomic.Bool
	sending := make(chan struct{})
	go func() { // until all have had their share
		defer close(sending)
		for !enough.Load() && t.Context().Err() == nil {
			few := w.records(20)
			w.send(few...)
			sent = append(sent, few...)
		}
	}()
	defer enough.Store(true)

	a := w.start(Parts{}, nil)
	eventually(t, "the first commits", func() bool { return count0(a) > 0 })
	b := w.start(Parts{}, nil)
	eventually(t, "both in the group", func() bool { return count0(a) > 0 && count0(b) > 0 })
	a.stop()
	c := w.start(Parts{}, nil)
	eventually(t, "a third in the group", func() bool { return count0(c) > 0 })
	enough.Store(true)
	<-sending
	got := w.outcomes(len(sent))
	eventuallyCommitted(t, w, sent)
	b.stop()
	c.stop()
	w.checkNoneLost(w.byID(sent), got)
	w.checkNoneRewound(sent)
	t.Logf("%d outcomes for %d records", len(got), len(sent))
}

func count0(r *running) int { return count(r.metrics.commits) }

// checkNoneRewound reads what the group committed from the brokers' log of it, in the order
// in which they took it. Asked for a group's offsets while coordinators move, one that doesn't
// know yet that it is none any more may answer with older ones.
func (w *world) checkNoneRewound(sent []*kgo.Record) {
	w.t.Helper()
	want := map[int32]int64{}
	for _, r := range sent {
		want[r.Partition] = max(want[r.Partition], r.Offset+1)
	}
	reader := w.fromStart("__consumer_offsets")
	defer reader.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	highest := map[int32]int64{}
	commits := 0
	for !maps.Equal(highest, want) {
		fetches := reader.PollFetches(ctx)
		if ctx.Err() != nil {
			w.t.Fatalf("the log of commits says %v, want %v", highest, want)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			key, value := kmsg.NewOffsetCommitKey(), kmsg.NewOffsetCommitValue()
			if key.ReadFrom(r.Key) != nil || key.Group != w.group || value.ReadFrom(r.Value) != nil {
				return // a group's metadata, another group's, or what is forgotten
			}
			if commits++; value.Offset < highest[key.Partition] {
				w.t.Errorf("partition %d: from %d back to %d", key.Partition, highest[key.Partition], value.Offset)
			}
			if value.Offset > 0 {
				highest[key.Partition] = max(highest[key.Partition], value.Offset)
			}
		})
	}
	w.t.Logf("%d commits in the log", commits)
}

// A partition whose offset is gone halts; others go on; nothing is skipped.
func TestOffsetOutOfRangeHaltsThePartition(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := w.records(20)
	w.send(sent...)
	_, err := w.client().OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: w.group, GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{w.topics.Inbound: {{Partition: 0, Offset: 0}, {Partition: 1, Offset: 5000}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := w.start(Parts{}, nil)
	eventually(t, "partition 0 committed", func() bool { return w.committed()[0] == 10 })
	eventually(t, "a partition halted", func() bool { return count(g.metrics.halted) == 1 })
	more := w.records(2)
	w.send(more...)
	eventually(t, "partition 0 goes on", func() bool { return w.committed()[0] == 11 })
	if offset := w.committed()[1]; offset != 5000 {
		t.Errorf("partition 1: committed %d, want it left at 5000", offset)
	}
	w.outcomes(11)
}

// A group that has committed nothing begins where it is told to, and that start is
// committed before any record.
func TestStart(t *testing.T) {
	for name, tt := range map[string]struct {
		latest bool
		want   int64
	}{"earliest": {false, 0}, "latest": {true, 10}} {
		t.Run(name, func(t *testing.T) {
			w := fakeWorld(t, 1)
			w.send(w.records(10)...)
			known := newRegistry(t)
			var open atomic.Bool
			g := w.start(Parts{Registry: registryFunc(func(ctx context.Context, a []string, h []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
				if !open.Load() {
					return nil, errors.New("not yet")
				}
				return known.Senders(ctx, a, h, since)
			})}, func(c *Config) { c.StartLatest = tt.latest })
			eventually(t, "the start committed", func() bool { return w.committed()[0] == tt.want })
			open.Store(true)
			w.send(w.records(1)...)
			w.outcomes(int(11 - tt.want))
			g.stop()
		})
	}
}

// A gateway told to stop while a broker acknowledges nothing gives up within the time
// limit of one produce, and commits nothing.
func TestStopWhileNothingIsAcknowledged(t *testing.T) {
	w := fakeWorld(t, 1)
	release, held := make(chan struct{}), make(chan struct{}, 100)
	defer close(release)
	sent := w.records(10)
	w.send(sent...)
	w.fake.ControlKey(keyProduce, func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		select {
		case held <- struct{}{}:
		default:
		}
		w.fake.SleepControl(func() { <-release })
		return nil, nil, false
	})
	g := w.start(Parts{}, nil)
	<-held
	before := time.Now()
	g.stop()
	if took := time.Since(before); took > acknowledgeLimit+2*time.Second {
		t.Errorf("stopped after %v", took)
	}
	if offset := w.committed()[0]; offset > 0 {
		t.Errorf("committed %d", offset)
	}
}
