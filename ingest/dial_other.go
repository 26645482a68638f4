//go:build !linux

package ingest

import "syscall"

// boundDelivery can do nothing here: there is no such option.
func boundDelivery(_, _ string, _ syscall.RawConn) error { return nil }
