package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/stacktest"
)

func TestDemoOnTheStackRemovesWhatItMade(t *testing.T) {
	stack := addresses.Stack{Kafka: stacktest.Kafka(t), Postgres: stacktest.Postgres(t), Redis: stacktest.Redis(t), Prometheus: "http://127.0.0.1:1"}
	dir := t.TempDir()
	targets := filepath.Join(dir, "prometheus", "targets")
	if err := os.MkdirAll(targets, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"kafka": stack.Kafka, "postgres": stack.Postgres, "redis": stack.Redis, "prometheus": stack.Prometheus,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "env.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}

	d := startDemo(t, os.Getenv("PATH"), "--plain", "--for", "8s", "--rate", "200", "--stack", dir)
	d.awaitLine(t, "as planned ")
	own := fmt.Sprintf("demo-%d-", d.cmd.Process.Pid)
	if found := d.onStack(t, stack, targets, own); len(found) != 4 {
		t.Errorf("while it runs, the stack has of the demo only %v; want database, keys, topics, targets", found)
	}
	d.mustEnd(t, 90*time.Second)
	d.mustBeAsPlanned(t, 700)
	d.mustLeaveNothing(t)
	// A broker's metadata trail behind the deletion of topics that it acknowledged.
	deadline := time.Now().Add(10 * time.Second)
	for found := d.onStack(t, stack, targets, own); len(found) > 0; found = d.onStack(t, stack, targets, own) {
		if time.Now().After(deadline) {
			t.Fatalf("the demo left on the stack: %v", found)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// onStack returns what of the demo's own the stack holds.
func (d *demoProcess) onStack(t *testing.T, stack addresses.Stack, targets, own string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var found []string
	note := func(what string, n int) {
		if n > 0 {
			found = append(found, what)
		}
	}

	conn, err := pgx.Connect(ctx, stack.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var databases int
	name := strings.ReplaceAll(own, "-", `\_`)
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_database WHERE datname LIKE $1", `%\_`+name+"%").Scan(&databases); err != nil {
		t.Fatal(err)
	}
	note("database", databases)

	client := redis.NewClient(&redis.Options{Addr: stack.Redis})
	defer client.Close()
	keys, err := client.Keys(ctx, "turnkey-"+own+"*").Result()
	if err != nil {
		t.Fatal(err)
	}
	note("keys", len(keys))

	meta, err := (&kafka.Client{Addr: kafka.TCP(stack.Kafka...)}).Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		t.Fatal(err)
	}
	topics := 0
	for _, topic := range meta.Topics {
		if strings.Contains(topic.Name, own) {
			topics++
		}
	}
	note("topics", topics)

	files, err := filepath.Glob(filepath.Join(targets, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	note("targets", len(files))
	return found
}
