package wire

import (
	"slices"
	"sync"
	"time"
)

type kind int

const (
	cut kind = iota
	refuse
	slow
	throttle
	lose
)

// A Fault is what happens on a wire until it is healed.
type Fault struct {
	wire *Wire
	kind kind

	latency time.Duration // of slow
	rate    int           // of throttle, bytes a second
	loss    Loss          // of lose

	mu     sync.Mutex
	struck int  // guarded by mu
	left   int  // guarded by mu; of lose: how many it still takes
	healed bool // guarded by mu
}

func (w *Wire) begin(f *Fault) *Fault {
	f.wire = w
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, f)
	return f
}

// Cut drops everything in both directions and leaves connections open, as a network does
// that ceased to carry: nobody is told. New connections are taken, and lead nowhere. It
// counts pieces dropped and connections that led nowhere.
//
// A connection that lost something is reset when the cut is healed.
func (w *Wire) Cut() *Fault { return w.begin(&Fault{kind: cut}) }

// Refuse resets new connections as soon as they are made, and counts them. Those that
// are open stay.
func (w *Wire) Refuse() *Fault { return w.begin(&Fault{kind: refuse}) }

// Slow has everything arrive later, in both directions, and counts the pieces.
func (w *Wire) Slow(latency time.Duration) *Fault {
	return w.begin(&Fault{kind: slow, latency: latency})
}

// Throttle lets each direction of each connection carry so many bytes a second, and
// counts the pieces that it held up.
func (w *Wire) Throttle(bytesPerSecond int) *Fault {
	return w.begin(&Fault{kind: throttle, rate: bytesPerSecond})
}

// Lose strikes n Kafka requests or answers, on a wire of that protocol, and counts them.
func (w *Wire) Lose(l Loss, n int) *Fault {
	return w.begin(&Fault{kind: lose, loss: l, left: n})
}

// Heal ends the fault.
func (f *Fault) Heal() {
	f.mu.Lock()
	f.healed = true
	f.mu.Unlock()
	w := f.wire
	w.mu.Lock()
	w.faults = slices.DeleteFunc(w.faults, func(g *Fault) bool { return g == f })
	var broken []*link
	for l := range w.links {
		if l.swallows() == f {
			broken = append(broken, l)
		}
	}
	w.mu.Unlock()
	for _, l := range broken {
		l.reset()
	}
}

// Struck returns how often it struck.
func (f *Fault) Struck() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.struck
}

func (f *Fault) strike() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.struck++
}

func (f *Fault) isHealed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.healed
}

// claim takes one of what a loss may still take.
func (f *Fault) claim() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return false
	}
	f.left--
	return true
}
