package produce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	produceapi "github.com/segmentio/kafka-go/protocol/produce"
)

// ErrTooLate means that a request was no longer wanted before its last bytes were sent.
// Nothing of it is appended, then or later.
var ErrTooLate = errors.New("too late to append")

// errNotSent stands in for an error that the transport should have given.
var errNotSent = errors.New("the transport sent nothing")

// A Client appends to the partitions of one cluster. It is safe for concurrent use; its
// fields must not change after the first request.
type Client struct {
	// Transport and Addr are the cluster's, as for a kafka.Client.
	Transport kafka.RoundTripper
	Addr      net.Addr

	// ClientID names this program to the brokers, in their logs and quotas; what is
	// longer than 128 bytes is cut.
	ClientID string

	correlation atomic.Int32
}

// A Request asks for a batch to be appended.
type Request struct {
	Topic     string
	Partition int
	Batch     *Batch // of one record at least; the client's until Produce returns

	// Fresh is called just before the last bytes are handed to the kernel; false ends the
	// request with [ErrTooLate]. It is called once at most, from another goroutine, but
	// not after Produce has returned.
	Fresh func() bool

	// Send and Acknowledge bound the time until the last bytes are handed to the kernel,
	// which takes 400 ms at most after Fresh, and from then on until the broker's answer.
	Send, Acknowledge time.Duration
}

// Produce appends the batch and returns once all in-sync replicas have it. Errors of the
// broker are kafka.Error values, to be had by errors.As. It returns within Send and
// Acknowledge, or soon after ctx has ended, and never while the batch is still being sent.
func (c *Client) Produce(ctx context.Context, req Request) error {
	if err := c.produce(ctx, req); err != nil {
		return fmt.Errorf("produce %d records to %s/%d: %w", req.Batch.Len(), req.Topic, req.Partition, err)
	}
	return nil
}

func (c *Client) produce(ctx context.Context, req Request) error {
	ctx, cancel := context.WithTimeout(ctx, req.Send+req.Acknowledge)
	defer cancel()
	x := &exchange{client: c, ctx: ctx, req: req, done: make(chan struct{})}
	// Only what the transport routes by: the exchange writes the request itself.
	x.Request = produceapi.Request{Topics: []produceapi.RequestTopic{{
		Topic: req.Topic, Partitions: []produceapi.RequestPartition{{Partition: int32(req.Partition)}},
	}}}
	_, err := c.Transport.RoundTrip(ctx, c.Addr, x)
	if x.state.CompareAndSwap(waiting, abandoned) {
		return cmp.Or(err, errNotSent) // no connection has begun, and none will
	}
	<-x.done // the connection may still read the batch
	return x.err
}

// An exchange is one request on its way: routed by the transport like the library's own,
// but written and answered here.
type exchange struct {
	produceapi.Request

	client  *Client
	ctx     context.Context // the transport hands a connection over without one
	req     Request
	version int16 // set by Required, on the connection's goroutine

	state atomic.Int32  // waiting; then begun by the connection, or abandoned by the caller
	done  chan struct{} // closed when what was begun has ended
	err   error         // how; read after done
}

const (
	waiting int32 = iota
	begun
	abandoned
)

// Required implements protocol.RawExchanger.
func (x *exchange) Required(versions map[protocol.ApiKey]int16) bool {
	x.version = versions[protocol.Produce]
	return true
}

// Prepare implements protocol.PreparedMessage: there is nothing to prepare.
func (x *exchange) Prepare(int16) {}
