package rig

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// A frozen process stands still with its children, and goes on afterwards.
func TestFreezeStopsTheWholeTree(t *testing.T) {
	onLinux(t)
	parent := exec.Command("/bin/sh", "-c", "sleep 600 & wait")
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-parent.Process.Pid, syscall.SIGKILL)
		parent.Wait()
	})
	var tree []int
	err := Eventually(t.Context(), "it has a child", 10*time.Second, func(context.Context) (bool, error) {
		children, err := Children(parent.Process.Pid)
		tree = append([]int{parent.Process.Pid}, children...)
		return len(children) == 1, err
	})
	if err != nil {
		t.Fatal(err)
	}
	thaw, err := Freeze(t.Context(), parent.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range tree {
		if state, err := stateOf(pid); err != nil || state != "T" {
			t.Errorf("frozen, %d is in state %s, err %v", pid, state, err)
		}
	}
	if err := thaw(); err != nil {
		t.Error(err)
	}
	err = Eventually(t.Context(), "all go on", 10*time.Second, func(context.Context) (bool, error) {
		for _, pid := range tree {
			if state, err := stateOf(pid); err != nil || state == "T" {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc, which it is read from")
	}
}

func TestCatchAmidStopsOnlyAProgramAtWork(t *testing.T) {
	onLinux(t)
	p, err := Run("sleeper", "/bin/sleep", filepath.Join(t.TempDir(), "log"), nil, "600")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	away := errors.New("brokers are away")
	tests := []struct {
		name   string
		counts []int64
		err    error
		want   int64
	}{
		{"idle", []int64{4}, nil, 0},
		{"a commit was on its way", []int64{5, 4}, nil, 0},
		{"nobody knows", []int64{5}, away, 0},
		{"at work", []int64{7, 6}, nil, 6}, // last: it stays stopped
	}
	for _, tt := range tests {
		n, err := p.CatchAmid(t.Context(), 5, func(context.Context) (int64, error) {
			next := tt.counts[0]
			tt.counts = tt.counts[1:]
			return next, tt.err
		})
		if n != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %d in flight, err %v, want %d, %v", tt.name, n, err, tt.want, tt.err)
		}
		err = Eventually(t.Context(), "stopped or not", 5*time.Second, func(context.Context) (bool, error) {
			state, err := stateOf(p.PID())
			return err == nil && (state == "T") == (tt.want > 0), err
		})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
