package differential

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"

	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// installed returns the oracles; with CI=true all must be there.
func installed(t *testing.T) []Oracle {
	t.Helper()
	all, end, err := Start()
	if errors.Is(err, oracle.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skipf("%v: `make test` installs it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return all
}

// A fake answers as this module does, but for what it was told to do wrong.
type fake struct {
	name   string
	runner *Runner

	spoil  func(octets []byte) []byte               // of all canonical octets; nil: nothing
	answer func(d oracle.Digested, err error) error // instead of a verdict; nil: the right one
}

func (f *fake) Name() string    { return f.name }
func (f *fake) Version() string { return "fake" }

func (f *fake) Canonicalize(q oracle.Request) ([]byte, error) {
	octets, err := oracle.Own{}.Canonicalize(q)
	if err == nil && f.spoil != nil {
		octets = f.spoil(octets)
	}
	return octets, err
}

func (f *fake) Verify(key, doc []byte) (d oracle.Digested, err error) {
	v := judge(f.runner.interop, doc, f.runner.senders[keyed(key)])
	if v.Verified() {
		d, err = ownDigested(doc)
	} else {
		err = &oracle.Refusal{Why: v.Reason().String()}
	}
	if f.answer != nil {
		err = f.answer(d, err)
	}
	if f.spoil != nil {
		d.SignedInfo = f.spoil(d.SignedInfo)
		for i := range d.References {
			d.References[i] = f.spoil(d.References[i])
		}
	}
	return d, err
}

func keyed(public []byte) *grammar.Key {
	for _, k := range grammar.Keys() {
		if string(k.Public) == string(public) {
			return k
		}
	}
	return nil
}

// faking returns a runner whose one oracle is f.
func faking(t *testing.T, f *fake) *Runner {
	t.Helper()
	r, err := New([]Oracle{f}, 10)
	if err != nil {
		t.Fatal(err)
	}
	f.runner = r
	return r
}

func seeds(first uint64, n int) (all []uint64) {
	for i := range n {
		all = append(all, first+uint64(i))
	}
	return all
}

// sum adds up results and checks them.
func sum(t *testing.T, results []Result) (c Counts, findings []Finding) {
	t.Helper()
	for _, r := range results {
		c.Add(r.Counts)
		findings = append(findings, r.Findings...)
	}
	if !c.Check() {
		t.Errorf("the counts do not add up: %+v", c)
	}
	if int(c.Differed()) != len(findings) {
		t.Errorf("%d findings are counted, there are %d", c.Differed(), len(findings))
	}
	return c, findings
}

// contextEndingAfter returns a context that ends when the oracle was asked about n
// documents.
func contextEndingAfter(t *testing.T, r *Runner, n int64) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := r.Oracles[0].(*fake)
	var asked atomic.Int64
	f.answer = func(_ oracle.Digested, err error) error {
		if asked.Add(1) >= 10*n { // each is asked about some times
			cancel()
		}
		return err
	}
	return ctx, cancel
}
