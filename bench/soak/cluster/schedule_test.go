package cluster

import (
	"fmt"
	"slices"
	"testing"

	"turnkey-gateway/bench/soak/trial"
)

// TestASeedIsAlwaysTheSame: what a seed decides can be played again.
func TestASeedIsAlwaysTheSame(t *testing.T) {
	for seed := range uint64(50) {
		s := draw(seed)
		if a, b := told(s), told(draw(seed)); a != b {
			t.Errorf("seed %d: %s, then %s", seed, a, b)
		}
		if n := len(s.acts); n < fewestActs || n > mostActs {
			t.Errorf("seed %d has %d faults", seed, n)
		}
	}
}

// TestEveryFaultIsDrawnOften: a run of some hundred seeds meets each kind many times.
func TestEveryFaultIsDrawnOften(t *testing.T) {
	drawn := make(map[trial.Fault]int)
	for seed := uint64(1); seed <= 200; seed++ {
		for _, a := range draw(seed).acts {
			drawn[a.kind.name]++
		}
	}
	for _, f := range new(World).Faults() {
		if drawn[f] < 5 {
			t.Errorf("%s is drawn %d times in 200 seeds", f, drawn[f])
		}
	}
}

func TestFaultsHaveNamesOfTheirOwn(t *testing.T) {
	all := new(World).Faults()
	if got := len(slices.Compact(slices.Sorted(slices.Values(all)))); got != len(all) {
		t.Errorf("%d names for %d faults", got, len(all))
	}
}

// told is all of a schedule as text: what plays a fault can't be compared, its name can.
func told(s schedule) string {
	text := fmt.Sprintf("%d gateways, %d a second, %d messages", s.gateways, s.pulse, s.messages)
	for _, a := range s.acts {
		text += fmt.Sprintf(", %s after %d", a.kind.name, a.after)
	}
	return text
}
