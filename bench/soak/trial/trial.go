// Package trial is what every world of the fault harness has in common: a trial is one
// seed's schedule of faults against gateways under traffic, and what came of it.
package trial

import (
	"context"
	"io"
	"maps"
	"slices"
	"time"
)

// A Fault is one kind of thing that a schedule does to a gateway or to what it needs.
// Names are stable: results are filed under them.
type Fault string

// A Result is what a trial that broke no promise has to tell.
type Result struct {
	Messages int           // records in the inbound topic
	Outcomes int           // records in the outputs
	Repeated int           // of those, further outcomes of an event id
	Took     time.Duration // from the first message to the end of the audit

	// Struck counts how often each fault of the schedule did strike: a produce that was
	// really cut off, a gateway killed with work in flight. Each fault of the schedule is
	// there, and none is zero: a trial that misses fails.
	Struck map[Fault]int
}

// A World runs trials. It is used by one goroutine at a time.
type World interface {
	// Faults are all kinds that schedules of this world draw from.
	Faults() []Fault

	// Run plays one seed. An error is a broken promise, a fault that did not strike, or
	// that the world itself failed; it says which. What happens is told to log, one line
	// each, for whoever replays the seed.
	Run(ctx context.Context, seed uint64, log io.Writer) (Result, error)

	// Close ends everything the world started.
	Close() error
}

// Missed returns the faults of a schedule that never struck, in order.
func (r Result) Missed() []Fault {
	var missed []Fault
	for _, f := range slices.Sorted(maps.Keys(r.Struck)) {
		if r.Struck[f] == 0 {
			missed = append(missed, f)
		}
	}
	return missed
}
