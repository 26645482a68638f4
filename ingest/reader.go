package ingest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
)

// read fetches from an offset on and sends chunks until ctx ends.
func (p *partition) read(ctx context.Context, offset int64, chunks chan<- chunk) {
	trouble := p.g.struggle(StageFetch, p.source(0).Topic+"/"+p.label)
	defer func() { trouble.end(false) }()
	for ctx.Err() == nil {
		res, err := p.g.fetcher.Fetch(ctx, fetch.Request{
			Topic:     p.g.cfg.Topics.Inbound,
			Partition: p.id,
			Offset:    offset,
			MaxBytes:  p.g.cfg.FetchBytes,
			MaxWait:   p.g.cfg.FetchWait,
		})
		if errors.Is(err, kafka.OffsetOutOfRange) {
			p.halt(ctx, offset, err)
			return
		}
		if err == nil {
			p.g.metrics.lag.WithLabelValues(p.label).Set(float64(max(0, res.HighWatermark-offset)))
			offset, err = p.split(ctx, res, offset, chunks)
		}
		if err != nil {
			trouble.failedWith(ctx, err)
		} else {
			trouble.end(true)
		}
	}
}

// halt stops the partition for as long as it is assigned here. To go on from another
// offset would skip records that nobody judged, so that is for a person to decide.
func (p *partition) halt(ctx context.Context, offset int64, err error) {
	p.g.log.Error("partition halted: the offset to read from is not there; set the group's offset by hand to go on",
		"source", p.source(offset).String(), "error", err)
	p.g.metrics.halted.Inc()
	<-ctx.Done()
	p.g.metrics.halted.Dec()
}

// split sends a response's records in chunks, and returns the offset to fetch from
// next, whatever happens. The response is closed when the last chunk is released.
func (p *partition) split(ctx context.Context, res *fetch.Response, offset int64, chunks chan<- chunk) (int64, error) {
	var users atomic.Int32 // chunks not yet released, and this function
	users.Store(1)
	release := func() {
		if users.Add(-1) == 0 {
			res.Close()
		}
	}
	defer release()

	for {
		c, err := p.gather(ctx, res, offset)
		arrived := p.g.now()
		for _, it := range c.items {
			it.arrived = arrived
		}
		if len(c.items) > 0 || c.next > offset {
			users.Add(1)
			own := c.release
			c.release = func() { own(); release() }
			select {
			case chunks <- c:
				offset = c.next
			case <-ctx.Done():
				c.release()
				return offset, ctx.Err()
			}
		} else {
			c.release()
		}
		if err == io.EOF {
			return offset, nil
		}
		if err != nil {
			return offset, err
		}
	}
}

// gather collects records up to a chunk's size. The chunk counts even with an error.
func (p *partition) gather(ctx context.Context, res *fetch.Response, offset int64) (chunk, error) {
	t := p.g.trays.get()
	c := chunk{tray: t, from: offset, next: offset, release: func() { p.g.trays.put(t) }}
	reserve := func(b *budget, n int64) error {
		release, err := b.reserve(ctx, n)
		if err == nil {
			before := c.release
			c.release = func() { release(); before() }
		}
		return err
	}
	if res.Compressed() {
		if err := reserve(p.g.memory.inflated, 2*chunkBytes); err != nil {
			return c, err
		}
	}
	limits := fetch.Limits{
		Record: p.g.cfg.MaxRecord,
		Large:  chunkBytes,
		Grow:   func() error { return reserve(p.g.memory.large, p.g.cfg.MaxRecord) },
	}
	for size := 0; size < chunkBytes && len(c.items) < chunkRecords; {
		rec, err := res.Next(limits)
		if err != nil {
			c.next = res.NextOffset()
			return c, err
		}
		size += rec.Len()
		it := c.add()
		it.source, it.rec = p.source(rec.Offset), rec
	}
	c.next = res.NextOffset()
	return c, nil
}
