package parts

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestScratchSweepsWhatTheDeadLeft(t *testing.T) {
	tmp := openTemp(t)
	t.Setenv("TMPDIR", tmp)
	living, err := Scratch("demo-")
	if err != nil {
		t.Fatal(err)
	}
	orphan, other := filepath.Join(tmp, "demo-orphan"), filepath.Join(tmp, "other")
	for _, dir := range []string{orphan, other} {
		leave(t, dir, Process{PID: os.Getpid(), Started: "1"}) // a PID that has another owner now
	}
	unfinished := filepath.Join(tmp, "demo-unfinished")
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		t.Fatal(err)
	}

	if _, err := Scratch("demo-"); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{living: true, orphan: false, other: true, unfinished: true} {
		_, err := os.Stat(dir)
		if there := err == nil; there != want {
			t.Errorf("%s: there = %v, want %v (%v)", filepath.Base(dir), there, want, err)
		}
	}
}

func leave(t *testing.T, dir string, owner Process) {
	t.Helper()
	text, err := json.Marshal(owner)
	if err := errors.Join(err, os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, ownerFile), text, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestReachable(t *testing.T) {
	stranger := &syscall.Credential{Uid: uint32(os.Geteuid()) + 4242}
	dir := openTemp(t)
	inner := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if !reachable(stranger, inner) {
		t.Error("a directory open to all isn't reachable")
	}
	if err := os.Chmod(filepath.Join(dir, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	if reachable(stranger, inner) {
		t.Error("a directory below a closed one is reachable")
	}
	if !reachable(&syscall.Credential{Uid: uint32(os.Geteuid())}, inner) {
		t.Error("a directory below a closed one isn't reachable for its owner")
	}
}

// openTemp is a temporary directory that everybody may pass through, as /tmp is: the
// testing package's own lies below a closed one.
func openTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "parts-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
