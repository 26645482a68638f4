package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/verifier"
)

// A stalledConn swallows produce requests that are to stall, and answers none of them: as
// a way to the broker that is too slow for them.
type stalledConn struct {
	net.Conn
	stalls  func(size int) bool // of a produce request of so many bytes; called once for each
	left    int                 // of the request being written
	swallow bool
}

func (c *stalledConn) Write(b []byte) (int, error) {
	if c.left == 0 {
		size := int(binary.BigEndian.Uint32(b))
		c.left = 4 + size
		c.swallow = int16(binary.BigEndian.Uint16(b[4:])) == keyProduce && c.stalls(size)
	}
	c.left -= len(b)
	if c.swallow {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func stalling(stalls func(size int) bool) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &stalledConn{Conn: conn, stalls: stalls}, nil
	}
}

func aloneAbove900KB(c *Config) { c.BatchBytes, c.lonelyFor = 900_000, time.Nanosecond }

// A record whose outcome never arrives in time, while others do, becomes a pointer in
// quarantine, and those behind it are judged.
func TestRecordTooLargeForItsTimeIsPointedTo(t *testing.T) {
	w := fakeWorld(t, 1)
	sent := w.records(3)
	sent[1].Value = bytes.Repeat([]byte("x"), 950_000)
	w.send(sent...)
	g := w.start(Parts{Cluster: w.cluster(stalling(func(size int) bool { return size > 900_000 }))}, aloneAbove900KB)
	got := w.outcomes(3)
	eventuallyCommitted(t, w, sent)
	for _, o := range got {
		pointed := o.kind == Quarantine && o.header(HeaderReason) == string(OutcomeUnwritable) && strings.Contains(string(o.Value), `"size":950000`)
		if large := o.header(HeaderSource) == (Source{w.topics.Inbound, 0, sent[1].Offset}).String(); large != pointed {
			t.Errorf("%s: %s %s", o.header(HeaderSource), o.kind, o.header(HeaderReason))
		}
	}
	if n := count(g.metrics.retries.WithLabelValues(string(StageProduce))); n < lonelyFailures-1 {
		t.Errorf("%d attempts failed, want %d at least", n, lonelyFailures-1)
	}
}

