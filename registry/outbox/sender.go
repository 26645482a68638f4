package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
)

const (
	// pollEvery is how long a mail may wait that another process enqueued, or whose next
	// attempt has come.
	pollEvery = 15 * time.Second

	// pauseFrom and pauseTo bound the pause after the mail server couldn't be used, which
	// doubles. Each mail's own next attempt is put off besides, by the store.
	pauseFrom = time.Second
	pauseTo   = time.Minute

	// lastWord is how long a mail that is under way when the sender stops may take.
	lastWord = 3 * time.Second

	abandonEvery = time.Hour
)

// A Store is where mails wait.
type Store interface {
	Enqueue(ctx context.Context, m registry.Mail) error

	// SendNext sends one mail that is due, which no other process sends meanwhile, and
	// reports whether there was one. It returns send's error, and puts the mail off.
	SendNext(ctx context.Context, send func(context.Context, registry.Mail) error) (found bool, err error)

	// MailWaiting returns how many mails wait, whether due or not.
	MailWaiting(ctx context.Context) (int, error)

	// AbandonMail removes the mails that have waited for a week.
	AbandonMail(ctx context.Context) (abandoned int, err error)
}

// SenderConfig configures a [Sender].
type SenderConfig struct {
	Store Store // required

	// Send sends one mail: [Mailer.Send]. Required.
	Send func(context.Context, registry.Mail) error

	Clock   clockwork.Clock       // nil means the real one
	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // required
}

// A Sender empties the outbox. Any number may run.
type Sender struct {
	store   Store
	send    func(context.Context, registry.Mail) error
	clock   clockwork.Clock
	metrics *metrics
	log     *slog.Logger
	wake    chan struct{} // of one place
}

// NewSender returns a sender that does nothing until [Sender.Run].
func NewSender(cfg SenderConfig) *Sender {
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	return &Sender{
		store: cfg.Store, send: cfg.Send, clock: cfg.Clock, log: cfg.Log,
		metrics: newMetrics(cfg.Metrics), wake: make(chan struct{}, 1),
	}
}

// Enqueue puts a mail into the outbox and has it sent at once. The error is a [*Failure]
// if the mail can't be sent to anybody.
func (s *Sender) Enqueue(ctx context.Context, m registry.Mail) error {
	if err := Check(m); err != nil {
		return fmt.Errorf("enqueue a mail: %w", err)
	}
	if err := s.store.Enqueue(ctx, m); err != nil {
		return err
	}
	s.Wake()
	return nil
}

// Wake has the sender look into the outbox. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends. It survives every failure: what can't be sent is tried again.
func (s *Sender) Run(ctx context.Context) {
	var (
		pause   time.Duration // since the mail server, or the store, last failed
		emptied time.Time     // when old mails were last abandoned
	)
	for ctx.Err() == nil {
		found, err := s.next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if pause == 0 {
				s.log.Error("mail can't be sent at present", "error", err)
			}
			pause = min(pauseTo, max(pauseFrom, 2*pause))
			s.count(ctx)
			s.sleep(ctx, pause, nil)
			continue
		case found:
			if pause != 0 {
				s.log.Info("mail can be sent again")
			}
			pause = 0
			continue
		}
		if now := s.clock.Now(); now.Sub(emptied) >= abandonEvery {
			s.abandon(ctx)
			emptied = now
		}
		s.count(ctx)
		s.sleep(ctx, pollEvery, s.wake)
	}
}

// next sends one mail. The error is about the mail server or the store; what is about
// the one mail is logged here.
func (s *Sender) next(ctx context.Context) (found bool, err error) {
	ctx, cancel := lingering(ctx, lastWord)
	defer cancel()
	var server error
	found, err = s.store.SendNext(ctx, func(ctx context.Context, m registry.Mail) error {
		err := s.send(ctx, m)
		var failure *Failure
		switch {
		case err == nil:
			s.metrics.count(sent)
		case errors.As(err, &failure) && failure.Final:
			s.metrics.count(refused)
			s.log.Warn("a mail was refused for good and isn't tried again", "error", failure)
			return nil
		case failure != nil && failure.ThisMail:
			s.metrics.count(putOff)
			s.log.Info("a mail was put off by its recipient's server", "error", failure)
		default:
			s.metrics.count(failed)
			server = err
		}
		return err
	})
	var failure *Failure
	if errors.As(err, &failure) && failure.ThisMail && server == nil {
		return found, nil
	}
	return found, err
}

func (s *Sender) count(ctx context.Context) {
	waiting, err := s.store.MailWaiting(ctx)
	if err == nil {
		s.metrics.waiting.Set(float64(waiting))
	} else if ctx.Err() == nil {
		s.log.Warn("waiting mail can't be counted", "error", err)
	}
}

func (s *Sender) abandon(ctx context.Context) {
	n, err := s.store.AbandonMail(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Warn("old mail can't be removed", "error", err)
	case n > 0:
		s.metrics.mails.WithLabelValues(string(abandoned)).Add(float64(n))
		s.log.Error("mails couldn't be sent for a week and are given up", "mails", n)
	}
}

// sleep ends early when wake, which may be nil, or ctx says so.
func (s *Sender) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := s.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
	case <-wake:
	case <-ctx.Done():
	}
}

// lingering returns a context that ends a while after ctx does.
func lingering(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(while):
			cancel()
		case <-later.Done():
		}
	})
	return later, func() { stop(); cancel() }
}
