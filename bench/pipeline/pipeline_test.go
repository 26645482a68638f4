package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/verifier"
)

func sampleLoad(t *testing.T, size int) *load {
	t.Helper()
	senders, err := newSenders(3, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoad(size, 4, senders)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestMessages: all of a load differ, have about the size that was asked for, and are
// verified by the gateway's engine and by the plain consumer.
func TestMessages(t *testing.T) {
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := verifier.New(verifier.Config{Profile: profile, Claims: verifier.DefaultClaims()})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, size := range sizes {
		l := sampleLoad(t, size)
		seen := map[string]bool{}
		p := plainOf(l)
		for i := range 9 {
			s, doc := l.message(i)
			if seen[string(doc)] {
				t.Errorf("message %d of %d bytes was there before", i, size)
			}
			seen[string(doc)] = true
			if len(doc) < size*9/10 || len(doc) > size*11/10 {
				t.Errorf("message of %d bytes, %d wanted", len(doc), size)
			}
			holds := func(k verifier.IdentifierKind, v string) bool { return k == verifier.BrokerBox && v == s.box }
			v := engine.Read(doc).Judge(verifier.Sender{
				Party: "sample", Holds: holds, Registrations: []verifier.Registration{{Certificate: s.certificate, State: verifier.InForce}},
			}, verifier.Moment{Received: now, Decided: now})
			if !v.Verified() {
				t.Errorf("message %d of %d bytes: %v", i, size, v.Reason())
			}
			if err := p.validate(kafka.Message{Key: []byte(s.account), Value: doc}); err != nil {
				t.Errorf("the plain consumer refuses message %d of %d bytes: %v", i, size, err)
			}
			forged := bytes.Replace(doc, []byte("<FunctionCode>9<"), []byte("<FunctionCode>1<"), 1)
			if err := p.validate(kafka.Message{Key: []byte(s.account), Value: forged}); err == nil {
				t.Errorf("the plain consumer accepts a forgery of %d bytes", size)
			}
		}
	}
}

func plainOf(l *load) *plain {
	p := newPlain(assignment{})
	for _, m := range l.signed {
		p.certificates[m.account] = m.certificate.X509()
	}
	return p
}

// TestBacklog: each message has one place.
func TestBacklog(t *testing.T) {
	b := &backlog{partitions: 3, count: 11}
	seen := map[int]bool{}
	for p := range b.partitions {
		for k := range b.on(p) {
			seen[b.at(p, int64(k))] = true
		}
	}
	for i := range b.count {
		if !seen[i] {
			t.Errorf("message %d has no place", i)
		}
	}
	if len(seen) != b.count {
		t.Errorf("%d places for %d messages", len(seen), b.count)
	}
}

// TestAudit: an outcome is refused that is another's, changed, or says something else.
func TestAudit(t *testing.T) {
	b := &backlog{load: sampleLoad(t, size3K), inbound: "in", partitions: 2, count: 10}
	good := func() fetch.Record {
		s, doc := b.message(b.at(1, 3))
		source := ingest.Source{Topic: "in", Partition: 1, Offset: 3}
		header := func(name, value string) kafka.Header { return kafka.Header{Key: name, Value: []byte(value)} }
		return fetch.Record{Offset: 3, Key: []byte(s.account), Value: doc, Headers: []kafka.Header{
			header(ingest.HeaderVerdict, ingest.VerdictVerified), header(ingest.HeaderReason, "VERIFIED"),
			header(ingest.HeaderSource, source.String()), header(ingest.HeaderEventID, source.EventID()),
			header(ingest.HeaderAccount, s.account), header(ingest.HeaderSignerSHA256, s.certificate.Fingerprint().String()),
		}}
	}
	if err := b.check(gatewayName, 1, good()); err != nil {
		t.Fatalf("a good outcome: %v", err)
	}
	for _, tt := range []struct {
		name string
		edit func(*fetch.Record)
		want string
	}{
		{"changed", func(r *fetch.Record) { r.Value[9]++ }, "bytes"},
		{"another's", func(r *fetch.Record) { r.Offset++ }, "bytes"},
		{"without a verdict", func(r *fetch.Record) { r.Headers = r.Headers[1:] }, ingest.HeaderVerdict},
		{"of another source", func(r *fetch.Record) { r.Headers[2].Value = []byte("in/0/3") }, ingest.HeaderSource},
		{"of another key", func(r *fetch.Record) { r.Key = nil }, "key"},
	} {
		r := good()
		tt.edit(&r)
		if err := b.check(gatewayName, 1, r); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error about %s", tt.name, err, tt.want)
		}
	}
}

// TestSchedule: messages are due at the rate that was asked for, whatever the partition.
func TestSchedule(t *testing.T) {
	b := &backlog{partitions: 3, count: 6_000}
	for _, rate := range []float64{100, 3_000} {
		s := pace(b, rate, time.Second)
		s.begin = time.Unix(0, 0)
		for p := range b.partitions {
			last := s.due(p, int64(b.on(p)-1)).Sub(s.begin).Seconds()
			if want := float64(b.count) / rate; last > want || last < 0.95*want {
				t.Errorf("at %.0f a second the last message of partition %d is due after %.2f s, not about %.2f", rate, p, last, want)
			}
		}
		if warm := float64(s.warm*b.partitions) / rate; warm > 1 || warm < 0.9 {
			t.Errorf("at %.0f a second the messages of %.2f s aren't counted, not of one", rate, warm)
		}
	}
}
