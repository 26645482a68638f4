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
	"strconv"
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

func (sc scenario) called() string { return sc.name }

func main() { command.Main("e2e", run) }

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
	var o options
	only := flags.String("only", "", "comma-separated `scenarios` to run; all if empty: "+namesOf(scenarios, scenario.called, ", "))
	flags.StringVar(&o.stack, "stack", ".stack", "`directory` of the local stack (make stack)")
	flags.StringVar(&o.bin, "bin", "bin", "`directory` with the programs portal and gateway (make build)")
	flags.StringVar(&o.results, "results", "bench/results", "`directory` that the report is filed in; empty: only printed")
	flags.IntVar(&o.messages, "messages", 100_000, "messages of the kill scenario")
	flags.IntVar(&o.revocations, "revocations", 50, "revocations to time")
	flags.IntVar(&o.bound, "bound", 200, "revocations of the bound scenario, without faults and again with faults")
	drawn := flags.String("faults", "", "comma-separated `faults` that the bound scenario draws from; all if empty: "+namesOf(faults, fault.called, ", "))
	flags.DurationVar(&o.lasts, "flood", time.Minute, "how long a flood lasts; some last half of it")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the sample messages, and of the faults")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(scenarios, scenario.called, *only)
	if err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	if o.faults, err = choose(faults, fault.called, *drawn); err != nil {
		return fmt.Errorf("--faults: %w", err)
	}
	r := newReport(madeBy(flags))
	for _, sc := range chosen {
		if err := perform(ctx, o, sc, r); err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
	}
	fmt.Print("\n", r.String())
	if o.results == "" {
		return nil
	}
	name := page(time.Now(), chosen, *only == "")
	return os.WriteFile(filepath.Join(o.results, name), []byte(r.String()), 0o644)
}

// page names the file of a report. One of some scenarios stands beside the day's whole page,
// and has a name that whoever looks for a whole one doesn't find.
func page(day time.Time, chosen []scenario, whole bool) string {
	name := day.UTC().Format(time.DateOnly) + "-e2e"
	if !whole {
		name += "-" + namesOf(chosen, scenario.called, "-")
	}
	return name + ".md"
}

// madeBy is the command that makes such a report, without where its files are.
func madeBy(flags *flag.FlagSet) string {
	var args []string
	flags.Visit(func(f *flag.Flag) {
		if f.Name != "stack" && f.Name != "bin" && f.Name != "results" {
			value := f.Value.String()
			if strings.Contains(value, " ") {
				value = strconv.Quote(value)
			}
			args = append(args, "--"+f.Name+" "+value)
		}
	})
	if len(args) == 0 {
		return "make measure"
	}
	return "make measure ARGS='" + strings.Join(args, " ") + "'"
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
