package fetch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/deploy/local/stacktest"
)

// topic makes a topic of one partition that goes with the test.
func topic(t *testing.T, brokers []string, timestampType string) string {
	t.Helper()
	var id [6]byte
	rand.Read(id[:])
	name := "fetch-test-" + hex.EncodeToString(id[:])
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 20 * time.Second}
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: name, NumPartitions: 1, ReplicationFactor: 1,
		ConfigEntries: []kafka.ConfigEntry{{ConfigName: "message.timestamp.type", ConfigValue: timestampType}},
	}}})
	if err == nil {
		err = res.Errors[name]
	}
	if err != nil {
		t.Fatalf("create topic: %v", err)
	}
	t.Cleanup(func() {
		client.DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: []string{name}})
	})
	awaitLeader(t, client, name)
	return name
}

// awaitLeader waits until the broker leads the topic's partition, which metadata say a
// little before it does.
func awaitLeader(t *testing.T, client *kafka.Client, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{name: {kafka.FirstOffsetOf(0)}},
		})
		if err == nil && len(res.Topics[name]) == 1 && res.Topics[name][0].Error == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("topic %s has no leader: %v", name, err)
		case <-tick.C:
		}
	}
}

func client(t *testing.T, brokers []string) *Client {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{Transport: transport, Addr: kafka.TCP(brokers...), ClientID: "fetch-test"}
}

func producer(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	p, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// request is for a topic's first records.
func request(t *testing.T, c *Client, name string) Request {
	t.Helper()
	topic, err := c.Topic(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return Request{Topic: name, TopicID: topic.ID, LastEpoch: -1, MaxBytes: 1 << 20, MaxWait: time.Second}
}

// drain fetches from offset 0 until count records are there.
func drain(t *testing.T, c *Client, topic string, count int) []Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var all []Record
	for next := request(t, c, topic); len(all) < count; {
		res, err := c.Fetch(ctx, next)
		if err != nil {
			t.Fatalf("after %d records: %v", len(all), err)
		}
		t.Cleanup(res.Close) // its records are looked at until then
		for {
			rec, err := res.Next(roomy)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rec)
		}
		next.Offset, next.LastEpoch = res.NextOffset(), res.LastEpoch()
	}
	return all
}

func TestKafkaStampsAreRead(t *testing.T) {
	brokers := stacktest.Kafka(t)
	claimed := time.UnixMilli(981_173_106_000)
	for _, tt := range []struct {
		kind    string
		stamped bool
	}{{"LogAppendTime", true}, {"CreateTime", false}} {
		t.Run(tt.kind, func(t *testing.T) {
			name := topic(t, brokers, tt.kind)
			before := time.Now().Add(-time.Second)
			p := producer(t, brokers)
			if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: name, Value: []byte("v"), Timestamp: claimed}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			rec := drain(t, client(t, brokers), name, 1)[0]
			if rec.Stamped != tt.stamped {
				t.Errorf("stamped is %v", rec.Stamped)
			}
			if tt.stamped && rec.Time.Before(before) || !tt.stamped && !rec.Time.Equal(claimed) {
				t.Errorf("got time %v; the producer claimed %v", rec.Time, claimed)
			}
		})
	}
}

func TestKafkaCodecs(t *testing.T) {
	brokers := stacktest.Kafka(t)
	name := topic(t, brokers, "LogAppendTime")
	sent := 0
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		p := producer(t, brokers, kgo.ProducerBatchCompression(codec))
		batch := []*kgo.Record{
			{Topic: name, Key: []byte("k"), Value: make([]byte, 5000), Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("b")}, {Key: "null"}}},
			{Topic: name, Key: []byte{}, Value: []byte{}},
			{Topic: name},
		}
		if err := p.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		sent += len(batch)
	}
	for i, rec := range drain(t, client(t, brokers), name, sent) {
		if rec.Offset != int64(i) || rec.Unread != Whole {
			t.Fatalf("record %d: offset %d, unread %d", i, rec.Offset, rec.Unread)
		}
		switch i % 3 {
		case 0:
			if string(rec.Key) != "k" || len(rec.Value) != 5000 || len(rec.Headers) != 2 || string(rec.Headers[0].Value) != "b" || rec.Headers[1].Value != nil {
				t.Errorf("record %d: key %q, %d bytes, headers %v", i, rec.Key, len(rec.Value), rec.Headers)
			}
		case 1:
			if rec.Key == nil || rec.Value == nil || len(rec.Key)+len(rec.Value) != 0 {
				t.Errorf("record %d: key %v, value %v, want both empty, not null", i, rec.Key, rec.Value)
			}
		case 2:
			if rec.Key != nil || rec.Value != nil {
				t.Errorf("record %d: key %v, value %v, want both null", i, rec.Key, rec.Value)
			}
		}
	}
}

func TestKafkaAbortedTransactionsAreLeftOut(t *testing.T) {
	brokers := stacktest.Kafka(t)
	name := topic(t, brokers, "LogAppendTime")
	p := producer(t, brokers, kgo.TransactionalID(name))
	for _, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		if err := p.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		value := "kept"
		if commit == kgo.TryAbort {
			value = "aborted"
		}
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: name, Value: []byte(value)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := p.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	recs := drain(t, client(t, brokers), name, 2)
	if len(recs) != 2 || string(recs[0].Value) != "kept" || string(recs[1].Value) != "kept" {
		t.Errorf("got %d records, want the two kept", len(recs))
	}
}

func TestKafkaOffsetOutOfRange(t *testing.T) {
	brokers := stacktest.Kafka(t)
	name := topic(t, brokers, "LogAppendTime")
	c := client(t, brokers)
	req := request(t, c, name)
	req.Offset = 99
	_, err := c.Fetch(t.Context(), req)
	if !errors.Is(err, kafka.OffsetOutOfRange) {
		t.Errorf("got %v", err)
	}
}

// A batch larger than what was asked for comes whole, and what was reserved for it is
// given back, also where the caller goes while there is no room yet.
func TestKafkaReservation(t *testing.T) {
	brokers := stacktest.Kafka(t)
	name := topic(t, brokers, "LogAppendTime")
	p := producer(t, brokers, kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: name, Value: make([]byte, 900_000)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c := client(t, brokers)
	req := request(t, c, name)
	req.MaxBytes = 1000
	var asked int64
	released := 0
	c.Reserve = func(_ context.Context, size int64) (func(), error) {
		asked = size
		return func() { released++ }, nil
	}
	res, err := c.Fetch(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := res.Next(roomy)
	if err != nil || len(rec.Value) != 900_000 || asked < 900_000 {
		t.Errorf("got %d bytes, err %v, reserved %d", len(rec.Value), err, asked)
	}
	res.Close()
	res.Close()
	if released != 1 {
		t.Errorf("released %d times", released)
	}

	ctx, cancel := context.WithCancel(t.Context())
	c.Reserve = func(ctx context.Context, _ int64) (func(), error) {
		cancel() // while it waits for room
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if _, err := c.Fetch(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
