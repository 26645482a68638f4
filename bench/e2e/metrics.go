package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
)

// awaitVerdicts waits until a gateway has judged at least n documents, by its own metrics, and
// returns how many.
func awaitVerdicts(ctx context.Context, g rig.Server, n float64) (judged float64, err error) {
	err = rig.Eventually(ctx, fmt.Sprintf("%.0f documents judged", n), time.Minute, func(ctx context.Context) (bool, error) {
		now, err := g.Counter(ctx, "turnkey_verdicts_total")
		if err != nil {
			return false, err
		}
		judged = now
		return judged >= n, fmt.Errorf("%.0f so far", judged)
	})
	return judged, err
}
