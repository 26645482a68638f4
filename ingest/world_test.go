package ingest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/verifier"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// A world is a cluster with four topics of a test's own.
type world struct {
	t          testing.TB
	brokers    []string
	partitions int
	replicas   int
	inboundOn  []int // ids of the brokers that have inbound, the leader first; nil: theirs to choose
	topics     Topics
	group      string
	stamps     bool // whether the cluster can put its own time on records
	fake       *kfake.Cluster
	producer   *kgo.Client
}

func newWorld(t testing.TB, partitions int) *world {
	var id [5]byte
	rand.Read(id[:])
	name := "ingest-test-" + hex.EncodeToString(id[:])
	return &world{t: t, partitions: partitions, replicas: 1, group: name,
		topics: Topics{name + ".inbound", name + ".verified", name + ".rejected", name + ".quarantine"}}
}

// realWorld is on the stack's Kafka.
func realWorld(t testing.TB, partitions int) *world {
	t.Helper()
	w := newWorld(t, partitions)
	w.brokers, w.stamps = stacktest.Kafka(t), true
	w.create()
	w.connect()
	return w
}

// fakeWorld is on a broker in this process, which can be told to misbehave.
func fakeWorld(t *testing.T, partitions int, opts ...kfake.Opt) *world {
	t.Helper()
	w := newWorld(t, partitions)
	var err error
	w.fake, err = kfake.NewCluster(append(opts,
		kfake.NumBrokers(1),
		kfake.SeedTopics(int32(partitions), w.topics.Inbound, w.topics.Verified, w.topics.Rejected, w.topics.Quarantine),
		kfake.GroupMinSessionTimeout(time.Second),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.fake.Close)
	w.brokers = w.fake.ListenAddrs()
	for _, kind := range kinds[1:] {
		w.alter(w.topics.name(kind), maxMessage, "1200000")
	}
	w.connect()
	return w
}

func (w *world) client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(w.brokers...), Timeout: 20 * time.Second}
}

func (w *world) create() {
	w.t.Helper()
	var topics []kafka.TopicConfig
	for _, kind := range kinds {
		c := kafka.TopicConfig{Topic: w.topics.name(kind), NumPartitions: w.partitions, ReplicationFactor: w.replicas}
		if kind == Inbound {
			c.ConfigEntries = []kafka.ConfigEntry{{ConfigName: timestampType, ConfigValue: "LogAppendTime"}}
			if w.inboundOn != nil {
				c.NumPartitions, c.ReplicationFactor = -1, -1
				c.ReplicaAssignments = []kafka.ReplicaAssignment{{Partition: 0, Replicas: w.inboundOn}}
			}
		} else {
			c.ConfigEntries = []kafka.ConfigEntry{{ConfigName: maxMessage, ConfigValue: "1200000"}}
		}
		topics = append(topics, c)
	}
	var res *kafka.CreateTopicsResponse
	eventually(w.t, "topics", func() (made bool) { // a kept connection may be to a broker that was ended
		var err error
		res, err = w.client().CreateTopics(w.t.Context(), &kafka.CreateTopicsRequest{Topics: topics})
		return err == nil
	})
	var names []string
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			w.t.Fatalf("create topic %s: %v", name, err)
		}
		names = append(names, name)
	}
	w.t.Cleanup(func() {
		w.client().DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: names})
	})
}

func (w *world) alter(topic, setting, value string) {
	w.t.Helper()
	res, err := w.client().IncrementalAlterConfigs(w.t.Context(), &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: setting, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
		}},
	})
	if err == nil {
		err = res.Resources[0].Error
	}
	if err != nil {
		w.t.Fatalf("set %s of %s: %v", setting, topic, err)
	}
	eventually(w.t, "setting "+setting, func() bool { return w.setting(topic, setting) == value })
}

func (w *world) setting(topic, name string) string {
	w.t.Helper()
	res, err := w.client().DescribeConfigs(w.t.Context(), &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{name}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range res.Resources[0].ConfigEntries {
		if e.ConfigName == name {
			return e.ConfigValue
		}
	}
	return ""
}

func (w *world) connect() {
	var err error
	w.producer, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerBatchMaxBytes(1_000_000))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.producer.Close)
}

