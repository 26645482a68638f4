package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/rediscache/redistest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/registry/relay"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// A world is a registry in Postgres, a Redis and a reader of it; a relay on request.
type world struct {
	url    string
	store  *postgres.Store
	redis  *redistest.Server
	keys   rediscache.Keys
	reader *rediscache.Reader
	pki    *verifiertest.PKI
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{url: registrytest.Database(t), redis: redistest.Start(t), keys: rediscache.NewKeys("")}
	w.store = registrytest.StoreOn(t, registrytest.Pool(t, w.url))
	w.reader = w.newReader(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.reader.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	var err error
	if w.pki, err = verifiertest.NewPKI(1, time.Now()); err != nil {
		t.Fatal(err)
	}
	return w
}

// newReader returns one more reader, which hears nothing but what it fetches.
func (w *world) newReader(t testing.TB) *rediscache.Reader {
	t.Helper()
	client := rediscache.NewClient([]string{w.redis.Addr}, 500*time.Millisecond)
	t.Cleanup(func() { client.Close() })
	return rediscache.NewReader(rediscache.ReaderConfig{
		Client: client, Keys: w.keys, Key: registrytest.CacheKey(), Timeout: 500 * time.Millisecond,
	})
}

// relay starts a relay and returns how to end it.
func (w *world) relay(t testing.TB) (stop func()) {
	t.Helper()
	return w.relayOf(t, w.store)
}

// relayOf starts a relay of another view of the registry.
func (w *world) relayOf(t testing.TB, source relay.Registry) (stop func()) {
	t.Helper()
	session, err := pgx.ParseConfig(w.url)
	if err != nil {
		t.Fatal(err)
	}
	client := rediscache.NewClient([]string{w.redis.Addr}, time.Second)
	r := relay.New(relay.Config{
		Registry: source,
		Writer:   rediscache.NewWriter(client, w.keys, registrytest.CacheKey(), time.Second),
		Session:  session, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	stop = func() { cancel(); running.Wait(); client.Close() }
	t.Cleanup(stop)
	return stop
}

// A gateway is a lookup with what it counts.
type gateway struct {
	*lookup.Lookup
	metrics *prometheus.Registry
}

// gateway returns a lookup with an empty memory on the world's reader and registry.
func (w *world) gateway(edit func(*lookup.Config)) *gateway {
	metrics := prometheus.NewRegistry()
	cfg := lookup.Config{
		Database: w.store, Cache: w.reader, Key: registrytest.LookupKey(),
		Metrics: metrics, Log: slog.New(slog.DiscardHandler),
	}
	if edit != nil {
		edit(&cfg)
	}
	return &gateway{lookup.New(cfg), metrics}
}

// count returns a counter whose labels have these values, in alphabetical order of
// their names.
func (g *gateway) count(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	families, err := g.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var values []string
			for _, label := range metric.GetLabel() {
				values = append(values, label.GetValue())
			}
			if family.GetName() == name && slices.Equal(values, labels) {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// sender looks up one account without hints.
func (g *gateway) sender(t testing.TB, account string) verifier.Sender {
	t.Helper()
	s, err := g.find(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (g *gateway) find(ctx context.Context, account string, hints ...verifier.Fingerprint) (verifier.Sender, error) {
	senders, err := g.Senders(ctx, []string{account}, []verifier.Hints{{Fingerprints: hints}}, time.Time{})
	if err != nil {
		return verifier.Sender{}, err
	}
	return senders[0], nil
}

// A party is a registered party of the world.
type party struct {
	id      verifier.PartyID
	account string
	certs   []*verifier.Certificate
}

var parties atomic.Int64

// party makes a party with that many signing certificates in force.
func (w *world) party(t testing.TB, certificates int) *party {
	t.Helper()
	n := parties.Add(1)
	p := &party{account: fmt.Sprintf("party%d@example.com", n)}
	var err error
	p.id, _, err = w.store.CreateParty(t.Context(), registrytest.Operator,
		registry.Identifier{Kind: verifier.Account, Value: p.account},
		registry.Identifier{Kind: verifier.Specialist, Value: fmt.Sprintf("A%05d", n)})
	if err != nil {
		t.Fatal(err)
	}
	for range certificates {
		w.register(t, p)
	}
	return p
}

// register registers a new certificate for the party.
func (w *world) register(t testing.TB, p *party) *verifier.Certificate {
	t.Helper()
	identity, err := w.pki.Customs.Issue(
		verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: 6},
		verifiertest.Terms{NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := verifier.ParseCertificate(identity.DER())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: p.id, Certificate: certificate, Usage: registry.Signing, Kind: registry.Customs,
		Medium: registry.File, UsageType: registry.BrokerUse,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.certs = append(p.certs, certificate)
	return certificate
}

func (w *world) revoke(t testing.TB, c *verifier.Certificate) {
	t.Helper()
	if _, _, err := w.store.Revoke(t.Context(), registrytest.Operator, c.Fingerprint(), registry.Unspecified); err != nil {
		t.Fatal(err)
	}
}

// truth is what Postgres says, in the form that describe gives.
func (w *world) truth(t testing.TB, account string) string {
	t.Helper()
	rows, _, _, err := w.store.Snapshots(t.Context(), []registry.LookupHash{registrytest.LookupKey().Account(account)})
	if err != nil {
		t.Fatal(err)
	}
	var s verifier.Sender
	for _, row := range rows {
		s.Party = row.Party
		for _, r := range row.Registrations {
			c, err := verifier.ParseCertificate(r.DER)
			if err != nil {
				t.Fatal(err)
			}
			s.Registrations = append(s.Registrations, verifier.Registration{
				Certificate: c, State: r.State, From: r.From, Until: r.Until, EndedAt: r.EndedAt,
			})
		}
	}
	return describe(s)
}

// describe tells everything of a sender that judging depends on, save Holds.
func describe(s verifier.Sender) string {
	var b strings.Builder
	fmt.Fprintf(&b, "party %s\n", s.Party)
	for _, r := range s.Registrations {
		fmt.Fprintf(&b, "%s %s [%d, %d) ended %d\n", r.Certificate.Fingerprint(), r.State,
			r.From.UnixMicro(), r.Until.UnixMicro(), r.EndedAt.UnixMicro())
	}
	return b.String()
}

// stateOf is the state of a certificate in a sender's registrations, "" if it has none.
func stateOf(s verifier.Sender, c *verifier.Certificate) verifier.RegistrationState {
	for _, r := range s.Registrations {
		if r.Certificate.Fingerprint() == c.Fingerprint() {
			return r.State
		}
	}
	return ""
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %v: %s", patience, what)
		}
	}
}

// believed waits until Redis's copy of the account is believed, with all that was
// committed before the call.
func (w *world) believed(t testing.TB, account string) {
	t.Helper()
	began := time.Now()
	eventually(t, "Redis has a copy of "+account+" that is believed", func() bool {
		g := w.gateway(nil)
		s, err := g.find(t.Context(), account)
		return err == nil && s.AsOf.After(began) && g.count(t, "turnkey_lookup_senders_total", "redis") == 1
	})
}

// A fakeDatabase stands before the real one: it counts, and fails or waits on request.
type fakeDatabase struct {
	lookup.Database
	snapshots atomic.Int64
	down      atomic.Bool
	gate      chan struct{} // Snapshots waits until it is closed; nil means never
}

var errDown = errors.New("the database is down")

func (f *fakeDatabase) Snapshots(ctx context.Context, senders []registry.LookupHash) ([]registry.Snapshot, registry.Epoch, registry.Version, error) {
	f.snapshots.Add(1)
	if f.gate != nil {
		<-f.gate
	}
	if f.down.Load() {
		return nil, "", 0, errDown
	}
	return f.Database.Snapshots(ctx, senders)
}

func (f *fakeDatabase) Elsewhere(ctx context.Context, certificates []verifier.Fingerprint) (map[verifier.Fingerprint]verifier.PartyID, error) {
	if f.down.Load() {
		return nil, errDown
	}
	return f.Database.Elsewhere(ctx, certificates)
}

// A clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
