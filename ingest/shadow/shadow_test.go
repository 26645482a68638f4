package shadow

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/secondopinion"
	"turnkey-gateway/verifier/verifiertest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// sample documents: one signed, and the same changed since.
var (
	holder = sync.OnceValue(func() *verifiertest.Identity {
		id, err := verifiertest.NewTrader(now)
		if err != nil {
			panic(err)
		}
		return id
	})
	unsigned = verifiertest.Declaration("A12", 1)
)

func signed(t testing.TB) []byte { return verifiertest.Sign(t, holder(), unsigned) }

func changed(t testing.TB) []byte {
	return bytes.Replace(signed(t), []byte(">100<"), []byte(">900<"), 1)
}

func judge(t testing.TB, doc []byte) verifier.Verdict {
	t.Helper()
	engine, err := verifier.New(verifier.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return engine.Read(doc).Judge(verifier.Sender{Party: "p", Registrations: []verifier.Registration{
		{Certificate: holder().Parsed(t), State: verifier.InForce}}}, verifier.Moment{Received: now, Decided: now})
}

func source(offset int) ingest.Source { return ingest.Source{Topic: "inbound", Offset: int64(offset)} }

// newShadow samples everything, and runs until the test ends.
func newShadow(t testing.TB, change func(*Config)) *Shadow {
	t.Helper()
	cfg := Config{OneIn: 1, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	go s.Run(t.Context())
	return s
}

// show shows a document with the engine's own verdict, once the shadow has time for it.
func (s *Shadow) show(t testing.TB, offset int, doc []byte) {
	t.Helper()
	v := judge(t, doc)
	before := s.done()
	s.Judged(source(offset), doc, now, v)
	eventually(t, "a result", func() bool { return s.done() == before+1 })
}

// done counts the samples that something has become of.
func (s *Shadow) done() (n int) {
	for _, r := range results {
		n += s.count(r)
	}
	return n
}

func (s *Shadow) count(r Result) int { return count(s.metrics.checks.WithLabelValues(string(r))) }

func count(c prometheus.Collector) int { return int(testutil.ToFloat64(c)) }

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// lie is a second opinion that always says the same.
func lie(o secondopinion.Opinion) Check {
	return func([]byte, *x509.Certificate, time.Time, secondopinion.Limits) secondopinion.Opinion { return o }
}

func TestAgreesWithTheVerifier(t *testing.T) {
	s := newShadow(t, nil)
	s.show(t, 1, signed(t))
	s.show(t, 2, changed(t))
	if n := s.count(Agrees); n != 2 {
		t.Errorf("%d agree: %d disagree, %d skipped", n, s.count(Disagrees), s.count(Skipped))
	}
}

// A disagreement, planted, is counted by who accepts and told without the document.
func TestDisagreementIsCountedAndTold(t *testing.T) {
	tests := []struct {
		name       string
		doc        func(testing.TB) []byte
		theirs     bool
		acceptedBy string
		reason     verifier.Reason
		words      string
	}{
		{"it refuses what we accept", signed, false, acceptedByUs, verifier.Verified, "refuses"},
		{"it accepts what we reject", changed, true, acceptedByThem, verifier.DigestMismatch, "accepts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			s := newShadow(t, func(c *Config) {
				c.Check = lie(secondopinion.Opinion{Signed: tt.theirs, Err: errors.New("螺栓 in the document")})
				c.Log = slog.New(slog.NewJSONHandler(&log, nil))
			})
			for i := range 3 {
				s.show(t, 7+i, tt.doc(t))
			}
			if n := count(s.metrics.disagreements.WithLabelValues(tt.acceptedBy)); n != 3 || s.count(Disagrees) != 3 {
				t.Errorf("%d disagreements by %s, %d in all", n, tt.acceptedBy, s.count(Disagrees))
			}
			var line struct {
				EventID string `json:"event_id"`
				Source  string
				Verdict string
				Theirs  string `json:"second_opinion"`
			}
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("not one line: %v\n%s", err, &log)
			}
			if line.EventID != source(7).EventID() || line.Source != "inbound/0/7" || line.Verdict != tt.reason.String() || line.Theirs != tt.words {
				t.Errorf("%+v", line)
			}
			if strings.Contains(log.String(), "螺栓") {
				t.Errorf("the log quotes the document: %s", &log)
			}
		})
	}
}

// A second opinion that takes for ever holds nothing up: what comes meanwhile is
// dropped, all but one.
func TestSlowSecondOpinionHoldsNothingUp(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := newShadow(t, func(c *Config) {
		c.Check = func([]byte, *x509.Certificate, time.Time, secondopinion.Limits) secondopinion.Opinion {
			begun <- struct{}{}
			<-end
			return secondopinion.Opinion{Signed: true}
		}
	})
	doc := signed(t)
	v := judge(t, doc)
	s.Judged(source(0), doc, now, v)
	<-begun
	for i := range 1000 {
		s.Judged(source(1+i), doc, now, v)
	}
	if n := s.count(Dropped); n != 999 {
		t.Errorf("%d dropped of 1000, of which one may wait", n)
	}
	close(end)
	<-begun
	eventually(t, "both are checked", func() bool { return s.count(Agrees) == 2 })
}

