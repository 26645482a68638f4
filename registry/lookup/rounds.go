package lookup

import (
	"context"
	"fmt"
	"sync"
	"time"

	"turnkey-gateway/registry"
)

// roundEvery is the shortest time from one round's beginning to the next one's: so
// questions about the present cost Postgres 100 queries a second at most, however many
// are asked. The first after a pause is not held up.
const roundEvery = 10 * time.Millisecond

// rounds gather the callers that can't go by what was read before they asked: one query
// for all who ask while the one before is under way, or was only just sent.
type rounds struct {
	turn chan struct{} // holds a token while no round is under way and the next may begin

	mu   sync.Mutex
	next *round // guarded by mu; the one that can be joined, nil if there is none
}

// A round is one query, made by the caller that was the first to join.
type round struct {
	senders map[registry.LookupHash]struct{} // guarded by rounds.mu until it has begun
	over    chan struct{}                    // closed when it is over

	// Set before over is closed. gaveUp says that the context of the caller that made it
	// ended, which means nothing to those who wait.
	entries map[registry.LookupHash]*entry
	err     error
	gaveUp  bool
}

func newRounds() *rounds {
	r := &rounds{turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	return r
}

// join joins the next round, which has not begun: whatever is read in it is read later
// than now. Who is told to lead must do so.
func (r *rounds) join(senders []registry.LookupHash) (joined *round, lead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lead = r.next == nil; lead {
		r.next = &round{senders: make(map[registry.LookupHash]struct{}), over: make(chan struct{})}
	}
	for _, s := range senders {
		r.next.senders[s] = struct{}{}
	}
	return r.next, lead
}

// begin closes a round to those who come later, and returns the senders it is about.
func (r *rounds) begin(led *round) []registry.LookupHash {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = nil
	senders := make([]registry.LookupHash, 0, len(led.senders))
	for s := range led.senders {
		senders = append(senders, s)
	}
	return senders
}

// lead waits for the turn, makes the round and ends it.
func (r *rounds) lead(ctx context.Context, led *round,
	read func(context.Context, []registry.LookupHash) (map[registry.LookupHash]*entry, error)) {
	select {
	case <-r.turn:
		began := time.Now()
		led.entries, led.err = read(ctx, r.begin(led))
		time.AfterFunc(roundEvery-time.Since(began), func() { r.turn <- struct{}{} })
	case <-ctx.Done():
		r.begin(led)
		led.err = ctx.Err()
	}
	led.gaveUp = led.err != nil && ctx.Err() != nil
	close(led.over)
}

// present answers for the given indices with what Postgres holds now.
func (l *Lookup) present(ctx context.Context, hashes []registry.LookupHash, indices []int, answers []answer) error {
	for {
		r, lead := l.rounds.join(pick(hashes, indices))
		if lead {
			l.rounds.lead(ctx, r, l.readPresent)
		}
		select {
		case <-r.over:
		case <-ctx.Done():
			return fmt.Errorf("look up senders: %w", ctx.Err())
		}
		switch {
		case r.err == nil:
			for _, i := range indices {
				answers[i] = r.entries[hashes[i]].own()
			}
			return nil
		case !r.gaveUp || ctx.Err() != nil:
			return fmt.Errorf("look up senders: %w", r.err)
		}
	}
}

// readPresent reads senders from Postgres. Redis is not told: whoever reads an older copy
// there can ask as well, and the relay is about to replace it.
func (l *Lookup) readPresent(ctx context.Context, hashes []registry.LookupHash) (map[registry.LookupHash]*entry, error) {
	entries, _, err := l.read(ctx, queryPresent, hashes)
	if err != nil {
		return nil, err
	}
	found := make(map[registry.LookupHash]*entry, len(entries))
	for _, e := range entries {
		found[e.hash] = e
	}
	return found, nil
}
