package ingest

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// deaf accepts one connection, which it doesn't read from.
func deaf(t *testing.T) (address string, accepted <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 1)
	go func() {
		defer l.Close()
		if conn, err := l.Accept(); err == nil {
			conns <- conn
		}
	}()
	return l.Addr().String(), conns
}

// dialDeaf connects to one; both ends are closed when the test is over.
func dialDeaf(t *testing.T) (conn, broker net.Conn) {
	t.Helper()
	address, accepted := deaf(t)
	conn, err := Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	broker = <-accepted
	t.Cleanup(func() { conn.Close(); broker.Close() })
	return conn, broker
}

// What a closed connection's kernel still held never reaches the broker.
func TestGivenUpIsNotDelivered(t *testing.T) {
	conn, broker := dialDeaf(t)
	// Two buffers are filled: the broker's, from which it may read, and our kernel's.
	conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	written := 0
	var err error
	for block := make([]byte, 1<<20); err == nil; {
		var n int
		n, err = conn.Write(block)
		written += n
	}
	conn.Close()
	read, err := io.Copy(io.Discard, broker)
	if !errors.Is(err, syscall.ECONNRESET) || read >= int64(written) {
		t.Errorf("the broker got %d of %d bytes, and then %v", read, written, err)
	}
}

// A connection whose broker acknowledges nothing ends by itself, whatever the program does.
func TestUndeliveredEndsTheConnection(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("TCP_USER_TIMEOUT is Linux's")
	}
	conn, _ := dialDeaf(t)
	ended := make(chan error, 1)
	go func() {
		for block := make([]byte, 1<<20); ; {
			if _, err := conn.Write(block); err != nil {
				ended <- err
				return
			}
		}
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("the connection ended with %v, want a time-out of the kernel's", err)
		}
	case <-time.After(patience):
		t.Errorf("the connection still stands after %v", patience)
	}
}

// A connection whose broker acknowledges, but too slowly for what was written, ends as well:
// a large record would else be delivered when its verdict is long out of date.
func TestTrickleEndsTheConnection(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SIOCOUTQ is Linux's")
	}
	conn, broker := dialDeaf(t)
	broker.(*net.TCPConn).SetReadBuffer(16 << 10)
	read := make(chan int64, 1)
	go func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		var got int64
		for range tick.C {
			n, err := io.CopyN(io.Discard, broker, 10<<10)
			if got += n; err != nil {
				read <- got
				return
			}
		}
	}()
	conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)) // as much as the kernels take, but for what is read
	written, err := conn.Write(make([]byte, 64<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("wrote %d bytes, %v", written, err)
	}
	last := time.Now()
	conn.SetReadDeadline(last.Add(patience))
	if _, err = conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection ended with %v, want that it was closed", err)
	}
	if took := time.Since(last); took < deliverLimit/2 {
		t.Errorf("closed %v after the last bytes", took)
	}
	if got := <-read; got >= int64(written) {
		t.Errorf("all %d bytes were read", got)
	}
}

// A timer that has run out as the next request was begun leaves that request alone.
func TestNewRequestIsNotTakenForAnOldOne(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SIOCOUTQ is Linux's")
	}
	conn, _ := dialDeaf(t)
	conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := conn.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	c := conn.(*brokerConn)
	c.closeUndelivered()
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.Errorf("closed just after it was written: %v", err)
	}
	c.wrote.Add(-int64(deliverLimit))
	c.closeUndelivered()
	if err := conn.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("still there %v after it was written: %v", deliverLimit, err)
	}
}

// What is no broker is an error at once, not an answer of gigabytes.
func TestWhatIsNoBroker(t *testing.T) {
	for name, answer := range map[string]string{
		"PostgreSQL": "E\x00\x00\x00\x8dSFATAL\x00VFATAL\x00C0A000\x00Munsupported frontend protocol 18.0\x00",
		"Redis":      "-ERR Protocol error: unauthenticated multibulk length\r\n",
		"HTTP":       "HTTP/1.1 400 Bad Request\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address, accepted := deaf(t)
			go func() {
				peer := <-accepted
				for i := range answer {
					io.WriteString(peer, answer[i:i+1])
				}
			}()
			client := &kafka.Client{Addr: kafka.TCP(address), Timeout: patience, Transport: &kafka.Transport{Dial: Dial}}
			defer client.Transport.(*kafka.Transport).CloseIdleConnections()
			_, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
			if err == nil || !strings.Contains(err.Error(), "does not answer as a Kafka broker does") {
				t.Errorf("got %v", err)
			}
		})
	}
}
