package rig

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

var auditTopics = ingest.Topics{Inbound: "in", Verified: "verified", Rejected: "rejected", Quarantine: "quarantine"}

// auditNoon is when the certificate of these tests is registered; it is revoked a minute later.
var auditNoon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// auditCertificate signs the messages that are called changing.
var auditCertificate = verifier.Fingerprint{1}

// A trail is a log of inbound records and of outcomes, as brokers would store them.
type trail struct {
	*Audit
	inbound, outputs []*kgo.Record
	next             map[log]int64
}

func newTrail() *trail {
	t := &trail{Audit: NewAudit(), next: make(map[log]int64)}
	t.Changed(Change{auditCertificate, verifier.Verified, auditNoon, auditNoon.Add(10 * time.Millisecond)})
	t.Changed(Change{auditCertificate, verifier.CertificateRevoked, auditNoon.Add(time.Minute), auditNoon.Add(time.Minute + 10*time.Millisecond)})
	t.Unknowable(Window{auditNoon.Add(2 * time.Minute), auditNoon.Add(3 * time.Minute)})
	return t
}

// at is a moment after noon.
func at(seconds float64) time.Time {
	return auditNoon.Add(time.Duration(seconds * float64(time.Second)))
}

func (t *trail) store(topic string, value string, when time.Time) *kgo.Record {
	place := log{topic, 0}
	r := &kgo.Record{
		Topic: topic, Offset: t.next[place], Key: []byte("sender"), Value: []byte(value), Timestamp: when,
		Headers: []kgo.RecordHeader{{Key: ingest.HeaderAccount, Value: []byte("sender")}},
	}
	t.next[place]++
	return r
}

// sent appends a message that deserves want, and returns the record.
func (t *trail) sent(value string, want verifier.Reason, when time.Time) *kgo.Record {
	t.Plan([]byte(value), want)
	r := t.store("in", value, when)
	t.inbound = append(t.inbound, r)
	return r
}

// changing appends a message that deserves what its certificate says.
func (t *trail) changing(value string, when time.Time) *kgo.Record {
	r := t.sent(value, verifier.Verified, when)
	t.PlanChanging([]byte(value), auditCertificate)
	return r
}

// judged appends an outcome as a gateway would, and returns it to be spoiled.
func (t *trail) judged(in *kgo.Record, reason verifier.Reason, when time.Time) *kgo.Record {
	topic := map[verifier.Reason]string{verifier.Verified: "verified", verifier.Unjudged: "quarantine"}[reason]
	if topic == "" {
		topic = "rejected"
	}
	r := t.store(topic, string(in.Value), when)
	source := ingest.Source{Topic: in.Topic, Partition: int(in.Partition), Offset: in.Offset}
	r.Headers = append(r.Headers,
		kgo.RecordHeader{Key: ingest.HeaderEventID, Value: []byte(source.EventID())},
		kgo.RecordHeader{Key: ingest.HeaderReason, Value: []byte(reason.String())},
		kgo.RecordHeader{Key: ingest.HeaderSource, Value: []byte(source.String())})
	t.outputs = append(t.outputs, r)
	return r
}

func setHeader(r *kgo.Record, key, value string) {
	for i, h := range r.Headers {
		if h.Key == key {
			r.Headers[i].Value = []byte(value)
		}
	}
}

