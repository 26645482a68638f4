package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"turnkey-gateway/bench/place"
	"turnkey-gateway/verifier/verifiertest/differential"
)

// batch is how many documents are tried between two writes of the state: some seconds'
// work, which is what a crash costs.
const batch = 250

// A trier tries seeds, as [differential.Runner] does.
type trier interface {
	Run(ctx context.Context, seeds []uint64) []differential.Result
}

// campaign starts the oracles, tries what it is told to, and files the page.
func campaign(ctx context.Context, o options, log io.Writer) error {
	r, oracles, end, err := start(o)
	if err != nil {
		return err
	}
	defer end()
	s, err := begin(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "from seed %d on, %d changes of each document\n", s.Next, o.mutations)
	if err := try(ctx, r, s, o, log); err != nil {
		return err
	}
	if o.results != "" && s.Next > 0 {
		path, err := file(s, oracles, o.results)
		if err != nil {
			return fmt.Errorf("file the results: %w", err)
		}
		fmt.Fprintln(log, "filed in", path)
	}
	if n := len(s.Open); n > 0 {
		return fmt.Errorf("%d seeds with findings: see %s", n, findingsDir(o.dir))
	}
	return nil
}

// start starts the oracles and what asks them; end ends them.
func start(o options) (r *differential.Runner, oracles []differential.Oracle, end func(), err error) {
	oracles, end, err = differential.Start()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("start the oracles (make fuzz installs them): %w", err)
	}
	if r, err = differential.New(oracles, o.mutations); err != nil {
		end()
		return nil, nil, nil, err
	}
	return r, oracles, end, nil
}

// begin returns the state to go on with.
func begin(o options) (*state, error) {
	if o.fresh {
		if err := errors.Join(os.RemoveAll(statePath(o.dir)), os.RemoveAll(findingsDir(o.dir))); err != nil {
			return nil, fmt.Errorf("forget the state: %w", err)
		}
	}
	if err := os.MkdirAll(findingsDir(o.dir), 0o700); err != nil {
		return nil, fmt.Errorf("make room for the state: %w", err)
	}
	s, err := readState(o.dir)
	if err != nil {
		return nil, err
	}
	s.Runs = append(s.Runs, stretch{Began: time.Now().UTC(), Commit: place.Commit(), First: s.Next})
	return s, nil
}

// try tries the seeds with findings again, and then new ones until all are tried, the
// time is over, or ctx ends.
func try(ctx context.Context, r trier, s *state, o options, log io.Writer) error {
	began := time.Now()
	if o.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.length)
		defer cancel()
	}
	if again := s.reopen(); len(again) > 0 {
		// To its end, whatever happens: what is not tried would not be counted.
		if err := step(context.WithoutCancel(ctx), r, s, o, again); err != nil {
			return err
		}
		fmt.Fprintf(log, "tried %d seeds with findings again: %d still have some\n", len(again), len(s.Open))
	}
	for left := o.documents; ctx.Err() == nil && (left > 0 || o.documents == 0); {
		n := batch
		if o.documents > 0 {
			n = min(n, left)
		}
		next := s.Next
		if err := step(ctx, r, s, o, sequence(next, n)); err != nil {
			return err
		}
		left -= int(s.Next - next)
		fmt.Fprintln(log, progress(s, o, left, time.Since(began)))
	}
	return nil
}

// step tries some seeds and writes what became of them.
func step(ctx context.Context, r trier, s *state, o options, seeds []uint64) error {
	start := time.Now()
	results := r.Run(ctx, seeds)
	for _, result := range results {
		if err := keep(result, o.dir); err != nil {
			return err
		}
	}
	s.add(results, time.Since(start))
	return s.write(o.dir)
}

func sequence(first uint64, n int) []uint64 {
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i)
	}
	return seeds
}

// progress is one line on how far a run is.
func progress(s *state, o options, left int, took time.Duration) string {
	run, sum := &s.Runs[len(s.Runs)-1], s.total()
	rate := float64(run.Documents+run.Mutations) / run.Seconds
	line := fmt.Sprintf("%s  seed %d  %d documents, %d changes  %.0f/s  findings %d", took.Round(time.Second), s.Next, sum.Documents, sum.Mutations, rate, sum.Differed())
	if rest, known := remaining(o, left, took); known {
		line += "  left " + rest.Round(time.Second).String()
	}
	return line
}

// remaining is how long the run still takes, by the nearer of its bounds.
func remaining(o options, left int, took time.Duration) (rest time.Duration, known bool) {
	if tried := o.documents - left; o.documents > 0 && tried > 0 {
		rest, known = time.Duration(float64(took)*float64(left)/float64(tried)), true
	}
	if o.length > 0 && (!known || o.length-took < rest) {
		rest, known = max(0, o.length-took), true
	}
	return rest, known
}

func findingsDir(dir string) string { return filepath.Join(dir, "findings") }
