package parts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A Lifetime says what ends a part.
type Lifetime int

const (
	// WithCaller ends a part when the program that started it ends, however that
	// happens (on Linux; elsewhere a killed caller leaves its parts running).
	WithCaller Lifetime = iota

	// Detached lets a part run on until it is stopped through its [Process].
	Detached
)

// stopWithin is how long a part may take to end in order before it is killed.
const stopWithin = 15 * time.Second

// A Process is a running server. Its exported fields identify it to a later program,
// which may stop it after reading them back.
type Process struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`

	// Started is the start time of PID as the kernel tells it. Together they name one
	// process for ever, while a PID alone may meanwhile be somebody else's.
	Started string `json:"started"`

	// Signal asks the server to end in order.
	Signal syscall.Signal `json:"signal"`

	// Log is the file that holds its output.
	Log string `json:"log"`
}

// command is what start needs to know about a server.
type command struct {
	name     string
	path     string
	args     []string
	env      []string
	dir      string
	log      string
	user     *syscall.Credential // nil: as the caller
	stop     syscall.Signal      // ends it in order
	orphaned syscall.Signal      // sent by the kernel when a WithCaller's caller dies
	lifetime Lifetime
}

// start runs the server with its output in its log. It is not yet ready: see await.
func start(c command) (*Process, error) {
	if err := os.MkdirAll(filepath.Dir(c.log), 0o755); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	defer log.Close()

	cmd := exec.Command(c.path, c.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, log, log
	// A group of its own keeps the terminal's Ctrl-C away: whoever started the server
	// decides in which order things end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.user}
	if c.lifetime == WithCaller {
		endWithParent(cmd.SysProcAttr, c.orphaned)
	}

	started := make(chan error, 1)
	go func() {
		// "Parent" in the kernel's parent-death signal is the thread that forked, so
		// that thread is kept until the server has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // reaps it; how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	p := &Process{Name: c.name, PID: cmd.Process.Pid, Signal: c.stop, Log: c.log}
	// One that has ended already has no start time: await reports it with its log.
	p.Started, _ = startTime(p.PID)
	return p, nil
}

// Alive tells whether this very process still runs.
func (p *Process) Alive() bool {
	started, err := startTime(p.PID)
	return err == nil && started == p.Started
}

// Stop ends the process in order and returns once it has ended; one that takes longer
// than 15 s, or than ctx allows, is killed with its children.
func (p *Process) Stop(ctx context.Context) error {
	if !p.Alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, p.Signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop %s (pid %d): %w", p.Name, p.PID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if p.awaitEnd(ctx) {
		return nil
	}
	return p.Kill(context.WithoutCancel(ctx))
}

// Kill ends the process and its group with SIGKILL and returns once it has ended.
func (p *Process) Kill(ctx context.Context) error {
	if !p.Alive() {
		return nil
	}
	// It leads its own session, so its group is its own children.
	if err := syscall.Kill(-p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s (pid %d): %w", p.Name, p.PID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if !p.awaitEnd(ctx) {
		return fmt.Errorf("kill %s (pid %d): it is still there", p.Name, p.PID)
	}
	return nil
}

func (p *Process) awaitEnd(ctx context.Context) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for p.Alive() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// await polls until ready returns nil. If that takes longer than the limit, or the
// process ends first, the process is stopped and the error holds the tail of its log.
func (p *Process) await(ctx context.Context, limit time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		if !p.Alive() {
			return fmt.Errorf("%s ended before it was ready; the end of %s:\n%s", p.Name, p.Log, Tail(p.Log))
		}
		select {
		case <-ctx.Done():
			stopErr := p.Stop(context.WithoutCancel(ctx))
			return errors.Join(fmt.Errorf("%s was not ready within %v: %w; the end of %s:\n%s",
				p.Name, limit, err, p.Log, Tail(p.Log)), stopErr)
		case <-tick.C:
		}
	}
}

// Tail returns the last lines of a log, indented, for an error that a person reads.
func Tail(path string) string {
	const most, lines = 64 << 10, 15
	f, err := os.Open(path)
	if err != nil {
		return "  (" + err.Error() + ")"
	}
	defer f.Close()
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, end-most), io.SeekStart)
	}
	text, _ := io.ReadAll(f)
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
