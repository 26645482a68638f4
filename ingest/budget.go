package ingest

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// A budget bounds bytes in memory. Waiters are served in order, so that a large one
// is not overtaken for ever.
type budget struct {
	capacity int64
	room     *semaphore.Weighted
	used     atomic.Int64
}

func newBudget(capacity int64) *budget {
	return &budget{capacity: capacity, room: semaphore.NewWeighted(capacity)}
}

// reserve waits for room for n bytes. What is larger than the whole budget gets all
// of it, and so passes alone. Release may be called more than once.
func (b *budget) reserve(ctx context.Context, n int64) (release func(), err error) {
	n = min(n, b.capacity)
	if err := b.room.Acquire(ctx, n); err != nil {
		return nil, err
	}
	b.used.Add(n)
	var once sync.Once
	return func() {
		once.Do(func() {
			b.used.Add(-n)
			b.room.Release(n)
		})
	}, nil
}

// memory is everything a gateway's records may take. To be free of deadlock each
// reader of a partition waits for at most one of these in this order: fetched,
// inflated, large; and whoever processes what was read waits for none.
type memory struct {
	fetched  *budget // responses and the outcomes encoded from them
	inflated *budget // chunks of compressed batches
	large    *budget // one record that inflates to more than a chunk, at a time
}

func newMemory(cfg Config) *memory {
	return &memory{
		fetched:  newBudget(cfg.InflightBytes / 4 * 3),
		inflated: newBudget(cfg.InflightBytes / 4),
		large:    newBudget(cfg.MaxRecord),
	}
}

func (m *memory) used() int64 {
	return m.fetched.used.Load() + m.inflated.used.Load() + m.large.used.Load()
}
