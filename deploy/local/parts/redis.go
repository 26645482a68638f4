package parts

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis runs a Redis server that keeps nothing on disk.
func Redis(ctx context.Context, o Options) (*Part, error) {
	path, err := program("redis-server")
	if err != nil {
		return nil, err
	}
	port, err := port(o.Port)
	if err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	as, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	p, err := start(command{
		name: "redis", path: path, dir: "/",
		args: []string{"--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--save", "", "--appendonly", "no"},
		env:  plainEnv(), log: filepath.Join(o.Dir, "redis.log"), user: as, lifetime: o.Lifetime,
		stop: syscall.SIGTERM, orphaned: syscall.SIGKILL,
	})
	if err != nil {
		return nil, err
	}
	address := loopback(port)
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialTimeout: time.Second})
	defer client.Close()
	if err := p.await(ctx, 15*time.Second, func(ctx context.Context) error { return client.Ping(ctx).Err() }); err != nil {
		return nil, err
	}
	return &Part{Addresses: []string{address}, Processes: []*Process{p}, Dir: o.Dir}, nil
}
