package produce

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/ingest/internal/borrowed"
)

const (
	topic    = "produce-test"
	patience = 30 * time.Second
)

// A broker is one in this process, with a client of ours whose connections are counted.
type broker struct {
	*kfake.Cluster
	client *Client
	dialed atomic.Int32
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &broker{Cluster: cluster}
	transport := &kafka.Transport{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		b.dialed.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	b.client = &Client{Transport: transport, Addr: kafka.TCP(cluster.ListenAddrs()...), ClientID: "test"}
	return b
}

func (b *broker) produce(ctx context.Context, fresh func() bool, values ...string) error {
	var batch Batch
	for _, v := range values {
		batch.Append(time.UnixMilli(1_900_000_000_000), []byte("k"), []byte(v), &Headers{})
	}
	return b.client.Produce(ctx, Request{
		Topic: topic, Partition: 1, Batch: &batch, Fresh: fresh, Send: patience, Acknowledge: patience,
	})
}

// stored are the values in the partition, once there are so many.
func (b *broker) stored(t *testing.T, n int) (values []string) {
	t.Helper()
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.ListenAddrs()...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		topic: {1: kgo.NewOffset().AtStart()},
	}), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(values) < n && ctx.Err() == nil {
		reader.PollFetches(ctx).EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	if len(values) != n {
		t.Fatalf("stored %q, want %d", values, n)
	}
	return values
}

func TestProduceAppendsInOrder(t *testing.T) {
	b := newBroker(t)
	for _, v := range []string{"a", "b"} {
		if err := b.produce(t.Context(), func() bool { return true }, v, v+v); err != nil {
			t.Fatal(err)
		}
	}
	got := b.stored(t, 4)
	for i, want := range []string{"a", "aa", "b", "bb"} {
		if got[i] != want {
			t.Fatalf("stored %q", got)
		}
	}
}

// A request that is no longer wanted appends nothing, and its connection, on which half
// of it was sent, is not used again.
func TestNotFreshIsNotAppended(t *testing.T) {
	b := newBroker(t)
	asked := 0
	err := b.produce(t.Context(), func() bool { asked++; return false }, "late")
	if !errors.Is(err, ErrTooLate) || asked != 1 {
		t.Fatalf("got %v, asked %d times", err, asked)
	}
	if err := b.produce(t.Context(), nil, "next"); err != nil {
		t.Fatal(err)
	}
	if got := b.stored(t, 1); got[0] != "next" {
		t.Errorf("stored %q", got)
	}
}

// What the broker refuses is told as it says it, and the connection is as good as before.
func TestRefusal(t *testing.T) {
	b := newBroker(t)
	if err := b.produce(t.Context(), nil, "a"); err != nil {
		t.Fatal(err)
	}
	const times = 10
	var refused atomic.Int32
	b.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		if refused.Add(1) > times {
			return nil, nil, false
		}
		return refusal(req.(*kmsg.ProduceRequest), int16(kafka.NotEnoughReplicas)), nil, true
	})
	before := b.dialed.Load()
	for range times {
		if err := b.produce(t.Context(), nil, "b"); !errors.Is(err, kafka.NotEnoughReplicas) {
			t.Fatalf("got %v", err)
		}
	}
	if err := b.produce(t.Context(), nil, "c"); err != nil {
		t.Fatal(err)
	}
	if got := b.stored(t, 2); got[1] != "c" {
		t.Errorf("stored %q", got)
	}
	// The transport takes a connection back a little after Produce returns: the next one may
	// come before, and dial another.
	if dialed := b.dialed.Load() - before; dialed >= times {
		t.Errorf("%d connections were dialed after %d refusals", dialed, times)
	}
}

func refusal(req *kmsg.ProduceRequest, code int16) kmsg.Response {
	res := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, rt := range req.Topics {
		st := kmsg.NewProduceResponseTopic()
		st.Topic = rt.Topic
		for _, rp := range rt.Partitions {
			sp := kmsg.NewProduceResponseTopicPartition()
			sp.Partition, sp.ErrorCode = rp.Partition, code
			st.Partitions = append(st.Partitions, sp)
		}
		res.Topics = append(res.Topics, st)
	}
	return res
}

