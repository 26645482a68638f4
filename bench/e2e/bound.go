package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
)

const (
	// calmBound is what 99 of 100 revocations keep where nothing fails.
	calmBound = time.Second

	// recovery is how long after a fault all must be well again. A gateway that comes back
	// waits for the session of the one that died.
	recovery = time.Minute
)

// bound is the scenario's state. Its gateway, and the site's parts, are changed only by
// the one fault of an episode that has it for a target.
type bound struct {
	*site
	load    *load
	gateway rig.Server
	current []*witness // whose revocations are under way
	all     []*witness
	struck  map[string]int // by fault
}

// runBound revokes certificates whose messages are a part of a load as high as the gateway
// takes, first with all well and then with faults, and holds each against the bound: from
// the commit in PostgreSQL to the append of the last message accepted with it.
func runBound(ctx context.Context, s *site, r *report) (err error) {
	s.Session = 6 * time.Second // so that a frozen gateway outlives it or not
	b := &bound{site: s, struck: make(map[string]int)}
	if b.load, err = newLoad(s); err != nil {
		return err
	}
	s.divert(b.load.take)
	if b.gateway, err = s.StartGateway(ctx, "gateway", "", ""); err != nil {
		return err
	}
	defer func() { b.gateway.Kill() }()
	began := time.Now()
	err = beside(ctx, b.load.run, func(ctx context.Context) error {
		if err := b.calm(ctx, r); err != nil {
			return err
		}
		return b.storm(ctx, r)
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := b.load.settle(ctx); err != nil {
		return err
	}
	if err := stop(b.gateway); err != nil {
		return err
	}
	if err := b.verdict(b.all); err != nil { // once more, with whatever came after its episode
		return err
	}
	if err := s.sound(ctx); err != nil {
		return err
	}
	r.line("load: %d messages in %.0f s, %.0f/s with the faults' pauses, on %d partitions; senders waited for the gateway %.0f %% of their time; every record has an outcome, bytes and verdicts as planned, no commit went back",
		b.load.sent.Load(), took.Seconds(), float64(b.load.sent.Load())/took.Seconds(), partitions, 100*b.load.saturation())
	return nil
}

// calm revokes one certificate after another while all is well.
func (b *bound) calm(ctx context.Context, r *report) error {
	sent, began := b.load.sent.Load(), time.Now()
	for len(b.all) < b.site.bound {
		if err := b.enlist(ctx, 1); err != nil {
			return err
		}
		if err := b.revoke(ctx, b.current[0]); err != nil {
			return err
		}
		if err := b.dismiss(ctx); err != nil {
			return err
		}
	}
	rate := float64(b.load.sent.Load()-sent) / time.Since(began).Seconds()
	late := lateness(b.all)
	r.line("all well: %d revocations under %.0f messages/s, commit to the append of the last message accepted: p50 %v, p99 %v, longest %v",
		len(late), rate, quantile(late, 0.50), quantile(late, 0.99), quantile(late, 1))
	if p99 := quantile(late, 0.99); p99 > calmBound {
		return fmt.Errorf("p99 %v without faults: %v is promised", p99, calmBound)
	}
	return b.verdict(b.all)
}

// storm revokes certificates about faults.
func (b *bound) storm(ctx context.Context, r *report) error {
	rng := rand.New(rand.NewPCG(b.seed, 5))
	calm := len(b.all)
	for n := 0; len(b.all)-calm < b.site.bound; n++ {
		e := drawEpisode(rng, b.faults, n)
		if err := b.play(ctx, e); err != nil {
			return fmt.Errorf("episode %d (%v): %w", n, e, err)
		}
		fmt.Printf("  episode %d: %v; late %v\n", n, e, lateness(b.current))
		if err := b.verdict(b.current); err != nil {
			fmt.Println("  broken:", err)
		}
	}
	late := lateness(b.all[calm:])
	r.line("with faults: %d revocations, commit to the append of the last message accepted: p50 %v, p99 %v, longest %v",
		len(late), quantile(late, 0.50), quantile(late, 0.99), quantile(late, 1))
	for _, name := range slices.Sorted(maps.Keys(b.struck)) {
		r.line("struck: %s, %d times", name, b.struck[name])
	}
	for _, f := range b.faults {
		if b.struck[f.name] == 0 {
			return fmt.Errorf("the fault %q never struck", f.name)
		}
	}
	return b.verdict(b.all[calm:])
}

// play goes through one episode and waits until all is well again.
func (b *bound) play(ctx context.Context, e episode) error {
	if err := b.enlist(ctx, witnessesEach); err != nil {
		return err
	}
	errs := make([]error, len(e.strikes)+len(e.revokes))
	var all sync.WaitGroup
	for i, s := range e.strikes {
		all.Go(func() {
			if errs[i] = rig.Sleep(ctx, s.at); errs[i] != nil {
				return
			}
			if err := s.strike(b, ctx, s.lasts); err != nil {
				errs[i] = fmt.Errorf("%s: %w", s.name, err)
			}
		})
	}
	for i, at := range e.revokes {
		all.Go(func() {
			if err := rig.Sleep(ctx, at); err != nil {
				errs[len(e.strikes)+i] = err
				return
			}
			errs[len(e.strikes)+i] = b.revoke(ctx, b.current[i])
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, s := range e.strikes {
		b.struck[s.name]++
	}
	return b.dismiss(ctx)
}

// enlist registers n certificates and waits until their messages are verified on every
// partition.
func (b *bound) enlist(ctx context.Context, n int) error {
	b.current = nil
	for range n {
		w, err := enlist(ctx, b.store, fmt.Sprintf("witness-%d@example.com", len(b.all)))
		if err != nil {
			return err
		}
		b.all, b.current = append(b.all, w), append(b.current, w)
	}
	b.load.add(b.current...)
	return b.await(ctx, "messages of new certificates are verified on every partition", (*witness).inUse)
}

// dismiss waits until messages of the revoked certificates are refused on every partition,
// and sends no more of them.
func (b *bound) dismiss(ctx context.Context) error {
	err := b.await(ctx, "messages of revoked certificates are refused on every partition", (*witness).ended)
	b.load.retire()
	return err
}

// await waits until something holds of every certificate whose revocation is under way.
func (b *bound) await(ctx context.Context, what string, holds func(*witness) bool) error {
	return rig.Eventually(ctx, what, recovery, func(context.Context) (bool, error) {
		return !slices.ContainsFunc(b.current, func(w *witness) bool { return !holds(w) }), nil
	})
}

// verdict returns every broken bound of the witnesses, each with its record.
func (b *bound) verdict(all []*witness) error {
	var errs []error
	for _, w := range all {
		errs = append(errs, w.fault(rig.EndBound))
	}
	return errors.Join(errs...)
}

func lateness(all []*witness) []time.Duration {
	var late []time.Duration
	for _, w := range all {
		late = append(late, w.late())
	}
	return late
}
