package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

func TestBoardTellsWhatIsOtherwiseThanPlanned(t *testing.T) {
	topics := ingest.Topics{Inbound: "in", Verified: "good", Rejected: "bad", Quarantine: "odd"}
	good := rig.Outcome{Topic: "good", Value: []byte("<a/>"), EventID: "1", Reason: verifier.Verified, Source: "in/0/1"}
	bad := rig.Outcome{Topic: "bad", Value: []byte("<b/>"), EventID: "2", Reason: verifier.Unsigned, Source: "in/0/2"}
	with := func(o rig.Outcome, edit func(*rig.Outcome)) rig.Outcome { edit(&o); return o }
	tests := []struct {
		name     string
		outcomes []rig.Outcome
		planned  int
		fault    string // in the first deviation; "" for none
	}{
		{"as planned", []rig.Outcome{good, bad}, 2, ""},
		{"the same again", []rig.Outcome{good, good}, 1, ""},
		{"another reason", []rig.Outcome{with(bad, func(o *rig.Outcome) { o.Reason = verifier.MalformedXML })}, 0, "UNSIGNED was planned"},
		{"accepted instead", []rig.Outcome{with(bad, func(o *rig.Outcome) { o.Topic, o.Reason = "good", verifier.Verified })}, 0, "UNSIGNED was planned"},
		{"on the wrong topic", []rig.Outcome{with(good, func(o *rig.Outcome) { o.Topic = "bad" })}, 0, "not the topic"},
		{"other bytes", []rig.Outcome{with(good, func(o *rig.Outcome) { o.Value = []byte("<a></a>") })}, 0, "never sent"},
		{"quarantined", []rig.Outcome{with(good, func(o *rig.Outcome) { o.Topic, o.Reason = "odd", verifier.Unjudged })}, 0, "VERIFIED was planned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBoard(topics, nil)
			for _, m := range []corpus.Message{{XML: good.Value, Want: good.Reason}, {XML: bad.Value, Want: bad.Reason, Fault: "not signed"}} {
				b.sending(m)
				if err := b.ledger.Plan(m.XML, m.Want, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			for _, o := range tt.outcomes {
				b.outcome(o, time.Now())
			}
			var v view
			b.fill(&v)
			if v.AsPlanned != tt.planned || (v.Otherwise > 0) != (tt.fault != "") {
				t.Errorf("as planned %d, otherwise %d; want %d as planned", v.AsPlanned, v.Otherwise, tt.planned)
			}
			if tt.fault != "" && (len(v.Faults) == 0 || !strings.Contains(v.Faults[0], tt.fault)) {
				t.Errorf("deviations are %q, want one with %q", v.Faults, tt.fault)
			}
		})
	}
}

func TestUndoTakesEveryStepInReverse(t *testing.T) {
	var u undo
	var taken []string
	step := func(name string, err error) {
		u.add(name, func(context.Context) error { taken = append(taken, name); return err })
	}
	failed := errors.New("it won't")
	step("first", nil)
	step("second", failed)
	step("third", nil)
	if err := u.run(t.Context()); !errors.Is(err, failed) || !strings.Contains(err.Error(), "second") {
		t.Errorf("run = %v, want the second step's error", err)
	}
	if want := []string{"third", "second", "first"}; !slices.Equal(taken, want) {
		t.Errorf("steps taken: %v, want %v", taken, want)
	}
	if err := u.run(t.Context()); err != nil || len(taken) != 3 {
		t.Errorf("a second run took steps again: %v, %v", taken, err)
	}
}
