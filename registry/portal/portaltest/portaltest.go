// Package portaltest starts portals for tests, and visits them: as a client without
// scripts ([Client]) and with a real browser ([Browser]).
package portaltest

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"turnkey-gateway/registry/portal"
)

// Config returns a configuration with every part of the portal on, for an origin.
func Config(origin string) portal.Config {
	return portal.Config{
		Origin: origin,
		ServiceCentre: portal.ServiceCentre{
			Phone: "0800-000-000", Fax: "(02)0000-0000", Mail: "helpdesk@portal.example",
		},
		PasswordLogin: true,
		Log:           slog.New(slog.DiscardHandler),
	}
}

// Start serves a portal over a registry on a loopback port until the test ends, and
// returns its origin. Edits are made to [Config] before.
func Start(t testing.TB, reg portal.Registry, edits ...func(*portal.Config)) (origin string) {
	t.Helper()
	origin, _ = start(t, reg, edits...)
	return origin
}

func start(t testing.TB, reg portal.Registry, edits ...func(*portal.Config)) (origin string, p *portal.Portal) {
	t.Helper()
	origin = Serve(t, func(cfg portal.Config) (http.Handler, error) {
		for _, edit := range edits {
			edit(&cfg)
		}
		var err error
		if p, err = portal.New(cfg, reg); err != nil {
			return nil, err
		}
		t.Cleanup(p.Close)
		return p.Handler(), nil
	})
	return origin, p
}

// Serve is Start for a portal that is built otherwise.
func Serve(t testing.TB, build func(portal.Config) (http.Handler, error)) (origin string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin = "http://" + l.Addr().String()
	handler, err := build(Config(origin))
	if err != nil {
		l.Close()
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return origin
}

// output is .test-output beside go.mod.
func output(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".test-output")
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = parent
	}
}
