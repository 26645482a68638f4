package ingest

import (
	"fmt"
	"sync"
)

// offsets holds, for each partition of one generation, up to where everything was
// acknowledged, and up to where that was committed. Only assigned partitions have an
// entry: a broker would let a member commit any.
//
// Invariant: committed <= acknowledged, and acknowledged grows only by ranges that
// begin where it ends. So what is committed is always a contiguous prefix.
type offsets struct {
	mu         sync.Mutex
	partitions map[int]*progress // guarded by mu
}

type progress struct {
	acknowledged position
	committed    int64
}

// A position is an offset to go on from.
type position struct {
	offset int64
	epoch  int32 // the leader epoch of the record before it, -1 where that is not known
}

func newOffsets() *offsets { return &offsets{partitions: map[int]*progress{}} }

// begin adds a partition that starts at a position. Stored says whether the group has
// committed it, as this program does; where it hasn't, it is due at once, so that a
// rebalance before the first record doesn't choose another start.
func (o *offsets) begin(partition int, at position, stored bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &progress{acknowledged: at, committed: at.offset}
	if !stored {
		p.committed = -1
	}
	o.partitions[partition] = p
}

// acknowledge says that the outcomes of all records from one offset up to before
// another were acknowledged. It refuses a range that would leave a gap.
func (o *offsets) acknowledge(partition int, from int64, next position) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.partitions[partition]
	if p == nil {
		return fmt.Errorf("partition %d is not assigned", partition)
	}
	if from != p.acknowledged.offset || next.offset < from {
		return fmt.Errorf("partition %d: offsets %d to %d acknowledged after %d", partition, from, next.offset, p.acknowledged.offset)
	}
	p.acknowledged = next
	return nil
}

// due returns what there is to commit, nil if nothing.
func (o *offsets) due() map[int]position {
	o.mu.Lock()
	defer o.mu.Unlock()
	var due map[int]position
	for id, p := range o.partitions {
		if p.acknowledged.offset > p.committed {
			if due == nil {
				due = map[int]position{}
			}
			due[id] = p.acknowledged
		}
	}
	return due
}

// committed says that these positions were committed.
func (o *offsets) committed(done map[int]position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, at := range done {
		if p := o.partitions[id]; p != nil && at.offset > p.committed {
			p.committed = at.offset
		}
	}
}
