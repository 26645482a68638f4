package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A wire is a way to a server, for one gateway, that can be cut: connections then break
// and new ones are closed at once. One that is silent stays open and carries nothing, as
// where packets are dropped.
type wire struct {
	listener net.Listener
	server   string

	mu       sync.Mutex
	cut      bool
	silent   bool
	thaw     *sync.Cond
	carrying map[net.Conn]struct{} // guarded by mu
}

// newWire returns a wire to a server, in good order.
func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: server, carrying: make(map[net.Conn]struct{})}
	w.thaw = sync.NewCond(&w.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(client) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.set(true, false)
		all.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

// set cuts the wire, or silences it, or has it carry again.
func (w *wire) set(cut, silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.silent = cut, silent
	if cut {
		for conn := range w.carrying {
			conn.Close()
		}
	}
	w.thaw.Broadcast()
}

// carry joins a client to the server until either end closes.
func (w *wire) carry(client net.Conn) {
	defer w.hold(client)()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		client.Close()
		return
	}
	defer w.hold(server)()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			io.Copy(gate{w, way[1]}, way[0]) // however it ends, it ends both ways
			client.Close()
			server.Close()
		})
	}
	both.Wait()
}

// hold notes a connection while it lasts, and closes it if the wire is cut.
func (w *wire) hold(conn net.Conn) (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.carrying[conn] = struct{}{}
	if w.cut {
		conn.Close()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.carrying, conn)
	}
}

// A gate holds back what is written while its wire is silent.
type gate struct {
	wire *wire
	net.Conn
}

func (g gate) Write(b []byte) (int, error) {
	g.wire.mu.Lock()
	for g.wire.silent && !g.wire.cut {
		g.wire.thaw.Wait()
	}
	g.wire.mu.Unlock()
	return g.Conn.Write(b)
}
