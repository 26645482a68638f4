package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
	"turnkey-gateway/registry/rediscache"
)

// clientID names the gateway in the brokers' logs and quotas.
const clientID = "turnkey-gateway"

// newCluster is where connections to Kafka are configured, both ways that the library
// has of making them. They must agree.
func newCluster(cfg Config) ingest.Cluster {
	t := cfg.Ingest.Topics
	return ingest.Cluster{
		Brokers: cfg.Brokers,
		Transport: &kafka.Transport{
			Dial:           ingest.Dial,
			ClientID:       clientID,
			MetadataTTL:    2 * time.Second, // how long a moved leader goes unnoticed
			MetadataTopics: []string{t.Inbound, t.Verified, t.Rejected, t.Quarantine},
		},
		Dialer: &kafka.Dialer{DialFunc: ingest.Dial, ClientID: clientID, Timeout: 5 * time.Second},
	}
}

// errNoRedis is what a gateway without a Redis meets in its place.
var errNoRedis = errors.New("no Redis is configured")

// newRedis is where connections to Redis are configured. Without an address it returns
// a client that fails at once, as a Redis that is away does.
func newRedis(cfg Config) redis.UniversalClient {
	if len(cfg.Redis) > 0 {
		return rediscache.NewClient(cfg.Redis, cfg.RedisTimeout)
	}
	return redis.NewClient(&redis.Options{
		Dialer:        func(context.Context, string, string) (net.Conn, error) { return nil, errNoRedis },
		MaxRetries:    -1,
		DialerRetries: 1,
	})
}
