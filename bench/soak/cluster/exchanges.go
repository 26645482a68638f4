package cluster

import (
	"context"
	"math/rand/v2"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/bench/wire"
)

// exchangeFaults lose single exchanges with a broker: a produce that was never asked for,
// one that was stored and not acknowledged, and so for every step of the loop and of the
// group's protocol.
var exchangeFaults = func() (all []kind) {
	steps := []struct {
		name   string
		api    wire.API
		joins  bool // asked only when the group changes
		halves bool
	}{
		{name: "produce", api: wire.Produce, halves: true},
		{name: "commit", api: wire.OffsetCommit},
		{name: "fetch", api: wire.Fetch},
		{name: "metadata", api: wire.Metadata},
		{name: "heartbeat", api: wire.Heartbeat},
		{name: "join", api: wire.JoinGroup, joins: true},
		{name: "sync", api: wire.SyncGroup, joins: true},
		{name: "leave", api: wire.LeaveGroup, joins: true},
	}
	for _, s := range steps {
		add := func(name string, part wire.Part) {
			k := kind{name: trial.Fault(s.name + name), play: losing(s.api, part, nil)}
			if s.joins {
				k.needs, k.play = []resource{theGateways}, losing(s.api, part, changeGroup)
			}
			all = append(all, k)
		}
		add("-lost", wire.Request)
		add("-unacknowledged", wire.Answer)
		if s.halves {
			add("-torn", wire.HalfAsked)
		}
	}
	return append(all,
		kind{"gateway-killed-amid-produce", []resource{theGateways}, killAmidProduce},
		kind{"produces-held-up", nil, holdProduces},
	)
}()

// holdProduces lets gateways produce nothing of what they have judged for longer than a
// certificate's end may be missed, while all certificates in force end: what they judged is
// true no more when it can be produced again.
func holdProduces(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	var faults struckOf
	defer func() { faults.heal() }()
	for _, s := range p.slots {
		for _, w := range s.kafka {
			faults = append(faults, w.Lose(wire.Loss{API: wire.Produce, Part: wire.Request, Silent: rng.IntN(2) == 0}, 1000))
		}
	}
	faults.await(ctx, p)
	ended := 0
	for p.traffic.endOne() {
		ended++
	}
	p.say("%d certificates end while nothing can be produced", ended)
	rig.Sleep(ctx, rig.EndBound+between(rng, time.Second, 3*time.Second))
	return faults.struck(), nil
}

// killAmidProduce has all produces of a gateway fail, and kills it while it tries again:
// what it has committed must not reach beyond what was acknowledged.
func killAmidProduce(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.victim(rng)
	if err := g.ensure(ctx); err != nil {
		return 0, err
	}
	var faults struckOf
	defer func() { faults.heal() }()
	loss := wire.Loss{API: wire.Produce, Part: []wire.Part{wire.Request, wire.HalfAsked, wire.Answer}[rng.IntN(3)], Silent: rng.IntN(2) == 0}
	for _, w := range p.slots[g.slot].kafka {
		faults = append(faults, w.Lose(loss, 1000))
	}
	faults.await(ctx, p)
	rig.Sleep(ctx, between(rng, 0, time.Second))
	server := g.leaveTo()
	server.Kill()
	p.say("killed %s amid %d produces", server.Name, faults.struck())
	return faults.struck(), g.launch()
}

// losing has every gateway lose up to some exchanges of a kind with each broker; provoke
// makes such exchanges happen, where they don't by themselves.
func losing(api wire.API, part wire.Part, provoke func(context.Context, *play) error) func(context.Context, *play, *rand.Rand) (int, error) {
	return func(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
		var faults struckOf
		defer func() { faults.heal() }()
		loss, n := wire.Loss{API: api, Part: part, Silent: rng.IntN(2) == 0}, 1+rng.IntN(4)
		if provoke != nil {
			// In silence the library waits 41 s for a group's answer: longer than a seed.
			// And each join that was done without our knowing it is a member that must
			// first be given up.
			loss.Silent, n = false, 1
		}
		for _, s := range p.slots {
			for _, w := range s.kafka {
				faults = append(faults, w.Lose(loss, n))
			}
		}
		if provoke != nil {
			if err := provoke(ctx, p); err != nil {
				return faults.struck(), err
			}
		}
		rig.Sleep(ctx, between(rng, 200*time.Millisecond, 3*time.Second))
		faults.await(ctx, p)
		return faults.struck(), nil
	}
}

// changeGroup has the second gateway join, and leave again.
func changeGroup(ctx context.Context, p *play) error {
	second := p.gateways[1]
	if err := second.term(ctx); err != nil {
		return err
	}
	if err := second.ensure(ctx); err != nil {
		return err
	}
	return second.term(ctx)
}
