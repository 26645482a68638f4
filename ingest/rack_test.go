package ingest

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A meter counts what is read from each broker, in bytes.
type meter struct {
	mu   sync.Mutex
	read map[string]int // guarded by mu
}

func (m *meter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &meteredConn{conn, m, address}, nil
}

func (m *meter) from(address string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read[address]
}

type meteredConn struct {
	net.Conn
	m       *meter
	address string
}

func (c *meteredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.read[c.address] += n
	return n, err
}

// large are n records of 9 KB each.
func large(n int) (records []*kgo.Record, size int) {
	for i := range n {
		r := &kgo.Record{Key: []byte("broker-1"), Value: padded(i, 9000)}
		size += len(r.Value)
		records = append(records, r)
	}
	return records, size
}

// Records come from the replica in the gateway's rack, from the leader while that replica
// is gone, and from the replica again afterwards.
func TestClosestReplica(t *testing.T) {
	w := clusterWorld(t, 1)
	leader := w.leader(w.topics.Inbound, 0)
	near := (leader + 1) % 3
	m := &meter{read: map[string]int{}}
	sent, size := large(200)
	w.send(sent...)
	w.awaitInSync()
	w.start(Parts{Cluster: w.cluster(m.dial)}, func(c *Config) { c.Rack = rack(near) })
	w.outcomes(len(sent))
	if got := m.from(w.brokers[near]); got < size {
		t.Errorf("%d bytes were read from the replica nearby, of %d", got, size)
	}
	if got := m.from(w.brokers[leader]); got > size/4 {
		t.Errorf("%d bytes were read from the leader, of %d", got, size)
	}

	shared.kill(t, near)
	before := m.from(w.brokers[leader])
	more, size := large(100)
	w.send(more...)
	sent = append(sent, more...)
	w.checkNoneLost(w.byID(sent), w.outcomes(len(sent)))
	if got := m.from(w.brokers[leader]) - before; got < size {
		t.Errorf("%d bytes were read from the leader while the replica was gone, of %d", got, size)
	}

	shared.restart(t, near)
	w.awaitInSync()
	before = m.from(w.brokers[near])
	settled(t, "read from the replica nearby again", func() bool {
		more, size := large(10)
		w.send(more...)
		sent = append(sent, more...)
		return m.from(w.brokers[near])-before > size
	})
	w.checkNoneLost(w.byID(sent), w.outcomes(len(sent)))
	eventuallyCommitted(t, w, sent)
}
