package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/cost"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/ingest/produce"
)

// A ground is the parts that all contenders work on: one broker, or three, and what the
// gateway needs beside.
type ground struct {
	rig.System
	kafka        *parts.Part
	transport    *kafka.Transport
	client       *kafka.Client
	fetcher      *fetch.Client
	producer     *produce.Client
	senders      []*sender
	certificates string // file of the senders', by account
	undo         []func() error
	topics       int // how many names were made up

	mu  sync.Mutex
	ids map[string]fetch.TopicID // guarded by mu; by topic
}

// prepare starts everything and registers the senders.
func prepare(ctx context.Context, c course, now time.Time) (g *ground, err error) {
	g = &ground{System: rig.System{Bin: c.bin, RedisPrefix: "turnkey"}, ids: make(map[string]fetch.TopicID)}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if g.Dir, err = parts.Scratch("bench-pipeline-"); err != nil {
		return g, err
	}
	g.undo = append(g.undo, func() error { return os.RemoveAll(g.Dir) })
	if err := g.startKafka(ctx, c.brokers); err != nil {
		return g, err
	}
	redis, err := parts.Redis(ctx, parts.Options{Dir: filepath.Join(g.Dir, "redis")})
	if err != nil {
		return g, err
	}
	g.Redis = redis.Addresses[0]
	g.undo = append(g.undo, func() error { return redis.Stop(context.Background()) })
	if g.senders, err = newSenders(c.senders, now); err != nil {
		return g, err
	}
	g.certificates = filepath.Join(g.Dir, "certificates.json")
	if err := writeCertificates(g.certificates, g.senders); err != nil {
		return g, err
	}
	if err := g.openRegistry(ctx); err != nil {
		return g, err
	}
	portal, err := g.StartPortal(ctx, "", "")
	if err != nil {
		return g, err
	}
	g.undo = append(g.undo, func() error { return end(portal.Program) })
	return g, nil
}

func (g *ground) startKafka(ctx context.Context, brokers int) (err error) {
	cluster, err := parts.StartKafka(ctx, parts.KafkaOptions{
		Options: parts.Options{Dir: filepath.Join(g.Dir, "kafka")}, Brokers: brokers,
		Settings: func(int) []string { return []string{"log.segment.delete.delay.ms=1000"} }, // what was dropped makes room
	})
	if err != nil {
		return err
	}
	g.kafka = cluster.Part
	g.Brokers = g.kafka.Addresses
	g.undo = append(g.undo, func() error { return g.kafka.Stop(context.Background()) })
	g.transport = &kafka.Transport{MetadataTTL: 250 * time.Millisecond}
	addr := kafka.TCP(g.Brokers...)
	g.client = &kafka.Client{Addr: addr, Transport: g.transport, Timeout: 15 * time.Second}
	g.fetcher = &fetch.Client{Addr: addr, Transport: g.transport}
	g.producer = &produce.Client{Addr: addr, Transport: g.transport}
	g.undo = append(g.undo, func() error { g.transport.CloseIdleConnections(); return nil })
	return nil
}

// openRegistry starts PostgreSQL and registers the senders.
func (g *ground) openRegistry(ctx context.Context) error {
	part, err := parts.Postgres(ctx, parts.Options{Dir: filepath.Join(g.Dir, "postgres")})
	if err != nil {
		return err
	}
	g.undo = append(g.undo, func() error { return errors.Join(part.Stop(context.Background()), os.RemoveAll(part.Dir)) })
	g.DatabaseFile = filepath.Join(g.Dir, "database")
	if err := os.WriteFile(g.DatabaseFile, []byte(part.Addresses[0]+"\n"), 0o600); err != nil {
		return err
	}
	if g.Keys, err = rig.NewKeyFiles(g.Dir); err != nil {
		return err
	}
	var parties []corpus.Party
	for _, s := range g.senders {
		parties = append(parties, s.party())
	}
	pool, _, err := rig.OpenRegistry(ctx, part.Addresses[0], g.Keys, parties)
	if err != nil {
		return err
	}
	pool.Close() // the programs have their own
	return nil
}

// brokerTime is what all brokers have used of the processor.
func (g *ground) brokerTime() (sum time.Duration, err error) {
	for _, p := range g.kafka.Processes {
		t, err := cost.Of(p.PID)
		if err != nil {
			return 0, err
		}
		sum += t
	}
	return sum, nil
}

func (g *ground) close() (err error) {
	for i := len(g.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, g.undo[i]())
	}
	return err
}

// end ends a program in order.
func end(p *rig.Program) error {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	return p.Stop(ctx)
}
