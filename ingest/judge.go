package ingest

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"turnkey-gateway/verifier"
)

// An Engine reads documents; what it returns judges them. See verifier.Engine. It must
// be safe for concurrent use.
type Engine interface {
	Read(doc []byte) *verifier.Message
}

// A Registry knows the senders. It must be safe for concurrent use.
type Registry interface {
	// Senders returns, for each account, what is registered of it, as of the moment
	// in verifier.Sender.AsOf; hints[i] says which certificates the document of
	// accounts[i] refers to. An account that no party has is a Sender without a
	// party. An error means that the state is unknown: nothing is judged, and the
	// call is made again.
	Senders(ctx context.Context, accounts []string, hints []verifier.Hints) ([]verifier.Sender, error)
}

// read takes the first step of judging each item that has a document.
func (g *Gateway) read(ctx context.Context, items []*item) error {
	return g.pool.each(ctx, len(items), func(i int) {
		it := items[i]
		if it.cause != CauseNone {
			return
		}
		g.guard(it, func() { it.msg = g.engine.Read(it.rec.Value) })
	})
}

// judge looks up the senders of all items given, which must have been read, in one
// call, and judges them. An error means that the registry's state is unknown.
func (g *Gateway) judge(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	senders, err := g.lookUp(ctx, items)
	if err != nil {
		return err
	}
	return g.pool.each(ctx, len(items), func(i int) {
		it, s := items[i], senders[i]
		now := g.now()
		var v verifier.Verdict
		g.guard(it, func() {
			v = it.msg.Judge(s, verifier.Moment{Received: it.rec.Time, Decided: now})
			it.reason, it.stated, it.asOf = v.Reason(), stated(v, s, now), s.AsOf
		})
		if it.cause == CauseNone {
			g.tell(it, v)
		}
	})
}

// lookUp refuses an answer that would be too old at once: to judge by it could only
// end in judging again.
func (g *Gateway) lookUp(ctx context.Context, items []*item) ([]verifier.Sender, error) {
	accounts := make([]string, len(items))
	hints := make([]verifier.Hints, len(items))
	for i, it := range items {
		accounts[i], hints[i] = it.account, it.msg.Hints()
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	senders, err := g.registry.Senders(ctx, accounts, hints)
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
		if age := now.Sub(senders[i].AsOf); age > maxStale {
			return nil, fmt.Errorf("look up %d senders: an answer is %v old, which is no longer believed", len(items), age)
		}
	}
	return senders, nil
}

// guard runs a step of judging one item. A panic in it is that record's quarantine.
// Neither the document nor the panic's text, which may quote it, goes to the log.
func (g *Gateway) guard(it *item, step func()) {
	start := time.Now()
	defer func() {
		it.spent += time.Since(start)
		if p := recover(); p != nil {
			it.cause = JudgePanicked
			g.metrics.panics.Inc()
			g.log.Error("judging panicked: the record is quarantined", "source", it.source.String(),
				"panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	step()
}
