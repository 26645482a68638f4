package embedded

import (
	"context"
	"fmt"
	"io"

	"turnkey-gateway/bench/soak/trial"
)

// A World plays seeds on brokers and gateways of their own, so that several worlds may be
// at work at once.
type World struct{ kit *kit }

// Open signs documents, which takes seconds the first time in a process.
func Open() (*World, error) {
	k, err := newKit()
	if err != nil {
		return nil, fmt.Errorf("open the embedded world: %w", err)
	}
	return &World{k}, nil
}

// Faults implements trial.World.
func (*World) Faults() []trial.Fault {
	all := make([]trial.Fault, len(kinds))
	for i, k := range kinds {
		all[i] = k.fault
	}
	return all
}

// Run implements trial.World.
func (w *World) Run(ctx context.Context, seed uint64, log io.Writer) (trial.Result, error) {
	return play(ctx, w.kit, variant{}, draw(seed), log)
}

// Close implements trial.World.
func (*World) Close() error { return nil }
