package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/bench/rig"
)

// phase is how long each state of Redis is kept.
const phase = 10 * time.Second

// runRedis flushes and then stops Redis under a steady load.
func runRedis(ctx context.Context, s *site, r *report) error {
	pool, err := s.pool()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var latencies []time.Duration
	s.watch = func(_ rig.Outcome, latency time.Duration) {
		mu.Lock()
		latencies = append(latencies, latency)
		mu.Unlock()
	}
	gateway, err := s.StartGateway(ctx, "gateway", "", "")
	if err != nil {
		return err
	}
	defer gateway.Kill()
	loaded, unload := context.WithCancel(ctx)
	defer unload()
	traffic := make(chan error, 1)
	go func() { traffic <- s.stream(loaded, pool, 500) }()

	client := redis.NewClient(&redis.Options{Addr: s.Redis})
	defer client.Close()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"Redis up", func() error { return nil }},
		{"Redis flushed every 100 ms", func() error { return flush(ctx, client) }},
		{"Redis stopped", func() error { return s.redis.Stop(ctx) }},
	} {
		mu.Lock()
		latencies = nil
		mu.Unlock()
		began := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		select {
		case <-time.After(phase - time.Since(began)):
		case err := <-traffic:
			return fmt.Errorf("the traffic ended early: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
		mu.Lock()
		r.line("%s: %d outcomes, sending to reading p50 %v, p99 %v", step.name, len(latencies), quantile(latencies, 0.50), quantile(latencies, 0.99))
		mu.Unlock()
	}
	unload()
	if err := <-traffic; err != nil {
		return err
	}
	if err := s.settle(ctx, time.Minute); err != nil {
		return err
	}
	if err := stop(gateway); err != nil {
		return err
	}
	if err := s.sound(ctx); err != nil {
		return err
	}
	t := s.ledger.Tally()
	r.line("%d messages, %d distinct event ids: 0 lost, the same verdicts as planned throughout", t.Planned, t.Events)
	return nil
}

// flush empties Redis again and again for most of a phase.
func flush(ctx context.Context, client *redis.Client) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range int(phase / (100 * time.Millisecond) * 9 / 10) {
		if err := client.FlushAll(ctx).Err(); err != nil {
			return err
		}
		<-tick.C
	}
	return nil
}
