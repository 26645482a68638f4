package embedded

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
)

// An act is a fault of the schedule in its turn.
type act struct {
	*run
	fault trial.Fault
	rng   *dice
}

// dice draw what a seed decides, for all goroutines of an act.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand // guarded by mu
}

func newDice(seed, number uint64) *dice { return &dice{rng: rand.New(rand.NewPCG(seed, number))} }

// IntN is as that of package rand.
func (d *dice) IntN(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.IntN(n)
}

// struckOnce counts one strike.
func (a *act) struckOnce() { a.strikes(a.fault, 1) }

// meet sets a trap and waits until it has sprung and do has returned. Whatever do does, it
// does on the goroutine of the gateway that came by.
func (a *act) meet(ctx context.Context, at place, skip int, do func(*process) fate) (*process, error) {
	return a.meetWith(ctx, at, "", skip, do)
}

// meetWith is meet where what comes by has that content.
func (a *act) meetWith(ctx context.Context, at place, content string, skip int, do func(*process) fate) (*process, error) {
	sprung := make(chan *process, 1)
	t := &trap{at: at, of: content, skip: skip, spring: func(p *process) fate {
		f := do(p)
		sprung <- p
		return f
	}}
	a.traps.add(t)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case p := <-sprung:
		return p, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	if a.traps.remove(t) {
		return nil, fmt.Errorf("%w: nobody came by %v", errMissed, at)
	}
	return <-sprung, nil
}

// meetSomewhere is meet at a step of the loop that the seed draws, where something befalls
// the gateway.
func (a *act) meetSomewhere(ctx context.Context, befalls string, do func(*process)) (*process, error) {
	s := steps[a.rng.IntN(len(steps))]
	return a.meet(ctx, s.place, a.skip(), func(p *process) fate {
		a.log.say("%s %s while %s", p.name, befalls, s.name)
		do(p)
		return fate{}
	})
}

// skip draws how many pass by a trap first.
func (a *act) skip() int { return a.rng.IntN(4) }

// until polls for the strike.
func (a *act) until(ctx context.Context, what string, holds func() bool) error {
	err := rig.Eventually(ctx, what, patience, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		return fmt.Errorf("%w: %w", errMissed, err)
	}
	return nil
}

// grow waits until the outputs hold more records than now.
func (a *act) grow(ctx context.Context, by int) error {
	begun := a.cluster.outcomes()
	return a.until(ctx, fmt.Sprintf("%d more outcomes", by), func() bool { return a.cluster.outcomes() >= begun+by })
}

// expire lets a gateway's session pass, and ends it.
func (a *act) expire(ctx context.Context, p *process) error {
	if err := rig.Sleep(ctx, session); err != nil {
		return err
	}
	return a.until(ctx, p.name+" forgotten by the group", func() bool {
		if err := a.cluster.expel(ctx, a.traffic.client, p.name); err != nil {
			a.log.say("%v", err)
			return false
		}
		return !a.cluster.member(p.name)
	})
}

// join has another gateway come, which makes for a rebalance.
func (a *act) join() error {
	_, err := a.start()
	return err
}

// company has two gateways be there at least.
func (a *act) company() error {
	if len(a.present()) >= 2 {
		return nil
	}
	return a.join()
}

// leave has a gateway other than this one go; if there is none, one comes instead.
func (a *act) leave(but *process) error {
	for _, p := range a.present() {
		if p != but && a.cluster.member(p.name) {
			p.terminate()
			return nil
		}
	}
	return a.join()
}

// crowd is how many gateways there may be before a rebalance is made by one that goes.
const crowd = 3

// disturb makes for a rebalance.
func (a *act) disturb(but *process) error {
	n := len(a.present())
	if n >= crowd || n > 1 && a.rng.IntN(2) == 0 {
		return a.leave(but)
	}
	return a.join()
}
