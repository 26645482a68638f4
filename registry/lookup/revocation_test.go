package lookup_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

// TestRevocationIsSeenInTime measures from before the commit to the first answer that
// has it, for a gateway that asks all along. Promise 5 allows 5 s up to the append of the
// last message; of that the lookup may take 3 s, as its AsOf bounds it.
func TestRevocationIsSeenInTime(t *testing.T) {
	tests := []struct {
		name  string
		tries int
		spoil func(t *testing.T, w *world, stopRelay func())
	}{
		{"all is well", 50, func(*testing.T, *world, func()) {}},
		{"the subscription is cut again and again", 10, func(t *testing.T, w *world, _ func()) { cutSubscriptions(t, w) }},
		{"the relay is dead", 3, func(_ *testing.T, _ *world, stopRelay func()) { stopRelay() }},
		{"Redis is dead", 3, func(t *testing.T, w *world, _ func()) { w.redis.Stop(t) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			stopRelay := w.relay(t)
			p := w.party(t, tt.tries)
			w.believed(t, p.account)
			g := w.gateway(nil)
			g.sender(t, p.account)
			tt.spoil(t, w, stopRelay)
			var took []time.Duration
			for _, c := range p.certs {
				if got := stateOf(g.sender(t, p.account), c); got != verifier.InForce {
					t.Fatalf("before: %q", got)
				}
				began := time.Now()
				w.revoke(t, c)
				eventually(t, "the revocation is seen", func() bool {
					return stateOf(g.sender(t, p.account), c) == verifier.Revoked
				})
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			worst := took[len(took)-1]
			t.Logf("%d revocations: p50 %v, p99 %v", len(took),
				took[len(took)/2].Round(time.Millisecond), worst.Round(time.Millisecond))
			if worst > 3*time.Second {
				t.Errorf("the slowest took %v, want 3 s at most", worst)
			}
		})
	}
}

// cutSubscriptions ends every subscription as soon as it is made, until the test ends.
func cutSubscriptions(t *testing.T, w *world) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for tick := time.NewTicker(2 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			w.redis.Client.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub")
		}
	})
	t.Cleanup(func() { stop(); cutting.Wait() })
}
