package main

import (
	"context"
	"errors"
	"fmt"

	"turnkey-gateway/bench/soak/embedded"
	"turnkey-gateway/bench/soak/trial"
)

// Names of the worlds, on the command line and in what is kept.
const (
	worldEmbedded = "embedded"
	worldCluster  = "cluster"
)

// aims are how many seeds each world is to pass.
var aims = map[string]int{worldEmbedded: 1_000, worldCluster: 100}

// open opens a world.
func open(_ context.Context, name string) (trial.World, error) {
	switch name {
	case worldEmbedded:
		return embedded.Open()
	case worldCluster:
		return nil, errors.New("the cluster world is not built yet: use --world embedded")
	default:
		return nil, fmt.Errorf("no world is called %q", name)
	}
}

// atOnce is how many of a world may be at work at once: the cluster takes a whole machine.
func (o options) atOnce(world string) int {
	if world == worldCluster {
		return 1
	}
	return o.parallel
}

// upTo is the seed after the last one of a world.
func (o options) upTo(world string) uint64 {
	if o.seeds > 0 {
		return o.first + uint64(o.seeds)
	}
	return o.first + uint64(aims[world])
}
