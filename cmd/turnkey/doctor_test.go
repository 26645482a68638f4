package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/registrytest"
)

// A clinic is a set of topics of a test's own on the stack's Kafka, with settings for
// the doctor that name them.
type clinic struct {
	*desk
	t      *testing.T
	client *kafka.Client
	prefix string
	silent bool // no relay of its own
}

var topicVariables = map[string]string{
	"inbound": "TURNKEY_TOPIC_INBOUND", "verified": "TURNKEY_TOPIC_VERIFIED",
	"rejected": "TURNKEY_TOPIC_REJECTED", "quarantine": "TURNKEY_TOPIC_QUARANTINE",
}

// goodTopics are the topics as the gateway wants them, but for their copies: the stack
// has one broker.
func goodTopics() map[string]map[string]string {
	output := map[string]string{"max.message.bytes": "1114112"} // 1 MiB and 64 KiB
	return map[string]map[string]string{
		"inbound":  {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1048576"},
		"verified": output, "rejected": output, "quarantine": output,
	}
}

func newClinic(t *testing.T, topics map[string]map[string]string, partitions map[string]int) *clinic {
	t.Helper()
	brokers := stacktest.Kafka(t)
	c := &clinic{
		desk: newDesk(t), t: t, prefix: fmt.Sprintf("doctor-%08x", rand.Uint32()),
		client: &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 10 * time.Second},
	}
	c.env["TURNKEY_BROKERS"] = strings.Join(brokers, ",")
	c.env["TURNKEY_REDIS"] = stacktest.Redis(t)
	c.env["TURNKEY_REDIS_PREFIX"] = c.prefix
	c.env["TURNKEY_CACHE_KEY_FILE"] = registrytest.KeyFile(t, "cache")
	for name, variable := range topicVariables {
		c.env[variable] = c.prefix + "." + name
	}
	c.create(topics, partitions)
	return c
}

func (c *clinic) create(topics map[string]map[string]string, partitions map[string]int) {
	c.t.Helper()
	var configs []kafka.TopicConfig
	var names []string
	for name, config := range topics {
		topic := kafka.TopicConfig{Topic: c.prefix + "." + name, NumPartitions: max(partitions[name], 2), ReplicationFactor: 1}
		for k, v := range config {
			topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
		}
		configs = append(configs, topic)
		names = append(names, topic.Topic)
	}
	answer, err := c.client.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{Topics: configs})
	if err != nil {
		c.t.Fatal(err)
	}
	for topic, err := range answer.Errors {
		if err != nil {
			c.t.Fatalf("create %s: %v", topic, err)
		}
	}
	c.t.Cleanup(func() {
		if _, err := c.client.DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: names}); err != nil {
			c.t.Errorf("delete topics: %v", err)
		}
	})
}

// beat sends heartbeats sealed under a key, as a relay does, until the test ends.
func (c *clinic) beat(key keyfile.Key) {
	c.t.Helper()
	client := rediscache.NewClient([]string{c.env["TURNKEY_REDIS"]}, time.Second)
	writer := rediscache.NewWriter(client, rediscache.NewKeys(c.prefix), key, time.Second)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			err := writer.Beat(ctx, rediscache.Heartbeat{Epoch: "7c0f3a52-0f9f-4a1f-8d57-b1e0b5f7a001", At: time.Now(), Version: 7, Covers: 7})
			if err != nil && ctx.Err() == nil {
				ended <- err
				return
			}
			select {
			case <-ctx.Done():
				ended <- nil
				return
			case <-tick.C:
			}
		}
	}()
	c.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			c.t.Errorf("send heartbeats: %v", err)
		}
		keys := rediscache.NewKeys(c.prefix)
		client.Del(context.Background(), keys.Heartbeat(), keys.Applied())
		client.Close()
	})
}

// worst is the worst status that `doctor --json` found, by check, and all its words.
func (c *clinic) examine(code int) (worst map[string]status, words string) {
	c.t.Helper()
	out := c.run("doctor", "--json").want(c.t, code)
	var report struct{ Checks []finding }
	if err := json.Unmarshal([]byte(out.stdout), &report); err != nil {
		c.t.Fatalf("%v: %s", err, out.stdout)
	}
	rank := map[status]int{statusOK: 1, statusWarn: 2, statusFail: 3}
	worst = make(map[string]status)
	for _, f := range report.Checks {
		if rank[f.Status] > rank[worst[f.Check]] {
			worst[f.Check] = f.Status
		}
		if (f.Mend == "") != (f.Status == statusOK) {
			c.t.Errorf("%s %s: what to do is %q", f.Check, f.Status, f.Mend)
		}
	}
	return worst, out.stdout
}

