package ingest

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unsentLimit is how many bytes the kernel takes that it can't send at once. With the usual
// megabytes, the way to a broker would need megabytes in each deliverLimit.
const unsentLimit = 128 << 10

// boundDelivery sets how long the kernel tries to deliver what it was handed, and how much it
// takes that is still to be sent (TCP_NOTSENT_LOWAT).
func boundDelivery(_, _ string, conn syscall.RawConn) (err error) {
	outer := conn.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deliverLimit.Milliseconds()))
		if err == nil {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentLimit)
		}
	})
	if outer != nil {
		return outer
	}
	return err
}

// undelivered reports whether the kernel holds bytes that the other end's has not acknowledged.
// That is so where it can't be told.
func undelivered(conn net.Conn) bool {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	held := 1
	outer := raw.Control(func(fd uintptr) { held, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return outer != nil || err != nil || held > 0
}
