package ingest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

// A rejection for what was not registered is given only by what the registry held after
// the record had arrived.
func TestRejectionRestsOnThePresent(t *testing.T) {
	arrived := time.Now()
	before, after := arrived.Add(-time.Second), arrived.Add(time.Millisecond)
	now := func() time.Time { return after }
	unregistered := func(asOf time.Time) verifier.Sender {
		s := registered("P1", asOf)
		s.Registrations = nil
		return s
	}
	changed := bytes.Replace(signed(1), []byte("<ID>AA"), []byte("<ID>AB"), 1)
	tests := []struct {
		name          string
		doc           []byte
		first, second verifier.Sender
		lookups       int
		want          verifier.Reason
		overturned    int
	}{
		{"registered before it arrived, known too late", signed(1), unregistered(before), registered("P1", after), 2, verifier.Verified, 1},
		{"the same, and holders are older", signed(1), unregistered(before), registered("P1", before), 2, verifier.Verified, 1},
		{"not registered at all", signed(1), unregistered(before), unregistered(after), 2, verifier.UnregisteredCertificate, 0},
		{"not registered, by what is older as to holders", signed(1), unregistered(before), unregistered(before), 2, verifier.UnregisteredCertificate, 0},
		{"not registered, asked after it arrived", signed(1), unregistered(after), verifier.Sender{}, 1, verifier.UnregisteredCertificate, 0},
		{"registered", signed(1), registered("P1", before), verifier.Sender{}, 1, verifier.Verified, 0},
		{"unsigned", document(1), unregistered(before), verifier.Sender{}, 1, verifier.Unsigned, 0},
		{"changed", changed, registered("P1", before), verifier.Sender{}, 1, verifier.DigestMismatch, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lookups := 0
			shadow := new(memo)
			g := newWorld(t, 1).gateway(Parts{Now: now, Shadow: shadow, Registry: registryFunc(func(_ context.Context, _ []string, _ []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
				if lookups++; lookups == 1 {
					if !since.IsZero() {
						t.Errorf("first asked for what is no older than %v", since)
					}
					return []verifier.Sender{tt.first}, nil
				}
				if !since.Equal(arrived) {
					t.Errorf("then asked for what is no older than %v, want %v", since, arrived)
				}
				return []verifier.Sender{tt.second}, nil
			})}, nil)
			it := itemOf(tt.doc, arrived)
			if err := g.read(t.Context(), []*item{it}); err != nil {
				t.Fatal(err)
			}
			if err := g.judge(t.Context(), []*item{it}); err != nil {
				t.Fatal(err)
			}
			if it.verdict.Reason() != tt.want || lookups != tt.lookups || count(g.metrics.overturned) != tt.overturned {
				t.Errorf("%v after %d lookups, %d overturned", it.verdict.Reason(), lookups, count(g.metrics.overturned))
			}
			if all := shadow.of(it.source); len(all) != 1 || all[0].reason != tt.want {
				t.Errorf("the shadow was told %v", all)
			}
		})
	}
}

// Only those in doubt are asked about again; and while that can't be answered, nothing is
// judged.
func TestDoubtIsAboutTheDoubtedOnly(t *testing.T) {
	arrived := time.Now()
	away := errors.New("registry away")
	var asked []string
	g := newWorld(t, 1).gateway(Parts{Now: func() time.Time { return arrived }, Registry: registryFunc(func(_ context.Context, accounts []string, _ []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
		if !since.IsZero() {
			asked = accounts
			return nil, away
		}
		senders := make([]verifier.Sender, len(accounts))
		for i := range senders {
			senders[i] = registered("P1", arrived.Add(-time.Second))
			if accounts[i] == "newcomer" {
				senders[i].Registrations = nil
			}
		}
		return senders, nil
	})}, nil)
	var items []*item
	for _, account := range []string{"broker-1", "newcomer", "broker-2"} {
		it := itemOf(signed(1), arrived)
		it.account = account
		items = append(items, it)
	}
	if err := g.read(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	if err := g.judge(t.Context(), items); !errors.Is(err, away) {
		t.Errorf("judged: %v", err)
	}
	if len(asked) != 1 || asked[0] != "newcomer" {
		t.Errorf("asked again about %q", asked)
	}
}

func itemOf(doc []byte, arrived time.Time) *item {
	it := &item{account: "broker-1", arrived: arrived}
	it.rec.Value, it.rec.Time = doc, arrived
	return it
}
