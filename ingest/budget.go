package ingest

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// A budget bounds bytes in memory. Waiters are served in order, so that a large one
// is not overtaken for ever; what must not wait for a large one needs another budget.
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
// reader of a partition waits for at most one of these in this order: fetched or bulk,
// inflated, large; and whoever processes what was read waits for none.
type memory struct {
	asked    int64   // bytes asked for in a fetch
	fetched  *budget // responses of up to that size, and the outcomes encoded from them
	bulk     *budget // the same of larger ones, each a single batch: they wait for each other only
	inflated *budget // chunks of compressed batches
	large    *budget // records that inflate to more than a chunk
}

func newMemory(cfg Config) *memory {
	return &memory{
		asked:    int64(cfg.FetchBytes),
		fetched:  newBudget(cfg.InflightBytes / 4),
		bulk:     newBudget(cfg.InflightBytes / 2),
		inflated: newBudget(cfg.InflightBytes / 4),
		large:    newBudget(cfg.MaxRecord),
	}
}

const (
	// responseHead is about how many bytes a response has besides its records.
	responseHead = 1 << 10

	// bulkOutcomes is the memory in which outcomes of a larger response are encoded, a
	// batch at a time: large values are not copied there.
	bulkOutcomes = 2 * chunkBytes
)

// response reserves memory for a response of so many bytes, and for its outcomes.
func (m *memory) response(ctx context.Context, size int64) (release func(), err error) {
	if size > m.asked+responseHead {
		return m.bulk.reserve(ctx, size+min(size, bulkOutcomes))
	}
	return m.fetched.reserve(ctx, 2*size)
}

func (m *memory) used() int64 {
	return m.fetched.used.Load() + m.bulk.used.Load() + m.inflated.used.Load() + m.large.used.Load()
}
