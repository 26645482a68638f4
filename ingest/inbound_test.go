package ingest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/ingest/fetch"
)

// often makes a gateway notice soon what becomes of inbound.
func often(c *Config) { c.watchEvery = 100 * time.Millisecond }

// grow raises a topic's number of partitions, and waits until they have leaders.
func (w *world) grow(topic string, partitions int) {
	w.t.Helper()
	res, err := w.client().CreatePartitions(w.t.Context(), &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: int32(partitions)}},
	})
	if err == nil {
		err = res.Errors[topic]
	}
	if err != nil {
		w.t.Fatalf("grow %s: %v", topic, err)
	}
	for id := range partitions {
		eventually(w.t, fmt.Sprintf("%s/%d has a leader", topic, id), func() bool { return w.leads(topic, id) })
	}
}

// leads tells whether a partition's leader serves it, which metadata say a little before.
func (w *world) leads(topic string, id int) bool {
	res, err := w.client().ListOffsets(w.t.Context(), &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: {kafka.FirstOffsetOf(id)}},
	})
	return err == nil && len(res.Topics[topic]) == 1 && res.Topics[topic][0].Error == nil
}

// sendTo appends n records to each of some partitions, by a producer that knows them.
func (w *world) sendTo(n int, partitions ...int) []*kgo.Record {
	w.t.Helper()
	w.connect()
	var sent []*kgo.Record
	for i := range n {
		for _, p := range partitions {
			sent = append(sent, &kgo.Record{Partition: int32(p), Key: []byte("broker-1"), Value: document(i)})
		}
	}
	w.send(sent...)
	return sent
}

// What is sent to a partition before anybody knows of it is judged from its start, also by
// a group that began at the end of what there was.
func TestNewPartitionsOnKafka(t *testing.T) {
	for _, latest := range []bool{false, true} {
		t.Run(fmt.Sprint("latest ", latest), func(t *testing.T) {
			w := realWorld(t, 2)
			sent := w.sendTo(5, 0, 1)
			change := func(c *Config) { often(c); c.StartLatest = latest }
			gateways := []*running{w.start(Parts{}, change)}
			eventually(t, "begun", func() bool { return w.committed()[0] == 5 && w.committed()[1] == 5 })
			if latest {
				sent = nil
			}
			gateways = append(gateways, w.start(Parts{}, change))
			eventually(t, "both in the group", func() bool {
				return gateways[0].Ready() == nil && count(gateways[0].metrics.generation) == count(gateways[1].metrics.generation)
			})
			for _, kind := range kinds[1:] {
				w.grow(w.topics.name(kind), 4)
			}
			w.grow(w.topics.Inbound, 4)
			w.partitions = 4
			sent = append(sent, w.sendTo(10, 0, 1, 2, 3)...)
			got := w.outcomes(len(sent))
			w.checkNoneLost(w.byID(sent), got)
			eventuallyCommitted(t, w, sent)
			for _, g := range gateways {
				eventually(t, "ready", func() bool { return g.Ready() == nil })
			}
		})
	}
}

// A partition that the outputs have none for waits, says so, and goes on by itself once
// they have; the others don't wait for it.
func TestNewPartitionWaitsForOutputsOnKafka(t *testing.T) {
	w := realWorld(t, 1)
	g := w.start(Parts{}, often)
	sent := w.sendTo(5, 0)
	eventuallyCommitted(t, w, sent)
	w.grow(w.topics.Inbound, 2)
	sent = append(sent, w.sendTo(5, 0, 1)...)
	paused := g.metrics.paused.WithLabelValues(string(StageProduce))
	eventually(t, "the new partition waits", func() bool { return count(paused) == 1 })
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), w.topics.Rejected+"/1") {
		t.Errorf("ready: %v", err)
	}
	eventually(t, "the other goes on", func() bool { return w.committed()[0] == 10 })
	w.partitions = 2
	if offset := w.committed()[1]; offset > 0 {
		t.Errorf("committed %d of a partition without outputs", offset)
	}
	for _, kind := range kinds[1:] {
		w.grow(w.topics.name(kind), 2)
	}
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	eventuallyCommitted(t, w, sent)
	eventually(t, "ready again", func() bool { return g.Ready() == nil && count(paused) == 0 })
}

