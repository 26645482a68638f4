package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/rig"
)

// drainWithin is how long outcomes of messages already sent are waited for at the end.
const drainWithin = 15 * time.Second

// perform sends messages and shows what becomes of them until ctx or the time given ends,
// waits for the outcomes under way, and reports.
func (d *demo) perform(ctx, patience context.Context, s *screen, say func(string)) error {
	// Whatever fails ends everything; the end of ctx ends the sending only.
	working, failing := errgroup.WithContext(context.WithoutCancel(ctx))
	reading, stopReading := context.WithCancel(failing)
	defer stopReading()
	sending, stopSending := context.WithCancel(reading)
	defer context.AfterFunc(ctx, stopSending)()
	if d.lasts > 0 {
		defer time.AfterFunc(d.lasts, stopSending).Stop()
	}
	working.Go(func() error { return watch(reading, d.members) })
	working.Go(func() error { return d.visitors.receive(reading, d.undo, s.note) })
	working.Go(func() error {
		return rig.Outcomes(reading, d.ground.kafka, d.ground.topics, d.ground.partitions, d.take)
	})
	sent := make(chan struct{})
	working.Go(func() error {
		defer close(sent)
		return d.send(sending)
	})

	v := newViewer(d)
	s.begin()
	v.showUntil(sending, s)
	v.ended = time.Now()
	drained, cancel := d.drained(patience, failing, sent)
	v.showUntil(drained, s)
	cancel()
	s.end()
	stopReading()
	err := working.Wait()
	if missing := d.board.ledger.Tally().Missing(); missing > 0 && err == nil && patience.Err() == nil {
		d.board.deviation(fmt.Errorf("%d messages have no outcome after %v", missing, drainWithin))
	}
	last := v.view()
	for _, line := range report(last) {
		say(line)
	}
	if last.Otherwise > 0 {
		err = errors.Join(err, fmt.Errorf("%d outcomes were otherwise than planned, the last of them: %s",
			last.Otherwise, last.Faults[len(last.Faults)-1]))
	}
	return err
}

// send runs the traffic and the registry's changes until ctx ends.
func (d *demo) send(ctx context.Context) error {
	uploader := rig.NewUploader(d.ground.kafka, d.ground.topics, d.board.ledger)
	t := &traffic{corpus: d.corpus, seed: d.seed, rate: d.rate, board: d.board, uploader: uploader}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return t.send(ctx) })
	both.Go(func() error { return d.changer.run(ctx) })
	both.Go(func() error { d.forget(ctx); return nil })
	return errors.Join(both.Wait(), uploader.Close())
}

// keepFor is how long an outcome may come again and still be known: far longer than a
// gateway takes to be restarted.
const keepFor = 10 * time.Minute

// forget keeps the ledger of a demo that is left running small, until ctx ends.
func (d *demo) forget(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			d.board.ledger.Forget(now.Add(-keepFor))
		}
	}
}

// take gives an outcome to whom it belongs.
func (d *demo) take(o rig.Outcome) {
	if !d.changer.probes.Take(o) {
		d.board.outcome(o, time.Now())
	}
}

// drained returns a context that ends when everything sent has an outcome, or when that
// is no longer waited for.
func (d *demo) drained(patience, failing context.Context, sent <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(patience, drainWithin)
	stop := context.AfterFunc(failing, cancel)
	go func() {
		defer cancel()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-sent:
				if d.board.ledger.Tally().Missing() == 0 {
					return
				}
			default:
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return ctx, func() { stop(); cancel() }
}
