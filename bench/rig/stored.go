package rig

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ReadTopic returns every record of a topic up to its end at the moment of the call, by
// partition and then by offset. A Timestamp is the broker's where the topic's
// message.timestamp.type is LogAppendTime. Batches are checked by their CRC.
//
// Only topics without transactions can be read whole: an end that is a marker never comes.
func ReadTopic(ctx context.Context, brokers []string, topic string, partitions int) ([]*kgo.Record, error) {
	all, err := readTopic(ctx, brokers, topic, partitions)
	if err != nil {
		return nil, fmt.Errorf("read topic %s: %w", topic, err)
	}
	return all, nil
}

func readTopic(ctx context.Context, brokers []string, topic string, partitions int) ([]*kgo.Record, error) {
	ends, err := Ends(ctx, brokers, topic, partitions)
	if err != nil {
		return nil, err
	}
	start := map[int32]kgo.Offset{}
	for p, end := range ends {
		if end > 0 {
			start[int32(p)] = kgo.NewOffset().AtStart()
		}
	}
	if len(start) == 0 {
		return nil, nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: start}))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var all []*kgo.Record
	for len(start) > 0 {
		fetched := client.PollFetches(ctx)
		if err := fetched.Err0(); err != nil {
			return nil, err
		}
		for _, f := range fetched.Errors() {
			return nil, fmt.Errorf("partition %d: %w", f.Partition, f.Err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			end := ends[int(r.Partition)]
			if r.Offset < end {
				all = append(all, r)
			}
			if r.Offset >= end-1 {
				delete(start, r.Partition)
			}
		})
	}
	slices.SortFunc(all, func(a, b *kgo.Record) int {
		if a.Partition != b.Partition {
			return int(a.Partition - b.Partition)
		}
		return int(a.Offset - b.Offset)
	})
	return all, nil
}

// Ends returns the offset after the last record of each partition of a topic.
func Ends(ctx context.Context, brokers []string, topic string, partitions int) ([]int64, error) {
	client, end := newClient(brokers)
	defer end()
	return EndsBy(ctx, client, topic, partitions)
}

// EndsBy is [Ends] with a client's own connections, for those who ask often.
func EndsBy(ctx context.Context, client *kafka.Client, topic string, partitions int) ([]int64, error) {
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	for p := range partitions {
		req.Topics[topic] = append(req.Topics[topic], kafka.LastOffsetOf(p))
	}
	res, err := client.ListOffsets(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("ask for the ends of %s: %w", topic, err)
	}
	if n := len(res.Topics[topic]); n != partitions {
		return nil, fmt.Errorf("ask for the ends of %s: %d of %d partitions answered", topic, n, partitions)
	}
	ends := make([]int64, partitions)
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("ask for the end of %s/%d: %w", topic, p.Partition, p.Error)
		}
		ends[p.Partition] = p.LastOffset
	}
	return ends, nil
}
