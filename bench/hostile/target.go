package hostile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
)

// A Target is one partition of the inbound topic that loads are appended to, and of the
// outputs. Safe for concurrent use.
type Target struct {
	brokers   []string
	topics    ingest.Topics
	partition int
	client    *kafka.Client
	transport *kafka.Transport

	before int64            // outcomes that were there before the first load
	from   map[string]int64 // where what wasn't forgotten begins, by topic

	mu   sync.Mutex
	sent map[int64]Want // guarded by mu; by offset
}

// NewTarget returns a target to which nothing was sent. Close it.
func NewTarget(brokers []string, topics ingest.Topics, partition int) *Target {
	transport := &kafka.Transport{ClientID: "hostile"}
	return &Target{
		brokers: brokers, topics: topics, partition: partition, transport: transport,
		client: &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 2 * time.Minute, Transport: transport},
		sent:   make(map[int64]Want),
		from:   make(map[string]int64),
	}
}

// Begin has Await not count the outcomes that are there already.
func (t *Target) Begin(ctx context.Context) (err error) {
	t.before, err = t.stored(ctx)
	return err
}

// Forget has the brokers delete what was sent and what came of it, for the room that both
// take. All of it must have been read, and nothing may be sent meanwhile.
func (t *Target) Forget(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(t.brokers...))
	if err != nil {
		return err
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 10_000
	for _, topic := range append(slices.Collect(maps.Values(t.outputs())), t.topics.Inbound) {
		partition := kmsg.NewDeleteRecordsRequestTopicPartition()
		partition.Partition, partition.Offset = int32(t.partition), -1 // all
		of := kmsg.NewDeleteRecordsRequestTopic()
		of.Topic, of.Partitions = topic, append(of.Partitions, partition)
		req.Topics = append(req.Topics, of)
	}
	res, err := req.RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("delete records: %w", err)
	}
	for _, topic := range res.Topics {
		for _, p := range topic.Partitions {
			if p.ErrorCode != 0 {
				return fmt.Errorf("delete records of %s/%d: %w", topic.Topic, p.Partition, kafka.Error(p.ErrorCode))
			}
			t.from[topic.Topic] = p.LowWatermark
		}
	}
	t.mu.Lock()
	clear(t.sent)
	t.mu.Unlock()
	return t.Begin(ctx)
}

// Close closes the connections.
func (t *Target) Close() { t.transport.CloseIdleConnections() }

// Send appends a load, and returns once it is acknowledged. Nothing is sent twice.
func (t *Target) Send(ctx context.Context, l Load) error {
	size := binary.BigEndian.AppendUint32(nil, uint32(len(l.Batch)))
	res, err := t.client.RawProduce(ctx, &kafka.RawProduceRequest{
		Topic: t.topics.Inbound, Partition: t.partition, RequiredAcks: kafka.RequireAll,
		RawRecords: protocol.RawRecordSet{Reader: io.MultiReader(bytes.NewReader(size), bytes.NewReader(l.Batch))},
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("append load %q of %d bytes: %w", l.Name, len(l.Batch), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, w := range l.Want {
		t.sent[res.BaseOffset+int64(i)] = w
	}
	return nil
}

// Sent is how many records were sent that aren't forgotten.
func (t *Target) Sent() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sent)
}

// Await returns once the outputs hold as many outcomes as records were sent, or an error
// that says how many are missing.
func (t *Target) Await(ctx context.Context, within time.Duration) error {
	return rig.Eventually(ctx, "every hostile record has an outcome", within, func(ctx context.Context) (bool, error) {
		behind, err := t.Behind(ctx)
		if err != nil {
			return false, err
		}
		return behind <= 0, fmt.Errorf("%d of %d have none", behind, t.Sent())
	})
}

// stored is how many outcomes the outputs hold.
func (t *Target) stored(ctx context.Context) (n int64, err error) {
	asked := map[string][]kafka.OffsetRequest{}
	for _, topic := range t.outputs() {
		asked[topic] = []kafka.OffsetRequest{kafka.LastOffsetOf(t.partition)}
	}
	res, err := t.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: asked})
	if err != nil {
		return 0, fmt.Errorf("count outcomes: %w", err)
	}
	for _, partitions := range res.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return 0, fmt.Errorf("count outcomes: %w", p.Error)
			}
			n += p.LastOffset
		}
	}
	return n, nil
}

