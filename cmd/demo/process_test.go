package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

// A demoProcess is a built demo that runs with a temporary directory of its own, by which
// everything that belongs to it is found.
type demoProcess struct {
	cmd       *exec.Cmd
	bin, home string
	path      string

	output *lines
	ended  chan struct{}
	err    error // after ended
}

// built are the demo and the services that it runs, in one directory for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "demo-test-bin-")
	if err != nil {
		return "", err
	}
	removeBuilt = func() { os.RemoveAll(dir) }
	if out, err := exec.Command("go", "build", "-o", dir, ".", "../gateway", "../portal", "../cardagent").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

var removeBuilt = func() {} // set once by built

func TestMain(m *testing.M) {
	code := m.Run()
	removeBuilt()
	os.Exit(code)
}

func startDemo(t *testing.T, path string, args ...string) *demoProcess {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the whole demo")
	}
	bin, err := built()
	if err != nil {
		t.Fatalf("build the demo: %v", err)
	}
	// Not t.TempDir: a PostgreSQL that may not run as root must be able to pass through.
	home, err := os.MkdirTemp("", "demo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if err := os.Chmod(home, 0o711); err != nil {
		t.Fatal(err)
	}
	d := &demoProcess{bin: bin, home: home, path: path}
	return d.again(t, args...)
}

// again starts a demo in the same temporary directory.
func (d *demoProcess) again(t *testing.T, args ...string) *demoProcess {
	t.Helper()
	next := &demoProcess{bin: d.bin, home: d.home, path: d.path, output: newLines(), ended: make(chan struct{})}
	next.cmd = exec.Command(filepath.Join(d.bin, "demo"), args...)
	next.cmd.Env = append(os.Environ(), "TMPDIR="+d.home, "PATH="+d.path)
	next.cmd.Stdout, next.cmd.Stderr = next.output, next.output
	if err := next.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		next.err = next.cmd.Wait()
		close(next.ended)
	}()
	t.Cleanup(func() {
		_ = next.cmd.Process.Kill() // an error means that it has ended
		<-next.ended
	})
	return next
}

// mustEnd waits until the demo has ended with exit code 0.
func (d *demoProcess) mustEnd(t *testing.T, within time.Duration) {
	t.Helper()
	select {
	case <-d.ended:
	case <-time.After(within):
		_ = d.cmd.Process.Signal(syscall.SIGQUIT) // says where it hangs
		<-d.ended
		t.Fatalf("the demo has not ended in %v:\n%s", within, d.output)
	}
	if d.err != nil {
		t.Fatalf("the demo ended with %v:\n%s", d.err, d.output)
	}
}

func (d *demoProcess) awaitLine(t *testing.T, part string) {
	t.Helper()
	select {
	case <-d.output.await(part):
	case <-d.ended:
		t.Fatalf("the demo ended (%v) before it wrote %q:\n%s", d.err, part, d.output)
	case <-time.After(60 * time.Second):
		t.Fatalf("the demo has not written %q:\n%s", part, d.output)
	}
}

var (
	planned = regexp.MustCompile(`(?m)^as planned ([\d,]+), otherwise (\d+)$`)
	reasons = regexp.MustCompile(`(?m)^  ([A-Z0-9_]+) +([\d,]+)$`)
)

// mustBeAsPlanned reads the demo's final table.
func (d *demoProcess) mustBeAsPlanned(t *testing.T, verified int) {
	t.Helper()
	totals := make(map[string]int)
	sum := 0
	for _, m := range reasons.FindAllStringSubmatch(d.output.String(), -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		totals[m[1]], sum = n, sum+n
	}
	if got := totals[verifier.Verified.String()]; got < verified {
		t.Errorf("%d messages were verified, want at least %d", got, verified)
	}
	for _, r := range verifier.Rejections() {
		if totals[r.String()] == 0 {
			t.Errorf("nothing was rejected as %v", r)
		}
	}
	m := planned.FindStringSubmatch(d.output.String())
	if m == nil || m[2] != "0" || strings.ReplaceAll(m[1], ",", "") != strconv.Itoa(sum) {
		t.Errorf("the last line is %q; want all %d as planned and none otherwise", m, sum)
	}
	for _, words := range []string{"certificate registered", "first verified after"} {
		if !strings.Contains(d.output.String(), words) {
			t.Errorf("the demo changed nothing in the registry: no %q", words)
		}
	}
	if t.Failed() {
		t.Log(d.output)
	}
}

func (d *demoProcess) mustLeaveNothing(t *testing.T) {
	t.Helper()
	if left := d.processes(t); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	if left := d.directories(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func (d *demoProcess) directories(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(d.home, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// processes returns the command lines of processes that have to do with the demo's
// temporary directory: by an argument, the working directory or an open file.
func (d *demoProcess) processes(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(all) == 0 {
		t.Skip("there is no /proc to look for processes in")
	}
	var found []string
	for _, p := range all {
		command, _ := os.ReadFile(filepath.Join(p, "cmdline")) // an error means that it has ended
		belongs := bytes.Contains(command, []byte(d.home))
		links, _ := filepath.Glob(filepath.Join(p, "fd", "*"))
		for _, link := range append(links, filepath.Join(p, "cwd")) {
			to, _ := os.Readlink(link)
			belongs = belongs || strings.Contains(to, d.home)
		}
		if belongs {
			found = append(found, filepath.Base(p)+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// lines collects a program's output and tells when a line has come.
type lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	waiting map[string]chan struct{} // by what a line is to hold
}

func newLines() *lines { return &lines{waiting: make(map[string]chan struct{})} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.tell()
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await returns a channel that is closed once a line holds part.
func (l *lines) await(part string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	come := make(chan struct{})
	l.waiting[part] = come
	l.tell()
	return come
}

// tell is called with mu held.
func (l *lines) tell() {
	for part, come := range l.waiting {
		for s := bufio.NewScanner(bytes.NewReader(l.text.Bytes())); s.Scan(); {
			if strings.Contains(s.Text(), part) {
				close(come)
				delete(l.waiting, part)
				break
			}
		}
	}
}
