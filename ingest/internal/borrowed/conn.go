// Package borrowed is a connection of the library's transport while one request and its
// answer have it for themselves.
package borrowed

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// A Conn is a connection that is borrowed on a caller's behalf. When the caller's context
// ends, every read and write on it ends at once. It is used by one goroutine.
type Conn struct {
	io.ReadWriter
	limits deadliner // the same connection
	ctx    context.Context
	stop   func() bool
}

// deadliner is the part of net.Conn that the transport's connection also has.
type deadliner interface{ SetDeadline(time.Time) error }

// Borrow takes a connection until Return.
func Borrow(ctx context.Context, rw io.ReadWriter) (*Conn, error) {
	limits, ok := rw.(deadliner)
	if !ok {
		return nil, fmt.Errorf("connection %T takes no deadline", rw)
	}
	stop := context.AfterFunc(ctx, func() { limits.SetDeadline(time.Unix(1, 0)) })
	return &Conn{ReadWriter: rw, limits: limits, ctx: ctx, stop: stop}, nil
}

// Allow sets how long what follows may take, unless the caller has gone meanwhile.
func (c *Conn) Allow(d time.Duration) error {
	if err := c.limits.SetDeadline(time.Now().Add(d)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	return c.ctx.Err()
}

// Return takes the limits off. After an error the connection must not be used again: the
// caller has gone, and its end may still reach the connection, or has.
func (c *Conn) Return() error {
	if !c.stop() {
		return c.ctx.Err()
	}
	return c.limits.SetDeadline(time.Time{})
}

// Answer reads the head of the answer to a request, and returns the size in bytes of what
// is left of it.
func (c *Conn) Answer(request int32) (size int64, err error) {
	var head [8]byte // int32 size, int32 correlation id
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, fmt.Errorf("read the answer's size: %w", err)
	}
	size = int64(int32(binary.BigEndian.Uint32(head[:]))) - 4
	if got := int32(binary.BigEndian.Uint32(head[4:])); got != request || size < 0 {
		return 0, fmt.Errorf("answer %d of %d bytes does not belong to request %d", got, size, request)
	}
	return size, nil
}
