package differential

import (
	"encoding/json"
	"reflect"
	"testing"
)

func sample() Counts {
	return Counts{
		Documents: 3, Mutations: 5, Signers: map[string]int64{"own": 2, "JDK": 1}, Accepted: 2, Refused: map[string]int64{"UNSIGNED": 3},
		Changes: map[string]Fate{"quotes": {Accepted: 2}, "DOCTYPE": {Refused: 3}}, Signed: 2, Unsigned: map[string]int64{"otherwise": 1},
		Asked: map[string]Tally{"JDK, canonical": {Asked: 6, Agreed: 1, Listed: map[string]int64{"x": 1}, Skipped: map[string]int64{"y": 1}, Failed: 1, Differed: 2}},
	}
}

func TestCountsAddUp(t *testing.T) {
	one := sample()
	if !one.Check() || one.Differed() != 2 {
		t.Fatal("the sample does not add up")
	}
	var twice Counts
	twice.Add(one)
	twice.Add(one)
	if !twice.Check() || twice.Documents != 6 || twice.Asked["JDK, canonical"].Listed["x"] != 2 || twice.Changes["DOCTYPE"].Refused != 6 {
		t.Errorf("twice: %+v", twice)
	}
	if !reflect.DeepEqual(one, sample()) {
		t.Error("adding changed what was added")
	}
	text, err := json.Marshal(twice)
	if err != nil {
		t.Fatal(err)
	}
	var again Counts
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, twice) {
		t.Errorf("from JSON: %+v, %v", again, err)
	}
}

// TestCountsThatDoNot: each number is held against others.
func TestCountsThatDoNot(t *testing.T) {
	for name, spoil := range map[string]func(*Counts){
		"documents":  func(c *Counts) { c.Documents++ },
		"changes":    func(c *Counts) { c.Mutations++ },
		"accepted":   func(c *Counts) { c.Accepted++ },
		"refused":    func(c *Counts) { c.Refused["UNSIGNED"]++ },
		"one change": func(c *Counts) { c.tell("quotes", Fate{Accepted: 1}) },
		"signers":    func(c *Counts) { c.Signers["own"]-- },
		"signed":     func(c *Counts) { c.Signed++ },
		"unsigned":   func(c *Counts) { c.Unsigned["otherwise"]++ },
		"asked":      func(c *Counts) { c.answer("JDK, canonical", Tally{Asked: 1}) },
		"agreed":     func(c *Counts) { c.answer("JDK, canonical", Tally{Agreed: 1}) },
		"listed":     func(c *Counts) { c.answer("JDK, canonical", Tally{Listed: map[string]int64{"x": 1}}) },
		"skipped":    func(c *Counts) { c.answer("JDK, canonical", Tally{Skipped: map[string]int64{"y": 1}}) },
	} {
		c := sample()
		if spoil(&c); c.Check() {
			t.Errorf("one more %s still adds up", name)
		}
	}
}
