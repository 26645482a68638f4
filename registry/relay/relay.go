package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
)

const (
	// pollEvery is how long a relay waits for an announcement before it looks by itself;
	// so it is also the longest time between heartbeats, save the round's own.
	pollEvery = 200 * time.Millisecond

	// roundEvery is the shortest time between two rounds, so that a burst of changes
	// makes one heartbeat of many.
	roundEvery = 10 * time.Millisecond

	// standbyEvery is how often a relay without the lock asks for it.
	standbyEvery = 500 * time.Millisecond

	// backoffFrom and backoffTo bound the wait after a failure, which doubles.
	backoffFrom = 50 * time.Millisecond
	backoffTo   = time.Second

	// readTimeout bounds one query.
	readTimeout = 5 * time.Second
)

// Registry is what the relay reads, from the primary.
type Registry interface {
	// Changes returns at most limit changes after a version, in order and without a
	// gap, and the epoch and version of the same moment.
	Changes(ctx context.Context, after registry.Version, limit int) ([]registry.Change, registry.Epoch, registry.Version, error)

	// Snapshots returns the snapshots of those senders that exist.
	Snapshots(ctx context.Context, senders []registry.LookupHash) ([]registry.Snapshot, registry.Epoch, registry.Version, error)
}

// Config configures a [Relay].
type Config struct {
	Registry Registry           // Required
	Writer   *rediscache.Writer // Required

	// Session is how to connect for the lock: directly, not through a pooler that
	// shares sessions. Required.
	Session *pgx.ConnConfig

	Now     func() time.Time      // nil means time.Now
	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // Required
}

// A Relay relays while it holds the lock, and waits for it otherwise.
type Relay struct {
	registry Registry
	writer   *rediscache.Writer
	session  *pgx.ConnConfig
	now      func() time.Time
	log      *slog.Logger
	metrics  *metrics

	beatAt atomic.Int64 // T of the last heartbeat in Unix nanoseconds; 0 while not active
}

// New returns a relay that does nothing until [Relay.Run].
func New(cfg Config) *Relay {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Relay{registry: cfg.Registry, writer: cfg.Writer, session: cfg.Session, now: cfg.Now, log: cfg.Log}
	r.metrics = newMetrics(cfg.Metrics, r)
	return r
}

// Run relays, or waits for its turn, until ctx ends. It survives every failure: what
// it can't do, it tries again.
func (r *Relay) Run(ctx context.Context) {
	for b := (backoff{}); ctx.Err() == nil; {
		began := r.now()
		err := r.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		r.metrics.errors.WithLabelValues(string(kindLock)).Inc()
		r.log.Warn("relay lost its session and starts anew", "error", err)
		if r.now().Sub(began) > 10*backoffTo {
			b = backoff{}
		}
		b.sleep(ctx)
	}
}

// serve takes the lock and relays for as long as its session lasts.
func (r *Relay) serve(ctx context.Context) error {
	s, err := openSession(ctx, r.session)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		taken, err := s.tryLock(ctx)
		if err != nil {
			return err
		}
		if taken {
			return r.active(ctx, s)
		}
		if err := sleep(ctx, standbyEvery); err != nil {
			return err
		}
	}
}

// active makes rounds until the session is lost.
func (r *Relay) active(ctx context.Context, s *session) error {
	r.log.Info("relay is active")
	r.metrics.active.Set(1)
	r.beatAt.Store(r.now().UnixNano())
	defer func() {
		r.metrics.active.Set(0)
		r.beatAt.Store(0)
	}()
	var (
		t       = &term{relay: r, began: r.now()}
		b       backoff
		failing bool
	)
	for {
		if err := s.alive(ctx); err != nil {
			return err
		}
		err := t.round(ctx)
		switch {
		case err == nil:
			if failing {
				r.log.Info("relay works again", "version", t.applied)
			}
			b, failing = backoff{}, false
			if err := sleep(ctx, roundEvery); err != nil {
				return err
			}
			if t.behind {
				continue
			}
			if err := s.wait(ctx, pollEvery-roundEvery); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			r.failed(err, failing)
			failing = true
			if err := b.sleep(ctx); err != nil {
				return err
			}
		}
	}
}

// failed counts a round that failed, and logs the first of a row.
func (r *Relay) failed(err error, before bool) {
	k := kindPostgres
	var f *failure
	if errors.As(err, &f) {
		k = f.kind
	}
	r.metrics.errors.WithLabelValues(string(k)).Inc()
	if !before {
		r.log.Warn("relay can't carry changes to Redis and keeps trying", "error", err)
	}
}

// A failure is an error of a known kind.
type failure struct {
	kind kind
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(k kind, format string, args ...any) error {
	return &failure{k, fmt.Errorf(format, args...)}
}

// A backoff is the wait after a failure. The zero value is ready.
type backoff struct{ next time.Duration }

func (b *backoff) sleep(ctx context.Context) error {
	b.next = min(max(2*b.next, backoffFrom), backoffTo)
	return sleep(ctx, b.next)
}

// sleep returns after d, or early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