// A partition that whoever assigned had not heard of yet, when others had, is found because
// nobody has it: its records would else wait until the group is next disturbed.
func TestPartitionThatNobodyHasIsAssigned(t *testing.T) {
	w := fakeWorld(t, 1)
	g := w.start(Parts{}, often)
	sent := w.sendTo(5, 0)
	eventuallyCommitted(t, w, sent)

	const assigners = 6 // the version of the library's group; other requests are of later ones
	var behind atomic.Int32
	behind.Store(3)
	w.fake.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if asked := req.(*kmsg.MetadataRequest); asked.Version != assigners || behind.Add(-1) < 0 {
			return nil, nil, false
		}
		return w.onePartition(req), nil, true
	})
	for _, kind := range kinds {
		w.grow(w.topics.name(kind), 2)
	}
	w.partitions = 2
	sent = append(sent, w.sendTo(5, 0, 1)...)
	eventuallyCommitted(t, w, sent)
	if n := behind.Load(); n >= 0 {
		t.Errorf("assigned in time: %d more assignments would have been made from what was before", n)
	}
	settled := count(g.metrics.generation)
	var looks atomic.Int32
	w.fake.ControlKey(int16(kmsg.DescribeGroups), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		looks.Add(1)
		return nil, nil, false
	})
	eventually(t, "looked at again, to the end", func() bool { return looks.Load() >= 2 }) // one after another
	if now := count(g.metrics.generation); now != settled {
		t.Errorf("generation %d became %d though every partition was assigned", settled, now)
	}
}

// A member that joins again as it was gets what it had: whoever finds that a partition is
// nobody's has the group assign anew, also where it is not the one that assigns.
func TestAnyMemberHasTheGroupAssignAnewOnKafka(t *testing.T) {
	w := realWorld(t, 2)
	first := w.start(Parts{}, func(c *Config) { c.watchEvery = time.Hour })
	sent := w.sendTo(5, 0, 1)
	eventuallyCommitted(t, w, sent)
	second := w.start(Parts{}, often)
	eventually(t, "both in the group", func() bool {
		return second.Ready() == nil && count(first.metrics.generation) == count(second.metrics.generation)
	})
	for _, kind := range kinds {
		w.grow(w.topics.name(kind), 4)
	}
	w.partitions = 4
	sent = append(sent, w.sendTo(5, 0, 1, 2, 3)...)
	eventuallyCommitted(t, w, sent)
	if n := second.rejoins.Load(); n == 0 || n > 3 { // whoever assigns may hear of the partitions later
		t.Errorf("asked %d times", n)
	}
}

// onePartition answers what inbound was before it grew.
func (w *world) onePartition(req kmsg.Request) kmsg.Response {
	res := req.ResponseKind().(*kmsg.MetadataResponse)
	host, port, _ := net.SplitHostPort(w.brokers[0])
	broker := kmsg.NewMetadataResponseBroker()
	broker.Host = host
	number, _ := strconv.Atoi(port)
	broker.Port = int32(number)
	res.Brokers = append(res.Brokers, broker)
	partition := kmsg.NewMetadataResponseTopicPartition()
	partition.Replicas, partition.ISR = []int32{0}, []int32{0}
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic, topic.Partitions = &w.topics.Inbound, append(topic.Partitions, partition)
	res.Topics = append(res.Topics, topic)
	return res
}

// remake deletes inbound, and makes it anew with as many partitions.
func (w *world) remake(between func()) {
	w.t.Helper()
	name := w.topics.Inbound
	asks := &fetch.Client{Transport: &kafka.Transport{}, Addr: kafka.TCP(w.brokers...)}
	defer asks.Transport.(*kafka.Transport).CloseIdleConnections()
	before, err := asks.Topic(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.client().DeleteTopics(w.t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{name}}); err != nil {
		w.t.Fatal(err)
	}
	between()
	eventually(w.t, "inbound made anew", func() bool {
		res, err := w.client().CreateTopics(w.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
			{Topic: name, NumPartitions: w.partitions, ReplicationFactor: w.replicas}}})
		return err == nil && res.Errors[name] == nil
	})
	eventually(w.t, "brokers know of it", func() bool {
		now, err := asks.Topic(w.t.Context(), name)
		return err == nil && now.ID != before.ID
	})
	for id := range w.partitions {
		eventually(w.t, "inbound has a leader again", func() bool { return w.leads(name, id) })
	}
}

