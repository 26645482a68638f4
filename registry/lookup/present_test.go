package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/registry/relay"
	"turnkey-gateway/verifier"
)

// since looks up one account with nothing older than a moment.
func (g *gateway) since(ctx context.Context, account string, since time.Time) (verifier.Sender, error) {
	senders, err := g.Senders(ctx, []string{account}, make([]verifier.Hints, 1), since)
	if err != nil {
		return verifier.Sender{}, err
	}
	return senders[0], nil
}

// TestRegisteredBeforeAskingIsKnown asks for what was committed before, wherever an
// older copy is still believed. An ordinary lookup may give the older one, and says so
// in AsOf: for a rejection that isn't good enough.
func TestRegisteredBeforeAskingIsKnown(t *testing.T) {
	tests := []struct {
		name string
		old  func(t *testing.T, w *world) (*gateway, *party) // a gateway that goes by what is old
	}{
		{"memory, by a heartbeat from before", func(t *testing.T, w *world) (*gateway, *party) {
			stopRelay, p := w.relay(t), w.party(t, 0)
			w.believed(t, p.account)
			stopRelay()
			g := w.gateway(nil)
			g.sender(t, p.account)
			return g, p
		}},
		{"Redis, by a heartbeat from before", func(t *testing.T, w *world) (*gateway, *party) {
			stopRelay, p := w.relay(t), w.party(t, 0)
			w.believed(t, p.account)
			stopRelay()
			return w.gateway(nil), p
		}},
		{"memory, from Postgres a moment ago", func(t *testing.T, w *world) (*gateway, *party) {
			p, g := w.party(t, 0), w.gateway(nil)
			g.sender(t, p.account)
			return g, p
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			g, p := tt.old(t, w)
			c := w.register(t, p)
			committed := time.Now()
			for ; !g.sender(t, p.account).AsOf.Before(committed); committed = time.Now() {
				t.Log("too slow, nothing old is believed any more: once more")
				g, p = tt.old(t, w)
				c = w.register(t, p)
			}
			for range 2 { // the second time from memory
				s, err := g.since(t.Context(), p.account, committed)
				if err != nil || stateOf(s, c) != verifier.InForce || s.AsOf.Before(committed) {
					t.Errorf("%s as of %v after the commit, err %v", describe(s), s.AsOf.Sub(committed), err)
				}
			}
			if n := g.count(t, "turnkey_lookup_queries_total", "present"); n != 1 {
				t.Errorf("%v queries, want 1", n)
			}
			if s := g.sender(t, p.account); stateOf(s, c) != verifier.InForce {
				t.Errorf("and then: %s", describe(s))
			}
		})
	}
}

func TestAccountMadeBeforeAskingIsKnown(t *testing.T) {
	w := newWorld(t)
	at := &clock{now: time.Now()} // so that the miss isn't forgotten
	g := w.gateway(func(c *lookup.Config) { c.Now = at.Now })
	account := fmt.Sprintf("party%d@example.com", parties.Load()+1) // the next that the world makes
	if s := g.sender(t, account); s.Party != "" {
		t.Fatalf("found %+v", s)
	}
	p := w.party(t, 1)
	if s := g.sender(t, account); p.account != account || s.Party != "" {
		t.Fatalf("the miss was not remembered: %+v", s)
	}
	at.Add(time.Millisecond)
	if s, err := g.since(t.Context(), account, at.Now()); err != nil || s.Party != p.id || len(s.Registrations) != 1 {
		t.Errorf("found %+v, err %v", s, err)
	}
}

// TestPresentIsAnErrorWithoutPostgres: an answer that is too old is none.
func TestPresentIsAnErrorWithoutPostgres(t *testing.T) {
	w := newWorld(t)
	p := w.party(t, 1)
	db := &fakeDatabase{Database: w.store}
	g := w.gateway(func(c *lookup.Config) { c.Database = db })
	g.sender(t, p.account)
	db.down.Store(true)
	if s, err := g.since(t.Context(), p.account, time.Now()); !errors.Is(err, errDown) {
		t.Errorf("%+v, err %v, want errDown", s, err)
	}
	db.down.Store(false)
	if s, err := g.since(t.Context(), p.account, time.Now()); err != nil || s.Party != p.id {
		t.Errorf("Postgres is back: %+v, err %v", s, err)
	}
}

