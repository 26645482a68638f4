package main

import (
	"math"
	"math/rand/v2"
)

// A plan is what a simulation runs: gateways that share partitions, and what each step
// takes. Times are in seconds.
type plan struct {
	partitions, gateways, cores int

	// A fetch brings at most fetchBytes of messages; what it brought is processed in chunks
	// of at most chunkBytes and chunkRecords, whose outcomes are appended in batches of at
	// most batchBytes. An outcome has added bytes more than its message.
	fetchBytes, chunkBytes, batchBytes float64
	chunkRecords                       int
	added                              float64

	size func(*rand.Rand) float64 // bytes of a message
	cost func(bytes float64) float64

	fetch, produce func(*rand.Rand) float64 // round trips
	bandwidth      float64                  // bytes/s of one connection

	seed uint64
}

// A flow is one run of a plan: each partition is one queue, as in ingest: a reader that
// fetches while one chunk is worked on, and a worker that has a chunk judged on whatever
// cores of its gateway are free and then appends its outcomes, a batch after the other.
type flow struct {
	plan
	loop     loop
	rng      *rand.Rand
	gateways []*gateway
	lanes    []*lane

	times  latencies
	each   func(l *lane, at, took float64) // of each message, when it is done; may be nil
	done   int
	worked int // chunks
}

type gateway struct{ *seats }

// A lane is one partition.
type lane struct {
	flow    *flow
	arrive  *arrivals
	head    float64   // arrival of the first message that was not fetched yet
	back    []message // fetched by an owner that gave the partition up, before head
	owner   *gateway  // nil: nobody has it
	slow    float64   // by which its appends take longer; 1: not at all
	stalled float64   // until when its leader doesn't answer

	reading bool
	ready   []chunk // fetched, waiting for the worker
	busy    bool    // the worker
	done    int     // messages

	// The same arrivals once more, to count those that are there.
	counted *arrivals
	later   float64 // the first that isn't
	arrived int
}

type message struct{ at, bytes float64 }

type chunk struct {
	messages []message
	bytes    float64 // of outcomes
}

func newFlow(p plan, rateOf func(partition int) rate) *flow {
	f := &flow{plan: p, rng: rand.New(rand.NewPCG(p.seed, 11))}
	for range p.gateways {
		f.gateways = append(f.gateways, &gateway{&seats{loop: &f.loop, free: p.cores}})
	}
	for i := range p.partitions {
		stream := func() *arrivals {
			return &arrivals{rng: rand.New(rand.NewPCG(p.seed, uint64(i)+100)), rate: rateOf(i)}
		}
		l := &lane{flow: f, arrive: stream(), counted: stream(), slow: 1}
		l.head, l.later = l.arrive.next(), l.counted.next()
		f.lanes = append(f.lanes, l)
	}
	f.assign(f.gateways)
	return f
}

// assign gives the partitions to gateways in turn, and has them read.
func (f *flow) assign(to []*gateway) {
	for i, l := range f.lanes {
		l.owner = to[i%len(to)]
		l.read()
	}
}

// revoke takes all partitions away: what is being worked on is finished, what was only
// fetched comes again.
func (f *flow) revoke() {
	for _, l := range f.lanes {
		l.release()
	}
}

// backlog is how many messages are in the topic or being worked on.
func (f *flow) backlog() (sum int) {
	for _, l := range f.lanes {
		for ; l.later <= f.loop.now; l.later = l.counted.next() {
			l.arrived++
		}
		sum += l.arrived - l.done
	}
	return sum
}

// read fetches, if there is nothing fetched and the partition is owned.
func (l *lane) read() {
	f := l.flow
	if l.owner == nil || l.reading || len(l.ready) > 0 {
		return
	}
	first := l.head
	if len(l.back) > 0 {
		first = l.back[0].at
	}
	if math.IsInf(first, 1) {
		return
	}
	l.reading = true
	// A broker answers when the first message is there, with all that are there then.
	wait := max(0, max(first, l.stalled)-f.loop.now)
	f.loop.after(wait+f.fetch(f.rng)/2, func() {
		got, bytes := l.take()
		f.loop.after(f.fetch(f.rng)/2+bytes/f.bandwidth, func() {
			l.reading = false
			if l.owner == nil { // the generation ended: nobody has them
				l.back = append(got, l.back...)
				return
			}
			l.ready = f.chunks(got)
			l.process()
		})
	})
}

// take removes what one fetch brings from the partition.
func (l *lane) take() (got []message, bytes float64) {
	f := l.flow
	for bytes < f.fetchBytes {
		var m message
		switch {
		case len(l.back) > 0:
			m, l.back = l.back[0], l.back[1:]
		case l.head <= f.loop.now:
			m = message{l.head, f.size(f.rng)}
			l.head = l.arrive.next()
		default:
			return got, bytes
		}
		got, bytes = append(got, m), bytes+m.bytes
	}
	return got, bytes
}

// chunks splits what was fetched as the gateway does.
func (f *flow) chunks(got []message) (all []chunk) {
	var c chunk
	for _, m := range got {
		c.messages, c.bytes = append(c.messages, m), c.bytes+m.bytes+f.added
		if c.bytes >= f.chunkBytes || len(c.messages) >= f.chunkRecords {
			all, c = append(all, c), chunk{}
		}
	}
	if len(c.messages) > 0 {
		all = append(all, c)
	}
	return all
}

// together is how many messages are judged in one call, at most.
const together = 8

// process has the next chunk judged.
func (l *lane) process() {
	f := l.flow
	if l.busy || len(l.ready) == 0 {
		return
	}
	c := l.ready[0]
	l.ready, l.busy = l.ready[1:], true
	l.read()
	size := min(max(1, (len(c.messages)+f.cores-1)/f.cores), together)
	left := (len(c.messages) + size - 1) / size
	for first := 0; first < len(c.messages); first += size {
		service := 0.0
		for _, m := range c.messages[first:min(first+size, len(c.messages))] {
			service += f.cost(m.bytes)
		}
		l.owner.add(task{service, func() {
			if left--; left == 0 {
				l.append(c, 0)
			}
		}})
	}
}

// append appends the outcomes of a chunk from one on.
func (l *lane) append(c chunk, first int) {
	f := l.flow
	bytes, end := 0.0, first
	for end < len(c.messages) {
		if bytes += c.messages[end].bytes + f.added; bytes > f.batchBytes && end > first {
			break
		}
		end++
	}
	took := max(0, l.stalled-f.loop.now) + l.slow*f.produce(f.rng) + bytes/f.bandwidth
	f.loop.after(took, func() {
		for _, m := range c.messages[first:end] {
			f.times.add(f.loop.now - m.at)
			if f.each != nil {
				f.each(l, f.loop.now, f.loop.now-m.at)
			}
		}
		l.done += end - first
		f.done += end - first
		if end < len(c.messages) {
			l.append(c, end)
			return
		}
		f.worked++
		l.busy = false
		l.process()
		l.read()
	})
}

// release has the owner of one partition gone. What it was working on counts as done, what
// it had only fetched comes again.
func (l *lane) release() {
	var again []message
	for _, c := range l.ready {
		again = append(again, c.messages...)
	}
	l.back, l.ready, l.owner = append(again, l.back...), nil, nil
}
