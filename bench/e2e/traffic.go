package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
)

// poolSize is how many different messages are signed ahead; each is sent many times with
// a number of its own behind the root.
const poolSize = 2000

// batchSize is how many messages an uploader sends at once.
const batchSize = 200

// pool signs messages ahead.
func (s *site) pool() (*corpus.Pool, error) {
	plan, err := s.corpus.Plan(corpus.PlanConfig{Seed: s.seed})
	if err != nil {
		return nil, err
	}
	began := time.Now()
	pool, err := plan.Pool(poolSize)
	if err == nil {
		fmt.Printf("  %d messages signed in %.1f s\n", poolSize, time.Since(began).Seconds())
	}
	return pool, err
}

// flood sends n messages as fast as they are acknowledged.
func (s *site) flood(ctx context.Context, pool *corpus.Pool, n int) error {
	up := rig.NewUploader(s.Brokers, s.Topics, s.ledger)
	defer up.Close()
	for sent := 0; sent < n; {
		batch := make([]corpus.Message, min(batchSize, n-sent))
		for i := range batch {
			batch[i] = pool.Next()
		}
		if err := up.Send(ctx, batch...); err != nil {
			return err
		}
		sent += len(batch)
	}
	return nil
}

// stream sends a steady number of messages a second until ctx ends.
func (s *site) stream(ctx context.Context, pool *corpus.Pool, perSecond int) error {
	up := rig.NewUploader(s.Brokers, s.Topics, s.ledger)
	defer up.Close()
	const ticks = 50 // a second
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		batch := make([]corpus.Message, max(1, perSecond/ticks))
		for i := range batch {
			batch[i] = pool.Next()
		}
		// A batch begun is finished, so that the ledger knows what was sent.
		if err := up.Send(context.WithoutCancel(ctx), batch...); err != nil {
			return err
		}
	}
}

// outcomes waits until the ledger has seen n, or traffic has failed.
func (s *site) outcomes(ctx context.Context, n int, traffic <-chan error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.ledger.Tally().Outcomes < n {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d outcomes of %d waited for: %w", s.ledger.Tally().Outcomes, n, ctx.Err())
		case err := <-traffic:
			return fmt.Errorf("the traffic ended early: %w", err)
		case <-tick.C:
		}
	}
	return nil
}
