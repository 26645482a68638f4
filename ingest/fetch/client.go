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
)

// A Client fetches from the partitions of one cluster. It is safe for concurrent
// use; its fields must not change after the first fetch.
type Client struct {
	// Transport and Addr are the cluster's, as for a kafka.Client.
	Transport kafka.RoundTripper
	Addr      net.Addr

	// ClientID names this program to the brokers, in their logs and quotas.
	ClientID string

	// Reserve is called with the size in bytes of a response before it is read,
	// and waits until there is room for it; its result gives the room back. Nil
	// means that there is always room.
	Reserve func(ctx context.Context, size int64) (release func(), err error)

	correlation atomic.Int32
	bodies      bodies
}

// A Request asks for the records of one partition from an offset on.
type Request struct {
	Topic     string
	Partition int
	Offset    int64 // an offset, never one of the library's special values

	// MaxBytes bounds the response, except that a broker always sends one batch
	// whole, however large.
	MaxBytes int

	// MaxWait is how long the broker may wait for the first byte. Under 1 s a
	// loaded broker makes for time-outs instead of empty answers.
	MaxWait time.Duration
}

// Fetch returns the next records, none if there are none within MaxWait. Errors
// from the broker are kafka.Error values, to be had by errors.As. The caller must
// Close the response.
func (c *Client) Fetch(ctx context.Context, req Request) (*Response, error) {
	x := &exchange{client: c, ctx: ctx, req: req}
	x.Request = fetchapi.Request{
		ReplicaID:      -1,
		MaxWaitTime:    int32(req.MaxWait / time.Millisecond),
		MinBytes:       1,
		MaxBytes:       int32(req.MaxBytes),
		IsolationLevel: int8(kafka.ReadCommitted),
		SessionEpoch:   -1, // no fetch session
		Topics: []fetchapi.RequestTopic{{
			Topic: req.Topic,
			Partitions: []fetchapi.RequestPartition{{
				Partition:          int32(req.Partition),
				CurrentLeaderEpoch: -1,
				FetchOffset:        req.Offset,
				LogStartOffset:     -1,
				PartitionMaxBytes:  int32(req.MaxBytes),
			}},
		}},
	}
	_, err := c.Transport.RoundTrip(ctx, c.Addr, x)
	res, err := x.take(err)
	if err != nil {
		return nil, fmt.Errorf("fetch %s/%d from offset %d: %w", req.Topic, req.Partition, req.Offset, err)
	}
	if res.code != 0 {
		res.Close()
		return nil, fmt.Errorf("fetch %s/%d from offset %d: %w", req.Topic, req.Partition, req.Offset, kafka.Error(res.code))
	}
	return res, nil
}

// An exchange is one fetch on its way: a request that the transport routes like the
// library's own, and that then reads its response itself.
type exchange struct {
	fetchapi.Request

	client  *Client
	ctx     context.Context // the transport hands a connection over without one
	req     Request
	version int16 // set by Required, on the connection's goroutine

	mu        sync.Mutex
	abandoned bool      // the caller has gone
	res       *Response // read, not yet taken
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
func (x *exchange) Required(versions map[protocol.ApiKey]int16) bool {
	x.version = versions[protocol.Fetch]
	return true
}
