package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"turnkey-gateway/bench/cost"
)

// An entry is one thing whose cost is measured: what is done, by whom, to what.
type entry struct {
	who, what string

	// run does it so many times and returns the processor time that took, of the
	// process that did it: its garbage collector counts, its neighbours do not.
	run func(times int) (time.Duration, error)

	each int // how many it does at a time; 0 means 1

	times int       // in one round
	costs []float64 // nanoseconds of one, by round
}

// cost is the median of the rounds, in nanoseconds.
func (e *entry) cost() float64 { return middle(e.costs) }

// spread is how far the rounds lie apart, as a share of the median.
func (e *entry) spread() float64 {
	if e.cost() == 0 {
		return 0
	}
	return (slices.Max(e.costs) - slices.Min(e.costs)) / e.cost()
}

// warm runs it unmeasured, and finds how often fills a slice of time.
func (e *entry) warm(slice time.Duration) error {
	for e.times = 1; ; e.times *= 2 {
		took, err := e.run(e.times)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", e.who, e.what, err)
		}
		if took >= slice/4 {
			e.times = max(1, int(float64(slice)/float64(took)*float64(e.times)))
			return nil
		}
	}
}

func (e *entry) round() error {
	took, err := e.run(e.times)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", e.who, e.what, err)
	}
	e.costs = append(e.costs, float64(took)/float64(e.times*max(e.each, 1)))
	return nil
}

// A table holds the entries in the order in which each round goes through them: what
// disturbs the machine for a while disturbs all who are compared.
type table []*entry

// of returns the entry, nil where there is none.
func (t table) of(who, what string) *entry {
	for _, e := range t {
		if e.who == who && e.what == what {
			return e
		}
	}
	return nil
}

func (t table) measure(ctx context.Context, rounds int, slice time.Duration) error {
	for _, e := range t {
		if err := e.warm(slice); err != nil {
			return err
		}
	}
	for range rounds {
		for _, e := range t {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := e.round(); err != nil {
				return err
			}
		}
	}
	return nil
}

// within makes a run of work in this process. The garbage of others is collected
// beforehand.
func within(work func() error) func(int) (time.Duration, error) {
	return func(times int) (time.Duration, error) {
		runtime.GC()
		begun, err := cost.Own()
		if err != nil {
			return 0, err
		}
		for range times {
			if err := work(); err != nil {
				return 0, err
			}
		}
		ended, err := cost.Own()
		return ended - begun, err
	}
}
