package shadow

import (
	"context"
	"log/slog"
	"time"

	"turnkey-gateway/verifier"
)

// A reporter writes what happens to the log, sparsely: a fault of the engine may show in
// every message, and the counters have them all. It is for one goroutine.
type reporter struct {
	log  *slog.Logger
	last map[string]time.Time // by message
	left map[string]int       // how many were not written since
}

// sparse is the shortest time between two lines of one message.
const sparse = 10 * time.Second

// disagreement names the record and nothing of what is in it.
func (r *reporter) disagreement(it sample) {
	theirs := "accepts"
	if it.reason == verifier.Verified {
		theirs = "refuses"
	}
	r.write(slog.LevelError, "the second opinion disagrees with a verdict", it, "verdict", it.reason.String(), "second_opinion", theirs)
}

func (r *reporter) panicked(it sample) {
	r.write(slog.LevelWarn, "the second opinion panicked", it)
}

func (r *reporter) overrun(it sample, took time.Duration) {
	r.write(slog.LevelWarn, "the second opinion took too long, and pauses", it, "seconds", took.Seconds(), "bytes", len(it.doc))
}

func (r *reporter) write(level slog.Level, message string, it sample, fields ...any) {
	if r.last == nil {
		r.last, r.left = make(map[string]time.Time), make(map[string]int)
	}
	now := time.Now()
	if last, ok := r.last[message]; ok && now.Sub(last) < sparse {
		r.left[message]++
		return
	}
	fields = append([]any{"event_id", it.source.EventID(), "source", it.source.String()}, fields...)
	r.log.Log(context.Background(), level, message, append(fields, "unwritten", r.left[message])...)
	r.last[message], r.left[message] = now, 0
}