// Where not even the pointer is acknowledged the broker is away, and a record that had
// failed as often as makes it suspect comes out whole once it is back.
func TestBrokerAwayMakesNoPointers(t *testing.T) {
	w := fakeWorld(t, 1)
	large := &kgo.Record{Key: []byte("broker-1"), Value: bytes.Repeat([]byte("x"), 950_000)}
	w.send(large)
	var mu sync.Mutex
	var stalled []int // sizes; guarded by mu
	w.start(Parts{Cluster: w.cluster(stalling(func(size int) bool {
		mu.Lock()
		defer mu.Unlock()
		if len(stalled) > lonelyFailures {
			return false
		}
		stalled = append(stalled, size)
		return true
	}))}, aloneAbove900KB)
	o := w.outcomes(1)[0]
	if o.kind != Rejected || len(o.Value) != len(large.Value) {
		t.Errorf("%s %s, %d bytes", o.kind, o.header(HeaderReason), len(o.Value))
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(stalled); n != lonelyFailures+1 || stalled[n-1] > 10_000 || stalled[n-2] < 900_000 {
		t.Errorf("stalled requests of %v bytes: want the record %d times and then its pointer", stalled, lonelyFailures)
	}
}

// A follower that stands still for a while, so that the leader can't acknowledge a large
// record, makes no pointer of it either.
func TestFollowerThatStandsStillMakesNoPointers(t *testing.T) {
	w := fakeWorld(t, 1)
	large := &kgo.Record{Key: []byte("broker-1"), Value: bytes.Repeat([]byte("x"), 950_000)}
	w.send(large)
	const late = lonelyFailures + 2
	var attempts atomic.Int32
	w.fake.ControlKey(keyProduce, func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		asked := req.(*kmsg.ProduceRequest).Topics
		if len(asked[0].Partitions[0].Records) < 900_000 || attempts.Add(1) > late {
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, asked := range asked {
			topic := kmsg.NewProduceResponseTopic()
			topic.Topic, topic.TopicID = asked.Topic, asked.TopicID
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.ErrorCode = int16(kafka.RequestTimedOut)
			topic.Partitions = append(topic.Partitions, partition)
			res.Topics = append(res.Topics, topic)
		}
		return res, nil, true
	})
	w.start(Parts{}, func(c *Config) { c.BatchBytes = 900_000 })
	o := w.outcomes(1)[0]
	if o.kind != Rejected || len(o.Value) != len(large.Value) {
		t.Errorf("%s %s, %d bytes", o.kind, o.header(HeaderReason), len(o.Value))
	}
	if n := attempts.Load(); n != late+1 {
		t.Errorf("%d attempts, want %d", n, late+1)
	}
}

// A broker that is away is not taken for one that doesn't take a large record, although
// another one, which leads quarantine, would take a pointer to it.
func TestLeaderAwayMakesNoPointers(t *testing.T) {
	w := fakeWorld(t, 1)
	other, port, err := w.fake.AddNode(-1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		leader := int32(0)
		if kind == Rejected {
			leader = other
		}
		if err := w.fake.MoveTopicPartition(w.topics.name(kind), 0, leader); err != nil {
			t.Fatal(err)
		}
	}
	for w.fake.CoordinatorFor(w.group) != 0 {
		w.fake.RehashCoordinators()
	}
	var away atomic.Bool
	lost := func(address string) bool { return away.Load() && address == fmt.Sprint("127.0.0.1:", port) }
	g := w.start(Parts{Cluster: w.cluster(func(ctx context.Context, network, address string) (net.Conn, error) {
		if lost(address) {
			return nil, syscall.ECONNREFUSED
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &stalledConn{Conn: conn, stalls: func(int) bool { return lost(address) }}, nil
	})}, aloneAbove900KB)
	eventually(t, "in the group", func() bool { return g.Ready() == nil })
	away.Store(true)
	large := &kgo.Record{Key: []byte("broker-1"), Value: bytes.Repeat([]byte("x"), 950_000)}
	w.send(large)
	eventually(t, "more attempts than make it suspect", func() bool {
		return count(g.metrics.retries.WithLabelValues(string(StageProduce))) > lonelyFailures+1 || w.stored(Quarantine) > 0
	})
	away.Store(false)
	if o := w.outcomes(1)[0]; o.kind != Rejected || len(o.Value) != len(large.Value) {
		t.Errorf("%s %s, %d bytes", o.kind, o.header(HeaderReason), len(o.Value))
	}
}

// While one partition's large record is stuck, here at the registry, and another's waits for
// the memory it holds, a third goes on.
func TestLargeRecordsStopNoOtherPartition(t *testing.T) {
	w := fakeWorld(t, 3)
	const account = "sends large ones"
	var stuck atomic.Int64
	released := make(chan struct{})
	known := newRegistry(t)
	g := w.start(Parts{Registry: registryFunc(func(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
		if accounts[0] == account {
			stuck.Add(1)
			select {
			case <-released:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return known.Senders(ctx, accounts, hints, since)
	})}, func(c *Config) {
		c.InflightBytes = 4 * chunkBytes // room for one large response
		c.FetchBytes = 64 << 10
	})
	var large []*kgo.Record
	for p := range int32(2) {
		large = append(large, &kgo.Record{Partition: p, Key: []byte(account), Value: bytes.Repeat([]byte("x"), 950_000)})
	}
	w.send(large...)
	eventually(t, "a large one is stuck", func() bool { return stuck.Load() > 0 })
	small := w.records(30)
	for _, r := range small {
		r.Partition = 2
		w.send(r) // one by one: each needs a fetch
	}
	eventually(t, "the third partition's records have their outcomes", func() bool {
		return count(g.metrics.records.WithLabelValues(string(Verified)))+count(g.metrics.records.WithLabelValues(string(Rejected))) == len(small)
	})
	close(released)
	w.outcomes(len(small) + len(large))
}
