// Command engine measures the verifier's engine against its peers, goxmldsig, xmlsec1
// and the JDK, on the same documents in one run, and against the least that any of them
// must do. What is compared is shown to verify every document, and to refuse every
// forgery, before it is timed. It holds the figures against the engine's goals, prints
// them, and files them under bench/results/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"turnkey-gateway/bench/command"
)

func main() { command.Main("engine", run) }

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("engine", flag.ContinueOnError)
	results := flags.String("results", "bench/results", "`directory` that the page and its plot are filed in; empty: only printed")
	fast := flags.Bool("quick", false, "only show that everything works: small documents, one round, figures that mean nothing, nothing filed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c := full
	if *fast {
		c, *results = quick, ""
	}
	dir, err := os.MkdirTemp("", "bench-engine-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := contest(ctx, c, dir, func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		return err
	}
	fmt.Print(r.page())
	if *results == "" {
		return nil
	}
	page, err := r.file(*results)
	if err != nil {
		return fmt.Errorf("file the results: %w", err)
	}
	fmt.Fprintln(os.Stderr, "filed in", page)
	return nil
}
