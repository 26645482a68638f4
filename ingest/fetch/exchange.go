package fetch

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Version is the only version of the fetch protocol spoken here: the first that names
// topics by their id, offered by brokers since Kafka 3.1.
const Version = 13

// Time limits of one exchange. The first counts on top of the wait asked for.
const (
	answerSlack = 10 * time.Second // until the response's first bytes
	bodyLimit   = 30 * time.Second // until its last, once there is room for it
)

// deadliner is the part of net.Conn that the transport's connection also has.
type deadliner interface{ SetDeadline(time.Time) error }

// RawExchange implements protocol.RawExchanger: it writes the request and reads the
// response on a connection that is this exchange's alone until it returns.
func (x *exchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	call := call{client: x.client, ctx: x.ctx, rw: rw, wait: x.req.MaxWait, reserve: x.client.Reserve}
	body, release, err := call.do(x.message())
	if err != nil {
		return nil, err
	}
	res, err := parseResponse(body, x.req)
	if err != nil {
		release()
		return nil, err
	}
	res.release = release
	if err := x.leave(res); err != nil {
		return nil, err
	}
	return x, nil
}

// A call is a request and its response on a connection of its own.
type call struct {
	client  *Client
	ctx     context.Context
	rw      io.ReadWriter
	conn    deadliner     // the same connection
	wait    time.Duration // that the broker may take by itself
	reserve func(ctx context.Context, size int64) (release func(), err error)
}

// do returns the response's body. The caller must release it.
func (c *call) do(request kmsg.Request) (body []byte, release func(), err error) {
	var ok bool
	if c.conn, ok = c.rw.(deadliner); !ok {
		return nil, nil, fmt.Errorf("connection %T takes no deadline", c.rw)
	}
	// A caller that goes makes every read end at once. Whenever that has begun, an
	// error must be returned, so that the connection is not used again.
	stop := context.AfterFunc(c.ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	body, release, err = c.exchange(request)
	if !stop() && err == nil {
		release()
		err = c.ctx.Err()
	}
	if err == nil {
		if err = c.conn.SetDeadline(time.Time{}); err != nil {
			release()
		}
	}
	return body, release, err
}

func (c *call) exchange(request kmsg.Request) (body []byte, release func(), err error) {
	id := c.client.correlation.Add(1)
	if err := c.allow(c.wait + answerSlack); err != nil {
		return nil, nil, err
	}
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID(c.client.ClientID))
	if _, err := c.rw.Write(formatter.AppendRequest(nil, request, id)); err != nil {
		return nil, nil, fmt.Errorf("write the request: %w", err)
	}
	var head [8]byte // int32 size, int32 correlation id
	if _, err := io.ReadFull(c.rw, head[:]); err != nil {
		return nil, nil, fmt.Errorf("read the response's size: %w", err)
	}
	size := int64(int32(binary.BigEndian.Uint32(head[:]))) - 4
	if got := int32(binary.BigEndian.Uint32(head[4:])); got != id || size < 0 {
		return nil, nil, fmt.Errorf("response %d of %d bytes does not answer request %d", got, size, id)
	}
	free := func() {}
	if c.reserve != nil {
		if free, err = c.reserve(c.ctx, size); err != nil {
			return nil, nil, err
		}
	}
	body, recycle, err := c.body(size)
	if err != nil {
		free()
		return nil, nil, err
	}
	return body, func() { recycle(); free() }, nil
}

// body reads the rest of a response, without the tags that end its header. Recycle takes
// its memory back.
func (c *call) body(size int64) (body []byte, recycle func(), err error) {
	if err := c.allow(bodyLimit); err != nil {
		return nil, nil, err
	}
	whole := c.client.bodies.take(int(size))
	if _, err := io.ReadFull(c.rw, whole); err != nil {
		return nil, nil, fmt.Errorf("read a response of %d bytes: %w", size, err)
	}
	p := &parser{b: whole}
	for tags := p.uvarint(); tags > 0 && p.ok(); tags-- {
		p.uvarint() // which
		p.bytes(int(p.uvarint()))
	}
	if !p.ok() {
		return nil, nil, fmt.Errorf("response of %d bytes ends in its header", size)
	}
	return p.b, func() { c.client.bodies.give(whole) }, nil
}

// allow sets a time limit, unless the caller has gone meanwhile.
func (c *call) allow(d time.Duration) error {
	if err := c.conn.SetDeadline(time.Now().Add(d)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	return c.ctx.Err()
}