// send appends records to the inbound topic, in many small batches.
func (w *world) send(records ...*kgo.Record) {
	w.t.Helper()
	for few := range slices.Chunk(records, 20) {
		for _, r := range few {
			r.Topic = w.topics.Inbound
		}
		if err := w.producer.ProduceSync(w.t.Context(), few...).FirstErr(); err != nil {
			w.t.Fatalf("send: %v", err)
		}
	}
}

// An outcome is a record on one of the outputs.
type outcome struct {
	kind Kind
	*kgo.Record
}

func (o outcome) header(name string) string {
	for _, h := range o.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// fromStart reads topics from their beginning. Its caller closes it.
func (w *world) fromStart(topics ...string) *kgo.Client {
	w.t.Helper()
	reader, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		w.t.Fatal(err)
	}
	return reader
}

// outcomes reads the outputs from their start until they hold so many distinct event
// ids, and a moment longer than the slowest duplicate of an earlier one. Those of one
// partition and output are in its order.
func (w *world) outcomes(ids int) []outcome {
	w.t.Helper()
	kindOf := map[string]Kind{}
	for _, k := range kinds[1:] {
		kindOf[w.topics.name(k)] = k
	}
	reader := w.fromStart(w.topics.Verified, w.topics.Rejected, w.topics.Quarantine)
	defer reader.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var all []outcome
	seen := map[string]bool{}
	for len(seen) < ids && !w.t.Failed() {
		fetches := reader.PollFetches(ctx)
		if ctx.Err() != nil {
			w.t.Fatalf("after %v there are %d of %d event ids", patience, len(seen), ids)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			o := outcome{kindOf[r.Topic], r}
			all = append(all, o)
			seen[o.header(HeaderEventID)] = true
		})
	}
	if len(seen) > ids {
		w.t.Fatalf("there are %d event ids, want %d", len(seen), ids)
	}
	return all
}

// stored is how many records some outputs hold, once the leaders of all their partitions say.
func (w *world) stored(outputs ...Kind) (n int64) {
	w.t.Helper()
	topics := map[string][]kafka.OffsetRequest{}
	for _, kind := range outputs {
		for p := range w.partitions {
			topics[w.topics.name(kind)] = append(topics[w.topics.name(kind)], kafka.LastOffsetOf(p))
		}
	}
	settled(w.t, "the outputs' ends", func() bool {
		n = 0
		res, err := w.client().ListOffsets(w.t.Context(), &kafka.ListOffsetsRequest{Topics: topics})
		if err != nil {
			return false
		}
		for _, partitions := range res.Topics {
			for _, p := range partitions {
				if p.Error != nil {
					return false
				}
				n += p.LastOffset
			}
		}
		return true
	})
	return n
}

// committed is what the group has committed, by partition; -1 where nothing is.
func (w *world) committed() (offsets map[int]int64) {
	w.t.Helper()
	var ids []int
	for p := range w.partitions {
		ids = append(ids, p)
	}
	eventually(w.t, "the group's offsets", func() bool {
		res, err := w.client().OffsetFetch(w.t.Context(), &kafka.OffsetFetchRequest{
			GroupID: w.group, Topics: map[string][]int{w.topics.Inbound: ids},
		})
		if err != nil || res.Error != nil {
			return false
		}
		offsets = map[int]int64{}
		for _, p := range res.Topics[w.topics.Inbound] {
			if p.Error != nil {
				return false
			}
			offsets[p.Partition] = p.CommittedOffset
		}
		return true
	})
	return offsets
}

// A running gateway, in this process.
type running struct {
	*Gateway
	stop func() // and wait; fails the test if the gateway did not stop cleanly
}

// start runs a gateway until it is stopped, at the latest by the test's end.
func (w *world) start(parts Parts, change func(*Config)) *running {
	w.t.Helper()
	g := w.gateway(parts, change)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := g.Run(ctx)
		if err != nil {
			w.t.Errorf("gateway ended: %v", err)
		}
		ended <- err
	}()
	stopped := false
	r := &running{Gateway: g}
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-ended
		g.cluster.Transport.CloseIdleConnections()
	}
	w.t.Cleanup(r.stop)
	return r
}

