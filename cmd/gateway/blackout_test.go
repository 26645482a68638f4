package main

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/wire"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/registry/relay"
	"turnkey-gateway/verifier"
)

// When the bound on revocations can't be kept, nothing is judged: a gateway that hears
// neither a heartbeat it may believe nor PostgreSQL verifies on for a moment, by what it
// knows, and then waits. What was revoked meanwhile is refused once it hears again.
func TestGatewayStopsJudgingWhenTheBoundCannotBeKept(t *testing.T) {
	tests := []struct {
		name  string
		relay bool          // one runs, and reaches Redis, whatever the gateway does
		ahead time.Duration // by which its clock leads the gateway's
		redis bool          // the gateway's way to it is lost too
		quiet bool          // ways are lost in silence
	}{
		{name: "Redis and PostgreSQL refuse", relay: true, redis: true},
		{name: "Redis and PostgreSQL are silent", relay: true, redis: true, quiet: true},
		{name: "there is no heartbeat", relay: false},
		{name: "the relay's clock is ahead", relay: true, ahead: 2 * time.Second},
		{name: "the relay's clock is behind", relay: true, ahead: -2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBlackout(t)
			if tt.relay {
				b.relay(t, tt.ahead)
			}
			p := b.launch(t)
			first := b.judged(t, "broker-1", b.doc)
			if header(first, "turnkey-reason") != "VERIFIED" {
				t.Fatalf("before: %s, detail %s", header(first, "turnkey-reason"), header(first, "turnkey-detail"))
			}
			mend := lose(b.postgres, tt.quiet)
			if tt.redis {
				postgres, redis := mend, lose(b.redis, tt.quiet)
				mend = func() { postgres(); redis() }
			}
			sent := b.sendUntilItWaits(t, p)

			b.revoke(t, header(first, "turnkey-signer-sha256"))
			stood := b.stored(t)
			tried := p.value(t, `turnkey_retries_total{stage="lookup"}`)
			p.awaitAtLeast(t, `turnkey_retries_total{stage="lookup"}`, tried+2)
			if now := b.stored(t); now != stood {
				t.Errorf("%d outcomes while nothing was known, after %d", now-stood, stood)
			}
			p.mustShow(t, `turnkey_paused{stage="lookup"} 1`)
			if code, text := get(t, p.url(t, "/readyz")); code != http.StatusServiceUnavailable || !strings.Contains(text, "lookup fails") {
				t.Errorf("readyz: %d %s", code, text)
			}

			mend()
			reasons := map[string]int{}
			for range sent {
				reasons[header(next(t, b.client), "turnkey-reason")]++
			}
			before := int(stood) - 1 // the first message is not among those sent since
			if waited := sent - before; waited == 0 || reasons["VERIFIED"] != before || reasons["CERTIFICATE_REVOKED"] != waited {
				t.Errorf("%d messages were judged before the revocation and %d waited, at least one of which is to be revoked: %v", before, waited, reasons)
			}
			p.await(t, `turnkey_paused{stage="lookup"} 0`)
			p.awaitReady(t)
			p.stop(t)
		})
	}
}

// While heartbeats come and may be believed, PostgreSQL is needed for no message of a
// sender who is known: only for what would be refused because it is not registered.
func TestGatewayJudgesByHeartbeatsAlone(t *testing.T) {
	for _, ahead := range []time.Duration{0, 300 * time.Millisecond, -500 * time.Millisecond} {
		t.Run("the relay's clock is ahead by "+ahead.String(), func(t *testing.T) {
			t.Parallel()
			b := newBlackout(t)
			b.relay(t, ahead)
			p := b.launch(t)
			b.judged(t, "broker-1", b.doc)
			mend := lose(b.postgres, false)
			// What was read from PostgreSQL itself is worth something for 2 s.
			for until := time.Now().Add(3 * time.Second); time.Now().Before(until); {
				if r := b.judged(t, "broker-1", b.doc); header(r, "turnkey-reason") != "VERIFIED" {
					t.Fatalf("a known sender: %s", header(r, "turnkey-reason"))
				}
			}
			if err := b.send(t, "stranger"); err != nil {
				t.Fatal(err)
			}
			stood := b.stored(t)
			p.awaitAtLeast(t, `turnkey_retries_total{stage="lookup"}`, 2)
			if now := b.stored(t); now != stood {
				t.Error("a stranger was judged by nobody's word")
			}
			mend()
			if r := next(t, b.client); header(r, "turnkey-reason") != "UNREGISTERED_CERTIFICATE" {
				t.Errorf("a stranger: %s", header(r, "turnkey-reason"))
			}
			p.awaitReady(t)
			p.stop(t)
		})
	}
}

