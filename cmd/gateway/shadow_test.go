package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/ingest/shadow"
	"turnkey-gateway/verifier/secondopinion"
)

// Both implementations agree on what is signed and on what was changed since.
func TestShadowCheckAgrees(t *testing.T) {
	s := newSite(t)
	s.vars["GATEWAY_SHADOW_ONE_IN"] = "1"
	p := launch(t, func(ctx context.Context, log io.Writer) error { return run(ctx, nil, env(s.vars), io.Discard, log) })
	s.judged(t, "broker-1", s.doc)
	p.await(t, `turnkey_shadow_checks_total{result="agrees"} 1`)
	s.judged(t, "broker-1", s.changed(t))
	p.await(t, `turnkey_shadow_checks_total{result="agrees"} 2`)
	p.mustShow(t, `turnkey_shadow_checks_total{result="disagrees"} 0`)
	p.stop(t)
}

// A second opinion that disagrees is counted, and no more: here it always says the
// opposite, and each outcome is what it would be without it.
func TestDisagreementChangesNoVerdict(t *testing.T) {
	s := newSite(t)
	p := s.startWith(t, func(doc []byte, cert *x509.Certificate, at time.Time, limits secondopinion.Limits) secondopinion.Opinion {
		o := secondopinion.Check(doc, cert, at, limits)
		o.Signed = !o.Signed
		return o
	})
	tests := []struct {
		doc        []byte
		topic      string
		reason     string
		acceptedBy string
	}{
		{s.doc, s.name + ".verified", "VERIFIED", "verifier"},
		{s.changed(t), s.name + ".rejected", "DIGEST_MISMATCH", "second_opinion"},
	}
	for _, tt := range tests {
		r := s.judged(t, "broker-1", tt.doc)
		p.await(t, `turnkey_shadow_disagreements_total{accepted_by="`+tt.acceptedBy+`"} 1`)
		if got := header(r, "turnkey-reason"); r.Topic != tt.topic || got != tt.reason || !bytes.Equal(r.Value, tt.doc) {
			t.Errorf("%s on %s; want %s on %s, with the bytes sent", got, r.Topic, tt.reason, tt.topic)
		}
	}
	p.stop(t)
}

// A second opinion that never comes holds up neither messages nor the end.
func TestShadowCheckThatHangsHoldsNothingUp(t *testing.T) {
	s := newSite(t)
	begun, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	p := s.startWith(t, func([]byte, *x509.Certificate, time.Time, secondopinion.Limits) secondopinion.Opinion {
		close(begun)
		<-never
		return secondopinion.Opinion{}
	})
	s.judged(t, "broker-1", s.doc)
	<-begun
	for range 10 {
		if r := s.judged(t, "broker-1", s.doc); header(r, "turnkey-reason") != "VERIFIED" {
			t.Errorf("%s, detail %s", header(r, "turnkey-reason"), header(r, "turnkey-detail"))
		}
	}
	p.mustShow(t, `turnkey_shadow_checks_total{result="dropped"} 9`) // one waits for its turn
	p.stop(t)
}

// startWith runs a gateway that has every verdict checked by an opinion of the test's.
func (s *site) startWith(t *testing.T, opinion shadow.Check) *program {
	t.Helper()
	s.vars["GATEWAY_SHADOW_ONE_IN"] = "1"
	r := config.NewReader(env(s.vars), "GATEWAY_")
	cfg := readConfig(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return launch(t, func(ctx context.Context, log io.Writer) error {
		return serve(ctx, cfg, opinion, slog.New(slog.NewJSONHandler(log, nil)))
	})
}

// changed is the document with its content changed after it was signed.
func (s *site) changed(t *testing.T) []byte {
	t.Helper()
	doc := bytes.Replace(s.doc, []byte("1400000001"), []byte("1400000002"), 1)
	if bytes.Equal(doc, s.doc) {
		t.Fatal("nothing was changed")
	}
	return doc
}

// await waits until the metrics have a line.
func (p *program) await(t *testing.T, line string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !p.shows(t, line); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the metrics don't come to say %s", line)
		}
	}
}

func (p *program) mustShow(t *testing.T, line string) {
	t.Helper()
	if !p.shows(t, line) {
		t.Errorf("the metrics don't say %s", line)
	}
}

func (p *program) shows(t *testing.T, line string) bool {
	t.Helper()
	_, text := get(t, p.url(t, "/metrics"))
	return strings.Contains(text, "\n"+line+"\n")
}
