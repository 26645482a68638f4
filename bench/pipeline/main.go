// Command pipeline measures the gateway end to end on real Kafka, in one run on one broker,
// against the same client only copying records and against a plain consumer that calls
// goxmldsig. Each contender is a program of its own, so that what it takes of the processor
// is told apart from what the broker takes for it.
//
// It starts its own Kafka, PostgreSQL and Redis, holds what comes out against what was sent
// before a figure counts, prints the figures, and files them under bench/results/.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"turnkey-gateway/bench/command"
)

func main() { command.Main("pipeline", dispatch) }

// dispatch runs a contender where the program was started as one.
func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if contend := children[args[0]]; contend != nil {
			return contend(ctx, args[1:])
		}
	}
	return run(ctx, args)
}

// children are the contenders that this program also is.
var children = map[string]func(context.Context, []string) error{copyName: runCopy, plainName: runPlain}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("pipeline", flag.ContinueOnError)
	c := full
	flags.IntVar(&c.brokers, "brokers", 1, "Kafka brokers, 1 or 3 (which hold every record three times)")
	flags.StringVar(&c.bin, "bin", "bin", "`directory` with the programs portal and gateway (make build)")
	results := flags.String("results", "bench/results", "`directory` that the page and its plots are filed in; empty: only printed")
	fast := flags.Bool("quick", false, "only show that everything works: few messages, one round, figures that mean nothing, nothing filed")
	profile := flags.String("profile", "", "only have gateway and copy drain 8 KB, and write the gateway's processor profile to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *fast {
		brokers, bin := c.brokers, c.bin
		c, *results = quick, ""
		c.brokers, c.bin = brokers, bin
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	if *profile != "" {
		return look(ctx, c, *profile, say)
	}
	r, err := contest(ctx, c, say)
	if err != nil {
		return err
	}
	fmt.Print(r.page())
	if *results == "" {
		return nil
	}
	path, err := r.file(*results)
	if err != nil {
		return fmt.Errorf("file the results: %w", err)
	}
	fmt.Fprintln(os.Stderr, "filed in", path)
	return nil
}
