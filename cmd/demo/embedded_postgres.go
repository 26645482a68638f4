package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	fetched "github.com/fergusstrange/embedded-postgres"

	"turnkey-gateway/deploy/local/parts"
)

// startPostgres runs a private cluster in dir, from installed programs, or from ones that
// it installs or fetches first.
func startPostgres(ctx context.Context, dir string, u *undo, say func(string)) (server, error) {
	missing, err := parts.Missing("postgres")
	if err != nil {
		return server{}, err
	}
	if len(missing) > 0 {
		if err := providePostgres(ctx, missing, say); err != nil {
			return server{}, err
		}
	}
	part, err := parts.Postgres(ctx, parts.Options{Dir: dir, Lifetime: parts.WithCaller})
	if err != nil {
		return server{}, err
	}
	u.add("stop PostgreSQL", part.Stop)
	if part.Dir != dir {
		u.add("remove PostgreSQL's data", func(context.Context) error { return os.RemoveAll(part.Dir) })
	}
	return server{part.Addresses[0], "PostgreSQL: private, throw-away", partMembers(part)}, nil
}

// providePostgres makes PostgreSQL's programs available to [parts.Postgres]: by apt-get
// where that may be, else by fetching binaries into the user's cache directory. Those
// can't be had by root, whom PostgreSQL refuses.
func providePostgres(ctx context.Context, missing []parts.Need, say func(string)) error {
	if parts.CanInstall() {
		say("PostgreSQL is missing: installing it with apt-get, once")
		var log strings.Builder
		if err := parts.Install(ctx, missing, &log); err != nil {
			return fmt.Errorf("%s%w", log.String(), err)
		}
		return nil
	}
	if os.Geteuid() == 0 {
		return fmt.Errorf("PostgreSQL is missing. Install it with:\n\n  %s", parts.AptLine(missing))
	}
	bin, err := fetchPostgres(say)
	if err != nil {
		return fmt.Errorf("PostgreSQL is missing, and fetching it failed (%w). Install it with:\n\n  %s", err, parts.AptLine(missing))
	}
	// Where parts looks for it.
	return os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// fetchPostgres returns the directory of the fetched binaries, fetching them the first
// time. The library fetches only when it starts a server, so one is started and stopped;
// the demo runs its own, which ends with it.
func fetchPostgres(say func(string)) (bin string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "turnkey-gateway")
	version := fetched.V18
	root := filepath.Join(cache, fmt.Sprintf("postgres-%s-%s-%s", version, runtime.GOOS, runtime.GOARCH))
	bin = filepath.Join(root, "bin")
	complete := filepath.Join(root, "complete")
	if _, err := os.Stat(complete); err == nil {
		return bin, nil
	}
	say("PostgreSQL is missing: fetching its programs to " + root + ", once (30 MB)")
	if err := os.RemoveAll(root); err != nil {
		return "", err
	}
	trial, err := os.MkdirTemp("", "turnkey-demo-fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(trial)
	// The library leaves its log in the temporary directory.
	defer os.Setenv("TMPDIR", os.TempDir())
	if err := os.Setenv("TMPDIR", trial); err != nil {
		return "", err
	}
	free, err := net.Listen("tcp", loopback(0))
	if err != nil {
		return "", err
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	once := fetched.NewDatabase(fetched.DefaultConfig().Version(version).Port(uint32(port)).Logger(io.Discard).
		CachePath(trial).BinariesPath(root).RuntimePath(filepath.Join(trial, "run")))
	if err := once.Start(); err != nil {
		return "", err
	}
	return bin, errors.Join(once.Stop(), os.WriteFile(complete, nil, 0o644))
}
