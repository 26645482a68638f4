package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// atTerminal runs the tool with a pseudo-terminal as its input, on which a person has
// typed a line.
func atTerminal(t *testing.T, env map[string]string, typed string, args ...string) result {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	defer keyboard.Close()
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if _, err := keyboard.WriteString(typed + "\n"); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), args, terminal, &stdout, &stderr, func(name string) string { return env[name] })
	return result{code, stdout.String(), stderr.String()}
}

func TestWhatCannotBeUndoneIsAskedAtATerminal(t *testing.T) {
	d := newDesk(t)
	id := broker(t, 0)
	d.run("party", "create", "97162640").want(t, exitYes)
	d.run("import", "--party", "97162640", "--usage-type", "trader", "--vouch", certFile(t, id)).want(t, exitYes)

	withdraw := []string{"withdraw", "--party", "97162640", serialOf(id)}
	atTerminal(t, d.env, "n", withdraw...).want(t, exitNo, "Withdraw "+serialOf(id), "[y/N]", "not confirmed")
	atTerminal(t, d.env, "", withdraw...).want(t, exitNo, "not confirmed")
	if got := d.certs("97162640")[serialOf(id)+" signing"].State; got != "in_force" {
		t.Fatalf("without a yes it became %s", got)
	}
	atTerminal(t, d.env, "y", withdraw...).want(t, exitYes, "withdrawn")
}

func TestNationalIDIsTypedAtATerminal(t *testing.T) {
	const id = "A123456789" // made up; its check digit is right
	d := newDesk(t)
	made := atTerminal(t, d.env, id, "party", "create", "--kind", "person", "mei@example.org").want(t, exitYes, "national id (not shown):", "made party")
	if strings.Contains(made.stdout+made.stderr, id) {
		t.Errorf("it is shown: %s%s", made.stdout, made.stderr)
	}
	d.run("parties").want(t, exitYes, "A********9")
}
