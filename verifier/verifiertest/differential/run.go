package differential

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// An Oracle is what the verifier is held against.
type Oracle interface {
	grammar.Canonicalizer
	Verify(key, document []byte) (oracle.Digested, error)
	Version() string
}

// A Runner runs seeds through the laws.
type Runner struct {
	// Oracles are asked everything; goxmldsig is asked besides.
	Oracles []Oracle

	// Mutations is how many changes are made of each document.
	Mutations int

	// Workers is how many documents are under way at once: while an oracle answers for
	// one, the others go on.
	Workers int

	cpt, interop *verifier.Engine
	senders      map[*grammar.Key]verifier.Sender
	signers      []signing
}

// New returns a runner of those oracles.
func New(oracles []Oracle, mutations int) (*Runner, error) {
	r := &Runner{Oracles: oracles, Mutations: mutations, Workers: 16}
	for name, e := range map[string]**verifier.Engine{"cpt": &r.cpt, "interop": &r.interop} {
		p, err := verifier.ProfileNamed(name)
		if err != nil {
			return nil, err
		}
		if *e, err = verifier.New(verifier.Config{Profile: p}); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	var err error
	if r.senders, err = senders(); err != nil {
		return nil, err
	}
	r.signers, err = signings()
	return r, err
}

// A Finding is a law broken.
type Finding struct {
	Seed     uint64
	Mutation int    // its number; -1 for the document itself
	Change   string // its name
	Law      string
	What     string
	Document []byte
}

// A Result is what one seed came to.
type Result struct {
	Seed     uint64
	Counts   Counts
	Findings []Finding
}

// Run tries the seeds, or as many of the first as are begun before ctx ends. The results
// are in the order of the seeds.
func (r *Runner) Run(ctx context.Context, seeds []uint64) []Result {
	var (
		wg      sync.WaitGroup
		results = make([]Result, len(seeds))
		next    = make(chan int)
		begun   int
	)
	for range r.Workers {
		wg.Go(func() {
			for i := range next {
				results[i] = r.Seed(seeds[i])
			}
		})
	}
	for ; begun < len(seeds) && ctx.Err() == nil; begun++ {
		next <- begun
	}
	close(next)
	wg.Wait()
	return results[:begun]
}

// Seed tries the document of a seed and all its changes.
func (r *Runner) Seed(seed uint64) Result {
	t := &trial{Runner: r, seed: seed, mutation: -1}
	d, err := t.make()
	if err != nil {
		// Not made is not tried: it counts as a finding alone.
		t.find("3, a document is signed", "%v", err)
		return t.result()
	}
	octets := t.original(d)
	t.signer(d)
	for i := range r.Mutations {
		t.mutation = i
		t.changed(d, octets)
	}
	return t.result()
}

func (t *trial) result() Result { return Result{t.seed, t.counts, t.findings} }

// make makes the document, over octets of an oracle in turn.
func (t *trial) make() (*grammar.Document, error) {
	by := "own"
	signers := []grammar.Canonicalizer{oracle.Own{}}
	for _, o := range t.Oracles {
		signers = append(signers, &lender{o, t, &by})
	}
	d, err := grammar.Make(t.seed, signers...)
	if err == nil {
		t.counts.Documents++
		count(&t.counts.Signers, by)
	}
	return d, err
}

// A lender lends an oracle's octets for a document to be signed over. Where they differ
// from ours, that is counted and ours are taken, so that the document can be tried.
type lender struct {
	Oracle
	trial *trial
	by    *string
}

// Canonicalize implements [grammar.Canonicalizer].
func (l *lender) Canonicalize(q oracle.Request) ([]byte, error) {
	t := l.trial
	t.document = q.Document
	ours, err := oracle.Own{}.Canonicalize(q)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(*l.by, "own, ") {
		*l.by = l.Name()
	}
	if !t.canonical(l.Oracle, q) {
		*l.by = "own, where " + l.Name() + " differs"
	}
	return ours, nil
}
