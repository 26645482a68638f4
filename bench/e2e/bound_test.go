package main

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

func TestWitnessIsHeldAgainstTheBound(t *testing.T) {
	committed := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	outcome := func(reason verifier.Reason, after time.Duration, source string) rig.Outcome {
		return rig.Outcome{Topic: "out", Reason: reason, Source: source, Appended: committed.Add(after)}
	}
	tests := []struct {
		name string
		got  []rig.Outcome
		late time.Duration
		want string // in the error; empty for none
	}{
		{"none accepted after the commit", []rig.Outcome{outcome(verifier.Verified, -time.Second, "in/0/1")}, 0, ""},
		{"accepted until the bound", []rig.Outcome{outcome(verifier.Verified, 5*time.Second, "in/0/1")}, 5 * time.Second, ""},
		{"accepted after it", []rig.Outcome{outcome(verifier.Verified, 5001*time.Millisecond, "in/0/7")}, 5001 * time.Millisecond, "VERIFIED of in/0/7 on out/0"},
		{"the latest isn't the last read", []rig.Outcome{
			outcome(verifier.Verified, 6*time.Second, "in/0/3"), outcome(verifier.Verified, time.Second, "in/1/9"),
		}, 6 * time.Second, "in/0/3"},
		{"refused, and accepted again", []rig.Outcome{
			outcome(verifier.CertificateRevoked, time.Second, "in/0/1"), outcome(verifier.Verified, 7*time.Second, "in/0/2"),
		}, 7 * time.Second, "in/0/2"},
		{"refused for what was registered", []rig.Outcome{outcome(verifier.UnregisteredCertificate, 0, "in/0/4")}, 0, "in/0/4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &witness{verified: map[int]bool{}, refused: map[int]bool{}, asked: committed, committed: committed}
			for _, o := range tt.got {
				w.note(o)
			}
			if late := w.late(); late != tt.late {
				t.Errorf("late by %v, want %v", late, tt.late)
			}
			err := w.fault(rig.EndBound)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("fault = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestRefusalBeforeTheRevocationIsAFault(t *testing.T) {
	w := &witness{verified: map[int]bool{}, refused: map[int]bool{}}
	w.note(rig.Outcome{Reason: verifier.CertificateRevoked, Source: "in/2/5"})
	if err := w.fault(rig.EndBound); err == nil || !strings.Contains(err.Error(), "in/2/5") {
		t.Errorf("fault = %v", err)
	}
}

// As many episodes as there are faults hold each of them; none has two of one target, and
// the same seed makes the same ones.
func TestEveryFaultHasItsTurn(t *testing.T) {
	draw := func(seed uint64) (all []episode) {
		rng := rand.New(rand.NewPCG(seed, 5))
		for n := range faults {
			all = append(all, drawEpisode(rng, faults, n))
		}
		return all
	}
	texts := func(all []episode) (s []string) {
		for _, e := range all {
			s = append(s, e.String())
		}
		return s
	}
	for seed := range uint64(20) {
		all := draw(seed)
		if again := draw(seed); !reflect.DeepEqual(texts(all), texts(again)) {
			t.Fatalf("seed %d makes different episodes", seed)
		}
		for n, e := range all {
			if e.strikes[0].name != faults[n].name || len(e.revokes) != witnessesEach {
				t.Errorf("episode %d: %v", n, e)
			}
			if len(e.strikes) == 2 && e.strikes[0].target == e.strikes[1].target {
				t.Errorf("two faults of one target: %v", e)
			}
			for _, s := range e.strikes {
				if s.lasts < s.least || s.lasts > s.most {
					t.Errorf("%s for %v", s.name, s.lasts)
				}
			}
		}
	}
}

// An offset counts as done once all before it are, however often and in whatever order
// outcomes come.
func TestLaneCountsWhatHasNoOutcome(t *testing.T) {
	l := &lane{progress: make(chan struct{}, 1), beyond: map[int64]struct{}{}}
	l.extend(5)
	for _, step := range []struct{ offset, open int64 }{{2, 5}, {0, 4}, {0, 4}, {1, 2}, {4, 2}, {3, 0}, {2, 0}} {
		if l.done(step.offset); l.open() != step.open {
			t.Fatalf("after %d: %d open, want %d", step.offset, l.open(), step.open)
		}
	}
}
