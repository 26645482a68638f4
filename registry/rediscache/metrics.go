package rediscache

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// What became of a heartbeat that came in; the values of a metrics label.
const (
	heartbeatNew     = "new"
	heartbeatOld     = "old"     // an earlier one than is known, or the same
	heartbeatStale   = "stale"   // older than MaxAge
	heartbeatFuture  = "future"  // further ahead than MaxAhead
	heartbeatBadMAC  = "bad_mac" // not from a holder of cache.key
	heartbeatGarbage = "garbage" // no heartbeat at all
)

type readerMetrics struct {
	heartbeats *prometheus.CounterVec
	exchanges  *prometheus.HistogramVec
	errors     *prometheus.CounterVec
	filled     *prometheus.CounterVec
}

func newReaderMetrics(reg prometheus.Registerer, r *Reader) *readerMetrics {
	auto := promauto.With(reg)
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "turnkey_cache_heartbeat_age_seconds",
		Help: "Age of the latest heartbeat heard from the relay, by its clock and ours; +Inf before the first. Above 1.5 the cache is not believed.",
	}, func() float64 {
		if h := r.Heard(); h != nil {
			return r.now().Sub(h.t).Seconds()
		}
		return math.Inf(1)
	})
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "turnkey_cache_left_alone",
		Help: "1 while Redis has failed and is tried only once a second.",
	}, func() float64 {
		if r.breaker.open() {
			return 1
		}
		return 0
	})
	return &readerMetrics{
		heartbeats: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_cache_heartbeats_total",
			Help: "Heartbeats received, by what became of them: new, old, stale, future, bad_mac, garbage.",
		}, []string{"result"}),
		exchanges: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "turnkey_cache_exchange_seconds",
			Help:    "Time of one exchange with Redis, failed ones too: read, fill, heartbeat.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 12), // 0.1 ms to 0.2 s
		}, []string{"exchange"}),
		errors: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_cache_errors_total",
			Help: "Exchanges with Redis that failed: read, fill, heartbeat.",
		}, []string{"exchange"}),
		filled: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_cache_filled_total",
			Help: "Snapshots read from Postgres, by what became of their copy for Redis: kept, outrun (the relay was further), too_large.",
		}, []string{"result"}),
	}
}

func (m *readerMetrics) exchange(name string, began time.Time, now time.Time, err error) {
	m.exchanges.WithLabelValues(name).Observe(now.Sub(began).Seconds())
	if err != nil {
		m.errors.WithLabelValues(name).Inc()
	}
}
