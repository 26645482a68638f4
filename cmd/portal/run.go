package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/cmd/internal/database"
	"turnkey-gateway/cmd/internal/ops"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/relay"
)

const help = `portal is the registry's service: the registration site, and the relay of the registry's
changes from Postgres to Redis, by which gateways hear of them at once. Any number may run.

  portal                  run until interrupted
  portal --print-config   show the effective configuration, secrets left out
  portal --version        show the version
  portal --help           show this

Without PORTAL_WEB it only relays; the site's variables then have no effect. Make its keys by
"turnkey keys init", the schema by "turnkey migrate", and let staff in by "turnkey operator add".

Everything is configured by environment variables. Secrets are files, whose paths these
name: the Postgres URL, cache.key, lookup.key, identity.key, the mail server's password.

`

// run is the program: it returns nil once ctx has ended and everything is closed.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	reader := config.NewReader(getenv, "PORTAL_")
	cfg := readConfig(reader)
	start, err := config.Start("portal", help, args, reader, stdout, stderr)
	if err != nil || !start {
		return err
	}
	if err := reader.Err(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	cacheKey, err := keyfile.Load(cfg.CacheKeyFile)
	if err != nil {
		return fmt.Errorf("PORTAL_CACHE_KEY_FILE: %w", err)
	}
	pool, err := database.Open(ctx, cfg.DatabaseFile)
	if err != nil {
		return fmt.Errorf("PORTAL_DATABASE_FILE: %w", err)
	}
	defer pool.Close()
	client := rediscache.NewClient(cfg.Redis, cfg.RedisTimeout)
	defer client.Close()

	server, err := ops.Start(ops.Config{
		Listen: cfg.Listen, Pprof: cfg.Pprof, Metrics: metrics, Log: log,
		Ready: func(ctx context.Context) error { return postgres.CheckSchema(ctx, pool) },
	})
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.StopWithin)
		defer cancel()
		err = errors.Join(err, server.Close(stopping))
	}()

	if cfg.Web != "" {
		site, refused := openSite(ctx, cfg, pool, metrics, log)
		if refused != nil {
			return refused
		}
		defer func() {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.StopWithin)
			defer cancel()
			err = errors.Join(err, site.close(stopping))
		}()
		log.Info("the site is served", "address", site.addr, "origin", cfg.Site.Origin)
	}

	r := relay.New(relay.Config{
		Registry: postgres.NewReader(pool),
		Writer:   rediscache.NewWriter(client, rediscache.NewKeys(cfg.RedisPrefix), cacheKey, cfg.RedisTimeout),
		Session:  pool.Config().ConnConfig,
		Metrics:  metrics, Log: log,
	})
	log.Info("portal started", "metrics", server.Addr())
	r.Run(ctx)
	log.Info("portal stops")
	return nil
}
