package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/hostile"
	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/verifier"
)

// control measures harms with a copier in the place of the gateway, which must have ended.
func (g *ground) control(ctx context.Context, harms []harm) (all []figures, err error) {
	g.target.Close()
	g.target = hostile.NewTarget(g.Brokers, g.Topics, hostilePartition)
	if err := g.target.Begin(ctx); err != nil {
		return nil, err
	}
	copies, copying := errgroup.WithContext(ctx)
	copying, stop := context.WithCancel(copying)
	for p := range partitions {
		copies.Go(func() error { return g.copy(copying, p) })
	}
	unchecked := func(context.Context) error { return nil }
	all, err = g.sequence(copying, "copier, ", harms, unchecked) // ends when a copy fails
	stop()
	return all, errors.Join(copies.Wait(), err)
}

// copy appends what comes to one inbound partition to the verified topic, until ctx ends.
func (g *ground) copy(ctx context.Context, partition int) error {
	transport := &kafka.Transport{ClientID: "copier"}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(g.Brokers...), Timeout: time.Minute, Transport: transport}
	fetcher := &fetch.Client{Transport: transport, Addr: client.Addr, ClientID: "copier"}
	topic, err := fetcher.Topic(ctx, g.Topics.Inbound)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	ends, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{g.Topics.Inbound: {kafka.LastOffsetOf(partition)}},
	})
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	for offset := ends.Topics[g.Topics.Inbound][0].LastOffset; ; {
		res, err := fetcher.Fetch(ctx, fetch.Request{
			Topic: g.Topics.Inbound, TopicID: topic.ID, Partition: partition, Offset: offset, LastEpoch: -1, MaxBytes: 1 << 20, MaxWait: time.Second,
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		err = g.forward(ctx, client, partition, res)
		offset = res.NextOffset()
		res.Close()
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
	}
}

// forward appends a response's records, about a megabyte at a time.
func (g *ground) forward(ctx context.Context, client *kafka.Client, partition int, res *fetch.Response) error {
	var records []kafka.Record
	size := 0
	for {
		rec, err := res.Next(fetch.Limits{Record: 32 << 20, Headers: 1000, Large: 32 << 20})
		if err != nil && err != io.EOF {
			return err
		}
		if len(records) > 0 && (err == io.EOF || size+len(rec.Value) > 1<<20) {
			if err := g.append(ctx, client, partition, records); err != nil {
				return err
			}
			records, size = nil, 0
		}
		if err == io.EOF {
			return nil
		}
		source := ingest.Source{Topic: g.Topics.Inbound, Partition: partition, Offset: rec.Offset}
		records = append(records, kafka.Record{Key: kafka.NewBytes(rec.Key), Value: kafka.NewBytes(rec.Value), Headers: []kafka.Header{
			{Key: ingest.HeaderEventID, Value: []byte(source.EventID())},
			{Key: ingest.HeaderReason, Value: []byte(verifier.Verified.String())},
			{Key: ingest.HeaderSource, Value: []byte(source.String())},
		}})
		size += len(rec.Value)
	}
}

func (g *ground) append(ctx context.Context, client *kafka.Client, partition int, records []kafka.Record) error {
	out, err := client.Produce(context.WithoutCancel(ctx), &kafka.ProduceRequest{
		Topic: g.Topics.Verified, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err == nil {
		err = out.Error
	}
	return err
}
