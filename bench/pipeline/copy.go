package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
)

// A copier takes records from inbound to an output with the gateway's own client and
// nothing in between: per partition a fetch ahead, one batch for each fetch, acknowledged
// by all in-sync replicas, offsets committed every 100 ms by the group's generation.
// It is what moving the bytes costs whoever judges them.
type copier struct {
	assignment
	fetcher *fetch.Client
	writer  *kafka.Client

	mu   sync.Mutex
	done map[int]int64 // guarded by mu; offsets up to before which all is acknowledged, by partition
}

func runCopy(ctx context.Context, args []string) error {
	a, err := readAssignment(copyName, args)
	if err != nil {
		return err
	}
	t := a.transport()
	defer t.CloseIdleConnections()
	c := &copier{
		assignment: a, done: make(map[int]int64),
		fetcher: &fetch.Client{Transport: t, Addr: kafka.TCP(a.brokers...)},
		writer:  &kafka.Client{Transport: t, Addr: kafka.TCP(a.brokers...), Timeout: 5 * time.Second},
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: a.group, Brokers: a.brokers, Topics: []string{a.inbound}, HeartbeatInterval: time.Second,
		SessionTimeout: 10 * time.Second, StartOffset: kafka.FirstOffset,
	})
	if err != nil {
		return err
	}
	defer group.Close()
	for ctx.Err() == nil {
		gen, err := group.Next(ctx)
		if err != nil {
			continue // a coordinator that is just being made
		}
		gen.Start(func(ctx context.Context) { c.serve(ctx, gen) })
	}
	return nil
}

func (c *copier) serve(ctx context.Context, gen *kafka.Generation) {
	var partitions sync.WaitGroup
	for _, assigned := range gen.Assignments[c.inbound] {
		partitions.Go(func() {
			if err := c.copy(ctx, assigned.ID, max(0, assigned.Offset)); err != nil && ctx.Err() == nil {
				panic(err) // the run that started this program finds its records missing
			}
		})
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			c.commit(gen)
		case <-ctx.Done():
		}
	}
	partitions.Wait()
	c.commit(gen)
}

func (c *copier) commit(gen *kafka.Generation) {
	c.mu.Lock()
	due := c.done
	c.done = make(map[int]int64)
	c.mu.Unlock()
	if len(due) > 0 {
		_ = gen.CommitOffsets(map[string]map[int]int64{c.inbound: due}) // the next one makes up for it
	}
}

// A portion is what one fetch brought.
type portion struct {
	records []kafka.Record
	next    int64 // the offset after it
	close   func()
}

// copy takes a partition's records until ctx ends, fetching one response ahead.
func (c *copier) copy(ctx context.Context, partition int, offset int64) error {
	portions := make(chan portion)
	failed := make(chan error, 1)
	go func() {
		defer close(portions)
		failed <- c.fetch(ctx, partition, offset, portions)
	}()
	for p := range portions {
		if err := c.append(partition, p); err != nil {
			return err
		}
	}
	return <-failed
}

func (c *copier) fetch(ctx context.Context, partition int, offset int64, portions chan<- portion) error {
	for {
		res, err := c.fetcher.Fetch(ctx, fetch.Request{
			Topic: c.inbound, Partition: partition, Offset: offset, MaxBytes: 1 << 20, MaxWait: time.Second,
		})
		if err != nil {
			return err
		}
		p := portion{close: res.Close}
		for {
			rec, err := res.Next(fetch.Limits{Record: 1 << 20, Large: 1 << 20})
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			p.records = append(p.records, kafka.Record{
				Time: rec.Time, Key: kafka.NewBytes(rec.Key), Value: kafka.NewBytes(rec.Value), Headers: rec.Headers,
			})
		}
		offset = res.NextOffset()
		p.next = offset
		select {
		case portions <- p:
		case <-ctx.Done():
			res.Close()
			return nil
		}
	}
}

func (c *copier) append(partition int, p portion) error {
	defer p.close()
	if len(p.records) == 0 {
		return nil
	}
	res, err := c.writer.Produce(context.Background(), &kafka.ProduceRequest{
		Topic: c.verified, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(p.records...),
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("produce %d records to %s/%d: %w", len(p.records), c.verified, partition, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[partition] = p.next
	return nil
}
