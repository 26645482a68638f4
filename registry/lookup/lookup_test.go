package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

func TestLevelsGiveTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.party(t, 3)
	w.revoke(t, p.certs[1])
	want := w.truth(t, p.account)

	g := w.gateway(nil) // no relay runs yet
	for _, level := range []string{"postgres", "l1"} {
		if got := describe(g.sender(t, p.account)); got != want {
			t.Errorf("%s: %s, want %s", level, got, want)
		}
		if n := g.count(t, "turnkey_lookup_senders_total", level); n != 1 {
			t.Errorf("%v found in %s, want 1", n, level)
		}
	}
	w.relay(t)
	w.believed(t, p.account)
	g = w.gateway(func(c *lookup.Config) { c.Database = nil }) // would panic if it were asked
	for _, level := range []string{"redis", "l1"} {
		if got := describe(g.sender(t, p.account)); got != want {
			t.Errorf("%s: %s, want %s", level, got, want)
		}
		if n := g.count(t, "turnkey_lookup_senders_total", level); n != 1 {
			t.Errorf("%v found in %s, want 1", n, level)
		}
	}
}

func TestBatch(t *testing.T) {
	w := newWorld(t)
	a, b := w.party(t, 1), w.party(t, 2)
	g := w.gateway(nil)
	accounts := []string{a.account, "nobody@example.com", b.account, " " + a.account, a.account}
	senders, err := g.Senders(t.Context(), accounts, make([]verifier.Hints, len(accounts)), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []verifier.PartyID{a.id, "", b.id, a.id, a.id} {
		if senders[i].Party != want || len(senders[i].Registrations) != len(w.registrationsOf(t, want)) {
			t.Errorf("%d: party %q with %d registrations, want %q", i, senders[i].Party, len(senders[i].Registrations), want)
		}
	}
	if n := g.count(t, "turnkey_lookup_queries_total", "snapshots"); n != 1 {
		t.Errorf("%v queries for a batch, want 1", n)
	}
	if _, err := g.Senders(t.Context(), accounts, nil, time.Time{}); err == nil {
		t.Error("no error for a batch without hints")
	}
}

func (w *world) registrationsOf(t *testing.T, p verifier.PartyID) []registry.Registration {
	t.Helper()
	if p == "" {
		return nil
	}
	rows, err := w.store.Registrations(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestHoldsKnowsTheIdentifiers(t *testing.T) {
	w := newWorld(t)
	p := w.party(t, 0)
	if _, err := w.store.AddIdentifier(t.Context(), registrytest.Operator, p.id, registry.Identifier{Kind: verifier.NationalID, Value: "A123456789"}); err != nil {
		t.Fatal(err)
	}
	s := w.gateway(nil).sender(t, p.account)
	tests := []struct {
		kind  verifier.IdentifierKind
		value string
		want  bool
	}{
		{verifier.Account, p.account, true},
		{verifier.NationalID, "a123456789", true},
		{verifier.NationalID, "F131104093", false},
		{verifier.BusinessID, "A123456789", false},
	}
	for _, tt := range tests {
		if got := s.Holds(tt.kind, tt.value); got != tt.want {
			t.Errorf("Holds(%s, %s) = %v", tt.kind, tt.value, got)
		}
	}
}

func TestElsewhere(t *testing.T) {
	w := newWorld(t)
	a, b := w.party(t, 1), w.party(t, 1)
	unknown := verifier.Fingerprint{1}
	g := w.gateway(nil)
	queries := func() float64 { return g.count(t, "turnkey_lookup_queries_total", "elsewhere") }

	s, err := g.find(t.Context(), a.account, a.certs[0].Fingerprint())
	if err != nil || len(s.Elsewhere) != 0 || queries() != 0 {
		t.Errorf("its own certificate: elsewhere %v, %v queries, err %v", s.Elsewhere, queries(), err)
	}
	for range 2 { // the second time from memory
		s, err = g.find(t.Context(), a.account, b.certs[0].Fingerprint(), unknown)
		if err != nil || len(s.Elsewhere) != 1 || s.Elsewhere[0] != b.certs[0].Fingerprint() || queries() != 1 {
			t.Errorf("another's certificate: elsewhere %v, %v queries, err %v", s.Elsewhere, queries(), err)
		}
	}
	before := time.Now()
	w.revoke(t, b.certs[0])
	eventually(t, "it counts for nobody", func() bool {
		s, err := g.find(t.Context(), a.account, b.certs[0].Fingerprint())
		return err == nil && len(s.Elsewhere) == 0
	})
	if took := time.Since(before); took > 4*time.Second {
		t.Errorf("it took %v without a relay, want 2 s at most and some time for the query", took)
	}
}

func TestMissIsRememberedForTwoSeconds(t *testing.T) {
	w := newWorld(t)
	at := &clock{now: time.Now()}
	db := &fakeDatabase{Database: w.store}
	g := w.gateway(func(c *lookup.Config) { c.Now, c.Database = at.Now, db })
	for _, tt := range []struct {
		after time.Duration
		want  int64
	}{{0, 1}, {2 * time.Second, 1}, {time.Millisecond, 2}} {
		at.Add(tt.after)
		if s := g.sender(t, "nobody@example.com"); s.Party != "" || len(s.Registrations) != 0 {
			t.Fatalf("found %+v", s)
		}
		if got := db.snapshots.Load(); got != tt.want {
			t.Errorf("%v later: %d queries, want %d", tt.after, got, tt.want)
		}
	}
	if n := w.redis.Client.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("Redis holds %d keys after misses, want none", n)
	}
}

func TestFreshImportWorksAtOnceAfterAMiss(t *testing.T) {
	w := newWorld(t)
	w.relay(t)
	p := w.party(t, 0)
	g := w.gateway(nil)
	if s := g.sender(t, p.account); len(s.Registrations) != 0 {
		t.Fatalf("found %+v", s)
	}
	began := time.Now()
	w.register(t, p)
	eventually(t, "the certificate is there", func() bool { return len(g.sender(t, p.account).Registrations) == 1 })
	t.Logf("an imported certificate counted after %v", time.Since(began).Round(time.Millisecond))
}

func TestHundredMissesAtOnceMakeOneQuery(t *testing.T) {
	w := newWorld(t)
	p := w.party(t, 1)
	db := &fakeDatabase{Database: w.store, gate: make(chan struct{})}
	g := w.gateway(func(c *lookup.Config) { c.Database = db })
	var started, done sync.WaitGroup
	for range 100 {
		started.Add(1)
		done.Go(func() {
			started.Done()
			if s, err := g.find(t.Context(), p.account); err != nil || s.Party != p.id {
				t.Errorf("found %+v, err %v", s, err)
			}
		})
	}
	started.Wait()
	eventually(t, "one of them asks", func() bool { return db.snapshots.Load() > 0 })
	close(db.gate)
	done.Wait()
	if n := db.snapshots.Load(); n != 1 {
		t.Errorf("%d queries, want 1", n)
	}
}

func TestCallerThatGivesUpDoesNotFailTheOthers(t *testing.T) {
	w := newWorld(t)
	p := w.party(t, 1)
	db := &fakeDatabase{Database: w.store, gate: make(chan struct{})}
	g := w.gateway(func(c *lookup.Config) { c.Database = db })
	impatient, giveUp := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if _, err := g.find(impatient, p.account); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
	})
	eventually(t, "the impatient one asks", func() bool { return db.snapshots.Load() == 1 })
	done.Go(func() {
		if s, err := g.find(t.Context(), p.account); err != nil || s.Party != p.id {
			t.Errorf("who waited got %+v, err %v", s, err)
		}
	})
	giveUp()
	close(db.gate)
	done.Wait()
}

