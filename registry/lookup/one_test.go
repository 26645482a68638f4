package lookup_test

import (
	"testing"
	"time"

	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestOneSaysWhatSendersSays of every account, with its own certificates and another's.
func TestOneSaysWhatSendersSays(t *testing.T) {
	w := newWorld(t)
	a, b := w.party(t, 3), w.party(t, 1)
	w.revoke(t, a.certs[1])
	g := w.gateway(nil)
	for _, account := range []string{a.account, b.account, " " + a.account, "nobody@example.com"} {
		hints := verifier.Hints{Fingerprints: []verifier.Fingerprint{a.certs[0].Fingerprint(), b.certs[0].Fingerprint(), {1}}}
		want, err := g.find(t.Context(), account, hints.Fingerprints...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := lookup.One(t.Context(), w.store, registrytest.LookupKey().Hash, account, hints, time.Now())
		if err != nil || describe(got) != describe(want) || got.Party != want.Party || len(got.Elsewhere) != len(want.Elsewhere) {
			t.Errorf("%q: %s elsewhere %v, %v; want %s elsewhere %v", account, describe(got), got.Elsewhere, err, describe(want), want.Elsewhere)
		}
		if got.Party != "" && !got.Holds(verifier.Account, account) {
			t.Errorf("%q isn't held", account)
		}
	}
}
