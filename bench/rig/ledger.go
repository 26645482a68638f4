package rig

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"turnkey-gateway/verifier"
)

// A Ledger holds what was sent and what it deserves, and checks each outcome against
// that. Messages are told apart by their bytes, so every one sent must be different. It
// is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	planned map[[sha256.Size]byte]*entry
	events  map[string]struct{}
	latest  map[log]int64 // source offset of the last first outcome there
	tally   Tally
}

type log struct {
	topic     string
	partition int
}

type entry struct {
	want  verifier.Reason
	sent  time.Time
	event string // of the first outcome; "" until then
}

// A Tally counts what a ledger has seen.
type Tally struct {
	Planned   int // messages sent
	Outcomes  int // messages with an outcome
	Events    int // distinct event ids
	Repeated  int // further outcomes of a message under its event id, as at-least-once allows
	Deviating int // outcomes that are not as planned
	Reasons   map[verifier.Reason]int
	First     error // the first deviation
}

// Missing is how many messages have no outcome yet.
func (t Tally) Missing() int { return t.Planned - t.Outcomes }

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{
		planned: make(map[[sha256.Size]byte]*entry),
		events:  make(map[string]struct{}),
		latest:  make(map[log]int64),
		tally:   Tally{Reasons: make(map[verifier.Reason]int)},
	}
}

// Plan notes a message before it is sent.
func (l *Ledger) Plan(xml []byte, want verifier.Reason, at time.Time) error {
	key := sha256.Sum256(xml)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.planned[key] != nil {
		return fmt.Errorf("plan a message of %d bytes: the same bytes were planned before", len(xml))
	}
	l.planned[key] = &entry{want: want, sent: at}
	l.tally.Planned++
	return nil
}

// Check holds an outcome against its plan: the bytes that were sent, the verdict, one
// event id, its source's partition, and order there among first outcomes. It returns how long after sending it came,
// and whether it was the message's first. An error is a deviation: it is counted too.
func (l *Ledger) Check(o Outcome, at time.Time) (latency time.Duration, first bool, err error) {
	key := sha256.Sum256(o.Value)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if err != nil {
			l.tally.Deviating++
			if l.tally.First == nil {
				l.tally.First = err
			}
		}
	}()
	e := l.planned[key]
	if e == nil {
		return 0, false, fmt.Errorf("%v: its bytes were never sent", o)
	}
	if e.event == o.EventID && o.EventID != "" {
		l.tally.Repeated++
	} else {
		if e.event != "" {
			return 0, false, fmt.Errorf("%v: the message already has event id %s", o, e.event)
		}
		if _, taken := l.events[o.EventID]; taken || o.EventID == "" {
			return 0, false, fmt.Errorf("%v: event id %q is missing or another message's", o, o.EventID)
		}
		e.event, first = o.EventID, true
		l.events[o.EventID] = struct{}{}
		l.tally.Events++
		l.tally.Outcomes++
		l.tally.Reasons[o.Reason]++
		if err := l.inOrder(o); err != nil {
			return 0, first, err
		}
	}
	if o.Reason != e.want {
		return 0, first, fmt.Errorf("%v: %v was planned", o, e.want)
	}
	return at.Sub(e.sent), first, nil
}

// inOrder holds a first outcome against those before it on its partition.
func (l *Ledger) inOrder(o Outcome) error {
	at := log{o.Topic, o.Partition}
	before, any := l.latest[at]
	switch {
	case o.SourcePartition != o.Partition:
		return fmt.Errorf("%v: not on its source's partition", o)
	case any && o.SourceOffset <= before:
		return fmt.Errorf("%v: comes after the outcome of offset %d", o, before)
	}
	l.latest[at] = o.SourceOffset
	return nil
}

// Forget drops messages that were sent before a moment and have their outcome, so that a
// ledger of long traffic stays small. The counts stay; an outcome that comes again for a
// message forgotten is a deviation.
func (l *Ledger) Forget(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, e := range l.planned {
		if e.event != "" && e.sent.Before(before) {
			delete(l.planned, key)
			delete(l.events, e.event)
		}
	}
}

// Tally returns the counts so far.
func (l *Ledger) Tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tally
	t.Reasons = make(map[verifier.Reason]int, len(l.tally.Reasons))
	for r, n := range l.tally.Reasons {
		t.Reasons[r] = n
	}
	return t
}
