package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/rediscache/redistest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// environment returns what a portal needs, over the given database and Redis.
func environment(t *testing.T, databaseURL, redis string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "database")
	if err := os.WriteFile(file, []byte(databaseURL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"PORTAL_DATABASE_FILE":  file,
		"PORTAL_CACHE_KEY_FILE": registrytest.KeyFile(t, "cache"),
		"PORTAL_REDIS":          redis,
		"PORTAL_REDIS_TIMEOUT":  "1s",
		"PORTAL_LISTEN":         "127.0.0.1:0",
	}
}

func getenv(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// A syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not so: %s", what)
		}
	}
}

var listening = regexp.MustCompile(`"metrics":"([^"]+)"`)

func TestPortalRelaysTellsAndStops(t *testing.T) {
	url, redis := registrytest.Database(t), redistest.Start(t)
	store := registrytest.StoreOn(t, registrytest.Pool(t, url))
	ctx, stop := context.WithCancel(t.Context())
	var log syncBuffer
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, getenv(environment(t, url, redis.Addr)), io.Discard, &log) }()

	eventually(t, "it says where it listens", func() bool { return listening.MatchString(log.String()) })
	base := "http://" + listening.FindStringSubmatch(log.String())[1]
	fetch := func(path string) string {
		response, err := http.Get(base + path)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	eventually(t, "it is ready", func() bool { return fetch("/readyz") == "ok\n" })

	account := registry.Identifier{Kind: verifier.Account, Value: "party@example.com"}
	if _, _, err := store.CreateParty(t.Context(), registrytest.Operator, account); err != nil {
		t.Fatal(err)
	}
	key := rediscache.NewKeys("").Sender(registrytest.LookupKey().Account(account.Value))
	eventually(t, "the party is in Redis", func() bool { return redis.Client.Exists(t.Context(), key).Val() == 1 })
	for _, line := range []string{"turnkey_relay_active 1", "turnkey_relay_applied_version 1"} {
		eventually(t, line, func() bool { return strings.Contains(fetch("/metrics"), line+"\n") })
	}

	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it doesn't stop")
	}
	if strings.Contains(log.String(), account.Value) {
		t.Error("the log names an account")
	}
}

func TestPortalIsNotReadyWithoutASchema(t *testing.T) {
	values := environment(t, registrytest.EmptyDatabase(t), "127.0.0.1:1")
	ctx, stop := context.WithCancel(t.Context())
	var log syncBuffer
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, getenv(values), io.Discard, &log) }()
	eventually(t, "it says where it listens", func() bool { return listening.MatchString(log.String()) })
	response, err := http.Get("http://" + listening.FindStringSubmatch(log.String())[1] + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "turnkey migrate") {
		t.Errorf("%d %s, want 503 and what to do", response.StatusCode, text)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestPortalRefusesABadConfiguration(t *testing.T) {
	good := environment(t, "postgres://turnkey:hunter2@127.0.0.1:1/turnkey", "127.0.0.1:1")
	weak := filepath.Join(t.TempDir(), "weak.key")
	if err := os.WriteFile(weak, []byte("0123"), 0o600); err != nil {
		t.Fatal(err)
	}
	noURL := filepath.Join(t.TempDir(), "database")
	if err := os.WriteFile(noURL, []byte("postgres://turnkey:hunter2@:not-a-port/"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, variable, value string }{
		{"no Redis", "PORTAL_REDIS", ""},
		{"no database", "PORTAL_DATABASE_FILE", ""},
		{"the URL itself", "PORTAL_DATABASE_FILE", "postgres://turnkey:hunter2@127.0.0.1/turnkey"},
		{"a file without a URL", "PORTAL_DATABASE_FILE", noURL},
		{"a key that is too short", "PORTAL_CACHE_KEY_FILE", weak},
		{"a time-out that is too long", "PORTAL_REDIS_TIMEOUT", "1m"},
		{"profiles for everyone", "PORTAL_PPROF", ":6060"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := map[string]string{tt.variable: tt.value}
			err := run(t.Context(), nil, func(name string) string {
				if v, edited := values[name]; edited {
					return v
				}
				return good[name]
			}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.variable+": ") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want an error that names %s and no password", err, tt.variable)
			}
		})
	}
}

func TestPrintConfigShowsAllAndNoSecret(t *testing.T) {
	var table bytes.Buffer
	values := environment(t, "postgres://turnkey:hunter2@127.0.0.1:1/turnkey", "127.0.0.1:1")
	if err := run(t.Context(), []string{"--print-config"}, getenv(values), &table, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PORTAL_DATABASE_FILE", "PORTAL_CACHE_KEY_FILE", "PORTAL_REDIS ", "PORTAL_LISTEN", values["PORTAL_DATABASE_FILE"]} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("%s isn't in\n%s", want, table.String())
		}
	}
	if strings.Contains(table.String(), "hunter2") {
		t.Errorf("the password is in\n%s", table.String())
	}
}
