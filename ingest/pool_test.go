package ingest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
)

func TestPoolDoesEachOnceWithinItsSize(t *testing.T) {
	p := newPool(3)
	var busy, most atomic.Int32
	var callers sync.WaitGroup
	for range 5 {
		callers.Go(func() {
			done := make([]atomic.Int32, 100)
			err := p.each(t.Context(), len(done), func(i int) {
				n := busy.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				done[i].Add(1)
				busy.Add(-1)
			})
			if err != nil {
				t.Error(err)
			}
			for i := range done {
				if n := done[i].Load(); n != 1 {
					t.Errorf("%d was done %d times", i, n)
				}
			}
		})
	}
	callers.Wait()
	if most.Load() > 3 {
		t.Errorf("%d at once, want 3 at most", most.Load())
	}
}

func TestPoolStopsWithItsContext(t *testing.T) {
	p := newPool(1)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	if err := p.each(ctx, 10, func(int) { calls++; cancel() }); err == nil || calls != 1 {
		t.Errorf("%d calls, err %v", calls, err)
	}
}

// Who has much to do gives way after each piece to who has little.
func TestPoolTakesTurns(t *testing.T) {
	p := newPool(1)
	started, proceed := make(chan struct{}), make(chan struct{})
	order := make(chan string, 200)
	var callers sync.WaitGroup
	callers.Go(func() {
		_ = p.each(t.Context(), 100, func(i int) {
			if i == 0 {
				close(started)
				<-proceed
			}
			order <- "much"
		})
	})
	<-started
	callers.Go(func() { _ = p.each(t.Context(), 1, func(int) { order <- "little" }) })
	eventually(t, "the second waits", func() bool { return p.waiting.Load() == 1 })
	close(proceed)
	callers.Wait()
	close(order)
	before := 0
	for what := range order {
		if what == "little" {
			break
		}
		before++
	}
	if before > 2 {
		t.Errorf("the one with little waited for %d pieces of the other's", before)
	}
}
