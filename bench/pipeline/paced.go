package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
)

// beat is about how often messages are sent to a partition: as many together as the rate
// then asks for, one at least.
const beat = 5 * time.Millisecond

// A schedule says when each message is due. It doesn't wait for anybody: a message that is
// sent late, since one before it took long, was due when it was due.
type schedule struct {
	*backlog
	begin time.Time
	each  int           // messages that are due together on a partition
	every time.Duration // from one such moment to the next
	warm  int           // messages of a partition that aren't counted
}

// pace is a schedule for a backlog that is yet to be stored, at so many messages a second
// over all partitions.
func pace(b *backlog, rate float64, warm time.Duration) *schedule {
	onEach := rate / float64(b.partitions)
	s := &schedule{backlog: b, each: max(1, int(onEach*beat.Seconds()))}
	s.every = time.Duration(float64(s.each) / onEach * float64(time.Second))
	s.warm = int(warm/s.every) * s.each
	return s
}

// due is when the message at an offset of a partition is. Partitions take turns.
func (s *schedule) due(partition int, offset int64) time.Time {
	turn := s.every * time.Duration(partition) / time.Duration(s.partitions)
	return s.begin.Add(turn + s.every*time.Duration(int(offset)/s.each))
}

// A flow is what a paced run came to.
type flow struct {
	window                    // of the messages that count
	latencies []time.Duration // from due to read, sorted
	twice     int             // records that a gateway read beyond those sent; of gateways only
	rate      float64         // messages per second that were due
}

// quantile is the nearest-rank q-quantile.
func (f *flow) quantile(q float64) time.Duration {
	if len(f.latencies) == 0 {
		return 0
	}
	return f.latencies[min(int(q*float64(len(f.latencies))), len(f.latencies)-1)]
}

// paced sends messages to a number of contenders of one group at a fixed rate, reads what
// comes out, and returns how long it took from when each message was due.
func (g *ground) paced(ctx context.Context, who string, programs int, l *load, c course, rate float64) (f *flow, err error) {
	fail := func(err error) (*flow, error) {
		return nil, fmt.Errorf("%d %s at %.0f messages a second: %w", programs, who, rate, err)
	}
	b := &backlog{load: l, inbound: g.name("inbound"), partitions: c.partitions, count: int(rate * (c.warm + c.span).Seconds())}
	t := g.outputs(b.inbound)
	if err := g.create(ctx, t, b.partitions); err != nil {
		return fail(err)
	}
	crew, err := g.crew(ctx, who, programs, t)
	defer crew.kill()
	if err != nil {
		return fail(err)
	}
	s := pace(b, rate, c.warm)
	if f, err = g.flow(ctx, s, t, crew); err != nil {
		return fail(err)
	}
	f.rate = rate
	if f.twice, err = crew.repeated(ctx, b.count); err != nil {
		return fail(err)
	}
	for _, p := range crew.programs {
		if err := end(p); err != nil {
			return fail(err)
		}
	}
	if err := g.audit(ctx, who, b, t, b.count); err != nil {
		return fail(err)
	}
	return f, g.drop(ctx, t.Inbound, t.Verified, t.Rejected, t.Quarantine)
}

// A crew is the programs that share a group.
type crew struct {
	programs []*rig.Program
	gateways []rig.Server // those that can be asked
}

func (g *ground) crew(ctx context.Context, who string, n int, t ingest.Topics) (*crew, error) {
	c := &crew{}
	group := g.name("group")
	for range n {
		if who == gatewayName {
			s, err := g.startGateway(ctx, t, group, "")
			if err != nil {
				return c, err
			}
			c.programs, c.gateways = append(c.programs, s.Program), append(c.gateways, s)
			continue
		}
		p, err := g.start(ctx, who, t, group)
		if err != nil {
			return c, err
		}
		c.programs = append(c.programs, p)
	}
	return c, nil
}

func (c *crew) kill() {
	for _, p := range c.programs {
		p.Kill() // one that was ended in order stays so
	}
}

// repeated is how many records the gateways have read beyond those that were sent.
func (c *crew) repeated(ctx context.Context, sent int) (int, error) {
	if len(c.gateways) == 0 {
		return 0, nil
	}
	var read float64
	for _, s := range c.gateways {
		n, err := s.Counter(ctx, "turnkey_records_total", string(ingest.Inbound))
		if err != nil {
			return 0, err
		}
		read += n
	}
	return int(read) - sent, nil
}

// flow sends what is due and reads what comes of it, all partitions at once.
func (g *ground) flow(ctx context.Context, s *schedule, t ingest.Topics, c *crew) (*flow, error) {
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(s.every*time.Duration(s.on(0)/s.each)+time.Minute))
	defer cancel()
	s.begin = time.Now().Add(100 * time.Millisecond)
	f := &flow{}
	each := make([][]time.Duration, s.partitions)
	group, ctx := errgroup.WithContext(ctx)
	for p := range s.partitions {
		group.Go(func() error { return g.sendDue(ctx, s, p) })
		group.Go(func() (err error) { each[p], err = g.readLatencies(ctx, s, t.Verified, p); return err })
	}
	group.Go(func() (err error) { f.window, err = g.meter(ctx, s, c.programs); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	f.latencies = slices.Concat(each...)
	slices.Sort(f.latencies)
	return f, nil
}

func (g *ground) sendDue(ctx context.Context, s *schedule, partition int) error {
	for k := 0; k < s.on(partition); k += s.each {
		if err := rig.Sleep(ctx, time.Until(s.due(partition, int64(k)))); err != nil {
			return err
		}
		if err := g.send(ctx, s.backlog, partition, k, min(k+s.each, s.on(partition))); err != nil {
			return err
		}
	}
	return nil
}

// readLatencies reads all outcomes of a partition and says how long after being due each
// message that counts was read. Their order tells which is which; the audit sees to it.
func (g *ground) readLatencies(ctx context.Context, s *schedule, topic string, partition int) ([]time.Duration, error) {
	all := make([]time.Duration, 0, s.on(partition))
	for next := int64(0); next < int64(s.on(partition)); {
		res, err := g.fetch(ctx, topic, partition, next, 1<<20)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for {
			rec, err := res.Next(fetch.Limits{Record: 4 << 20, Large: 4 << 20})
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			if int(rec.Offset) >= s.warm {
				all = append(all, now.Sub(s.due(partition, rec.Offset)))
			}
		}
		next = res.NextOffset()
		res.Close()
	}
	return all, nil
}

// meter reads the processor's times from the first message that counts to the last that
// is due.
func (g *ground) meter(ctx context.Context, s *schedule, programs []*rig.Program) (window, error) {
	var at [2]moment
	for i, offset := range []int{s.warm, s.on(0)} {
		if err := rig.Sleep(ctx, time.Until(s.due(0, int64(offset)))); err != nil {
			return window{}, err
		}
		var err error
		if at[i], err = g.times(programs...); err != nil {
			return window{}, err
		}
		at[i].outcomes = offset * s.partitions
	}
	return at[0].until(at[1]), nil
}
