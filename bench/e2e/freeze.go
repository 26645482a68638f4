package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// freeze stops a process and its children where they are, for as long as lasts, and lets
// them go on. It is an error if they were not stopped, and nil if ctx ended early.
func freeze(ctx context.Context, pid int, lasts time.Duration) (err error) {
	var stopped []int
	defer func() {
		for _, p := range stopped {
			if thaw := syscall.Kill(p, syscall.SIGCONT); !errors.Is(thaw, syscall.ESRCH) {
				err = errors.Join(err, thaw)
			}
		}
	}()
	// The parent first, so that no child is born behind our back.
	for next := []int{pid}; len(next) > 0; {
		p := next[0]
		stopped, next = append(stopped, p), next[1:]
		if err := stopOne(ctx, p); err != nil {
			return fmt.Errorf("freeze process %d: %w", p, err)
		}
		children, err := childrenOf(p)
		if err != nil {
			return fmt.Errorf("freeze process %d: %w", p, err)
		}
		next = append(next, children...)
	}
	pause(ctx, lasts)
	return nil
}

// stopOne returns once the process is stopped, or has ended, as a child may on its own: its
// stopped parent can't even reap it then.
func stopOne(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); errors.Is(err, syscall.ESRCH) {
		return nil
	} else if err != nil {
		return err
	}
	return await(ctx, 5*time.Second, "it is stopped", func() bool {
		state, err := stateOf(pid)
		return err == nil && (state == "T" || state == "Z") || errors.Is(err, os.ErrNotExist)
	})
}

// stateOf is one letter, as proc(5) has it: "pid (name) state ppid ...".
func stateOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) == 0 {
		return "", fmt.Errorf("process %d has no state", pid)
	}
	return fields[0], nil
}

// childrenOf lists what a process's threads have forked and not yet reaped.
func childrenOf(pid int) (all []int, err error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // a thread that has ended
		}
		if err != nil {
			return nil, err
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			all = append(all, child)
		}
	}
	return all, nil
}

// pause returns after d, or early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
