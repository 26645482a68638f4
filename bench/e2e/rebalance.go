package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
)

const joins = 3

// runRebalance has a second gateway join the group and leave it again, three times, under
// a steady load.
func runRebalance(ctx context.Context, s *site, r *report) error {
	pool, err := s.pool()
	if err != nil {
		return err
	}
	pauses := &silence{last: make(map[int]time.Time)}
	s.watch = func(o rig.Outcome, _ time.Duration) { pauses.note(o.SourcePartition, time.Now()) }
	first, err := s.StartGateway(ctx, "first", "", "")
	if err != nil {
		return err
	}
	defer first.Kill()
	loaded, unload := context.WithCancel(ctx)
	defer unload()
	traffic := make(chan error, 1)
	go func() { traffic <- s.stream(loaded, pool, 1000) }()
	for i := 1; i <= joins; i++ {
		if err := s.outcomes(ctx, s.ledger.Tally().Outcomes+2000, traffic); err != nil {
			return err
		}
		pauses.begin()
		joined := time.Now()
		second, err := s.StartGateway(ctx, fmt.Sprintf("second-%d", i), "", "")
		if err != nil {
			return err
		}
		judged, err := awaitVerdicts(ctx, second, 1000)
		joining := pauses.end()
		pauses.begin()
		if err == nil {
			err = stop(second)
		}
		if err != nil {
			second.Kill()
			return err
		}
		took := time.Since(joined)
		if err := s.outcomes(ctx, s.ledger.Tally().Outcomes+2000, traffic); err != nil {
			return err
		}
		r.line("join %d: the second gateway judged %.0f messages in the %.1f s until it left; no outcome of a partition for at most %v as it joined, %v as it left",
			i, judged, took.Seconds(), joining, pauses.end())
	}
	unload()
	if err := <-traffic; err != nil {
		return err
	}
	if err := s.settle(ctx, time.Minute); err != nil {
		return err
	}
	if err := stop(first); err != nil {
		return err
	}
	if err := s.sound(ctx); err != nil {
		return err
	}
	t := s.ledger.Tally()
	r.line("%d messages at 1,000/s, %d distinct event ids: 0 lost, all as planned, order kept; %d outcomes came again; no commit went back", t.Planned, t.Events, t.Repeated)
	return nil
}
