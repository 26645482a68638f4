package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A noticeWorld has accounts whose login certificates expire at chosen times.
type noticeWorld struct {
	*testing.T
	store *postgres.Store
	pki   *verifiertest.PKI
	now   time.Time
	next  int
}

func newNoticeWorld(t *testing.T) *noticeWorld {
	now := time.Now()
	pki, err := verifiertest.NewPKI(uint64(now.UnixNano()), now)
	if err != nil {
		t.Fatal(err)
	}
	return &noticeWorld{T: t, store: registrytest.Store(t), pki: pki, now: now}
}

func (w *noticeWorld) certificate(left time.Duration) *verifier.Certificate {
	w.Helper()
	identity, err := w.pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: 6},
		verifiertest.Terms{NotBefore: w.now.AddDate(-1, 0, 0), NotAfter: w.now.Add(left)})
	if err != nil {
		w.Fatal(err)
	}
	cert, err := verifier.ParseCertificate(identity.DER())
	if err != nil {
		w.Fatal(err)
	}
	return cert
}

// account opens one whose certificate has so much left. An empty address is none.
func (w *noticeWorld) account(language, address string, left time.Duration, edit ...func(*registry.NewRegistration)) *verifier.Certificate {
	w.Helper()
	var businessID string
	for registry.CheckIdentifier(verifier.BusinessID, businessID) != nil {
		w.next++
		businessID = fmt.Sprintf("%08d", 10000000+w.next)
	}
	login := registry.NewRegistration{Certificate: w.certificate(left), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card}
	for _, f := range edit {
		f(&login)
	}
	_, _, err := w.store.OpenAccount(w.Context(), "visitor:1", registry.NewAccount{
		Category: registry.Company, Attribute: "broker", Language: language, Name: businessID,
		Proved:  registry.Identifier{Kind: verifier.BusinessID, Value: businessID},
		Profile: registry.Profile{Email: address, ContactName: "王小明"}, Login: login,
		PasswordHash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
	})
	if err != nil {
		w.Fatal(err)
	}
	return login.Certificate
}

