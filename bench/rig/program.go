package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A Program is a running child process, in a process group of its own so that a
// terminal's Ctrl-C reaches it only through [Program.Stop]. The kernel ends it when the
// program that started it dies.
type Program struct {
	Name string

	cmd   *exec.Cmd
	ended chan struct{} // closed after it was reaped
	err   error         // how it ended; read after ended
}

// Run starts a program with only the given environment and its output appended to the
// file log.
func Run(name, path, log string, env []string, args ...string) (*Program, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	defer out.Close() // the child has its own

	p := &Program{Name: name, cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, out, out
	p.cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go func() {
		// The kernel's parent-death signal follows the thread that forked.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return p, nil
}

// PID names the process while it runs.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// Ended is closed when the program has ended; Err then tells how.
func (p *Program) Ended() <-chan struct{} { return p.ended }

// Err returns how the program ended, nil for exit code 0. Call it after Ended.
func (p *Program) Err() error { return p.err }

// Signal sends the program a signal.
func (p *Program) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("signal %s: %w", p.Name, err)
	}
	return nil
}

// CatchAmid stops the program where it stands, for whoever kills it next, if work is in flight,
// and returns how much by count; 0 if it is less than least: the program goes on then.
func (p *Program) CatchAmid(ctx context.Context, least int64, count func(context.Context) (int64, error)) (int64, error) {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	n, err := count(ctx)
	if err == nil && n >= least {
		// A commit may have been on its way: what counts is what is left after it.
		n, err = count(ctx)
	}
	if err == nil && n >= least {
		return n, nil
	}
	return 0, errors.Join(err, p.Signal(syscall.SIGCONT))
}

// Kill ends the program with SIGKILL and returns once it is gone.
func (p *Program) Kill() {
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.ended
}

// Stop asks the program to end in order (SIGTERM) and returns how it ended; one that is
// still there when ctx ends is killed, which is an error.
func (p *Program) Stop(ctx context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%s did not end in order in time: %w", p.Name, ctx.Err())
	}
}

// AwaitOK polls url until it answers 200, the program ends or ctx does. The error holds
// the last answer.
func (p *Program) AwaitOK(ctx context.Context, url string) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := getOK(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended before it was ready: %w", p.Name, errors.Join(p.err, err))
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %w", p.Name, err)
		case <-tick.C:
		}
	}
}

func getOK(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, res.Status, text)
	}
	return err
}
