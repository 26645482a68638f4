package main

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// A board holds every outcome against the plan and keeps what the summary tells. It is
// safe for concurrent use.
type board struct {
	topics ingest.Topics
	ledger *rig.Ledger
	names  map[string]string // of parties, by account

	mu            sync.Mutex
	asPlanned     int
	otherwise     int
	quarantined   int
	firstVerified time.Time
	seen          window
	bad           map[[sha256.Size]byte]example // messages sent to be rejected, until they are
	examples      []example
	changes       []change
	faults        []string
}

// How many of the latest ones the summary shows.
const (
	shownExamples = 4
	shownChanges  = 4
	shownFaults   = 3
)

func newBoard(topics ingest.Topics, parties []corpus.Party) *board {
	names := make(map[string]string)
	for _, p := range parties {
		names[p.Account] = p.Name
	}
	return &board{topics: topics, ledger: rig.NewLedger(), names: names, bad: make(map[[sha256.Size]byte]example)}
}

// sending notes a message before it is sent.
func (b *board) sending(m corpus.Message) {
	if m.Want == verifier.Verified {
		return
	}
	sender, known := b.names[m.Account]
	if !known {
		sender = m.Account
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad[sha256.Sum256(m.XML)] = example{Sender: sender, Fault: m.Fault, Size: len(m.XML), Reason: m.Want}
}

// outcome holds an outcome against the plan: its reason, its topic, its bytes.
func (b *board) outcome(o rig.Outcome, now time.Time) {
	latency, first, err := b.ledger.Check(o, now)
	if err == nil && (o.Reason == verifier.Verified) != (o.Topic == b.topics.Verified) {
		err = fmt.Errorf("%v: not the topic for that", o)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Topic == b.topics.Quarantine {
		b.quarantined++
	}
	if err != nil {
		b.fault(err)
		return
	}
	if !first {
		return
	}
	b.asPlanned++
	b.seen.add(latency)
	if o.Reason == verifier.Verified {
		if b.firstVerified.IsZero() {
			b.firstVerified = now
		}
		return
	}
	key := sha256.Sum256(o.Value)
	b.examples = keepLatest(append(b.examples, b.bad[key]), shownExamples)
	delete(b.bad, key)
}

// deviation notes something otherwise than planned that is no outcome.
func (b *board) deviation(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault(err)
}

// fault is deviation for holders of mu.
func (b *board) fault(err error) {
	b.otherwise++
	b.faults = keepLatest(append(b.faults, err.Error()), shownFaults)
}

// begun notes a change of the registry whose effect is being waited for.
func (b *board) begun(c change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = keepLatest(append(b.changes, c), shownChanges)
}

// done completes the change that was begun last.
func (b *board) done(after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes[len(b.changes)-1].After = after
}

// fill completes a view with what the board knows.
func (b *board) fill(v *view) {
	tally := b.ledger.Tally()
	b.mu.Lock()
	defer b.mu.Unlock()
	v.Planned, v.Waiting = tally.Planned, tally.Missing()
	v.AsPlanned, v.Otherwise, v.Quarantined = b.asPlanned, b.otherwise, b.quarantined
	v.Seen = b.seen.spread()
	v.Examples = append([]example(nil), b.examples...)
	v.Changes = append([]change(nil), b.changes...)
	v.Faults = append([]string(nil), b.faults...)
	v.Verdicts = append(v.Verdicts, verdictCount{Reason: verifier.Verified, Total: tally.Reasons[verifier.Verified]})
	for _, r := range verifier.Rejections() {
		v.Verdicts = append(v.Verdicts, verdictCount{Reason: r, Total: tally.Reasons[r]})
	}
}

// verifiedSince returns how long after start the first verified message came, 0 before.
func (b *board) verifiedSince(start time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.firstVerified.IsZero() {
		return 0
	}
	return b.firstVerified.Sub(start)
}

func keepLatest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }
