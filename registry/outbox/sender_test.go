package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jonboulle/clockwork"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
)

// A syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A world is a sender over a real outbox.
type world struct {
	*testing.T
	pool    *pgxpool.Pool
	store   *postgres.Store
	clock   *clockwork.FakeClock
	metrics *prometheus.Registry
	log     syncBuffer
	sender  *outbox.Sender
}

func newWorld(t *testing.T, send func(context.Context, registry.Mail) error) *world {
	w := &world{T: t, clock: clockwork.NewFakeClockAt(time.Now()), metrics: prometheus.NewRegistry()}
	w.pool = registrytest.Pool(t, registrytest.Database(t))
	w.store = registrytest.StoreOn(t, w.pool)
	w.sender = outbox.NewSender(outbox.SenderConfig{
		Store: w.store, Send: send, Clock: w.clock, Metrics: w.metrics, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	t.Cleanup(func() { wantQuiet(t, w.log.String()) })
	return w
}

// run runs the sender until the test ends or stop is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() { w.sender.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	w.Cleanup(stop)
	return stop
}

func (w *world) idle() {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(ctx, 1); err != nil {
		w.Fatalf("the sender doesn't come to rest: %v", err)
	}
}

func (w *world) enqueue(m registry.Mail) {
	w.Helper()
	if err := w.sender.Enqueue(w.Context(), m); err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(sql string) {
	w.Helper()
	if _, err := w.pool.Exec(w.Context(), sql); err != nil {
		w.Fatal(err)
	}
}

func (w *world) wantMetrics(want string) {
	w.Helper()
	if err := testutil.GatherAndCompare(w.metrics, strings.NewReader(want), "turnkey_mail_sent_total", "turnkey_mail_waiting"); err != nil {
		w.Error(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not so: %s", what)
		}
	}
}

func TestEnqueuedMailIsSentAtOnce(t *testing.T) {
	server := startMailServer(t, plain)
	w := newWorld(t, mailer(t, outbox.SMTP{Server: server.addr, TLS: outbox.NoTLS}).Send)
	w.run()
	w.idle()
	w.enqueue(sample)
	w.enqueue(sample)
	eventually(t, "both are sent, without any time going by", func() bool { return len(server.received()) == 2 })
	w.idle()
	eventually(t, "none waits", func() bool {
		n, err := w.store.MailWaiting(t.Context())
		return err == nil && n == 0
	})
}

func TestMailOfAnotherProcessIsFound(t *testing.T) {
	server := startMailServer(t, plain)
	w := newWorld(t, mailer(t, outbox.SMTP{Server: server.addr, TLS: outbox.NoTLS}).Send)
	w.run()
	w.idle()
	if err := w.store.Enqueue(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(15 * time.Second)
	eventually(t, "it is sent", func() bool { return len(server.received()) == 1 })
}

func TestSenderPausesWhileTheServerIsDown(t *testing.T) {
	var mu sync.Mutex
	down, tries := true, 0
	w := newWorld(t, func(_ context.Context, m registry.Mail) error {
		mu.Lock()
		defer mu.Unlock()
		tries++
		if down {
			return &outbox.Failure{Step: "connect to the mail server"}
		}
		return nil
	})
	w.enqueue(sample)
	w.enqueue(sample)
	w.run()
	w.idle()
	w.sender.Wake() // doesn't end the pause
	w.idle()
	tried := func() int {
		mu.Lock()
		defer mu.Unlock()
		return tries
	}
	if n := tried(); n != 1 {
		t.Errorf("%d attempts at once", n)
	}
	w.clock.Advance(time.Second)
	eventually(t, "it tries another mail", func() bool { return tried() == 2 })
	w.idle()
	mu.Lock()
	down = false
	mu.Unlock()
	w.exec(`UPDATE outbox SET due_at = clock_timestamp()`) // a minute later
	w.clock.Advance(2 * time.Second)
	eventually(t, "both are sent", func() bool { return tried() == 4 })
	w.idle()
	eventually(t, "they are counted", func() bool {
		return testutil.GatherAndCompare(w.metrics, strings.NewReader(`
			# HELP turnkey_mail_sent_total Attempts to send a mail, by outcome: sent, refused, put_off, failed, abandoned.
			# TYPE turnkey_mail_sent_total counter
			turnkey_mail_sent_total{outcome="abandoned"} 0
			turnkey_mail_sent_total{outcome="failed"} 2
			turnkey_mail_sent_total{outcome="put_off"} 0
			turnkey_mail_sent_total{outcome="refused"} 0
			turnkey_mail_sent_total{outcome="sent"} 2
		`), "turnkey_mail_sent_total") == nil
	})
	if n := strings.Count(w.log.String(), "can't be sent"); n != 1 {
		t.Errorf("logged %d times that mail can't be sent:\n%s", n, w.log.String())
	}
}

// TestOneMailDoesntStopOthers has mails that are put off, refused and broken before one
// that is fine.
func TestOneMailDoesntStopOthers(t *testing.T) {
	arrived := make(chan registry.Mail, 10)
	w := newWorld(t, func(_ context.Context, m registry.Mail) error {
		switch m.Subject {
		case "put off":
			return &outbox.Failure{Step: "RCPT", Code: 450, ThisMail: true}
		case "refused":
			return &outbox.Failure{Step: "RCPT", Code: 550, ThisMail: true, Final: true}
		}
		arrived <- m
		return nil
	})
	for _, subject := range []string{"put off", "refused", "fine"} {
		w.enqueue(registry.Mail{To: sample.To, Subject: subject, Text: "x"})
	}
	w.run()
	if m := <-arrived; m.Subject != "fine" {
		t.Errorf("%q arrived", m.Subject)
	}
	w.idle()
	w.wantMetrics(`
		# HELP turnkey_mail_sent_total Attempts to send a mail, by outcome: sent, refused, put_off, failed, abandoned.
		# TYPE turnkey_mail_sent_total counter
		turnkey_mail_sent_total{outcome="abandoned"} 0
		turnkey_mail_sent_total{outcome="failed"} 0
		turnkey_mail_sent_total{outcome="put_off"} 1
		turnkey_mail_sent_total{outcome="refused"} 1
		turnkey_mail_sent_total{outcome="sent"} 1
		# HELP turnkey_mail_waiting Mails in the outbox, of all portals.
		# TYPE turnkey_mail_waiting gauge
		turnkey_mail_waiting 1
	`)
}

func TestOldMailIsAbandoned(t *testing.T) {
	w := newWorld(t, func(context.Context, registry.Mail) error { return nil })
	w.enqueue(sample)
	w.exec(`UPDATE outbox SET created_at = created_at - interval '7 days', attempts = 9, due_at = due_at + interval '1 hour'`)
	w.enqueue(sample)
	w.exec(`UPDATE outbox SET due_at = due_at + interval '1 hour'`)
	w.run()
	w.idle()
	if n, err := w.store.MailWaiting(t.Context()); err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
	if n := testutil.ToFloat64(gauge(t, w.metrics, "abandoned")); n != 1 {
		t.Errorf("%v abandoned", n)
	}
}

// gauge makes a collector of one outcome's counter.
func gauge(t *testing.T, metrics *prometheus.Registry, outcome string) prometheus.Collector {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "x"})
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetValue() == outcome {
					g.Set(m.GetCounter().GetValue())
				}
			}
		}
	}
	return g
}

func TestMailUnderWayEndsBeforeTheSenderDoes(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(ctx context.Context, _ registry.Mail) error {
		close(began)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	w.enqueue(sample)
	stop := w.run()
	<-began
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	stop()
	if n, err := w.store.MailWaiting(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
}

func TestImpossibleMailIsNotEnqueued(t *testing.T) {
	w := newWorld(t, nil)
	err := w.sender.Enqueue(t.Context(), registry.Mail{To: "holder", Subject: "x", Text: "x"})
	var failure *outbox.Failure
	if !errors.As(err, &failure) {
		t.Errorf("got %v", err)
	}
	if n, err := w.store.MailWaiting(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
}
