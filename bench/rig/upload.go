package rig

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/ingest"
)

// An Uploader sends planned messages as an upload service would: keyed by account, and
// acknowledged by all in-sync replicas.
type Uploader struct {
	ledger    *Ledger
	transport *kafka.Transport
	writer    *kafka.Writer
}

// NewUploader returns an uploader to the inbound topic. A failed send may be
// stored all the same; it is not retried.
func NewUploader(brokers []string, topics ingest.Topics, ledger *Ledger) *Uploader {
	transport := &kafka.Transport{} // the library's default one may remember what was before the topic
	return &Uploader{ledger: ledger, transport: transport, writer: &kafka.Writer{
		Transport:    transport,
		Addr:         kafka.TCP(brokers...),
		Topic:        topics.Inbound,
		Balancer:     &kafka.Hash{},
		RequiredAcks: kafka.RequireAll,
		BatchTimeout: 2 * time.Millisecond,
		BatchBytes:   8 << 20,
		MaxAttempts:  1,
	}}
}

// Keep has all later messages go to these partitions only, still by their key.
func (u *Uploader) Keep(partitions ...int) {
	hash := &kafka.Hash{}
	u.writer.Balancer = kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return hash.Balance(m, partitions...) })
}

// Send plans and sends messages, and returns once all are acknowledged.
func (u *Uploader) Send(ctx context.Context, messages ...corpus.Message) error {
	batch := make([]kafka.Message, len(messages))
	for i, m := range messages {
		if err := u.ledger.Plan(m.XML, m.Want, time.Now()); err != nil {
			return err
		}
		batch[i] = kafka.Message{
			Key: []byte(m.Account), Value: m.XML,
			Headers: []kafka.Header{{Key: ingest.HeaderAccount, Value: []byte(m.Account)}},
		}
	}
	if err := u.writer.WriteMessages(ctx, batch...); err != nil {
		return fmt.Errorf("upload %d messages: %w", len(messages), err)
	}
	return nil
}

// Close waits for what is being sent.
func (u *Uploader) Close() error {
	defer u.transport.CloseIdleConnections()
	return u.writer.Close()
}
