package lookup_test

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

func (p *party) registered(n int) postgres.Registered {
	return postgres.Registered{Party: p.id, Certificate: p.certs[n].Fingerprint(), Usage: registry.Signing}
}

// A witness asks without pause, with a memory that lasts and with an empty one, and
// holds every answer against the one thing that is promised of it: what was committed
// before AsOf is in it.
type witness struct {
	committed atomic.Int64 // when the revocation was committed, at the latest, in Unix nanoseconds
	asked     atomic.Int64
	denied    atomic.Int64 // answers that had the certificate revoked
}

func (v *witness) watch(t *testing.T, ctx context.Context, w *world, p *party) {
	warm := w.gateway(nil)
	for ctx.Err() == nil {
		cold := w.gateway(func(c *lookup.Config) { c.Metrics = nil })
		for _, g := range []*gateway{warm, cold} {
			committed := v.committed.Load()
			s, err := g.find(ctx, p.account)
			if ctx.Err() != nil {
				return
			}
			v.asked.Add(1)
			switch {
			case err != nil:
				t.Errorf("Postgres was there, and yet: %v", err)
			case s.Party != p.id || len(s.Registrations) != 2:
				t.Errorf("answered %s", describe(s))
			case stateOf(s, p.certs[1]) != verifier.InForce:
				t.Errorf("the other certificate is %q", stateOf(s, p.certs[1]))
			case time.Since(s.AsOf) > 3*time.Second:
				t.Errorf("answered as of %v ago", time.Since(s.AsOf))
			case stateOf(s, p.certs[0]) == verifier.Revoked:
				v.denied.Add(1)
			case committed != 0 && s.AsOf.UnixNano() > committed:
				t.Errorf("%q in an answer as of %v after its revocation", stateOf(s, p.certs[0]),
					s.AsOf.Sub(time.Unix(0, committed)))
			}
		}
	}
}

// TestRedisIsDisposableAndNotTrusted is the test of promise 7. While witnesses ask, one
// certificate is revoked and Redis does its worst; afterwards each answer must equal
// Postgres's, and the revocation must never be undone.
func TestRedisIsDisposableAndNotTrusted(t *testing.T) {
	w := newWorld(t)
	stopRelay := w.relay(t)
	p, other := w.party(t, 2), w.party(t, 1)
	w.believed(t, p.account)
	w.believed(t, other.account)

	key := registrytest.LookupKey()
	attacker := &attacker{w: w, t: t, victim: key.Account(p.account), other: key.Account(other.account), otherAccount: other.account}
	attacker.record()
	steady := w.gateway(nil)
	if got := stateOf(steady.sender(t, p.account), p.certs[0]); got != verifier.InForce {
		t.Fatalf("before: %q", got)
	}

	var v witness
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	for range 2 {
		watching.Go(func() { v.watch(t, ctx, w, p) })
	}
	defer watching.Wait()
	defer stop()

	began := time.Now()
	w.revoke(t, p.certs[0])
	committed := time.Now()
	v.committed.Store(committed.UnixNano())
	eventually(t, "the revocation is seen", func() bool {
		return stateOf(steady.sender(t, p.account), p.certs[0]) == verifier.Revoked
	})
	t.Logf("revocation seen after %v", time.Since(began).Round(time.Millisecond))
	eventually(t, "heartbeats vouch for what came after it", func() bool { return w.reader.Heard().AsOf().After(committed) })

	for _, relaying := range []bool{true, false} {
		if !relaying {
			stopRelay()
		}
		for _, attack := range attacker.attacks() {
			if relaying {
				w.believed(t, p.account) // or there would be nothing to attack
			}
			for range 3 {
				attack.do()
				for name, g := range map[string]*gateway{"warm": steady, "cold": w.gateway(nil)} {
					if got, want := describe(g.sender(t, p.account)), w.truth(t, p.account); got != want {
						t.Errorf("%s, relay %v, %s memory:\n%swant\n%s", attack.name, relaying, name, got, want)
					}
				}
			}
			// Until it has had its effect on those who ask all along.
			asked := v.asked.Load()
			eventually(t, "the witnesses have asked", func() bool { return v.asked.Load() > asked+20 })
			w.redis.Stop(t)
			w.redis.Start(t)
		}
	}
	stop()
	watching.Wait()
	t.Logf("%d answers, %d of them after the revocation was known", v.asked.Load(), v.denied.Load())
	if v.denied.Load() == 0 {
		t.Error("no witness ever saw the revocation")
	}
}

// An attacker has Redis in its hands, but no key.
type attacker struct {
	w             *world
	t             *testing.T
	victim, other registry.LookupHash
	otherAccount  string

	oldSnapshot, oldHeartbeat string // authentic, from before the revocation
}

type attack struct {
	name string
	do   func()
}

// record keeps what is authentic now, to be put back later.
func (a *attacker) record() {
	a.oldSnapshot = a.get(a.w.keys.Sender(a.victim))
	a.oldHeartbeat = a.get(a.w.keys.Heartbeat())
}

func (a *attacker) get(key string) string {
	a.t.Helper()
	value, err := a.w.redis.Client.Get(a.t.Context(), key).Result()
	if err != nil {
		a.t.Fatalf("get %s: %v", key, err)
	}
	return value
}

func (a *attacker) set(key, value string) {
	a.t.Helper()
	if err := a.w.redis.Client.Set(a.t.Context(), key, value, 0).Err(); err != nil {
		a.t.Fatalf("set %s: %v", key, err)
	}
}

