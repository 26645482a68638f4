package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/segmentio/kafka-go"
)

// A partition is one inbound partition while it is assigned. Two goroutines work on
// it: one reads ahead by a chunk, one takes chunk after chunk to its end.
type partition struct {
	*generation
	id    int
	label string // of metrics
}

// A chunk is a run of records taken through the pipeline together. It covers the
// offsets from up to before next, gaps included.
type chunk struct {
	*tray
	from, next position
	release    func() // gives back the memory of its items and their records
}

// run fetches, judges, produces and marks as done until ctx ends. A partition whose
// offset is gone, or never was in this topic, stays halted until then.
func (p *partition) run(ctx context.Context) {
	defer p.g.metrics.lag.DeleteLabelValues(p.label)
	stored, known := p.in.stored[p.id]
	if err := p.in.check(stored, p.g.topicID); err != nil {
		p.halt(ctx, stored.offset, err)
		return
	}
	at := stored.position
	if !known {
		var err error
		if at, err = p.start(ctx); err != nil {
			return // only ctx ends the search for a start
		}
	}
	p.offsets.begin(p.id, at, stored.marked())

	chunks := make(chan chunk)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(chunks)
		p.read(ctx, at, chunks)
	})
	defer reader.Wait()
	for c := range chunks {
		p.process(ctx, c)
		c.release()
	}
}

// process takes a chunk to its end. Where the generation ends first, what is done of it
// from its beginning counts, and the rest comes again to the next owner.
func (p *partition) process(ctx context.Context, c chunk) {
	p.g.metrics.records.WithLabelValues(string(Inbound)).Add(float64(len(c.items)))
	for _, it := range c.items {
		it.admit(p.g.cfg.AcceptCreateTime)
	}
	if p.g.read(ctx, c.items) != nil || !p.judge(ctx, c.items) {
		return
	}
	p.deliver(ctx, c.items)
	p.g.observe(c.items)
	if err := p.offsets.acknowledge(p.id, c.from.offset, c.reached()); err != nil {
		panic(err) // chunks follow one another, and none is begun after ctx has ended
	}
}

// reached is the position up to before which all outcomes are acknowledged.
func (c chunk) reached() position {
	at := c.from
	for _, it := range c.items {
		if !it.done {
			return at // not the item's offset: a gap before it may be of a later epoch
		}
		at = position{it.source.Offset + 1, it.rec.Epoch}
	}
	return c.next
}

// judge looks up and judges those items that have no cause for quarantine, and tries
// again for as long as the registry can't answer. It returns false once ctx ends.
func (p *partition) judge(ctx context.Context, items []*item) bool {
	trouble := p.g.struggle(StageLookup, p.source(0).Topic+"/"+p.label)
	for {
		err := p.g.judge(ctx, judgeable(items))
		if err == nil {
			trouble.end(true)
			return true
		}
		if !trouble.failedWith(ctx, err) {
			trouble.end(false)
			return false
		}
	}
}

func judgeable(items []*item) []*item {
	var js []*item
	for _, it := range items {
		if it.cause == CauseNone {
			js = append(js, it)
		}
	}
	return js
}

// start is where to begin a partition that the group has committed nothing of.
func (p *partition) start(ctx context.Context) (position, error) {
	trouble := p.g.struggle(StageFetch, p.source(0).Topic+"/"+p.label)
	for {
		offset, err := p.g.starts.of(p.id, func() (int64, error) { return p.listOffset(ctx, p.fresh) })
		if err == nil {
			trouble.end(true)
			return position{offset, -1}, nil
		}
		if !trouble.failedWith(ctx, err) {
			trouble.end(false)
			return position{}, err
		}
	}
}

// listOffset asks for the partition's first or last offset.
func (p *partition) listOffset(ctx context.Context, which int64) (int64, error) {
	topic := p.g.cfg.Topics.Inbound
	res, err := p.g.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics:         map[string][]kafka.OffsetRequest{topic: {{Partition: p.id, Timestamp: which}}},
		IsolationLevel: kafka.ReadCommitted,
	})
	if err != nil {
		return 0, fmt.Errorf("list offsets of %s/%d: %w", topic, p.id, err)
	}
	for _, o := range res.Topics[topic] {
		if o.Partition != p.id {
			continue
		}
		if o.Error != nil {
			return 0, fmt.Errorf("list offsets of %s/%d: %w", topic, p.id, o.Error)
		}
		if which == kafka.FirstOffset {
			return o.FirstOffset, nil
		}
		return o.LastOffset, nil
	}
	return 0, fmt.Errorf("list offsets of %s/%d: %w", topic, p.id, errors.New("no answer"))
}

func (p *partition) source(offset int64) Source {
	return Source{Topic: p.g.cfg.Topics.Inbound, Partition: p.id, Offset: offset}
}
