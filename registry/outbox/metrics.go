package outbox

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// An outcome of trying to send a mail; the values of a metrics label.
type outcome string

const (
	sent      outcome = "sent"
	refused   outcome = "refused"   // for good, by the recipient's server or by us
	putOff    outcome = "put_off"   // by the recipient's server: tried again later
	failed    outcome = "failed"    // the mail server couldn't be used: tried again later
	abandoned outcome = "abandoned" // a week old
)

type metrics struct {
	mails   *prometheus.CounterVec
	waiting prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	auto := promauto.With(reg)
	m := &metrics{
		mails: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "turnkey_mail_sent_total",
			Help: "Attempts to send a mail, by outcome: sent, refused, put_off, failed, abandoned.",
		}, []string{"outcome"}),
		waiting: auto.NewGauge(prometheus.GaugeOpts{
			Name: "turnkey_mail_waiting",
			Help: "Mails in the outbox, of all portals.",
		}),
	}
	for _, o := range []outcome{sent, refused, putOff, failed, abandoned} {
		m.mails.WithLabelValues(string(o))
	}
	return m
}

func (m *metrics) count(o outcome) { m.mails.WithLabelValues(string(o)).Inc() }

func newNoticeMetrics(reg prometheus.Registerer) (notices, errors func(days int) prometheus.Counter) {
	auto := promauto.With(reg)
	written := auto.NewCounterVec(prometheus.CounterOpts{
		Name: "turnkey_notices_total",
		Help: "Notices of expiry that were put into the outbox, by days before.",
	}, []string{"days"})
	failures := auto.NewCounterVec(prometheus.CounterOpts{
		Name: "turnkey_notice_errors_total",
		Help: "Attempts to write the notices of expiry that failed, by days before.",
	}, []string{"days"})
	for _, days := range noticeDays {
		written.WithLabelValues(strconv.Itoa(days))
		failures.WithLabelValues(strconv.Itoa(days))
	}
	return func(days int) prometheus.Counter { return written.WithLabelValues(strconv.Itoa(days)) },
		func(days int) prometheus.Counter { return failures.WithLabelValues(strconv.Itoa(days)) }
}
