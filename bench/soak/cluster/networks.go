package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/bench/wire"
)

// networkFaults are what a network does between a gateway and each server it needs.
var networkFaults = func() (all []kind) {
	for _, d := range []struct {
		name string
		to   dependency
	}{{"kafka", toKafka}, {"redis", toRedis}, {"postgres", toPostgres}} {
		name := func(fault string) trial.Fault { return trial.Fault(d.name + "-" + fault) }
		all = append(all,
			kind{name("cut"), nil, during(d.to, 500*time.Millisecond, 9*time.Second, func(w *wire.Wire, _ *rand.Rand) *wire.Fault { return w.Cut() })},
			kind{name("refused"), nil, during(d.to, 500*time.Millisecond, 6*time.Second, refuse)},
			kind{name("reset"), nil, reset(d.to)},
			kind{name("slow"), nil, during(d.to, time.Second, 5*time.Second, slow)},
			kind{name("throttled"), nil, during(d.to, time.Second, 5*time.Second, throttle)},
		)
	}
	return all
}()

func slow(w *wire.Wire, rng *rand.Rand) *wire.Fault {
	return w.Slow(between(rng, 20*time.Millisecond, 1200*time.Millisecond))
}

func throttle(w *wire.Wire, rng *rand.Rand) *wire.Fault {
	return w.Throttle(10_000 + rng.IntN(200_000))
}

// struckOf is how often faults of one kind on several wires struck.
type struckOf []*wire.Fault

func (s struckOf) struck() (n int) {
	for _, f := range s {
		n += f.Struck()
	}
	return n
}

func (s struckOf) heal() {
	for _, f := range s {
		f.Heal()
	}
}

// await waits until one of them has struck, as each fault has to. That it did not is for
// the caller to see.
func (s struckOf) await(ctx context.Context, p *play) {
	_ = rig.Eventually(ctx, "a fault strikes", patience, func(context.Context) (bool, error) { return s.struck() > 0, nil })
}

// cutAll cuts wires.
func cutAll(wires []*wire.Wire) (all struckOf) {
	for _, w := range wires {
		all = append(all, w.Cut())
	}
	return all
}

// targets draws where a fault is: on the wires of the first gateway, which always comes
// back, or of both; or on those to one broker alone, the leader of an inbound partition.
func (p *play) targets(ctx context.Context, to dependency, rng *rand.Rand) (wires []*wire.Wire) {
	if to == toKafka && rng.IntN(2) == 0 {
		if broker, err := p.leader(ctx, p.topics.Inbound, rng.IntN(partitions)); err == nil {
			for _, s := range p.slots {
				wires = append(wires, s.kafka[broker])
			}
			return wires
		}
	}
	for _, s := range p.slots[:1+rng.IntN(slots)] {
		wires = append(wires, s.to(to)...)
	}
	return wires
}

// others are the wires of gateways to a dependency that are not among some.
func (p *play) others(to dependency, some []*wire.Wire) (rest []*wire.Wire) {
	for _, s := range p.slots {
		for _, w := range s.to(to) {
			if !slices.Contains(some, w) {
				rest = append(rest, w)
			}
		}
	}
	return rest
}

// during begins a fault on some wires of gateways and ends it after a while, once it has
// struck. Where those are not used, since a leader moved, the others have it too.
func during(to dependency, low, high time.Duration, begin func(*wire.Wire, *rand.Rand) *wire.Fault) func(context.Context, *play, *rand.Rand) (int, error) {
	return func(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
		var faults struckOf
		defer func() { faults.heal() }()
		wires := p.targets(ctx, to, rng)
		for _, w := range wires {
			faults = append(faults, begin(w, rng))
		}
		p.traffic.passEnding(ctx, rng, between(rng, low, high))
		if faults.struck() == 0 {
			for _, w := range p.others(to, wires) {
				faults = append(faults, begin(w, rng))
			}
		}
		faults.await(ctx, p)
		return faults.struck(), nil
	}
}

// refuse refuses connections, and ends those that are open so that some are asked for.
func refuse(w *wire.Wire, _ *rand.Rand) *wire.Fault {
	f := w.Refuse()
	w.Reset()
	return f
}

// reset resets all connections, several times.
func reset(to dependency) func(context.Context, *play, *rand.Rand) (int, error) {
	return func(ctx context.Context, p *play, rng *rand.Rand) (n int, err error) {
		wires := p.targets(ctx, to, rng)
		again := 1 + rng.IntN(10)
		err = rig.Eventually(ctx, "connections are reset", patience, func(ctx context.Context) (bool, error) {
			struck := 0
			for _, w := range wires {
				struck += w.Reset()
			}
			if n += struck; struck > 0 {
				again--
				rig.Sleep(ctx, between(rng, 20*time.Millisecond, 500*time.Millisecond))
			} else if n == 0 {
				wires = append(wires, p.others(to, wires)...)
			}
			return again == 0, nil
		})
		if n > 0 {
			err = nil // fewer than drawn, but it struck
		}
		return n, err
	}
}
