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
	var mu sync.Mutex
	var latencies []time.Duration
	s.watch = func(_ rig.Outcome, latency time.Duration) {
		mu.Lock()
		latencies = append(latencies, latency)
		mu.Unlock()
	}
	client := redis.NewClient(&redis.Options{Addr: s.Redis})
	defer client.Close()
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"Redis up", func(context.Context) error { return nil }},
		{"Redis flushed every 100 ms", func(ctx context.Context) error { return flush(ctx, client) }},
		{"Redis stopped", s.redis.Stop},
	}
	err := s.underStream(ctx, 500, func(ctx context.Context) error {
		for _, step := range steps {
			mu.Lock()
			latencies = nil
			mu.Unlock()
			began := time.Now()
			err := step.do(ctx)
			if err == nil {
				err = rig.Sleep(ctx, phase-time.Since(began))
			}
			if err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
			mu.Lock()
			r.line("%s: %d outcomes, sending to reading p50 %v, p99 %v", step.name, len(latencies), quantile(latencies, 0.50), quantile(latencies, 0.99))
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
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
