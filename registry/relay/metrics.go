package relay

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// A kind of error; the values of a metrics label.
type kind string

const (
	kindPostgres kind = "postgres" // changes or snapshots couldn't be read
	kindRedis    kind = "redis"    // snapshots or a heartbeat couldn't be written
	kindLock     kind = "lock"     // the lock's session failed or was lost
	kindOrder    kind = "order"    // the registry's versions had a gap or went back
)

type metrics struct {
	active    prometheus.Gauge
	applied   prometheus.Gauge
	errors    *prometheus.CounterVec
	changes   prometheus.Counter
	snapshots *prometheus.CounterVec
	delay     prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, r *Relay) *metrics {
	auto := promauto.With(reg)
	auto.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "turnkey_relay_lag_seconds",
		Help: "Time since the moment that the last heartbeat of this relay vouches for; 0 while another one is active.",
	}, r.lag)
	m := &metrics{
		active: auto.NewGauge(prometheus.GaugeOpts{
			Name: "turnkey_relay_active",
			Help: "1 if this process relays the registry's changes; one of all portals should.",
		}),
		applied: auto.NewGauge(prometheus.GaugeOpts{
			Name: "turnkey_relay_applied_version",
			Help: "The registry version of the last heartbeat this process sent.",
		}),
		errors: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_relay_errors_total",
			Help: "Rounds that failed and were begun again: postgres, redis, lock, order.",
		}, []string{"kind"}),
		changes: auto.NewCounter(prometheus.CounterOpts{
			Name: "turnkey_relay_changes_total",
			Help: "Changes applied to Redis, those applied again at each start included.",
		}),
		snapshots: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_relay_snapshots_total",
			Help: "Senders' snapshots: written, or removed because the account is gone.",
		}, []string{"result"}),
		delay: auto.NewHistogram(prometheus.HistogramOpts{
			Name:    "turnkey_relay_delay_seconds",
			Help:    "From a change, by the database's clock, to its heartbeat, by ours. Changes from before this relay began are left out.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // 1 ms to 8 s
		}),
	}
	for _, k := range []kind{kindPostgres, kindRedis, kindLock, kindOrder} {
		m.errors.WithLabelValues(string(k))
	}
	return m
}

// lag is how far Redis is behind, in seconds.
func (r *Relay) lag() float64 {
	nanos := r.beatAt.Load()
	if nanos == 0 {
		return 0
	}
	return r.now().Sub(time.Unix(0, nanos)).Seconds()
}
