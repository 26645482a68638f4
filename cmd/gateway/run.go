package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/cmd/internal/database"
	"turnkey-gateway/cmd/internal/engine"
	"turnkey-gateway/cmd/internal/ops"
	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/shadow"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/secondopinion"
)

// run is the program: it returns nil once ctx has ended, everything acknowledged is
// committed and everything is closed.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	reader := config.NewReader(getenv, "GATEWAY_")
	cfg := readConfig(reader)
	start, err := config.Start("gateway", help, args, reader, stdout, stderr)
	if err != nil || !start {
		return err
	}
	if err := reader.Err(); err != nil {
		return err
	}
	return serve(ctx, cfg, secondopinion.Check, slog.New(slog.NewJSONHandler(stderr, nil)))
}

// serve builds the program from its leaves up, runs it, and closes it in reverse. The
// second opinion is an argument for tests to have one that errs.
func serve(ctx context.Context, cfg Config, opinion shadow.Check, log *slog.Logger) (err error) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(cfg.memoryLimit())
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	judge, err := engine.New("GATEWAY_", cfg.Engine, verifier.Limits{Bytes: cfg.MaxDocument})
	if err != nil {
		return err
	}
	newEngineInfo(metrics)
	pool, err := database.Open(ctx, cfg.DatabaseFile)
	if err != nil {
		return fmt.Errorf("GATEWAY_DATABASE_FILE: %w", err)
	}
	defer pool.Close()

	var background sync.WaitGroup
	listening, stopListening := context.WithCancel(context.WithoutCancel(ctx)) // outlives the last lookup, and verdict
	defer stopListening()
	senders, closeRedis, err := newLookup(listening, &background, cfg, pool, metrics, log)
	if err != nil {
		return err
	}
	defer func() {
		stopListening()
		background.Wait()
		err = errors.Join(err, closeRedis())
	}()

	second := shadow.New(shadow.Config{OneIn: cfg.ShadowOneIn, Check: opinion, Metrics: metrics, Log: log})
	go second.Run(listening) // not waited for: a check can't be interrupted, and holds nothing but memory

	cluster := newCluster(cfg)
	defer cluster.Transport.CloseIdleConnections()
	gateway, err := ingest.New(cfg.Ingest, ingest.Parts{
		Cluster: cluster, Engine: judge, Registry: senders, Metrics: metrics, Log: log, Shadow: second,
	})
	if err != nil {
		return err
	}

	var seen atomic.Pointer[error] // what the registry's schema check said last
	server, err := ops.Start(ops.Config{
		Listen: cfg.Listen, Pprof: cfg.Pprof, Metrics: metrics, Log: log,
		Ready: func(context.Context) error { return errors.Join(gateway.Ready(), load(&seen)) },
	})
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = errors.Join(err, server.Close(stopping))
	}()

	log.Info("gateway started", "version", config.Version(), "metrics", server.Addr())
	if awaitRegistry(ctx, pool, &seen, log) {
		err = gateway.Run(ctx)
	}
	log.Info("gateway stopped")
	return err
}

// newLookup joins the levels that senders are looked up in: memory, Redis, Postgres.
func newLookup(ctx context.Context, background *sync.WaitGroup, cfg Config, pool *pgxpool.Pool,
	metrics prometheus.Registerer, log *slog.Logger) (senders *lookup.Lookup, closeRedis func() error, err error) {
	lookupKey, err := keyfile.Load(cfg.LookupKeyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("GATEWAY_LOOKUP_KEY_FILE: %w", err)
	}
	var cacheKey keyfile.Key
	rand.Read(cacheKey[:]) // without a Redis: nothing anybody could send is authentic
	if len(cfg.Redis) > 0 {
		if cacheKey, err = keyfile.Load(cfg.CacheKeyFile); err != nil {
			return nil, nil, fmt.Errorf("GATEWAY_CACHE_KEY_FILE: %w", err)
		}
	}
	client := newRedis(cfg)
	cache := rediscache.NewReader(rediscache.ReaderConfig{
		Client: client, Keys: rediscache.NewKeys(cfg.RedisPrefix), Key: cacheKey,
		Timeout: cfg.RedisTimeout, Metrics: metrics, Log: log,
	})
	if len(cfg.Redis) > 0 {
		background.Go(func() { cache.Run(ctx) })
	}
	senders = lookup.New(lookup.Config{
		Database: postgres.NewReader(pool), Cache: cache, Key: registry.NewLookupKey(lookupKey),
		Entries: cfg.LookupEntries, Metrics: metrics, Log: log,
	})
	return senders, client.Close, nil
}

// awaitRegistry waits until Postgres answers and has a schema this program knows. It
// returns false once ctx ends. Without it a gateway would take partitions away from
// others that can judge.
func awaitRegistry(ctx context.Context, pool *pgxpool.Pool, seen *atomic.Pointer[error], log *slog.Logger) bool {
	unknown := errors.New("the registry was not reached yet")
	seen.Store(&unknown)
	for waited := false; ; waited = true {
		err := postgres.CheckSchema(ctx, pool)
		if err == nil {
			seen.Store(nil)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		seen.Store(&err)
		if !waited {
			log.Warn("waiting for the registry", "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func load(err *atomic.Pointer[error]) error {
	if p := err.Load(); p != nil {
		return *p
	}
	return nil
}

const help = `gateway judges signed messages: it reads a Kafka topic, looks up what each sender
registered, checks the signature, and writes the same bytes to the topic of verified
or of rejected messages, with the verdict in turnkey-* headers.

It is stopped by SIGTERM: it finishes what it has begun, commits and leaves its group.
A killed gateway loses nothing either; what it had not committed is judged again, under
the same event ids. Any number may run in one group, up to one a partition.

  gateway                 run
  gateway --print-config  show the effective configuration
  gateway --version       show the version
  gateway --help          show this

/readyz says in words why a gateway can't judge; "turnkey doctor" checks topics, Redis
and Postgres, and says what to do.

Everything is configured by environment variables. Secrets are files, whose paths these
name: the Postgres URL, lookup.key, cache.key (32 random bytes each).

`
