package rig

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/ingest"
)

// Stamped is [Outcomes] of topics that the broker stamps (see [StampOutputs]), with the
// time of each append: the reader that Outcomes uses gives the time the producer claimed
// instead. All calls of take come one after another.
func Stamped(ctx context.Context, brokers []string, topics ingest.Topics, take func(Outcome)) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumeTopics(topics.Verified, topics.Rejected, topics.Quarantine),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(100*time.Millisecond),
	)
	if err != nil {
		return fmt.Errorf("read outcomes: %w", err)
	}
	defer client.Close()
	for {
		fetched := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetched.Err(); err != nil {
			return fmt.Errorf("read outcomes: %w", err)
		}
		for _, r := range fetched.Records() {
			if r.Attrs.TimestampType() != 1 {
				return fmt.Errorf("read outcomes of %s/%d: %w", r.Topic, r.Partition, errUnstamped)
			}
			take(stampedOutcome(r))
		}
	}
}

var errUnstamped = errors.New("its records are not stamped by the broker")

func stampedOutcome(r *kgo.Record) Outcome {
	o := Outcome{Topic: r.Topic, Partition: int(r.Partition), Offset: r.Offset, Value: r.Value, Appended: r.Timestamp}
	for _, h := range r.Headers {
		o.header(h.Key, h.Value)
	}
	return o
}
