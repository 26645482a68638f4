package shadow

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"turnkey-gateway/verifier/secondopinion"
)

// A Result is what became of a sample.
type Result string

const (
	Agrees    = Result(secondopinion.Agrees)
	Disagrees = Result(secondopinion.Disagrees)
	Skipped   = Result(secondopinion.Skipped)
	Dropped   = Result("dropped") // it came while another was waiting
)

var results = []Result{Agrees, Disagrees, Skipped, Dropped}

// otherVerdict is a reason of our own not to ask: the verdict is not about the signature.
const otherVerdict = secondopinion.Reason("other_verdict")

// Who accepted a document that the other refused.
const (
	acceptedByUs   = "verifier"
	acceptedByThem = "second_opinion"
)

// metrics are a shadow's. Their names are API.
type metrics struct {
	checks        *prometheus.CounterVec
	skipped       *prometheus.CounterVec
	disagreements *prometheus.CounterVec
	seconds       prometheus.Histogram
	overruns      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	counters := func(name, help, label string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		checks:        counters("turnkey_shadow_checks_total", "Verdicts sampled for a second opinion, by shadow.Result.", "result"),
		skipped:       counters("turnkey_shadow_skipped_total", "Verdicts sampled that no second opinion was given on, by secondopinion.Reason.", "reason"),
		disagreements: counters("turnkey_shadow_disagreements_total", "Verdicts that the second opinion disagrees with, by who accepts the document.", "accepted_by"),
		seconds: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "turnkey_shadow_check_seconds",
			Help:    "Time that one second opinion took.",
			Buckets: prometheus.ExponentialBuckets(100e-6, 2, 16), // 100 us to 3.3 s
		}),
		overruns: f.NewCounter(prometheus.CounterOpts{
			Name: "turnkey_shadow_overruns_total",
			Help: "Second opinions that took longer than the budget, after each of which sampling paused.",
		}),
	}
	m.start()
	return m
}

// start makes every series exist from the beginning: an alert on the first disagreement
// needs a zero before it.
func (m *metrics) start() {
	for _, r := range results {
		m.checks.WithLabelValues(string(r))
	}
	for _, r := range append(secondopinion.Reasons(), otherVerdict) {
		m.skipped.WithLabelValues(string(r))
	}
	m.disagreements.WithLabelValues(acceptedByUs)
	m.disagreements.WithLabelValues(acceptedByThem)
}

// result is counted after all else that is counted of a sample.
func (m *metrics) result(r Result) { m.checks.WithLabelValues(string(r)).Inc() }

func (m *metrics) skip(why secondopinion.Reason) {
	m.skipped.WithLabelValues(string(why)).Inc()
	m.result(Skipped)
}

func (m *metrics) disagree(verified bool) {
	by := acceptedByThem
	if verified {
		by = acceptedByUs
	}
	m.disagreements.WithLabelValues(by).Inc()
	m.result(Disagrees)
}

func (m *metrics) took(d time.Duration, tooLong bool) {
	m.seconds.Observe(d.Seconds())
	if tooLong {
		m.overruns.Inc()
	}
}
