package ingest

import (
	"context"
	"net"
	"time"
)

// Dial connects to a broker so that nothing given up is delivered later: closing the
// connection discards what the kernel still holds (SO_LINGER of 0), and what no broker
// has acknowledged within 1.5 s ends the connection (TCP_USER_TIMEOUT, RFC 5482; on Linux
// only). Otherwise a produce cut off by the network would be sent again by the kernel
// when the network is back, minutes after the verdict in it was true. A [Cluster] whose
// connections are made otherwise must see to the same.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second, Control: boundDelivery}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}
