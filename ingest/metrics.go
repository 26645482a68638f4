package ingest

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"turnkey-gateway/verifier"
)

// metrics are the gateway's. Their names are API. Labels come from enumerations and
// partition numbers only.
type metrics struct {
	verdicts    *prometheus.CounterVec
	records     *prometheus.CounterVec
	quarantined *prometheus.CounterVec
	judge       prometheus.Histogram
	latency     prometheus.Histogram
	retries     *prometheus.CounterVec
	paused      *prometheus.GaugeVec
	lag         *prometheus.GaugeVec
	commits     prometheus.Counter
	rejudged    prometheus.Counter
	overturned  prometheus.Counter
	generation  prometheus.Gauge
	halted      prometheus.Gauge
	panics      prometheus.Counter

	shadowPanics prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, inflight func() float64) *metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	gauges := func(name, help, label string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{label})
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "turnkey_inflight_bytes",
		Help: "Memory reserved for records being worked on.",
	}, inflight)
	m := &metrics{
		verdicts:    counters("turnkey_verdicts_total", "Outcomes acknowledged, by verifier.Reason.", "reason"),
		records:     counters("turnkey_records_total", "Records read from inbound, and outcomes acknowledged, by topic.", "topic_kind"),
		quarantined: counters("turnkey_quarantined_total", "Records quarantined, by ingest.Cause.", "cause"),
		judge: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "turnkey_judge_seconds",
			Help:    "Time to read and judge one document, without the lookup.",
			Buckets: prometheus.ExponentialBuckets(10e-6, 2, 18), // 10 us to 1.3 s
		}),
		latency: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "turnkey_record_latency_seconds",
			Help:    "Time from a record's timestamp to its outcome's acknowledgement.",
			Buckets: prometheus.ExponentialBuckets(1e-3, 2, 18), // 1 ms to 131 s
		}),
		retries:    counters("turnkey_retries_total", "Attempts that failed on infrastructure, by ingest.Stage.", "stage"),
		paused:     gauges("turnkey_paused", "Loops waiting to try again after a failure, by ingest.Stage.", "stage"),
		lag:        gauges("turnkey_consumer_lag_records", "Records stored but not yet acknowledged as outcomes, of partitions assigned here.", "partition"),
		commits:    counter("turnkey_commits_total", "Commits of offsets that succeeded."),
		rejudged:   counter("turnkey_rejudged_total", "Documents judged again since the registry's answer had become too old."),
		overturned: counter("turnkey_overturned_total", "Rejections by older knowledge of the registry that were overturned before they were given."),
		generation: gauge("turnkey_generation", "Generation of the consumer group this gateway is in, -1 outside any."),
		halted:     gauge("turnkey_halted_partitions", "Partitions stopped until a person decides, since the records to go on from are not there."),
		panics:     counter("turnkey_panics_total", "Panics in judging, each of which quarantined a record."),

		shadowPanics: counter("turnkey_shadow_panics_total", "Panics of the shadow check while it was told of a verdict, none of which touched a record."),
	}
	m.start()
	return m
}

// start makes every series exist from the beginning, so that a rate over the first
// event of its kind is not missed.
func (m *metrics) start() {
	m.verdicts.WithLabelValues(verifier.Verified.String())
	for _, r := range verifier.Rejections() {
		m.verdicts.WithLabelValues(r.String())
	}
	for _, k := range kinds {
		m.records.WithLabelValues(string(k))
	}
	for _, c := range causes {
		m.quarantined.WithLabelValues(string(c))
	}
	for _, s := range stages {
		m.retries.WithLabelValues(string(s))
		m.paused.WithLabelValues(string(s))
	}
	m.generation.Set(-1)
}
