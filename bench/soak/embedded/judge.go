package embedded

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/ingest"
)

// judge audits the logs, once faults have ended and traffic has drained.
func (r *run) judge(ctx context.Context) (trial.Result, error) {
	var records []*kgo.Record
	inbound, err := r.cluster.read(ctx, topics.Inbound)
	if err != nil {
		return trial.Result{}, err
	}
	for _, topic := range outputs {
		some, err := r.cluster.read(ctx, topic)
		if err != nil {
			return trial.Result{}, err
		}
		records = append(records, some...)
	}
	r.settle(records)
	restIn, restOut, pointers := r.pointers(inbound, records)
	audited, err := r.audit.Check(topics, restIn, restOut)
	result := trial.Result{
		Messages: len(inbound), Outcomes: len(records), Repeated: audited.Repeated, Struck: r.struck,
	}
	r.log.say("%d messages, %d outcomes, %d repeated, ends missed for %v at most", result.Messages, result.Outcomes, result.Repeated, audited.MissedFor)
	err = errors.Join(err, pointers, r.commits())
	if missed := result.Missed(); len(missed) > 0 {
		err = errors.Join(err, fmt.Errorf("%w: %q", errMissed, missed))
	}
	return result, err
}

// settle counts the strikes of changes that outcomes show.
func (r *run) settle(records []*kgo.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range records {
		if f, owed := r.changed[answer{string(rec.Key), header(rec, ingest.HeaderReason)}]; owed {
			r.struck[f]++
		}
	}
}

// pointers checks what is said of records that are too large for an output, and returns
// the others, which the audit takes by their bytes.
func (r *run) pointers(inbound, records []*kgo.Record) (restIn, restOut []*kgo.Record, err error) {
	large := make(map[string]*kgo.Record) // by source
	pointed := make(map[string]bool)
	for _, rec := range inbound {
		if bytes.Equal(rec.Value, r.kit.oversize) {
			large[source(rec).String()] = rec
		} else {
			restIn = append(restIn, rec)
		}
	}
	sum := sha256.Sum256(r.kit.oversize)
	for _, out := range records {
		from := header(out, ingest.HeaderSource)
		in := large[from]
		if in == nil {
			restOut = append(restOut, out)
			continue
		}
		pointed[from] = true
		want := fmt.Sprintf(`{"source":"%s","size":%d,"sha256":"%s"}`, from, len(in.Value), hex.EncodeToString(sum[:]))
		if out.Topic != topics.Quarantine || header(out, ingest.HeaderReason) != string(ingest.OutcomeUnwritable) ||
			string(out.Value) != want || header(out, ingest.HeaderEventID) != source(in).EventID() || out.Partition != in.Partition {
			err = errors.Join(err, fmt.Errorf("wrong pointer to %s on %s: %s", from, out.Topic, out.Value))
		}
	}
	for from := range large {
		if !pointed[from] {
			err = errors.Join(err, fmt.Errorf("no pointer to %s", from))
		}
	}
	return restIn, restOut, err
}

func source(r *kgo.Record) ingest.Source {
	return ingest.Source{Topic: r.Topic, Partition: int(r.Partition), Offset: r.Offset}
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// commits checks that no committed offset went back.
func (r *run) commits() error {
	r.cluster.noteCommits()
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	var err error
	for _, c := range rig.Rewound(r.cluster.commits) {
		err = errors.Join(err, fmt.Errorf("offset rewound: partition %d to %d", c.Partition, c.Offset))
	}
	return err
}
