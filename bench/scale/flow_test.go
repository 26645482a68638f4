package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// within reports whether a figure is near to what theory says.
func within(t *testing.T, what string, got, want, part float64) {
	t.Helper()
	if math.Abs(got-want) > part*want {
		t.Errorf("%s: %.5g, want %.5g to %g %%", what, got, want, 100*part)
	}
}

// station has arrivals at a rate served by a number of cores, one each, and returns the mean
// time from arrival to the beginning of service.
func station(perSecond float64, cores int, service func(*rand.Rand) float64, n int) (wait float64) {
	l := &loop{}
	s := &seats{loop: l, free: cores}
	rng := rand.New(rand.NewPCG(3, 1))
	a := &arrivals{rng: rand.New(rand.NewPCG(3, 2)), rate: steady(perSecond)}
	var sum float64
	var come func(left int)
	come = func(left int) {
		if left == 0 {
			return
		}
		l.after(a.next()-l.now, func() {
			at, takes := l.now, service(rng)
			s.add(task{takes, func() { sum += l.now - at - takes }})
			come(left - 1)
		})
	}
	come(n)
	l.run(math.Inf(1))
	return sum / float64(n)
}

func exponential(mean float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return mean * rng.ExpFloat64() }
}

func constant(value float64) func(*rand.Rand) float64 {
	return func(*rand.Rand) float64 { return value }
}

// Cores and arrivals wait as long as closed forms say: M/M/1, M/M/c (Erlang C), M/D/1
// (Pollaczek and Khinchine) and M/D/c (Crommelin).
func TestSeatsWaitAsTheorySays(t *testing.T) {
	const n = 500_000
	for _, load := range []float64{0.5, 0.8} {
		within(t, "M/M/1", station(load, 1, exponential(1), n), load/(1-load), 0.03)
		within(t, "M/D/1", station(load, 1, constant(1), n), load/(2*(1-load)), 0.03)
		for _, c := range []int{2, 8} {
			within(t, "M/M/c", station(load*float64(c), c, exponential(1), n), erlangWait(load, c), 0.04)
			within(t, "M/D/c", station(load*float64(c), c, constant(1), n), crommelinWait(load, c), 0.04)
		}
	}
}

// erlangWait is the mean wait of M/M/c in units of a service.
func erlangWait(load float64, c int) float64 {
	a := load * float64(c)
	term, sum := 1.0, 1.0
	for k := 1; k < c; k++ {
		term *= a / float64(k)
		sum += term
	}
	last := term * a / float64(c) / (1 - load)
	return last / (sum + last) / (float64(c) * (1 - load))
}

// crommelinWait is the mean wait of M/D/c in units of a service: the stationary numbers of
// customers solve p[j] = sum(p[i], i <= c) a[j] + sum(p[i] a[j-i+c], c < i <= c+j), where a
// are the arrivals of one service (Crommelin 1932), and Little's law gives the wait.
func crommelinWait(load float64, c int) float64 {
	const most = 600
	mean := load * float64(c)
	a := make([]float64, most)
	a[0] = math.Exp(-mean)
	for k := 1; k < most; k++ {
		a[k] = a[k-1] * mean / float64(k)
	}
	p := make([]float64, most)
	p[0] = 1
	for range 3000 {
		next := make([]float64, most)
		for i, pi := range p {
			for k := 0; k < most && max(0, i-c)+k < most; k++ {
				next[max(0, i-c)+k] += pi * a[k]
			}
		}
		change := 0.0
		for i := range p {
			change += math.Abs(p[i] - next[i])
		}
		p = next
		if change < 1e-10 {
			break
		}
	}
	waiting := 0.0
	for i, pi := range p {
		waiting += float64(max(0, i-c)) * pi
	}
	return waiting / mean
}

// simple is one message a chunk, with no other time than the worker's.
func simple(partitions, cores int, cost func(float64) float64) plan {
	return plan{
		partitions: partitions, gateways: 1, cores: cores, fetchBytes: 1, chunkBytes: 1, batchBytes: 1, chunkRecords: 1,
		size: constant(1), cost: cost, fetch: constant(0), produce: constant(0), bandwidth: math.Inf(1), seed: 5,
	}
}

