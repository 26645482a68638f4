package ingest

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// boundDelivery sets how long the kernel tries to deliver what it was handed.
func boundDelivery(_, _ string, conn syscall.RawConn) (err error) {
	outer := conn.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deliverLimit.Milliseconds()))
	})
	if outer != nil {
		return outer
	}
	return err
}
