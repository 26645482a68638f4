package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDemoRunsAsPlannedAndLeavesNothing(t *testing.T) {
	tests := []struct {
		name, path string
		words      []string
	}{
		{"what is installed", os.Getenv("PATH"), []string{"Redis:"}},
		{"little", "/nowhere", []string{"Redis: miniredis", "cards       off: no softhsm2-util, no pkcs11-tool: sudo apt-get"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := startDemo(t, tt.path, "--plain", "--for", "8s", "--rate", "200")
			d.mustEnd(t, 60*time.Second)
			d.mustBeAsPlanned(t, 700)
			for _, words := range tt.words {
				if !strings.Contains(d.output.String(), words) {
					t.Errorf("the demo doesn't say %q:\n%s", words, d.output)
				}
			}
			d.mustLeaveNothing(t)
		})
	}
}

func TestInterruptedDemoLeavesNothing(t *testing.T) {
	d := startDemo(t, os.Getenv("PATH"), "--plain")
	d.awaitLine(t, "as planned ")
	for range 2 { // as timeout does it to make run: once itself and once through make
		if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.mustEnd(t, 60*time.Second)
	d.mustLeaveNothing(t)
}

// A killed demo's children end by themselves, and the next demo removes its directory.
func TestKilledDemoLeavesNoProcess(t *testing.T) {
	d := startDemo(t, os.Getenv("PATH"), "--plain")
	d.awaitLine(t, "as planned ")
	if n := len(d.processes(t)); n < 5 {
		t.Errorf("%d processes run before the kill; want the demo, its broker, PostgreSQL, the portal and the gateway", n)
	}
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-d.ended
	deadline := time.Now().Add(15 * time.Second)
	for len(d.processes(t)) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("still running: %v", d.processes(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(d.directories(t)) == 0 {
		t.Fatal("the killed demo removed its directory: the sweep can't be tested")
	}
	next := d.again(t, "--plain", "--for", "1s")
	next.mustEnd(t, 60*time.Second)
	next.mustLeaveNothing(t)
}
