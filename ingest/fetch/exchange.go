package fetch

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/ingest/internal/borrowed"
)

// Version is the only version of the fetch protocol spoken here: the first that names
// topics by their id, offered by brokers since Kafka 3.1.
const Version = 13

// Time limits of one exchange. The first counts on top of the wait asked for.
const (
	answerSlack = 10 * time.Second // until the response's first bytes
	bodyLimit   = 30 * time.Second // until its last, once there is room for it
)

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
	wait    time.Duration // that the broker may take by itself
	reserve func(ctx context.Context, size int64) (release func(), err error)
}

// do returns the response's body. The caller must release it.
func (c *call) do(request kmsg.Request) (body []byte, release func(), err error) {
	conn, err := borrowed.Borrow(c.ctx, c.rw)
	if err != nil {
		return nil, nil, err
	}
	body, release, err = c.exchange(conn, request)
	if back := conn.Return(); back != nil && err == nil {
		release()
		err = back // the connection must not be used again
	}
	return body, release, err
}

func (c *call) exchange(conn *borrowed.Conn, request kmsg.Request) (body []byte, release func(), err error) {
	id := c.client.correlation.Add(1)
	if err := conn.Allow(c.wait + answerSlack); err != nil {
		return nil, nil, err
	}
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID(c.client.ClientID))
	if _, err := conn.Write(formatter.AppendRequest(nil, request, id)); err != nil {
		return nil, nil, fmt.Errorf("write the request: %w", err)
	}
	size, err := conn.Answer(id)
	if err != nil {
		return nil, nil, err
	}
	free := func() {}
	if c.reserve != nil {
		if free, err = c.reserve(c.ctx, size); err != nil {
			return nil, nil, err
		}
	}
	body, recycle, err := c.body(conn, size)
	if err != nil {
		free()
		return nil, nil, err
	}
	return body, func() { recycle(); free() }, nil
}

// body reads the rest of a response, without the tags that end its header. Recycle takes
// its memory back.
func (c *call) body(conn *borrowed.Conn, size int64) (body []byte, recycle func(), err error) {
	if err := conn.Allow(bodyLimit); err != nil {
		return nil, nil, err
	}
	whole := c.client.bodies.take(int(size))
	if _, err := io.ReadFull(conn, whole); err != nil {
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