func TestAuditNamesEachBreach(t *testing.T) {
	tests := []struct {
		name string
		play func(*trail)
		want []Breach
	}{
		{"all is well", func(t *trail) {
			a, b := t.sent("a", verifier.Verified, at(1)), t.sent("b", verifier.Unsigned, at(2))
			t.judged(a, verifier.Verified, at(3))
			t.judged(b, verifier.Unsigned, at(3))
			t.judged(a, verifier.Verified, at(4)) // came again
		}, nil},
		{"one upload stored twice", func(t *trail) {
			for _, when := range []float64{1, 2} {
				t.judged(t.sent("a", verifier.Verified, at(when)), verifier.Verified, at(when+1))
			}
		}, nil},
		{"lost", func(t *trail) { t.sent("a", verifier.Verified, at(1)) }, []Breach{Lost}},
		{"never planned", func(t *trail) {
			a := t.sent("a", verifier.Verified, at(1))
			a.Value = []byte("b")
			t.judged(a, verifier.Verified, at(2))
		}, []Breach{Unplanned}},
		{"out of nothing", func(t *trail) {
			r := t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2))
			setHeader(r, ingest.HeaderSource, "in/0/7")
		}, []Breach{Invented, Lost}},
		{"another event id", func(t *trail) {
			r := t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2))
			setHeader(r, ingest.HeaderEventID, "00")
		}, []Breach{Misnamed}},
		{"a byte changed", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2)).Value = []byte("A")
		}, []Breach{Altered}},
		{"another key", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2)).Key = []byte("other")
		}, []Breach{Altered}},
		{"another account", func(t *trail) {
			setHeader(t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2)), ingest.HeaderAccount, "other")
		}, []Breach{Altered}},
		{"another partition", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Verified, at(2)).Partition = 1
		}, []Breach{Misplaced}},
		{"a rejection among the verified", func(t *trail) {
			t.judged(t.sent("a", verifier.Unsigned, at(1)), verifier.Unsigned, at(2)).Topic = "verified"
		}, []Breach{Misfiled}},
		{"wrongly accepted", func(t *trail) {
			t.judged(t.sent("a", verifier.Unsigned, at(1)), verifier.Verified, at(2))
		}, []Breach{Misjudged}},
		{"quarantined without cause", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(1)), verifier.Unjudged, at(2))
		}, []Breach{Misjudged}},
		{"as its certificate stands", func(t *trail) {
			t.judged(t.changing("a", at(-1)), verifier.UnregisteredCertificate, at(1))
			t.judged(t.changing("b", at(1)), verifier.Verified, at(2))
			t.judged(t.changing("c", at(59)), verifier.Verified, at(65)) // 4.99 s late
			t.judged(t.changing("d", at(61)), verifier.CertificateRevoked, at(65))
		}, nil},
		{"stored before its certificate was registered", func(t *trail) {
			t.judged(t.changing("a", at(-1)), verifier.CertificateNotYetValid, at(1))
		}, nil},
		{"in force later than it was registered", func(t *trail) {
			t.judged(t.changing("a", at(0.1)), verifier.CertificateNotYetValid, at(1))
		}, []Breach{Unregistered}},
		{"registered before it was", func(t *trail) {
			t.judged(t.changing("a", at(-2)), verifier.CertificateNotYetValid, at(-1))
		}, []Breach{TooEarly}},
		{"a revocation missed too long", func(t *trail) {
			t.judged(t.changing("a", at(59)), verifier.Verified, at(65.1))
		}, []Breach{TooLate}},
		{"revoked before it was", func(t *trail) {
			t.judged(t.changing("a", at(58)), verifier.CertificateRevoked, at(59.9))
		}, []Breach{TooEarly}},
		{"verified before it was registered", func(t *trail) {
			t.judged(t.changing("a", at(-2)), verifier.Verified, at(-1))
		}, []Breach{TooEarly}},
		{"withdrawn, which it never was", func(t *trail) {
			t.judged(t.changing("a", at(61)), verifier.RegistrationWithdrawn, at(62))
		}, []Breach{Misjudged}},
		{"registered, then sent, and refused", func(t *trail) {
			t.judged(t.changing("a", at(0.1)), verifier.UnregisteredCertificate, at(0.2))
		}, []Breach{Unregistered}},
		{"a certificate that nobody registered", func(t *trail) {
			a := t.sent("a", verifier.Verified, at(1))
			t.PlanChanging([]byte("a"), verifier.Fingerprint{2})
			t.judged(a, verifier.Verified, at(2))
		}, []Breach{Misjudged}},
		{"while nobody could know", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(119)), verifier.Verified, at(124.9))
			t.judged(t.sent("b", verifier.Unsigned, at(126)), verifier.Unsigned, at(127)) // asks nobody
			t.judged(t.sent("c", verifier.Verified, at(126)), verifier.Verified, at(180.1))
		}, nil},
		{"a guess", func(t *trail) {
			t.judged(t.sent("a", verifier.Verified, at(119)), verifier.Verified, at(125.1))
		}, []Breach{Guessed}},
		{"order turned", func(t *trail) {
			a, b := t.sent("a", verifier.Verified, at(1)), t.sent("b", verifier.Verified, at(1))
			t.judged(b, verifier.Verified, at(2))
			t.judged(a, verifier.Verified, at(2))
		}, []Breach{Disordered}},
		{"a batch that came again", func(t *trail) {
			a, b := t.sent("a", verifier.Verified, at(1)), t.sent("b", verifier.Verified, at(1))
			t.judged(a, verifier.Verified, at(2))
			t.judged(b, verifier.Verified, at(2))
			t.judged(a, verifier.Verified, at(3))
		}, nil},
		{"overturned, and so behind others", func(t *trail) {
			a, b := t.changing("a", at(59)), t.sent("b", verifier.Unsigned, at(59))
			t.judged(b, verifier.Unsigned, at(60))
			t.judged(a, verifier.CertificateRevoked, at(62))
		}, nil},
		{"overturned by a revocation", func(t *trail) {
			a := t.changing("a", at(59))
			t.judged(a, verifier.Verified, at(59.5))
			t.judged(a, verifier.CertificateRevoked, at(61))
		}, nil},
		{"another verdict without a change", func(t *trail) {
			a := t.changing("a", at(-1))
			t.judged(a, verifier.Verified, at(6))
			t.judged(a, verifier.UnregisteredCertificate, at(7))
		}, []Breach{Contradicted}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trail := newTrail()
			tt.play(trail)
			got, err := trail.Check(auditTopics, trail.inbound, trail.outputs)
			if found := breaches(err); !slices.Equal(found, tt.want) {
				t.Errorf("breaches %q, want %q", found, tt.want)
			}
			if got.Messages != len(trail.inbound) || got.Outcomes != len(trail.outputs) {
				t.Errorf("counted %+v", got)
			}
		})
	}
}

