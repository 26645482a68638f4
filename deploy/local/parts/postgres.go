package parts

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresRole owns the cluster: a superuser, so that tests may create databases.
const postgresRole = "turnkey"

// Postgres runs a PostgreSQL server whose URL it returns, making its cluster first where
// there is none. It has no Unix socket, and its password is kept beside the data.
//
// Root's server runs as the user postgres, or nobody, since PostgreSQL refuses root.
func Postgres(ctx context.Context, o Options) (*Part, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	port, err := port(o.Port)
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	as, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	home, err := homeFor(as, o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start postgres: make its directory: %w", err)
	}
	password, err := initCluster(ctx, bin, home, as)
	if err != nil {
		return nil, fmt.Errorf("start postgres: make its cluster: %w", err)
	}
	c := command{
		name: "postgres", path: filepath.Join(bin, "postgres"), dir: home,
		args: []string{"-D", filepath.Join(home, "data"), "-p", fmt.Sprint(port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
			"-c", "max_connections=200", "-c", "timezone=UTC"},
		env: plainEnv(), log: filepath.Join(home, "postgres.log"), user: as, lifetime: o.Lifetime,
		// "Fast": ends sessions, writes a checkpoint. An orphan skips that.
		stop: syscall.SIGINT, orphaned: syscall.SIGQUIT,
	}
	if o.Lifetime == WithCaller {
		c.args = append(c.args, "-c", "fsync=off") // it need not outlive a power cut
	}
	p, err := start(c)
	if err != nil {
		return nil, err
	}
	address := (&url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresRole, password), Host: loopback(port),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
	if err := p.await(ctx, 30*time.Second, func(ctx context.Context) error { return askPostgres(ctx, address) }); err != nil {
		return nil, err
	}
	return &Part{Addresses: []string{address}, Processes: []*Process{p}, Dir: home}, nil
}

// initCluster makes a cluster in home/data if there is none, and returns its password.
// The cluster appears under its name only when it is complete.
func initCluster(ctx context.Context, bin, home string, as *syscall.Credential) (password string, err error) {
	passwordFile, data := filepath.Join(home, "password"), filepath.Join(home, "data")
	if kept, err := os.ReadFile(passwordFile); err == nil {
		if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
			return strings.TrimSpace(string(kept)), nil
		}
	}
	password = rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	if as != nil {
		if err := os.Chown(passwordFile, int(as.Uid), int(as.Gid)); err != nil {
			return "", err
		}
	}
	unfinished := data + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", unfinished, "--no-sync",
		"--username", postgresRole, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C")
	cmd.Dir, cmd.Env = home, plainEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return password, os.Rename(unfinished, data)
}

func askPostgres(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

// plainEnv is the environment of servers that run as another user: nothing of the
// caller's but where programs are.
func plainEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}
