package rig

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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
	all, err := readCommits(ctx, brokers, group)
	if err != nil {
		return nil, fmt.Errorf("read commits of group %s: %w", group, err)
	}
	return all, nil
}

func readCommits(ctx context.Context, brokers []string, group string) ([]Commit, error) {
	partition, end, err := groupPartition(ctx, brokers[0], group)
	if err != nil || end == 0 {
		return nil, err
	}
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, Topic: offsetsTopic, Partition: partition, MaxWait: time.Second, MaxBytes: 8 << 20,
	})
	defer r.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var all []Commit
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return nil, err
		}
		c, ok, err := parseCommit(m, group)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, c)
		}
		if m.Offset >= end-1 {
			return all, nil
		}
	}
}

// NoneRewound returns an error if a group's commits went back anywhere, or if there are none:
// that proves nothing.
func NoneRewound(ctx context.Context, brokers []string, group string) error {
	commits, err := Commits(ctx, brokers, group)
	if err != nil {
		return err
	}
	if len(commits) == 0 {
		return errors.New("the brokers' log holds no commit of the group")
	}
	if back := Rewound(commits); len(back) > 0 {
		return fmt.Errorf("%d commits went back, the first to %+v", len(back), back[0])
	}
	return nil
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
// name, absolute, modulo the number of partitions) and the end of that log. The library's client
// hides internal topics, its connections don't.
func groupPartition(ctx context.Context, broker, group string) (partition int, end int64, err error) {
	conn, err := kafka.DialContext(ctx, "tcp", broker)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	all, err := conn.ReadPartitions(offsetsTopic)
	if err != nil {
		return 0, 0, err
	}
	var hash int32
	for _, b := range []byte(group) {
		hash = 31*hash + int32(b)
	}
	partition = int(max(hash, -hash, 0)) % len(all) // Java's least integer has no absolute value; Kafka takes 0
	leader, err := kafka.DialLeader(ctx, "tcp", broker, offsetsTopic, partition)
	if err != nil {
		return 0, 0, err
	}
	defer leader.Close()
	end, err = leader.ReadLastOffset()
	return partition, end, err
}

// parseCommit reads a record of the offsets topic: key version 0 or 1 (group, topic,
// partition), value (version, offset, ...), as Kafka's OffsetCommitKey and
// OffsetCommitValue lay down. ok is false for other groups' records and other kinds.
func parseCommit(m kafka.Message, group string) (c Commit, ok bool, err error) {
	key, value := m.Key, m.Value
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
		return Commit{}, false, fmt.Errorf("record of %s at offset %d is not a commit as known here", offsetsTopic, m.Offset)
	}
	return Commit{
		Topic: topic, Partition: int(binary.BigEndian.Uint32(key)), Offset: int64(binary.BigEndian.Uint64(value[2:])),
	}, name == group, nil
}
