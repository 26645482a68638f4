package portal

import (
	"context"
	"sync"
	"time"
)

// Bounds of what answers don't wait for.
const (
	errandsAtOnce = 16
	errandTime    = 30 * time.Second
)

// errands are what is done beside answers: whose time would tell what is nobody's to know.
type errands struct {
	running sync.WaitGroup

	mu sync.Mutex
	n  int // guarded by mu
}

// later does something that the answer doesn't wait for, and reports whether it will be
// done: false means that too much is under way, and that the visitor is to come back. A
// crash loses it.
func (p *Portal) later(ctx context.Context, what string, do func(context.Context) error) bool {
	e := &p.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.n >= errandsAtOnce {
		return false
	}
	e.n++
	e.running.Go(func() {
		defer func() {
			e.mu.Lock()
			e.n--
			e.mu.Unlock()
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), errandTime)
		defer cancel()
		if err := do(ctx); err != nil {
			p.cfg.Log.Error("an errand failed", "errand", what, "error", err)
		}
	})
	return true
}
