package rig

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
)

// A Commit is one committed offset of a group, as the broker stored it.
type Commit struct {
	Topic     string
	Partition int
	Offset    int64
}

// offsetsTopic is where Apache Kafka keeps what groups commit.
const offsetsTopic = "__consumer_offsets"

// Commits returns every commit of a group in the order in which the broker accepted them,
// read from the broker's own log: what a sampled OffsetFetch could miss is there. (The
// log is compacted after hours, not while a measurement runs.)
func Commits(ctx context.Context, brokers []string, group string) ([]Commit, error) {
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 15 * time.Second}
	partition, end, err := groupPartition(ctx, client, group)
	if err != nil {
		return nil, fmt.Errorf("read commits of group %s: %w", group, err)
	}
	var all []Commit
	for next := int64(0); next < end; {
		res, err := client.Fetch(ctx, &kafka.FetchRequest{
			Topic: offsetsTopic, Partition: partition, Offset: next, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second,
		})
		if err == nil {
			err = res.Error
		}
		if err != nil {
			return nil, fmt.Errorf("read commits of group %s: %w", group, err)
		}
		before := next
		for {
			rec, err := res.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("read commits of group %s: %w", group, err)
			}
			next = rec.Offset + 1
			c, ok, err := parseCommit(rec, group)
			if err != nil {
				return nil, fmt.Errorf("read commits of group %s: %w", group, err)
			}
			if ok {
				all = append(all, c)
			}
		}
		if next == before {
			break // only transaction markers were left
		}
	}
	return all, nil
}

// Rewound returns the commits that went below an earlier one of their partition.
func Rewound(commits []Commit) []Commit {
	type place struct {
		topic     string
		partition int
	}
	highest := make(map[place]int64)
	var back []Commit
	for _, c := range commits {
		at := place{c.Topic, c.Partition}
		if c.Offset < highest[at] {
			back = append(back, c)
		}
		highest[at] = max(highest[at], c.Offset)
	}
	return back
}

// groupPartition returns where the broker keeps a group's commits (Java's hash of its
// name, modulo the number of partitions) and the end of that log.
func groupPartition(ctx context.Context, client *kafka.Client, group string) (partition int, end int64, err error) {
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{offsetsTopic}})
	if err != nil {
		return 0, 0, err
	}
	if len(meta.Topics) != 1 || len(meta.Topics[0].Partitions) == 0 {
		return 0, 0, fmt.Errorf("the broker has no %s", offsetsTopic)
	}
	var hash int32
	for _, b := range []byte(group) {
		hash = 31*hash + int32(b)
	}
	partition = int(hash&0x7fffffff) % len(meta.Topics[0].Partitions)
	ends, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{offsetsTopic: {kafka.LastOffsetOf(partition)}},
	})
	if err != nil {
		return 0, 0, err
	}
	for _, p := range ends.Topics[offsetsTopic] {
		if p.Error != nil {
			return 0, 0, p.Error
		}
		end = p.LastOffset
	}
	return partition, end, nil
}

// parseCommit reads a record of the offsets topic: key version 0 or 1 (group, topic,
// partition), value (version, offset, ...), as Kafka's OffsetCommitKey and
// OffsetCommitValue lay down. ok is false for other groups' records and other kinds.
func parseCommit(rec *kafka.Record, group string) (c Commit, ok bool, err error) {
	key, err := kafka.ReadAll(rec.Key)
	if err != nil {
		return Commit{}, false, err
	}
	value, err := kafka.ReadAll(rec.Value)
	if err != nil {
		return Commit{}, false, err
	}
	if len(key) < 2 || binary.BigEndian.Uint16(key) > 1 || value == nil {
		return Commit{}, false, nil // a group's metadata, or a commit forgotten
	}
	key = key[2:]
	text := func() (s string) {
		if len(key) >= 2 {
			if n := int(binary.BigEndian.Uint16(key)); len(key) >= 2+n {
				s, key = string(key[2:2+n]), key[2+n:]
			}
		}
		return s
	}
	name, topic := text(), text()
	if len(key) != 4 || len(value) < 10 {
		return Commit{}, false, fmt.Errorf("record of %s at offset %d is not a commit as known here", offsetsTopic, rec.Offset)
	}
	return Commit{
		Topic: topic, Partition: int(binary.BigEndian.Uint32(key)), Offset: int64(binary.BigEndian.Uint64(value[2:])),
	}, name == group, nil
}
