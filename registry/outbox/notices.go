package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
)

// noticeDays are how long before its certificate expires a registration's party is
// written to: the manual's 60 days, and twice again. They stand in the order in which
// they are asked for: a registration that has had the notice of 7 days gets none of 30 or
// 60, so that one that was imported late gets one notice and not three.
var noticeDays = []int{7, 30, 60}

// noticeHour is when notices are written each day, in Taipei.
const noticeHour = 9

const (
	// noticeRetryFrom and noticeRetryTo bound the wait after a failure, which doubles.
	noticeRetryFrom = time.Minute
	noticeRetryTo   = time.Hour
)

// NoticesActor is who gives notice, for the audit log.
const NoticesActor registry.Actor = "system:notices"

// A NoticeStore knows which notices are due.
type NoticeStore interface {
	// Notify enqueues a mail for every registration in force that is due a notice, all
	// of it in one transaction, which others wait for. write makes the mail, or returns
	// false where none is to be sent: then, too, none is due any more.
	Notify(ctx context.Context, actor registry.Actor, days int, write func(_ registry.Registration, language string, _ registry.Profile) (registry.Mail, bool)) (sent int, err error)
}

// NoticesConfig configures [Notices].
type NoticesConfig struct {
	Store   NoticeStore // required
	Letters *Letters    // required

	// Wake is called once mails were enqueued: [Sender.Wake]. May be nil.
	Wake func()

	Clock   clockwork.Clock       // nil means the real one
	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // required
}

// Notices gives notice before certificates expire. Any number may run.
type Notices struct {
	cfg             NoticesConfig
	written, errors func(days int) prometheus.Counter
}

// NewNotices returns notices that do nothing until [Notices.Run].
func NewNotices(cfg NoticesConfig) *Notices {
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	n := &Notices{cfg: cfg}
	n.written, n.errors = newNoticeMetrics(cfg.Metrics)
	return n
}

// Run gives notice at once and then every day at nine in Taipei, until ctx ends. After a
// failure it tries again sooner.
func (n *Notices) Run(ctx context.Context) {
	retry := noticeRetryFrom
	for {
		next := nextNotices(n.cfg.Clock.Now())
		if n.round(ctx) {
			retry = noticeRetryFrom
		} else {
			if soon := n.cfg.Clock.Now().Add(retry); soon.Before(next) {
				next = soon
			}
			retry = min(2*retry, noticeRetryTo)
		}
		if !n.until(ctx, next) {
			return
		}
	}
}

// round reports whether all went well.
func (n *Notices) round(ctx context.Context) bool {
	for _, days := range noticeDays {
		written, err := n.cfg.Store.Notify(ctx, NoticesActor, days, n.write)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			n.errors(days).Inc()
			n.cfg.Log.Error("notices of expiry can't be written", "days", days, "error", err)
			return false // a notice of more days, written now, would come beside this one
		}
		if written > 0 {
			n.written(days).Add(float64(written))
			n.cfg.Log.Info("notices of expiry are in the outbox", "days", days, "mails", written)
			n.cfg.Wake()
		}
	}
	return true
}

// write writes to whoever can be reached, unless the registration ends before its
// certificate does: then it was replaced already.
func (n *Notices) write(r registry.Registration, language string, p registry.Profile) (registry.Mail, bool) {
	expires := r.Certificate.NotAfter()
	if !r.Until.IsZero() && r.Until.Before(expires) {
		return registry.Mail{}, false
	}
	days := int(expires.Sub(n.cfg.Clock.Now()).Hours() / 24)
	letter := n.cfg.Letters.Expiry(Recipient{p.Email, language}, CertificateOf(r.Certificate, r.Usage), max(days, 0))
	return letter, Check(letter) == nil
}

// until waits for a moment and reports whether it came. It looks at the clock each hour,
// so that one that was set, or a machine that slept, doesn't put the day's notices off.
func (n *Notices) until(ctx context.Context, moment time.Time) bool {
	for {
		left := moment.Sub(n.cfg.Clock.Now())
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := n.cfg.Clock.NewTimer(min(left, time.Hour))
		select {
		case <-timer.Chan():
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// nextNotices is the first nine o'clock in Taipei after now.
func nextNotices(now time.Time) time.Time {
	local := now.In(taipei)
	next := time.Date(local.Year(), local.Month(), local.Day(), noticeHour, 0, 0, 0, taipei)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}
