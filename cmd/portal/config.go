package main

import (
	"time"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/registry/rediscache"
)

// Config is read from PORTAL_* environment variables.
type Config struct {
	// DatabaseFile holds the URL of the primary Postgres, connected to directly: a
	// pooler that shares sessions loses the relay's lock. Required.
	DatabaseFile string

	// CacheKeyFile holds cache.key, the same one that the gateways have. Required.
	CacheKeyFile string

	// Redis are host:port of one server, or of several nodes of a cluster. Required.
	Redis []string

	// RedisPrefix begins every key; the gateways must have the same. Default turnkey.
	RedisPrefix string

	// RedisTimeout bounds one exchange with Redis; 250 ms by default. While Redis takes
	// longer, gateways read Postgres.
	RedisTimeout time.Duration

	// Listen is host:port of /metrics, /healthz and /readyz; 127.0.0.1:9102 by default.
	Listen string

	// Pprof is host:port of profiles, on loopback; "" (off) by default.
	Pprof string

	// StopWithin bounds a graceful stop; 5 s by default.
	StopWithin time.Duration
}

// readConfig returns the configuration, whose mistakes the reader knows.
func readConfig(r *config.Reader) Config {
	return Config{
		DatabaseFile: r.File("DATABASE_FILE", "file with the URL of the primary Postgres (no session-sharing pooler)"),
		CacheKeyFile: r.File("CACHE_KEY_FILE", "file with cache.key, the gateways' own"),
		Redis:        r.Addresses("REDIS", "", "Redis, host:port; several for a cluster"),
		RedisPrefix:  r.String("REDIS_PREFIX", rediscache.DefaultPrefix, "begins every key in Redis; the gateways' own"),
		RedisTimeout: r.Duration("REDIS_TIMEOUT", 250*time.Millisecond, 10*time.Millisecond, time.Second,
			"longest exchange with Redis"),
		Listen: r.Address("LISTEN", "127.0.0.1:9102", "host:port of /metrics, /healthz, /readyz"),
		Pprof:  r.Loopback("PPROF", "off", "host:port of profiles, on loopback, or off"),
		StopWithin: r.Duration("STOP_WITHIN", 5*time.Second, time.Second, time.Minute,
			"longest graceful stop"),
	}
}
