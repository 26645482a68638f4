package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
)

// read fetches from a position on and sends chunks until ctx ends.
func (p *partition) read(ctx context.Context, at position, chunks chan<- chunk) {
	trouble := p.g.struggle(StageFetch, p.source(0).Topic+"/"+p.label)
	defer func() { trouble.end(false) }()
	var missing time.Time // since when brokers say that the records to go on from aren't there
	for ctx.Err() == nil {
		res, err := p.g.fetcher.Fetch(ctx, fetch.Request{
			Topic:     p.g.cfg.Topics.Inbound,
			TopicID:   p.in.topic.ID,
			Partition: p.id,
			Offset:    at.offset,
			LastEpoch: at.epoch,
			MaxBytes:  p.g.cfg.FetchBytes,
			MaxWait:   p.g.cfg.FetchWait,
		})
		switch {
		case !gone(err):
			missing = time.Time{}
		case missing.IsZero():
			missing = time.Now()
		case time.Since(missing) >= p.g.cfg.goneFor:
			if why := p.lost(ctx, err); why != nil {
				p.halt(ctx, at.offset, why)
				return
			}
			missing = time.Now()
		}
		if err == nil {
			p.g.metrics.lag.WithLabelValues(p.label).Set(float64(max(0, res.HighWatermark-at.offset)))
			at, err = p.split(ctx, res, at, chunks)
		}
		if err != nil {
			trouble.failedWith(ctx, err)
		} else {
			trouble.end(true)
		}
	}
}

// gone reports whether a broker says that the records to go on from aren't there. It may be
// one that led the partition before it lost its disk, and that is still asked.
func gone(err error) bool {
	return fetch.Gone(err) || otherTopic(err)
}

// otherTopic reports whether a broker knows no topic of that id. Brokers learn of one after
// another.
func otherTopic(err error) bool {
	return errors.Is(err, kafka.UnknownTopicID) || errors.Is(err, kafka.InconsistentTopicID)
}

// lost is the reason for which trying again can't get a fetch to succeed whose records are
// gone, nil where it may.
func (p *partition) lost(ctx context.Context, err error) error {
	if !otherTopic(err) {
		return err
	}
	topic, asked := p.g.fetcher.Topic(ctx, p.g.cfg.Topics.Inbound)
	if asked != nil || topic.ID == p.in.topic.ID {
		return nil
	}
	return fmt.Errorf("%w: its id was %s and is %s", errRemade, p.in.topic.ID, topic.ID)
}

// halt stops the partition for as long as it is assigned here. To go on from another
// offset would skip records that nobody judged, so that is for a person to decide.
func (p *partition) halt(ctx context.Context, offset int64, why error) {
	p.g.log.Error("partition halted: the records to go on from are not there; a person must decide (deploy/README.md, a halted partition)",
		"source", p.source(offset).String(), "error", why)
	p.g.metrics.halted.Inc()
	p.g.state.halted(p.id, why)
	<-ctx.Done()
	p.g.state.resumed(p.id)
	p.g.metrics.halted.Dec()
}

// split sends a response's records in chunks, and returns the position to fetch from
// next, whatever happens. The response is closed when the last chunk is released.
func (p *partition) split(ctx context.Context, res *fetch.Response, at position, chunks chan<- chunk) (position, error) {
	var users atomic.Int32 // chunks not yet released, and this function
	users.Store(1)
	release := func() {
		if users.Add(-1) == 0 {
			res.Close()
		}
	}
	defer release()

	for {
		c, err := p.gather(ctx, res, at)
		arrived := p.g.now()
		for _, it := range c.items {
			it.arrived = arrived
		}
		if len(c.items) > 0 || c.next.offset > at.offset {
			users.Add(1)
			own := c.release
			c.release = func() { own(); release() }
			select {
			case chunks <- c:
				at = c.next
			case <-ctx.Done():
				c.release()
				return at, ctx.Err()
			}
		} else {
			c.release()
		}
		if err == io.EOF {
			return at, nil
		}
		if err != nil {
			return at, err
		}
	}
}

// gather collects records up to a chunk's size. The chunk counts even with an error.
func (p *partition) gather(ctx context.Context, res *fetch.Response, from position) (chunk, error) {
	t := p.g.trays.get()
	deflate := func() {} // gives back what inflating takes
	var large func()     // gives back what the last large record took; nil before the first
	c := chunk{tray: t, from: from, next: from, release: func() {
		if large != nil {
			large()
		}
		deflate()
		p.g.trays.put(t)
	}}
	inflating := res.Inflating()
	if inflating > 0 {
		release, err := p.g.memory.inflated.reserve(ctx, inflating+2*chunkBytes)
		if err != nil {
			return c, err
		}
		deflate = release
	}
	limits := fetch.Limits{
		Record:      p.g.cfg.MaxRecord,
		Headers:     recordHeaders,
		HeaderBytes: chunkBytes,
		Large:       chunkBytes,
		Grow: func(size int64) (err error) {
			if large != nil {
				large() // one before the offset asked for, which was passed over
			}
			large, err = p.g.memory.large.reserve(ctx, size)
			return err
		},
	}
	// A batch that takes more than was reserved begins another chunk. A large record ends
	// one: to wait for room with room in hand is to wait for oneself.
	for size := 0; size < chunkBytes && len(c.items) < chunkRecords && res.Inflating() <= inflating && large == nil; {
		rec, err := res.Next(limits)
		if err != nil {
			c.next = position{res.NextOffset(), res.LastEpoch()}
			return c, err
		}
		size += rec.Len() + headerMemory*len(rec.Headers)
		it := c.add()
		it.source, it.rec = p.source(rec.Offset), rec
	}
	c.next = position{res.NextOffset(), res.LastEpoch()}
	return c, nil
}
