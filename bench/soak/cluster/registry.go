package cluster

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/wire"
)

var relayFaults = []kind{
	{"relay-killed", []resource{theRelay}, killRelay},
	{"relay-restarted", []resource{theRelay}, restartRelay},
	{"relay-paused", []resource{theRelay}, pauseRelay},
	{"relay-cut-from-postgres", nil, cutRelay(func(r *relay) *wire.Wire { return r.postgres })},
	{"relay-cut-from-redis", nil, cutRelay(func(r *relay) *wire.Wire { return r.redis })},
}

// registryFaults leave gateways no way to know what the registry says.
var registryFaults = []kind{
	{"registry-out-of-reach", nil, hideRegistry},
	{"registry-silent", []resource{theRelay}, silenceRegistry},
}

func killRelay(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	p.relay.expectEnd().Kill()
	p.traffic.passEnding(ctx, rng, between(rng, 100*time.Millisecond, 6*time.Second))
	return 1, p.relay.launch()
}

func restartRelay(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	if err := p.relay.stop(); err != nil {
		return 0, err
	}
	rig.Sleep(ctx, between(rng, 0, 2*time.Second))
	return 1, p.relay.launch()
}

func pauseRelay(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	sent := p.traffic.sent.Load()
	err := p.pauseFor(ctx, rng, p.relay.program(), between(rng, 500*time.Millisecond, 7*time.Second))
	return int(p.traffic.sent.Load() - sent), err
}

func cutRelay(from func(*relay) *wire.Wire) func(context.Context, *play, *rand.Rand) (int, error) {
	return func(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
		cut := struckOf{from(p.relay).Cut()}
		defer cut.heal()
		p.traffic.passEnding(ctx, rng, between(rng, 500*time.Millisecond, 7*time.Second))
		cut.await(ctx, p)
		return cut.struck(), nil
	}
}

// outOfReach is how long nobody can know: longer than what is known may be used.
func outOfReach(rng *rand.Rand) time.Duration {
	return between(rng, rig.EndBound+time.Second, rig.EndBound+3*time.Second)
}

// hideRegistry cuts all gateways from Redis and from Postgres.
func hideRegistry(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	var redis, postgres []*wire.Wire
	for _, s := range p.slots {
		redis, postgres = append(redis, s.redis), append(postgres, s.postgres)
	}
	ways := []struckOf{cutAll(redis), cutAll(postgres)}
	from := time.Now()
	p.traffic.passEnding(ctx, rng, outOfReach(rng))
	for _, way := range ways {
		way.await(ctx, p)
	}
	p.audit.Unknowable(rig.Window{From: from, Until: time.Now()})
	struck := min(ways[0].struck(), ways[1].struck())
	for _, way := range ways {
		way.heal()
	}
	return struck, nil
}

// silenceRegistry cuts all gateways from Postgres and stops the relay: Redis answers, and
// nothing vouches for what it says.
func silenceRegistry(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	portal := p.relay.program()
	if err := portal.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	var postgres []*wire.Wire
	for _, s := range p.slots {
		postgres = append(postgres, s.postgres)
	}
	cuts := cutAll(postgres)
	from := time.Now()
	p.traffic.passEnding(ctx, rng, outOfReach(rng))
	cuts.await(ctx, p)
	p.audit.Unknowable(rig.Window{From: from, Until: time.Now()})
	struck := cuts.struck()
	cuts.heal()
	return struck, portal.Signal(syscall.SIGCONT)
}
