package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/stacktest"
)

// Redis stands for all parts here: it starts in milliseconds.

func TestUpStartsOnceAndDownEndsIt(t *testing.T) {
	dir := newStack(t)
	local(t, "up", "--dir", dir, "--parts", "redis", "--ports", "auto")
	first := addressesIn(t, dir).Redis
	if first == "" {
		t.Fatal("env.json has no Redis")
	}
	if out := local(t, "up", "--dir", dir, "--parts", "redis", "--ports", "auto"); !strings.Contains(out, "already up") {
		t.Errorf("a second up says %q", out)
	}
	if again := addressesIn(t, dir).Redis; again != first {
		t.Errorf("a second up moved Redis from %s to %s", first, again)
	}

	local(t, "down", "--dir", dir)
	if err := run(t.Context(), []string{"status", "--dir", dir}, new(strings.Builder), new(strings.Builder)); err == nil {
		t.Error("status finds something running after down")
	}
	if left := addressesIn(t, dir).Redis; left != "" {
		t.Errorf("env.json still says Redis is at %s", left)
	}
}

func TestTwoUpsAtOnceStartOneServer(t *testing.T) {
	dir := newStack(t)
	var both sync.WaitGroup
	outs := make([]string, 2)
	for i := range outs {
		both.Go(func() { outs[i] = local(t, "up", "--dir", dir, "--parts", "redis", "--ports", "auto") })
	}
	both.Wait()
	if all := strings.Join(outs, ""); strings.Count(all, "already up") != 1 || strings.Count(all, "up in") != 1 {
		t.Errorf("two ups say:\n%s", all)
	}
}

func TestPartsOfOthersStayInEnv(t *testing.T) {
	dir := newStack(t)
	const theirs = "postgres://somebody@192.0.2.1/else"
	text, err := json.Marshal(addresses.Stack{Postgres: theirs})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, addresses.File), text, 0o600); err != nil {
		t.Fatal(err)
	}
	local(t, "up", "--dir", dir, "--parts", "redis,postgres", "--ports", "auto")
	if got := addressesIn(t, dir).Postgres; got != theirs {
		t.Errorf("after up, Postgres is %q", got)
	}
	local(t, "down", "--dir", dir)
	if got := addressesIn(t, dir).Postgres; got != theirs {
		t.Errorf("after down, Postgres is %q", got)
	}
}

func TestWipeLeavesNoData(t *testing.T) {
	dir := newStack(t)
	local(t, "up", "--dir", dir, "--parts", "redis", "--ports", "auto")
	local(t, "down", "--dir", dir, "--wipe")
	if _, err := os.Stat(filepath.Join(dir, "redis")); !os.IsNotExist(err) {
		t.Errorf("its directory after down --wipe: %v", err)
	}
}

func TestShownHidesThePassword(t *testing.T) {
	dir := newStack(t)
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const secret = "hunter2"
	part := s.state["postgres"]
	part.Addresses = []string{"postgres://turnkey:" + secret + "@127.0.0.1:1/postgres"}
	if got := shown(part); strings.Contains(got, secret) || !strings.Contains(got, "127.0.0.1:1") {
		t.Errorf("shown = %q", got)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, args := range [][]string{
		{"fly"}, {"up", "--parts", "mongodb"}, {"up", "--ports", "some"}, {"up", "now"}, {"install", "--parts", "mongodb"}, {},
	} {
		if err := run(t.Context(), args, new(strings.Builder), new(strings.Builder)); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func newStack(t *testing.T) string {
	t.Helper()
	stacktest.Program(t, "redis-server")
	dir := t.TempDir()
	t.Cleanup(func() { local(t, "down", "--dir", dir) })
	return dir
}

// local runs the program and returns what it printed.
func local(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	// Not the test's own context: that has ended when clean-ups run.
	if err := run(context.Background(), args, &out, &out); err != nil {
		t.Errorf("%q: %v\n%s", args, err, &out)
	}
	return out.String()
}

func addressesIn(t *testing.T, dir string) addresses.Stack {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, addresses.File))
	if err != nil {
		t.Fatal(err)
	}
	var a addresses.Stack
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}
