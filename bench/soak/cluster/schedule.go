package cluster

import (
	"context"
	"math/rand/v2"
	"slices"

	"turnkey-gateway/bench/soak/trial"
)

// A resource is what only one fault at a time may hold.
type resource int

const (
	theGateways resource = iota
	theBrokers
	theRedis
	thePostgres
	theRelay
)

var resources = []resource{theGateways, theBrokers, theRedis, thePostgres, theRelay}

// A kind is one kind of fault: play does it and undoes it, and returns how often it
// struck. An error is the world's, or a promise that only play can see.
type kind struct {
	name  trial.Fault
	needs []resource
	play  func(ctx context.Context, p *play, rng *rand.Rand) (struck int, err error)
}

// kinds is filled where the faults are, file by file, in a fixed order.
var kinds = slices.Concat(gatewayFaults, brokerFaults, exchangeFaults, networkFaults, redisFaults, postgresFaults, relayFaults, registryFaults)

// A schedule is what one seed does.
type schedule struct {
	seed     uint64
	gateways int   // that run at the start
	pulse    int   // of the traffic, a second
	messages int64 // sent at least
	acts     []act // in order of their beginning
}

// An act is one fault at its moment: when so many messages were acknowledged.
type act struct {
	after int64
	kind  kind
}

const (
	fewestActs, mostActs = 3, 6

	// In messages, of which some 200 are sent a second.
	firstAct  = 100
	lastAct   = 1400
	atLeast   = 1800
	brokerMax = 1 // faults of a seed that cost it a broker's restart
)

// draw returns the schedule of a seed.
func draw(seed uint64) schedule {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := schedule{seed: seed, gateways: 1 + rng.IntN(slots), pulse: []int{steady, waves}[rng.IntN(2)], messages: atLeast}
	n := fewestActs + rng.IntN(mostActs-fewestActs+1)
	restarts := 0
	for _, i := range rng.Perm(len(kinds)) {
		k := kinds[i]
		if slices.Contains(k.needs, theBrokers) {
			if restarts++; restarts > brokerMax {
				continue
			}
		}
		s.acts = append(s.acts, act{after: firstAct + rng.Int64N(lastAct-firstAct), kind: k})
		if len(s.acts) == n {
			break
		}
	}
	slices.SortStableFunc(s.acts, func(a, b act) int { return int(a.after - b.after) })
	return s
}
