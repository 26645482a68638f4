package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// options are what the command line says.
type options struct {
	documents int           // to try in this run; 0: no bound
	mutations int           // of each
	length    time.Duration // of this run; 0: no bound
	dir       string        // of the state and the findings
	results   string        // directory of the page; empty: none
	fresh     bool
	replay    bool
	seed      uint64 // to replay
}

const usage = `usage: differential [flags]

Makes documents from seeds, signs them, changes them, and holds the verifier's verdicts
and canonical octets against those of the JDK, xmlsec1 with libxml2, and goxmldsig. It
goes on where the last run ended, and adds up; Ctrl-C ends it within seconds, and files
what there is. It fails if there is a finding: see findings/ in --dir.

  differential                          the next 100,000 documents, 1,000,000 changes
  differential --for 8h --documents 0   overnight
  differential --seed 4711              try one document again, and print what is found

`

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("differential", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.IntVar(&o.documents, "documents", 100_000, "`number` of documents to try in this run; 0: no bound")
	flags.IntVar(&o.mutations, "mutations", 10, "`number` of changes of each document")
	flags.DurationVar(&o.length, "for", 0, "end this run after that `time`, as 90s or 8h; 0: no bound")
	flags.StringVar(&o.dir, "dir", ".differential", "`directory` of the state and the findings")
	flags.StringVar(&o.results, "results", "bench/results", "`directory` that the page is filed in; empty: none is")
	flags.BoolVar(&o.fresh, "fresh", false, "begin with seed 0, and forget what was counted and found")
	flags.Uint64Var(&o.seed, "seed", 0, "try this `seed` alone, print its findings with their documents, count nothing")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	flags.Visit(func(f *flag.Flag) { o.replay = o.replay || f.Name == "seed" })
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag: see --help", flags.Arg(0))
	case o.documents < 0 || o.mutations < 0 || o.length < 0:
		return o, errors.New("there is no negative number of anything: see --help")
	}
	return o, nil
}
