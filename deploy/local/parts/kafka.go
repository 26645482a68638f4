package parts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// Kafka runs an Apache Kafka cluster in KRaft mode: 1 broker, or 3 of which one may fail.
// Its jars are fetched by Maven the first time.
//
// Records carry the time of their append, topics must be made before they are used, and
// with 3 brokers an acknowledged record is on 2 of them at least.
func Kafka(ctx context.Context, o Options, brokers int) (*Part, error) {
	c, err := NewKafkaCluster(ctx, o, KafkaOptions{Brokers: brokers})
	if err != nil {
		return nil, err
	}
	return c.Part, nil
}

// KafkaOptions say what a cluster is beyond a directory and ports.
type KafkaOptions struct {
	Brokers int // 1 or 3

	// Advertised has an element for each further way into the cluster: what brokers 0 to
	// Brokers-1 advertise to clients that come in that way, host:port each, for instance
	// of proxies. What they lead to is in [KafkaCluster.Ways].
	Advertised [][]string

	// Settings are lines of server.properties that win over ours.
	Settings []string

	// Java are options of the brokers' JVMs beyond ours.
	Java []string
}

// A KafkaCluster is a cluster whose brokers can be ended and started one by one.
type KafkaCluster struct {
	*Part // Addresses and Processes by broker

	// Ways are, for each of KafkaOptions.Advertised, where the brokers listen.
	Ways [][]string

	cluster *kafkaCluster
}

