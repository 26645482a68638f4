package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/segmentio/kafka-go"
)

// A plain is the consumer that one would write in an afternoon, and write well: the
// library's group reader and writer, goxmldsig on etree's documents, the certificates in
// a map, a worker for each partition so that all cores work, outcomes in batches that all
// in-sync replicas acknowledge before offsets are committed.
type plain struct {
	assignment
	certificates map[string]*x509.Certificate // by account
	reader       *kafka.Reader
	writer       *kafka.Writer
}

// plainBatch is how many messages a worker validates and writes at once, if so many wait.
const plainBatch = 100

func runPlain(ctx context.Context, args []string) error {
	a, err := readAssignment(plainName, args)
	if err != nil {
		return err
	}
	p := newPlain(a)
	if err := p.readCertificates(); err != nil {
		return fmt.Errorf("read the certificates: %w", err)
	}
	p.reader = kafka.NewReader(kafka.ReaderConfig{
		Brokers: a.brokers, GroupID: a.group, Topic: a.inbound, StartOffset: kafka.FirstOffset,
		MaxBytes: 10 << 20, QueueCapacity: 1000, CommitInterval: 100 * time.Millisecond,
	})
	defer p.reader.Close()
	p.writer = &kafka.Writer{
		Addr: kafka.TCP(a.brokers...), Transport: a.transport(), RequiredAcks: kafka.RequireAll,
		Balancer:  kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return m.WriterData.(int) }),
		BatchSize: plainBatch, BatchTimeout: 2 * time.Millisecond,
	}
	defer p.writer.Close()
	return p.consume(ctx)
}

func newPlain(a assignment) *plain {
	return &plain{assignment: a, certificates: make(map[string]*x509.Certificate)}
}

func (p *plain) readCertificates() error {
	text, err := os.ReadFile(p.assignment.certificates)
	if err != nil {
		return err
	}
	var ders map[string][]byte
	if err := json.Unmarshal(text, &ders); err != nil {
		return err
	}
	for account, der := range ders {
		if p.certificates[account], err = x509.ParseCertificate(der); err != nil {
			return err
		}
	}
	return nil
}

// consume hands each message to its partition's worker.
func (p *plain) consume(ctx context.Context) error {
	workers := make(map[int]chan kafka.Message)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		m, err := p.reader.FetchMessage(ctx)
		if err != nil {
			for _, w := range workers {
				close(w)
			}
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		w := workers[m.Partition]
		if w == nil {
			w = make(chan kafka.Message, plainBatch)
			workers[m.Partition] = w
			all.Go(func() { p.work(w) })
		}
		w <- m
	}
}

// work validates what waits, as a batch, and commits it once all of it was written.
func (p *plain) work(messages <-chan kafka.Message) {
	for m := range messages {
		outcomes := []kafka.Message{p.outcome(m)}
	batch:
		for len(outcomes) < plainBatch {
			select {
			case next, open := <-messages:
				if !open {
					break batch
				}
				m = next
				outcomes = append(outcomes, p.outcome(m))
			default:
				break batch
			}
		}
		err := p.writer.WriteMessages(context.Background(), outcomes...)
		if err == nil {
			err = p.reader.CommitMessages(context.Background(), m)
		}
		if err != nil {
			panic(err) // the run that started this program finds its records missing
		}
	}
}

func (p *plain) outcome(m kafka.Message) kafka.Message {
	topic, verdict := p.verified, "verified"
	if err := p.validate(m); err != nil {
		topic, verdict = p.rejected, "rejected"
	}
	return kafka.Message{
		Topic: topic, Key: m.Key, Value: m.Value, WriterData: m.Partition,
		Headers: append(m.Headers, kafka.Header{Key: "verdict", Value: []byte(verdict)}),
	}
}

func (p *plain) validate(m kafka.Message) error {
	certificate := p.certificates[string(m.Key)]
	if certificate == nil {
		return fmt.Errorf("%s is not registered", m.Key)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(m.Value); err != nil {
		return err
	}
	_, err := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}}).Validate(doc.Root())
	return err
}
