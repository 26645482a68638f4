package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/ingest/produce"
)

// A copier takes records from inbound to an output with the gateway's own client and
// nothing in between: per partition a portion ahead, one batch for each fetch, acknowledged
// by all in-sync replicas, offsets committed every 100 ms by the group's generation.
// It is what moving the bytes costs whoever judges them.
type copier struct {
	assignment
	fetcher *fetch.Client
	writer  *produce.Client

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
		writer:  &produce.Client{Transport: t, Addr: kafka.TCP(a.brokers...)},
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

// A portion is what one fetch brought, ready to be appended.
type portion struct {
	batch   produce.Batch
	headers produce.Headers
	next    int64 // the offset after it
}

// copyBytes is how much is asked for at once: the outputs take the batch of it.
const copyBytes = 1 << 20

// copy takes a partition's records until ctx ends, fetching one portion ahead.
func (c *copier) copy(ctx context.Context, partition int, offset int64) error {
	free, full := make(chan *portion, 2), make(chan *portion)
	free <- &portion{}
	free <- &portion{}
	failed := make(chan error, 1)
	go func() {
		defer close(full)
		failed <- c.fetch(ctx, partition, offset, free, full)
	}()
	for p := range full {
		if err := c.append(partition, p); err != nil {
			return err
		}
		free <- p
	}
	return <-failed
}

func (c *copier) fetch(ctx context.Context, partition int, offset int64, free <-chan *portion, full chan<- *portion) error {
	var topic fetch.Topic
	err := persist(ctx, func() (err error) {
		topic, err = c.fetcher.Topic(ctx, c.inbound)
		return err
	})
	if err != nil {
		return err
	}
	for {
		var res *fetch.Response
		err := persist(ctx, func() (err error) {
			res, err = c.fetcher.Fetch(ctx, fetch.Request{
				Topic: c.inbound, TopicID: topic.ID, Partition: partition, Offset: offset, LastEpoch: -1, MaxBytes: copyBytes, MaxWait: time.Second,
			})
			return err
		})
		if err != nil {
			return err
		}
		p := <-free
		err = p.fill(res)
		res.Close()
		if err != nil {
			return err
		}
		offset = p.next
		select {
		case full <- p:
		case <-ctx.Done():
			return nil
		}
	}
}

func (p *portion) fill(res *fetch.Response) error {
	p.batch.Reset()
	for {
		rec, err := res.Next(fetch.Limits{Record: copyBytes, Large: copyBytes})
		if errors.Is(err, io.EOF) {
			p.next = res.NextOffset()
			return nil
		}
		if err != nil {
			return err
		}
		p.headers.Reset()
		for _, h := range rec.Headers {
			p.headers.Add(h.Key, h.Value)
		}
		p.batch.Append(rec.Time, rec.Key, rec.Value, &p.headers)
	}
}

func (c *copier) append(partition int, p *portion) error {
	if p.batch.Len() == 0 {
		return nil
	}
	err := persist(context.Background(), func() error {
		return c.writer.Produce(context.Background(), produce.Request{
			Topic: c.verified, Partition: partition, Batch: &p.batch, Send: 5 * time.Second, Acknowledge: 5 * time.Second,
		})
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[partition] = p.next
	return nil
}

// persist tries for some seconds: topics are new, and their leaders may just be taking over.
// What is stored twice for it doesn't pass for once: the offset, or the audit, tells.
func persist(ctx context.Context, try func() error) (err error) {
	for range 40 {
		if err = try(); err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
