package relay_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/rediscache/redistest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/registry/relay"
	"turnkey-gateway/verifier"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// A site is a registry, a Redis and a gateway's reader.
type site struct {
	database string
	store    *postgres.Store
	redis    *redistest.Server
	keys     rediscache.Keys
	reader   *rediscache.Reader
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{database: registrytest.Database(t), redis: redistest.Start(t), keys: rediscache.NewKeys("")}
	s.store = registrytest.StoreOn(t, registrytest.Pool(t, s.database))
	client := rediscache.NewClient([]string{s.redis.Addr}, time.Second)
	t.Cleanup(func() { client.Close() })
	s.reader = rediscache.NewReader(rediscache.ReaderConfig{
		Client: client, Keys: s.keys, Key: registrytest.CacheKey(), Timeout: time.Second,
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.reader.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return s
}

// A member is one running relay.
type member struct {
	metrics *prometheus.Registry
	stop    func()
}

// relay starts a relay that reads the registry, the site's own if nil.
func (s *site) relay(t *testing.T, reads relay.Registry) *member {
	t.Helper()
	if reads == nil {
		reads = s.store
	}
	session, err := pgx.ParseConfig(s.database)
	if err != nil {
		t.Fatal(err)
	}
	client := rediscache.NewClient([]string{s.redis.Addr}, time.Second)
	t.Cleanup(func() { client.Close() })
	m := &member{metrics: prometheus.NewRegistry()}
	r := relay.New(relay.Config{
		Registry: reads,
		Writer:   rediscache.NewWriter(client, s.keys, registrytest.CacheKey(), time.Second),
		Session:  session, Metrics: m.metrics, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	m.stop = func() { cancel(); running.Wait() }
	t.Cleanup(m.stop)
	return m
}

// value returns a metric, of the labelled child if there is a label.
func (m *member) value(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := m.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if label == "" || metric.GetLabel()[0].GetValue() == label {
				return metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func (m *member) active(t *testing.T) bool { return m.value(t, "turnkey_relay_active", "") == 1 }

// party makes a party with an account of that name.
func (s *site) party(t *testing.T, account string) registry.Version {
	t.Helper()
	_, version, err := s.store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func hashOf(account string) registry.LookupHash { return registrytest.LookupKey().Account(account) }

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %v: %s", patience, what)
		}
	}
}

// heard waits for a heartbeat of at least that version and returns it.
func (s *site) heard(t *testing.T, version registry.Version) *rediscache.Heard {
	t.Helper()
	eventually(t, fmt.Sprintf("a fresh heartbeat of version %d", version), func() bool {
		h := s.reader.Heard()
		return h.Fresh(time.Now()) && h.Version >= version
	})
	return s.reader.Heard()
}

// kept returns the version of the snapshot that Redis holds, and whether there is one.
func (s *site) kept(t *testing.T, account string) (registry.Version, bool) {
	t.Helper()
	entries, err := s.reader.Read(t.Context(), []registry.LookupHash{hashOf(account)})
	if err != nil || entries[0].Snapshot == nil {
		return 0, false
	}
	return entries[0].Snapshot.Version, true
}

func TestChangesReachRedisBeforeTheirHeartbeat(t *testing.T) {
	s := newSite(t)
	before := s.party(t, "before@example.com")
	s.relay(t, nil)
	s.heard(t, before)
	if v, ok := s.kept(t, "before@example.com"); !ok || v < before {
		t.Errorf("a change from before the relay began: version %d, %v", v, ok)
	}
	for i := range 20 {
		account := fmt.Sprintf("party%d@example.com", i)
		made := s.party(t, account)
		h := s.heard(t, made)
		if v, ok := s.kept(t, account); !ok || v < made {
			t.Fatalf("heartbeat of version %d, but the snapshot is of version %d, %v", h.Version, v, ok)
		}
		if !h.Changed(hashOf(account), h.Epoch, made-1) || h.Changed(hashOf(account), h.Epoch, made) {
			t.Errorf("the heartbeat doesn't list the change of version %d as the account's last", made)
		}
	}
}

// TestLateCommitIsNotSkipped leaves a change uncommitted while another one is asked for
// after it: neither may be passed over, in whichever order they commit.
func TestLateCommitIsNotSkipped(t *testing.T) {
	s := newSite(t)
	first := s.party(t, "late@example.com")
	s.relay(t, nil)
	s.heard(t, first)

	ctx := t.Context()
	conn, err := pgx.Connect(ctx, s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	late, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	late1 := first + 1
	for _, statement := range []string{
		"UPDATE registry_clock SET version = version + 1",
		"INSERT INTO registry_changes (version, epoch, kind, senders) SELECT version, epoch, 'main_moved', ARRAY(SELECT lookup FROM identifiers) FROM registry_clock",
	} {
		if _, err := late.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	second := make(chan registry.Version, 1)
	go func() {
		_, version, err := s.store.CreateParty(ctx, registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: "second@example.com"})
		if err != nil {
			t.Error(err)
		}
		second <- version
	}()
	seen := s.reader.Heard().At
	eventually(t, "three more heartbeats while the change is open", func() bool {
		return s.reader.Heard().At.Sub(seen) > 600*time.Millisecond
	})
	if v := s.reader.Heard().Version; v != first {
		t.Fatalf("heartbeat of version %d, but %d isn't committed yet", v, late1)
	}
	if err := late.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	h := s.heard(t, <-second)
	if !h.Changed(hashOf("late@example.com"), h.Epoch, first) {
		t.Error("the late change was skipped")
	}
	if !h.Changed(hashOf("second@example.com"), h.Epoch, late1) {
		t.Error("the change after the late one was skipped")
	}
}

func TestOneRelayIsActiveAndAnotherTakesOver(t *testing.T) {
	s := newSite(t)
	members := []*member{s.relay(t, nil), s.relay(t, nil)}
	active := func() (which []int) {
		for i, m := range members {
			if m.active(t) {
				which = append(which, i)
			}
		}
		return which
	}
	eventually(t, "one is active", func() bool { return len(active()) == 1 })
	s.heard(t, s.party(t, "first@example.com"))
	if got := active(); len(got) != 1 {
		t.Fatalf("active: %v, want one", got)
	}

	// Its session is cut: it must stop, whoever takes over.
	conn, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	was := active()[0]
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss is noticed", func() bool {
		return members[was].value(t, "turnkey_relay_errors_total", "lock") > 0
	})
	s.heard(t, s.party(t, "second@example.com"))
	eventually(t, "one is active", func() bool { return len(active()) == 1 })

	// The active one ends: the other one takes over.
	was = active()[0]
	members[was].stop()
	eventually(t, "the other one is active", func() bool { return members[1-was].active(t) })
	s.heard(t, s.party(t, "third@example.com"))
}

func TestRedisThatWasAwayGetsWhatItMissed(t *testing.T) {
	s := newSite(t)
	m := s.relay(t, nil)
	s.heard(t, s.party(t, "first@example.com"))
	s.redis.Stop(t)
	missed := s.party(t, "missed@example.com")
	eventually(t, "an error is counted", func() bool { return m.value(t, "turnkey_relay_errors_total", "redis") > 0 })
	s.redis.Start(t)
	h := s.heard(t, missed)
	if v, ok := s.kept(t, "missed@example.com"); !ok || v < missed {
		t.Errorf("heartbeat of version %d, but the snapshot missed is of version %d, %v", h.Version, v, ok)
	}
}

func TestFlushedRedisHasAHeartbeatAgain(t *testing.T) {
	s := newSite(t)
	s.relay(t, nil)
	s.heard(t, 0)
	if err := s.redis.Client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the heartbeat is kept again", func() bool {
		return s.redis.Client.Exists(t.Context(), s.keys.Heartbeat()).Val() == 1
	})
}

func TestNewEpochStartsAnew(t *testing.T) {
	s := newSite(t)
	s.relay(t, nil)
	old := s.heard(t, s.party(t, "party@example.com"))
	epoch, version, err := s.store.NewEpoch(t.Context(), registrytest.Operator)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "heartbeat of the new epoch", func() bool { return s.reader.Heard().Epoch == epoch })
	h := s.reader.Heard()
	if h.Version < version {
		t.Errorf("heartbeat of version %d, want %d", h.Version, version)
	}
	if got := h.Believes(hashOf("party@example.com"), old.Epoch, old.Version, time.Now()); got != rediscache.OtherEpoch {
		t.Errorf("a copy from the old epoch: %s, want %s", got, rediscache.OtherEpoch)
	}
}

