package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// What the embedded broker keeps: the newest 16 MiB of each partition, in segments of
// which it deletes whole ones. Its memory holds an index only.
const (
	brokerSegment   = 16 << 20
	brokerRetention = 16 << 20
	retentionEvery  = 5 * time.Second
)

// runBroker is "demo broker": a Kafka broker for development, in a process of its own
// since it was written for tests and may panic. It runs until ctx ends.
//
// It honours no message.timestamp.type: what is stored carries its producer's time.
func runBroker(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo broker", flag.ContinueOnError)
	listen := flags.String("listen", "", "loopback `address` to listen on")
	dir := flags.String("dir", "", "`directory` for the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	_, text, _ := net.SplitHostPort(*listen)
	port, err := strconv.Atoi(text)
	if err != nil || *dir == "" || flags.NArg() > 0 {
		return errors.New("broker needs --listen 127.0.0.1:PORT and --dir DIRECTORY")
	}
	cluster, err := kfake.NewCluster(
		kfake.Ports(port),
		kfake.ListenFn(listenGuarded),
		kfake.DataDir(*dir),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes":   strconv.Itoa(brokerSegment),
			"log.retention.bytes": strconv.Itoa(brokerRetention),
		}),
	)
	if err != nil {
		return fmt.Errorf("start the embedded broker: %w", err)
	}
	defer cluster.Close()
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			cluster.ApplyRetention()
		}
	}
}

func listenGuarded(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return guard{l}, nil
}
