package cardtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An Agent is a running cardagent.
type Agent struct {
	// Address is where it listens, host:port.
	Address string

	box    *Box
	config string
	cmd    *exec.Cmd
	ended  chan error
	log    log
}

// Start starts an agent over the box's cards, with the given sites allowed. It ends with
// the test. Its output is shown if the test fails.
func (b *Box) Start(t testing.TB, origins ...string) *Agent {
	t.Helper()
	a := &Agent{box: b, config: t.TempDir(), ended: make(chan error, 1)}
	if len(origins) > 0 {
		if out, code := a.Run(t, append([]string{"allow"}, origins...)...); code != 0 {
			t.Fatalf("cardagent allow: exit code %d\n%s", code, out)
		}
	}
	a.cmd = a.command(t, "serve", "--listen", "127.0.0.1:0", "--log-level", "debug")
	a.cmd.Stdout, a.cmd.Stderr = &a.log, &a.log
	endWithParent(a.cmd)
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { a.ended <- a.cmd.Wait() }()
	t.Cleanup(func() {
		if err := a.stop(); err != nil {
			t.Errorf("cardagent ended with %v", err)
		}
		if t.Failed() {
			t.Logf("cardagent wrote\n%s", a.Log())
		}
	})
	a.Address = a.await(t, regexp.MustCompile(`msg="card agent started" listen=(\S+)`))
	return a
}

// await waits until the log matches, and returns the match's group.
func (a *Agent) await(t testing.TB, what *regexp.Regexp) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := what.FindStringSubmatch(a.Log()); found != nil {
			return found[1]
		}
		select {
		case err := <-a.ended:
			a.ended <- err
			t.Fatalf("cardagent ended with %v\n%s", err, a.Log())
		default:
		}
	}
	t.Fatalf("cardagent doesn't say where it listens\n%s", a.Log())
	return ""
}

// URL is the address of the agent's WebSocket.
func (a *Agent) URL() string { return "ws://" + a.Address + "/" }

// Log returns what the agent has written so far, at the level debug.
func (a *Agent) Log() string { return a.log.String() }

// Run runs one of the agent's other commands with its settings and its cards, and returns
// what it wrote and its exit code.
func (a *Agent) Run(t testing.TB, args ...string) (output string, code int) {
	t.Helper()
	out, err := a.command(t, args...).CombinedOutput()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	if status != nil {
		code = status.ExitCode()
	}
	return string(out), code
}

func (a *Agent) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(agentProgram(t), append([]string{"--config", a.config, "--module", a.box.Module}, args...)...)
	cmd.Env = append(os.Environ(), a.box.Env...)
	return cmd
}

func (a *Agent) stop() error {
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-a.ended:
		return err
	case <-time.After(15 * time.Second):
		_ = a.cmd.Process.Kill()
		<-a.ended
		return errors.New("SIGKILL: it didn't stop")
	}
}

var built struct {
	once sync.Once
	path string
	err  error
}

// agentProgram builds the agent, once for each test program.
func agentProgram(t testing.TB) string {
	t.Helper()
	built.once.Do(func() { built.path, built.err = buildAgent() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// buildAgent leaves the program beside the logs of tests: one file, whichever test
// programs build it, replaced as a whole as others may be running it.
func buildAgent() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".test-output", "cardagent")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("build cardagent: %w", err)
	}
	args := []string{"build", "-buildvcs=false"}
	path := filepath.Join(dir, "cardagent")
	if raceDetector {
		args, path = append(args, "-race"), path+"-race"
	}
	next := fmt.Sprintf("%s.%d", path, os.Getpid())
	cmd := exec.Command("go", append(args, "-o", next, "./cmd/cardagent")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cardagent: %w\n%s", err, out)
	}
	if err := os.Rename(next, path); err != nil {
		return "", fmt.Errorf("build cardagent: %w", err)
	}
	return path, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the test's directory")
		}
		dir = parent
	}
}

// A log may be read while it is written.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
