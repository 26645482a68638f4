package ingest

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// A pool bounds how many records are judged at once, over all partitions.
type pool struct {
	size  int
	seats *semaphore.Weighted
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
	if err := p.seats.Acquire(ctx, 1); err != nil {
		return err
	}
	var next atomic.Int64
	run := func() {
		defer p.seats.Release(1)
		for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
			work(i)
		}
	}
	var helpers sync.WaitGroup
	for h := 1; h < min(n, p.size) && p.seats.TryAcquire(1); h++ {
		helpers.Go(run)
	}
	run()
	helpers.Wait()
	return ctx.Err()
}
