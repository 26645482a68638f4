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
	pauses := &silence{last: make(map[int]time.Time)}
	s.watch = func(o rig.Outcome, _ time.Duration) { pauses.note(o.SourcePartition, time.Now()) }
	err := s.underStream(ctx, 1000, func(ctx context.Context) error {
		for i := 1; i <= joins; i++ {
			if err := s.joinAndLeave(ctx, r, pauses, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := s.ledger.Tally()
	r.line("%d messages at 1,000/s, %d distinct event ids: 0 lost, all as planned, order kept; %d outcomes came again; no commit went back", t.Planned, t.Events, t.Repeated)
	return nil
}

// joinAndLeave has a second gateway come and go, for the ith time.
func (s *site) joinAndLeave(ctx context.Context, r *report, pauses *silence, i int) error {
	if err := s.outcomes(ctx, s.ledger.Tally().Outcomes+2000); err != nil {
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
	if err := s.outcomes(ctx, s.ledger.Tally().Outcomes+2000); err != nil {
		return err
	}
	r.line("join %d: the second gateway judged %.0f messages in the %.1f s until it left; no outcome of a partition for at most %v as it joined, %v as it left",
		i, judged, took.Seconds(), joining, pauses.end())
	return nil
}