// others returns an authentic snapshot of another sender, of the present version.
func (a *attacker) others() string {
	a.t.Helper()
	key := a.w.keys.Sender(a.other)
	a.w.redis.Client.Del(a.t.Context(), key)
	eventually(a.t, "the other sender's snapshot is put into Redis", func() bool {
		a.w.gateway(nil).sender(a.t, a.otherAccount)
		return a.w.redis.Client.Exists(a.t.Context(), key).Val() == 1
	})
	return a.get(key)
}

// say keeps a heartbeat and publishes it.
func (a *attacker) say(heartbeat string) {
	a.t.Helper()
	a.set(a.w.keys.Heartbeat(), heartbeat)
	if err := a.w.redis.Client.Publish(a.t.Context(), a.w.keys.Heartbeat(), heartbeat).Err(); err != nil {
		a.t.Fatal(err)
	}
}

// lie writes what a relay would if it had another cache.key: the victim has nothing
// revoked, as of now and of a version far ahead.
func (a *attacker) lie() {
	a.t.Helper()
	forger := rediscache.NewWriter(a.w.redis.Client, a.w.keys, keyfile.Key(sha256.Sum256([]byte("forger"))), time.Second)
	snapshots, epoch, _, err := a.w.store.Snapshots(a.t.Context(), []registry.LookupHash{a.victim})
	if err != nil || len(snapshots) != 1 {
		a.t.Fatalf("%d snapshots, err %v", len(snapshots), err)
	}
	lie := snapshots[0]
	lie.Version = 1 << 40
	lie.Registrations = slices.Clone(lie.Registrations)
	for i := range lie.Registrations {
		lie.Registrations[i].State = verifier.InForce
	}
	if err := forger.Apply(a.t.Context(), []*registry.Snapshot{&lie}, nil); err != nil {
		a.t.Fatal(err)
	}
	if err := forger.Beat(a.t.Context(), rediscache.Heartbeat{Epoch: epoch, At: time.Now(), Version: 1 << 40, Covers: 0}); err != nil {
		a.t.Fatal(err)
	}
}

func (a *attacker) attacks() []attack {
	flush := func() {
		if err := a.w.redis.Client.FlushAll(a.t.Context()).Err(); err != nil {
			a.t.Fatal(err)
		}
	}
	return []attack{
		{"left alone", func() {}},
		{"flushed", flush},
		{"stopped", func() { a.w.redis.Stop(a.t) }},
		{"started again, empty", func() { a.w.redis.Stop(a.t); a.w.redis.Start(a.t) }},
		{"garbage everywhere", func() {
			for _, key := range []string{a.w.keys.Sender(a.victim), a.w.keys.Sender(a.other), a.w.keys.Applied()} {
				a.set(key, "\x11\xff\x00garbage, longer than an HMAC is, but no more than that")
			}
			a.say("\x21garbage, longer than an HMAC is, but no more than that")
		}},
		{"values of other types", func() {
			flush()
			a.w.redis.Client.LPush(a.t.Context(), a.w.keys.Sender(a.victim), "x")
			a.w.redis.Client.HSet(a.t.Context(), a.w.keys.Heartbeat(), "x", "y")
			a.w.redis.Client.LPush(a.t.Context(), a.w.keys.Applied(), "x")
		}},
		{"well-formed lies", a.lie},
		{"another sender's snapshot", func() { a.set(a.w.keys.Sender(a.victim), a.others()) }},
		{"snapshot from before the revocation put back", func() { a.set(a.w.keys.Sender(a.victim), a.oldSnapshot) }},
		{"heartbeat from before the revocation put back", func() { a.say(a.oldHeartbeat) }},
		{"both put back", func() { a.set(a.w.keys.Sender(a.victim), a.oldSnapshot); a.say(a.oldHeartbeat) }},
		{"both put back, and an applied version from far ahead", func() {
			a.set(a.w.keys.Sender(a.victim), a.oldSnapshot)
			a.say(a.oldHeartbeat)
			a.set(a.w.keys.Applied(), "nowhere 99999999999999999999")
		}},
		{"subscriptions cut", func() {
			if err := a.w.redis.Client.Do(a.t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
				a.t.Fatal(err)
			}
		}},
	}
}

// TestOldCopyPutBackBeforeItsHeartbeatIsOld replays within the life of a heartbeat: to a
// gateway that has heard nothing newer, Redis can pretend that no time has passed, but
// only until MaxAge is over, and never with a wrong AsOf.
func TestOldCopyPutBackBeforeItsHeartbeatIsOld(t *testing.T) {
	w := newWorld(t)
	stopRelay := w.relay(t)
	p := w.party(t, 1)
	w.believed(t, p.account)
	stopRelay()
	victim := w.keys.Sender(registrytest.LookupKey().Account(p.account))
	snapshot, err := w.redis.Client.Get(t.Context(), victim).Result()
	if err != nil {
		t.Fatal(err)
	}
	heartbeat, err := w.redis.Client.Get(t.Context(), w.keys.Heartbeat()).Result()
	if err != nil {
		t.Fatal(err)
	}
	w.revoke(t, p.certs[0])
	committed := time.Now()

	reader := w.newReader(t) // starts now, knows nothing
	eventually(t, "the revocation is seen in spite of the replay", func() bool {
		w.redis.Client.Set(t.Context(), victim, snapshot, 0)
		w.redis.Client.Set(t.Context(), w.keys.Heartbeat(), heartbeat, 0)
		s := w.gateway(func(c *lookup.Config) { c.Cache = reader }).sender(t, p.account)
		revoked := stateOf(s, p.certs[0]) == verifier.Revoked
		if !revoked && s.AsOf.After(committed) {
			t.Fatalf("in force in an answer as of %v after its revocation", s.AsOf.Sub(committed))
		}
		return revoked
	})
	if took := time.Since(committed); took > rediscache.MaxAge+time.Second {
		t.Errorf("replays worked for %v", took)
	}
}
