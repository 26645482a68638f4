package rediscache

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
)

// ErrLeftAlone means that Redis failed less than a second ago and was not asked.
var ErrLeftAlone = errors.New("redis failed a moment ago and is left alone")

const (
	// heartbeatLate is when a heartbeat is fetched, because none was pushed. The relay
	// sends one at least every 250 ms.
	heartbeatLate = 400 * time.Millisecond

	// keepFor is how long a snapshot stays in Redis if nothing changes it.
	keepFor = 24 * time.Hour

	// perCommand bounds the keys of one script call, and the commands of one pipeline.
	perCommand = 128
)

// A Fault says why there is no snapshot at a key.
type Fault string

const (
	Absent  Fault = "absent"
	BadMAC  Fault = "bad_mac" // not written by a holder of cache.key, or not at this key
	Garbage Fault = "garbage" // not in our format, cut short, or oversize
)

// An Entry is what Redis held for one sender. An authentic snapshot may be an old one
// that was put back: it counts only if [Heard.Believes] it.
type Entry struct {
	Snapshot *registry.Snapshot // nil if there is a Fault
	Fault    Fault
}

// ReaderConfig configures a [Reader].
type ReaderConfig struct {
	Client redis.UniversalClient // Required; see NewClient
	Keys   Keys
	Key    keyfile.Key // cache.key

	// Timeout bounds one exchange; 0 means [DefaultTimeout].
	Timeout time.Duration

	Now     func() time.Time      // nil means time.Now
	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // nil means none
}

// A Reader is the gateway's side of the cache: it listens to heartbeats, reads
// snapshots, and puts back what had to be read from Postgres. Safe for concurrent use.
type Reader struct {
	client  redis.UniversalClient
	keys    Keys
	sealer  *sealer
	timeout time.Duration
	now     func() time.Time
	breaker *breaker
	log     *slog.Logger
	metrics *readerMetrics

	hearing sync.Mutex // serialises changes of heard
	heard   atomic.Pointer[Heard]
}

// NewReader returns a reader. It hears of heartbeats only while [Reader.Run] runs.
func NewReader(cfg ReaderConfig) *Reader {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Reader{
		client: cfg.Client, keys: cfg.Keys, sealer: newSealer(cfg.Key),
		timeout: cfg.Timeout, now: cfg.Now, breaker: &breaker{now: cfg.Now}, log: cfg.Log,
	}
	r.metrics = newReaderMetrics(cfg.Metrics, r)
	return r
}

// Heard returns the freshest heartbeat heard so far, nil before the first.
func (r *Reader) Heard() *Heard { return r.heard.Load() }

// Read returns what Redis holds for each sender, in their order, in one round trip;
// a heartbeat comes along where none was pushed lately. An error means that Redis
// couldn't be asked.
//
// Values are read up to the largest legal size, so that an oversize one costs no more.
func (r *Reader) Read(ctx context.Context, senders []registry.LookupHash) ([]Entry, error) {
	pipe := r.client.Pipeline()
	values := make([]*redis.StringCmd, len(senders))
	for i, sender := range senders {
		values[i] = pipe.GetRange(ctx, r.keys.Sender(sender), 0, maxSnapshot)
	}
	var beat *redis.StringCmd
	if r.late() {
		beat = pipe.GetRange(ctx, r.keys.Heartbeat(), 0, maxHeartbeat)
	}
	if err := r.exchange(ctx, "read", func(ctx context.Context) error { return run(ctx, pipe) }); err != nil {
		return nil, fmt.Errorf("read %d snapshots from redis: %w", len(senders), err)
	}
	if beat != nil {
		r.hear(beat.Val())
	}
	entries := make([]Entry, len(senders))
	for i, value := range values {
		entries[i] = r.entry(senders[i], value)
	}
	return entries, nil
}

// Fill puts snapshots, all read from Postgres at one version, into Redis. It leaves
// them out where the relay is further, and where they are too large. An error loses
// nothing but time.
func (r *Reader) Fill(ctx context.Context, snapshots []*registry.Snapshot) error {
	pipe := r.client.Pipeline()
	var results []*redis.Cmd
	for first := 0; first < len(snapshots); first += perCommand {
		chunk := snapshots[first:min(first+perCommand, len(snapshots))]
		if keys, args := r.fillArgs(chunk); len(keys) > 1 {
			results = append(results, pipe.Eval(ctx, fillScript, keys, args...))
		}
	}
	if len(results) == 0 {
		return nil
	}
	if err := r.exchange(ctx, "fill", func(ctx context.Context) error { return run(ctx, pipe) }); err != nil {
		return fmt.Errorf("put %d snapshots into redis: %w", len(snapshots), err)
	}
	for _, result := range results {
		if kept, err := result.Int(); err == nil && kept > 0 {
			r.metrics.filled.WithLabelValues("kept").Add(float64(kept))
		} else {
			r.metrics.filled.WithLabelValues("outrun").Inc()
		}
	}
	return nil
}

//go:embed fill.lua
var fillScript string

func (r *Reader) fillArgs(snapshots []*registry.Snapshot) (keys []string, args []any) {
	keys = []string{r.keys.Applied()}
	for _, s := range snapshots {
		if len(args) == 0 {
			args = []any{string(s.Epoch), strconv.FormatUint(uint64(s.Version), 10), int(keepFor.Seconds())}
		}
		body, err := encodeSnapshot(s)
		if err != nil {
			r.metrics.filled.WithLabelValues("too_large").Inc()
			continue
		}
		key := r.keys.Sender(s.Sender)
		keys = append(keys, key)
		args = append(args, r.sealer.seal(key, body))
	}
	return keys, args
}

// exchange runs one exchange under the time-out and the breaker. A caller that gave
// up says nothing about Redis.
func (r *Reader) exchange(ctx context.Context, name string, do func(context.Context) error) error {
	if !r.breaker.allow() {
		return ErrLeftAlone
	}
	bounded, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	began := r.now()
	err := do(bounded)
	r.metrics.exchange(name, began, r.now(), err)
	if ctx.Err() != nil || !r.breaker.report(err) {
		return err
	}
	if err != nil {
		r.log.Warn("Redis fails and is passed over: everything is read from Postgres", "error", err)
	} else {
		r.log.Info("Redis works again")
	}
	return err
}

// run sends a pipeline. A value of another type is an answer, if a useless one; every
// other error means that Redis couldn't be asked.
func run(ctx context.Context, pipe redis.Pipeliner) error {
	commands, err := pipe.Exec(ctx)
	if err == nil {
		return nil
	}
	for _, c := range commands {
		if e := c.Err(); e != nil && !wrongType(e) {
			return e
		}
	}
	return nil
}

func wrongType(err error) bool {
	return strings.HasPrefix(err.Error(), "WRONGTYPE ")
}

func (r *Reader) entry(sender registry.LookupHash, value *redis.StringCmd) Entry {
	raw, err := value.Bytes()
	switch {
	case err != nil || len(raw) > maxSnapshot:
		return Entry{Fault: Garbage}
	case len(raw) == 0:
		return Entry{Fault: Absent}
	}
	body, err := r.sealer.open(r.keys.Sender(sender), raw)
	if errors.Is(err, errMAC) {
		return Entry{Fault: BadMAC}
	}
	if err != nil {
		return Entry{Fault: Garbage}
	}
	snapshot, err := decodeSnapshot(sender, body)
	if err != nil {
		return Entry{Fault: Garbage}
	}
	return Entry{Snapshot: snapshot}
}
