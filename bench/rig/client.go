package rig

import (
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
)

// clientLimit bounds each request of a client's.
const clientLimit = 15 * time.Second

// newClient returns a client with connections of its own, and how to end them. Those that
// the library shares would look for brokers as long as the program runs, at addresses that
// somebody else may have by then.
func newClient(brokers []string) (client *kafka.Client, end func()) {
	transport := &kafka.Transport{Dial: ingest.Dial}
	return &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: clientLimit, Transport: transport}, transport.CloseIdleConnections
}
