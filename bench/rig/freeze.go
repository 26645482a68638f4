package rig

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

// Freeze stops a process and all below it where they are, and returns how to have them go on.
// An error means that they were not stopped, and go on.
func Freeze(ctx context.Context, pid int) (thaw func() error, err error) {
	var stopped []int
	thaw = func() (err error) {
		for _, p := range stopped {
			if failed := syscall.Kill(p, syscall.SIGCONT); !errors.Is(failed, syscall.ESRCH) {
				err = errors.Join(err, failed)
			}
		}
		return err
	}
	// The parent first, so that no child is born behind our back.
	for next := []int{pid}; len(next) > 0; {
		p := next[0]
		stopped, next = append(stopped, p), next[1:]
		err := stopOne(ctx, p)
		var children []int
		if err == nil {
			children, err = Children(p)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("freeze process %d: %w", p, err), thaw())
		}
		next = append(next, children...)
	}
	return thaw, nil
}

// stopOne returns once the process is stopped, or has ended, as a child may on its own: its
// stopped parent can't even reap it then.
func stopOne(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); errors.Is(err, syscall.ESRCH) {
		return nil
	} else if err != nil {
		return err
	}
	return Eventually(ctx, "stop it", 5*time.Second, func(context.Context) (bool, error) {
		state, err := stateOf(pid)
		return state == "T" || state == "Z" || errors.Is(err, os.ErrNotExist), err
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

// Children lists what a process's threads have forked and not yet reaped.
func Children(pid int) (all []int, err error) {
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
