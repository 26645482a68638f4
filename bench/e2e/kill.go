package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
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
	traffic := make(chan error, 1)
	began := time.Now()
	go func() {
		if err := s.flood(ctx, pool, s.messages); err != nil {
			traffic <- err
		}
	}()
	for i := 1; i <= kills; i++ {
		if err := s.outcomes(ctx, i*s.messages/(kills+1), traffic); err != nil {
			return err
		}
		n, err := s.killInFlight(ctx, gateway.Program)
		if err != nil {
			return err
		}
		killed := time.Now()
		repeated := s.ledger.Tally().Repeated
		if gateway, err = s.StartGateway(ctx, fmt.Sprintf("gateway-%d", i), "", ""); err != nil {
			return err
		}
		if err := s.outcomes(ctx, i*s.messages/(kills+1)+inFlight+1, traffic); err != nil {
			return err
		}
		r.line("kill %d: %d records with an outcome but no commit; a new gateway judged on after %.1f s; %d outcomes came again by then",
			i, n, time.Since(killed).Seconds(), s.ledger.Tally().Repeated-repeated)
	}
	if err := s.outcomes(ctx, s.messages, traffic); err != nil {
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

// killInFlight kills a gateway at a moment when at least inFlight records have an outcome
// on an output topic and no commit, and returns how many.
func (s *site) killInFlight(ctx context.Context, gateway *rig.Program) (int64, error) {
	const tries = 200
	for range tries {
		// Stopped, it can commit no more while it is counted.
		if err := gateway.Signal(syscall.SIGSTOP); err != nil {
			return 0, err
		}
		n, err := s.uncommitted(ctx)
		if err == nil && n >= inFlight {
			// A commit may have been on its way: what counts is what is left after it.
			n, err = s.uncommitted(ctx)
		}
		if err != nil {
			return 0, err
		}
		if n >= inFlight {
			gateway.Kill()
			return n, nil
		}
		if err := gateway.Signal(syscall.SIGCONT); err != nil {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-gateway.Ended():
			return 0, errors.Join(errors.New("the gateway ended by itself"), gateway.Err())
		case <-time.After(17 * time.Millisecond): // another phase of its commits
		}
	}
	return 0, fmt.Errorf("no moment with %d records in flight in %d looks", inFlight, tries)
}
