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

type progress struct{ acknowledged, committed int64 }

func newOffsets() *offsets { return &offsets{partitions: map[int]*progress{}} }

// begin adds a partition that starts at an offset. Stored says whether the group has
// committed that offset; where it hasn't, it is due at once, so that a rebalance
// before the first record doesn't choose another start.
func (o *offsets) begin(partition int, offset int64, stored bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &progress{acknowledged: offset, committed: offset}
	if !stored {
		p.committed = -1
	}
	o.partitions[partition] = p
}

// acknowledge says that the outcomes of all records from one offset up to before
// another were acknowledged. It refuses a range that would leave a gap.
func (o *offsets) acknowledge(partition int, from, next int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.partitions[partition]
	if p == nil {
		return fmt.Errorf("partition %d is not assigned", partition)
	}
	if from != p.acknowledged || next < from {
		return fmt.Errorf("partition %d: offsets %d to %d acknowledged after %d", partition, from, next, p.acknowledged)
	}
	p.acknowledged = next
	return nil
}

// due returns what there is to commit, nil if nothing.
func (o *offsets) due() map[int]int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var due map[int]int64
	for id, p := range o.partitions {
		if p.acknowledged > p.committed {
			if due == nil {
				due = map[int]int64{}
			}
			due[id] = p.acknowledged
		}
	}
	return due
}

// committed says that these offsets were committed.
func (o *offsets) committed(done map[int]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, offset := range done {
		if p := o.partitions[id]; p != nil && offset > p.committed {
			p.committed = offset
		}
	}
}