// Offsets of a topic mean nothing in one that was made anew under its name, also where it
// has more records already: nothing of it is judged until a person has decided.
func TestRemadeTopicHaltsOnKafka(t *testing.T) {
	for name, change := range map[string]func(*Config){"before anybody noticed": nil, "after it was missed": often} {
		t.Run(name, func(t *testing.T) {
			w := realWorld(t, 2)
			sent := w.sendTo(10, 0, 1)
			g := w.start(Parts{}, change)
			eventuallyCommitted(t, w, sent)
			generation := count(g.metrics.generation)
			w.remake(func() {
				if change == nil {
					return
				}
				failures := g.metrics.retries.WithLabelValues(string(StageJoin))
				eventually(t, "missed for a while", func() bool { return count(failures) > 3 })
				if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "Unknown Topic Or Partition") {
					t.Errorf("ready: %v", err)
				}
				if now := count(g.metrics.generation); now != generation {
					t.Errorf("generation %d became %d while the topic was away: joins again and again", generation, now)
				}
			})
			more := w.sendTo(30, 0, 1)
			eventually(t, "halted", func() bool { return count(g.metrics.halted) == 2 })
			if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "made anew") {
				t.Errorf("ready: %v", err)
			}
			if n := w.stored(Rejected); n != int64(len(sent)) {
				t.Errorf("%d outcomes, of %d records of the first topic", n, len(sent))
			}
			g.stop()
			// Kafka has removed the group's offsets with the topic, so the group is new.
			eventually(t, "offsets removed", func() bool { return w.committed()[0] < 0 && w.committed()[1] < 0 })
			w.start(Parts{}, nil)
			eventually(t, "judged from its start", func() bool { return w.stored(Rejected) == int64(len(sent)+len(more)) })
		})
	}
}

// An offset that outlived its topic halts the partition in a new run as well, until a
// person sets another.
func TestOffsetOfAnotherTopicHaltsOnKafka(t *testing.T) {
	w := realWorld(t, 1)
	sent := w.sendTo(10, 0)
	first := w.start(Parts{}, nil)
	eventuallyCommitted(t, w, sent)
	first.stop()
	before := w.metadata(0)
	if !strings.HasPrefix(before, idPrefix) {
		t.Fatalf("committed metadata %q", before)
	}
	w.remake(func() {})
	eventually(t, "offsets removed", func() bool { return w.committed()[0] < 0 })
	w.sendTo(30, 0)
	w.setOffset(10, before)

	second := w.start(Parts{}, nil)
	eventually(t, "halted", func() bool { return count(second.metrics.halted) == 1 })
	if n := w.stored(Rejected); n != 10 {
		t.Errorf("%d outcomes", n)
	}
	second.stop()
	if offset := w.committed()[0]; offset != 10 {
		t.Errorf("committed %d by a halted gateway", offset)
	}

	w.setOffset(25, "") // as kafka-consumer-groups --reset-offsets does
	w.start(Parts{}, nil)
	eventually(t, "goes on from where it was told to", func() bool { return w.stored(Rejected) == 15 && w.committed()[0] == 30 })
	if after := w.metadata(0); after == before || !strings.HasPrefix(after, idPrefix) {
		t.Errorf("committed metadata %q, before %q", after, before)
	}
}

// A broker that says once that the records to go on from are not there, as one may that led
// the partition before it lost its disk and is still asked, halts nothing.
func TestFirstWordOfALossIsDoubted(t *testing.T) {
	w := fakeWorld(t, 1)
	g := w.start(Parts{}, nil)
	sent := w.sendTo(5, 0)
	eventuallyCommitted(t, w, sent)
	var said atomic.Int32
	w.fake.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		asked := req.(*kmsg.FetchRequest)
		if asked.Version != fetch.Version || said.Add(1) > 3 { // the test's own reader speaks a later one
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.FetchResponse)
		topic := kmsg.NewFetchResponseTopic()
		topic.TopicID = asked.Topics[0].TopicID
		partition := kmsg.NewFetchResponseTopicPartition()
		partition.ErrorCode = int16(kafka.OffsetOutOfRange)
		topic.Partitions = append(topic.Partitions, partition)
		res.Topics = append(res.Topics, topic)
		return res, nil, true
	})
	sent = append(sent, w.sendTo(5, 0)...)
	eventuallyCommitted(t, w, sent)
	if n := said.Load(); n < 3 {
		t.Errorf("said %d times", n)
	}
	if n := count(g.metrics.halted); n != 0 {
		t.Errorf("%d partitions halted", n)
	}
}

// setOffset commits an offset of partition 0 while the group has no member.
func (w *world) setOffset(offset int64, metadata string) {
	w.t.Helper()
	eventually(w.t, "an offset set by hand", func() bool {
		res, err := w.client().OffsetCommit(w.t.Context(), &kafka.OffsetCommitRequest{GroupID: w.group, GenerationID: -1,
			Topics: map[string][]kafka.OffsetCommit{w.topics.Inbound: {{Partition: 0, Offset: offset, Metadata: metadata}}}})
		return err == nil && res.Topics[w.topics.Inbound][0].Error == nil
	})
}

// metadata is what was committed with a partition's offset.
func (w *world) metadata(partition int) string {
	w.t.Helper()
	res, err := w.client().OffsetFetch(context.WithoutCancel(w.t.Context()), &kafka.OffsetFetchRequest{
		GroupID: w.group, Topics: map[string][]int{w.topics.Inbound: {partition}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.Topics[w.topics.Inbound][0].Metadata
}
