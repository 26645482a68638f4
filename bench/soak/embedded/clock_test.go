package embedded

import (
	"testing"
	"time"
)

// The harness's way to move a wall clock rests on how package time keeps times.
func TestWallOff(t *testing.T) {
	now := time.Now()
	for _, d := range []time.Duration{0, 3 * time.Second, -3 * time.Second, 5 * time.Hour, -5 * time.Hour} {
		off := wallOff(now, d)
		if wall := off.Round(0).Sub(now.Round(0)); wall != d {
			t.Errorf("off by %v: the wall is off by %v", d, wall)
		}
		if age := off.Sub(now); age != 0 {
			t.Errorf("off by %v: the monotonic reading is off by %v", d, age)
		}
		if age := wallOff(now.Add(time.Minute), d).Sub(off); age != time.Minute {
			t.Errorf("off by %v: a minute is %v", d, age)
		}
	}
}

func TestClockOfASuspendedMachine(t *testing.T) {
	var c clock
	before := time.Now()
	shown := c.reading(before)
	c.slept(6 * time.Second)
	after := c.reading(before.Add(8 * time.Second))
	if mono, wall := after.Sub(shown), after.Round(0).Sub(shown.Round(0)); mono != 2*time.Second || wall != 8*time.Second {
		t.Errorf("after 8 s of which 6 s were slept: %v by the monotonic clock, %v by the wall", mono, wall)
	}
}
