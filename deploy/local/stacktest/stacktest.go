// Package stacktest tells tests where the real parts of the local stack listen.
//
// The stack is started by `make test` (or by hand, `make stack`), which writes the
// addresses to env.json in its directory. A test that needs a part which is not
// there is skipped with a word on how to get it; with CI=true it fails.
package stacktest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"turnkey-gateway/deploy/local/addresses"
)

// Kafka returns the stack's bootstrap addresses.
func Kafka(t testing.TB) []string {
	t.Helper()
	a := read(t)
	need(t, "Kafka", len(a.Kafka) > 0)
	return a.Kafka
}

// Postgres returns the URL of the stack's Postgres.
func Postgres(t testing.TB) string {
	t.Helper()
	a := read(t)
	need(t, "PostgreSQL", a.Postgres != "")
	return a.Postgres
}

// Redis returns host:port of the stack's Redis.
func Redis(t testing.TB) string {
	t.Helper()
	a := read(t)
	need(t, "Redis", a.Redis != "")
	return a.Redis
}

// Prometheus returns the base URL of the stack's Prometheus.
func Prometheus(t testing.TB) string {
	t.Helper()
	a := read(t)
	need(t, "Prometheus", a.Prometheus != "")
	return a.Prometheus
}

// Scrape has the stack's Prometheus scrape servers, host:port each, until the test ends.
func Scrape(t testing.TB, servers ...string) {
	t.Helper()
	text, err := json.Marshal([]map[string][]string{{"targets": servers}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(filepath.Join(directory(t), "prometheus", "targets"), "test-*.json.new")
	if err != nil {
		t.Fatalf("add a target: %v", err)
	}
	_, err = file.Write(text)
	path := strings.TrimSuffix(file.Name(), ".new") // Prometheus must not meet half a file
	if err := errors.Join(err, file.Close(), os.Rename(file.Name(), path)); err != nil {
		t.Fatalf("add a target: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
}

// Program returns the path of an installed program, e.g. xmlsec1.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing, and CI=true allows no skip: `make test` installs it", name)
	}
	if err != nil {
		t.Skipf("%s is missing: `make test` installs it", name)
	}
	return path
}

func need(t testing.TB, part string, there bool) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing, and CI=true allows no skip: start it with `make stack`", part)
	default:
		t.Skipf("%s is missing: start it with `make stack`", part)
	}
}

func read(t testing.TB) addresses.Stack {
	t.Helper()
	a, err := addresses.Read(directory(t))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return a
}

// directory is TURNKEY_STACK, or .stack beside go.mod.
func directory(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("TURNKEY_STACK"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".stack")
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = parent
	}
}
