package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"turnkey-gateway/bench/cost"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

// A window is what was done from one moment to another, and what that took.
type window struct {
	messages int
	took     time.Duration
	client   time.Duration // processor time of the contender's programs
	broker   time.Duration // of the brokers
	machine  time.Duration // of all that ran on the machine
}

// rate is in messages per second.
func (w window) rate() float64 { return float64(w.messages) / w.took.Seconds() }

// clientEach and brokerEach are nanoseconds of the processor for a message.
func (w window) clientEach() float64 { return float64(w.client) / float64(w.messages) }
func (w window) brokerEach() float64 { return float64(w.broker) / float64(w.messages) }

// busyShare is how much of all cores was used.
func (w window) busyShare() float64 {
	return w.machine.Seconds() / w.took.Seconds() / float64(runtime.NumCPU())
}

// A moment is where counters stand.
type moment struct {
	at                      time.Time
	outcomes                int
	client, broker, machine time.Duration
}

func (m moment) until(n moment) window {
	return window{
		messages: n.outcomes - m.outcomes, took: n.at.Sub(m.at),
		client: n.client - m.client, broker: n.broker - m.broker, machine: n.machine - m.machine,
	}
}

// times reads what programs and the brokers have used.
func (g *ground) times(programs ...*rig.Program) (m moment, err error) {
	m.at = time.Now()
	for _, p := range programs {
		t, err := cost.Of(p.PID())
		if err != nil {
			return m, fmt.Errorf("%s: %w", p.Name, err)
		}
		m.client += t
	}
	if m.broker, err = g.brokerTime(); err != nil {
		return m, err
	}
	m.machine, err = cost.Machine()
	return m, err
}

// drainLimit bounds one drain: nobody is that slow who still works.
const drainLimit = 2 * time.Minute

// drain has a contender work off a backlog, or its first part, in a group of its own and
// to fresh outputs, and returns the window from a tenth of that to the last look before its
// end: its start is not counted. What came out is held against what was sent before the window counts.
func (g *ground) drain(ctx context.Context, who string, b *backlog, part int) (window, error) {
	return g.drainWith(ctx, who, b, part, g.start)
}

func (g *ground) drainWith(ctx context.Context, who string, b *backlog, part int, start starter) (w window, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	fail := func(err error) (window, error) {
		return w, fmt.Errorf("%s, %d messages of %d bytes on %d partitions: %w", who, part, b.size, b.partitions, err)
	}
	t := g.outputs(b.inbound)
	if err := g.create(ctx, t, b.partitions); err != nil {
		return fail(err)
	}
	group := g.name("group")
	p, err := start(ctx, who, t, group)
	if err != nil {
		return fail(err)
	}
	defer p.Kill() // where it was not ended in order
	if w, err = g.watch(ctx, p, t.Verified, b.partitions, part); err != nil {
		return fail(fmt.Errorf("%w\n%s", err, g.said(group)))
	}
	if err := end(p); err != nil {
		return fail(err)
	}
	if err := g.audit(ctx, who, b, t, part); err != nil {
		return fail(err)
	}
	return w, g.drop(ctx, t.Verified, t.Rejected, t.Quarantine)
}

// said is how the log of a contender that this program is begins; empty of the gateway's, whose
// log has another name.
func (g *ground) said(group string) string {
	const most = 2_000
	text, _ := os.ReadFile(filepath.Join(g.Dir, group+".log"))
	return string(text[:min(len(text), most)])
}

// A starter runs a contender.
type starter func(ctx context.Context, who string, t ingest.Topics, group string) (*rig.Program, error)

// warmPart is of how many parts of a drain the first doesn't count: programs start, and
// the gateway meets its senders for the first time.
const warmPart = 10

// pollEvery is how closely outcomes are counted.
const pollEvery = 25 * time.Millisecond

// watch counts the outcomes on a topic until there are so many. The window ends with the
// last look before that: after the end, nobody works until the next look.
func (g *ground) watch(ctx context.Context, p *rig.Program, topic string, partitions, part int) (window, error) {
	var begun, last moment
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		n, err := g.stored(ctx, topic, partitions)
		if err != nil {
			return window{}, err
		}
		now, err := g.times(p)
		if err != nil {
			return window{}, err
		}
		now.outcomes = n
		switch {
		case n >= part && last.outcomes > begun.outcomes:
			return begun.until(last), nil
		case n >= part:
			return window{}, errors.New("all was done before it was looked at: the backlog is too short")
		case n >= part/warmPart && n > 0 && begun.outcomes == 0:
			begun = now
		}
		last = now
		select {
		case <-p.Ended():
			return window{}, fmt.Errorf("it ended with %d of %d outcomes: %w", n, part, p.Err())
		case <-ctx.Done():
			return window{}, fmt.Errorf("%d of %d outcomes: %w", n, part, ctx.Err())
		case <-tick.C:
		}
	}
}