// breaches are the kinds of the deviations that err joins, in order.
func breaches(err error) (kinds []Breach) {
	if err == nil {
		return nil
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		if d := (Deviation{}); errors.As(e, &d) {
			kinds = append(kinds, d.Breach)
		}
	}
	slices.SortFunc(kinds, func(a, b Breach) int { return order(a) - order(b) })
	return kinds
}

func order(b Breach) int {
	return slices.Index([]Breach{Unplanned, Invented, Misnamed, Altered, Misplaced, Misfiled, Misjudged,
		TooLate, TooEarly, Unregistered, Guessed, Disordered, Contradicted, Lost}, b)
}

func TestAuditCounts(t *testing.T) {
	trail := newTrail()
	for i := range 10 {
		in := trail.sent(fmt.Sprint(i), verifier.Verified, at(1))
		trail.judged(in, verifier.Verified, at(2))
	}
	trail.judged(trail.inbound[9], verifier.Verified, at(3))
	trail.judged(trail.changing("late", at(60)), verifier.Verified, at(62.01))
	got, err := trail.Check(auditTopics, trail.inbound, trail.outputs)
	if err != nil {
		t.Fatal(err)
	}
	if got.Messages != 11 || got.Outcomes != 12 || got.Repeated != 1 || got.Reasons[verifier.Verified] != 11 || got.MissedFor != 2*time.Second {
		t.Errorf("counted %+v", got)
	}
}
