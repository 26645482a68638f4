package rig

import (
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

// outcome is that of the message, as a gateway would produce it first.
func outcome(message string) Outcome {
	return Outcome{
		Topic: "verified", Partition: 1, Value: []byte(message), EventID: "e-" + message,
		Reason: verifier.Verified, Source: "inbound/1/7", SourcePartition: 1, SourceOffset: 7,
	}
}

func TestLedgerSeesDeviations(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Outcome) // of a second message's outcome
		want   string         // in the error; empty for none
	}{
		{"as planned", func(*Outcome) {}, ""},
		{"a byte changed", func(o *Outcome) { o.Value = []byte("2nd.") }, "never sent"},
		{"another verdict", func(o *Outcome) { o.Reason = verifier.Unsigned }, "VERIFIED was planned"},
		{"no event id", func(o *Outcome) { o.EventID = "" }, "event id"},
		{"another message's event id", func(o *Outcome) { o.EventID = "e-first" }, "event id"},
		{"another partition than its source", func(o *Outcome) { o.SourcePartition = 0 }, "not on its source's partition"},
		{"before what came before it", func(o *Outcome) { o.SourceOffset = 6 }, "comes after the outcome of offset 7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := NewLedger()
			now := time.Now()
			for _, m := range []string{"first", "second"} {
				if err := l.Plan([]byte(m), verifier.Verified, now); err != nil {
					t.Fatal(err)
				}
			}
			if _, first, err := l.Check(outcome("first"), now); !first || err != nil {
				t.Fatalf("first %v, err %v", first, err)
			}
			o := outcome("second")
			o.SourceOffset = 8
			tt.change(&o)
			_, _, err := l.Check(o, now)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("err %v, want %q", err, tt.want)
			}
			if got := l.Tally().Deviating > 0; got != (tt.want != "") {
				t.Errorf("deviation counted: %v", got)
			}
		})
	}
}

func TestLedgerCountsRepeatsAndForgets(t *testing.T) {
	l := NewLedger()
	sent := time.Now()
	if err := l.Plan([]byte("m"), verifier.Verified, sent); err != nil {
		t.Fatal(err)
	}
	if l.Plan([]byte("m"), verifier.Verified, sent) == nil {
		t.Error("the same bytes were planned twice")
	}
	for range 3 {
		if _, _, err := l.Check(outcome("m"), sent); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Tally(); got.Repeated != 2 || got.Outcomes != 1 || got.Missing() != 0 {
		t.Errorf("tally %+v", got)
	}
	l.Forget(sent)
	if _, _, err := l.Check(outcome("m"), sent); err != nil {
		t.Errorf("forgotten too early: %v", err)
	}
	l.Forget(sent.Add(time.Second))
	if _, _, err := l.Check(outcome("m"), sent); err == nil {
		t.Error("still there after Forget")
	}
}

func TestRewound(t *testing.T) {
	commits := []Commit{{"t", 0, 5}, {"t", 1, 3}, {"t", 0, 9}, {"u", 0, 1}, {"t", 0, 7}, {"t", 1, 3}}
	if got := Rewound(commits); len(got) != 1 || got[0] != (Commit{"t", 0, 7}) {
		t.Errorf("rewound: %v", got)
	}
}
