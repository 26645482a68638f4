package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/alicebob/miniredis/v2"

	"turnkey-gateway/deploy/local/parts"
)

// startRedis runs redis-server where it is installed, else an imitation inside this
// process.
func startRedis(ctx context.Context, dir string, u *undo) (server, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return startMiniredis(u)
	}
	part, err := parts.Redis(ctx, parts.Options{Dir: dir, Lifetime: parts.WithCaller})
	if err != nil {
		return server{}, err
	}
	u.add("stop redis-server", part.Stop)
	return server{part.Addresses[0], "Redis: redis-server, private", partMembers(part)}, nil
}

// startMiniredis runs the imitation, whose keys would never expire by themselves: its
// clock stands still unless it is told to go on.
func startMiniredis(u *undo) (server, error) {
	imitation := miniredis.NewMiniRedis()
	if err := imitation.StartAddr(loopback(0)); err != nil {
		return server{}, fmt.Errorf("start miniredis: %w", err)
	}
	const step = 100 * time.Millisecond
	stop := make(chan struct{})
	go func() {
		tick := time.NewTicker(step)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				imitation.FastForward(step)
			}
		}
	}()
	u.add("stop miniredis", func(context.Context) error {
		close(stop)
		imitation.Close()
		return nil
	})
	return server{address: imitation.Addr(), words: "Redis: miniredis, embedded"}, nil
}
