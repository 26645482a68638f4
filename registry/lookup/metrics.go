package lookup

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Levels at which a sender is found; values of a metrics label.
const (
	levelMemory   = "l1"
	levelRedis    = "redis"
	levelPostgres = "postgres"
	levelMiss     = "miss" // Postgres knows no such account
)

// Queries sent to Postgres; values of a metrics label.
const (
	querySnapshots = "snapshots" // of senders of whom no copy is believed
	queryPresent   = "present"   // of senders of whom no copy is young enough
	queryElsewhere = "elsewhere" // of certificates that their senders have not registered
)

type metrics struct {
	senders  *prometheus.CounterVec
	beliefs  *prometheus.CounterVec
	batches  *prometheus.HistogramVec
	queries  *prometheus.CounterVec
	failures *prometheus.CounterVec
	queried  *prometheus.HistogramVec
	unusable prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, l *Lookup) *metrics {
	auto := promauto.With(reg)
	seconds := prometheus.ExponentialBuckets(0.00001, 2.5, 14) // 10 us to 1.5 s
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "turnkey_lookup_entries",
		Help: "Senders kept in memory.",
	}, func() float64 { return float64(l.memory.len()) })
	return &metrics{
		senders: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_lookup_senders_total",
			Help: "Senders looked up, each once a batch and again for a rejection that hinges on it, by where they were found: l1 (with those another batch was fetching), redis, postgres, or miss for an unknown account.",
		}, []string{"level"}),
		beliefs: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_lookup_beliefs_total",
			Help: "Cached copies met, by level and by what the rule of belief said: believed, own (from Postgres within 2 s), absent, stale_heartbeat, newer_change, covers, epoch, bad_mac, garbage.",
		}, []string{"level", "belief"}),
		batches: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "turnkey_lookup_seconds",
			Help:    "Time of looking up one batch, by the deepest level it had to go to.",
			Buckets: seconds,
		}, []string{"level"}),
		queries: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_lookup_queries_total",
			Help: "Queries sent to Postgres: snapshots, present (before a rejection, since all that is remembered is older than the record), elsewhere.",
		}, []string{"query"}),
		failures: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_lookup_query_errors_total",
			Help: "Queries to Postgres that failed: snapshots, present, elsewhere.",
		}, []string{"query"}),
		queried: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "turnkey_lookup_query_seconds",
			Help:    "Time of one query to Postgres, failed ones too.",
			Buckets: seconds,
		}, []string{"query"}),
		unusable: auto.NewCounter(prometheus.CounterOpts{
			Name: "turnkey_lookup_unusable_certificates_total",
			Help: "Registered certificates left out because they can't be parsed.",
		}),
	}
}
