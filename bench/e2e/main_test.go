package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUnknownNameIsRefused(t *testing.T) {
	for _, args := range [][]string{{"--only", "flood"}, {"--only", "floods,flood"}, {"--faults", "gateway ill"}} {
		results := t.TempDir()
		err := run(t.Context(), append(args, "--results", results, "--stack", t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), "there are ") {
			t.Errorf("%v: %v, want the names that there are", args, err)
		}
		if filed, err := os.ReadDir(results); err != nil || len(filed) > 0 {
			t.Errorf("%v: filed %v, err %v", args, filed, err)
		}
	}
}

// A report of some scenarios must neither overwrite the day's whole page nor be found by those
// who look for one, as bench/scale does.
func TestPageOfSomeScenariosHasANameOfItsOwn(t *testing.T) {
	tests := []struct{ only, want string }{
		{"", "2026-11-30-e2e.md"},
		{"floods", "2026-11-30-e2e-floods.md"},
		{"revoke, kill", "2026-11-30-e2e-kill-revoke.md"},
	}
	for _, tt := range tests {
		chosen, err := choose(scenarios, scenario.called, tt.only)
		if err != nil {
			t.Fatal(err)
		}
		got := page(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), chosen, tt.only == "")
		whole, err := filepath.Match("*-e2e.md", got)
		if got != tt.want || err != nil || whole != (tt.only == "") {
			t.Errorf("--only %q: %s (found as a whole page: %v, %v), want %s", tt.only, got, whole, err, tt.want)
		}
	}
}

func TestReportTellsItsCommand(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--stack", "elsewhere"}, "make measure"},
		{[]string{"--only", "floods", "--stack", "elsewhere"}, "make measure ARGS='--only floods'"},
		{[]string{"--faults", "relay killed"}, `make measure ARGS='--faults "relay killed"'`},
	}
	for _, tt := range tests {
		flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
		for _, name := range []string{"stack", "only", "faults"} {
			flags.String(name, "", "")
		}
		if err := flags.Parse(tt.args); err != nil {
			t.Fatal(err)
		}
		if got := madeBy(flags); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.args, got, tt.want)
		}
	}
}
