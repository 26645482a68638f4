package rediscache

import (
	"time"

	"turnkey-gateway/registry"
)

const (
	// MaxAge is how old a heartbeat may be, by the two clocks, to vouch for anything.
	MaxAge = 1500 * time.Millisecond

	// MaxAhead is how far the relay's clock may be ahead of ours. A heartbeat from
	// further ahead is refused; within it, [Heard.AsOf] allows for the whole of it.
	MaxAhead = 500 * time.Millisecond
)

// A Belief is the outcome of the rule of belief: [Believed], or why not.
type Belief string

const (
	Believed       Belief = "believed"
	StaleHeartbeat Belief = "stale_heartbeat" // or none was heard yet
	OtherEpoch     Belief = "epoch"
	NotCovered     Belief = "covers"       // too old for the heartbeat's list of changes
	NewerChange    Belief = "newer_change" // the sender changed since
)

// Heard is an authenticated heartbeat together with when it was heard. It is
// immutable. A nil *Heard vouches for nothing.
type Heard struct {
	Heartbeat
	latest map[Tag]registry.Version // of each sender in Changes
	raw    string                   // as received, to recognise it when it comes again

	// t is Heartbeat.At on our clock, with the monotonic reading of the moment it was
	// heard, so that a step of our wall clock afterwards changes nothing.
	t time.Time
}

func newHeard(h Heartbeat, raw []byte, now time.Time) *Heard {
	latest := make(map[Tag]registry.Version, len(h.Changes))
	for _, c := range h.Changes {
		latest[c.Sender] = c.Version
	}
	return &Heard{Heartbeat: h, latest: latest, raw: string(raw), t: now.Add(h.At.Sub(now))}
}

// Fresh reports whether it is recent enough at now to vouch for anything.
func (h *Heard) Fresh(now time.Time) bool {
	if h == nil {
		return false
	}
	age := now.Sub(h.t)
	return age <= MaxAge && age >= -MaxAhead
}

// AsOf is a moment on our clock before which every committed change is known to the
// heartbeat: its time, less the [MaxAhead] by which the relay's clock may lead ours.
func (h *Heard) AsOf() time.Time { return h.t.Add(-MaxAhead) }

// Changed reports whether the heartbeat, however old, lists a change of the sender
// after a version of the same epoch. What it lists did happen.
func (h *Heard) Changed(sender registry.LookupHash, epoch registry.Epoch, version registry.Version) bool {
	return h != nil && h.Epoch == epoch && h.latest[TagOf(sender)] > version
}

// Believes is the one rule by which cached copies of the registry are believed,
// those in Redis and those in memory alike. What was read of a sender at a version of
// an epoch is true as of [Heard.AsOf] if the heartbeat is fresh, of the same epoch,
// lists all changes after that version, and lists none of that sender among them.
//
// For if the sender had changed after that version and before the heartbeat's T, the
// change would have a version the heartbeat lists. And if the version is later than
// the heartbeat's own, the copy was read after T, and holds all that was committed
// before it.
func (h *Heard) Believes(sender registry.LookupHash, epoch registry.Epoch, version registry.Version, now time.Time) Belief {
	switch {
	case !h.Fresh(now):
		return StaleHeartbeat
	case h.Epoch != epoch:
		return OtherEpoch
	case version < h.Covers:
		return NotCovered
	case h.latest[TagOf(sender)] > version:
		return NewerChange
	}
	return Believed
}
