// Command demo runs the whole of Turnkey Gateway with sample traffic and shows what it
// does: the real portal and gateway as child processes, on embedded servers or on those
// of the local stack, with every outcome held against its plan; and the registration site,
// with what a visitor needs to try it.
//
// It leaves nothing behind: it ends what it started in reverse order and removes its
// directory; if it is killed, the kernel ends its children, and the next demo removes
// the directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, patience, release := interrupts()
	var err error
	if len(os.Args) > 1 && os.Args[1] == "broker" {
		err = runBroker(ctx, os.Args[2:])
	} else {
		err = run(ctx, patience, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	}
	release()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// atOnce is how close together signals are one: whoever signals a process group, as
// timeout does, may reach this program twice, by the group and through make.
const atOnce = time.Second

// interrupts returns a context that the first Ctrl-C (or SIGTERM, SIGHUP) ends, and one
// that the second ends.
func interrupts() (ctx, patience context.Context, release func()) {
	ctx, stop := context.WithCancel(context.Background())
	patience, hurry := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		stop()
		for first := time.Now(); time.Since(first) < atOnce; {
			<-signals
		}
		hurry()
	}()
	return ctx, patience, func() { stop(); hurry(); signal.Stop(signals) }
}

// endWithin bounds the orderly end: the gateway may take 25 s to drain and leave.
const endWithin = 40 * time.Second

// run is the program: it returns nil if every outcome was as planned and nothing is left.
// The end of ctx asks it to end in order, the end of patience not to wait for order.
func run(ctx, patience context.Context, args []string, getenv func(string) string, out *os.File, errOut io.Writer) (err error) {
	o, err := parseOptions(args, errOut)
	if err != nil {
		return err
	}
	say := func(line string) { fmt.Fprintln(out, line) }
	u := new(undo)
	defer func() {
		ending, cancel := context.WithTimeout(patience, endWithin)
		defer cancel()
		begun := time.Now()
		if left := u.run(ending); left != nil {
			err = errors.Join(err, left)
			return
		}
		say(fmt.Sprintf("ended everything in %s; nothing is left behind", short(time.Since(begun))))
	}()
	d, err := prepare(ctx, o, u, say)
	if err != nil {
		if ctx.Err() != nil {
			return nil // asked to end before it was ready
		}
		return err
	}
	for _, line := range d.introduction() {
		say(line)
	}
	return d.perform(ctx, patience, newScreen(out, o.plain, getenv), say)
}