// TestLeaderThatGivesUpDoesNotFailItsRound has a caller end while the query of its round
// is under way, and one while its round waits for another.
func TestLeaderThatGivesUpDoesNotFailItsRound(t *testing.T) {
	w := newWorld(t)
	a, b := w.party(t, 1), w.party(t, 1)
	db := &fakeDatabase{Database: w.store, gate: make(chan struct{})}
	g := w.gateway(func(c *lookup.Config) { c.Database = db })
	impatient, giveUp := context.WithCancel(t.Context())
	var done sync.WaitGroup
	ask := func(ctx context.Context, p *party, fails bool) {
		done.Go(func() {
			s, err := g.since(ctx, p.account, time.Now())
			if fails != errors.Is(err, context.Canceled) || !fails && s.Party != p.id {
				t.Errorf("%s, err %v", describe(s), err)
			}
		})
	}
	ask(impatient, a, true)
	eventually(t, "the first round asks", func() bool { return db.snapshots.Load() == 1 })
	ask(impatient, b, true) // leads the second round, which can't begin
	time.Sleep(20 * time.Millisecond)
	ask(t.Context(), a, false)
	ask(t.Context(), b, false)
	time.Sleep(20 * time.Millisecond)
	giveUp()
	time.Sleep(20 * time.Millisecond)
	close(db.gate)
	done.Wait()
}

// TestFloodOfStrangersIsBounded has many ask for the present of accounts that nobody has,
// as fast as they can: Postgres is asked once in 10 ms, and who is registered is found in
// memory as before.
func TestFloodOfStrangersIsBounded(t *testing.T) {
	w := newWorld(t)
	w.relay(t)
	p := w.party(t, 1)
	w.believed(t, p.account)
	g := w.gateway(nil)
	g.sender(t, p.account)

	began := time.Now()
	flooding, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	var asked, batches atomic.Int64
	var flood sync.WaitGroup
	for n := range 16 { // partitions
		flood.Go(func() {
			for i := 0; flooding.Err() == nil; i++ {
				accounts := make([]string, 50)
				for k := range accounts {
					accounts[k] = fmt.Sprintf("stranger-%d-%d-%d@example.com", n, i, k)
				}
				senders, err := g.Senders(t.Context(), accounts, make([]verifier.Hints, len(accounts)), time.Now())
				if err != nil || senders[0].Party != "" || senders[49].Party != "" {
					t.Errorf("strangers: %+v, err %v", senders, err)
					return
				}
				asked.Add(int64(len(accounts)))
				batches.Add(1)
			}
		})
	}
	var good int
	for flooding.Err() == nil {
		if s := g.sender(t, p.account); s.Party != p.id {
			t.Errorf("found %+v", s)
		}
		good++
		time.Sleep(time.Millisecond)
	}
	flood.Wait()
	took := time.Since(began)
	queries := func(name string) float64 { return g.count(t, "turnkey_lookup_queries_total", name) }
	t.Logf("%d strangers in %d batches, and %d good lookups, in %v: %v queries and %v", asked.Load(), batches.Load(),
		good, took.Round(time.Millisecond), queries("present"), queries("snapshots"))
	if most := took.Seconds()/0.010 + 2; queries("present") > most {
		t.Errorf("%v queries in %v, want %v at most", queries("present"), took, most)
	}
	// None as long as heartbeats come in time.
	if most := took.Seconds()/2 + 2; queries("snapshots") > most {
		t.Errorf("%v queries for the registered sender in %v, want %v at most", queries("snapshots"), took, most)
	}
}

// A slowRegistry is a registry as a relay on a loaded machine sees it.
type slowRegistry struct {
	relay.Registry
	mu   sync.Mutex
	rand *rand.Rand // guarded by mu
}

func (s *slowRegistry) Changes(ctx context.Context, after registry.Version, limit int) ([]registry.Change, registry.Epoch, registry.Version, error) {
	s.pause()
	defer s.pause()
	return s.Registry.Changes(ctx, after, limit)
}

func (s *slowRegistry) Snapshots(ctx context.Context, senders []registry.LookupHash) ([]registry.Snapshot, registry.Epoch, registry.Version, error) {
	s.pause()
	defer s.pause()
	return s.Registry.Snapshots(ctx, senders)
}

// pause is short mostly, and long enough now and then for heartbeats to go stale.
func (s *slowRegistry) pause() {
	s.mu.Lock()
	d := time.Duration(s.rand.Int64N(int64(5 * time.Millisecond)))
	if s.rand.IntN(4) == 0 {
		d = time.Duration(s.rand.Int64N(int64(900 * time.Millisecond)))
	}
	s.mu.Unlock()
	time.Sleep(d)
}

