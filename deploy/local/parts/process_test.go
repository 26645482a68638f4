package parts

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server, as far as these tests go: it says something, and runs until it is ended.
func sleeper(t *testing.T) command {
	return command{
		name: "sleeper", path: "/bin/sh", args: []string{"-c", "echo at work; exec sleep 600"},
		dir: "/", env: plainEnv(), log: filepath.Join(t.TempDir(), "log"), lifetime: WithCaller,
		stop: syscall.SIGTERM, orphaned: syscall.SIGKILL,
	}
}

func TestStopEndsTheProcess(t *testing.T) {
	p := begin(t, sleeper(t))
	if !p.Alive() {
		t.Fatal("not alive after its start")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("alive after Stop")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
}

func TestStopKillsWhatWontEnd(t *testing.T) {
	c := sleeper(t)
	c.args = []string{"-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"}
	p := begin(t, c)
	awaitLine(t, p, "deaf")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("alive after Stop")
	}
}

func TestStopSparesAnotherProcessWithItsPID(t *testing.T) {
	p := begin(t, sleeper(t))
	stale := *p
	stale.Started = "1"
	if err := stale.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("a process was ended that the record didn't mean")
	}
}

func TestAwaitTellsWhyAServerEnded(t *testing.T) {
	c := sleeper(t)
	c.args = []string{"-c", "echo the disk is on fire; exit 3"}
	p := begin(t, c)
	err := p.await(t.Context(), 10*time.Second, func(context.Context) error { return errors.New("no answer") })
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("await = %v, want the end of its log", err)
	}
}

func TestAwaitEndsAServerThatIsTooLate(t *testing.T) {
	p := begin(t, sleeper(t))
	awaitLine(t, p, "at work")
	err := p.await(t.Context(), 100*time.Millisecond, func(context.Context) error { return errors.New("no answer yet") })
	if err == nil || !strings.Contains(err.Error(), "no answer yet") || !strings.Contains(err.Error(), "at work") {
		t.Errorf("await = %v, want the last refusal and the end of its log", err)
	}
	if p.Alive() {
		t.Error("alive after await gave up")
	}
}

// A part that lives with its caller ends even when the caller is killed. The caller is
// this test binary once more.
func TestWithCallerEndsWithAKilledCaller(t *testing.T) {
	if os.Getenv("PARTS_TEST_CALLER") != "" {
		callerOfTest(t)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a child of its parent's death")
	}
	caller := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	caller.Env = append(os.Environ(), "PARTS_TEST_CALLER=1")
	out, err := caller.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var p Process
	if err := json.Unmarshal([]byte(line), &p); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if !p.Alive() {
		t.Fatal("the part isn't alive while its caller is")
	}
	if err := caller.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = caller.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !p.awaitEnd(ctx) {
		t.Error("the part outlived its killed caller")
		_ = p.Stop(t.Context())
	}
}

// callerOfTest starts a part, tells which, and waits to be killed.
func callerOfTest(t *testing.T) {
	p := begin(t, sleeper(t))
	if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
		t.Fatal(err)
	}
	select {
	case <-t.Context().Done():
	case <-time.After(time.Minute):
		t.Error("was not killed")
	}
}

func begin(t *testing.T, c command) *Process {
	t.Helper()
	p, err := start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	return p
}

// awaitLine waits until the process has said a line.
func awaitLine(t *testing.T, p *Process, line string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(Tail(p.Log), line); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never said %q, but:\n%s", p.Name, line, Tail(p.Log))
		}
	}
}
