package main

import (
	"slices"
	"time"
)

// rateWindow is what "per second" looks back on.
const rateWindow = 5 * time.Second

// A rate turns a growing total into events per second over the last rateWindow.
type rate struct{ samples []rateSample }

type rateSample struct {
	at    time.Time
	total int
}

// observe notes the total at a moment and returns the rate. Moments must not go back.
func (r *rate) observe(now time.Time, total int) float64 {
	for len(r.samples) > 1 && now.Sub(r.samples[1].at) >= rateWindow {
		r.samples = r.samples[1:]
	}
	r.samples = append(r.samples, rateSample{now, total})
	first := r.samples[0]
	if elapsed := now.Sub(first.at).Seconds(); elapsed > 0 {
		return float64(total-first.total) / elapsed
	}
	return 0
}

// A window keeps the latest durations, to tell quantiles of.
type window struct {
	latest []time.Duration
	next   int
}

// windowSize is some ten seconds of the default traffic.
const windowSize = 1500

func (w *window) add(d time.Duration) {
	if len(w.latest) < windowSize {
		w.latest = append(w.latest, d)
		return
	}
	w.latest[w.next] = d
	w.next = (w.next + 1) % windowSize
}

func (w *window) spread() spread {
	if len(w.latest) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(w.latest))
	return spread{sorted[len(sorted)/2], sorted[len(sorted)*99/100]}
}
