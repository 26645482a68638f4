package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// What goes wrong is named: each fault is planted into what surrounds the gateways, so
// that these, in good faith, break the promise.
func TestPlantedFaultsAreNamed(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name   string
		faults []trial.Fault // of the schedule
		variant
		want string // in the error
	}{
		{"a produce is acknowledged and not stored", nil, variant{brokers: forgetful}, string(rig.Lost)},
		{"commits come before acknowledgements", []trial.Fault{"gateway killed"}, variant{brokers: hasty}, string(rig.Lost)},
		{"a produce is acknowledged and stored behind later ones", nil, variant{brokers: disorderly}, string(rig.Disordered)},
		{"a document is changed on its way out", nil, variant{brokers: altering}, string(rig.Altered)},
		{"a commit goes back", nil, variant{brokers: rewinding}, "offset rewound"},
		{"a registered certificate is not found", nil, variant{registry: func(v view) ingest.Registry { return forgetting{v} }}, string(rig.Misjudged)},
		{"a certificate is registered, and never found", nil,
			variant{registry: func(v view) ingest.Registry { return answering(v, neverRegistered) }}, string(rig.Unregistered)},
		{"a revocation is missed for 6 s", []trial.Fault{"certificate revoked"},
			variant{registry: belated()}, string(rig.TooLate)},
		{"a certificate counts as revoked before it is", nil,
			variant{registry: func(v view) ingest.Registry { return answering(v, allRevoked) }}, string(rig.Misjudged)},
		{"verdicts are given while the registry is out of reach", []trial.Fault{"registry out of reach for long"},
			variant{registry: func(v view) ingest.Registry { return guessing{v} }}, string(rig.Guessed)},
		{"a fault does not strike", []trial.Fault{"nothing"}, variant{}, "did not strike"},
	}
	together(len(tests), func(i int) {
		tt := tests[i]
		t.Run(tt.name, func(t *testing.T) {
			// Whether a plant breaks a promise hangs on what is under way as it strikes: for the
			// two that are seen only then, some schedules may pass.
			schedules := uint64(1)
			if tt.want == string(rig.Lost) || tt.want == string(rig.Disordered) {
				schedules = 40
			}
			var log bytes.Buffer
			var err error
			for n := range schedules {
				log.Reset()
				if _, err = play(t.Context(), w.kit, tt.variant, scheduleOf(t, uint64(i)+100*n, tt.faults), &log); err != nil && strings.Contains(err.Error(), tt.want) {
					return
				}
			}
			t.Errorf("after %d schedules the audit says %v, want %q\n%s", schedules, err, tt.want, log.String())
		})
	})
}

// The same schedules pass where nothing is planted.
func TestUnplantedSchedulesPass(t *testing.T) {
	w := newWorld(t)
	schedules := [][]trial.Fault{nil, {"gateway killed"}, {"certificate revoked"}, {"registry out of reach for long"}}
	together(len(schedules), func(i int) {
		t.Run(fmt.Sprint(schedules[i]), func(t *testing.T) {
			var log bytes.Buffer
			if _, err := play(t.Context(), w.kit, variant{}, scheduleOf(t, uint64(i), schedules[i]), &log); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
		})
	})
}

// scheduleOf has these faults one after another, and some traffic in any case.
func scheduleOf(t *testing.T, seed uint64, faults []trial.Fault) schedule {
	t.Helper()
	s := schedule{seed: seed, partitions: 2, gateways: 1, commitEvery: 10 * time.Millisecond, fetchBytes: 40_000, batchBytes: 40_000}
	known := append([]kind{
		{fault: "traffic", strike: func(a *act, ctx context.Context) error {
			a.struckOnce()
			return a.grow(ctx, 300)
		}},
		{fault: "nothing", strike: func(*act, context.Context) error { return nil }},
	}, kinds...)
	for i, f := range append([]trial.Fault{"traffic"}, faults...) {
		before := len(s.scenes)
		for _, k := range known {
			if k.fault == f {
				s.scenes = append(s.scenes, []scheduled{{k, uint64(i + 2)}})
			}
		}
		if len(s.scenes) == before {
			t.Fatalf("no fault is called %q", f)
		}
	}
	return s
}

