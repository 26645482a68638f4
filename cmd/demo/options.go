package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// options are the command line's.
type options struct {
	rate  float64
	lasts time.Duration
	seed  uint64
	stack string
	plain bool
}

const usage = `demo runs the whole of Turnkey Gateway with sample traffic and shows what it does:
sample parties and certificates, good messages, and bad ones for every reason there is.
Each outcome is held against the plan, byte for byte. Ctrl-C ends it and removes all it
made; a second Ctrl-C hurries.

The registration site is there to be tried, with smart cards of software, an account, a
file to import, and a page that shows the mail it sends.

By default everything runs on embedded parts: a Kafka-protocol broker for development,
redis-server or an imitation, a private throw-away PostgreSQL.

flags:
`

func parseOptions(args []string, errOut io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() { fmt.Fprint(errOut, usage); flags.PrintDefaults() }
	flags.Float64Var(&o.rate, "rate", 150, "`messages` a second, or as many as this machine can sign")
	flags.DurationVar(&o.lasts, "for", 0, "end by itself after so `long`, e.g. 30s")
	flags.Uint64Var(&o.seed, "seed", 1, "`number` that parties and messages follow from; keys and signatures don't")
	flags.StringVar(&o.stack, "stack", "", "use the servers of the stack in this `directory` (make stack) instead of embedded ones")
	flags.BoolVar(&o.plain, "plain", false, "lines instead of a live summary, as also with NO_COLOR or without a terminal")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	case o.rate <= 0 || o.rate > 100_000:
		return o, errors.New("--rate must be over 0 and at most 100000")
	case o.lasts < 0:
		return o, errors.New("--for must not be negative")
	}
	return o, nil
}
