package produce

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"turnkey-gateway/ingest/internal/borrowed"
)

// version is the only version of the produce protocol spoken here, offered by brokers
// since Kafka 2.1. Later ones tell more of an error that we don't use.
const version = 7

// lastBytes is how much of a request is held back until it is known to be wanted still.
const lastBytes = 64

// lastLimit is how long it may take to hand the last bytes to the kernel, once they are known
// to be wanted: it has no room for them while a broker reads slowly, or not at all.
const lastLimit = 400 * time.Millisecond

// answerLimit is the longest answer, in bytes, to a request for one partition.
const answerLimit = 64 << 10

// RawExchange implements protocol.RawExchanger on a connection that is this exchange's
// alone until it returns. After an error the transport closes the connection; a refusal
// of the broker's is none.
func (x *exchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if !x.state.CompareAndSwap(waiting, begun) {
		return nil, context.Canceled
	}
	defer close(x.done)
	usable := false
	if usable, x.err = x.run(rw); !usable {
		return nil, cmp.Or(x.err, net.ErrClosed)
	}
	return x, nil
}

// run also reports whether the connection is as good as before.
func (x *exchange) run(rw io.ReadWriter) (usable bool, err error) {
	if x.version < version {
		return false, fmt.Errorf("broker offers version %d of the produce protocol, need %d (Kafka 2.1 or newer)", x.version, version)
	}
	conn, err := borrowed.Borrow(x.ctx, rw)
	if err != nil {
		return false, err
	}
	err = x.exchange(conn)
	back, refused := conn.Return(), kafka.Error(0)
	if err != nil && !errors.As(err, &refused) {
		return false, err
	}
	return back == nil, errors.Join(err, back)
}

func (x *exchange) exchange(conn *borrowed.Conn) error {
	id := x.client.correlation.Add(1)
	batch := x.req.Batch
	start, end := x.frame(id), len(batch.buf)-lastBytes
	if err := conn.Allow(x.req.Send); err != nil {
		return err
	}
	err := batch.each(start, end, func(part []byte) error {
		_, err := conn.Write(part)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	if x.req.Fresh != nil && !x.req.Fresh() {
		return ErrTooLate
	}
	if err := conn.Allow(min(lastLimit, x.req.Send)); err != nil {
		return err
	}
	if _, err := conn.Write(batch.buf[end:]); err != nil {
		return fmt.Errorf("write the request's end: %w", err)
	}
	if err := conn.Allow(x.req.Acknowledge); err != nil {
		return err
	}
	return readAnswer(conn, id)
}

// frame writes the request before the batch, where there is room for it, and returns the
// place in the batch's memory where it begins.
func (x *exchange) frame(id int32) int {
	x.req.Batch.seal()
	clientID := x.client.ClientID[:min(len(x.client.ClientID), maxClientID)]
	size := x.req.Batch.Size()

	head := make([]byte, 4, requestRoom)
	head = binary.BigEndian.AppendUint16(head, uint16(protocol.Produce))
	head = binary.BigEndian.AppendUint16(head, version)
	head = binary.BigEndian.AppendUint32(head, uint32(id))
	head = appendString(head, clientID)
	head = binary.BigEndian.AppendUint16(head, ^uint16(0)) // no transaction
	head = binary.BigEndian.AppendUint16(head, ^uint16(0)) // acks: all in-sync replicas
	head = binary.BigEndian.AppendUint32(head, uint32(x.req.Acknowledge.Milliseconds()))
	head = binary.BigEndian.AppendUint32(head, 1) // topics
	head = appendString(head, x.req.Topic)
	head = binary.BigEndian.AppendUint32(head, 1) // partitions
	head = binary.BigEndian.AppendUint32(head, uint32(x.req.Partition))
	head = binary.BigEndian.AppendUint32(head, uint32(size))
	binary.BigEndian.PutUint32(head, uint32(len(head)-4+size))

	start := requestRoom - len(head)
	copy(x.req.Batch.buf[start:], head)
	return start
}

func appendString(to []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(s))), s...)
}

// readAnswer returns nil if the broker says that the batch is stored.
func readAnswer(conn *borrowed.Conn, id int32) error {
	size, err := conn.Answer(id)
	if err != nil {
		return err
	}
	if size > answerLimit {
		return fmt.Errorf("an answer of %d bytes is none for one partition", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return fmt.Errorf("read an answer of %d bytes: %w", size, err)
	}
	return parseAnswer(body)
}

// answerTail is the size, in bytes, of what follows the error code: offset, time, the log's
// start, throttle time.
const answerTail = 8 + 8 + 8 + 4

// parseAnswer reads an answer of version 7 after its header: an array of one topic (name,
// array of one partition (index, error, ...)), throttle time.
func parseAnswer(body []byte) error {
	one := func() bool {
		ok := len(body) >= 4 && binary.BigEndian.Uint32(body) == 1
		body = body[min(4, len(body)):]
		return ok
	}
	malformed := errors.New("the answer is not one for one partition")
	if !one() || len(body) < 2 {
		return malformed
	}
	name := int(int16(binary.BigEndian.Uint16(body)))
	if name < 0 || 2+name > len(body) {
		return malformed
	}
	body = body[2+name:]
	if !one() || len(body) < 4+2+answerTail {
		return malformed
	}
	if code := int16(binary.BigEndian.Uint16(body[4:])); code != 0 {
		return kafka.Error(code)
	}
	return nil
}
