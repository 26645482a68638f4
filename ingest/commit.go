package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
)

// commitEvery is the only place that commits while the generation lasts: several at
// once make the library's connection spin.
func (n *generation) commitEvery(ctx context.Context, every time.Duration) {
	trouble := n.g.struggle(StageCommit, n.gen.GroupID)
	defer func() { trouble.end(false) }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := n.commit(); err != nil {
			trouble.failedWith(ctx, err)
		} else {
			trouble.end(true)
		}
	}
}

// commitLast commits what was acknowledged while draining. Where it fails, those
// records come again to the partition's next owner.
func (n *generation) commitLast() {
	const attempts = 3
	for i := 1; ; i++ {
		err := n.commit()
		switch {
		case err == nil:
			return
		case i == attempts || fenced(err):
			n.g.log.Warn("last commit of a generation failed: some records will come again",
				"generation", n.gen.ID, "error", err)
			return
		}
		n.g.metrics.retries.WithLabelValues(string(StageCommit)).Inc()
		time.Sleep(pause(i))
	}
}

// fenced reports whether the group has gone on without this generation.
func fenced(err error) bool {
	return errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId) ||
		errors.Is(err, kafka.FencedInstanceID) || errors.Is(err, kafka.RebalanceInProgress)
}

// commit commits what is acknowledged of the partitions assigned here.
func (n *generation) commit() error {
	due := n.offsets.due()
	if due == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	err := n.g.commitOffsets(ctx, n.gen, n.in.commitment(due))
	if err != nil {
		return err
	}
	n.offsets.committed(due)
	n.g.metrics.commits.Inc()
	return nil
}

// commitOffsets commits in a generation's name. The library's own way sends neither
// leader epochs nor metadata, and takes no time limit.
func (g *Gateway) commitOffsets(ctx context.Context, gen *kafka.Generation, partitions []offsetcommit.RequestPartition) error {
	msg, err := g.cluster.Transport.RoundTrip(ctx, g.client.Addr, &offsetcommit.Request{
		GroupID:      gen.GroupID,
		GenerationID: gen.ID,
		MemberID:     gen.MemberID,
		Topics:       []offsetcommit.RequestTopic{{Name: g.cfg.Topics.Inbound, Partitions: partitions}},
	})
	if err != nil {
		return fmt.Errorf("commit offsets: %w", err)
	}
	for _, t := range msg.(*offsetcommit.Response).Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				return fmt.Errorf("commit offset of %s/%d: %w", t.Name, p.PartitionIndex, kafka.Error(p.ErrorCode))
			}
		}
	}
	return nil
}
