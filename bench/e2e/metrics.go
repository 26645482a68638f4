package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
)

// awaitVerdicts polls a gateway's metrics until it has judged at least n documents, and
// returns how many.
func awaitVerdicts(ctx context.Context, g rig.Server, n float64) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		judged, err := g.Counter(ctx, "turnkey_verdicts_total")
		if err == nil && judged >= n {
			return judged, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%.0f documents judged of %.0f waited for: %w (%v)", judged, n, ctx.Err(), err)
		case <-tick.C:
		}
	}
}
