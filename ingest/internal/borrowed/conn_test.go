package borrowed

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// borrow runs a test with a borrowed connection, whose limit is a second, and its other end.
func borrow(t *testing.T, test func(t *testing.T, conn *Conn, other net.Conn, cancel func())) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		conn, err := Borrow(ctx, ours)
		if err == nil {
			err = conn.Allow(time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
		test(t, conn, theirs, cancel)
	})
}

func TestCallerGoes(t *testing.T) {
	borrow(t, func(t *testing.T, conn *Conn, _ net.Conn, cancel func()) {
		began := time.Now()
		time.AfterFunc(time.Millisecond, cancel)
		_, err := conn.Read(make([]byte, 1))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Millisecond {
			t.Errorf("a read ended after %v: %v", took, err)
		}
		if err := conn.Return(); !errors.Is(err, context.Canceled) {
			t.Errorf("returned: %v", err)
		}
	})
}

// Neither the limit nor the caller's end reaches a connection that was returned.
func TestReturnTakesLimitsOff(t *testing.T) {
	borrow(t, func(t *testing.T, conn *Conn, other net.Conn, cancel func()) {
		if err := conn.Return(); err != nil {
			t.Fatal(err)
		}
		cancel()
		time.AfterFunc(time.Hour, func() { io.WriteString(other, "x") })
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

func TestAnswer(t *testing.T) {
	for head, want := range map[string]int64{"\x00\x00\x00\x09\x00\x00\x00\x07": 5, "\x00\x00\x00\x04\x00\x00\x00\x07": 0,
		"\x00\x00\x00\x09\x00\x00\x00\x08": -1, "\x00\x00\x00\x03\x00\x00\x00\x07": -1, "\xff\xff\xff\xff\x00\x00\x00\x07": -1, "\x00": -1} {
		conn := &Conn{ReadWriter: bytes.NewBufferString(head)}
		if size, err := conn.Answer(7); (err != nil) != (want < 0) || err == nil && size != want {
			t.Errorf("%x: %d, %v", head, size, err)
		}
	}
}
