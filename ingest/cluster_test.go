package ingest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/deploy/local/stacktest"
)

func TestMain(m *testing.M) {
	// Brokers here live for a minute: the best code would cost more time than it saves.
	os.Setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
	code := m.Run()
	shared.end()
	os.Exit(code)
}

// shared is a cluster of three brokers that tests may break one at a time; who does so
// starts the broker again. It is made when a test first asks, and ends with the package.
var shared ownCluster

// An ownCluster is a cluster that belongs to this process.
type ownCluster struct {
	*parts.KafkaCluster
	once sync.Once
	dir  string
	err  error
}

// start makes the cluster the first time.
func (c *ownCluster) start(t testing.TB, version string) {
	t.Helper()
	stacktest.Program(t, "java")
	c.once.Do(func() {
		if c.dir, c.err = parts.Scratch("turnkey-ingest-test-"); c.err != nil {
			return
		}
		c.KafkaCluster, c.err = parts.StartKafka(context.Background(), parts.KafkaOptions{
			Options: parts.Options{Dir: c.dir + "/kafka"}, Brokers: 3, Version: version, Settings: edgeSettings,
		})
	})
	if c.err != nil {
		t.Fatal(c.err)
	}
}

func (c *ownCluster) end() {
	if c.KafkaCluster != nil {
		for _, p := range c.Processes { // in order would take seconds, for data that goes anyway
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
	}
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}

// edgeSettings are broker i's: in a rack of its own, and missed soon when it is killed.
func edgeSettings(i int) []string {
	return []string{
		"broker.rack=" + rack(i),
		"replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector",
		"broker.session.timeout.ms=3000",
		"broker.heartbeat.interval.ms=500",
		"controller.quorum.fetch.timeout.ms=2000",
		"controller.quorum.election.timeout.ms=1000",
	}
}

func rack(i int) string { return fmt.Sprintf("rack%d", i+1) }

// clusterWorld is on the shared cluster: three replicas of everything.
func clusterWorld(t *testing.T, partitions int) *world {
	t.Helper()
	shared.start(t, "")
	return shared.world(t, partitions)
}

func (c *ownCluster) world(t testing.TB, partitions int) *world {
	t.Helper()
	w := newWorld(t, partitions)
	w.brokers, w.stamps, w.replicas = c.Addresses, true, 3
	w.create()
	w.connect()
	return w
}

// settled waits until something holds that brokers do among themselves. Asking them all the
// time would hold them up, and while they start they take long on a loaded machine.
func settled(t testing.TB, what string, holds func() bool) {
	t.Helper()
	poll(t, 100*time.Millisecond, 2*patience, what, holds)
}

// kill ends broker i at once, and has it started again by the test's end.
func (c *ownCluster) kill(t testing.TB, i int) {
	t.Helper()
	p := c.Processes[i]
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the broker's end", func() bool { return !p.Alive() })
	c.restoreLater(t, i)
}

// stop ends broker i in order, and has it started again by the test's end.
func (c *ownCluster) stop(t testing.TB, i int) {
	t.Helper()
	if err := c.Processes[i].Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.restoreLater(t, i)
}

func (c *ownCluster) restoreLater(t testing.TB, i int) {
	t.Cleanup(func() {
		if !c.Processes[i].Alive() {
			c.restart(t, i)
		}
	})
}

// restart starts a broker that has ended. Its replicas may still be catching up.
func (c *ownCluster) restart(t testing.TB, i int) {
	t.Helper()
	if err := c.KafkaCluster.Start(context.WithoutCancel(t.Context()), i); err != nil {
		t.Fatal(err)
	}
}

// partition is what brokers say of one partition, as one of them that is up has it.
func (w *world) partition(topic string, id int) (found kafka.Partition, ok bool) {
	client := &kafka.Client{Addr: kafka.TCP(w.brokers...), Timeout: 5 * time.Second,
		Transport: &kafka.Transport{MetadataTTL: 50 * time.Millisecond, MetadataTopics: []string{topic}}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	res, err := client.Metadata(w.t.Context(), &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil || len(res.Topics) != 1 {
		return found, false
	}
	for _, p := range res.Topics[0].Partitions {
		if p.ID == id && p.Error == nil {
			return p, true
		}
	}
	return found, false
}

// leader is the index of the broker that leads a partition, once one does that isn't one
// of those.
func (w *world) leader(topic string, id int, not ...int) (index int) {
	w.t.Helper()
	settled(w.t, fmt.Sprintf("%s/%d has a leader", topic, id), func() bool {
		p, ok := w.partition(topic, id)
		index = p.Leader.ID - 1
		return ok && index >= 0 && !slices.Contains(not, index)
	})
	return index
}

// inSync is how many replicas of a partition are in sync.
func (w *world) inSync(topic string, id int) int {
	p, _ := w.partition(topic, id)
	return len(p.Isr)
}

// awaitInSync waits until all replicas of all topics are.
func (w *world) awaitInSync() {
	w.t.Helper()
	for _, kind := range kinds {
		for id := range w.partitions {
			settled(w.t, fmt.Sprintf("%s/%d in sync", w.topics.name(kind), id), func() bool { return w.inSync(w.topics.name(kind), id) == 3 })
		}
	}
}
