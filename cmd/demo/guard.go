package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// guard is a listener in front of the embedded broker, which takes its frames on trust:
// one whose API key it doesn't know makes it panic, and one that claims 4 GiB makes it
// allocate them. The guard closes connections that send such frames.
type guard struct{ net.Listener }

// Accept returns a connection that reads only frames that the broker can take.
func (g guard) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guardedConn{Conn: conn}, nil
}

// A request's frame: its length without the length itself (4 bytes), API key (2), API
// version (2), correlation id (4), then what depends on these.
const (
	frameLength = 4
	frameKey    = 2
	frameLeast  = 8
	frameMost   = 64 << 20
)

// guardedConn checks the first bytes of every frame before it lets the broker read any
// of it. The broker reads a connection from one goroutine at a time.
type guardedConn struct {
	net.Conn
	head []byte // checked, and not yet read by the broker
	body int    // bytes of the frame that follow head
}

func (c *guardedConn) Read(p []byte) (int, error) {
	if len(c.head) == 0 && c.body == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.body)])
	c.body -= n
	return n, err
}

// next reads and checks the start of the next frame. After an error the broker closes
// the connection.
func (c *guardedConn) next() error {
	head := make([]byte, frameLength+frameKey)
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	length, key := binary.BigEndian.Uint32(head), int16(binary.BigEndian.Uint16(head[frameLength:]))
	if length < frameLeast || length > frameMost {
		return fmt.Errorf("refused a frame of %d bytes", length)
	}
	if kmsg.RequestForKey(key) == nil {
		return fmt.Errorf("refused a request with the unknown API key %d", key)
	}
	c.head, c.body = head, int(length)-frameKey
	return nil
}
