package ingest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/produce"
	"turnkey-gateway/verifier"
)

// deliver produces the outcome of each item, in order per output, until all are
// acknowledged or the generation ends. An attempt under way then is still awaited, so
// that none of its appends comes after the next owner's.
//
// A verdict that has become stale meanwhile is made anew. Where that sends a record
// to another output, it may stand there after later ones that had been acknowledged.
func (p *partition) deliver(ctx context.Context, items []*item) {
	trouble := p.g.struggle(StageProduce, p.source(0).Topic+"/"+p.label)
	defer func() { trouble.end(false) }()
	for ctx.Err() == nil && p.refresh(ctx, items) {
		err := p.attempt(ctx, items)
		switch {
		case err == nil:
			trouble.end(true)
			return
		case errors.Is(err, errChanged):
			// an item's verdict or form has to change before the next attempt
		default:
			trouble.failedWith(ctx, err)
		}
	}
}

// errChanged means that an attempt stopped for a reason that is no failure.
var errChanged = errors.New("an outcome has to be made anew")

// refresh judges again what is not yet acknowledged and rests on stale knowledge.
func (p *partition) refresh(ctx context.Context, items []*item) bool {
	now := p.g.now()
	var old []*item
	for _, it := range items {
		if !it.done && it.stale(now) {
			old = append(old, it)
		}
	}
	p.g.metrics.rejudged.Add(float64(len(old)))
	return len(old) == 0 || p.judge(ctx, old)
}

// attempt produces what is not yet acknowledged, to all outputs at once.
func (p *partition) attempt(ctx context.Context, items []*item) error {
	pending := map[Kind][]*item{}
	for _, it := range items {
		if !it.done {
			pending[it.kind()] = append(pending[it.kind()], it)
		}
	}
	var mu sync.Mutex
	var errs []error // guarded by mu
	var outputs sync.WaitGroup
	for kind, its := range pending {
		outputs.Go(func() {
			if err := p.append(ctx, kind, its); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	outputs.Wait()
	return worst(errs)
}

// worst prefers a failure, which pauses, over errChanged.
func worst(errs []error) error {
	var changed error
	for _, err := range errs {
		if !errors.Is(err, errChanged) {
			return err
		}
		changed = err
	}
	return changed
}

// append produces items to one output, batch after batch, and stops at the first that
// is not acknowledged.
func (p *partition) append(ctx context.Context, kind Kind, items []*item) error {
	for len(items) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := p.g.batchLength(items)
		if err := p.produce(ctx, kind, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// batchLength is how many of the first items make one batch: at least one.
func (g *Gateway) batchLength(items []*item) int {
	size := 0
	for i, it := range items {
		if size += it.size(); size > g.cfg.BatchBytes && i > 0 {
			return i
		}
	}
	return len(items)
}

// room is about how many bytes of their outcomes items have copied into a batch: what is more
// is one record's, and its large key and value aren't copied.
func (g *Gateway) room(items []*item) (size int) {
	for _, it := range items {
		size += it.size()
	}
	return min(size, g.cfg.BatchBytes)
}

// produce appends items as one batch. Where a broker says it is too large it is split,
// down to the one record that is too large by itself.
func (p *partition) produce(ctx context.Context, kind Kind, items []*item) error {
	now := p.g.now()
	out := p.g.outcomes.get()
	defer p.g.outcomes.put(out)
	out.batch.Grow(p.g.room(items))
	for _, it := range items {
		if it.stale(now) {
			return errChanged
		}
		it.appendTo(&out.batch, &out.headers, now)
	}
	// The generation's end doesn't cut a produce short, only its time limit does.
	err := p.g.write(context.WithoutCancel(ctx), p.g.cfg.Topics.name(kind), p.id, &out.batch, func() bool {
		now := p.g.now()
		return !slices.ContainsFunc(items, func(it *item) bool { return it.stale(now) })
	})
	switch {
	case err == nil:
		p.g.acknowledged(kind, items)
		return nil
	case !tooLarge(err):
		return p.remedy(ctx, kind, err, items)
	case len(items) > 1:
		if err := p.produce(ctx, kind, items[:len(items)/2]); err != nil {
			return err
		}
		return p.produce(ctx, kind, items[len(items)/2:])
	case items[0].pointed():
		return err // not even a pointer fits
	default:
		items[0].cause = OutcomeUnwritable
		p.g.log.Warn("quarantined as a pointer: the output takes no record of that size; raise its max.message.bytes",
			"source", items[0].source.String(), "topic_kind", string(kind), "bytes", len(items[0].rec.Value))
		return errChanged
	}
}

// remedy handles a failure for another reason than a broker's bound on size. An output
// may bound timestamps: the records then go without, and get the broker's time.
func (p *partition) remedy(ctx context.Context, kind Kind, err error, items []*item) error {
	switch {
	case errors.Is(err, kafka.InvalidTimestamp) && slices.ContainsFunc(items, func(it *item) bool { return !it.unstamped }):
		for _, it := range items {
			it.unstamped = true
		}
		return errChanged
	case acquit(items):
		return err
	case len(items) == 1 && p.accuse(ctx, kind, items[0], err):
		return errChanged
	}
	return err
}

// accuse notes that a record, produced alone, was not acknowledged, and reports whether a
// pointer to it is to be tried in quarantine. A large record that never passes in time, or
// at whose size a broker hangs up, would else be sent, and perhaps stored, again and again,
// and stop its partition. What tells this from a broker that is away is that the same one
// answers something small after each failure, and that the pointer, which another broker may
// take, is acknowledged at once; and from a follower that stands still, that it lasts. An
// attempt that had failed may be stored too, before the pointer.
func (p *partition) accuse(ctx context.Context, kind Kind, it *item, err error) bool {
	if it.size() <= p.g.cfg.BatchBytes || it.pointed() {
		return false
	}
	if refused := kafka.Error(0); errors.As(err, &refused) && refused != kafka.RequestTimedOut || !p.leads(ctx, kind) {
		it.failed = 0
		return false
	}
	now := p.g.now()
	if it.failed++; it.failed == 1 {
		it.failing = now
	}
	if it.failed < lonelyFailures || now.Sub(it.failing) < p.g.cfg.lonelyFor {
		return false
	}
	p.g.log.Warn("not acknowledged: a pointer to it is tried in quarantine; see to the way to the broker, or lower the inbound max.message.bytes",
		"source", it.source.String(), "bytes", len(it.rec.Value), "attempts", it.failed, "error", err)
	it.failed, it.suspect, it.former, it.cause = 0, true, it.cause, OutcomeUnwritable
	return true
}

// leads reports whether an output partition's leader answers in time.
func (p *partition) leads(ctx context.Context, kind Kind) bool {
	ctx, cancel := context.WithTimeout(ctx, acknowledgeLimit)
	defer cancel()
	topic := p.g.cfg.Topics.name(kind)
	res, err := p.g.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p.id)}},
	})
	return err == nil && len(res.Topics[topic]) == 1 && res.Topics[topic][0].Error == nil
}