func TestPostgresDownIsAnErrorAndNeverAnEmptyAnswer(t *testing.T) {
	w := newWorld(t)
	p, other := w.party(t, 1), w.party(t, 1)
	at := &clock{now: time.Now()}
	db := &fakeDatabase{Database: w.store}
	g := w.gateway(func(c *lookup.Config) { c.Now, c.Database = at.Now, db })
	want := describe(g.sender(t, p.account))
	db.down.Store(true)

	for _, tt := range []struct {
		name    string
		account string
		hint    []verifier.Fingerprint
	}{
		{"never seen", other.account, nil},
		{"unknown", "nobody@example.com", nil},
		{"known, but whose certificate is it", p.account, []verifier.Fingerprint{{1}}},
	} {
		if s, err := g.find(t.Context(), tt.account, tt.hint...); !errors.Is(err, errDown) {
			t.Errorf("%s: %+v, err %v, want errDown", tt.name, s, err)
		}
	}
	if _, err := g.Senders(t.Context(), []string{p.account, other.account}, make([]verifier.Hints, 2), time.Time{}); !errors.Is(err, errDown) {
		t.Errorf("known and never seen together: %v, want errDown", err)
	}
	if s, err := g.find(t.Context(), p.account); err != nil || describe(s) != want {
		t.Errorf("known for less than 2 s: %+v, err %v", s, err)
	}
	at.Add(2*time.Second + time.Millisecond)
	if s, err := g.find(t.Context(), p.account); !errors.Is(err, errDown) {
		t.Errorf("known for more than 2 s: %+v, err %v, want errDown", s, err)
	}
	db.down.Store(false)
	if s, err := g.find(t.Context(), p.account); err != nil || describe(s) != want {
		t.Errorf("Postgres is back: %+v, err %v", s, err)
	}
}

