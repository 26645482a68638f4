package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"turnkey-gateway/bench/soak/trial"
)

// A finished seed is a line of the state.
type finished struct {
	World  string
	Seed   uint64
	Began  time.Time
	Failed string // why; empty: it passed
	trial.Result
}

// again is the command that plays the seed once more.
func (f finished) again() string {
	return fmt.Sprintf("go run ./bench/soak --world %s --seed %d", f.World, f.Seed)
}

// A state is what was done on one commit: a file of JSON lines, one for each seed that
// was played to its end. A crash loses the seeds under way; a torn last line is ignored.
type state struct {
	mu   sync.Mutex
	file *os.File
	done []finished // guarded by mu
}

// openState opens a commit's state. Of a tree that is not committed nobody knows whether
// it is the one of the last run: it starts anew, as what is to be fresh does.
func openState(dir, commit string, fresh bool) (*state, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open the state: %w", err)
	}
	path := filepath.Join(dir, commit+".jsonl")
	if fresh || strings.HasSuffix(commit, "-dirty") || commit == "unknown" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("start the state anew: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the state: %w", err)
	}
	s := &state{file: file}
	if err := s.read(path); err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

func (s *state) read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	whole := text[:strings.LastIndexByte(string(text), '\n')+1]
	if len(whole) < len(text) {
		if err := s.file.Truncate(int64(len(whole))); err != nil {
			return fmt.Errorf("cut a torn line off the state: %w", err)
		}
	}
	for line := range strings.Lines(string(whole)) {
		var f finished
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return fmt.Errorf("read the state in %s (--fresh forgets it): %w", path, err)
		}
		s.done = append(s.done, f)
	}
	return nil
}

// add keeps what came of a seed.
func (s *state) add(f finished) error {
	line, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	s.done = append(s.done, f)
	return nil
}

// of returns what was done in a world, by seed.
func (s *state) of(world string) []finished {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []finished
	for _, f := range s.done {
		if f.World == world {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b finished) int { return int(int64(a.Seed) - int64(b.Seed)) })
	return all
}

// open returns the seeds of a range that were not done.
func (s *state) open(world string, from, upTo uint64) (seeds []uint64) {
	done := make(map[uint64]bool)
	for _, f := range s.of(world) {
		done[f.Seed] = true
	}
	for seed := from; seed < upTo; seed++ {
		if !done[seed] {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

func (s *state) close() error { return s.file.Close() }

// A tally sums up what was done in a world.
type tally struct {
	seeds, messages, outcomes, repeated int
	took                                time.Duration // of all seeds, as if one after another
	struck                              map[trial.Fault]int
	in                                  map[trial.Fault]int // seeds with the fault in their schedule
	failed                              []finished
}

func sum(all []finished) tally {
	t := tally{struck: make(map[trial.Fault]int), in: make(map[trial.Fault]int)}
	for _, f := range all {
		t.seeds++
		t.messages += f.Messages
		t.outcomes += f.Outcomes
		t.repeated += f.Repeated
		t.took += f.Took
		for fault, n := range f.Struck {
			t.struck[fault] += n
			t.in[fault]++
		}
		if f.Failed != "" {
			t.failed = append(t.failed, f)
		}
	}
	return t
}
