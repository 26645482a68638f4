package rediscache

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"turnkey-gateway/registry"
)

func TestRuleOfBelief(t *testing.T) {
	now := time.Now()
	a, b, stranger := hashOf("a"), hashOf("b"), hashOf("stranger")
	good := func() Heartbeat {
		return Heartbeat{
			Epoch: "e1", At: now.Add(-100 * time.Millisecond), Version: 20, Covers: 10,
			Changes: []SenderChange{{TagOf(a), 12}, {TagOf(b), 13}, {TagOf(a), 15}},
		}
	}
	tests := []struct {
		name    string
		edit    func(*Heartbeat)
		sender  registry.LookupHash
		epoch   registry.Epoch
		version registry.Version
		want    Belief
	}{
		{"read at its last change", nil, a, "e1", 15, Believed},
		{"read before its last change", nil, a, "e1", 14, NewerChange},
		{"read between another's changes", nil, b, "e1", 13, Believed},
		{"read after the heartbeat", nil, a, "e1", 21, Believed},
		{"never changed, read where the list begins", nil, stranger, "e1", 10, Believed},
		{"never changed, read before the list begins", nil, stranger, "e1", 9, NotCovered},
		{"of another epoch", nil, a, "e2", 20, OtherEpoch},
		{"heartbeat as old as allowed", func(h *Heartbeat) { h.At = now.Add(-MaxAge) }, a, "e1", 15, Believed},
		{"heartbeat too old", func(h *Heartbeat) { h.At = now.Add(-MaxAge - time.Millisecond) }, a, "e1", 15, StaleHeartbeat},
		{"heartbeat as far ahead as allowed", func(h *Heartbeat) { h.At = now.Add(MaxAhead) }, a, "e1", 15, Believed},
		{"heartbeat too far ahead", func(h *Heartbeat) { h.At = now.Add(MaxAhead + time.Millisecond) }, a, "e1", 15, StaleHeartbeat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := good()
			if tt.edit != nil {
				tt.edit(&h)
			}
			if got := newHeard(h, nil, now).Believes(tt.sender, tt.epoch, tt.version, now); got != tt.want {
				t.Errorf("Believes = %s, want %s", got, tt.want)
			}
		})
	}
	if got := (*Heard)(nil).Believes(a, "e1", 15, now); got != StaleHeartbeat {
		t.Errorf("without any heartbeat: %s, want %s", got, StaleHeartbeat)
	}
}

// TestBeliefIsNeverWrong plays random histories of a registry, with copies taken at
// every version and heartbeats of every version, each combined with each as a Redis
// that repeats what it likes can do. Whatever is believed must be the truth at the
// heartbeat's version, or a later one.
func TestBeliefIsNeverWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	believed := 0
	for range 200 {
		const senders, versions = 4, 24
		changed := make([]int, versions+1) // sender changed by each version; -1 for none
		for v := 1; v <= versions; v++ {
			changed[v] = random.IntN(senders+1) - 1
		}
		lastChange := func(sender, version int) int {
			for v := version; v > 0; v-- {
				if changed[v] == sender {
					return v
				}
			}
			return 0
		}
		for beat := 0; beat <= versions; beat++ {
			h := Heartbeat{Epoch: "e", At: time.Now(), Version: registry.Version(beat), Covers: registry.Version(random.IntN(beat + 1))}
			for v := int(h.Covers) + 1; v <= beat; v++ {
				if changed[v] >= 0 {
					h.Changes = append(h.Changes, SenderChange{TagOf(hashOf(fmt.Sprint(changed[v]))), registry.Version(v)})
				}
			}
			heard := newHeard(h, nil, h.At)
			for sender := range senders {
				for read := 0; read <= versions; read++ {
					if heard.Believes(hashOf(fmt.Sprint(sender)), "e", registry.Version(read), h.At) != Believed {
						continue
					}
					believed++
					if read < beat && lastChange(sender, read) != lastChange(sender, beat) {
						t.Fatalf("a copy of version %d was believed by a heartbeat of version %d, but the sender changed in version %d",
							read, beat, lastChange(sender, beat))
					}
				}
			}
		}
	}
	if believed == 0 {
		t.Fatal("nothing was ever believed")
	}
}

func TestAsOfAllowsForARelayClockThatLeads(t *testing.T) {
	now := time.Now()
	heard := newHeard(Heartbeat{Epoch: "e", At: now.Round(0)}, nil, now)
	if !heard.AsOf().Equal(now.Add(-MaxAhead)) {
		t.Errorf("AsOf is %v before T, want %v", now.Sub(heard.AsOf()), MaxAhead)
	}
}

func TestBreakerLetsOneCallerThroughASecond(t *testing.T) {
	now := time.Now()
	b := &breaker{now: func() time.Time { return now }}
	if !b.allow() || b.open() {
		t.Fatal("closed at first")
	}
	b.report(fmt.Errorf("time-out"))
	if b.allow() {
		t.Error("allowed just after a failure")
	}
	now = now.Add(breakFor)
	if !b.allow() {
		t.Error("not allowed a second after a failure")
	}
	if b.allow() {
		t.Error("a second caller allowed while the first one tries")
	}
	b.report(nil)
	if !b.allow() || b.open() {
		t.Error("not closed after a success")
	}
}
