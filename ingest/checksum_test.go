package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A spoiler changes a byte of what brokers send, wherever the marker stands in it.
type spoiler struct {
	marker  []byte
	on      atomic.Bool
	spoiled atomic.Int64
}

func (s *spoiler) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &spoiledConn{Conn: conn, s: s}, nil
}

type spoiledConn struct {
	net.Conn
	s    *spoiler
	rest []byte // of the response being handed on; read by one goroutine
}

func (c *spoiledConn) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		var size [4]byte
		if _, err := io.ReadFull(c.Conn, size[:]); err != nil {
			return 0, err
		}
		body := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(c.Conn, body); err != nil {
			return 0, err
		}
		if at := bytes.Index(body, c.s.marker); at >= 0 && c.s.on.Load() {
			body[at] ^= 1
			c.s.spoiled.Add(1)
		}
		c.rest = append(size[:], body...)
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// A batch whose bytes don't match its checksum is neither judged nor passed over: its
// partition waits there and says so, others go on, and so does it once the bytes are right.
func TestBadChecksumWaitsOnKafka(t *testing.T) {
	w := realWorld(t, 2)
	s := &spoiler{marker: []byte("spoil me")}
	s.on.Store(true)
	before := w.records(10)
	w.send(before...)
	bad := &kgo.Record{Key: []byte("broker-1"), Value: []byte("<a>spoil me</a>")}
	w.send(bad) // a batch of its own
	after := w.records(10)
	w.send(after...)
	sent := append(append(before, bad), after...)

	g := w.start(Parts{Cluster: w.cluster(s.dial)}, nil)
	paused := g.metrics.paused.WithLabelValues(string(StageFetch))
	eventually(t, "refused again and again", func() bool { return s.spoiled.Load() > 2 && count(paused) == 1 })
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("ready: %v", err)
	}
	eventually(t, "the other partition goes on, this one's good records are done", func() bool {
		done := w.committed()
		return done[1] == after[len(after)-1].Offset+1 && done[0] == bad.Offset
	})
	if n := w.stored(kinds[1:]...); n != int64(len(sent)-1-5) {
		t.Errorf("%d outcomes: the bad batch, or what is after it, was judged", n)
	}

	s.on.Store(false)
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	eventuallyCommitted(t, w, sent)
	eventually(t, "ready again", func() bool { return g.Ready() == nil && count(paused) == 0 })
}

// A replica whose disk changed a byte, too: the partition waits while it leads, and goes on
// from another replica.
func TestBadChecksumOnDisk(t *testing.T) {
	w := clusterWorld(t, 2)
	sent := append(w.records(10), &kgo.Record{Key: []byte("broker-1"), Value: []byte("<a>spoil me</a>")})
	w.send(sent...)
	w.awaitInSync()
	leader := w.leader(w.topics.Inbound, 0)
	flipOnDisk(t, shared.segment(leader, w.topics.Inbound, 0), []byte("spoil me"))

	g := w.start(Parts{}, nil)
	paused := g.metrics.paused.WithLabelValues(string(StageFetch))
	eventually(t, "refused", func() bool {
		return count(paused) == 1 && count(g.metrics.retries.WithLabelValues(string(StageFetch))) > 2
	})
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("ready: %v", err)
	}
	if done := w.committed()[0]; done > sent[len(sent)-1].Offset {
		t.Errorf("committed %d, past the bad batch", done)
	}
	shared.stop(t, leader)
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	eventuallyCommitted(t, w, sent)
}

// segment is the file of a partition's first records on broker i.
func (c *ownCluster) segment(i int, topic string, partition int) string {
	return fmt.Sprintf("%s/broker%d/data/%s-%d/%020d.log", c.Dir, i+1, topic, partition, 0)
}

// flipOnDisk changes a bit where the marker stands in a file.
func flipOnDisk(t *testing.T, path string, marker []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, marker)
	if at < 0 {
		t.Fatalf("%q does not stand in %s", marker, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte{content[at] ^ 1}, int64(at))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
