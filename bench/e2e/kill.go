package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
)

const (
	kills = 3

	// inFlight is how many records must have an outcome but no commit at each kill: a
	// gateway that is killed idle would prove nothing.
	inFlight = 100
)

// runKill sends many messages through one gateway, which is killed three times with work
// in flight, and checks that none is lost or judged otherwise than planned.
func runKill(ctx context.Context, s *site, r *report) error {
	pool, err := s.pool()
	if err != nil {
		return err
	}
	gateway, err := s.StartGateway(ctx, "gateway-0", "", "")
	if err != nil {
		return err
	}
	defer func() { gateway.Kill() }()
	began := time.Now()
	flood := func(ctx context.Context) error { return s.flood(ctx, pool, s.messages) }
	err = beside(ctx, flood, func(ctx context.Context) error {
		for i := 1; i <= kills; i++ {
			if gateway, err = s.replace(ctx, r, gateway, i); err != nil {
				return err
			}
		}
		return s.outcomes(ctx, s.messages)
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := stop(gateway); err != nil {
		return fmt.Errorf("stop the gateway: %w", err)
	}
	if err := s.sound(ctx); err != nil {
		return err
	}
	t := s.ledger.Tally()
	if t.Repeated < kills*inFlight {
		return fmt.Errorf("only %d outcomes came again after %d kills with %d in flight each", t.Repeated, kills, inFlight)
	}
	r.line("%d messages in, %d distinct event ids out, 0 lost, bytes and verdicts all as planned, order kept, no offset rewound", t.Planned, t.Events)
	r.line("%d outcomes came again under their event id (at least once), after %d kills", t.Repeated, kills)
	r.line("%.0f s in all with the kills: %.0f messages/s, producer and checker on the same machine", took.Seconds(), float64(t.Planned)/took.Seconds())
	r.verdicts(t)
	return nil
}

// replace kills a gateway amid the flood, for the ith time, and returns the one that judges on.
func (s *site) replace(ctx context.Context, r *report, gateway rig.Server, i int) (rig.Server, error) {
	if err := s.outcomes(ctx, i*s.messages/(kills+1)); err != nil {
		return gateway, err
	}
	n, err := s.killInFlight(ctx, gateway.Program)
	if err != nil {
		return gateway, err
	}
	killed, before := time.Now(), s.ledger.Tally()
	next, err := s.StartGateway(ctx, fmt.Sprintf("gateway-%d", i), "", "")
	if err != nil {
		return gateway, err
	}
	// What the killed one produced may still be on its way to us: n at most.
	if err := s.outcomes(ctx, before.Outcomes+int(n)+1); err != nil {
		return next, err
	}
	r.line("kill %d: %d records with an outcome but no commit; a new gateway judged on after %.1f s; %d outcomes came again by then",
		i, n, time.Since(killed).Seconds(), s.ledger.Tally().Repeated-before.Repeated)
	return next, nil
}

// killInFlight kills a gateway at a moment when at least inFlight records have an outcome
// on an output topic and no commit, and returns how many.
func (s *site) killInFlight(ctx context.Context, gateway *rig.Program) (int64, error) {
	const tries = 200
	for range tries {
		n, err := gateway.CatchAmid(ctx, inFlight, s.uncommitted)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			gateway.Kill()
			return n, nil
		}
		if err := rig.Sleep(ctx, 17*time.Millisecond); err != nil { // another phase of its commits
			return 0, err
		}
	}
	return 0, fmt.Errorf("no moment with %d records in flight in %d looks", inFlight, tries)
}
