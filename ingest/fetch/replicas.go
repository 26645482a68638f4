package fetch

import (
	"sync"
	"time"
)

// leader stands for whichever broker leads a partition.
const leader int32 = -1

const (
	// preferredFor is how long a leader's word on which replica to ask is believed. Then the
	// leader is asked, and may say it again. A replica that is cut off from its leader gives no
	// new records and knows of none, so this is how long they, and the lag, may go unseen;
	// other clients ask every 5 minutes (metadata.max.age.ms).
	preferredFor = 30 * time.Second

	// shunnedFor is how long a leader isn't asked for another replica after one has failed.
	// It sends on, and gives no records, to a broker that is gone until the cluster has
	// noticed, which takes some 9 s (broker.session.timeout.ms).
	shunnedFor = 10 * time.Second
)

// replicas are those that leaders sent us to. Any error shuns one: fetches then go to the
// leader for a while.
type replicas struct {
	mu    sync.Mutex
	known map[place]choice // guarded by mu
}

type place struct {
	topic     string
	partition int
}

// A choice is which broker to ask: one that the leader preferred, or the leader and no other.
type choice struct {
	broker int32
	until  time.Time
}

// of is the broker to ask for a partition, or leader, and whether that may prefer another.
func (r *replicas) of(at place) (broker int32, mayPrefer bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.known[at]
	if !ok || time.Now().After(c.until) {
		delete(r.known, at)
		return leader, true
	}
	return c.broker, c.broker != leader
}

// prefer asks a broker from now on.
func (r *replicas) prefer(at place, broker int32) {
	r.choose(at, choice{broker, time.Now().Add(preferredFor)})
}

// shun asks the leader only, for a while.
func (r *replicas) shun(at place) { r.choose(at, choice{leader, time.Now().Add(shunnedFor)}) }

func (r *replicas) choose(at place, c choice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[place]choice{}
	}
	r.known[at] = c
}
