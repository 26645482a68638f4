package lookup_test

import (
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

// BenchmarkSendersInMemory looks up batches of 500 documents of 50 accounts that memory
// knows; the figure is for one batch.
func BenchmarkSendersInMemory(b *testing.B) {
	w := newWorld(b)
	w.relay(b)
	var accounts []string
	for range 50 {
		accounts = append(accounts, w.party(b, 3).account)
	}
	w.believed(b, accounts[len(accounts)-1])
	for len(accounts) < 500 {
		accounts = append(accounts, accounts[len(accounts)-50])
	}
	hints := make([]verifier.Hints, len(accounts))
	g := w.gateway(nil)
	for b.Loop() {
		if _, err := g.Senders(b.Context(), accounts, hints, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(accounts)), "ns/document")
}

// BenchmarkSendersInRedis looks up batches of 50 accounts that only Redis knows.
func BenchmarkSendersInRedis(b *testing.B) {
	w := newWorld(b)
	w.relay(b)
	var accounts []string
	for range 50 {
		accounts = append(accounts, w.party(b, 3).account)
	}
	w.believed(b, accounts[len(accounts)-1])
	hints := make([]verifier.Hints, len(accounts))
	for b.Loop() {
		if _, err := w.gateway(nil).Senders(b.Context(), accounts, hints, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(accounts)), "ns/account")
}
