package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// options are what the command line says.
type options struct {
	worlds   []string
	first    uint64
	seeds    int           // of each world; 0: as many as the world is to do
	length   time.Duration // of this run; 0: no bound
	parallel int           // seeds of the embedded world at once
	dir      string        // of the state and of failed seeds' logs
	results  string        // directory of the page; empty: none
	fresh    bool
	replay   bool
	seed     uint64 // to replay
}

const usage = `usage: soak [flags]

Plays seeds: schedules of faults against gateways under traffic, each followed by an audit
of every message. Goes on where the last run of the same commit ended, and adds up; Ctrl-C
ends it, and files what there is. It fails if a seed failed, or a fault never struck.

  soak                              1,000 seeds of the embedded world, 100 of the cluster
  soak --world embedded --for 10m   what comes in 10 minutes
  soak --world embedded --seed 17   play one seed again, and print all that happens

`

func parse(args []string) (options, error) {
	var o options
	var world string
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&world, "world", "both", "embedded, cluster or both")
	flags.Uint64Var(&o.first, "first", 1, "first `seed`")
	flags.IntVar(&o.seeds, "seeds", 0, "`number` of seeds of each world, those done before included; 0: 1,000 embedded, 100 on the cluster")
	flags.DurationVar(&o.length, "for", 0, "begin no seed after that `time`, as 90s or 8h; 0: no bound")
	flags.IntVar(&o.parallel, "parallel", 2, "`number` of seeds of the embedded world at once")
	flags.StringVar(&o.dir, "dir", ".test-output/soak", "`directory` of what was done, and of failed seeds' logs")
	flags.StringVar(&o.results, "results", "bench/results", "`directory` that the page is filed in; empty: none is")
	flags.BoolVar(&o.fresh, "fresh", false, "forget what was done on this commit")
	flags.Uint64Var(&o.seed, "seed", 0, "play this `seed` alone, print all that happens, count nothing")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	flags.Visit(func(f *flag.Flag) { o.replay = o.replay || f.Name == "seed" })
	switch world {
	case "both":
		o.worlds = []string{worldEmbedded, worldCluster}
	case worldEmbedded, worldCluster:
		o.worlds = []string{world}
	default:
		return o, fmt.Errorf("no world is called %q: see --help", world)
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag: see --help", flags.Arg(0))
	case o.seeds < 0 || o.length < 0 || o.parallel < 1:
		return o, errors.New("there is no negative number of anything, and --parallel is 1 at least: see --help")
	case o.replay && len(o.worlds) != 1:
		return o, errors.New("--seed needs --world embedded or --world cluster")
	}
	return o, nil
}
