package embedded

import (
	"context"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/verifier"
)

// gatewayFaults strike a gateway at a step of its loop.
var gatewayFaults = func() []kind {
	all := []kind{
		{fault: "gateway killed", strike: (*act).killed},
		{fault: "gateway terminated", strike: (*act).terminated},
		{fault: "gateway stopped", strike: (*act).stopped},
		{fault: "gateway stopped longer than its session", strike: (*act).stoppedLong, long: true},
		{fault: "gateway stopped longer than its session, in a write", strike: (*act).stoppedInWrite, long: true, alone: true},
		{fault: "machine suspended while a certificate ends", strike: (*act).suspended, long: true},
	}
	for _, s := range steps {
		all = append(all, kind{fault: trial.Fault("rebalance while " + s.name), strike: func(a *act, ctx context.Context) error {
			return a.rebalanced(ctx, s.place)
		}})
	}
	return all
}()

// clockFaults move a gateway's wall clock.
var clockFaults = []kind{
	{fault: "clock jumps seconds ahead", strike: clockJumps(7 * time.Second)},
	{fault: "clock jumps seconds back", strike: clockJumps(-7 * time.Second)},
	{fault: "clock jumps hours ahead", strike: clockJumps(9 * time.Hour)},
	{fault: "clock jumps hours back", strike: clockJumps(-9 * time.Hour)},
}

// killed is SIGKILL at some step. Another gateway starts.
func (a *act) killed(ctx context.Context) error {
	p, err := a.meetSomewhere(ctx, "is killed", (*process).kill)
	if err != nil {
		return err
	}
	a.struckOnce()
	if err := a.join(); err != nil {
		return err
	}
	return a.expire(ctx, p)
}

// terminated is SIGTERM at some step. Another gateway starts.
func (a *act) terminated(ctx context.Context) error {
	p, err := a.meetSomewhere(ctx, "is terminated", (*process).terminate)
	if err != nil {
		return err
	}
	if err := a.join(); err != nil {
		return err
	}
	if err := a.until(ctx, p.name+" ended", p.hasEnded); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// stopped is SIGSTOP at some step, and SIGCONT soon.
func (a *act) stopped(ctx context.Context) error {
	p, err := a.meetSomewhere(ctx, "is stopped", (*process).stop)
	if err != nil {
		return err
	}
	defer p.cont()
	a.struckOnce()
	return rig.Sleep(ctx, time.Duration(100+a.rng.IntN(900))*time.Millisecond)
}

// stoppedLong is SIGSTOP at some step, and SIGCONT once the group has given the
// partitions to another gateway, which has worked on them.
func (a *act) stoppedLong(ctx context.Context) error {
	if err := a.company(); err != nil {
		return err
	}
	p, err := a.meetSomewhere(ctx, "is stopped", (*process).stop)
	if err != nil {
		return err
	}
	defer p.cont()
	if err := a.company(); err != nil {
		return err
	}
	if err := a.expire(ctx, p); err != nil {
		return err
	}
	if err := a.grow(ctx, 20); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// stoppedInWrite is the same within a system call that writes a produce or a commit, so
// that nothing keeps this from going out when the process goes on. No end of a certificate
// may fall into that time: nobody could keep a verdict from before it from being appended.
func (a *act) stoppedInWrite(ctx context.Context) error {
	if err := a.company(); err != nil {
		return err
	}
	a.mu.Lock()
	quiet := time.Until(a.lastEnd.Add(rig.EndBound))
	a.mu.Unlock()
	if err := rig.Sleep(ctx, quiet); err != nil {
		return err
	}
	key := []int16{keyProduce, keyCommit}[a.rng.IntN(2)]
	p, err := a.meet(ctx, place{key, false}, a.skip(), func(p *process) fate {
		p.inCall.Store(true)
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.inCall.Store(false)
	defer p.cont()
	if err := a.expire(ctx, p); err != nil {
		return err
	}
	if err := a.grow(ctx, 20); err != nil {
		return err
	}
	before := a.net.lateWrites()
	p.cont()
	if err := a.until(ctx, "a write from before", func() bool { return a.net.lateWrites() > before }); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// suspended has a machine stand still, its monotonic clock too, while a certificate ends
// whose messages the gateway has judged or is about to. After that nothing may count that
// was known before.
func (a *act) suspended(ctx context.Context) error {
	const slept = 6 * time.Second
	account, err := a.takeVerified(ctx)
	defer a.traffic.chat(account, false)
	if err != nil {
		return err
	}
	at := []place{{callLookup, true}, {halfSent, false}}[a.rng.IntN(2)]
	p, err := a.meetWith(ctx, at, account, a.skip(), func(p *process) fate {
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.cont()
	a.change(account, verifier.Revoked)
	if err := rig.Sleep(ctx, slept); err != nil {
		return err
	}
	p.clock.slept(slept)
	p.cont()
	return a.untilRejected(ctx, account, verifier.Revoked)
}

// rebalanced has the group rebalance while a gateway is at a step, which it leaves only
// once the rebalance has begun.
func (a *act) rebalanced(ctx context.Context, at place) error {
	var failed error
	_, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		before, _ := a.cluster.generation()
		if failed = a.disturb(p); failed != nil {
			return fate{}
		}
		failed = a.until(ctx, "rebalance", func() bool {
			now, stable := a.cluster.generation()
			return now != before || !stable
		})
		return fate{}
	})
	if err == nil {
		err = failed
	}
	if err == nil {
		a.struckOnce()
	}
	return err
}

// clockJumps has a gateway's wall clock jump while it works, and jump back later.
func clockJumps(by time.Duration) func(*act, context.Context) error {
	return func(a *act, ctx context.Context) error {
		for {
			p, err := a.meetSomewhere(ctx, "has its clock jump", func(p *process) { p.clock.set(by) })
			if err != nil {
				return err
			}
			_ = rig.Eventually(ctx, "its clock is read", 2*time.Second, func(context.Context) (bool, error) {
				return p.clock.readings() > 20 || !p.present(), nil
			})
			read := p.clock.readings()
			p.clock.set(0)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if read > 0 { // else it ended or lost its partitions first: another's has to jump
				a.struckOnce()
				return nil
			}
		}
	}
}
