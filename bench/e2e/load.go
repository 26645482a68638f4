package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

const (
	// window is how many records of a partition may be without an outcome: what a gateway
	// works on there and what it has read ahead, so that it is never idle and no queue before
	// it grows.
	window = 512

	// batchLoad is how many messages beside the witnesses' are appended at once.
	batchLoad = 24

	// rememberFor is how long the ledger keeps a message that has its outcome.
	rememberFor = 2 * time.Minute
)

// boundMix has no message that is refused for what is not registered: those wait for
// PostgreSQL, and while that is frozen would hold up the ones that are counted.
var boundMix = map[verifier.Reason]float64{verifier.Verified: 0.95, verifier.DigestMismatch: 0.05}

// A load sends as much as the gateways take: on each partition it keeps [window] records
// without an outcome, among them messages of every witness.
type load struct {
	s      *site
	client *kafka.Client
	lanes  []*lane

	sent   atomic.Int64
	number atomic.Uint64 // of a witness's message

	mu        sync.Mutex
	pool      *corpus.Pool        // guarded by mu
	witnesses map[string]*witness // guarded by mu; all that ever were, by account
	flowing   []*witness          // guarded by mu; those whose messages are sent; replaced, never changed
}

// A lane is one partition's part.
type lane struct {
	progress chan struct{} // holds a token after an outcome came

	mu     sync.Mutex
	end    int64              // offset behind the last record sent
	next   int64              // the first offset without an outcome
	beyond map[int64]struct{} // offsets above next with one

	waited, worked time.Duration // for outcomes, and for the broker; of the sender alone
}

func newLoad(s *site) (*load, error) {
	plan, err := s.corpus.Plan(corpus.PlanConfig{Seed: s.seed, Mix: boundMix})
	if err != nil {
		return nil, err
	}
	l := &load{s: s, witnesses: make(map[string]*witness), client: &kafka.Client{
		Addr: kafka.TCP(s.Brokers...), Timeout: 30 * time.Second, Transport: &kafka.Transport{},
	}}
	for range partitions {
		l.lanes = append(l.lanes, &lane{progress: make(chan struct{}, 1), beyond: make(map[int64]struct{})})
	}
	l.pool, err = plan.Pool(poolSize)
	return l, err
}

// run sends until ctx ends, or a send fails.
func (l *load) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(l.lanes))
	var all sync.WaitGroup
	for i := range l.lanes {
		all.Go(func() {
			if errs[i] = l.fill(ctx, i); errs[i] != nil {
				cancel()
			}
		})
	}
	all.Go(func() { l.forget(ctx) })
	all.Wait()
	return errors.Join(errs...)
}

// forget keeps the ledger small.
func (l *load) forget(ctx context.Context) {
	tick := time.NewTicker(rememberFor / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.s.ledger.Forget(time.Now().Add(-rememberFor))
		}
	}
}

// fill keeps one partition full.
func (l *load) fill(ctx context.Context, partition int) error {
	lane := l.lanes[partition]
	for {
		began := time.Now()
		for lane.open() >= window {
			select {
			case <-ctx.Done():
				return nil
			case <-lane.progress:
			}
		}
		lane.waited += time.Since(began)
		if ctx.Err() != nil {
			return nil
		}
		began = time.Now()
		// A batch begun is finished, so that it is known what was sent.
		if err := l.append(context.WithoutCancel(ctx), partition); err != nil {
			return err
		}
		lane.worked += time.Since(began)
	}
}

// append sends one batch to a partition.
func (l *load) append(ctx context.Context, partition int) error {
	batch, err := l.batch()
	if err != nil {
		return err
	}
	res, err := l.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: l.s.Topics.Inbound, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(batch...),
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("send %d messages to partition %d: %w", len(batch), partition, err)
	}
	l.sent.Add(int64(len(batch)))
	l.lanes[partition].extend(res.BaseOffset + int64(len(batch)))
	return nil
}

// batch is the next messages: the load's in the ledger's plan, and each witness's.
func (l *load) batch() ([]kafka.Record, error) {
	messages := make([]corpus.Message, batchLoad)
	l.mu.Lock()
	for i := range messages {
		messages[i] = l.pool.Next()
	}
	flowing := l.flowing
	l.mu.Unlock()
	for _, m := range messages {
		if err := l.s.ledger.Plan(m.XML, m.Want, time.Now()); err != nil {
			return nil, err
		}
	}
	for _, w := range flowing {
		xml := append(bytes.Clone(w.message), rig.InBlanks(l.number.Add(1))...)
		messages = append(messages, corpus.Message{Account: w.account, XML: xml})
	}
	batch := make([]kafka.Record, len(messages))
	for i, m := range messages {
		batch[i] = kafka.Record{
			Key: kafka.NewBytes([]byte(m.Account)), Value: kafka.NewBytes(m.XML),
			Headers: []kafka.Header{{Key: ingest.HeaderAccount, Value: []byte(m.Account)}},
		}
	}
	return batch, nil
}

// take notes every outcome, and keeps the witnesses' from the ledger.
func (l *load) take(o rig.Outcome) bool {
	if o.SourcePartition >= 0 && o.SourcePartition < len(l.lanes) {
		l.lanes[o.SourcePartition].done(o.SourceOffset)
	}
	l.mu.Lock()
	w := l.witnesses[o.Account]
	l.mu.Unlock()
	if w == nil {
		return false
	}
	w.note(o)
	return true
}

// add has messages of witnesses flow, beside those that already do.
func (l *load) add(all ...*witness) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range all {
		l.witnesses[w.account] = w
	}
	l.flowing = append(append([]*witness(nil), l.flowing...), all...)
}

// retire has no more messages of any witness flow. What of them is still on its way counts.
func (l *load) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = nil
}

// settle waits until every record sent has an outcome.
func (l *load) settle(ctx context.Context) error {
	return rig.Eventually(ctx, "every record sent has an outcome", time.Minute, func(context.Context) (bool, error) {
		for partition, lane := range l.lanes {
			if n := lane.open(); n > 0 {
				return false, fmt.Errorf("%d of partition %d have none", n, partition)
			}
		}
		return true, nil
	})
}

// saturation is the share of their time that senders waited for the gateways.
func (l *load) saturation() float64 {
	var waited, all time.Duration
	for _, lane := range l.lanes {
		waited += lane.waited
		all += lane.waited + lane.worked
	}
	return waited.Seconds() / max(all.Seconds(), 1e-9)
}

func (l *lane) open() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end - l.next
}

func (l *lane) extend(end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = max(l.end, end)
}

// done notes that an offset has an outcome.
func (l *lane) done(offset int64) {
	l.mu.Lock()
	if offset >= l.next {
		l.beyond[offset] = struct{}{}
	}
	for {
		if _, found := l.beyond[l.next]; !found {
			break
		}
		delete(l.beyond, l.next)
		l.next++
	}
	l.end = max(l.end, l.next) // an outcome may be read before its append is acknowledged
	l.mu.Unlock()
	select {
	case l.progress <- struct{}{}:
	default:
	}
}