// What took longer than its budget is counted, and is followed by a pause.
func TestOverrunPauses(t *testing.T) {
	s := newShadow(t, func(c *Config) { c.Budget = 1 })
	doc := signed(t)
	s.show(t, 1, doc)
	if n := count(s.metrics.overruns); n != 1 {
		t.Errorf("%d overruns", n)
	}
	v := judge(t, doc)
	s.Judged(source(2), doc, now, v) // waits for the pause to end
	s.Judged(source(3), doc, now, v)
	if s.count(Dropped) != 1 || s.count(Agrees) != 1 {
		t.Errorf("%d dropped, %d checked", s.count(Dropped), s.count(Agrees))
	}
}

func TestRestsAfterEachCheck(t *testing.T) {
	s := New(Config{Metrics: prometheus.NewRegistry()})
	for took, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 190 * time.Millisecond,
		time.Second:           19 * time.Second,
		2 * time.Second:       time.Minute,
		10 * time.Second:      190 * time.Second,
	} {
		if got := s.rest(took); got != want {
			t.Errorf("after %v it rests %v, want %v", took, got, want)
		}
	}
}

// The same records are sampled at each delivery, and by each gateway, in their share.
func TestSamplesARecordAlike(t *testing.T) {
	one, other := newShadow(t, func(c *Config) { c.OneIn = 10 }), newShadow(t, func(c *Config) { c.OneIn = 10 })
	picked := 0
	for i := range 10_000 {
		if one.samples(source(i)) {
			picked++
		}
		if one.samples(source(i)) != other.samples(source(i)) {
			t.Fatalf("%v is sampled once and once not", source(i))
		}
	}
	if picked < 850 || picked > 1150 {
		t.Errorf("%d of 10,000 sampled at one in 10", picked)
	}
}

func TestNoneIsSampledAtZero(t *testing.T) {
	s := newShadow(t, func(c *Config) { c.OneIn = 0 })
	doc := signed(t)
	for i := range 100 {
		s.Judged(source(i), doc, now, judge(t, doc))
	}
	if n := s.done(); n != 0 {
		t.Errorf("%d sampled", n)
	}
}

func TestSkips(t *testing.T) {
	doc := signed(t)
	tests := []struct {
		name string
		want secondopinion.Reason
		doc  []byte
		lim  secondopinion.Limits
	}{
		{"unsigned", otherVerdict, unsigned, secondopinion.Limits{}},
		{"malformed", otherVerdict, doc[:len(doc)/2], secondopinion.Limits{}},
		{"too large to be copied", secondopinion.TooLarge, doc, secondopinion.Limits{Bytes: len(doc) - 1}},
		{"too deep to be looked at", secondopinion.TooLarge, doc, secondopinion.Limits{Depth: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShadow(t, func(c *Config) { c.Limits = tt.lim })
			s.show(t, 1, tt.doc)
			if n := count(s.metrics.skipped.WithLabelValues(string(tt.want))); n != 1 || s.count(Skipped) != 1 {
				t.Errorf("skipped %d for it, %d in all", n, s.count(Skipped))
			}
		})
	}
}

// A second opinion that panics is one more that is not given, whoever recovers.
func TestPanicIsCountedAndTold(t *testing.T) {
	tests := map[string]Check{
		"recovered": lie(secondopinion.Opinion{Skipped: secondopinion.Panicked, Err: errors.New("secret")}),
		"not recovered": func([]byte, *x509.Certificate, time.Time, secondopinion.Limits) secondopinion.Opinion {
			panic("secret")
		},
	}
	for name, check := range tests {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := newShadow(t, func(c *Config) {
				c.Check = check
				c.Log = slog.New(slog.NewTextHandler(&log, nil))
			})
			s.show(t, 1, signed(t))
			s.show(t, 2, signed(t)) // Run goes on, and the log is not written to any more
			if n := count(s.metrics.skipped.WithLabelValues(string(secondopinion.Panicked))); n != 2 {
				t.Errorf("%d panics", n)
			}
			if text := log.String(); !strings.Contains(text, "panicked") || strings.Contains(text, "secret") {
				t.Errorf("the log says %q", text)
			}
		})
	}
}

// The document is a copy: what it was part of may be gone when its turn comes.
func TestKeepsACopy(t *testing.T) {
	seen := make(chan string, 1)
	s := New(Config{OneIn: 1, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
		Check: func(doc []byte, cert *x509.Certificate, at time.Time, _ secondopinion.Limits) secondopinion.Opinion {
			seen <- fmt.Sprintf("%s %x %v", doc, cert.SerialNumber, at)
			return secondopinion.Opinion{}
		}})
	doc := signed(t)
	want := fmt.Sprintf("%s %x %v", doc, holder().Parsed(t).SerialRaw(), now)
	s.Judged(source(1), doc, now, judge(t, doc))
	clear(doc)
	go s.Run(t.Context())
	if got := <-seen; got != want {
		t.Errorf("checked %q, want %q", got, want)
	}
}

// What a verdict that is not sampled costs, and one that is sampled while another waits.
func BenchmarkJudged(b *testing.B) {
	doc := signed(b)
	v := judge(b, doc)
	for _, oneIn := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint("one in ", oneIn), func(b *testing.B) {
			s := New(Config{OneIn: oneIn, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Judged(source(i), doc, now, v)
			}
		})
	}
}