// round runs notices once and returns what they put into the outbox.
func (w *noticeWorld) round() (mails []registry.Mail) {
	w.Helper()
	letters, err := outbox.NewLetters("https://portal.example", outbox.ServiceCentre{Phone: "0800-299-889"})
	if err != nil {
		w.Fatal(err)
	}
	clock := clockwork.NewFakeClockAt(w.now)
	var log syncBuffer
	notices := outbox.NewNotices(outbox.NoticesConfig{Store: w.store, Letters: letters, Clock: clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() { notices.Run(ctx); close(done) }()
	waiting, stop := context.WithTimeout(w.Context(), 20*time.Second)
	defer stop()
	if err := clock.BlockUntilContext(waiting, 1); err != nil {
		w.Fatal(err)
	}
	cancel()
	<-done
	wantQuiet(w.T, log.String())
	for {
		found, err := w.store.SendNext(w.Context(), func(_ context.Context, m registry.Mail) error {
			mails = append(mails, m)
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
		if !found {
			return mails
		}
	}
}

const aDay = 24 * time.Hour

func TestNoticesBeforeExpiry(t *testing.T) {
	tests := []struct {
		name    string
		left    time.Duration
		mailed  int
		subject string // part of it
	}{
		{"long before", 60*aDay + time.Hour, 0, ""},
		{"60 days before", 60*aDay - time.Hour, 1, "尚餘 59 天"},
		{"30 days before", 30*aDay - time.Hour, 1, "尚餘 29 天"},
		{"registered a few days before: one notice, not three", 5*aDay + time.Hour, 1, "尚餘 5 天"},
		{"on the last day", time.Hour, 1, "尚餘 0 天"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newNoticeWorld(t)
			cert := w.account("zh", "holder@example.test", tt.left)
			mails := w.round()
			if len(mails) != tt.mailed {
				t.Fatalf("%d mails", len(mails))
			}
			if again := w.round(); len(again) != 0 {
				t.Errorf("%d mails again", len(again))
			}
			for _, m := range mails {
				expires := cert.NotAfter().In(time.FixedZone("", 8*3600)).Format("2006/01/02")
				for _, want := range []string{"序號：" + cert.Serial(), "用途：登入", "到期日：" + expires, "https://portal.example/replace", "0800-299-889"} {
					if !strings.Contains(m.Text, want) {
						t.Errorf("%s isn't in\n%s", want, m.Text)
					}
				}
				if m.To != "holder@example.test" || !strings.Contains(m.Subject, tt.subject) || !strings.Contains(m.Subject, expires) {
					t.Errorf("to %s: %s", m.To, m.Subject)
				}
			}
		})
	}
}

func TestNoticesGoToWhomTheyConcern(t *testing.T) {
	w := newNoticeWorld(t)
	w.account("en", "reader@example.test", 20*aDay)
	w.account("zh", "", 20*aDay)
	w.account("zh", "holder@example.test\r\nBcc: other@example.test", 20*aDay)
	w.account("zh", "replaced@example.test", 20*aDay, func(r *registry.NewRegistration) { r.Until = w.now.Add(10 * aDay) })
	mails := w.round()
	if len(mails) != 1 || mails[0].To != "reader@example.test" || !strings.HasPrefix(mails[0].Subject, "Your certificate expires on ") {
		t.Errorf("got %v", mails)
	}
}

// TestSeveralPortalsGiveOneNotice has them all begin at once.
func TestSeveralPortalsGiveOneNotice(t *testing.T) {
	w := newNoticeWorld(t)
	for range 5 {
		w.account("zh", "holder@example.test", 5*aDay)
	}
	letters, err := outbox.NewLetters("https://portal.example", outbox.ServiceCentre{})
	if err != nil {
		t.Fatal(err)
	}
	clock := clockwork.NewFakeClockAt(w.now)
	ctx, cancel := context.WithCancel(t.Context())
	var portals sync.WaitGroup
	var log syncBuffer
	const several = 4
	for range several {
		portals.Go(func() {
			outbox.NewNotices(outbox.NoticesConfig{Store: w.store, Letters: letters, Clock: clock, Log: slog.New(slog.NewTextHandler(&log, nil))}).Run(ctx)
		})
	}
	if err := clock.BlockUntilContext(t.Context(), several); err != nil {
		t.Fatal(err)
	}
	cancel()
	portals.Wait()
	if n, err := w.store.MailWaiting(t.Context()); err != nil || n != 5 {
		t.Errorf("%d mails for 5 certificates, %v", n, err)
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("losing a race is logged as a failure:\n%s", log.String())
	}
}

// noticeCalls is a store that fails as it is told, and notes what it was asked for.
type noticeCalls struct {
	clock  *clockwork.FakeClock
	calls  chan string
	failed int
}

func (n *noticeCalls) Notify(_ context.Context, actor registry.Actor, days int, _ func(registry.Registration, string, registry.Profile) (registry.Mail, bool)) (int, error) {
	n.calls <- fmt.Sprintf("%s %d", n.clock.Now().UTC().Format("02T15:04"), days)
	if n.failed > 0 && days == 30 {
		n.failed--
		return 0, errors.New("the database is down")
	}
	return days, nil
}

func TestNoticesRunDailyAtNine(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 11, 3, 22, 30, 0, 0, time.UTC)) // 06:30 in Taipei, the next day
	store := &noticeCalls{clock: clock, calls: make(chan string, 100), failed: 2}
	metrics := prometheus.NewRegistry()
	woken := 0
	notices := outbox.NewNotices(outbox.NoticesConfig{Store: store, Clock: clock, Metrics: metrics, Wake: func() { woken++ }, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { notices.Run(ctx); close(done) }()
	for range 30 * 60 {
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	close(store.calls)
	var got []string
	for call := range store.calls {
		got = append(got, call)
	}
	want := []string{
		"03T22:30 7", "03T22:30 30", // fails
		"03T22:31 7", "03T22:31 30", // fails
		"03T22:33 7", "03T22:33 30", "03T22:33 60",
		"04T01:00 7", "04T01:00 30", "04T01:00 60",
		"05T01:00 7", "05T01:00 30", "05T01:00 60",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if woken != 11 {
		t.Errorf("woke the sender %d times", woken)
	}
	err := testutil.GatherAndCompare(metrics, strings.NewReader(`
		# HELP turnkey_notice_errors_total Attempts to write the notices of expiry that failed, by days before.
		# TYPE turnkey_notice_errors_total counter
		turnkey_notice_errors_total{days="30"} 2
		turnkey_notice_errors_total{days="60"} 0
		turnkey_notice_errors_total{days="7"} 0
		# HELP turnkey_notices_total Notices of expiry that were put into the outbox, by days before.
		# TYPE turnkey_notices_total counter
		turnkey_notices_total{days="30"} 90
		turnkey_notices_total{days="60"} 180
		turnkey_notices_total{days="7"} 35
	`))
	if err != nil {
		t.Error(err)
	}
}