// A partition by itself is M/D/1, and its appends M/M/1.
func TestPartitionIsAQueue(t *testing.T) {
	const load, until = 0.7, 200_000
	f := newFlow(simple(1, 1, func(float64) float64 { return 1 }), func(int) rate { return steady(load) })
	f.loop.run(until)
	within(t, "M/D/1 with its service", f.times.mean(), 1+load/(2*(1-load)), 0.03)

	p := simple(1, 1, func(float64) float64 { return 0 })
	p.produce = exponential(1)
	f = newFlow(p, func(int) rate { return steady(load) })
	f.loop.run(until)
	within(t, "M/M/1 with its service", f.times.mean(), 1/(1-load), 0.03)
}

// Many partitions on a few cores are M/D/c.
func TestGatewayIsAStation(t *testing.T) {
	const partitions, cores, load, until = 1000, 4, 0.7, 50_000
	f := newFlow(simple(partitions, cores, func(float64) float64 { return 1 }), func(int) rate { return steady(load * cores / partitions) })
	f.loop.run(until)
	within(t, "M/D/c with its service", f.times.mean(), 1+crommelinWait(load, cores), 0.05)
	within(t, "busy cores", f.gateways[0].busy/until, load*cores, 0.02)
}

// Little's law holds of what is counted by itself: messages waiting, and their latency.
func TestBacklogIsWhatLittlesLawSays(t *testing.T) {
	p := simple(20, 2, func(float64) float64 { return 0.1 })
	p.fetchBytes, p.chunkBytes, p.batchBytes, p.chunkRecords = 10, 10, 10, 10
	p.fetch, p.produce = exponential(0.3), exponential(0.5)
	const perSecond, steps = 12, 20_000
	f := newFlow(p, func(int) rate { return steady(perSecond / 20.0) })
	waiting := 0
	for at := range steps {
		f.loop.run(float64(at))
		waiting += f.backlog()
	}
	within(t, "messages waiting", float64(waiting)/steps, perSecond*f.times.mean(), 0.02)
}

// What was only fetched when partitions were taken away comes again, and nothing twice.
func TestNothingIsLostOrDoneTwiceInARebalance(t *testing.T) {
	p := simple(6, 2, func(float64) float64 { return 0.3 })
	p.gateways, p.fetchBytes = 3, 10
	p.fetch, p.produce = constant(0.2), exponential(0.1)
	sent := burst(3, 0, 50, math.Inf(1)) // none from then on
	f := newFlow(p, func(int) rate { return sent })
	var last [6]float64
	f.each = func(l *lane, at, took float64) {
		for i, other := range f.lanes {
			if other == l {
				if at-took < last[i] {
					t.Fatalf("partition %d: out of order", i)
				}
				last[i] = at - took
			}
		}
	}
	for at := 5.0; at < 45; at += 5 {
		f.loop.after(at, f.revoke)
		f.loop.after(at+1, func() { f.assign(f.gateways[int(at)%2:]) })
	}
	f.loop.run(300)
	arrived := f.done + f.backlog()
	if f.done != arrived || arrived < 500 {
		t.Errorf("%d messages done of %d", f.done, arrived)
	}
}

func TestSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) (int, float64) {
		p := simple(4, 2, func(float64) float64 { return 0.1 })
		p.produce, p.seed = exponential(0.2), seed
		f := newFlow(p, func(int) rate { return steady(2) })
		f.loop.run(1000)
		return f.done, f.times.sum
	}
	n, sum := run(1)
	if again, sumAgain := run(1); again != n || sumAgain != sum {
		t.Error("one seed gave two runs")
	}
	if _, other := run(2); other == sum {
		t.Error("two seeds gave one run")
	}
}

// A chunk and a batch end where the gateway's do.
func TestChunksAndBatchesAreTheGateways(t *testing.T) {
	p := simple(1, 4, func(float64) float64 { return 0 })
	p.fetchBytes, p.chunkBytes, p.batchBytes, p.chunkRecords, p.added = 1<<20, 1<<20, 900_000, 500, 1056
	p.size, p.produce = constant(8192), constant(1)
	f := newFlow(p, func(int) rate { return burst(1000, 0, 1, math.Inf(1)) })
	f.revoke()
	f.loop.run(100) // until some 1,000 are there
	f.assign(f.gateways)
	got := map[float64]int{}
	f.each = func(_ *lane, at, _ float64) { got[at]++ }
	f.loop.run(102.5)
	var counts []int
	for at := 0.0; at < 200; at++ {
		if n := got[at]; n > 0 {
			counts = append(counts, n)
		}
	}
	// 128 messages of 8 KB are fetched: a chunk of 114, of which a batch holds 97.
	if len(counts) != 2 || counts[0] != 97 || counts[1] != 17 {
		t.Errorf("batches of %v", counts)
	}
}
