package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/bench/rig"
)

// startBroker runs this very program as the broker ([runBroker]) and returns its address
// once it answers.
func startBroker(ctx context.Context, dir string, u *undo) (server, error) {
	self, err := os.Executable()
	if err != nil {
		return server{}, fmt.Errorf("find this program: %w", err)
	}
	addresses, err := addressesOr(usualKafka)
	if err != nil {
		return server{}, err
	}
	log := filepath.Join(dir, "broker.log")
	p, err := rig.Run("broker", self, log, []string{"TMPDIR=" + dir},
		"broker", "--listen", addresses[0], "--dir", filepath.Join(dir, "kafka"))
	if err != nil {
		return server{}, err
	}
	u.add("stop the embedded broker", stopping(p, log))
	if err := awaitKafka(ctx, p, addresses[0]); err != nil {
		return server{}, err
	}
	return server{addresses[0], "Kafka: kfake, embedded", []member{programMember(p, log)}}, nil
}

// awaitKafka polls until the broker answers, its program ends or 10 s have passed.
func awaitKafka(ctx context.Context, p *rig.Program, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := askKafka(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-p.Ended():
			return fmt.Errorf("the embedded broker ended before it answered: %w", errors.Join(p.Err(), err))
		case <-ctx.Done():
			return fmt.Errorf("the embedded broker does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// askKafka uses a connection of its own: a kafka.Client that once met a closed port goes
// on believing for seconds that there is no broker.
func askKafka(ctx context.Context, address string) error {
	conn, err := kafka.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	_, err = conn.ApiVersions()
	return errors.Join(err, conn.Close())
}
