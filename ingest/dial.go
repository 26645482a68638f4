package ingest

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// Dial connects to a broker so that nothing is delivered late: closing the connection
// discards what the kernel still holds (SO_LINGER of 0), and it is closed where 1.5 s after
// the last bytes were written a broker's kernel has not acknowledged all of them (SIOCOUTQ),
// or nothing at all for that long (TCP_USER_TIMEOUT, RFC 5482); both on Linux only. Otherwise
// a produce that the network cut off would be sent again by the kernel when the network is
// back, and a large one trickle through a slow one, long after the verdict in it was true. A
// [Cluster] whose connections are made otherwise must see to the same.
//
// What answers at first as no broker does, ends the connection: the library takes memory for
// as many elements as an answer claims to have, by the gigabyte where the first bytes are text.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second, Control: boundDelivery}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			conn.Close()
			return nil, err
		}
	}
	c := &brokerConn{Conn: conn, dialed: time.Now()}
	c.late = time.AfterFunc(deliverLimit, c.closeUndelivered)
	return c, nil
}

// firstAnswerLimit is the longest answer, in bytes, to the first request on a connection,
// which asks for the versions that a broker speaks: brokers send some hundred.
const firstAnswerLimit = 64 << 10

// A brokerConn looks at the size of the first answer, and at what is not delivered in time. It
// is read by one goroutine at a time, and written by one.
type brokerConn struct {
	net.Conn
	dialed time.Time
	wrote  atomic.Int64 // when a write last began or ended, in nanoseconds since dialed
	late   *time.Timer  // runs out deliverLimit after the last write
	seen   int          // bytes of first
	first  [4]byte      // read so far: an answer's size, or the head of a TLS record
}

func (c *brokerConn) Write(b []byte) (int, error) {
	c.late.Stop()
	c.wrote.Store(int64(time.Since(c.dialed)))
	defer func() {
		c.wrote.Store(int64(time.Since(c.dialed)))
		c.late.Reset(deliverLimit)
	}()
	return c.Conn.Write(b)
}

// closeUndelivered may come upon a write that has begun since the timer ran out, of bytes
// that can't be delivered yet: requests may come as often as it runs out, and the timer is set
// again then.
func (c *brokerConn) closeUndelivered() {
	held := undelivered(c.Conn)
	if held && time.Since(c.dialed)-time.Duration(c.wrote.Load()) >= deliverLimit {
		c.Conn.Close()
	}
}

// Close implements net.Conn.
func (c *brokerConn) Close() error {
	c.late.Stop()
	return c.Conn.Close()
}

func (c *brokerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.seen < len(c.first) && n > 0 {
		c.seen += copy(c.first[c.seen:], b[:n])
		if c.seen == len(c.first) && !c.plausible() {
			return 0, fmt.Errorf("%v does not answer as a Kafka broker does", c.RemoteAddr())
		}
	}
	return n, err
}

// plausible reports whether the first bytes are an answer's, or TLS (RFC 8446, 5.1): a
// handshake or an alert.
func (c *brokerConn) plausible() bool {
	if (c.first[0] == 0x16 || c.first[0] == 0x15) && c.first[1] == 3 {
		return true
	}
	return binary.BigEndian.Uint32(c.first[:]) <= firstAnswerLimit
}
