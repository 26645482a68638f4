package rediscache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Run listens to heartbeats until ctx ends. While none is pushed (the subscription
// is cut, say), it fetches the latest one instead; when Redis is away, it keeps
// trying. It returns only when ctx has ended.
func (r *Reader) Run(ctx context.Context) {
	subscription := r.client.Subscribe(ctx, r.keys.Heartbeat())
	defer subscription.Close()
	pushed := subscription.Channel(redis.WithChannelSize(16)) // reconnects by itself

	tick := time.NewTicker(heartbeatLate / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case message, open := <-pushed:
			if !open { // the client was closed under us
				pushed = nil
				continue
			}
			r.hear(message.Payload)
		case <-tick.C:
			if r.late() {
				r.fetch(ctx)
			}
		}
	}
}

// late reports whether a heartbeat should have come by now.
func (r *Reader) late() bool {
	h := r.Heard()
	return h == nil || r.now().Sub(h.t) > heartbeatLate
}

// fetch reads the latest heartbeat. Errors are in the metrics; the rule of belief
// deals with what they mean.
func (r *Reader) fetch(ctx context.Context) {
	var value string
	err := r.exchange(ctx, "heartbeat", func(ctx context.Context) (err error) {
		value, err = r.client.GetRange(ctx, r.keys.Heartbeat(), 0, maxHeartbeat).Result()
		if err != nil && wrongType(err) {
			return nil
		}
		return err
	})
	if err == nil {
		r.hear(value)
	}
}

// hear takes in a heartbeat from wherever it came, if it is authentic, not from the
// future and later than the one before: a replayed one changes nothing.
func (r *Reader) hear(value string) {
	if value == "" {
		return
	}
	r.hearing.Lock()
	defer r.hearing.Unlock()
	result := r.take(value)
	r.metrics.heartbeats.WithLabelValues(result).Inc()
}

func (r *Reader) take(value string) string {
	now, last := r.now(), r.heard.Load()
	if last != nil && last.raw == value {
		return heartbeatOld
	}
	if len(value) > maxHeartbeat {
		return heartbeatGarbage
	}
	raw := []byte(value)
	body, err := r.sealer.open(r.keys.Heartbeat(), raw)
	if errors.Is(err, errMAC) {
		return heartbeatBadMAC
	}
	if err != nil {
		return heartbeatGarbage
	}
	beat, err := decodeHeartbeat(body)
	if err != nil {
		return heartbeatGarbage
	}
	heard := newHeard(beat, raw, now)
	switch {
	case heard.t.Sub(now) > MaxAhead:
		return heartbeatFuture
	case !heard.Fresh(now):
		return heartbeatStale
	case last.Fresh(now) && !beat.At.After(last.At):
		return heartbeatOld
	}
	r.heard.Store(heard)
	return heartbeatNew
}
