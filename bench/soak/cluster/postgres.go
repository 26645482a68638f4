package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"turnkey-gateway/bench/rig"
)

var postgresFaults = []kind{
	{"postgres-restarted", []resource{thePostgres}, restartPostgres},
	{"postgres-killed", []resource{thePostgres}, killPostgres},
	{"postgres-backend-killed", []resource{thePostgres}, killBackend},
	{"postgres-paused", []resource{thePostgres}, pausePostgres},
	{"postgres-moved", []resource{thePostgres}, movePostgres},
}

func restartPostgres(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	return p.renewPostgres(ctx, rng, p.postgresServer().Stop)
}

func killPostgres(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	return p.renewPostgres(ctx, rng, p.killServer)
}

// killServer kills the postmaster; its children see that and end too.
func (p *play) killServer(ctx context.Context) error {
	postmaster := p.postgresServer().Processes[0]
	all, err := rig.Children(postmaster.PID)
	if err != nil {
		return err
	}
	if err := postmaster.Kill(ctx); err != nil {
		return err
	}
	// A new one refuses to start beside children of the old.
	return rig.Eventually(ctx, "the backends of a killed Postgres end", patience, func(context.Context) (bool, error) {
		for _, pid := range all {
			if syscall.Kill(pid, 0) == nil {
				return false, fmt.Errorf("pid %d runs", pid)
			}
		}
		return true, nil
	})
}

// renewPostgres ends Postgres and starts it with its data a while later, at another port.
func (p *play) renewPostgres(ctx context.Context, rng *rand.Rand, end func(context.Context) error) (int, error) {
	dir := p.postgresServer().Dir
	if err := end(ctx); err != nil {
		return 0, err
	}
	rig.Sleep(ctx, between(rng, 100*time.Millisecond, 5*time.Second))
	ctx, cancel := undoing(ctx)
	defer cancel()
	return 1, p.startPostgres(ctx, dir)
}

// movePostgres has the server fall silent and go on at another address, as when a standby
// takes over: connections to the old one are told nothing.
func movePostgres(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	cuts := cutAll(p.wires(toPostgres))
	defer func() { cuts.heal() }()
	if n, err := p.renewPostgres(ctx, rng, p.postgresServer().Stop); err != nil {
		return n, err
	}
	cuts.await(ctx, p)
	return cuts.struck(), nil
}

// killBackend kills the server process of one connection, on which all others end too and
// the server recovers as after a crash.
func killBackend(ctx context.Context, p *play, rng *rand.Rand) (n int, err error) {
	for range 1 + rng.IntN(3) {
		all, err := p.backends(ctx)
		if err != nil {
			return n, err
		}
		if len(all) > 0 {
			if err := syscall.Kill(all[rng.IntN(len(all))], syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return n, err
			}
			n++
		}
		rig.Sleep(ctx, between(rng, 500*time.Millisecond, 2*time.Second))
	}
	return n, nil
}

// backends returns the processes that serve connections to the registry's database.
func (p *play) backends(ctx context.Context) (pids []int, err error) {
	postmaster := p.postgresServer().Processes[0].PID
	err = rig.Eventually(ctx, "Postgres has backends", patience, func(context.Context) (bool, error) {
		all, err := rig.Children(postmaster)
		if err != nil {
			return false, err
		}
		pids = nil
		for _, pid := range all {
			title, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			if err == nil && strings.Contains(string(title), " "+database+" 127.0.0.1") {
				pids = append(pids, pid)
			}
		}
		return len(pids) > 0, nil
	})
	return pids, err
}

// pausePostgres stops the server with all its backends, each of which leads a session of
// its own.
func pausePostgres(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	return p.freeze(ctx, rng, p.postgresServer().Processes[0].PID, between(rng, 500*time.Millisecond, 6*time.Second))
}

// freeze stops a server for a while, and returns how many messages were sent meanwhile.
func (p *play) freeze(ctx context.Context, rng *rand.Rand, pid int, d time.Duration) (int, error) {
	thaw, err := rig.Freeze(ctx, pid)
	if err != nil {
		return 0, err
	}
	sent := p.traffic.sent.Load()
	p.traffic.passEnding(ctx, rng, d)
	return int(p.traffic.sent.Load() - sent), thaw()
}