func (t *Target) outputs() map[ingest.Kind]string {
	return map[ingest.Kind]string{
		ingest.Verified: t.topics.Verified, ingest.Rejected: t.topics.Rejected, ingest.Quarantine: t.topics.Quarantine,
	}
}

// Behind is how many records have no outcome yet.
func (t *Target) Behind(ctx context.Context) (int, error) {
	n, err := t.stored(ctx)
	return t.Sent() - int(n-t.before), err
}

// Check reads all outcomes and holds each record's first one against what it deserves.
// Repeated is how many more there are, as at-least-once allows.
func (t *Target) Check(ctx context.Context) (repeated int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := make(map[int64]bool, len(t.sent))
	var wrong []error
	for kind, topic := range t.outputs() {
		err := t.read(ctx, topic, func(rec fetch.Record) {
			offset := int64(-1)
			if source := header(rec, ingest.HeaderSource); source != "" {
				_, _ = fmt.Sscanf(source[len(t.topics.Inbound):], fmt.Sprintf("/%d/%%d", t.partition), &offset)
			}
			want, ok := t.sent[offset]
			switch {
			case !ok:
				wrong = append(wrong, fmt.Errorf("%s holds an outcome of offset %d, where nothing was sent", topic, offset))
			case seen[offset]:
				repeated++
			default:
				seen[offset] = true
				if err := want.holds(kind, rec); err != nil {
					wrong = append(wrong, fmt.Errorf("offset %d: %w", offset, err))
				}
			}
		})
		if err != nil {
			return repeated, err
		}
	}
	if missing := len(t.sent) - len(seen); missing > 0 {
		wrong = append(wrong, fmt.Errorf("%d of %d records have no outcome", missing, len(t.sent)))
	}
	if len(wrong) > 0 {
		return repeated, fmt.Errorf("%d outcomes deviate, the first: %w", len(wrong), wrong[0])
	}
	return repeated, nil
}

// holds returns an error unless rec, found on that output, is the outcome wanted.
func (w Want) holds(kind ingest.Kind, rec fetch.Record) error {
	if reason := header(rec, ingest.HeaderReason); kind != w.Kind || reason != w.Reason {
		return fmt.Errorf("%s %s, want %s %s", kind, reason, w.Kind, w.Reason)
	}
	size, sum := int64(len(rec.Value)), sha256.Sum256(rec.Value)
	if w.Pointer {
		var p struct {
			Size   int64
			SHA256 string
		}
		if err := json.Unmarshal(rec.Value, &p); err != nil {
			return fmt.Errorf("%s %s: not a pointer: %w", kind, w.Reason, err)
		}
		size = p.Size
		if raw, err := hex.DecodeString(p.SHA256); err != nil || copy(sum[:], raw) != len(sum) {
			return fmt.Errorf("%s %s: a pointer with digest %q", kind, w.Reason, p.SHA256)
		}
	}
	if w.Batch {
		return nil
	}
	if size != w.Size || sum != w.SHA256 {
		return fmt.Errorf("%s %s: %d bytes with digest %x, want %d with %x", kind, w.Reason, size, sum[:4], w.Size, w.SHA256[:4])
	}
	return nil
}

func header(rec fetch.Record, name string) string {
	for _, h := range rec.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// read calls take for each record of the target's partition of a topic.
func (t *Target) read(ctx context.Context, topic string, take func(fetch.Record)) error {
	client := &fetch.Client{Transport: t.transport, Addr: t.client.Addr, ClientID: "hostile"}
	known, err := client.Topic(ctx, topic)
	if err != nil {
		return err
	}
	for offset := t.from[topic]; ; {
		res, err := client.Fetch(ctx, fetch.Request{
			Topic: topic, TopicID: known.ID, Partition: t.partition, Offset: offset, LastEpoch: -1, MaxBytes: 8 << 20, MaxWait: time.Second,
		})
		if err != nil {
			return err
		}
		for {
			rec, err := res.Next(fetch.Limits{Record: 1 << 30, Large: 1 << 30})
			if err == io.EOF {
				break
			}
			if err != nil {
				res.Close()
				return err
			}
			take(rec)
		}
		offset = res.NextOffset()
		end := res.HighWatermark
		res.Close()
		if offset >= end {
			return nil
		}
	}
}
