package rig

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Committed returns a group's committed offsets of one topic, by partition; 0 where
// nothing was committed.
func Committed(ctx context.Context, brokers []string, group, topic string, partitions int) (map[int]int64, error) {
	client, end := newClient(brokers)
	defer end()
	all := make([]int, partitions)
	for i := range all {
		all[i] = i
	}
	res, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: all}})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, fmt.Errorf("read the committed offsets of group %s: %w", group, err)
	}
	committed := make(map[int]int64, partitions)
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("read the committed offset of %s/%d: %w", topic, p.Partition, p.Error)
		}
		committed[p.Partition] = max(0, p.CommittedOffset)
	}
	return committed, nil
}

// Uncommitted returns how many records of a topic a group has not committed.
func Uncommitted(ctx context.Context, brokers []string, group, topic string, partitions int) (int64, error) {
	ends, err := Ends(ctx, brokers, topic, partitions)
	if err != nil {
		return 0, err
	}
	committed, err := Committed(ctx, brokers, group, topic, partitions)
	if err != nil {
		return 0, err
	}
	var n int64
	for p, end := range ends {
		n += max(0, end-committed[p]) // more may have come, and be committed, since the end was asked for
	}
	return n, nil
}
