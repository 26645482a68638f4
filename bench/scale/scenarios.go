package main

import (
	"math"

	"turnkey-gateway/bench/page"
)

// A scenario is something that befalls a site of a size, simulated.
type scenario struct {
	name, about string
	lasts       float64 // seconds simulated

	// from and to are when it begins and ends; 0 and 0 where all stays as it is.
	from, to float64

	rate func(s sizing, partition int) rate
	play func(f *flow, s sizing, in inputs) // plans what happens; may be nil
	of   func(partition int) bool           // whose latencies are told apart; nil: all
}

// What the scenarios suppose.
const (
	warm         = 5.0  // seconds before latencies count
	hotShare     = 0.03 // of all messages, one account's
	slowTimes    = 10   // an append's time on a slow leader, of itself
	restartEvery = 12.0 // seconds from one gateway's restart to the next one's
	awayFor      = 5.0  // seconds that a restarted gateway is away
	electionGap  = 2.0  // seconds that a partition is without its leader, as its broker goes: as long as a gateway believes in the old one
)

func even(s sizing, _ int) rate { return steady(s.rate / float64(s.partitions)) }

// hot is even, but for one account's share on the first partition.
func hot(s sizing, partition int) rate {
	each := s.rate * (1 - hotShare) / float64(s.partitions)
	if partition == 0 {
		each += s.rate * hotShare
	}
	return steady(each)
}

var scenarios = []scenario{
	{name: "steady", about: "the rate it is made for", lasts: 40, rate: even},
	{name: "burst", about: "ten times the rate for 10 s", lasts: 130, from: 10, to: 20,
		rate: func(s sizing, _ int) rate {
			return burst(s.rate/float64(s.partitions), 10, 10, 10)
		}},
	{name: "hot account", about: "one account sends 3 % of all, to one partition: that partition's latency", lasts: 40, rate: hot, of: first},
	{name: "beside a hot account", about: "the same: all other partitions", lasts: 40, rate: hot, of: func(partition int) bool { return partition != 0 }},
	{name: "slow leader", about: "appends to one partition take ten times as long for 20 s: that partition's latency", lasts: 60, from: 10, to: 30,
		rate: even, of: first,
		play: func(f *flow, s sizing, _ inputs) {
			f.loop.after(10, func() { f.lanes[0].slow = slowTimes })
			f.loop.after(30, func() { f.lanes[0].slow = 1 })
		}},
	{name: "rolling restart of the gateways", about: "one after the other leaves and is back after 5 s: two rebalances each, in which nothing is read", lasts: 90, from: 10, to: 10,
		rate: even, play: rollingRestart},
	{name: "a gateway is killed", about: "its partitions wait for its session to end, 10 s, and all for the rebalance", lasts: 60, from: 10, to: 20,
		rate: even, play: killedGateway},
	{name: "restart of a broker", about: "its partitions have no leader for 2 s as it goes, and again as it gets them back", lasts: 45, from: 10, to: 24,
		rate: even, play: brokerRestart},
}

func first(partition int) bool { return partition == 0 }

// rebalance takes all partitions from all gateways, and gives them to some after a gap.
func (f *flow) rebalance(gap float64, to []*gateway) {
	f.revoke()
	f.loop.after(gap, func() { f.assign(to) })
}

func rollingRestart(f *flow, s sizing, in inputs) {
	for i := range f.gateways {
		left := append(append([]*gateway(nil), f.gateways[:i]...), f.gateways[i+1:]...)
		at := 10 + float64(i)*restartEvery
		f.loop.after(at, func() { f.rebalance(in.leaveGap, left) })
		f.loop.after(at+awayFor, func() { f.rebalance(in.joinGap, f.gateways) })
	}
}

func killedGateway(f *flow, s sizing, in inputs) {
	const session = 10.0
	f.loop.after(10, func() {
		for _, l := range f.lanes {
			if l.owner == f.gateways[0] {
				l.release()
			}
		}
	})
	f.loop.after(10+session, func() { f.rebalance(in.leaveGap, f.gateways[1:]) })
}

func brokerRestart(f *flow, s sizing, _ inputs) {
	stall := func() {
		for i, l := range f.lanes {
			if i%s.brokers == 0 {
				l.stalled = f.loop.now + electionGap
			}
		}
	}
	f.loop.after(10, stall)
	f.loop.after(22, stall)
}

// An observation is what a scenario came to.
type observation struct {
	scenario
	times    latencies
	backlog  float64 // messages, the most
	recovery float64 // seconds from its end until a second was as good as before; NaN where it has no end
	busy     float64 // part of the gateways' cores
	chunks   float64 // a second
	curve    []point // messages waiting, over time
}

type point struct{ at, value float64 }

// observe simulates a scenario.
func observe(sc scenario, s sizing, in inputs) observation {
	p := planOf(in, asShipped, produceTrip)
	p.partitions, p.gateways, p.size = s.partitions, s.gateways, fixed(s.message.bytes)
	f := newFlow(p, func(partition int) rate { return sc.rate(s, partition) })
	if sc.play != nil {
		sc.play(f, s, in)
	}
	index := make(map[*lane]int)
	for i, l := range f.lanes {
		index[l] = i
	}
	o := observation{scenario: sc, recovery: math.NaN()}
	seconds := make([]latencies, int(sc.lasts)+1) // by when they were done
	f.each = func(l *lane, at, took float64) {
		if at < warm || sc.of != nil && !sc.of(index[l]) {
			return
		}
		o.times.add(took)
		seconds[int(at)].add(took)
	}
	const every = 0.5
	for at := every; at <= sc.lasts; at += every {
		f.loop.run(at)
		waiting := float64(f.backlog())
		o.backlog = max(o.backlog, waiting)
		o.curve = append(o.curve, point{at, waiting})
	}
	var busy float64
	for _, g := range f.gateways {
		busy += g.busy
	}
	o.busy = busy / (sc.lasts * float64(s.gateways*gatewayCores))
	o.chunks = float64(f.worked) / sc.lasts
	if sc.to > 0 {
		o.recovery = recovered(seconds, sc, s)
	}
	return o
}

// recovered is how long after a scenario's end the first second began from which on 99 of
// 100 messages took at most twice what they took before it.
func recovered(seconds []latencies, sc scenario, s sizing) float64 {
	end := sc.to
	if end == sc.from { // it goes from gateway to gateway
		end = sc.from + float64(s.gateways-1)*restartEvery + awayFor
	}
	before := seconds[int(sc.from)-2].quantile(0.99)
	well := len(seconds) - 1
	for well > 0 && seconds[well-1].quantile(0.99) <= 2*before {
		well--
	}
	return max(0, float64(well)-end)
}

// backlogs draws how many messages wait, over time.
func backlogs(all []observation, names ...string) page.Figure {
	f := page.Figure{Title: "Messages that wait, and are worked on", X: "seconds", XTick: count, XStep: 50, YTick: count}
	for _, o := range all {
		for _, name := range names {
			if o.name != name {
				continue
			}
			line := page.Series{Who: o.name, Shade: page.Lines[len(f.Series)%len(page.Lines)]}
			for _, p := range o.curve {
				line.Points = append(line.Points, plotPoint(p))
			}
			f.Series = append(f.Series, line)
		}
	}
	return f
}
