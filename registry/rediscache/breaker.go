package rediscache

import (
	"sync"
	"time"
)

// breakFor is how long Redis is left alone after it failed: a dead or slow Redis
// costs one time-out in so long, not one a batch.
const breakFor = time.Second

// A breaker lets one caller at a time try a server that failed.
type breaker struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time // guarded by mu; zero while the server works
}

// allow reports whether to try now. While the server has failed, it lets one caller
// through every breakFor, and the others go without.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return true
	}
	now := b.now()
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(breakFor)
	return true
}

// report tells how the try went, and returns whether that is news.
func (b *breaker) report(err error) (news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	worked := b.until.IsZero()
	b.until = time.Time{}
	if err != nil {
		b.until = b.now().Add(breakFor)
	}
	return worked != (err == nil)
}

// open reports whether the server has failed and was not seen working since.
func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.until.IsZero()
}
