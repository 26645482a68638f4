package fetch

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// version is the only version of the fetch protocol spoken here: the highest the
// library's encoder knows, offered by brokers since Kafka 2.3.
const version = 11

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
	if x.version != version {
		return nil, fmt.Errorf("broker offers version %d of the fetch protocol, need %d (Kafka 2.3 or newer)", x.version, version)
	}
	conn, ok := rw.(deadliner)
	if !ok {
		return nil, fmt.Errorf("connection %T takes no deadline", rw)
	}
	// A caller that goes makes every read end at once. Whenever that has begun, an
	// error must be returned, so that the connection is not used again.
	stop := context.AfterFunc(x.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	res, err := x.read(rw, conn)
	if !stop() && err == nil {
		res.Close()
		err = x.ctx.Err()
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return nil, err
	}
	if err := x.leave(res); err != nil {
		return nil, err
	}
	return x, nil
}

func (x *exchange) read(rw io.ReadWriter, conn deadliner) (*Response, error) {
	id := x.client.correlation.Add(1)
	if err := x.allow(conn, x.req.MaxWait+answerSlack); err != nil {
		return nil, err
	}
	if err := protocol.WriteRequest(rw, version, id, x.client.ClientID, &x.Request); err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	var head [8]byte // int32 size, int32 correlation id
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, fmt.Errorf("read the response's size: %w", err)
	}
	size := int64(int32(binary.BigEndian.Uint32(head[:]))) - 4
	if got := int32(binary.BigEndian.Uint32(head[4:])); got != id || size < 0 {
		return nil, fmt.Errorf("response %d of %d bytes does not answer request %d", got, size, id)
	}

	release := func() {}
	if x.client.Reserve != nil {
		var err error
		if release, err = x.client.Reserve(x.ctx, size); err != nil {
			return nil, err
		}
	}
	res, err := x.readBody(rw, conn, size)
	if err != nil {
		release()
		return nil, err
	}
	res.release = release
	return res, nil
}

func (x *exchange) readBody(rw io.ReadWriter, conn deadliner, size int64) (*Response, error) {
	if err := x.allow(conn, bodyLimit); err != nil {
		return nil, err
	}
	body := x.client.bodies.take(int(size))
	if _, err := io.ReadFull(rw, body); err != nil {
		return nil, fmt.Errorf("read a response of %d bytes: %w", size, err)
	}
	res, err := parseResponse(body, x.req.Offset)
	if err == nil {
		res.recycle = func() { x.client.bodies.give(body) }
	}
	return res, err
}

// allow sets a time limit, unless the caller has gone meanwhile.
func (x *exchange) allow(conn deadliner, d time.Duration) error {
	if err := conn.SetDeadline(time.Now().Add(d)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	return x.ctx.Err()
}
