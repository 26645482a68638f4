package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache"
)

// maxSkew is by how much a server's clock may differ from ours before it is worth a
// warning: half of what a heartbeat may be ahead.
const maxSkew = rediscache.MaxAhead / 2

func (d *doctor) examinePostgres(ctx context.Context) {
	const check = "postgres"
	if d.database == "" {
		d.unset(check, "DATABASE_FILE")
		return
	}
	pool, err := openPool(ctx, d.database)
	if err != nil {
		d.report.fail(check, err.Error(), "check that Postgres runs and that the URL in "+d.database+" is right")
		return
	}
	defer pool.Close()
	d.examineServer(ctx, pool)
	d.examineSchema(ctx, pool)
}

// examineServer looks at the server's version, its durability and its clock.
func (d *doctor) examineServer(ctx context.Context, pool *pgxpool.Pool) {
	const check = "postgres"
	var version, fsync, commit string
	var theirs time.Time
	before := time.Now()
	err := pool.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('fsync'),
		current_setting('synchronous_commit'), clock_timestamp()`).Scan(&version, &fsync, &commit, &theirs)
	if err != nil {
		d.report.fail(check, err.Error(), "look at the server's log")
		return
	}
	d.report.ok(check, "version %s", version)
	switch {
	case fsync == "off":
		d.report.warn("postgres durability", "fsync is off: a power failure can lose registrations and revocations", "fsync = on in postgresql.conf; off only for throw-away databases")
	case commit == "off":
		d.report.warn("postgres durability", "synchronous_commit is off: a crash can lose the latest revocations", "synchronous_commit = on in postgresql.conf")
	default:
		d.report.ok("postgres durability", "fsync %s, synchronous_commit %s", fsync, commit)
	}
	d.skew("postgres clock", theirs, before, time.Now())
}

func (d *doctor) examineSchema(ctx context.Context, pool *pgxpool.Pool) {
	const check = "postgres schema"
	step, err := postgres.SchemaVersion(ctx, pool)
	if err == nil {
		err = postgres.CheckSchema(ctx, pool)
	}
	switch {
	case errors.Is(err, postgres.ErrSchema):
		d.report.fail(check, err.Error(), "turnkey migrate")
	case err != nil:
		d.report.fail(check, err.Error(), "look at the server's log, and at the rights of the role in "+d.database)
	default:
		d.report.ok(check, "step %d", step)
	}
}

// skew compares a server's clock, read between two moments, with ours: the smallest
// difference that can be.
func (d *doctor) skew(check string, theirs, before, after time.Time) {
	var off time.Duration
	switch {
	case theirs.Before(before):
		off = theirs.Sub(before)
	case theirs.After(after):
		off = theirs.Sub(after)
	}
	if off.Abs() > maxSkew {
		d.report.warn(check, fmt.Sprintf("%v off ours", off.Round(time.Millisecond)), "synchronise both machines' clocks (NTP): caches are not believed across more than "+rediscache.MaxAhead.String())
		return
	}
	d.report.ok(check, "within %v of ours", maxSkew)
}

// heartbeatWait is how long a heartbeat is listened for: the relay sends four a second.
const heartbeatWait = 2 * time.Second

func (d *doctor) examineRedis(ctx context.Context) {
	const check = "redis"
	if len(d.redis) == 0 {
		d.unset(check, "REDIS")
		return
	}
	client := rediscache.NewClient(d.redis, 2*time.Second)
	defer client.Close()
	before := time.Now()
	theirs, err := client.Time(ctx).Result()
	if err != nil {
		d.report.warn(check, err.Error(), "check the address and that Redis runs; without it everything works, from Postgres alone, slower")
		return
	}
	d.report.ok(check, "answers")
	d.skew("redis clock", theirs, before, time.Now())
	d.examineHeartbeat(ctx, client)
}

// examineHeartbeat listens for the relay's sign of life, as a gateway does.
func (d *doctor) examineHeartbeat(ctx context.Context, client redis.UniversalClient) {
	const check = "relay heartbeat"
	if d.cacheFile == "" {
		d.unset(check, "CACHE_KEY_FILE")
		return
	}
	key, err := keyfile.Load(d.cacheFile)
	if err != nil {
		return // examineKeyFile has said so
	}
	keys := rediscache.NewKeys(d.redisPrefix)
	reader := rediscache.NewReader(rediscache.ReaderConfig{Client: client, Keys: keys, Key: key, Timeout: time.Second, Metrics: prometheus.NewRegistry()})
	if heard := listen(ctx, reader); heard != nil {
		d.report.ok(check, "registry version %d, epoch %s", heard.Version, heard.Epoch)
		return
	}
	const slower = "; meanwhile everything works from Postgres, slower"
	if there, err := client.Exists(ctx, keys.Heartbeat()).Result(); err == nil && there > 0 {
		d.report.warn(check, "there is one in Redis, but it is old or not sealed under this cache.key",
			"give portal, gateway and doctor the same cache.key; see that the portal runs and the clocks agree"+slower)
		return
	}
	d.report.warn(check, fmt.Sprintf("none within %v", heartbeatWait), "start the portal (it relays the registry), and see that it uses this Redis and prefix"+slower)
}

// listen returns the first fresh heartbeat, nil if none comes in time.
func listen(ctx context.Context, reader *rediscache.Reader) *rediscache.Heard {
	ctx, cancel := context.WithTimeout(ctx, heartbeatWait)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reader.Run(ctx)
	}()
	defer func() { cancel(); <-ended }()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if heard := reader.Heard(); heard.Fresh(time.Now()) {
			return heard
		}
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		}
	}
}
