package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/cmd/internal/config"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// complete is a configuration that is accepted, on files of the test's own.
func complete(t *testing.T) map[string]string {
	t.Helper()
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return map[string]string{
		"GATEWAY_BROKERS":         "127.0.0.1:1",
		"GATEWAY_DATABASE_FILE":   file("database", "postgres://gateway:hunter2@127.0.0.1:1/turnkey"),
		"GATEWAY_LOOKUP_KEY_FILE": file("lookup.key", strings.Repeat("0123456789abcdef", 4)),
		"GATEWAY_LISTEN":          "127.0.0.1:0",
	}
}

func TestBadValuesNameTheirVariable(t *testing.T) {
	for variable, tt := range map[string]struct{ value, mend string }{
		"GATEWAY_BROKERS":           {"", "is required"},
		"GATEWAY_REDIS":             {"localhost", "write, for example"},
		"GATEWAY_CACHE_KEY_FILE":    {"/nowhere/cache.key", "create it"},
		"GATEWAY_DATABASE_FILE":     {"postgres://a:secret@b/c", "write it to a file"},
		"GATEWAY_PROFILE":           {"lax", "set one of cpt, interop"},
		"GATEWAY_SESSION":           {"1s", "write, for example, 10s"},
		"GATEWAY_INFLIGHT_BYTES":    {"1", "write, for example, 256MiB"},
		"GATEWAY_PPROF":             {"0.0.0.0:6060", "use 127.0.0.1 or off"},
		"GATEWAY_LEGACY_SHA1_UNTIL": {"June", "write, for example"},
		"GATEWAY_START":             {"middle", "earliest, latest"},
		"GATEWAY_SHADOW_ONE_IN":     {"-1", "from 0 to"},
	} {
		t.Run(variable, func(t *testing.T) {
			vars := complete(t)
			vars[variable] = tt.value
			err := run(t.Context(), nil, env(vars), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), variable+": ") || !strings.Contains(err.Error(), tt.mend) {
				t.Errorf("got %v, want %s and %q", err, variable, tt.mend)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the secret is repeated: %v", err)
			}
		})
	}
}

func TestRedisNeedsItsKey(t *testing.T) {
	vars := complete(t)
	vars["GATEWAY_REDIS"] = "127.0.0.1:6379"
	err := run(t.Context(), nil, env(vars), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "GATEWAY_CACHE_KEY_FILE: is required with GATEWAY_REDIS") {
		t.Errorf("got %v", err)
	}
}

// 0 is a value of its own here, not the default.
func TestShareOfTheShadowCheck(t *testing.T) {
	for value, want := range map[string]int{"": 1000, "0": 0, "1": 1, "20": 20} {
		vars := complete(t)
		vars["GATEWAY_SHADOW_ONE_IN"] = value
		r := config.NewReader(env(vars), "GATEWAY_")
		if got := readConfig(r).ShadowOneIn; got != want || r.Err() != nil {
			t.Errorf("%q means one in %d, want %d; %v", value, got, want, r.Err())
		}
	}
}

func TestPrintConfig(t *testing.T) {
	vars := complete(t)
	vars["GATEWAY_TOPIC_INBOUND"] = "elsewhere"
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--print-config"}, env(vars), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GATEWAY_TOPIC_INBOUND", "elsewhere", "GATEWAY_INFLIGHT_BYTES", "256MiB", "GATEWAY_SHADOW_ONE_IN",
		vars["GATEWAY_DATABASE_FILE"]} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error("the password is shown")
	}
}

func TestHelpAndVersion(t *testing.T) {
	for flag, want := range map[string]string{"--help": "GATEWAY_BROKERS", "--version": "gateway "} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{flag}, env(nil), &out, io.Discard); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: err %v, output\n%s", flag, err, out.String())
		}
	}
	if err := run(t.Context(), []string{"start"}, env(nil), io.Discard, io.Discard); err == nil {
		t.Error("an argument was accepted")
	}
}

// With what is in flight as by default, or otherwise, garbage is collected before a gateway
// takes 256 MB and what is in flight; some 50 MB are left to what isn't Go's.
func TestMemoryLimit(t *testing.T) {
	for _, inflight := range []string{"", "64MiB", "2GiB"} {
		cfg := readConfig(config.NewReader(func(name string) string {
			return map[string]string{"GATEWAY_INFLIGHT_BYTES": inflight}[name]
		}, "GATEWAY_"))
		if most := cfg.Ingest.InflightBytes + 210_000_000; cfg.memoryLimit() > most {
			t.Errorf("%s in flight: a limit of %d bytes, want %d at most", inflight, cfg.memoryLimit(), most)
		}
	}
}
