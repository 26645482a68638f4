package relay

import (
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
)

// A ring holds the latest changes, as heartbeats list them.
//
// Invariant: changes are all changes of senders in versions above covers, in order, and
// at most rediscache.MaxChanges.
type ring struct {
	covers  registry.Version
	changes []rediscache.SenderChange
}

// add appends a change. What doesn't fit any more leaves at the other end, whole
// versions at a time.
func (r *ring) add(c registry.Change) {
	for _, sender := range c.Senders {
		r.changes = append(r.changes, rediscache.SenderChange{Sender: rediscache.TagOf(sender), Version: c.Version})
	}
	drop := 0
	for len(r.changes)-drop > rediscache.MaxChanges {
		r.covers = r.changes[drop].Version
		for drop < len(r.changes) && r.changes[drop].Version == r.covers {
			drop++
		}
	}
	r.changes = append(r.changes[:0:0], r.changes[drop:]...)
}
