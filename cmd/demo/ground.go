package main

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

// A ground is the servers that the demo stands on, and the names that are its own there.
type ground struct {
	kafka    []string
	postgres string // URL of a database that is the demo's alone
	redis    string

	topics      ingest.Topics
	partitions  int
	replicas    int
	group       string
	redisPrefix string

	// brokerStamps tells that the broker sets the time of records, as the real one is
	// told to. The embedded one leaves its producer's.
	brokerStamps bool

	// scraped makes the stack's Prometheus scrape programs at these addresses until the
	// demo ends; nil without a Prometheus.
	scraped func(gateway, portal string) error

	words   []string // what the servers are, for people
	members []member // the ones that the demo started
}

// embedded starts every server in or below dir, all at once. What was started is noted in
// u even if another one fails.
func embedded(ctx context.Context, dir string, u *undo, say func(string)) (*ground, error) {
	g := &ground{
		topics:     rig.TopicsOf("turnkey"),
		partitions: 4, replicas: 1, group: "turnkey-gateway", redisPrefix: "turnkey",
	}
	servers := make([]server, 3)
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) { servers[0], err = startBroker(ctx, dir, u); return err })
	all.Go(func() (err error) {
		servers[1], err = startPostgres(ctx, filepath.Join(dir, "postgres"), u, say)
		return err
	})
	all.Go(func() (err error) { servers[2], err = startRedis(ctx, filepath.Join(dir, "redis"), u); return err })
	if err := all.Wait(); err != nil {
		return nil, fmt.Errorf("start the embedded parts: %w", err)
	}
	g.kafka, g.postgres, g.redis = []string{servers[0].address}, servers[1].address, servers[2].address
	for _, s := range servers {
		g.words = append(g.words, s.words)
		g.members = append(g.members, s.members...)
	}
	return g, nil
}

// A server is one that the demo started.
type server struct {
	address string
	words   string
	members []member // none if it is part of this process
}
