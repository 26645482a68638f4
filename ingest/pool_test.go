package ingest

import (
	"context"
	"runtime"
	"strings"
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

// A latecomer is a context that ends while a helper asks it, after its caller has seen that
// no piece is left.
type latecomer struct {
	context.Context
	caller string        // its goroutine
	asked  chan struct{} // closed when the helper asks
	once   sync.Once
	end    chan struct{} // closed when the context ends
}

func goroutine() string {
	text := make([]byte, 64)
	return strings.Fields(string(text[:runtime.Stack(text, false)]))[1]
}

func (l *latecomer) Err() error {
	if goroutine() != l.caller {
		l.once.Do(func() { close(l.asked) })
		<-l.end
		return context.Canceled
	}
	return nil
}

// No error means that all was done, also where the context ends at the very last.
func TestPoolSkipsNothingWithoutAnError(t *testing.T) {
	ctx := &latecomer{Context: context.Background(), caller: goroutine(), asked: make(chan struct{}), end: make(chan struct{})}
	var done atomic.Int32
	p := newPool(2)
	var watch sync.WaitGroup
	watch.Go(func() { // the caller has given up its seat, so it asks for nothing more
		<-ctx.asked
		for !p.seats.TryAcquire(1) {
			runtime.Gosched()
		}
		p.seats.Release(1)
		close(ctx.end)
	})
	err := p.each(ctx, 2, func(int) {
		<-ctx.asked
		done.Add(1)
	})
	watch.Wait()
	if err == nil && done.Load() != 2 {
		t.Errorf("no error, and %d of 2 were done", done.Load())
	}
}