// A broken registry answers as a database does that was restored without a new epoch,
// or whose changes were tampered with.
type broken struct {
	relay.Registry
	mu      sync.Mutex
	distort func(changes []registry.Change, current registry.Version) ([]registry.Change, registry.Version) // guarded by mu
}

func (b *broken) Changes(ctx context.Context, after registry.Version, limit int) ([]registry.Change, registry.Epoch, registry.Version, error) {
	changes, epoch, current, err := b.Registry.Changes(ctx, after, limit)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.distort != nil {
		changes, current = b.distort(changes, current)
	}
	return changes, epoch, current, err
}

func (b *broken) set(distort func([]registry.Change, registry.Version) ([]registry.Change, registry.Version)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.distort = distort
}

func TestNoHeartbeatForVersionsOutOfOrder(t *testing.T) {
	tests := []struct {
		name    string
		distort func([]registry.Change, registry.Version) ([]registry.Change, registry.Version)
	}{
		{"a change is missing", func(c []registry.Change, v registry.Version) ([]registry.Change, registry.Version) {
			return slices.DeleteFunc(c, func(c registry.Change) bool { return c.Version == 2 }), v
		}},
		{"the last change is missing", func(c []registry.Change, v registry.Version) ([]registry.Change, registry.Version) {
			if len(c) > 0 {
				c = c[:len(c)-1]
			}
			return c, v
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			b := &broken{Registry: s.store}
			m := s.relay(t, b)
			s.heard(t, s.party(t, "first@example.com"))
			b.set(tt.distort)
			s.party(t, "second@example.com")
			s.party(t, "third@example.com")
			eventually(t, "the fault is counted", func() bool { return m.value(t, "turnkey_relay_errors_total", "order") > 0 })
			if v := s.reader.Heard().Version; v >= 3 {
				t.Errorf("heartbeat of version %d", v)
			}
			b.set(nil)
			s.heard(t, 3)
		})
	}
}