// A state is what became true of an account, and when for certain.
type state struct {
	committed time.Time
	truth     string
}

// An asking is one answer, to be held against the history once that is complete.
type asking struct {
	account         string
	since, asOf     time.Time
	asked, answered time.Time
	truth           string
}

// TestAnswersHoldWhatWasCommitted makes random changes while relays lag, Redis forgets
// and others ask. The laws: an answer holds all that was committed before AsOf and before
// the since it was asked with, is one that was true once, and is at most 3 s old.
func TestAnswersHoldWhatWasCommitted(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.relayOf(t, &slowRegistry{Registry: w.store, rand: rand.New(rand.NewPCG(seed, 1))})
			checkHistory(t, w, seed)
		})
	}
}

func checkHistory(t *testing.T, w *world, seed uint64) {
	members := []*party{w.party(t, 0), w.party(t, 0), w.party(t, 0)}
	histories := make(map[string][]state)
	note := func(account string) {
		committed := time.Now()
		histories[account] = append(histories[account], state{committed, w.truth(t, account)})
	}
	for _, p := range members {
		note(p.account)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	var all []asking // guarded by mu
	var askers sync.WaitGroup
	warm := w.gateway(nil)
	for n := range uint64(3) {
		askers.Go(func() {
			own := w.ask(ctx, t, warm, members, rand.New(rand.NewPCG(seed, 2+n)))
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range 40 {
		p := members[r.IntN(len(members))]
		switch n := r.IntN(10); {
		case n < 5 || len(p.certs) == 0:
			w.register(t, p)
			note(p.account)
		case n < 9:
			last := len(p.certs) - 1
			if n < 7 {
				w.revoke(t, p.certs[last])
			} else if _, err := w.store.Withdraw(t.Context(), registrytest.Operator, p.registered(last)); err != nil {
				t.Fatal(err)
			}
			p.certs = p.certs[:last]
			note(p.account)
		default:
			w.redis.Client.FlushAll(t.Context())
		}
		time.Sleep(time.Duration(r.Int64N(int64(100 * time.Millisecond))))
	}
	stop()
	askers.Wait()

	older := 0
	for _, a := range all {
		if !a.since.IsZero() && a.asOf.Before(a.since) {
			t.Errorf("asked for %v, answered as of %v before", a.since, a.since.Sub(a.asOf))
		}
		if age := a.answered.Sub(a.asOf); age > 3*time.Second {
			t.Errorf("an answer was %v old", age)
		}
		certain, known := 0, -1 // the last that must be in it, the last that it may be
		for i, h := range histories[a.account] {
			if h.committed.Before(a.asOf) || h.committed.Before(a.since) {
				certain = i
			}
			if h.truth == a.truth {
				known = i
			}
		}
		if known < certain {
			t.Errorf("%s, since %v: answer %d of the history as of %v after %d was committed; it is\n%s", a.account,
				!a.since.IsZero(), known, a.asOf.Sub(histories[a.account][certain].committed), certain, a.truth)
		}
		if known+1 < len(histories[a.account]) && histories[a.account][known+1].committed.Before(a.asked) {
			older++
		}
	}
	t.Logf("%d answers, %d of them without something that was committed before they were asked for", len(all), older)
	if older == 0 {
		t.Error("no answer was ever behind: nothing was tested")
	}
}

// ask asks until ctx ends, with a memory that is shared or an empty one.
func (w *world) ask(ctx context.Context, t *testing.T, warm *gateway, members []*party, r *rand.Rand) (all []asking) {
	for ctx.Err() == nil {
		g := warm
		if r.IntN(3) == 0 {
			g = w.gateway(func(c *lookup.Config) { c.Metrics = nil })
		}
		a := asking{account: members[r.IntN(len(members))].account, asked: time.Now()}
		if r.IntN(2) == 0 {
			a.since = a.asked
		}
		s, err := g.since(ctx, a.account, a.since)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			t.Errorf("Postgres was there, and yet: %v", err)
			break
		}
		a.answered, a.asOf, a.truth = time.Now(), s.AsOf, describe(s)
		all = append(all, a)
		time.Sleep(time.Duration(r.Int64N(int64(4 * time.Millisecond))))
	}
	return all
}