func (w *world) gateway(parts Parts, change func(*Config)) *Gateway {
	w.t.Helper()
	cfg := Config{Group: w.group, Topics: w.topics, AcceptCreateTime: !w.stamps,
		CommitEvery: 20 * time.Millisecond, Session: 6 * time.Second}
	if change != nil {
		change(&cfg)
	}
	if parts.Cluster.Transport == nil {
		parts.Cluster = w.cluster(Dial)
	}
	if parts.Engine == nil {
		parts.Engine = newEngine(w.t)
	}
	if parts.Registry == nil {
		parts.Registry = newRegistry(w.t)
	}
	parts.Metrics = prometheus.NewRegistry()
	parts.Log = slog.New(slog.NewTextHandler(logTo{w.t}, nil))
	g, err := New(cfg, parts)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func (w *world) cluster(dial dialFunc) Cluster {
	return Cluster{
		Brokers:   w.brokers,
		Transport: &kafka.Transport{Dial: dial, ClientID: "ingest-test", MetadataTTL: time.Second},
		Dialer:    &kafka.Dialer{DialFunc: dial, ClientID: "ingest-test", Timeout: 5 * time.Second},
	}
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	poll(t, 5*time.Millisecond, patience, what, holds)
}

func poll(t testing.TB, every, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !holds() && !t.Failed() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(every)
	}
}

// count reads a metric of the running gateway.
func count(m prometheus.Collector) int { return int(testutil.ToFloat64(m)) }

// logTo keeps a gateway's log with its test, whose end it may outlive by a line.
type logTo struct{ t testing.TB }

func (l logTo) Write(line []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Logf("%s", line)
	}
	return len(line), nil
}

// registryFunc is a registry for what a real one doesn't do on demand.
type registryFunc func(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error)

func (f registryFunc) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	return f(ctx, accounts, hints, since)
}

// engineFunc is an engine for the same.
type engineFunc func(doc []byte) *verifier.Message

func (f engineFunc) ReadAll(docs [][]byte) []*verifier.Message {
	var all []*verifier.Message
	for _, doc := range docs {
		all = append(all, f(doc))
	}
	return all
}

// checkNoneLost fails unless every record sent has an outcome with its bytes, and the
// first outcomes of each partition and output are in the order of their records.
func (w *world) checkNoneLost(sent map[string]*kgo.Record, got []outcome) {
	w.t.Helper()
	seen := map[string]bool{}
	last := map[string]int64{} // by output and partition: the latest first outcome's source offset
	for _, o := range got {
		id := o.header(HeaderEventID)
		in := sent[id]
		if in == nil {
			w.t.Fatalf("outcome %s of a record that was not sent", o.header(HeaderSource))
		}
		if string(in.Value) != string(o.Value) || string(in.Key) != string(o.Key) {
			w.t.Errorf("%s: bytes differ", o.header(HeaderSource))
		}
		if o.Partition != in.Partition {
			w.t.Errorf("%s came out in partition %d", o.header(HeaderSource), o.Partition)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		where := fmt.Sprint(o.kind, o.Partition)
		if before, ok := last[where]; ok && before > in.Offset {
			w.t.Errorf("partition %d: the %s record of offset %d came before that of %d", o.Partition, o.kind, before, in.Offset)
		}
		last[where] = in.Offset
	}
	for id, in := range sent {
		if !seen[id] {
			w.t.Errorf("lost: partition %d, offset %d", in.Partition, in.Offset)
		}
	}
}

// byID indexes records that were sent by their outcome's event id.
func (w *world) byID(records []*kgo.Record) map[string]*kgo.Record {
	all := map[string]*kgo.Record{}
	for _, r := range records {
		all[Source{w.topics.Inbound, int(r.Partition), r.Offset}.EventID()] = r
	}
	return all
}

// kindsOf lists the outputs that outcomes are on, for messages.
func kindsOf(os []outcome) []string {
	var ks []string
	for _, o := range os {
		ks = append(ks, string(o.kind)+" "+o.header(HeaderReason))
	}
	slices.Sort(ks)
	return slices.Compact(ks)
}
