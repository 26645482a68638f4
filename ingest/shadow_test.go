package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/verifier"
)

// told is what a shadow was told of a record.
type told struct {
	doc      []byte
	received time.Time
	reason   verifier.Reason
}

// memo is a shadow that keeps what it is told.
type memo struct {
	mu  sync.Mutex
	all map[Source][]told // guarded by mu
}

func (m *memo) Judged(source Source, doc []byte, received time.Time, v verifier.Verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[Source][]told{}
	}
	m.all[source] = append(m.all[source], told{bytes.Clone(doc), received, v.Reason()})
}

func (m *memo) of(source Source) []told {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.all[source])
}

// shadowFunc is a shadow for what a real one doesn't do on demand.
type shadowFunc func()

func (f shadowFunc) Judged(Source, []byte, time.Time, verifier.Verdict) { f() }

// The shadow is told of each verdict as it goes out, and of nothing that has none.
func TestShadowIsToldOfEachVerdict(t *testing.T) {
	w := fakeWorld(t, 2)
	sent := append(w.records(40), &kgo.Record{Value: signed(1)}, &kgo.Record{Key: []byte("broker-1"), Value: []byte("panic!")})
	w.send(sent...)
	engine := newEngine(t)
	shadow := new(memo)
	w.start(Parts{Shadow: shadow, Engine: engineFunc(func(doc []byte) *verifier.Message {
		if bytes.Equal(doc, []byte("panic!")) {
			panic("as asked")
		}
		return engine.Read(doc)
	})}, nil)
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	kinds := map[Kind]int{}
	for _, o := range got {
		kinds[o.kind]++
		source := w.sourceOf(o)
		if o.kind == Quarantine {
			if n := len(shadow.of(source)); n != 0 {
				t.Errorf("%v is quarantined, and the shadow was told %d verdicts", source, n)
			}
			continue
		}
		all := shadow.of(source)
		if len(all) != 1 {
			t.Errorf("%v: told %d times", source, len(all))
			continue
		}
		if it := all[0]; it.reason.String() != o.header(HeaderReason) || !bytes.Equal(it.doc, o.Value) || !it.received.Equal(o.Timestamp) {
			t.Errorf("%v: told %v of %d bytes at %v, the outcome is %s at %v", source, it.reason, len(it.doc), it.received, o.header(HeaderReason), o.Timestamp)
		}
	}
	if kinds[Verified] == 0 || kinds[Rejected] == 0 || kinds[Quarantine] != 2 {
		t.Errorf("outcomes are %v", kinds)
	}
}

// sourceOf is where an outcome's record was.
func (w *world) sourceOf(o outcome) Source {
	w.t.Helper()
	s := Source{Topic: w.topics.Inbound}
	if _, err := fmt.Sscanf(o.header(HeaderSource), w.topics.Inbound+"/%d/%d", &s.Partition, &s.Offset); err != nil {
		w.t.Fatalf("source %q: %v", o.header(HeaderSource), err)
	}
	return s
}

// A verdict that is made anew is told anew: the one that went out was told.
func TestShadowIsToldOfAVerdictMadeAnew(t *testing.T) {
	shadow := new(memo)
	g := newWorld(t, 1).gateway(Parts{Shadow: shadow}, nil)
	it := &item{account: "broker-1"}
	it.rec.Value, it.rec.Time = signed(1), time.Now()
	if err := g.read(t.Context(), []*item{it}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := g.judge(t.Context(), []*item{it}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(shadow.of(it.source)); n != 2 {
		t.Errorf("judged twice, told %d times", n)
	}
}

// Promise 8: telemetry never blocks traffic. A shadow that panics changes no outcome.
func TestPanicOfTheShadowTouchesNoRecord(t *testing.T) {
	w := fakeWorld(t, 1)
	sent := w.records(30)
	w.send(sent...)
	g := w.start(Parts{Shadow: shadowFunc(func() { panic("as asked") })}, nil)
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	eventuallyCommitted(t, w, sent)
	if kinds := kindsOf(got); !slices.Equal(kinds, []string{"rejected UNSIGNED", "verified VERIFIED"}) {
		t.Errorf("outcomes are %q", kinds)
	}
	if n := count(g.metrics.shadowPanics); n != len(sent) {
		t.Errorf("%d panics of the shadow counted for %d verdicts", n, len(sent))
	}
	if n := count(g.metrics.panics); n != 0 {
		t.Errorf("%d counted as panics in judging", n)
	}
}

// Time in the shadow is not time in judging, which turnkey_judge_seconds tells.
func TestTimeInTheShadowIsNotJudging(t *testing.T) {
	it := &item{account: "broker-1"}
	it.rec.Value, it.rec.Time = signed(1), time.Now()
	var before time.Duration
	g := newWorld(t, 1).gateway(Parts{Shadow: shadowFunc(func() { before = it.spent })}, nil)
	if err := g.read(t.Context(), []*item{it}); err != nil {
		t.Fatal(err)
	}
	if err := g.judge(t.Context(), []*item{it}); err != nil {
		t.Fatal(err)
	}
	if before == 0 || it.spent != before {
		t.Errorf("%v were spent on judging when the shadow was told, %v after", before, it.spent)
	}
}
