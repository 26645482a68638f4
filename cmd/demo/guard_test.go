package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// request is a request of that API key with a body of n further bytes.
func request(key int16, n int) []byte {
	f := binary.BigEndian.AppendUint32(nil, uint32(frameLeast+n))
	f = binary.BigEndian.AppendUint16(f, uint16(key))
	f = append(f, 0, 0, 0, 0, 0, 7)
	return append(f, bytes.Repeat([]byte("x"), n)...)
}

func TestGuardPassesWholeFramesUnchanged(t *testing.T) {
	sent := bytes.Join([][]byte{request(18, 0), request(0, 70_000), request(3, 1)}, nil)
	client, server := net.Pipe()
	go func() {
		for _, b := range sent { // byte by byte: no read meets a frame's border by luck
			_, _ = client.Write([]byte{b})
		}
		client.Close()
	}()
	got, err := io.ReadAll(&guardedConn{Conn: server})
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("read %d bytes, err %v; want the %d that were sent", len(got), err, len(sent))
	}
}

func TestGuardRefusesWhatTheBrokerCannotTake(t *testing.T) {
	tests := []struct {
		name string
		sent []byte
		pass int // bytes that come before what is refused
	}{
		{"unknown key", request(9999, 0), 0},
		{"negative key", request(-1, 0), 0},
		{"unknown key after a good frame", append(request(18, 3), request(600, 0)...), 15},
		{"frame without a header", []byte{0, 0, 0, 2, 0, 18}, 0},
		{"frame of 4 GiB", []byte{255, 255, 255, 255, 0, 18}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, server := net.Pipe()
			defer client.Close()
			go func() { _, _ = client.Write(tt.sent) }()
			got, err := io.ReadAll(&guardedConn{Conn: server})
			if err == nil || len(got) != tt.pass {
				t.Errorf("read %d bytes, err %v; want %d and a refusal", len(got), err, tt.pass)
			}
			server.Close()
		})
	}
}

// The broker behind the guard outlives a frame that would make it panic: it closes that
// connection and goes on serving others.
func TestGuardedBrokerOutlivesAnUnknownKey(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(listenGuarded), kfake.DataDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	address := cluster.ListenAddrs()[0]

	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request(9999, 0)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is still open: %v", err)
	}

	client := &kafka.Client{Addr: kafka.TCP(address), Timeout: 5 * time.Second}
	if _, err := client.Metadata(context.Background(), &kafka.MetadataRequest{}); err != nil {
		t.Errorf("the broker no longer answers: %v", err)
	}
}
