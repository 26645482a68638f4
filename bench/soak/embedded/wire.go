package embedded

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A network is between all gateways and all brokers.
type network struct {
	mu      sync.Mutex
	conns   map[*conn]struct{} // guarded by mu
	away    map[string]bool    // guarded by mu; brokers that can't be reached
	refused int                // guarded by mu; connections to those

	late atomic.Int64 // requests written by a gateway that was stopped while it wrote
}

func newNetwork() *network {
	return &network{conns: make(map[*conn]struct{}), away: make(map[string]bool)}
}

// dial is a gateway's dialer.
func (n *network) dial(ctx context.Context, p *process, network, address string) (net.Conn, error) {
	if err := p.gate(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	away := n.away[address]
	if away {
		n.refused++
	}
	n.mu.Unlock()
	if away {
		return nil, syscall.ECONNREFUSED
	}
	raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, n: n, p: p, address: address}
	n.mu.Lock()
	n.conns[c] = struct{}{}
	n.mu.Unlock()
	if p.isDead() { // killed meanwhile: whoever severed may not have seen this one
		c.sever()
		return nil, syscall.ECONNRESET
	}
	return c, nil
}

// severIf ends connections at once, and returns how many.
func (n *network) severIf(which func(*conn) bool) int {
	n.mu.Lock()
	var found []*conn
	for c := range n.conns {
		if which(c) {
			found = append(found, c)
		}
	}
	n.mu.Unlock()
	for _, c := range found {
		c.sever()
	}
	return len(found)
}

// unanswered names the requests of a gateway that brokers have not answered.
func (n *network) unanswered(p *process) (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		if c.p != p {
			continue
		}
		c.dmu.Lock()
		for _, key := range c.pending {
			all = append(all, requestNamed(key))
		}
		c.dmu.Unlock()
	}
	return all
}

// reach makes a broker one that can be reached, or none.
func (n *network) reach(address string, reachable bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away[address] = !reachable
}

func (n *network) lateWrites() int64 { return n.late.Load() }

func (n *network) refusals() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.refused
}

// A conn is a gateway's connection to a broker. It passes on whole requests and whole
// answers only, so that a fault strikes all of one or none.
type conn struct {
	net.Conn
	n       *network
	p       *process
	address string

	wmu      sync.Mutex
	out      []byte    // guarded by wmu; the beginning of a request
	deadline time.Time // guarded by dmu; of writes

	dmu     sync.Mutex
	pending []int16 // guarded by dmu; API keys of requests sent and not answered
	late    int     // guarded by dmu; requests on their way
	closed  bool    // guarded by dmu; by its owner

	rmu  sync.Mutex
	part []byte // guarded by rmu; the beginning of an answer
	in   []byte // guarded by rmu; an answer not read to its end
}

func (c *conn) SetDeadline(t time.Time) error {
	c.setDeadline(t)
	return c.Conn.SetDeadline(t)
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.setDeadline(t)
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) setDeadline(t time.Time) {
	c.dmu.Lock()
	defer c.dmu.Unlock()
	c.deadline = t
}

func (c *conn) expired() bool {
	c.dmu.Lock()
	defer c.dmu.Unlock()
	return !c.deadline.IsZero() && time.Now().After(c.deadline)
}

func (c *conn) Write(b []byte) (int, error) {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	c.out = append(c.out, b...)
	for {
		frame, rest := cutFrame(c.out)
		if frame == nil {
			return len(b), c.half()
		}
		if err := c.send(frame); err != nil {
			return 0, err
		}
		c.out = rest
	}
}

// half is where a produce is that its sender has not written to its end.
func (c *conn) half() error {
	if len(c.out) < 6 || int16(binary.BigEndian.Uint16(c.out[4:])) != keyProduce {
		return nil
	}
	c.p.pass(place{halfSent, false})
	return c.p.gate()
}

// cutFrame returns the first whole frame of b, nil if there is none.
func cutFrame(b []byte) (frame, rest []byte) {
	if len(b) < 4 {
		return nil, b
	}
	n := 4 + int(binary.BigEndian.Uint32(b))
	if len(b) < n {
		return nil, b
	}
	return b[:n:n], b[n:]
}

// send passes a request on.
func (c *conn) send(frame []byte) error {
	key := int16(binary.BigEndian.Uint16(frame[4:]))
	f := c.p.pass(place{key, false})
	if err := c.p.gate(); err != nil {
		return err
	}
	if inCall := c.p.inCall.Load(); c.expired() && !inCall {
		return os.ErrDeadlineExceeded
	} else if inCall {
		c.n.late.Add(1)
	}
	switch f.what {
	case isLost:
		c.sever()
		return syscall.ECONNRESET
	case isTorn:
		c.Conn.Write(frame[:len(frame)/2])
		c.sever()
		return syscall.ECONNRESET
	case arrivesLate:
		c.sendLate(slices.Clone(frame), f.late)
		return nil
	}
	c.expect(key)
	_, err := c.Conn.Write(frame)
	return err
}

// sendLate sends a request after a time, even if its sender has closed the connection.
func (c *conn) sendLate(frame []byte, after time.Duration) {
	c.dmu.Lock()
	c.late++
	c.dmu.Unlock()
	c.expect(int16(binary.BigEndian.Uint16(frame[4:])))
	time.AfterFunc(after, func() {
		c.Conn.SetWriteDeadline(time.Time{})
		c.Conn.Write(frame)
		c.dmu.Lock()
		c.late--
		end := c.late == 0 && c.closed
		c.dmu.Unlock()
		if end {
			c.sever()
		}
	})
}

func (c *conn) expect(key int16) {
	c.dmu.Lock()
	defer c.dmu.Unlock()
	c.pending = append(c.pending, key)
}

func (c *conn) Read(b []byte) (int, error) {
	c.rmu.Lock()
	defer c.rmu.Unlock()
	if len(c.in) == 0 {
		if err := c.receive(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}

// receive waits for the next answer.
func (c *conn) receive() error {
	buf := make([]byte, 32<<10)
	for {
		frame, rest := cutFrame(c.part)
		if frame != nil {
			c.part = rest
			f := c.p.pass(place{c.answered(), true})
			if err := c.p.gate(); err != nil {
				return err
			}
			if f.what != passes {
				c.sever()
				return io.EOF
			}
			c.in = frame
			return nil
		}
		n, err := c.Conn.Read(buf)
		c.part = append(c.part, buf[:n]...)
		if err != nil && n == 0 {
			return err
		}
	}
}

// answered returns the key of the request that an answer belongs to: brokers answer in
// order.
func (c *conn) answered() int16 {
	c.dmu.Lock()
	defer c.dmu.Unlock()
	key := c.pending[0]
	c.pending = c.pending[1:]
	return key
}

// Close is the owner's. What is on its way arrives nevertheless.
func (c *conn) Close() error {
	c.dmu.Lock()
	c.closed = true
	wait := c.late > 0
	c.dmu.Unlock()
	if wait {
		return c.Conn.SetReadDeadline(time.Unix(1, 0))
	}
	c.sever()
	return nil
}

// sever ends the connection.
func (c *conn) sever() {
	c.n.mu.Lock()
	delete(c.n.conns, c)
	c.n.mu.Unlock()
	c.Conn.Close()
}