// A caller that goes while no answer comes is let go.
func TestCallerGoes(t *testing.T) {
	b := newBroker(t)
	release := make(chan struct{})
	defer close(release)
	reached := make(chan struct{})
	var once sync.Once
	b.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		once.Do(func() { close(reached) })
		b.SleepControl(func() { <-release })
		return nil, nil, false
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	if err := b.produce(ctx, nil, "a"); err == nil {
		t.Fatal("no error without an answer")
	}
	select {
	case <-reached:
	default:
		t.Error("returned before the broker had the request")
	}
}

// A slowSender is a transport, and its connection, on which bytes are still being sent a
// second after the caller has gone.
type slowSender struct {
	io.Reader
	t *testing.T
}

func (s *slowSender) RoundTrip(ctx context.Context, _ net.Addr, req kafka.Request) (kafka.Response, error) {
	x := req.(*exchange)
	x.Required(map[protocol.ApiKey]int16{protocol.Produce: version})
	go x.RawExchange(s)
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s *slowSender) SetDeadline(time.Time) error { return nil }

func (s *slowSender) Write(b []byte) (int, error) {
	before := bytes.Clone(b)
	time.Sleep(time.Second)
	if !bytes.Equal(b, before) {
		s.t.Error("the batch changed while it was being sent")
	}
	return 0, os.ErrDeadlineExceeded
}

// A caller that goes may use its batch for something else: nobody sends from it any more.
func TestBatchIsTheCallersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var batch Batch
		batch.Append(time.Now(), nil, make([]byte, 1000), &Headers{})
		client := &Client{Transport: &slowSender{t: t}}
		err := client.Produce(ctx, Request{Topic: topic, Batch: &batch, Send: patience, Acknowledge: patience})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		batch.Reset()
		batch.Append(time.Now(), nil, []byte("next"), &Headers{})
	})
}

// A caller whose leader nobody can reach has an error, not a wait.
func TestNoBroker(t *testing.T) {
	b := newBroker(t)
	if err := b.produce(t.Context(), nil, "a"); err != nil {
		t.Fatal(err)
	}
	b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.produce(ctx, nil, "b"); err == nil || ctx.Err() != nil {
		t.Errorf("got %v, ctx %v", err, ctx.Err())
	}
}

// An answer that is not one to the request is an error, whatever it is.
func TestAnswersThatAreNone(t *testing.T) {
	good := "\x00\x00\x00\x01\x00\x01t\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + string(make([]byte, 28))
	frame := func(id uint32, body string) string {
		return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(4+len(body))), id)) + body
	}
	for name, tt := range map[string]struct {
		answer string
		fails  bool
	}{
		"good":                {frame(7, good), false},
		"another request's":   {frame(8, good), true},
		"no topic":            {frame(7, "\x00\x00\x00\x00"), true},
		"name beyond its end": {frame(7, "\x00\x00\x00\x01\xff\xff"), true},
		"empty":               {frame(7, ""), true},
		"cut":                 {frame(7, good)[:12], true},
		"negative size":       {"\xff\xff\xff\xff\x00\x00\x00\x07", true},
		"huge":                {"\x7f\xff\xff\xff\x00\x00\x00\x07", true},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			go func() { io.WriteString(theirs, tt.answer); theirs.Close() }()
			conn, err := borrowed.Borrow(t.Context(), ours)
			if err != nil {
				t.Fatal(err)
			}
			if err := readAnswer(conn, 7); (err != nil) != tt.fails {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Where the last bytes can't be handed over soon after they were known to be wanted, because
// the broker does not read, the request is given up: it may be wanted no more.
func TestLastBytesDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		go func() { // all but the last bytes
			var size [4]byte
			if _, err := io.ReadFull(theirs, size[:]); err == nil {
				io.CopyN(io.Discard, theirs, int64(binary.BigEndian.Uint32(size[:]))-lastBytes)
			}
		}()
		var batch Batch
		batch.Append(time.Now(), nil, make([]byte, 1000), &Headers{})
		var fresh time.Time
		x := &exchange{client: &Client{}, ctx: t.Context(), version: version, done: make(chan struct{}), req: Request{
			Topic: topic, Batch: &batch, Send: patience, Acknowledge: patience,
			Fresh: func() bool { fresh = time.Now(); return true },
		}}
		_, err := x.RawExchange(ours)
		if took := time.Since(fresh); err == nil || took > lastLimit {
			t.Errorf("err %v, %v after it was known to be wanted", err, took)
		}
		ours.Close()
	})
}
