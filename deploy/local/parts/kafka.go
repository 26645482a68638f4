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
	cluster, err := StartKafka(ctx, KafkaOptions{Options: o, Brokers: brokers})
	if err != nil {
		return nil, err
	}
	return cluster.Part, nil
}

// KafkaOptions say what is special about a cluster.
type KafkaOptions struct {
	Options

	Brokers int // 1 or 3

	// Version of Apache Kafka; empty means the one that deploy/kafka names.
	Version string

	// Settings are further lines for the server.properties of broker i, counted from 0.
	// They win over the usual ones. Nil means none.
	Settings func(i int) []string

	// Advertised has an element for each further way into the cluster: what the brokers
	// advertise to clients that come in that way, host:port each, for instance of
	// proxies. Where those lead to is in [KafkaCluster.Ways].
	Advertised [][]string

	// Java are options of the brokers' JVMs, which win over ours, as -Xmx3g does.
	Java []string
}

// A KafkaCluster is a running cluster whose brokers can be stopped, through Processes,
// and started again one by one. It is used by one goroutine.
type KafkaCluster struct {
	*Part

	// Ways are, for each of KafkaOptions.Advertised, where the brokers listen.
	Ways [][]string

	cluster *kafkaCluster
}

// StartKafka is [Kafka] for who needs a cluster that is special.
func StartKafka(ctx context.Context, o KafkaOptions) (*KafkaCluster, error) {
	if o.Brokers != 1 && o.Brokers != 3 {
		return nil, fmt.Errorf("start kafka: %d brokers: 1 or 3 are possible", o.Brokers)
	}
	java, err := program("java")
	if err != nil {
		return nil, err
	}
	jars, err := kafkaJars(ctx, o.Options, o.Version)
	if err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	cluster, err := newKafkaCluster(o, java, jars)
	if err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	part := &Part{Dir: o.Dir, Addresses: addresses(cluster.brokers)}
	if err := cluster.format(ctx); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	for i := range o.Brokers {
		p, err := start(cluster.command(i))
		if err != nil {
			_ = part.Stop(ctx) // the first error is the one to read
			return nil, err
		}
		part.Processes = append(part.Processes, p)
	}
	for _, p := range part.Processes {
		if err := p.await(ctx, 60*time.Second, cluster.ready); err != nil {
			_ = part.Stop(ctx)
			return nil, err
		}
	}
	k := &KafkaCluster{Part: part, cluster: cluster}
	for _, w := range cluster.ways {
		k.Ways = append(k.Ways, addresses(w.ports))
	}
	return k, nil
}

// Start starts broker i, counted from 0, after its process has ended, and waits until it
// answers clients. Its replicas may still be catching up then.
func (k *KafkaCluster) Start(ctx context.Context, i int) error {
	p, err := start(k.cluster.command(i))
	if err != nil {
		return err
	}
	k.Processes[i] = p
	return p.await(ctx, 60*time.Second, func(ctx context.Context) error {
		return k.cluster.answers(ctx, k.Addresses[i], 1)
	})
}

// Use has brokers that are started from now on run another version of Kafka.
func (k *KafkaCluster) Use(ctx context.Context, version string) error {
	jars, err := kafkaJars(ctx, Options{}, version)
	if err != nil {
		return err
	}
	k.cluster.jars = jars
	return nil
}

