package main

import (
	"net"
	"strings"
	"time"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/cmd/internal/engine"
	"turnkey-gateway/ingest"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/rediscache"
)

// Config is read from GATEWAY_* environment variables.
type Config struct {
	// Brokers are Kafka seed addresses, host:port. Required.
	Brokers []string

	// Ingest is what moves the records: group, topics, sizes.
	Ingest ingest.Config

	// DatabaseFile holds the URL of the primary Postgres; a role that may only read is
	// enough. Required.
	DatabaseFile string

	// LookupKeyFile holds lookup.key, which identifiers are found by. Required.
	LookupKeyFile string

	// Redis are host:port of one server, or of several nodes of a cluster. None means
	// that every lookup that memory can't answer goes to Postgres.
	Redis []string

	// RedisPrefix begins every key; the portal must have the same. Default turnkey.
	RedisPrefix string

	// RedisTimeout bounds one exchange with Redis; 80 ms by default. What takes longer
	// is asked of Postgres.
	RedisTimeout time.Duration

	// CacheKeyFile holds cache.key, the portal's own. Required with Redis.
	CacheKeyFile string

	// LookupEntries bounds the senders kept in memory, some 3 KB each and as much for
	// each certificate; 10,000 by default.
	LookupEntries int

	// Engine says what is accepted.
	Engine engine.Config

	// MaxDocument is the largest accepted document in bytes; 16 MiB by default. Larger
	// ones get the verdict TOO_LARGE.
	MaxDocument int

	// ShadowOneIn is of how many verdicts one is checked by another implementation: 1 for
	// all of them, 0 for none; 1,000 by default. A check changes no verdict and holds none
	// up: what disagrees raises turnkey_shadow_disagreements_total, and an alert. However
	// many are sampled, checks take at most a twentieth of one core; the rest is dropped.
	ShadowOneIn int

	// Listen is host:port of /metrics, /healthz and /readyz; 127.0.0.1:9101 by default.
	Listen string

	// Pprof is host:port of profiles, on loopback; "" (off) by default.
	Pprof string
}

// memoryLimit is at which size of its memory, in bytes, the program collects garbage as
// often as it takes to stay there: what is in flight, and what the rest takes. So it stays
// resident under 256 MB and what is in flight, with as many senders in memory as by default,
// or fewer; what its file takes of memory counts there, but not here.
func (c Config) memoryLimit() int64 {
	const rest, sender = 192 << 20, 6 << 10
	return c.Ingest.InflightBytes + rest + sender*int64(max(0, c.LookupEntries-lookup.DefaultEntries))
}

// readConfig returns the configuration, whose mistakes the reader knows.
func readConfig(r *config.Reader) Config {
	cfg := Config{
		Brokers:       r.Addresses("BROKERS", "", "Kafka seed addresses, host:port"),
		Ingest:        readIngest(r),
		DatabaseFile:  r.File("DATABASE_FILE", "file with the URL of the primary Postgres (a reading role is enough)"),
		LookupKeyFile: r.File("LOOKUP_KEY_FILE", "file with lookup.key, which identifiers are found by"),
		Redis:         optionalAddresses(r, "REDIS", "Redis, host:port; several for a cluster; none: Postgres only"),
		RedisPrefix:   r.String("REDIS_PREFIX", rediscache.DefaultPrefix, "begins every key in Redis; the portal's own"),
		RedisTimeout: r.Duration("REDIS_TIMEOUT", rediscache.DefaultTimeout, 5*time.Millisecond, time.Second,
			"longest exchange with Redis before Postgres is asked"),
		CacheKeyFile:  r.OptionalFile("CACHE_KEY_FILE", "file with cache.key, the portal's own; required with Redis"),
		LookupEntries: r.Int("LOOKUP_ENTRIES", lookup.DefaultEntries, 1, 10_000_000, "senders kept in memory"),
		Engine:        engine.ReadConfig(r),
		MaxDocument:   int(r.Bytes("MAX_DOCUMENT", 16<<20, 1<<10, 1<<30, "largest accepted document")),
		ShadowOneIn: r.Int("SHADOW_ONE_IN", 1000, 0, 1_000_000_000,
			"of how many verdicts one is checked by another implementation, for an alert only; 1: all, 0: none"),
		Listen: r.Address("LISTEN", "127.0.0.1:9101", "host:port of /metrics, /healthz, /readyz"),
		Pprof:  r.Loopback("PPROF", "off", "host:port of profiles, on loopback, or off"),
	}
	if len(cfg.Redis) > 0 && cfg.CacheKeyFile == "" {
		r.Refuse("CACHE_KEY_FILE", "is required with GATEWAY_REDIS: set the path of the portal's cache.key")
	}
	return cfg
}

func readIngest(r *config.Reader) ingest.Config {
	return ingest.Config{
		Group: r.String("GROUP", "turnkey-gateway", "consumer group; gateways of one group share the work"),
		Topics: ingest.Topics{
			Inbound:    r.String("TOPIC_INBOUND", "turnkey.inbound", "topic to judge"),
			Verified:   r.String("TOPIC_VERIFIED", "turnkey.verified", "topic of verified messages"),
			Rejected:   r.String("TOPIC_REJECTED", "turnkey.rejected", "topic of rejected messages"),
			Quarantine: r.String("TOPIC_QUARANTINE", "turnkey.quarantine", "topic of records that could not be judged"),
		},
		StartLatest: r.OneOf("START", []string{"earliest", "latest"},
			"where a group without a committed offset begins: earliest or latest; later partitions always from their start") == "latest",
		Rack: r.String("RACK", "", "broker.rack of the brokers nearby, to read from replicas there; none: from leaders"),
		AcceptCreateTime: r.Bool("ACCEPT_CREATE_TIME", false,
			"judge at the time a producer claims, where the inbound topic isn't LogAppendTime"),
		FetchBytes:    int(r.Bytes("FETCH_BYTES", 720<<10, 1<<10, 1<<30, "asked for at once, per partition")),
		InflightBytes: r.Bytes("INFLIGHT_BYTES", 256<<20, 8<<20, 1<<40, "memory for records being worked on"),
		MaxRecord:     r.Bytes("MAX_RECORD", 32<<20, 1<<20, 1<<30, "largest record that a compressed batch is inflated to"),
		BatchBytes:    int(r.Bytes("BATCH_BYTES", 1<<20, 1<<10, 1<<30, "outcomes produced as one batch; under max.message.bytes")),
		CommitEvery: r.Duration("COMMIT_EVERY", 100*time.Millisecond, time.Millisecond, time.Minute,
			"pause between commits"),
		Session: r.Duration("SESSION", 10*time.Second, 6*time.Second, 5*time.Minute,
			"silence after which the group takes a gateway for dead"),
		Workers: r.Int("WORKERS", 0, 0, 4096, "records judged at once; 0: one a core"),
	}
}

// optionalAddresses is a Reader.Addresses that may be empty.
func optionalAddresses(r *config.Reader, name, meaning string) []string {
	var list []string
	for _, item := range strings.Split(r.String(name, "", meaning), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(item); err != nil {
			r.Refuse(name, "holds something that is not host:port: write, for example, 127.0.0.1:6379")
		}
		list = append(list, item)
	}
	return list
}
