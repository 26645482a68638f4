package main

import (
	"fmt"
	"time"
)

// A goal is what the engine is to reach, and what it reached.
type goal struct {
	what, aim, measured string
	known, met          bool
}

// reached is what was measured, as the page says it.
func (g goal) reached() string {
	if !g.known {
		return "-"
	}
	return g.measured
}

func (g goal) outcome() string {
	switch {
	case !g.known:
		return "not measured"
	case g.met:
		return "met"
	}
	return "**missed**"
}

// goals are those that the engine was given before it was written.
func (r *results) goals() []goal {
	all := []goal{
		atMost("8 KB", r.slowest(engineName, size8K), 45_000, timeText),
		r.ahead(size8K, "JDK", 4),
		r.ahead(size8K, "xmlsec1", 10),
		r.ahead(size8K, "goxmldsig", 20),
		r.fewAllocations(),
		r.ahead(size77K, "JDK", 5),
		r.ahead(size959K, "JDK", 5),
		atLeast("959 KB, canonicalise and digest", r.readingRate(size959K), 500, rateText),
		r.linear(),
		r.frugal(),
	}
	for _, s := range r.scalings {
		all = append(all, atLeast("2 cores, "+s.what, s.ratio, 1.9, timesText))
	}
	name, worst := r.worstShape()
	return append(all, atMost("hostile shapes, a byte against one of 8 KB: "+name, worst, 3, timesText))
}

func (r *results) ahead(size int, who string, times float64) goal {
	return atLeast(fmt.Sprintf("%s, against %s", sizeText(size), who), r.lead(who, size), times, timesText)
}

func (r *results) fewAllocations() goal {
	g := goal{what: "8 KB, allocations", aim: "<= 3"}
	var most float64
	for _, d := range r.of(size8K) {
		count, known := r.memory.counts[d.name()]
		g.known = known
		most = max(most, count)
	}
	g.measured, g.met = fmt.Sprintf("%.3g", most), most <= 3
	return g
}

// linear holds the largest document's cost a byte against that of one a tenth as large.
func (r *results) linear() goal {
	large, small := r.perByte(size10M), r.perByte(size959K)
	g := goal{what: "10 MB, cost a byte against 959 KB", aim: "within 15 %", known: large > 0 && small > 0}
	if g.known {
		g.measured, g.met = fmt.Sprintf("%+.1f %%", 100*(large/small-1)), large <= 1.15*small
	}
	return g
}

func (r *results) frugal() goal {
	g := atMost("10 MB, memory beside the input", r.memory.cold, 1<<20, bytesText)
	g.known = r.memory.of != "" && len(r.of(size10M)) > 0
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

func atMost(what string, measured, most float64, text func(float64) string) goal {
	return goal{what: what, aim: "<= " + text(most), measured: text(measured), known: measured > 0, met: measured <= most}
}

func atLeast(what string, measured, least float64, text func(float64) string) goal {
	return goal{what: what, aim: ">= " + text(least), measured: text(measured), known: measured > 0, met: measured >= least}
}

func timesText(n float64) string { return fmt.Sprintf("%.3g x", n) }

// rateText writes MB/s, of 10^6 bytes.
func rateText(n float64) string { return fmt.Sprintf("%.3g MB/s", n) }

func bytesText(n float64) string {
	if n < 10<<10 {
		return fmt.Sprintf("%.0f B", n)
	}
	return fmt.Sprintf("%.0f KB", n/(1<<10))
}

// timeText writes nanoseconds with three digits.
func timeText(ns float64) string {
	switch {
	case ns <= 0:
		return "-"
	case ns < 1e3:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g s", time.Duration(ns).Seconds())
}