// Tool runs one of Kafka's command-line tools, a class of its jars, and returns its output.
func (k *KafkaCluster) Tool(ctx context.Context, class string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, k.cluster.java,
		append([]string{"-Xmx128m", "-cp", filepath.Join(k.cluster.jars, "*"), class}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", class, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// A kafkaCluster is what its brokers' settings are made from.
type kafkaCluster struct {
	java, jars  string // the program; the directory of Kafka's jars
	dir         string
	id          string // 16 bytes, base64 without padding
	brokers     []int  // client ports
	controllers []int  // quorum ports
	lifetime    Lifetime
	extra       func(i int) []string // broker i's own settings; may be nil
	ways        []way
	options     []string // of the JVM
}

// A way is a further listener of each broker, which clients are told to find elsewhere.
type way struct {
	ports      []int
	advertised []string
}

func newKafkaCluster(o KafkaOptions, java, jars string) (*kafkaCluster, error) {
	c := &kafkaCluster{java: java, jars: jars, dir: o.Dir, lifetime: o.Lifetime, extra: o.Settings, options: o.Java}
	for i := range o.Brokers {
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
	for _, advertised := range o.Advertised {
		w := way{advertised: advertised}
		for range o.Brokers {
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
	for j, w := range c.ways {
		protocols += fmt.Sprintf(",WAY%d:PLAINTEXT", j)
		listeners += fmt.Sprintf(",WAY%d://%s", j, loopback(w.ports[i]))
		advertised += fmt.Sprintf(",WAY%d://%s", j, w.advertised[i])
	}
	lines := []string{
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

		// A topic that is told to keep little does so within seconds, not minutes.
		"log.retention.check.interval.ms=5000",

		// Tests join and leave groups all the time.
		"group.initial.rebalance.delay.ms=0",
		"group.min.session.timeout.ms=1000",
		"controlled.shutdown.retry.backoff.ms=500",
	}
	if c.extra != nil {
		lines = append(lines, c.extra(i)...)
	}
	return strings.Join(append(lines, ""), "\n")
}

func (c *kafkaCluster) brokerDir(i int) string {
	return filepath.Join(c.dir, fmt.Sprintf("broker%d", i+1))
}
func (c *kafkaCluster) logDir(i int) string { return filepath.Join(c.brokerDir(i), "data") }
func (c *kafkaCluster) settings(i int) string {
	return filepath.Join(c.brokerDir(i), "server.properties")
}

// format writes every broker's settings, and its storage where that is new.
func (c *kafkaCluster) format(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range c.brokers {
		if err := os.MkdirAll(c.brokerDir(i), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(c.settings(i), []byte(c.properties(i)), 0o644); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(c.logDir(i), "meta.properties")); err == nil {
			continue
		}
		group.Go(func() error {
			cmd := exec.CommandContext(ctx, c.java, "-Xmx128m", "-cp", filepath.Join(c.jars, "*"),
				"kafka.tools.StorageTool", "format", "-t", c.id, "-c", c.settings(i))
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
			"-cp", filepath.Join(c.jars, "*"), "kafka.Kafka", c.settings(i)),
		env: os.Environ(), log: filepath.Join(c.brokerDir(i), "kafka.log"), lifetime: c.lifetime,
		stop: syscall.SIGTERM, orphaned: syscall.SIGKILL,
	}
}

// ready tells whether all brokers are up and groups can be joined. The first look for a
// group's coordinator has the cluster make its offsets topic, which takes a moment that
// nobody's test should meet.
func (c *kafkaCluster) ready(ctx context.Context) error {
	for _, address := range addresses(c.brokers) {
		if err := c.answers(ctx, address, len(c.brokers)); err != nil {
			return err
		}
	}
	return nil
}

// answers tells whether a broker is up, knows so many brokers, and finds coordinators.
func (c *kafkaCluster) answers(ctx context.Context, address string, brokers int) error {
	client := &kafka.Client{Addr: kafka.TCP(address), Timeout: 2 * time.Second, Transport: &kafka.Transport{
		Dial: (&net.Dialer{Timeout: time.Second}).DialContext, MetadataTTL: 100 * time.Millisecond,
	}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	seen, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(seen.Brokers) < brokers {
		return fmt.Errorf("%s knows %d of %d brokers", address, len(seen.Brokers), brokers)
	}
	found, err := client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: "ready", KeyType: kafka.CoordinatorKeyTypeConsumer})
	if err != nil {
		return err
	}
	return found.Error
}
