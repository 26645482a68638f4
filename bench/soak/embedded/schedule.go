package embedded

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/bench/soak/trial"
)

// A schedule is all that a seed decides.
type schedule struct {
	seed       uint64
	partitions int
	gateways   int // at the start
	scenes     [][]scheduled

	commitEvery time.Duration
	fetchBytes  int
	batchBytes  int
}

// A scheduled fault is one of a scene.
type scheduled struct {
	kind
	number uint64 // of the generator that decides the rest
}

// A kind is a fault and how to bring it about.
type kind struct {
	fault trial.Fault

	// strike brings it about, and returns when it has struck and is over, or has not.
	strike func(*act, context.Context) error

	long  bool // takes seconds, so that it is drawn less often
	alone bool // nothing else strikes meanwhile
}

// kinds are all faults, in the order in which seeds begin with them.
var kinds = slices.Concat(gatewayFaults, requestFaults, brokerFaults, registryFaults, clockFaults, documentFaults)

// draw makes a seed's schedule. Seeds in a row begin with one kind after the other, so
// that as many seeds as there are kinds have all of them.
func draw(seed uint64) schedule {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := schedule{
		seed: seed, partitions: 2 + rng.IntN(3), gateways: 1 + rng.IntN(2),
		commitEvery: time.Duration(5+rng.IntN(100)) * time.Millisecond,
		fetchBytes:  10_000 << rng.IntN(6),
		batchBytes:  20_000 << rng.IntN(6),
	}
	faults := []kind{kinds[seed%uint64(len(kinds))]}
	for len(faults) < 6 {
		k := kinds[rng.IntN(len(kinds))]
		long := slices.ContainsFunc(faults, func(f kind) bool { return f.long })
		if k.long && (long || rng.IntN(10) > 0) || slices.ContainsFunc(faults, func(f kind) bool { return f.fault == k.fault }) {
			continue
		}
		faults = append(faults, k)
	}
	number := uint64(2)
	for len(faults) > 0 {
		n := min(1+rng.IntN(3), len(faults))
		if i := slices.IndexFunc(faults[:n], func(k kind) bool { return k.alone }); i >= 0 {
			n = max(1, i) // what stands before it has a scene, and then it has one
		}
		var scene []scheduled
		for _, k := range faults[:n] {
			scene = append(scene, scheduled{k, number})
			number++
		}
		s.scenes = append(s.scenes, scene)
		faults = faults[n:]
	}
	return s
}

func (s schedule) describe(log *journal) {
	log.say("seed %d: %d partitions, %d gateways, commits each %v, fetches of %d bytes, batches of %d bytes",
		s.seed, s.partitions, s.gateways, s.commitEvery, s.fetchBytes, s.batchBytes)
	for i, scene := range s.scenes {
		var names []string
		for _, a := range scene {
			names = append(names, string(a.fault))
		}
		log.say("scene %d: %s", i+1, strings.Join(names, " | "))
	}
}
