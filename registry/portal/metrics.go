package portal

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	logins   *prometheus.CounterVec
	hashes   prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	m := &metrics{
		requests: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_portal_requests_total",
			Help: "Requests answered, by pattern of the route (none where nothing matched), method and class of status.",
		}, []string{"route", "method", "status"}),
		seconds: auto.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "turnkey_portal_request_seconds",
			Help:    "Time taken to answer, by pattern of the route.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		logins: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_portal_logins_total",
			Help: "Attempts to log in, by way (certificate, password) and outcome (in, refused, throttled).",
		}, []string{"way", "outcome"}),
		hashes: auto.NewCounter(prometheus.CounterOpts{
			Name: "turnkey_portal_password_hashes_total",
			Help: "Hashes of passwords computed, to set or to check one: each takes 19 MiB and some 25 ms of a processor.",
		}),
	}
	for _, way := range []string{certificateWay, passwordWay} {
		for _, outcome := range []string{loginDone, loginRefused, loginThrottled} {
			m.logins.WithLabelValues(way, outcome)
		}
	}
	return m
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, methodLabel(method), statusLabel(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// methodLabel is one of those that routes have, or other.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	}
	return "other"
}

// statusLabel is the class of a status: 2xx.
func statusLabel(status int) string { return strconv.Itoa(status/100) + "xx" }
