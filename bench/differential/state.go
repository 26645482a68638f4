package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"turnkey-gateway/verifier/verifiertest/differential"
)

// A state is what all runs came to. It is written as a whole: after a crash the file
// holds what was known some seconds before, and those seeds are tried again.
type state struct {
	// Next is the first seed that was not tried. All before it are counted, each once: in
	// Counts, or in Open.
	Next   uint64
	Counts differential.Counts

	// Open are the seeds with findings. They are tried again first of all by the next run,
	// so that what was mended meanwhile is a finding no longer.
	Open []open

	Runs []stretch
}

// An open seed has findings.
type open struct {
	Seed   uint64
	Counts differential.Counts
}

// A stretch is what one program did with seeds in a row.
type stretch struct {
	Began     time.Time
	Seconds   float64
	Commit    string
	First     uint64 // seed
	Documents int64
	Mutations int64
}

func statePath(dir string) string { return filepath.Join(dir, "state.json") }

// readState returns the state in dir, a new one if there is none.
func readState(dir string) (*state, error) {
	text, err := os.ReadFile(statePath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return &state{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	s := &state{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read the state in %s (--fresh forgets it): %w", dir, err)
	}
	if sum := s.total(); !sum.Check() {
		return nil, fmt.Errorf("the counts in %s do not add up: --fresh forgets them", dir)
	}
	return s, nil
}

// write replaces the state in dir.
func (s *state) write(dir string) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	fresh := statePath(dir) + ".new"
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if err := os.Rename(fresh, statePath(dir)); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// add counts seeds that were tried.
func (s *state) add(results []differential.Result, took time.Duration) {
	r := &s.Runs[len(s.Runs)-1]
	r.Seconds += took.Seconds()
	for _, result := range results {
		r.Documents += result.Counts.Documents
		r.Mutations += result.Counts.Mutations
		s.Next = max(s.Next, result.Seed+1)
		if len(result.Findings) > 0 {
			s.Open = append(s.Open, open{result.Seed, result.Counts})
			continue
		}
		s.Counts.Add(result.Counts)
	}
}

// reopen returns the seeds with findings, to be tried again.
func (s *state) reopen() (seeds []uint64) {
	for _, o := range s.Open {
		seeds = append(seeds, o.Seed)
	}
	s.Open = nil
	return seeds
}

// total is all that was counted.
func (s *state) total() (sum differential.Counts) {
	sum.Add(s.Counts)
	for _, o := range s.Open {
		sum.Add(o.Counts)
	}
	return sum
}

// seconds is how long all runs took.
func (s *state) seconds() (sum float64) {
	for _, r := range s.Runs {
		sum += r.Seconds
	}
	return sum
}