// NewKafkaCluster runs a cluster; see [Kafka].
func NewKafkaCluster(ctx context.Context, o Options, k KafkaOptions) (*KafkaCluster, error) {
	if k.Brokers != 1 && k.Brokers != 3 {
		return nil, fmt.Errorf("start kafka: %d brokers: 1 or 3 are possible", k.Brokers)
	}
	java, err := program("java")
	if err != nil {
		return nil, err
	}
	jars, err := kafkaJars(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	cluster, err := newKafkaCluster(o, k, java, jars)
	if err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	c := &KafkaCluster{Part: &Part{Dir: o.Dir, Addresses: addresses(cluster.brokers)}, cluster: cluster}
	for _, way := range cluster.ways {
		c.Ways = append(c.Ways, addresses(way.ports))
	}
	if err := cluster.format(ctx); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	for i := range k.Brokers {
		p, err := start(cluster.command(i))
		if err != nil {
			_ = c.Stop(ctx) // the first error is the one to read
			return nil, err
		}
		c.Processes = append(c.Processes, p)
	}
	if err := c.await(ctx); err != nil {
		_ = c.Stop(ctx)
		return nil, err
	}
	return c, nil
}

// await waits until all brokers are up and groups can be joined.
func (c *KafkaCluster) await(ctx context.Context) error {
	for _, p := range c.Processes {
		if err := p.await(ctx, 60*time.Second, c.cluster.ready); err != nil {
			return err
		}
	}
	return nil
}

// Restart starts broker i again, which has ended, and waits until the cluster is whole.
func (c *KafkaCluster) Restart(ctx context.Context, i int) error {
	if c.Processes[i].Alive() {
		return fmt.Errorf("restart %s: it runs", c.Processes[i].Name)
	}
	p, err := start(c.cluster.command(i))
	if err != nil {
		return err
	}
	c.Processes[i] = p
	return p.await(ctx, 60*time.Second, c.cluster.ready)
}

// A kafkaCluster is what its brokers' settings are made from.
type kafkaCluster struct {
	java, jars  string // the program; the directory of Kafka's jars
	dir         string
	id          string // 16 bytes, base64 without padding
	brokers     []int  // client ports
	controllers []int  // quorum ports
	ways        []way
	settings    []string
	options     []string // of the JVM
	lifetime    Lifetime
}

// A way is a further listener of each broker, which clients are told to find elsewhere.
type way struct {
	ports      []int
	advertised []string
}

func newKafkaCluster(o Options, k KafkaOptions, java, jars string) (*kafkaCluster, error) {
	c := &kafkaCluster{java: java, jars: jars, dir: o.Dir, settings: k.Settings, options: k.Java, lifetime: o.Lifetime}
	for i := range k.Brokers {
		wanted, quorum := 0, 0
		if o.Port != 0 {
			wanted, quorum = o.Port+i, o.Port+100+i
		}
		client, err := port(wanted)
		if err != nil {
			return nil, err
		}
		c.brokers = append(c.brokers, client)
		if quorum, err = port(quorum); err != nil {
			return nil, err
		}
		c.controllers = append(c.controllers, quorum)
	}
	for _, advertised := range k.Advertised {
		w := way{advertised: advertised}
		for range k.Brokers {
			p, err := port(0)
			if err != nil {
				return nil, err
			}
			w.ports = append(w.ports, p)
		}
		c.ways = append(c.ways, w)
	}
	return c, c.keepID()
}

// keepID reads the cluster's id, or makes it up the first time.
func (c *kafkaCluster) keepID() error {
	file := filepath.Join(c.dir, "cluster.id")
	if text, err := os.ReadFile(file); err == nil {
		c.id = strings.TrimSpace(string(text))
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	var id [16]byte
	_, _ = rand.Read(id[:])
	id[0] &= 0x7f // StorageTool takes an id that starts with "-" for an option
	c.id = base64.RawURLEncoding.EncodeToString(id[:])
	return os.WriteFile(file, []byte(c.id+"\n"), 0o644)
}

func addresses(ports []int) []string {
	var all []string
	for _, port := range ports {
		all = append(all, loopback(port))
	}
	return all
}

// properties are broker i's settings.
func (c *kafkaCluster) properties(i int) string {
	var voters []string
	for j, port := range c.controllers {
		voters = append(voters, fmt.Sprintf("%d@%s", j+1, loopback(port)))
	}
	replicas, inSync := len(c.brokers), 1
	if replicas == 3 {
		inSync = 2
	}
	protocols := "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
	listeners := fmt.Sprintf("PLAINTEXT://%s,CONTROLLER://%s", loopback(c.brokers[i]), loopback(c.controllers[i]))
	advertised := "PLAINTEXT://" + loopback(c.brokers[i])
	for j, way := range c.ways {
		protocols += fmt.Sprintf(",WAY%d:PLAINTEXT", j)
		listeners += fmt.Sprintf(",WAY%d://%s", j, loopback(way.ports[i]))
		advertised += fmt.Sprintf(",WAY%d://%s", j, way.advertised[i])
	}
	return strings.Join(append([]string{
		"process.roles=broker,controller",
		fmt.Sprintf("node.id=%d", i+1),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=" + protocols,
		"listeners=" + listeners,
		"advertised.listeners=" + advertised,
		"inter.broker.listener.name=PLAINTEXT",
		"log.dirs=" + c.logDir(i),

		// What the gateway asks of a cluster.
		"log.message.timestamp.type=LogAppendTime",
		fmt.Sprintf("min.insync.replicas=%d", inSync),
		fmt.Sprintf("default.replication.factor=%d", replicas),
		"unclean.leader.election.enable=false",
		"auto.create.topics.enable=false",

		// Kafka's own topics: as safe as the cluster can hold them, and few partitions,
		// since each costs a small cluster time when it starts.
		fmt.Sprintf("offsets.topic.replication.factor=%d", replicas),
		"offsets.topic.num.partitions=10",
		fmt.Sprintf("transaction.state.log.replication.factor=%d", replicas),
		fmt.Sprintf("transaction.state.log.min.isr=%d", inSync),
		"transaction.state.log.num.partitions=5",
		fmt.Sprintf("share.coordinator.state.topic.replication.factor=%d", replicas),
		fmt.Sprintf("share.coordinator.state.topic.min.isr=%d", inSync),

		// Tests join and leave groups all the time.
		"group.initial.rebalance.delay.ms=0",
		"group.min.session.timeout.ms=1000",
		"controlled.shutdown.retry.backoff.ms=500",
	}, c.settings...), "\n") + "\n"
}

func (c *kafkaCluster) brokerDir(i int) string {
	return filepath.Join(c.dir, fmt.Sprintf("broker%d", i+1))
}
func (c *kafkaCluster) logDir(i int) string { return filepath.Join(c.brokerDir(i), "data") }
func (c *kafkaCluster) propertiesFile(i int) string {
	return filepath.Join(c.brokerDir(i), "server.properties")
}

// format writes every broker's settings, and its storage where that is new.
func (c *kafkaCluster) format(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range c.brokers {
		if err := os.MkdirAll(c.brokerDir(i), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(c.propertiesFile(i), []byte(c.properties(i)), 0o644); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(c.logDir(i), "meta.properties")); err == nil {
			continue
		}
		group.Go(func() error {
			cmd := exec.CommandContext(ctx, c.java, "-Xmx128m", "-cp", filepath.Join(c.jars, "*"),
				"kafka.tools.StorageTool", "format", "-t", c.id, "-c", c.propertiesFile(i))
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("format broker %d's storage: %w\n%s", i+1, err, out)
			}
			return nil
		})
	}
	return group.Wait()
}

func (c *kafkaCluster) command(i int) command {
	return command{
		name: fmt.Sprintf("kafka%d", i+1), path: c.java, dir: c.brokerDir(i),
		args: append(append([]string{"-Xmx512m", "-XX:+ExitOnOutOfMemoryError", "-Dlog4j2.level=INFO", "-Djava.awt.headless=true"}, c.options...),
			"-cp", filepath.Join(c.jars, "*"), "kafka.Kafka", c.propertiesFile(i)),
		env: os.Environ(), log: filepath.Join(c.brokerDir(i), "kafka.log"), lifetime: c.lifetime,
		stop: syscall.SIGTERM, orphaned: syscall.SIGKILL,
	}
}

// ready tells whether all brokers are up and groups can be joined. The first look for a
// group's coordinator has the cluster make its offsets topic, which takes a moment that
// nobody's test should meet.
func (c *kafkaCluster) ready(ctx context.Context) error {
	for _, address := range addresses(c.brokers) {
		client := &kafka.Client{Addr: kafka.TCP(address), Timeout: 2 * time.Second, Transport: &kafka.Transport{
			Dial: (&net.Dialer{Timeout: time.Second}).DialContext, MetadataTTL: 100 * time.Millisecond,
		}}
		defer client.Transport.(*kafka.Transport).CloseIdleConnections()
		seen, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		if err != nil {
			return err
		}
		if len(seen.Brokers) < len(c.brokers) {
			return fmt.Errorf("%s knows %d of %d brokers", address, len(seen.Brokers), len(c.brokers))
		}
		found, err := client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: "ready", KeyType: kafka.CoordinatorKeyTypeConsumer})
		if err != nil {
			return err
		}
		if found.Error != nil {
			return found.Error
		}
	}
	return nil
}
