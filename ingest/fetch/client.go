package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A Client fetches from the partitions of one cluster. It is safe for concurrent
// use; its fields must not change after the first fetch.
type Client struct {
	// Transport and Addr are the cluster's, as for a kafka.Client.
	Transport kafka.RoundTripper
	Addr      net.Addr

	// ClientID names this program to the brokers, in their logs and quotas.
	ClientID string

	// Rack is where this program runs, as brokers' broker.rack has it. Leaders may then
	// send it to a replica that is closer (KIP-392). Empty means leaders only.
	Rack string

	// Reserve is called with the size in bytes of a response before it is read,
	// and waits until there is room for it; its result gives the room back. Nil
	// means that there is always room.
	Reserve func(ctx context.Context, size int64) (release func(), err error)

	correlation atomic.Int32
	replicas    replicas
	bodies      bodies
}

// A Request asks for the records of one partition from an offset on.
type Request struct {
	Topic     string
	TopicID   TopicID // what Topic means by that name
	Partition int
	Offset    int64 // an offset, never one of the library's special values

	// LastEpoch is the leader epoch of the record before Offset. With it a broker says
	// so ([Diverged]) when its log is not the one that record was in. -1 means unknown.
	LastEpoch int32

	// MaxBytes bounds the response, except that a broker always sends one batch
	// whole, however large.
	MaxBytes int

	// MaxWait is how long the broker may wait for the first byte. Under 1 s a
	// loaded broker makes for time-outs instead of empty answers.
	MaxWait time.Duration
}

// Fetch returns the next records, none if there are none within MaxWait. Errors
// from the broker are kafka.Error values, to be had by errors.As; [*Diverged] and
// kafka.OffsetOutOfRange are always the leader's word. The caller must Close the
// response.
func (c *Client) Fetch(ctx context.Context, req Request) (*Response, error) {
	at := place{req.Topic, req.Partition}
	replica, mayPrefer := c.replicas.of(at)
	res, err := c.fetch(ctx, req, replica, mayPrefer)
	if err != nil && replica != leader && ctx.Err() == nil {
		c.replicas.shun(at)
		if Gone(err) { // a follower may merely lag
			res, err = c.fetch(ctx, req, leader, false)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s/%d from offset %d: %w", req.Topic, req.Partition, req.Offset, err)
	}
	if res.preferred != leader {
		c.replicas.prefer(at, res.preferred)
	}
	if replica != leader {
		res.damaged = func() { c.replicas.shun(at) } // the leader may have it whole
	}
	return res, nil
}

// Gone reports whether an error of Fetch says that the offset, or what was before it, isn't
// there: a broker's [*Diverged] or kafka.OffsetOutOfRange.
func Gone(err error) bool {
	diverged := (*Diverged)(nil)
	return errors.Is(err, kafka.OffsetOutOfRange) || errors.As(err, &diverged)
}

// fetch asks one replica: a broker's id, or leader.
func (c *Client) fetch(ctx context.Context, req Request, replica int32, mayPrefer bool) (*Response, error) {
	x := &exchange{client: c, ctx: ctx, req: req, replica: replica}
	if mayPrefer {
		x.rack = c.Rack
	}
	x.Topics = []fetchapi.RequestTopic{{ // for the transport to find the leader by
		Topic:      req.Topic,
		Partitions: []fetchapi.RequestPartition{{Partition: int32(req.Partition)}},
	}}
	_, err := c.Transport.RoundTrip(ctx, c.Addr, x)
	res, err := x.take(err)
	if err != nil {
		return nil, err
	}
	if err := res.refusal(); err != nil {
		res.Close()
		return nil, err
	}
	return res, nil
}

// An exchange is one fetch on its way: a request that the transport routes like the
// library's own, and that then writes itself and reads its response itself.
type exchange struct {
	fetchapi.Request // never sent

	client  *Client
	ctx     context.Context // the transport hands a connection over without one
	req     Request
	replica int32
	rack    string

	mu        sync.Mutex
	abandoned bool      // the caller has gone
	res       *Response // read, not yet taken
}

// Broker implements protocol.BrokerMessage.
func (x *exchange) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	if b, ok := cluster.Brokers[x.replica]; ok {
		return b, nil
	}
	if x.replica != leader {
		x.rack = "" // the leader knows of a replica that we don't yet: it would send us there at once, again and again
	}
	return x.Request.Broker(cluster)
}

// message is the request as it is sent.
func (x *exchange) message() *kmsg.FetchRequest {
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition = int32(x.req.Partition)
	partition.FetchOffset = x.req.Offset
	partition.LastFetchedEpoch = x.req.LastEpoch
	partition.PartitionMaxBytes = int32(x.req.MaxBytes)
	topic := kmsg.NewFetchRequestTopic()
	topic.TopicID = x.req.TopicID
	topic.Partitions = append(topic.Partitions, partition)
	m := kmsg.NewPtrFetchRequest()
	m.Version = Version
	m.MaxWaitMillis = int32(x.req.MaxWait / time.Millisecond)
	m.MinBytes = 1
	m.MaxBytes = int32(x.req.MaxBytes)
	m.IsolationLevel = int8(kafka.ReadCommitted)
	m.SessionEpoch = -1 // no fetch session
	m.Topics = append(m.Topics, topic)
	m.Rack = x.rack
	return m
}

// take ends the caller's part: either it gets the response, or whoever reads it
// gives back what was reserved for it.
func (x *exchange) take(err error) (*Response, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.abandoned = true
	if err == nil && x.res == nil {
		err = errors.New("no response")
	}
	if err != nil {
		x.res.Close()
		return nil, err
	}
	return x.res, nil
}

// leave ends the reader's part.
func (x *exchange) leave(res *Response) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.abandoned {
		res.Close()
		return context.Canceled
	}
	x.res = res
	return nil
}

// Required implements protocol.RawExchanger.
func (x *exchange) Required(map[protocol.ApiKey]int16) bool { return true }
