package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/ingest/produce"
)

// A backlog is an inbound topic that holds the first messages of a load: message i on
// partition i modulo their number, at the offset that makes it.
type backlog struct {
	*load
	inbound    string
	partitions int
	count      int
}

// at is the message that a partition holds at an offset.
func (b *backlog) at(partition int, offset int64) int { return int(offset)*b.partitions + partition }

// on is how many messages a partition holds.
func (b *backlog) on(partition int) int {
	return (b.count - partition + b.partitions - 1) / b.partitions
}

// storedBatch is how many bytes of messages a batch of the backlog holds: what busy
// uploaders send together.
const storedBatch = 64 << 10

// fill makes a backlog of the first n messages of a load.
func (g *ground) fill(ctx context.Context, l *load, partitions, n int) (*backlog, error) {
	b := &backlog{load: l, inbound: g.name("inbound"), partitions: partitions, count: n}
	outputs := g.outputs(b.inbound)
	if err := g.create(ctx, outputs, partitions); err != nil {
		return nil, err
	}
	if err := g.drop(ctx, outputs.Verified, outputs.Rejected, outputs.Quarantine); err != nil { // its users make their own
		return nil, err
	}
	var all errgroup.Group
	all.SetLimit(4)
	for p := range partitions {
		all.Go(func() error {
			each := max(1, storedBatch/l.size)
			for k := 0; k < b.on(p); k += each {
				if err := g.send(ctx, b, p, k, min(k+each, b.on(p))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return b, all.Wait()
}

// send stores the messages that belong at some offsets of a partition, as one batch. The
// audit of what comes of them tells where one was stored twice.
func (g *ground) send(ctx context.Context, b *backlog, partition, from, to int) error {
	batch := &produce.Batch{}
	batch.Grow((to - from) * (b.size + 512))
	for k := from; k < to; k++ {
		s, doc := b.message(b.at(partition, int64(k)))
		account := &produce.Headers{}
		account.AddString(ingest.HeaderAccount, s.account)
		batch.Append(time.Now(), []byte(s.account), doc, account)
	}
	err := persist(ctx, func() error {
		return g.producer.Produce(ctx, produce.Request{
			Topic: b.inbound, Partition: partition, Batch: batch, Send: 5 * time.Second, Acknowledge: 10 * time.Second,
		})
	})
	if err != nil {
		return fmt.Errorf("send messages of %d bytes: %w", b.size, err)
	}
	return nil
}

// name makes up a name that no topic or group here has.
func (g *ground) name(kind string) string {
	g.topics++
	return fmt.Sprintf("bench-%s-%d", kind, g.topics)
}

// outputs are fresh topics beside an inbound one.
func (g *ground) outputs(inbound string) ingest.Topics {
	return ingest.Topics{Inbound: inbound, Verified: g.name("verified"), Rejected: g.name("rejected"), Quarantine: g.name("quarantine")}
}

func (g *ground) create(ctx context.Context, t ingest.Topics, partitions int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return rig.CreateTopics(ctx, g.Brokers, t, partitions, len(g.Brokers))
}

// drop deletes topics, so that a long run doesn't fill the disk.
func (g *ground) drop(ctx context.Context, topics ...string) error {
	res, err := g.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: topics})
	if err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	for _, e := range res.Errors {
		err = errors.Join(err, e)
	}
	return err
}

// stored is how many records a topic holds, all partitions together.
func (g *ground) stored(ctx context.Context, topic string, partitions int) (sum int, err error) {
	ends, err := g.ends(ctx, topic, partitions)
	for _, end := range ends {
		sum += int(end)
	}
	return sum, err
}

// ends are the offsets at which a topic's partitions end.
func (g *ground) ends(ctx context.Context, topic string, partitions int) (ends []int64, err error) {
	err = persist(ctx, func() (err error) {
		ends, err = rig.EndsBy(ctx, g.client, topic, partitions)
		return err
	})
	return ends, err
}

// fetch reads what a topic that nobody makes anew holds from an offset on.
func (g *ground) fetch(ctx context.Context, topic string, partition int, offset int64, most int) (res *fetch.Response, err error) {
	err = persist(ctx, func() error {
		id, err := g.id(ctx, topic)
		if err != nil {
			return err
		}
		res, err = g.fetcher.Fetch(ctx, fetch.Request{
			Topic: topic, TopicID: id, Partition: partition, Offset: offset, LastEpoch: -1, MaxBytes: most, MaxWait: time.Second,
		})
		return err
	})
	return res, err
}

func (g *ground) id(ctx context.Context, topic string) (fetch.TopicID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id, known := g.ids[topic]; known {
		return id, nil
	}
	found, err := g.fetcher.Topic(ctx, topic)
	if err == nil {
		g.ids[topic] = found.ID
	}
	return found.ID, err
}