// A blackout is a site whose gateway reaches Redis and PostgreSQL by wires.
type blackout struct {
	*site
	redis, postgres *wire.Wire
}

func newBlackout(t *testing.T) *blackout {
	t.Helper()
	b := &blackout{site: newSite(t)}
	address, err := url.Parse(b.database)
	if err != nil {
		t.Fatal(err)
	}
	b.postgres = listen(t, address.Host)
	b.redis = listen(t, stacktest.Redis(t))
	address.Host = b.postgres.Addr
	b.vars["GATEWAY_DATABASE_FILE"] = write(t, "database", address.String())
	b.vars["GATEWAY_REDIS"] = b.redis.Addr
	return b
}

func listen(t *testing.T, target string) *wire.Wire {
	t.Helper()
	w, err := wire.Listen(target, wire.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// lose has a way lost: in silence, where packets are dropped, or refused.
func lose(w *wire.Wire, quiet bool) (mend func()) {
	if quiet {
		return w.Cut().Heal
	}
	refused := w.Refuse()
	w.Reset()
	return refused.Heal
}

func (b *blackout) launch(t *testing.T) *program {
	t.Helper()
	return launch(t, func(ctx context.Context, log io.Writer) error { return run(ctx, nil, env(b.vars), io.Discard, log) })
}

// relay runs a relay, whose clock is ahead, until the test ends.
func (b *blackout) relay(t *testing.T, ahead time.Duration) {
	t.Helper()
	session, err := pgx.ParseConfig(b.database)
	if err != nil {
		t.Fatal(err)
	}
	client := rediscache.NewClient([]string{stacktest.Redis(t)}, time.Second)
	r := relay.New(relay.Config{
		Registry: b.store,
		Writer:   rediscache.NewWriter(client, rediscache.NewKeys(b.name), registrytest.CacheKey(), time.Second),
		Session:  session,
		Now:      func() time.Time { return time.Now().Add(ahead) },
		Log:      slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait(); client.Close() })
}

// send sends broker-1's message in an account's name.
func (b *blackout) send(t *testing.T, account string) error {
	t.Helper()
	return b.client.ProduceSync(t.Context(), &kgo.Record{Topic: b.name + ".inbound", Key: []byte(account), Value: b.doc}).FirstErr()
}

// sendUntilItWaits sends messages until the gateway says that it can't judge, and returns
// how many.
func (b *blackout) sendUntilItWaits(t *testing.T, p *program) (sent int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if _, text := get(t, p.url(t, "/readyz")); strings.Contains(text, "lookup fails") {
			return sent
		}
		if time.Now().After(deadline) {
			t.Fatal("it judges on, although nothing can be known")
		}
		if err := b.send(t, "broker-1"); err != nil {
			t.Fatal(err)
		}
		sent++
	}
}

// revoke revokes the certificate with that fingerprint.
func (b *blackout) revoke(t *testing.T, fingerprint string) {
	t.Helper()
	raw, err := hex.DecodeString(fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.store.Revoke(t.Context(), registrytest.Operator, verifier.Fingerprint(raw), registry.Unspecified); err != nil {
		t.Fatal(err)
	}
}

// stored is how many outcomes there are.
func (b *blackout) stored(t *testing.T) (n int64) {
	t.Helper()
	for _, kind := range []string{".verified", ".rejected", ".quarantine"} {
		ends, err := rig.Ends(t.Context(), strings.Split(b.vars["GATEWAY_BROKERS"], ","), b.name+kind, 1)
		if err != nil {
			t.Fatal(err)
		}
		n += ends[0]
	}
	return n
}

// value reads a counter or a gauge; 0 where it is not shown.
func (p *program) value(t *testing.T, series string) float64 {
	t.Helper()
	_, text := get(t, p.url(t, "/metrics"))
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// awaitAtLeast waits until a counter has risen so far.
func (p *program) awaitAtLeast(t *testing.T, series string, n float64) {
	t.Helper()
	for deadline := time.Now().Add(patience); p.value(t, series) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s doesn't come to %v", series, n)
		}
	}
}

// awaitReady waits until the gateway says that it can judge.
func (p *program) awaitReady(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		code, text := get(t, p.url(t, "/readyz"))
		if code == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("readyz: %d %s", code, text)
		}
	}
}
