package rediscache

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
)

// beatsLastFor is how long a heartbeat stays in Redis: it is worth nothing after
// [MaxAge], and is kept a little longer for people who look.
const beatsLastFor = time.Minute

// A Writer is the relay's side of the cache.
type Writer struct {
	client  redis.UniversalClient
	keys    Keys
	sealer  *sealer
	timeout time.Duration
}

// NewWriter returns a writer whose exchanges take at most timeout, [DefaultTimeout]
// if it is 0.
func NewWriter(client redis.UniversalClient, keys Keys, key keyfile.Key, timeout time.Duration) *Writer {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &Writer{client: client, keys: keys, sealer: newSealer(key), timeout: timeout}
}

// Apply replaces the snapshots of senders, and removes those of senders that have
// none any more or one too large to be cached. An error means that some of it may
// not have happened: apply it again.
func (w *Writer) Apply(ctx context.Context, snapshots []*registry.Snapshot, gone []registry.LookupHash) error {
	var writes []func(redis.Pipeliner)
	remove := func(key string) {
		writes = append(writes, func(p redis.Pipeliner) { p.Del(ctx, key) })
	}
	for _, s := range snapshots {
		key := w.keys.Sender(s.Sender)
		body, err := encodeSnapshot(s)
		if err != nil {
			remove(key)
			continue
		}
		value := w.sealer.seal(key, body)
		writes = append(writes, func(p redis.Pipeliner) { p.Set(ctx, key, value, keepFor) })
	}
	for _, sender := range gone {
		remove(w.keys.Sender(sender))
	}
	for first := 0; first < len(writes); first += perCommand {
		pipe := w.client.Pipeline()
		for _, write := range writes[first:min(first+perCommand, len(writes))] {
			write(pipe)
		}
		if err := w.exec(ctx, pipe); err != nil {
			return fmt.Errorf("write %d snapshots to redis: %w", len(writes), err)
		}
	}
	return nil
}

// Beat keeps and publishes a heartbeat. It may vouch only for what [Writer.Apply]
// was done for.
func (w *Writer) Beat(ctx context.Context, h Heartbeat) error {
	body, err := encodeHeartbeat(h)
	if err != nil {
		return fmt.Errorf("write heartbeat: %w", err)
	}
	value := w.sealer.seal(w.keys.Heartbeat(), body)
	pipe := w.client.Pipeline()
	pipe.Set(ctx, w.keys.Heartbeat(), value, beatsLastFor)
	pipe.Set(ctx, w.keys.Applied(), string(h.Epoch)+" "+strconv.FormatUint(uint64(h.Version), 10), 0)
	pipe.Publish(ctx, w.keys.Heartbeat(), value)
	if err := w.exec(ctx, pipe); err != nil {
		return fmt.Errorf("write heartbeat: %w", err)
	}
	return nil
}

func (w *Writer) exec(ctx context.Context, pipe redis.Pipeliner) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	_, err := pipe.Exec(ctx)
	return err
}
