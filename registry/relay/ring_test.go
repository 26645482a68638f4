package relay

import (
	"math/rand/v2"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
)

// TestRingListsAllAboveCovers adds random changes and compares the ring with all of
// them.
func TestRingListsAllAboveCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	var r ring
	var all []rediscache.SenderChange
	for version := registry.Version(1); version <= 3000; version++ {
		c := registry.Change{Version: version}
		senders := random.IntN(4) // often none
		if version == 2000 {
			senders = rediscache.MaxChanges + 1 // more than a heartbeat can list
		}
		for range senders {
			sender := registry.LookupHash{byte(random.IntN(256)), byte(random.IntN(256))}
			c.Senders = append(c.Senders, sender)
			all = append(all, rediscache.SenderChange{Sender: rediscache.TagOf(sender), Version: version})
		}
		r.add(c)
		if len(r.changes) > rediscache.MaxChanges {
			t.Fatalf("version %d: %d changes", version, len(r.changes))
		}
		if version == 2000 && r.covers != 2000 {
			t.Fatalf("covers %d after a change too large to list, want 2000", r.covers)
		}
		listed := r.changes
		for n := len(all) - 1; n >= 0 && all[n].Version > r.covers; n-- {
			if len(listed) == 0 || listed[len(listed)-1] != all[n] {
				t.Fatalf("version %d: change %v above covers %d isn't listed", version, all[n], r.covers)
			}
			listed = listed[:len(listed)-1]
		}
		if len(listed) != 0 {
			t.Fatalf("version %d: %d changes listed at or below covers %d", version, len(listed), r.covers)
		}
	}
}
