package main

import (
	"slices"
	"time"

	"turnkey-gateway/bench/cost"
)

// results are all that was measured.
type results struct {
	course  course
	begun   time.Time
	commit  string
	load    string // the machine's, then
	disk    string // what Kafka's log was on
	loads   map[int]*load
	drains  table
	profile cost.Reading // of the gateway, draining 8 KB
	flows   map[paced]*flow
	pair    *flow // of two gateways
}

// A paced is who worked at which part of the rate at which the gateway drains.
type paced struct {
	who  string
	part float64
}

var (
	halfLoad  = paced{gatewayName, 0.5}
	pacedRuns = []paced{halfLoad, {copyName, 0.5}, {gatewayName, 0.25}, {copyName, 0.25}}
)

// A drained is what was drained by whom.
type drained struct {
	who              string
	size, partitions int
}

// at is a contender's drain on the usual number of partitions.
func (r *results) at(who string, size int) drained {
	return drained{who: who, size: size, partitions: r.course.partitions}
}

// A table holds the windows of each drain, one a round.
type table map[drained][]window

func (t *table) add(d drained, w window) {
	if *t == nil {
		*t = make(table)
	}
	(*t)[d] = append((*t)[d], w)
}

// middle is the median over the rounds of what is read of a window; 0 where there is none.
func (t table) middle(d drained, read func(window) float64) float64 {
	var all []float64
	for _, w := range t[d] {
		all = append(all, read(w))
	}
	return middle(all)
}

func (t table) rate(d drained) float64   { return t.middle(d, window.rate) }
func (t table) client(d drained) float64 { return t.middle(d, window.clientEach) }
func (t table) broker(d drained) float64 { return t.middle(d, window.brokerEach) }

// spread is how far the rounds' rates lie apart, as a share of the median.
func (t table) spread(d drained) float64 {
	var all []float64
	for _, w := range t[d] {
		all = append(all, w.rate())
	}
	if len(all) == 0 {
		return 0
	}
	return (slices.Max(all) - slices.Min(all)) / middle(all)
}

// ratio is the median of the rounds' ratios of rates: rounds stand side by side.
func (t table) ratio(of, to drained) float64 {
	var all []float64
	for i, w := range t[of] {
		if i < len(t[to]) {
			all = append(all, w.rate()/t[to][i].rate())
		}
	}
	return middle(all)
}

// middle is the median: of an even number, the upper of the two in the middle.
func middle(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}
