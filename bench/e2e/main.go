// Command e2e measures the gateway end to end on the real local stack: loss and wrong
// verdicts under load, kills and rebalances, the time until a revocation shows, the bound
// on it under full load and faults, and what a Redis that is flushed and stopped changes.
// Every figure is asserted against its promise before it is filed under bench/results/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"turnkey-gateway/bench/command"
)

// A scenario fills in its part of the report, or says which promise was broken.
type scenario struct {
	name  string
	about string
	run   func(ctx context.Context, s *site, r *report) error

	// own is whether its site has a PostgreSQL of its own, which can be frozen, and a Kafka
	// of its own, which keeps little and writes on outputs when it appended them.
	own bool

	// hostile is whether its site has a Kafka of its own that takes very large records, of
	// whose partitions the last is left to what is hostile.
	hostile bool
}

var scenarios = []scenario{
	{name: "kill", about: "mixed messages through one gateway that is killed three times", run: runKill},
	{name: "rebalance", about: "a second gateway joins and leaves under load", run: runRebalance},
	{name: "revoke", about: "time from a revocation's commit to the first rejection", run: runRevoke},
	{name: "bound", about: "from a revocation's commit to the append of the last message accepted with it, under full load and faults", run: runBound, own: true},
	{name: "redis", about: "Redis flushed, then stopped, under load", run: runRedis},
	{name: "poison", about: "records that have to pass without harm, on one partition of four of a Kafka of its own; the latency of good messages on the others", run: runPoison, hostile: true},
	{name: "floods", about: "floods on one partition of four of a Kafka of its own; the latency of good messages on the others", run: runFloods, hostile: true},
}

func main() { command.Main("e2e", run) }

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
	var o options
	only := flags.String("only", "", "comma-separated `scenarios` to run; all if empty: "+names())
	flags.StringVar(&o.stack, "stack", ".stack", "`directory` of the local stack (make stack)")
	flags.StringVar(&o.bin, "bin", "bin", "`directory` with the programs portal and gateway (make build)")
	flags.StringVar(&o.results, "results", "bench/results", "`directory` that the report is filed in; empty: only printed")
	flags.IntVar(&o.messages, "messages", 100_000, "messages of the kill scenario")
	flags.IntVar(&o.revocations, "revocations", 50, "revocations to time")
	flags.IntVar(&o.bound, "bound", 200, "revocations of the bound scenario, without faults and again with faults")
	flags.StringVar(&o.faults, "faults", "", "comma-separated `faults` that the bound scenario draws from; all if empty: "+faultNames())
	flags.DurationVar(&o.lasts, "flood", time.Minute, "how long a flood lasts; some last half of it")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the sample messages, and of the faults")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r := newReport()
	for _, sc := range scenarios {
		if *only != "" && !strings.Contains(","+*only+",", ","+sc.name+",") {
			continue
		}
		if err := perform(ctx, o, sc, r); err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
	}
	fmt.Print("\n", r.String())
	if o.results == "" {
		return nil
	}
	path := filepath.Join(o.results, time.Now().UTC().Format("2006-01-02")+"-e2e.md")
	return os.WriteFile(path, []byte(r.String()), 0o644)
}

// perform runs one scenario on a site of its own.
func perform(ctx context.Context, o options, sc scenario, r *report) (err error) {
	fmt.Printf("%s: %s\n", sc.name, sc.about)
	s, err := openSite(ctx, o, sc)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	brokers := "one broker"
	if n := len(s.Brokers); n > 1 {
		brokers = fmt.Sprintf("%d brokers, each record on three", n)
	}
	r.section(sc.name, sc.about+"; Kafka of "+brokers)
	return sc.run(ctx, s, r)
}

func names() string {
	var all []string
	for _, sc := range scenarios {
		all = append(all, sc.name)
	}
	return strings.Join(all, ", ")
}
