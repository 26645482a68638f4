package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
)

// A loop runs events in the order of their time, in seconds, and those of one time in the
// order in which they were planned: the same seed gives the same run.
type loop struct {
	now    float64
	events events
	count  uint64 // of events planned
}

type event struct {
	at    float64
	order uint64
	do    func()
}

// after plans something for so many seconds from now.
func (l *loop) after(delay float64, do func()) {
	l.count++
	heap.Push(&l.events, event{l.now + max(0, delay), l.count, do})
}

// run runs to a moment; to +Inf, until nothing is planned.
func (l *loop) run(until float64) {
	for len(l.events) > 0 && l.events[0].at <= until {
		e := heap.Pop(&l.events).(event)
		l.now = e.at
		e.do()
	}
	if !math.IsInf(until, 1) {
		l.now = until
	}
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return last
}

// seats are the cores of one gateway: tasks wait for one in the order in which they came.
type seats struct {
	loop  *loop
	free  int
	queue []task
	busy  float64 // core-seconds worked
}

type task struct {
	service float64
	done    func()
}

func (s *seats) add(t task) {
	if s.free == 0 {
		s.queue = append(s.queue, t)
		return
	}
	s.free--
	s.work(t)
}

func (s *seats) work(t task) {
	s.busy += t.service
	s.loop.after(t.service, func() {
		if len(s.queue) > 0 {
			next := s.queue[0]
			if s.queue = s.queue[1:]; len(s.queue) == 0 {
				s.queue = nil // gives the memory of a burst back
			}
			s.work(next)
		} else {
			s.free++
		}
		t.done()
	})
}

// A rate is how many messages come a second, and until when that holds.
type rate func(at float64) (perSecond, until float64)

func steady(perSecond float64) rate {
	return func(float64) (float64, float64) { return perSecond, math.Inf(1) }
}

// burst is a steady rate that is some times as high for a while.
func burst(perSecond, times, from, lasts float64) rate {
	return func(at float64) (float64, float64) {
		switch {
		case at < from:
			return perSecond, from
		case at < from+lasts:
			return perSecond * times, from + lasts
		}
		return perSecond, math.Inf(1)
	}
}

// arrivals are a Poisson process of a rate that changes.
type arrivals struct {
	rng  *rand.Rand
	rate rate
	at   float64
}

// next is the moment of the next arrival, +Inf if none comes any more.
func (a *arrivals) next() float64 {
	left := a.rng.ExpFloat64() // of the process at rate 1
	for {
		perSecond, until := a.rate(a.at)
		if perSecond > 0 {
			if at := a.at + left/perSecond; at <= until {
				a.at = at
				return at
			}
			left -= (until - a.at) * perSecond
		} else if math.IsInf(until, 1) {
			return until
		}
		a.at = until
	}
}
