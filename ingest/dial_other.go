//go:build !linux

package ingest

import (
	"net"
	"syscall"
)

// boundDelivery can do nothing here: there is no such option.
func boundDelivery(_, _ string, _ syscall.RawConn) error { return nil }

// undelivered isn't known here.
func undelivered(net.Conn) bool { return false }
