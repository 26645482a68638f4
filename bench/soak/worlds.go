package main

import (
	"context"
	"fmt"
	"io"

	"turnkey-gateway/bench/soak/cluster"
	"turnkey-gateway/bench/soak/embedded"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/deploy/local/parts"
)

// Names of the worlds, on the command line and in what is kept.
const (
	worldEmbedded = "embedded"
	worldCluster  = "cluster"
)

// aims are how many seeds each world is to pass.
var aims = map[string]int{worldEmbedded: 1_000, worldCluster: 100}

// programs is where `make soak` builds the gateway and the portal.
const programs = "bin"

// opener opens worlds, and tells progress what takes long.
func (o options) opener(progress io.Writer) opener {
	return func(ctx context.Context, name string) (trial.World, error) {
		switch name {
		case worldEmbedded:
			return embedded.Open()
		case worldCluster:
			return o.openCluster(ctx, progress)
		default:
			return nil, fmt.Errorf("no world is called %q", name)
		}
	}
}

// openCluster keeps the programs' logs only of a replay, until the next one.
func (o options) openCluster(ctx context.Context, progress io.Writer) (trial.World, error) {
	c := cluster.Options{Bin: programs, Progress: func(line string) { fmt.Fprintln(progress, line) }}
	if o.replay {
		var err error
		if c.Dir, err = parts.Scratch("turnkey-soak-replay-"); err != nil {
			return nil, fmt.Errorf("open the cluster world: %w", err)
		}
		fmt.Fprintln(progress, "logs are in", c.Dir)
	}
	return cluster.Open(ctx, c)
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
