package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"turnkey-gateway/ingest/fetch"
)

// An inbound is what an assignment's offsets mean: of which topic, by its id, and what
// the group has committed there. It is made once for each generation.
//
// Offsets say nothing by themselves. A topic that is deleted and made anew under its name
// has other records at them, and so has a log that lost records to an unclean election.
// So each commit carries the topic's id and the leader epoch of the last record, and each
// fetch asks for that id, and for a log that has that record.
type inbound struct {
	topic  fetch.Topic
	stored map[int]storedOffset // of the partitions that the group has committed
}

// A storedOffset is an offset as the group has committed it.
type storedOffset struct {
	position
	metadata string
}

// idPrefix begins what is committed as an offset's metadata; the topic's id follows.
const idPrefix = "topic-id="

// commitment is how positions are committed.
func (in *inbound) commitment(due map[int]position) []offsetcommit.RequestPartition {
	var partitions []offsetcommit.RequestPartition
	for id, at := range due {
		partitions = append(partitions, offsetcommit.RequestPartition{
			PartitionIndex:       int32(id),
			CommittedOffset:      at.offset,
			CommittedLeaderEpoch: at.epoch,
			CommittedMetadata:    idPrefix + in.topic.ID.String(),
		})
	}
	return partitions
}

// errRemade means that the inbound topic is not the one that offsets are of.
var errRemade = errors.New("the topic was deleted and made anew: offsets of the old one mean nothing in it")

// check returns errRemade for an offset that was committed of another topic, and for any
// where the gateway has known another since it runs. An offset without an id, set by a
// person or by an earlier version of this program, passes.
func (in *inbound) check(s storedOffset, known fetch.TopicID) error {
	id, ok := strings.CutPrefix(s.metadata, idPrefix)
	if !ok {
		id = known.String()
	}
	if id != in.topic.ID.String() || known != in.topic.ID {
		return fmt.Errorf("%w: its id was %s and is %s", errRemade, id, in.topic.ID)
	}
	return nil
}

// marked reports whether an offset was committed with the topic's id.
func (s storedOffset) marked() bool { return strings.HasPrefix(s.metadata, idPrefix) }

// look asks brokers what inbound is now.
func (g *Gateway) look(ctx context.Context) (*inbound, error) {
	topic, err := g.fetcher.Topic(ctx, g.cfg.Topics.Inbound)
	if err != nil {
		return nil, err
	}
	stored, err := g.storedOffsets(ctx)
	if err != nil {
		return nil, err
	}
	return &inbound{topic: topic, stored: stored}, nil
}

// storedOffsets are the group's of the inbound topic, those of partitions that are
// assigned to others included.
func (g *Gateway) storedOffsets(ctx context.Context) (map[int]storedOffset, error) {
	msg, err := g.cluster.Transport.RoundTrip(ctx, g.client.Addr, &offsetfetch.Request{GroupID: g.cfg.Group})
	if err != nil {
		return nil, fmt.Errorf("read the group's offsets: %w", err)
	}
	res := msg.(*offsetfetch.Response)
	if res.ErrorCode != 0 {
		return nil, fmt.Errorf("read the group's offsets: %w", kafka.Error(res.ErrorCode))
	}
	stored := map[int]storedOffset{}
	for _, t := range res.Topics {
		if t.Name != g.cfg.Topics.Inbound {
			continue
		}
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				return nil, fmt.Errorf("read the group's offset of partition %d: %w", p.PartitionIndex, kafka.Error(p.ErrorCode))
			}
			if p.CommittedOffset >= 0 {
				stored[int(p.PartitionIndex)] = storedOffset{position{p.CommittedOffset, p.ComittedLeaderEpoch}, p.Metadata}
			}
		}
	}
	return stored, nil
}

// starts are where partitions were begun that the group had committed nothing of, so that
// the same is meant as long as no commit has succeeded.
type starts struct {
	mu      sync.Mutex
	offsets map[int]int64 // guarded by mu
}

// of is where a partition was begun, or else what find says, which is kept.
func (s *starts) of(partition int, find func() (int64, error)) (int64, error) {
	s.mu.Lock()
	offset, ok := s.offsets[partition]
	s.mu.Unlock()
	if ok {
		return offset, nil
	}
	offset, err := find()
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offsets == nil {
		s.offsets = map[int]int64{}
	}
	s.offsets[partition] = offset
	return offset, nil
}

func (s *starts) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.offsets) > 0
}
