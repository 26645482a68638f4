package ingest

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"turnkey-gateway/verifier"
)

// An Engine reads documents; what it returns is judged by verifier.JudgeAll. See
// verifier.Engine. It must be safe for concurrent use.
type Engine interface {
	ReadAll(docs [][]byte) []*verifier.Message
}

// A Registry knows the senders. It must be safe for concurrent use.
type Registry interface {
	// Senders returns, for each account, what is registered of it, as of the moment
	// in verifier.Sender.AsOf; hints[i] says which certificates the document of
	// accounts[i] refers to. An account that no party has is a Sender without a
	// party. Whatever was committed of an account's own party before since is in its
	// answer, even if AsOf, for the sake of Elsewhere, is earlier; since is never in the
	// future, and zero where no more is asked than AsOf tells. An error means that the
	// state is unknown: nothing is judged, and the call is made again.
	Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error)
}

// read takes the first step of judging each item that has a document.
func (g *Gateway) read(ctx context.Context, items []*item) error {
	return g.inGroups(ctx, judgeable(items), func(group []*item) {
		docs := make([][]byte, len(group))
		for i, it := range group {
			docs[i] = it.rec.Value
		}
		for i, m := range g.engine.ReadAll(docs) {
			group[i].msg = m
		}
	})
}

// judge looks up the senders of all items given, which must have been read, in one
// call, and judges them; then once more those that may have been rejected for what their
// senders had not registered yet when the registry was read. An error means that the
// registry's state is unknown.
func (g *Gateway) judge(ctx context.Context, items []*item) error {
	if err := g.judgeAsOf(ctx, items, time.Time{}); err != nil {
		return err
	}
	var doubted []*item
	var since time.Time
	for _, it := range items {
		if it.doubted {
			doubted = append(doubted, it)
			if it.arrived.After(since) {
				since = it.arrived
			}
		}
	}
	if err := g.judgeAsOf(ctx, doubted, since); err != nil {
		return err
	}
	for _, it := range doubted {
		if it.verdict.Verified() {
			g.metrics.overturned.Inc()
		}
	}
	return nil
}

// judgeAsOf judges items by what was registered at since or later.
func (g *Gateway) judgeAsOf(ctx context.Context, items []*item, since time.Time) error {
	if len(items) == 0 {
		return nil
	}
	senders, err := g.lookUp(ctx, items, since)
	if err != nil {
		return err
	}
	for i, it := range items {
		it.sender = senders[i]
	}
	return g.inGroups(ctx, items, func(group []*item) {
		now := g.now()
		var room [together]verifier.Case
		cases := room[:len(group)]
		for i, it := range group {
			cases[i] = verifier.Case{Message: it.msg, Sender: it.sender, At: verifier.Moment{Received: it.rec.Time, Decided: now}}
		}
		decided := stamp(now)
		for i, v := range verifier.JudgeAll(cases) {
			it := group[i]
			it.verdict = v
			it.state(decided)
			it.doubted = since.IsZero() && v.HingesOnSender() && it.sender.AsOf.Before(it.arrived)
		}
	}, func(it *item) {
		if !it.doubted {
			g.tell(it)
		}
	})
}

// lookUp refuses an answer that would be too old at once: to judge by it could only
// end in judging again.
func (g *Gateway) lookUp(ctx context.Context, items []*item, since time.Time) ([]verifier.Sender, error) {
	accounts := make([]string, len(items))
	hints := make([]verifier.Hints, len(items))
	for i, it := range items {
		accounts[i], hints[i] = it.account, it.msg.Hints()
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	senders, err := g.registry.Senders(ctx, accounts, hints, since)
	if err != nil {
		return nil, fmt.Errorf("look up %d senders: %w", len(items), err)
	}
	if len(senders) != len(items) {
		return nil, fmt.Errorf("look up %d senders: got %d answers", len(items), len(senders))
	}
	now := g.now()
	for i := range senders {
		if senders[i].AsOf.After(now) {
			senders[i].AsOf = now // nobody knows what will be
		}
		if old := age(senders[i].AsOf, now); old > maxStale {
			return nil, fmt.Errorf("look up %d senders: an answer is %v old, which is no longer believed", len(items), old)
		}
	}
	return senders, nil
}

// together is how many items are read or judged in one call: as many as the verifier does
// together.
const together = 8

// inGroups does a step of all items, some at a time, on as many seats of the pool as there
// are, and then what follows of each whose step went well. A step that panics is done again
// for each item alone: no record is quarantined for what stood beside it.
func (g *Gateway) inGroups(ctx context.Context, items []*item, step func([]*item), then ...func(*item)) error {
	size := min(max(1, (len(items)+g.pool.size-1)/g.pool.size), together)
	groups := slices.Collect(slices.Chunk(items, size))
	return g.pool.each(ctx, len(groups), func(i int) {
		group := groups[i]
		if len(group) == 1 || !g.unpanicked(group, step) {
			for i := range group {
				g.guard(group[i:i+1], step)
			}
		}
		for _, it := range group {
			for _, follow := range then {
				if it.cause == CauseNone {
					follow(it)
				}
			}
		}
	})
}

// unpanicked does a step and reports whether it went well.
func (g *Gateway) unpanicked(group []*item, step func([]*item)) (well bool) {
	defer timed(group, time.Now())
	defer func() { well = recover() == nil }()
	step(group)
	return true
}

// timed adds an equal share of the time since a start to what each item took.
func timed(group []*item, start time.Time) {
	share := time.Since(start) / time.Duration(len(group))
	for _, it := range group {
		it.spent += share
	}
}

// guard does a step of one item. A panic in it is that record's quarantine. Neither the
// document nor the panic's text, which may quote it, goes to the log.
func (g *Gateway) guard(one []*item, step func([]*item)) {
	defer timed(one, time.Now())
	defer func() {
		if p := recover(); p != nil {
			one[0].cause = JudgePanicked
			g.metrics.panics.Inc()
			g.log.Error("judging panicked: the record is quarantined", "source", one[0].source.String(),
				"panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	step(one)
}
