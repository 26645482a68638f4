package shadow

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/secondopinion"
)

// A Check gives a second opinion; see secondopinion.Check.
type Check func(doc []byte, cert *x509.Certificate, at time.Time, limits secondopinion.Limits) secondopinion.Opinion

// Config is a shadow's. Metrics and Log are required.
type Config struct {
	// OneIn is of how many verdicts one is sampled: 1 for all of them, 0 for none.
	OneIn int

	// Limits bound the documents that are looked at; zero fields mean the defaults.
	Limits secondopinion.Limits

	// Budget is how long one check may take; 1 s by default. It can't be interrupted, so
	// one that took longer is counted, and sampling pauses for a minute.
	Budget time.Duration

	// Check is secondopinion.Check by default.
	Check Check

	Metrics prometheus.Registerer
	Log     *slog.Logger
}

// What a check costs is kept small by resting after it.
const (
	rests = 19 // times as long as it took: a twentieth of one core
	pause = time.Minute
)

// A Shadow is an ingest.Shadow. Its methods are safe for concurrent use, but that Run may
// run once only.
type Shadow struct {
	cfg     Config
	metrics *metrics
	queue   chan sample // of one: a second would only be older when its turn comes
	log     *reporter   // Run's
}

// A sample is a verdict to be checked.
type sample struct {
	source   ingest.Source
	doc      []byte
	received time.Time
	cert     *x509.Certificate
	reason   verifier.Reason
}

// New returns a shadow, which samples from the start and checks once it runs.
func New(cfg Config) *Shadow {
	cfg.Limits = cfg.Limits.WithDefaults()
	if cfg.Budget <= 0 {
		cfg.Budget = time.Second
	}
	if cfg.Check == nil {
		cfg.Check = secondopinion.Check
	}
	return &Shadow{cfg: cfg, metrics: newMetrics(cfg.Metrics), queue: make(chan sample, 1), log: &reporter{log: cfg.Log}}
}

// Judged implements ingest.Shadow.
func (s *Shadow) Judged(source ingest.Source, doc []byte, received time.Time, v verifier.Verdict) {
	if !s.samples(source) {
		return
	}
	switch skipped := s.skips(doc, v); {
	case skipped != secondopinion.Asked:
		s.metrics.skip(skipped)
	case len(s.queue) == cap(s.queue): // not to copy for nothing
		s.metrics.result(Dropped)
	default:
		s.submit(sample{source: source, doc: bytes.Clone(doc), received: received, cert: v.Used().X509(), reason: v.Reason()})
	}
}

// samples picks by the event's hash, so that a redelivery is picked alike.
func (s *Shadow) samples(source ingest.Source) bool {
	switch s.cfg.OneIn {
	case 0:
		return false
	case 1:
		return true
	}
	hash := source.EventHash()
	return binary.BigEndian.Uint64(hash[:])%uint64(s.cfg.OneIn) == 0
}

// skips says why a verdict is not to be checked. One that is not about the signature
// rests on what the second opinion knows nothing of: the profile, the registry.
func (s *Shadow) skips(doc []byte, v verifier.Verdict) secondopinion.Reason {
	switch v.Reason() {
	case verifier.Verified, verifier.DigestMismatch, verifier.SignatureMismatch:
	default:
		return otherVerdict
	}
	if v.Used() == nil {
		return otherVerdict
	}
	if len(doc) > s.cfg.Limits.Bytes {
		return secondopinion.TooLarge
	}
	return secondopinion.Asked
}

func (s *Shadow) submit(it sample) {
	select {
	case s.queue <- it:
	default:
		s.metrics.result(Dropped)
	}
}

// Run checks samples until ctx ends. A check under way then is not waited for by anybody
// who ends ctx and goes: it holds nothing but memory.
func (s *Shadow) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case it := <-s.queue:
			took := s.check(it)
			if !wait(ctx, s.rest(took)) {
				return
			}
		}
	}
}

// check has one sample checked, and returns how long that took. The result is counted
// last: who sees the count finds the log's line too.
func (s *Shadow) check(it sample) time.Duration {
	start := time.Now()
	o := s.ask(it)
	took := time.Since(start)
	s.metrics.took(took, took > s.cfg.Budget)
	if took > s.cfg.Budget {
		s.log.overrun(it, took)
	}
	verified := it.reason == verifier.Verified
	switch o.On(verified) {
	case secondopinion.Agrees:
		s.metrics.result(Agrees)
	case secondopinion.Disagrees:
		s.log.disagreement(it)
		s.metrics.disagree(verified)
	default:
		if o.Skipped == secondopinion.Panicked {
			s.log.panicked(it)
		}
		s.metrics.skip(o.Skipped)
	}
	return took
}

// ask returns what Check thinks. A panic here would end the gateway, and end the next one
// too: the record comes again, and is sampled alike.
func (s *Shadow) ask(it sample) (o secondopinion.Opinion) {
	defer func() {
		if recover() != nil {
			o = secondopinion.Opinion{Skipped: secondopinion.Panicked}
		}
	}()
	return s.cfg.Check(it.doc, it.cert, it.received, s.cfg.Limits)
}

// rest is how long to wait after a check that took so long.
func (s *Shadow) rest(took time.Duration) time.Duration {
	if took > s.cfg.Budget {
		return max(pause, rests*took)
	}
	return rests * took
}

// wait returns false if ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