func TestDoctorOnAGoodClusterOfOneBroker(t *testing.T) {
	c := newClinic(t, goodTopics(), nil)
	c.beat(registrytest.CacheKey())
	got, words := c.examine(1) // one broker: copies are warned of
	want := map[string]status{
		"cache.key": statusOK, "lookup.key": statusOK, "identity.key": statusOK,
		"kafka": statusOK, "postgres": statusOK, "postgres schema": statusOK, "postgres clock": statusOK,
		"redis": statusOK, "redis clock": statusOK, "relay heartbeat": statusOK,
		"topic " + c.prefix + ".inbound":    statusWarn,
		"topic " + c.prefix + ".verified":   statusWarn,
		"topic " + c.prefix + ".rejected":   statusWarn,
		"topic " + c.prefix + ".quarantine": statusWarn,
	}
	for check, status := range want {
		if got[check] != status {
			t.Errorf("%s: %q, want %s", check, got[check], status)
		}
	}
	if !strings.Contains(words, "registry version 7") {
		t.Errorf("the heartbeat's version is not said: %s", words)
	}
	c.run("doctor").want(t, 1, "OK    cache.key", "WARN  topic", " 0 FAIL")
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name   string
		harm   func(*testing.T) *clinic
		check  string // %s is the prefix
		words  string
		status status // empty: FAIL
	}{
		{"producer's time", func(t *testing.T) *clinic {
			topics := goodTopics()
			topics["inbound"]["message.timestamp.type"] = "CreateTime"
			return newClinic(t, topics, nil)
		}, "topic %s.inbound", "LogAppendTime", ""},
		{"no room for headers", func(t *testing.T) *clinic {
			topics := goodTopics()
			topics["verified"] = map[string]string{"max.message.bytes": "1048576"}
			return newClinic(t, topics, nil)
		}, "topic %s.verified", "max.message.bytes=1114112", ""},
		{"fewer output partitions", func(t *testing.T) *clinic {
			return newClinic(t, goodTopics(), map[string]int{"inbound": 3})
		}, "topic %s.rejected", "raise it to at least 3", ""},
		{"missing topic", func(t *testing.T) *clinic {
			topics := goodTopics()
			delete(topics, "quarantine")
			return newClinic(t, topics, nil)
		}, "topic %s.quarantine", "create it", ""},
		{"schema missing", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			c.env["TURNKEY_DATABASE_FILE"] = writeFile(t, "database", []byte(registrytest.EmptyDatabase(t)))
			return c
		}, "postgres schema", "turnkey migrate", ""},
		{"no Postgres", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			c.env["TURNKEY_DATABASE_FILE"] = writeFile(t, "database", []byte("postgres://turnkey:s3cret@127.0.0.1:1/none"))
			return c
		}, "postgres", "check that Postgres runs", ""},
		{"no Kafka", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			c.env["TURNKEY_BROKERS"] = "127.0.0.1:1"
			return c
		}, "kafka", "check the addresses", ""},
		{"no relay", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			c.silent = true
			return c
		}, "relay heartbeat", "start the portal", statusWarn},
		{"a relay with another key", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			c.beat(keyfile.Key{1, 2, 3})
			c.silent = true
			return c
		}, "relay heartbeat", "same cache.key", statusWarn},
		{"a key that others can read", func(t *testing.T) *clinic {
			c := newClinic(t, goodTopics(), nil)
			if err := os.Chmod(c.env["TURNKEY_LOOKUP_KEY_FILE"], 0o644); err != nil {
				t.Fatal(err)
			}
			return c
		}, "lookup.key", "chmod 600", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.harm(t)
			if !c.silent {
				c.beat(registrytest.CacheKey())
			}
			want, code := statusFail, 2
			if tt.status != "" {
				want, code = tt.status, 1
			}
			got, words := c.examine(code)
			check := strings.ReplaceAll(tt.check, "%s", c.prefix)
			if got[check] != want {
				t.Errorf("%s: %q, want %s", check, got[check], want)
			}
			if !strings.Contains(words, tt.words) {
				t.Errorf("%q is not said: %s", tt.words, words)
			}
			if strings.Contains(words, "s3cret") {
				t.Error("the password is shown")
			}
		})
	}
}

func TestDoctorWithoutSettingsSaysWhichToSet(t *testing.T) {
	turnkey(t, "doctor").want(t, 1, "TURNKEY_BROKERS is not set", "TURNKEY_DATABASE_FILE is not set", "TURNKEY_REDIS is not set")
	turnkey(t, "doctor", "--brokers", "kafka").want(t, exitUnknown, "host:port")
}
