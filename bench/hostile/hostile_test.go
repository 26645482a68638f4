package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/hostile"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// What a gateway may take, in bytes: this, and what it is allowed to have in flight.
const (
	memoryBound = 256_000_000
	inFlight    = 64 << 20
)

// A gateway process meets each kind of poison with a good message behind it, and then a
// stream of messages of 5 MB: each record has the outcome it deserves, and memory stays
// under its bound.
func TestPoisonAndLargeMessages(t *testing.T) {
	w := newWorld(t)
	poisons, err := hostile.Poisons(w.corpus.Parties()[0].Account, hostile.Sizes{Record: 20_000_000, Bomb: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	good := w.messages(t, verifier.Verified, 0, len(poisons))
	for i, poison := range poisons {
		w.send(t, poison)
		w.send(t, good[i])
	}
	large := append(w.messages(t, verifier.Verified, 5_000_000, 2), w.messages(t, verifier.DigestMismatch, 5_000_000, 2)...)
	const times = 40
	for i := range times {
		w.send(t, large[i%len(large)])
	}
	if err := w.target.Await(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := w.target.Check(t.Context()); err != nil {
		t.Error(err)
	}
	now, peak, err := hostile.Resident(w.gateway.PID())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records; the gateway took %d MB at most, %d MB at the end", w.target.Sent(), peak/1e6, now/1e6)
	if peak > memoryBound+inFlight {
		t.Errorf("the gateway took %d bytes, %d are allowed", peak, memoryBound+inFlight)
	}
}

// A world is a gateway process on the stack's Kafka, with the sample parties registered.
type world struct {
	corpus  *corpus.Corpus
	gateway rig.Server
	target  *hostile.Target
}

func newWorld(t *testing.T) *world {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	brokers := stacktest.Kafka(t)
	name := fmt.Sprintf("hostile-test-%d", time.Now().UnixNano())
	topics := rig.TopicsOf(name)
	must(rig.CreateTopics(t.Context(), brokers, topics, 1, 1))
	t.Cleanup(func() { must(rig.DeleteTopics(context.WithoutCancel(t.Context()), brokers, topics)) })
	must(rig.Enlarge(t.Context(), brokers, topics, 21<<20))

	database := registrytest.Database(t)
	w := &world{target: hostile.NewTarget(brokers, topics, 0)}
	t.Cleanup(w.target.Close)
	var err error
	w.corpus, err = corpus.New(1, time.Now())
	must(err)
	_, err = rig.Enrol(t.Context(), registrytest.StoreOn(t, registrytest.Pool(t, database)), w.corpus.Parties())
	must(err)

	dir := t.TempDir()
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir, "turnkey-gateway/cmd/gateway")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}
	file := filepath.Join(dir, "database")
	must(os.WriteFile(file, []byte(database), 0o600))
	system := &rig.System{
		Bin: dir, Dir: dir, Brokers: brokers, Topics: topics, Group: name, RedisPrefix: name,
		Redis: stacktest.Redis(t), DatabaseFile: file, InflightBytes: inFlight,
		Keys: rig.KeyFiles{Cache: registrytest.KeyFile(t, "cache"), Lookup: registrytest.KeyFile(t, "lookup")},
	}
	starting, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w.gateway, err = system.StartGateway(starting, "gateway", "", "")
	must(err)
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := w.gateway.Stop(stopping); err != nil {
			log, readErr := os.ReadFile(filepath.Join(dir, "gateway.log"))
			t.Error(errors.Join(err, readErr), string(log))
		}
	})
	return w
}

func (w *world) send(t *testing.T, l hostile.Load) {
	t.Helper()
	if err := w.target.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// messages are n messages that deserve want, of about so many bytes; 0 for the usual sizes.
func (w *world) messages(t *testing.T, want verifier.Reason, size, n int) []hostile.Load {
	t.Helper()
	cfg := corpus.PlanConfig{Seed: uint64(size), Mix: map[verifier.Reason]float64{want: 1}}
	if size > 0 {
		cfg.Sizes = []corpus.Band{{Share: 1, From: size, To: size + 1}}
	}
	plan, err := w.corpus.Plan(cfg)
	if err != nil {
		t.Fatal(err)
	}
	loads := make([]hostile.Load, n)
	for i := range loads {
		m, err := plan.Next()
		if err == nil {
			loads[i], err = hostile.One(m.Account, m.XML, m.Want)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return loads
}
