package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/hostile"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

// A flood is loads that are sent in turn, again and again.
type flood struct {
	name  string
	loads []hostile.Load
	rate  int // loads a second; 0 for as many as the broker takes
	lasts time.Duration

	// ahead is how many records may have no outcome yet when more are sent, so that they fit
	// on a disk where the broker takes more than a gateway judges. 0 means any number.
	ahead int
}

// floods are made beforehand, so that sending them costs next to nothing.
func (g *ground) floods() ([]flood, error) {
	const batch = 200
	minute, half := g.lasts, g.lasts/2
	tiny, err := hostile.Tiny(g.seed, 50, batch, func(int) string { return g.corpus.Parties()[1].Account })
	if err != nil {
		return nil, err
	}
	// Each stranger comes again after what is remembered of it was forgotten.
	strangers, err := hostile.Tiny(g.seed, 300, batch, func(i int) string { return fmt.Sprintf("stranger-%d@example.com", i) })
	if err != nil {
		return nil, err
	}
	holders, err := unregistered(3000, 20)
	if err != nil {
		return nil, err
	}
	verified, err := g.large(verifier.Verified)
	if err != nil {
		return nil, err
	}
	mismatched, err := g.large(verifier.DigestMismatch)
	if err != nil {
		return nil, err
	}
	poisons, err := g.poisons()
	if err != nil {
		return nil, err
	}
	var bombs, huge []hostile.Load
	for _, p := range poisons {
		switch p.Name {
		case "zstd bomb", "gzip bomb":
			bombs = append(bombs, p)
		case "record of 100 MB":
			huge = append(huge, p)
		}
	}
	return []flood{
		{"10,000 tiny messages/s of one account", tiny, 10_000 / batch, minute, 0},
		{"10,000 tiny messages/s of 60,000 accounts that nobody has", strangers, 10_000 / batch, minute, 0},
		{"1,000 signed messages/s of accounts and certificates that nobody registered", holders, 1000 / 20, half, 0},
		{"verified messages of 5 MB, 20 a second", verified, 20, half, 0},
		{"verified messages of 5 MB, at the broker's rate", verified, 0, half, 800},
		{"messages of 5 MB with a wrong digest, at the broker's rate", mismatched, 0, half, 800},
		{"bombs of 900 MiB", bombs, 1, half / 2, 0},
		{"records of 100 MB", huge, 0, half / 2, 40},
	}, nil
}

// large makes messages of 5 MB, one a load.
func (g *ground) large(want verifier.Reason) ([]hostile.Load, error) {
	plan, err := g.corpus.Plan(corpus.PlanConfig{
		Seed: g.seed, Mix: map[verifier.Reason]float64{want: 1}, Sizes: []corpus.Band{{Share: 1, From: 5_000_000, To: 5_000_001}},
	})
	if err != nil {
		return nil, err
	}
	loads := make([]hostile.Load, 6)
	for i := range loads {
		m, err := plan.Next()
		if err != nil {
			return nil, err
		}
		if loads[i], err = hostile.One(m.Account, m.XML, m.Want); err != nil {
			return nil, err
		}
	}
	return loads, nil
}

// unregistered makes n messages, so many a load, each of an account and signed with a
// certificate of its own, which nobody has registered.
func unregistered(n, together int) ([]hostile.Load, error) {
	accounts, messages := make([]string, n), make([][]byte, n)
	var group errgroup.Group
	group.SetLimit(2)
	for i := range n {
		group.Go(func() error {
			h, err := rig.NewHolder(time.Now())
			if err != nil {
				return err
			}
			accounts[i], messages[i] = fmt.Sprintf("holder-%d@example.com", i), h.Message
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var loads []hostile.Load
	for i := 0; i < n; i += together {
		l, err := hostile.Many(accounts[i:i+together], messages[i:i+together], verifier.UnregisteredCertificate)
		if err != nil {
			return nil, err
		}
		loads = append(loads, l)
	}
	return loads, nil
}

// runFloods sends one flood after another to one partition.
func runFloods(ctx context.Context, s *site, r *report) error {
	g, err := newGround(ctx, s, r)
	if err != nil {
		return err
	}
	defer g.close()
	floods, err := g.floods()
	if err != nil {
		return err
	}
	var harms []harm
	for _, f := range floods {
		harms = append(harms, harm{f.name, func(ctx context.Context) (string, error) { return g.send(ctx, f) }})
	}
	return g.compare(ctx, harms)
}

// send sends a flood for as long as it lasts, waits for its outcomes, and says at which
// rates both happened.
func (g *ground) send(ctx context.Context, f flood) (string, error) {
	began := time.Now()
	flooded, cancel := context.WithDeadline(ctx, began.Add(f.lasts))
	defer cancel()
	var tick <-chan time.Time
	if f.rate > 0 {
		ticker := time.NewTicker(time.Second / time.Duration(f.rate))
		defer ticker.Stop()
		tick = ticker.C
	} else {
		closed := make(chan time.Time)
		close(closed)
		tick = closed
	}
	var next, records, bytes atomic.Int64
	var mu sync.Mutex
	var failed error
	var senders sync.WaitGroup
	for range 2 {
		senders.Go(func() {
			for {
				select {
				case <-flooded.Done():
					return
				case <-tick:
				}
				if err := g.notAhead(flooded, f.ahead); err != nil || flooded.Err() != nil {
					return
				}
				l := f.loads[int(next.Add(1)-1)%len(f.loads)]
				if err := g.target.Send(ctx, l); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				records.Add(int64(len(l.Want)))
				bytes.Add(int64(len(l.Batch)))
			}
		})
	}
	senders.Wait()
	if failed != nil {
		return "", failed
	}
	sent := time.Since(began).Seconds()
	err := g.drained(ctx)
	all := time.Since(began).Seconds()
	return fmt.Sprintf("sent %.0f records/s and %.1f MB/s for %.0f s, all had outcomes %.1f s later",
		float64(records.Load())/sent, float64(bytes.Load())/sent/1e6, sent, all-sent), err
}

// notAhead waits until no more than so many records have no outcome; an error means that
// ctx has ended first.
func (g *ground) notAhead(ctx context.Context, most int) error {
	for most > 0 {
		if behind, err := g.target.Behind(ctx); err == nil && behind <= most {
			return nil
		}
		if err := rig.Sleep(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