// acquit has records themselves be tried again where not even pointers to them were
// acknowledged, and reports whether there were any.
func acquit(items []*item) (any bool) {
	for _, it := range items {
		if it.suspect {
			it.suspect, it.cause, any = false, it.former, true
		}
	}
	return any
}

func tooLarge(err error) bool {
	return errors.Is(err, kafka.MessageSizeTooLarge) || errors.Is(err, kafka.RecordListTooLarge)
}

// write appends a batch to a partition, unless it is no longer fresh when all but its last
// bytes are sent, and waits until all in-sync replicas have it. After an error it may or
// may not be stored.
func (g *Gateway) write(ctx context.Context, topic string, partition int, batch *produce.Batch, fresh func() bool) error {
	copied := time.Duration(batch.Size()) * time.Second / copiedPerSecond
	most := max(acknowledgeLimit, min(acknowledgeMost, g.cfg.Session-maxStale-time.Second))
	return g.producer.Produce(ctx, produce.Request{
		Topic: topic, Partition: partition, Batch: batch, Fresh: fresh,
		Send: maxStale, Acknowledge: min(acknowledgeLimit+copied, most),
	})
}

// An outcomes is the memory in which outcomes are encoded, one batch at a time.
type outcomes struct {
	batch   produce.Batch
	headers produce.Headers // of the record being encoded
}

// outcomesKept is how much memory, in bytes, is kept for the next batch.
const outcomesKept = 4 << 20

// outcomesPool keeps what was used for others to use.
type outcomesPool struct{ kept sync.Pool }

func (p *outcomesPool) get() *outcomes {
	if o, ok := p.kept.Get().(*outcomes); ok {
		return o
	}
	return &outcomes{}
}

func (p *outcomesPool) put(o *outcomes) {
	if o.batch.Cap() <= outcomesKept && o.headers.Cap() <= outcomesKept {
		o.batch.Reset()
		p.kept.Put(o)
	}
}

// acknowledged marks items whose outcomes are stored.
func (g *Gateway) acknowledged(kind Kind, items []*item) {
	g.metrics.records.WithLabelValues(string(kind)).Add(float64(len(items)))
	now := g.now()
	for _, it := range items {
		it.done = true
		if !it.rec.Time.IsZero() {
			g.metrics.latency.Observe(max(0, now.Sub(it.rec.Time)).Seconds())
		}
	}
}

// observe counts the outcomes of a chunk.
func (g *Gateway) observe(items []*item) {
	var verdicts [verifier.Verified + 1]int
	for _, it := range items {
		if !it.done {
			continue
		}
		if it.spent > time.Duration(0) {
			g.metrics.judge.Observe(it.spent.Seconds())
		}
		if it.cause != CauseNone {
			g.metrics.quarantined.WithLabelValues(string(it.cause)).Inc()
		} else {
			verdicts[it.verdict.Reason()]++
		}
	}
	for reason, n := range verdicts {
		if n > 0 {
			g.metrics.verdicts.WithLabelValues(verifier.Reason(reason).String()).Add(float64(n))
		}
	}
}