// TestMoreChangesThanAHeartbeatLists makes 1,100 changes of others: what is in use stays
// believed all along, and what was read before them isn't any more.
func TestMoreChangesThanAHeartbeatLists(t *testing.T) {
	w := newWorld(t)
	w.relay(t)
	used, unused := w.party(t, 1), w.party(t, 1)
	w.believed(t, used.account)
	w.believed(t, unused.account)
	g := w.gateway(nil)
	g.sender(t, used.account)
	g.sender(t, unused.account)
	other := w.party(t, 1)
	withdrawn := registrytest.LookupKey().Account(other.account)
	var last registry.Version
	for range 1100 {
		version, err := w.store.SetMain(t.Context(), registrytest.Operator, other.registered(0))
		if err != nil {
			t.Fatal(err)
		}
		last = version
		g.sender(t, used.account)
	}
	eventually(t, "all changes are heard of", func() bool {
		h := w.reader.Heard()
		return h.Version >= last && h.Changed(withdrawn, h.Epoch, last-1) && h.Covers > 0
	})
	before := g.count(t, "turnkey_lookup_queries_total", "snapshots")
	g.sender(t, used.account)
	if n := g.count(t, "turnkey_lookup_queries_total", "snapshots"); n != before {
		t.Error("an account in constant use had to be read anew")
	}
	fresh := w.gateway(nil)
	fresh.sender(t, unused.account)
	if n := fresh.count(t, "turnkey_lookup_beliefs_total", "covers", "redis"); n != 1 {
		t.Errorf("a copy from before the list was refused %v times for that, want 1", n)
	}
	fresh = w.gateway(nil)
	fresh.sender(t, unused.account)
	if n := fresh.count(t, "turnkey_lookup_senders_total", "redis"); n != 1 {
		t.Error("the copy wasn't put back into Redis")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	w := newWorld(t)
	g := w.gateway(func(c *lookup.Config) { c.Entries = 4 })
	var accounts []string
	for range 8 {
		accounts = append(accounts, w.party(t, 0).account)
	}
	for range 2 {
		senders, err := g.Senders(t.Context(), accounts, make([]verifier.Hints, len(accounts)), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range senders {
			if describe(s) != w.truth(t, accounts[i]) {
				t.Errorf("%s: %+v", accounts[i], s)
			}
		}
	}
	for i := range 100 {
		g.sender(t, fmt.Sprintf("nobody%d@example.com", i))
	}
	families, err := g.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "turnkey_lookup_entries" && f.GetMetric()[0].GetGauge().GetValue() != 4 {
			t.Errorf("memory keeps %v, want 4", f.GetMetric()[0].GetGauge().GetValue())
		}
	}
}
