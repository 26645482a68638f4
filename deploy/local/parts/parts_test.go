package parts_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/deploy/local/stacktest"
)

func TestPostgresKeepsItsDataAndItsPassword(t *testing.T) {
	need(t, "postgres")
	dir := filepath.Join(t.TempDir(), "postgres") // closed to other users: root's server goes elsewhere
	part := run(t, parts.Postgres, parts.Options{Dir: dir})
	exec(t, part.Addresses[0], "CREATE TABLE kept AS SELECT 42 AS answer")
	if err := part.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), part.Addresses[0]); err == nil {
		t.Fatal("it answers after Stop")
	}

	part = run(t, parts.Postgres, parts.Options{Dir: part.Dir})
	exec(t, part.Addresses[0], "INSERT INTO kept VALUES (43)")

	address, err := url.Parse(part.Addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.User(address.User.Username())
	if conn, err := pgx.Connect(t.Context(), address.String()); err == nil {
		_ = conn.Close(t.Context())
		t.Error("it lets in who has no password")
	}
}

func TestPostgresListensOnLoopbackOnly(t *testing.T) {
	need(t, "postgres")
	part := run(t, parts.Postgres, parts.Options{Dir: filepath.Join(t.TempDir(), "postgres")})
	conn, err := pgx.Connect(t.Context(), part.Addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for setting, want := range map[string]string{"listen_addresses": "127.0.0.1", "unix_socket_directories": ""} {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", setting, got, err, want)
		}
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	need(t, "redis")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, err = parts.Redis(t.Context(), parts.Options{Dir: t.TempDir(), Port: port})
	if err == nil || !strings.Contains(err.Error(), "port "+strconv.Itoa(port)+" is taken") {
		t.Errorf("Redis on a taken port = %v", err)
	}
}

func TestRedisLeavesNothingOnDisk(t *testing.T) {
	need(t, "redis")
	dir := t.TempDir()
	part := run(t, parts.Redis, parts.Options{Dir: dir})
	if err := part.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "redis.log" {
			t.Errorf("it left %s", f.Name())
		}
	}
}

func need(t *testing.T, part string) {
	t.Helper()
	missing, err := parts.Missing(part)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range missing {
		stacktest.Program(t, n.Program)
	}
}

func run(t *testing.T, part func(context.Context, parts.Options) (*parts.Part, error), o parts.Options) *parts.Part {
	t.Helper()
	p, err := part(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if p.Dir != o.Dir {
			_ = os.RemoveAll(p.Dir)
		}
	})
	return p
}

func exec(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestInstallGivesTheLineToPaste(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no program, no apt-get
	missing, err := parts.Missing("redis", "kafka")
	if err != nil {
		t.Fatal(err)
	}
	err = parts.Install(t.Context(), missing, io.Discard)
	const want = "sudo apt-get update && sudo apt-get install -y --no-install-recommends default-jdk-headless maven redis-server"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Install = %v, want the line %q", err, want)
	}
}

// TestOraclesAreNeeded by tests: where libxmlsec1's headers are, pkg-config is asked.
func TestOraclesAreNeeded(t *testing.T) {
	for _, tt := range []struct {
		name, pkgConfig string
		want            []string
	}{
		{"nothing there", "", []string{"default-jdk-headless", "libxmlsec1-dev", "pkg-config"}},
		{"pkg-config does not know them", "#!/bin/sh\nexit 1\n", []string{"default-jdk-headless", "libxmlsec1-dev"}},
		{"pkg-config knows them", "#!/bin/sh\necho /usr/include\n", []string{"default-jdk-headless"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.pkgConfig != "" {
				if err := os.WriteFile(filepath.Join(dir, "pkg-config"), []byte(tt.pkgConfig), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			missing, err := parts.Missing("tests")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range missing {
				if slices.Contains([]string{"default-jdk-headless", "libxmlsec1-dev", "pkg-config"}, n.Package) {
					got = append(got, n.Package)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("missing %v, want %v", got, tt.want)
			}
		})
	}
}
