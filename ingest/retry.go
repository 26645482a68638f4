package ingest

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pauses between attempts grow from the first to the last.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// A struggle is a run of failures of one loop at one stage. While it lasts the loop
// counts as paused. It is used by one goroutine, which must end it.
type struggle struct {
	g      *Gateway
	stage  Stage
	where  string // for the log
	failed int
}

func (g *Gateway) struggle(stage Stage, where string) *struggle {
	return &struggle{g: g, stage: stage, where: where}
}

// failedWith notes a failure and pauses. It reports false once ctx has ended. Only
// the first failure of a run is logged, and later its end.
func (s *struggle) failedWith(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	s.failed++
	s.g.metrics.retries.WithLabelValues(string(s.stage)).Inc()
	s.g.state.failed(s.stage, s.failed == 1, err)
	if s.failed == 1 {
		s.g.metrics.paused.WithLabelValues(string(s.stage)).Inc()
		s.g.log.Warn("paused, trying again", "stage", string(s.stage), "where", s.where, "error", err)
	}
	return sleep(ctx, pause(s.failed))
}

// end says that an attempt succeeded, or that no more will be made.
func (s *struggle) end(succeeded bool) {
	if s.failed == 0 {
		return
	}
	s.g.state.ended(s.stage)
	s.g.metrics.paused.WithLabelValues(string(s.stage)).Dec()
	if succeeded {
		s.g.log.Info("going on", "stage", string(s.stage), "where", s.where, "failures", s.failed)
	}
	s.failed = 0
}

// pause is how long to wait after the nth failure in a row: doubled each time, and
// spread over its upper half so that many loops don't come back at once.
func pause(n int) time.Duration {
	d := lastPause
	if n < 8 {
		d = min(d, firstPause<<(n-1))
	}
	return d/2 + rand.N(d/2)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
