package ingest

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// A pool bounds how many records are judged at once, over all partitions, and lets them
// take turns: who has a seat gives it up after each piece of work that others wait for.
type pool struct {
	size    int
	seats   *semaphore.Weighted
	waiting atomic.Int32 // callers that wait for their first seat, or for their next turn
}

func newPool(size int) *pool {
	return &pool{size: size, seats: semaphore.NewWeighted(int64(size))}
}

// each calls work for 0 to n-1, in no order, on as many seats as are free but at
// least one, and returns when all are done. The error is ctx's; then some were not
// called.
func (p *pool) each(ctx context.Context, n int, work func(i int)) error {
	if n == 0 {
		return ctx.Err()
	}
	var next atomic.Int64
	step := func() bool {
		if ctx.Err() != nil { // before a piece is taken: what was taken is done
			return false
		}
		i := int(next.Add(1)) - 1
		if i >= n {
			return false
		}
		work(i)
		return true
	}
	help := func() {
		defer p.seats.Release(1)
		for step() && p.waiting.Load() == 0 {
		}
	}
	var helpers sync.WaitGroup
	defer helpers.Wait()
	if err := p.sit(ctx); err != nil {
		return err
	}
	for {
		for left := n - int(next.Load()) - 1; left > 0 && p.seats.TryAcquire(1); left-- { // not while others wait
			helpers.Go(help)
		}
		if !step() {
			p.seats.Release(1)
			return ctx.Err()
		}
		if p.waiting.Load() == 0 {
			continue
		}
		p.seats.Release(1)
		if err := p.sit(ctx); err != nil {
			return err
		}
	}
}

// sit waits for a seat, behind those that wait already.
func (p *pool) sit(ctx context.Context) error {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	return p.seats.Acquire(ctx, 1)
}