// produces watches what is produced to the outputs.
func produces(r *run, look func(*kmsg.ProduceRequest) kmsg.Response) {
	var mu sync.Mutex
	r.cluster.watch(keyProduce, func(req kmsg.Request) kmsg.Response {
		p := req.(*kmsg.ProduceRequest)
		if p.Topics[0].Topic != topics.Verified {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		return look(p)
	})
}

// forgetful has the brokers acknowledge one produce that they don't store.
func forgetful(r *run) {
	n := 0
	produces(r, func(p *kmsg.ProduceRequest) kmsg.Response {
		if n++; n != 3 {
			return nil
		}
		return answerProduce(p, 0)
	})
}

// disorderly has them store one only after two later ones.
func disorderly(r *run) {
	var kept *kmsg.ProduceRequest
	later := 0
	produces(r, func(p *kmsg.ProduceRequest) kmsg.Response {
		batch := p.Topics[0].Partitions[0]
		switch {
		case kept == nil:
			kept = p
			return answerProduce(p, 0)
		case batch.Partition == kept.Topics[0].Partitions[0].Partition:
			if later++; later == 2 {
				r.planted.Go(func() { r.produceAgain(kept) })
			}
		}
		return nil
	})
}

// produceAgain sends a request as a client that names topics by their names.
func (r *run) produceAgain(p *kmsg.ProduceRequest) {
	client, err := kgo.NewClient(kgo.SeedBrokers(r.cluster.addresses...), kgo.MaxVersions(kversion.V3_0_0()))
	if err == nil {
		defer client.Close()
		_, err = p.RequestWith(context.Background(), client)
	}
	if err != nil {
		r.log.say("produce again: %v", err)
	}
}

// altering changes the last byte of a value in a batch on its way, with its checksum.
func altering(r *run) {
	done := false
	produces(r, func(p *kmsg.ProduceRequest) kmsg.Response {
		raw := p.Topics[0].Partitions[0].Records
		at := bytes.Index(raw, []byte("FunctionCode>9<"))
		if at < 0 || done {
			return nil
		}
		done = true
		raw[at+len("FunctionCode>")] = '8'
		binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
		return nil
	})
}

// commits changes what is committed.
func commits(r *run, change func(partition int32, offset int64) int64) {
	r.cluster.watch(keyCommit, func(req kmsg.Request) kmsg.Response {
		for _, t := range req.(*kmsg.OffsetCommitRequest).Topics {
			for i, p := range t.Partitions {
				t.Partitions[i].Offset = change(p.Partition, p.Offset)
			}
		}
		return nil
	})
}

// hasty commits all that there is to do.
func hasty(r *run) {
	commits(r, func(partition int32, offset int64) int64 {
		return max(offset, r.cluster.PartitionInfo(topics.Inbound, partition).HighWatermark)
	})
}

// rewinding commits once what was before.
func rewinding(r *run) {
	var mu sync.Mutex
	last, done := make(map[int32]int64), false
	commits(r, func(partition int32, offset int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		if last[partition] > 100 && !done {
			done = true
			return last[partition] - 1
		}
		last[partition] = offset
		return offset
	})
}

// forgetting doesn't find what the corpus' parties registered.
type forgetting struct{ view }

func (f forgetting) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	senders, err := f.view.Senders(ctx, accounts, hints, since)
	for i := range senders {
		senders[i].Registrations = nil
	}
	return senders, err
}

// guessing answers while the registry is out of reach.
type guessing struct{ view }

func (g guessing) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	if g.book.ask() == away {
		g.p.pass(place{callLookup, false}, nil) // the fault waits for that
	}
	now := time.Now()
	senders := make([]verifier.Sender, len(accounts))
	for i, account := range accounts {
		senders[i] = g.sender(account, hints[i], now, now, true)
	}
	return senders, nil
}

// answering is a registry that says of holders what answer says.
func answering(v view, answer func(verifier.Registration) []verifier.Registration) ingest.Registry {
	return liar{v, answer}
}

type liar struct {
	view
	answer func(verifier.Registration) []verifier.Registration
}

func (l liar) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	senders, err := l.view.Senders(ctx, accounts, hints, since)
	for i := range senders {
		if l.book.kit.holders[accounts[i]] != nil && len(senders[i].Registrations) > 0 {
			senders[i].Registrations = l.answer(senders[i].Registrations[0])
		}
	}
	return senders, err
}

func neverRegistered(verifier.Registration) []verifier.Registration { return nil }

func allRevoked(r verifier.Registration) []verifier.Registration {
	r.State = verifier.Revoked
	return []verifier.Registration{r}
}

// belated tells of a revocation 6 s late.
func belated() func(view) ingest.Registry {
	var mu sync.Mutex
	var since time.Time
	answer := func(r verifier.Registration) []verifier.Registration {
		mu.Lock()
		defer mu.Unlock()
		if r.State == verifier.Revoked {
			if since.IsZero() {
				since = time.Now()
			}
			if time.Since(since) < 6*time.Second {
				r.State = verifier.InForce
			}
		}
		return []verifier.Registration{r}
	}
	return func(v view) ingest.Registry { return answering(v, answer) }
}
