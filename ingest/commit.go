package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
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
	err := n.gen.CommitOffsets(map[string]map[int]int64{n.g.cfg.Topics.Inbound: due})
	if refused := kafka.Error(0); err != nil && !errors.As(err, &refused) {
		err = n.commitAnew(due)
	}
	if err != nil {
		return err
	}
	n.offsets.committed(due)
	n.g.metrics.commits.Inc()
	return nil
}

// commitAnew commits over a connection of its own, where the generation's is gone. The
// coordinator checks generation and member as it does there.
func (n *generation) commitAnew(due map[int]int64) error {
	topic := n.g.cfg.Topics.Inbound
	var commits []kafka.OffsetCommit
	for id, offset := range due {
		commits = append(commits, kafka.OffsetCommit{Partition: id, Offset: offset})
	}
	res, err := n.g.client.OffsetCommit(context.Background(), &kafka.OffsetCommitRequest{
		GroupID:      n.gen.GroupID,
		GenerationID: int(n.gen.ID),
		MemberID:     n.gen.MemberID,
		Topics:       map[string][]kafka.OffsetCommit{topic: commits},
	})
	if err != nil {
		return err
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return fmt.Errorf("partition %d: %w", p.Partition, p.Error)
		}
	}
	return nil
}
