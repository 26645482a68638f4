package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
)

// A traffic sends planned messages at a steady rate.
type traffic struct {
	corpus   *corpus.Corpus
	seed     uint64
	rate     float64 // messages a second; as many as can be signed if that is less
	board    *board
	uploader *rig.Uploader
}

// pace is how often messages are sent: all that are due, as one batch.
const pace = 20 * time.Millisecond

// send makes and sends messages until ctx ends; what was begun is sent to its end. Every
// message is signed afresh, on all cores, since that takes some 2 ms.
func (t *traffic) send(ctx context.Context) error {
	making, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan corpus.Message, 64)
	makers, making := errgroup.WithContext(making)
	for i := range runtime.GOMAXPROCS(0) {
		plan, err := t.corpus.Plan(corpus.PlanConfig{Seed: t.seed + uint64(i)})
		if err != nil {
			return err
		}
		makers.Go(func() error { return makeMessages(making, plan, ready) })
	}
	err := t.upload(making, ready)
	stop()
	if made := makers.Wait(); made != nil {
		return made
	}
	return err
}

func makeMessages(ctx context.Context, plan *corpus.Plan, ready chan<- corpus.Message) error {
	for {
		m, err := plan.Next()
		if err != nil {
			return fmt.Errorf("make a sample message: %w", err)
		}
		select {
		case ready <- m:
		case <-ctx.Done():
			return nil
		}
	}
}

// upload sends what is due. After a pause of the broker's it makes up for one second of
// it at most.
func (t *traffic) upload(ctx context.Context, ready <-chan corpus.Message) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			due = min(due+t.rate*now.Sub(last).Seconds(), max(t.rate, 1))
			last = now
		}
		var batch []corpus.Message
		for due >= 1 {
			select {
			case m := <-ready:
				batch = append(batch, m)
				due--
				continue
			default:
			}
			break // none is ready: what is due stays so
		}
		if len(batch) == 0 {
			continue
		}
		for _, m := range batch {
			t.board.sending(m)
		}
		// Not cut off by ctx: whether a message was stored would then be unknown.
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		err := t.uploader.Send(sending, batch...)
		cancel()
		if err != nil {
			return err
		}
	}
}
