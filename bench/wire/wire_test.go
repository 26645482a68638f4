package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"turnkey-gateway/bench/wire"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// A far is a server that notes what reaches it and answers each piece with itself.
type far struct {
	addr string
	mute bool // it answers nothing

	mu  sync.Mutex
	got bytes.Buffer // guarded by mu
}

func newFar(t *testing.T, mute bool) *far {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &far{addr: l.Addr().String(), mute: mute}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return f
}

func (f *far) serve(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buf)
		_, _ = f.Write(buf[:n])
		if err != nil {
			return
		}
		if !f.mute {
			if _, err := conn.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

func (f *far) received() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got.String()
}

func (f *far) await(t *testing.T, want string) {
	t.Helper()
	eventually(t, func() bool { return f.received() == want })
}

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about in time")
		}
	}
}

func open(t *testing.T, target string, p wire.Protocol) *wire.Wire {
	t.Helper()
	w, err := wire.Listen(target, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func dial(t *testing.T, w *wire.Wire) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", w.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("heard %q, %v, want %q", got, err, want)
	}
}

// isReset checks that the connection ends, and not in order.
func isReset(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %d bytes, %v, want a reset", n, err)
	}
}

// isRefused checks that a new connection is reset, which may show as soon as it is made.
func isRefused(t *testing.T, w *wire.Wire) {
	t.Helper()
	conn, err := net.Dial("tcp", w.Addr)
	if err == nil {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection got %v, want a reset", err)
	}
}

func await(t *testing.T, f *wire.Fault) {
	t.Helper()
	eventually(t, func() bool { return f.Struck() > 0 })
}

func TestAWireCarries(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	conn := dial(t, w)
	say(t, conn, "hello")
	hear(t, conn, "hello")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return w.Open() == 0 })
	server.await(t, "hello")
}

func TestALastWordArrives(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = io.WriteString(conn, "bye")
			_ = conn.Close()
		}
	}()
	conn := dial(t, open(t, l.Addr().String(), wire.Bytes))
	if got, err := io.ReadAll(conn); string(got) != "bye" || err != nil {
		t.Errorf("heard %q, %v", got, err)
	}
}

func TestACutDropsBothWaysForGood(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	old := dial(t, w)
	say(t, old, "a")
	hear(t, old, "a")

	f := w.Cut()
	say(t, old, "bb")
	await(t, f)
	late := dial(t, w)
	say(t, late, "c")
	eventually(t, func() bool { return f.Struck() == 3 }) // once before, the connection, and what it said
	f.Heal()
	isReset(t, old)
	isReset(t, late)

	again := dial(t, w)
	say(t, again, "d")
	hear(t, again, "d")
	server.await(t, "ad")
}

func TestACutDropsAnswersOnTheirWay(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	conn := dial(t, w)
	slow := w.Slow(time.Second)
	say(t, conn, "a")
	await(t, slow)
	f := w.Cut() // while it is on the wire
	await(t, f)
	if got := server.received(); got != "" {
		t.Errorf("%q arrived", got)
	}
	f.Heal()
	isReset(t, conn)
}

func TestReset(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	conn := dial(t, w)
	say(t, conn, "a")
	hear(t, conn, "a")
	if n := w.Reset(); n != 1 {
		t.Errorf("%d connections reset", n)
	}
	isReset(t, conn)
}

func TestRefuseSparesOpenConnections(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	old := dial(t, w)
	say(t, old, "a")
	hear(t, old, "a")
	f := w.Refuse()
	isRefused(t, w)
	if f.Struck() != 1 {
		t.Errorf("struck %d times", f.Struck())
	}
	say(t, old, "b")
	hear(t, old, "b")
	f.Heal()
	again := dial(t, w)
	say(t, again, "c")
	hear(t, again, "c")
}

