package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// An Outcome is a record that the gateway produced.
type Outcome struct {
	Topic     string
	Partition int
	Offset    int64
	Value     []byte
	EventID   string
	Reason    verifier.Reason // Unjudged for a quarantined record
	Account   string

	// Appended is when the broker appended it, in whole milliseconds; zero save from [Stamped].
	Appended time.Time

	// What it was judged from.
	Source          string // topic/partition/offset
	SourcePartition int
	SourceOffset    int64
}

func (o Outcome) String() string {
	return fmt.Sprintf("%v of %s on %s/%d at offset %d", o.Reason, o.Source, o.Topic, o.Partition, o.Offset)
}

// Outcomes reads the output topics from their start, all partitions at once, and calls
// take for each record until ctx ends. Calls for one partition are in order; calls for
// different ones are concurrent.
func Outcomes(ctx context.Context, brokers []string, topics ingest.Topics, partitions int, take func(Outcome)) error {
	var all sync.WaitGroup
	errs := make(chan error, 3*partitions)
	for _, topic := range []string{topics.Verified, topics.Rejected, topics.Quarantine} {
		for p := range partitions {
			all.Go(func() { errs <- follow(ctx, brokers, topic, p, take) })
		}
	}
	all.Wait()
	close(errs)
	var joined error
	for err := range errs {
		joined = errors.Join(joined, err)
	}
	return joined
}

func follow(ctx context.Context, brokers []string, topic string, partition int, take func(Outcome)) error {
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, Topic: topic, Partition: partition, MaxWait: time.Second, MaxBytes: 32 << 20,
	})
	defer r.Close()
	for {
		m, err := r.FetchMessage(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read outcomes of %s/%d: %w", topic, partition, err)
		}
		take(parseOutcome(m))
	}
}

func parseOutcome(m kafka.Message) Outcome {
	o := Outcome{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Value: m.Value}
	for _, h := range m.Headers {
		o.header(h.Key, h.Value)
	}
	return o
}

// header takes in what one header of the record says.
func (o *Outcome) header(key string, value []byte) {
	switch key {
	case ingest.HeaderEventID:
		o.EventID = string(value)
	case ingest.HeaderAccount:
		o.Account = string(value)
	case ingest.HeaderReason:
		o.Reason = reasonNamed(string(value))
	case ingest.HeaderSource:
		o.Source = string(value)
		o.SourcePartition, o.SourceOffset = place(o.Source)
	}
}

func reasonNamed(name string) verifier.Reason {
	for r := verifier.Unjudged; r <= verifier.Verified; r++ {
		if r.String() == name {
			return r
		}
	}
	return verifier.Unjudged
}

// place reads the end of topic/partition/offset; what isn't that is at -1, -1.
func place(source string) (partition int, offset int64) {
	fields := strings.Split(source, "/")
	if len(fields) != 3 {
		return -1, -1
	}
	partition, err := strconv.Atoi(fields[1])
	offset, err2 := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || err2 != nil {
		return -1, -1
	}
	return partition, offset
}
