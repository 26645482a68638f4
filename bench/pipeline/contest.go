package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"turnkey-gateway/bench/place"
)

// Sizes of the messages, in bytes.
const (
	size3K  = 3 << 10
	size8K  = 8 << 10
	size77K = 77 << 10
)

// A course is how thoroughly is measured.
type course struct {
	brokers    int
	bin        string
	senders    int
	partitions int           // but where their number is what is measured
	counts     map[int]int   // messages of a backlog, by size
	signed     map[int]int   // of them, different documents
	plainPart  int           // of how many messages of a backlog the plain consumer takes one
	rounds     int           // each goes through all contenders
	spread     []int         // numbers of partitions
	spreadN    int           // messages of a backlog there
	warm, span time.Duration // of a paced run
	sampled    int           // drains that are sampled for the profile
}

var (
	full = course{
		senders: 500, partitions: 6, rounds: 3, plainPart: 10, sampled: 6,
		counts: map[int]int{size3K: 100_000, size8K: 64_000, size77K: 6_000},
		signed: map[int]int{size3K: 2_000, size8K: 2_000, size77K: 500},
		spread: []int{1, 3, 12, 48}, spreadN: 24_000,
		warm: 2 * time.Second, span: 8 * time.Second,
	}
	// quick only shows that all works.
	quick = course{
		senders: 20, partitions: 3, rounds: 1, plainPart: 4, sampled: 1,
		counts: map[int]int{size3K: 12_000, size8K: 12_000, size77K: 600},
		signed: map[int]int{size3K: 40, size8K: 40, size77K: 20},
		spread: []int{1, 6}, spreadN: 6_000,
		warm: time.Second / 2, span: time.Second,
	}
	sizes = []int{size3K, size8K, size77K}
)

// contest measures. Progress is told to say.
func contest(ctx context.Context, c course, say func(string, ...any)) (r *results, err error) {
	r = &results{course: c, begun: time.Now(), commit: place.Commit(), load: place.Load(), loads: make(map[int]*load)}
	report := func(format string, args ...any) {
		say("%4.0f s  %s", time.Since(r.begun).Seconds(), fmt.Sprintf(format, args...))
	}
	report("Kafka, PostgreSQL, Redis and %d senders", c.senders)
	g, err := prepare(ctx, c, r.begun)
	defer func() { err = errors.Join(err, g.close()) }()
	if err != nil {
		return nil, err
	}
	r.disk = place.FileSystem(g.Dir)
	for _, step := range []struct {
		about string
		run   func(context.Context, *ground, func(string, ...any)) error
	}{
		{"messages are signed", r.sign},
		{"drains, by size", r.drainSizes},
		{"latency", r.measureLatency},
		{"two gateways", r.measurePair},
		{"partitions", r.drainSpread},
	} {
		report("%s", step.about)
		if err := step.run(ctx, g, report); err != nil {
			return nil, fmt.Errorf("%s: %w", step.about, err)
		}
	}
	return r, ctx.Err()
}

func (r *results) sign(_ context.Context, g *ground, _ func(string, ...any)) (err error) {
	for _, size := range sizes {
		if r.loads[size], err = newLoad(size, r.course.signed[size], g.senders); err != nil {
			return err
		}
	}
	runtime.GC()
	return nil
}

// drainSizes measures all contenders at all sizes, and has a look at the gateway at 8 KB.
func (r *results) drainSizes(ctx context.Context, g *ground, report func(string, ...any)) error {
	for _, size := range sizes {
		b, err := g.fill(ctx, r.loads[size], r.course.partitions, r.course.counts[size])
		if err != nil {
			return err
		}
		if size == sizes[0] { // what is compiled as it runs, the broker's, is compiled
			if _, err := g.drain(ctx, copyName, b, b.count); err != nil {
				return err
			}
		}
		if err := r.drainRounds(ctx, g, b, report, contenders...); err != nil {
			return err
		}
		if size == size8K {
			if err := r.readProfile(ctx, g, b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *results) drainRounds(ctx context.Context, g *ground, b *backlog, report func(string, ...any), contenders ...string) error {
	for range r.course.rounds {
		for _, who := range contenders {
			part := b.count
			if who == plainName {
				part /= r.course.plainPart
			}
			w, err := g.drain(ctx, who, b, part)
			if err != nil {
				return err
			}
			report("%-8s %2d KB on %2d partitions %8.0f/s, %5.1f us + broker %5.1f us", who, b.size>>10, b.partitions,
				w.rate(), w.clientEach()/1e3, w.brokerEach()/1e3)
			r.drains.add(drained{who: who, size: b.size, partitions: b.partitions}, w)
		}
	}
	return nil
}

// drainSpread measures gateway and copy on other numbers of partitions.
func (r *results) drainSpread(ctx context.Context, g *ground, report func(string, ...any)) error {
	for _, partitions := range r.course.spread {
		b, err := g.fill(ctx, r.loads[size8K], partitions, r.course.spreadN)
		if err != nil {
			return err
		}
		if err := r.drainRounds(ctx, g, b, report, gatewayName, copyName); err != nil {
			return err
		}
	}
	return nil
}

// measureLatency paces gateway and copy at parts of what the gateway drains.
func (r *results) measureLatency(ctx context.Context, g *ground, report func(string, ...any)) error {
	drains := r.drains.rate(r.at(gatewayName, size8K))
	r.flows = make(map[paced]*flow)
	for _, p := range pacedRuns {
		f, err := g.paced(ctx, p.who, 1, r.loads[size8K], r.course, drains*p.part)
		if err != nil {
			return err
		}
		report("%-8s at %.0f/s, cores %.0f %% busy: p50 %v, p99 %v, p99.9 %v", p.who, f.rate, 100*f.busyShare(),
			f.quantile(0.5), f.quantile(0.99), f.quantile(0.999))
		r.flows[p] = f
	}
	return nil
}

// measurePair gives two gateways the load that one had.
func (r *results) measurePair(ctx context.Context, g *ground, report func(string, ...any)) (err error) {
	r.pair, err = g.paced(ctx, gatewayName, 2, r.loads[size8K], r.course, r.flows[halfLoad].rate)
	if err == nil {
		report("two gateways: %.1f us + broker %.1f us, %d records read twice", r.pair.clientEach()/1e3, r.pair.brokerEach()/1e3, r.pair.twice)
	}
	return err
}