func TestWhatWaitsOnTheWireIsDroppedWithItsSender(t *testing.T) {
	server := newFar(t, true)
	w := open(t, server.addr, wire.Bytes)
	conn := dial(t, w)
	say(t, conn, "a")
	server.await(t, "a")
	f := w.Slow(time.Hour)
	say(t, conn, "b")
	await(t, f)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return w.Open() == 0 })
	if got := server.received(); got != "a" {
		t.Errorf("arrived: %q", got)
	}
}

func TestSlowAndThrottleKeepTheOrder(t *testing.T) {
	server := newFar(t, false)
	w := open(t, server.addr, wire.Bytes)
	conn := dial(t, w)
	slow, throttled := w.Slow(20*time.Millisecond), w.Throttle(1000)
	for _, text := range []string{"first, ", "second, "} {
		say(t, conn, text)
	}
	await(t, throttled)
	slow.Heal()
	throttled.Heal()
	say(t, conn, "third") // is in no hurry by itself
	hear(t, conn, "first, second, third")
	if slow.Struck() == 0 {
		t.Error("slow struck nothing")
	}
}

func TestRetargetMovesNewConnections(t *testing.T) {
	before, after := newFar(t, false), newFar(t, false)
	w := open(t, before.addr, wire.Bytes)
	conn := dial(t, w)
	say(t, conn, "a")
	hear(t, conn, "a")
	w.Retarget(after.addr)
	say(t, conn, "b")
	hear(t, conn, "b")
	moved := dial(t, w)
	say(t, moved, "c")
	hear(t, moved, "c")
	before.await(t, "ab")
	after.await(t, "c")
}

func TestAnAbsentServerResets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, l.Addr().String(), wire.Bytes)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	isRefused(t, w)
}

// frame is a Kafka request with an api_key, or an answer without one.
func frame(api wire.API, id int32, body string) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(api))
	b = binary.BigEndian.AppendUint16(b, 9) // version
	b = binary.BigEndian.AppendUint32(b, uint32(id))
	return framed(append(b, body...))
}

func framed(b []byte) string {
	return string(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
}

// answering is a server that answers each frame with its correlation id alone.
func answering(t *testing.T) *far {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &far{addr: l.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { f.answer(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return f
}

func (f *far) answer(conn net.Conn) {
	defer conn.Close()
	noted := io.TeeReader(conn, f)
	for {
		var head [4]byte
		if _, err := io.ReadFull(noted, head[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(noted, body); err != nil {
			return
		}
		if _, err := io.WriteString(conn, framed(body[4:8])); err != nil {
			return
		}
	}
}

// Write notes what reaches the server.
func (f *far) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got.Write(b)
}

func TestLose(t *testing.T) {
	const id = 7
	asked := frame(wire.Produce, id, "records")
	tests := []struct {
		name string
		part wire.Part
		want string // what of it arrives
	}{
		{"request", wire.Request, ""},
		{"half of the request", wire.HalfAsked, asked[:len(asked)/2]},
		{"answer", wire.Answer, asked},
	}
	for _, tt := range tests {
		for _, silent := range []bool{false, true} {
			name := tt.name + ", then a reset"
			if silent {
				name = tt.name + ", then silence"
			}
			t.Run(name, func(t *testing.T) {
				server := answering(t)
				w := open(t, server.addr, wire.Kafka)
				f := w.Lose(wire.Loss{API: wire.Produce, Part: tt.part, Silent: silent}, 1)
				conn := dial(t, w)
				other := frame(wire.Metadata, 1, "")
				say(t, conn, other)
				hear(t, conn, framed([]byte{0, 0, 0, 1})) // it wants produces only
				say(t, conn, asked)
				await(t, f)
				server.await(t, other+tt.want)
				if silent {
					say(t, conn, other)
					f.Heal()
				}
				if f.Struck() != 1 {
					t.Errorf("struck %d times", f.Struck())
				}
				isReset(t, conn)
				server.await(t, other+tt.want)

				again := dial(t, w)
				say(t, again, asked) // it wanted one only
				hear(t, again, framed([]byte{0, 0, 0, id}))
			})
		}
	}
}
