package ingest

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// A fault is what becomes of one request to a broker.
type fault int

const (
	none    fault = iota
	lost          // it never arrives, and the connection is gone
	unacked       // the broker carries it out, its answer never arrives
)

// Keys of the requests that faults are made for.
const (
	keyProduce      = 0
	keyFetch        = 1
	keyOffsetCommit = 8
)

// flaky dials connections on which requests meet faults.
type flaky struct {
	mu     sync.Mutex
	decide func(key int16) fault // guarded by mu
	met    map[fault]int         // guarded by mu
}

// seeded meets a share of the requests of these kinds with faults, the same ones in
// each run as far as the order of requests is the same.
func seeded(seed uint64, share float64, keys ...int16) *flaky {
	rng := rand.New(rand.NewPCG(seed, 0))
	return &flaky{met: map[fault]int{}, decide: func(key int16) fault {
		for _, k := range keys {
			if k == key && rng.Float64() < share {
				return 1 + fault(rng.IntN(2))
			}
		}
		return none
	}}
}

func (f *flaky) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &flakyConn{Conn: conn, f: f}, nil
}

func (f *flaky) next(key int16) fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	what := f.decide(key)
	f.met[what]++
	return what
}

func (f *flaky) count(what fault) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met[what]
}

// flakyConn reads the frames that a client writes. A client writes one request after
// another, each in a few writes of which the first holds the head.
type flakyConn struct {
	net.Conn
	f    *flaky
	left int          // of the request being written
	doom atomic.Int32 // the fault of the last one; reads may come from another goroutine
}

func (c *flakyConn) Write(b []byte) (int, error) {
	if c.left == 0 {
		c.left = 4 + int(binary.BigEndian.Uint32(b))
		c.doom.Store(int32(c.f.next(int16(binary.BigEndian.Uint16(b[4:])))))
	}
	if fault(c.doom.Load()) == lost {
		c.Close()
		return 0, syscall.ECONNRESET
	}
	n, err := c.Conn.Write(b)
	c.left -= n
	return n, err
}

func (c *flakyConn) Read(b []byte) (int, error) {
	if fault(c.doom.Load()) != unacked {
		return c.Conn.Read(b)
	}
	var size [4]byte
	if _, err := io.ReadFull(c.Conn, size[:]); err == nil {
		io.CopyN(io.Discard, c.Conn, int64(binary.BigEndian.Uint32(size[:])))
	}
	c.Close()
	return 0, io.EOF
}
