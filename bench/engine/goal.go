package main

import (
	"fmt"

	"turnkey-gateway/bench/page"
)

// goals are those that the engine was given before it was written.
func (r *results) goals() []page.Goal {
	all := []page.Goal{
		page.AtMost("8 KB", r.slowest(engineName, size8K), 45_000, page.Time),
		r.ahead(size8K, "JDK", 4),
		r.ahead(size8K, "xmlsec1", 10),
		r.ahead(size8K, "goxmldsig", 20),
		r.fewAllocations(),
		r.ahead(size77K, "JDK", 5),
		r.ahead(size959K, "JDK", 5),
		page.AtLeast("959 KB, canonicalise and digest", r.readingRate(size959K), 500, page.Rate),
		r.linear(),
		r.frugal(),
	}
	for _, s := range r.scalings {
		all = append(all, page.AtLeast("2 cores, "+s.what, s.ratio, 1.9, page.Times))
	}
	name, worst := r.worstShape()
	return append(all, page.AtMost("hostile shapes, a byte against one of 8 KB: "+name, worst, 3, page.Times))
}

func (r *results) ahead(size int, who string, times float64) page.Goal {
	return page.AtLeast(fmt.Sprintf("%s, against %s", page.Size(size), who), r.lead(who, size), times, page.Times)
}

func (r *results) fewAllocations() page.Goal {
	g := page.Goal{What: "8 KB, allocations", Aim: "<= 3"}
	var most float64
	for _, d := range r.of(size8K) {
		count, known := r.memory.counts[d.name()]
		g.Known = known
		most = max(most, count)
	}
	g.Measured, g.Met = fmt.Sprintf("%.3g", most), most <= 3
	return g
}

// linear holds the largest document's cost a byte against that of one a tenth as large.
func (r *results) linear() page.Goal {
	large, small := r.perByte(size10M), r.perByte(size959K)
	g := page.Goal{What: "10 MB, cost a byte against 959 KB", Aim: "within 15 %", Known: large > 0 && small > 0}
	if g.Known {
		g.Measured, g.Met = fmt.Sprintf("%+.1f %%", 100*(large/small-1)), large <= 1.15*small
	}
	return g
}

func (r *results) frugal() page.Goal {
	g := page.AtMost("10 MB, memory beside the input", r.memory.cold, 1<<20, page.Bytes)
	g.Known = r.memory.of != "" && len(r.of(size10M)) > 0
	return g
}

// readingRate is how much the engine tokenises, canonicalises and digests, in bytes a
// second.
func (r *results) readingRate(size int) float64 {
	var least float64
	for _, d := range r.of(size) {
		if cost := r.cost(engineReading, d); cost > 0 {
			if rate := float64(len(d.signed)) / cost * 1e3; least == 0 || rate < least {
				least = rate
			}
		}
	}
	return least
}
