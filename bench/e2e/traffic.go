package main

import (
	"context"
	"errors"
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

// beside runs body while traffic flows, which ends with its context. Traffic that fails ends
// body's context, so that nobody waits for outcomes of what is not sent.
func beside(ctx context.Context, traffic, body func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	ended := make(chan error, 1)
	go func() {
		err := traffic(ctx)
		if err != nil {
			end(fmt.Errorf("the traffic ended early: %w", err))
		}
		ended <- err
	}()
	err := body(ctx)
	end(nil)
	return errors.Join(<-ended, err)
}

// underStream runs body while a steady number of messages a second flows through one gateway.
// All of them must then have outcomes, the gateway end in order and everything be as planned.
func (s *site) underStream(ctx context.Context, perSecond int, body func(context.Context) error) error {
	pool, err := s.pool()
	if err != nil {
		return err
	}
	gateway, err := s.StartGateway(ctx, "gateway", "", "")
	if err != nil {
		return err
	}
	defer gateway.Kill()
	stream := func(ctx context.Context) error { return s.stream(ctx, pool, perSecond) }
	if err := beside(ctx, stream, body); err != nil {
		return err
	}
	if err := s.settle(ctx, time.Minute); err != nil {
		return err
	}
	if err := stop(gateway); err != nil {
		return err
	}
	return s.sound(ctx)
}

// outcomes waits until the ledger has seen n, as it soon has if gateways judge a hundred a second.
func (s *site) outcomes(ctx context.Context, n int) error {
	within := time.Minute + time.Duration(n)*10*time.Millisecond
	return rig.Eventually(ctx, fmt.Sprintf("%d outcomes", n), within, func(context.Context) (bool, error) {
		have := s.ledger.Tally().Outcomes
		return have >= n, fmt.Errorf("%d so far", have)
	})
}
