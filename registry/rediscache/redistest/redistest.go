// Package redistest gives a test a Redis of its own, which it may flush, feed garbage,
// stop and start again.
package redistest

import (
	"net"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/deploy/local/stacktest"
)

// A Server is a private redis-server without persistence. It ends with the test.
type Server struct {
	// Addr is host:port, the same after each start.
	Addr string

	// Client is for the test's own use; it has ordinary time-outs.
	Client *redis.Client

	program string
	mu      sync.Mutex
	process *exec.Cmd // guarded by mu; nil while stopped
}

// Start starts a server on a free port of the loopback interface.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{program: stacktest.Program(t, "redis-server"), Addr: freeAddress(t)}
	s.Client = redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2, MaxRetries: -1})
	t.Cleanup(func() {
		s.Client.Close()
		s.stop()
	})
	s.Start(t)
	return s
}

// Start starts the server, empty, and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.Addr)
	process := exec.Command(s.program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := process.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	s.mu.Lock()
	s.process = process
	s.mu.Unlock()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if s.Client.Ping(t.Context()).Err() == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("redis-server doesn't answer")
		}
	}
}

// Stop kills the server; what it held is gone.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stop()
}

func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	s.process.Process.Kill() // an error means that it has ended already
	s.process.Wait()         // its exit status says that it was killed
	s.process = nil
}

// freeAddress returns an address of the loopback interface that was free a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}
