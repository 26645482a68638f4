package embedded

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// documentFaults are documents that nobody should send.
var documentFaults = []kind{
	{fault: "judging panics", strike: (*act).panics},
	{fault: "poison records", strike: (*act).poisoned},
}

// panics sends documents on which the engine panics.
func (a *act) panics(ctx context.Context) error {
	account := "00042445"
	n := 1 + a.rng.IntN(4)
	for range n {
		if err := a.traffic.send(&kgo.Record{Key: []byte(account), Value: a.kit.panics}); err != nil {
			return err
		}
	}
	what := answer{account, "PANIC"}
	if err := a.until(ctx, "quarantined records", func() bool { return a.cluster.answered(what) >= n }); err != nil {
		return err
	}
	a.strikes(a.fault, n)
	return nil
}

// poisoned sends what nobody should.
func (a *act) poisoned(context.Context) error {
	for _, p := range poison {
		if err := a.traffic.send(&kgo.Record{Key: p.key, Value: p.value, Headers: p.headers}); err != nil {
			return err
		}
	}
	a.strikes(a.fault, len(poison)) // that each has its outcome is what the audit is for
	return nil
}
