package cluster

import (
	"reflect"
	"slices"
	"testing"

	"turnkey-gateway/bench/soak/trial"
)

// TestASeedIsAlwaysTheSame: what a seed decides can be played again.
func TestASeedIsAlwaysTheSame(t *testing.T) {
	for seed := range uint64(50) {
		a, b := names(draw(seed)), names(draw(seed))
		if !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d: %v, then %v", seed, a, b)
		}
		if len(a) < fewestActs || len(a) > mostActs {
			t.Errorf("seed %d has %d faults", seed, len(a))
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
	if got := len(slices.Compact(slices.Clone(all))); got != len(all) {
		t.Errorf("%d names for %d faults", got, len(all))
	}
}

func names(s schedule) (all []trial.Fault) {
	for _, a := range s.acts {
		all = append(all, a.kind.name)
	}
	return all
}
