package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/parts"
)

// stack makes a ground of the local stack in dir: topics, a group, a database and a key
// prefix of the demo's own, all of which u removes again.
func stack(ctx context.Context, dir string, u *undo) (*ground, error) {
	a, err := readStack(dir)
	if err != nil {
		return nil, err
	}
	own := fmt.Sprintf("demo-%d-%d", os.Getpid(), time.Now().Unix())
	g := &ground{
		kafka: a.Kafka, redis: a.Redis, redisPrefix: "turnkey-" + own,
		topics:     rig.TopicsOf("turnkey." + own),
		partitions: 4, replicas: min(len(a.Kafka), 3), group: "turnkey-" + own, brokerStamps: true,
		words: []string{fmt.Sprintf("Kafka: the stack's, brokers: %d", len(a.Kafka)), "PostgreSQL: the stack's", "Redis: the stack's"},
	}
	var drop func(context.Context) error
	if g.postgres, drop, err = rig.CreateDatabase(ctx, a.Postgres, strings.ReplaceAll("turnkey_"+own, "-", "_")); err != nil {
		return nil, fmt.Errorf("create a database on the stack: %w", err)
	}
	u.add("remove the demo's database", drop)
	u.add("remove the demo's keys from Redis", g.removeKeys)
	u.add("remove the demo's topics", g.removeTopics)
	if a.Prometheus != "" {
		targets := filepath.Join(dir, "prometheus", parts.TargetsDir, own+".json")
		g.scraped = func(gateway, portal string) error {
			u.add("remove the demo from Prometheus' targets", func(context.Context) error { return os.Remove(targets) })
			return writeTargets(targets, gateway, portal)
		}
		g.words = append(g.words, "Prometheus: "+a.Prometheus)
	}
	return g, nil
}

func readStack(dir string) (addresses.Stack, error) {
	a, err := addresses.Read(dir)
	if err == nil && (len(a.Kafka) == 0 || a.Postgres == "" || a.Redis == "") {
		err = fmt.Errorf("the stack in %s lacks Kafka, PostgreSQL or Redis: start it with `make stack`", dir)
	}
	return a, err
}

// removeKeys deletes what relay and gateways left under the demo's prefix.
func (g *ground) removeKeys(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: g.redis})
	defer client.Close()
	keys := client.Scan(ctx, 0, g.redisPrefix+":*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := client.Unlink(ctx, keys.Val()).Err(); err != nil {
			return err
		}
	}
	return keys.Err()
}

func (g *ground) removeTopics(ctx context.Context) error {
	err := rig.DeleteTopics(ctx, g.kafka, g.topics)
	client := &kafka.Client{Addr: kafka.TCP(g.kafka...), Timeout: 10 * time.Second}
	gone, groupErr := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{g.group}})
	if groupErr == nil {
		groupErr = gone.Errors[g.group]
	}
	if errors.Is(groupErr, kafka.GroupIdNotFound) {
		groupErr = nil // the gateway never got so far
	}
	return errors.Join(err, groupErr)
}

// writeTargets names the programs to Prometheus, which reads whole files only.
func writeTargets(path, gateway, portal string) error {
	type target struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	text, err := json.Marshal([]target{
		{[]string{gateway}, map[string]string{"service": "gateway"}},
		{[]string{portal}, map[string]string{"service": "portal"}},
	})
	if err != nil {
		return err
	}
	unfinished := path + ".new"
	if err := os.WriteFile(unfinished, text, 0o644); err != nil {
		return fmt.Errorf("name the programs to Prometheus: %w", err)
	}
	return os.Rename(unfinished, path)
}
