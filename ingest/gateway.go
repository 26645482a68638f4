package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/ingest/produce"
)

// A Cluster is how to reach Kafka. The library needs both of its ways: the transport
// for records, the dialer for the consumer group. They must agree on TLS and SASL.
type Cluster struct {
	Brokers   []string // seed addresses, host:port
	Transport *kafka.Transport
	Dialer    *kafka.Dialer
}

// Parts are what a gateway works with. All but Shadow and Now are required.
type Parts struct {
	Cluster  Cluster
	Engine   Engine
	Registry Registry
	Metrics  prometheus.Registerer
	Log      *slog.Logger
	Shadow   Shadow           // nil means that no verdict is checked
	Now      func() time.Time // nil means time.Now
}

// A Gateway judges the records of the inbound partitions that its group assigns it.
type Gateway struct {
	cfg      Config
	cluster  Cluster
	engine   Engine
	registry Registry
	shadow   Shadow // may be nil
	log      *slog.Logger
	now      func() time.Time

	shadowPanicked sync.Once

	metrics  *metrics
	memory   *memory
	pool     *pool
	state    state
	starts   starts
	topicID  fetch.TopicID // inbound's when Run began; set before any generation
	fetcher  *fetch.Client
	client   *kafka.Client // for all but fetching, producing and committing
	producer *produce.Client
	rejoins  atomic.Int64 // how often the group was asked to assign anew
	outcomes outcomesPool
	trays    trays
}

// New returns a gateway that does nothing until Run. Only one may be made for one
// Parts.Metrics.
func New(cfg Config, parts Parts) (*Gateway, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure the gateway: %w", err)
	}
	g := &Gateway{
		cfg:      cfg,
		cluster:  parts.Cluster,
		engine:   parts.Engine,
		registry: parts.Registry,
		shadow:   parts.Shadow,
		log:      parts.Log,
		now:      parts.Now,
		memory:   newMemory(cfg),
		pool:     newPool(cfg.Workers),
	}
	if g.now == nil {
		g.now = time.Now
	}
	g.metrics = newMetrics(parts.Metrics, func() float64 { return float64(g.memory.used()) })

	addr := kafka.TCP(parts.Cluster.Brokers...)
	g.client = &kafka.Client{Addr: addr, Transport: parts.Cluster.Transport, Timeout: 10 * time.Second}
	g.producer = &produce.Client{Transport: parts.Cluster.Transport, Addr: addr, ClientID: parts.Cluster.Transport.ClientID}
	g.fetcher = &fetch.Client{
		Transport: parts.Cluster.Transport,
		Addr:      addr,
		ClientID:  parts.Cluster.Transport.ClientID,
		Rack:      cfg.Rack,
		Reserve:   g.memory.response,
	}
	return g, nil
}

// Run judges until ctx ends; then it drains, commits, leaves the group and returns
// nil. It returns an error only where it can't start or can't stop cleanly: while
// Kafka or the registry is out of reach it waits, and Ready says so.
func (g *Gateway) Run(ctx context.Context) error {
	if err := g.checkTopics(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                g.cfg.Group,
		Brokers:           g.cluster.Brokers,
		Dialer:            g.cluster.Dialer,
		Topics:            []string{g.cfg.Topics.Inbound},
		SessionTimeout:    g.cfg.Session,
		HeartbeatInterval: g.cfg.Session / 10,
		RebalanceTimeout:  30 * time.Second,
		JoinGroupBackoff:  time.Second,
		GroupBalancers:    []kafka.GroupBalancer{balancer{rejoins: &g.rejoins}},
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", g.cfg.Group, err)
	}
	g.follow(ctx, group)
	return g.leave(group)
}

// follow serves one generation after another. The group gives the next only after all
// of the last has returned. Whatever Next fails with passes: a coordinator that moves
// or is just being made, a broker out of reach.
func (g *Gateway) follow(ctx context.Context, group *kafka.ConsumerGroup) {
	trouble := g.struggle(StageJoin, g.cfg.Group)
	defer func() { trouble.end(false) }()
	for {
		gen, err := group.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if !trouble.failedWith(ctx, err) {
				return
			}
			continue
		}
		trouble.end(true)
		gen.Start(func(ctx context.Context) { newGeneration(g, gen).run(ctx) })
	}
}

// leave ends the current generation, which drains and commits, and leaves the group.
func (g *Gateway) leave(group *kafka.ConsumerGroup) error {
	left := make(chan error, 1)
	go func() { left <- group.Close() }()
	select {
	case err := <-left:
		if err != nil {
			return fmt.Errorf("leave group %s: %w", g.cfg.Group, err)
		}
		return nil
	case <-time.After(stopLimit):
		return fmt.Errorf("leave group %s: not done after %v; what was not committed comes again", g.cfg.Group, stopLimit)
	}
}

// checkTopics waits for Kafka, then refuses to start on topics that don't fit.
func (g *Gateway) checkTopics(ctx context.Context) error {
	trouble := g.struggle(StageJoin, "topics")
	for {
		findings, err := Preflight(ctx, g.client, g.cfg)
		if err == nil && Problems(findings) == nil {
			err = g.meet(ctx)
		}
		if err == nil {
			trouble.end(true)
			return g.weigh(findings)
		}
		if !trouble.failedWith(ctx, err) {
			trouble.end(false)
			return nil
		}
	}
}

// meet notes which topic inbound is while this gateway runs.
func (g *Gateway) meet(ctx context.Context) error {
	topic, err := g.fetcher.Topic(ctx, g.cfg.Topics.Inbound)
	if err != nil {
		return err
	}
	g.topicID = topic.ID
	return nil
}

// weigh logs warnings, and refuses problems.
func (g *Gateway) weigh(findings []Finding) error {
	for _, f := range findings {
		if f.Level == Warning {
			g.log.Warn(f.Text, "topic", f.Subject, "mend", f.Mend)
		}
	}
	if err := Problems(findings); err != nil {
		return fmt.Errorf("check the topics: %w", err)
	}
	return nil
}
