package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/bench/soak/trial"
)

// A fake world fails the seeds it is told to, and does nothing else.
type fake struct{ fails map[uint64]bool }

func (fake) Faults() []trial.Fault { return []trial.Fault{"cut", "killed"} }
func (fake) Close() error          { return nil }

func (f fake) Run(_ context.Context, seed uint64, log io.Writer) (trial.Result, error) {
	fmt.Fprintf(log, "seed %d was here\n", seed)
	r := trial.Result{Messages: 10, Outcomes: 11, Repeated: 1, Took: time.Second, Struck: map[trial.Fault]int{"cut": 2}}
	if f.fails[seed] {
		return r, errors.New("lost: a | message")
	}
	return r, nil
}

func opening(f fake) opener {
	return func(context.Context, string) (trial.World, error) { return f, nil }
}

func TestSeedsAddUp(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir, "abc", false)
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= 3; seed++ {
		if err := s.add(finished{World: worldEmbedded, Seed: seed}); err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	path := filepath.Join(dir, "abc.jsonl")
	torn, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	torn.WriteString(`{"World":"embed`)
	torn.Close()

	if s, err = openState(dir, "abc", false); err != nil {
		t.Fatal(err)
	}
	if left := s.open(worldEmbedded, 1, 6); !slices.Equal(left, []uint64{4, 5}) {
		t.Errorf("left after a crash: %v", left)
	}
	if left := s.open(worldCluster, 1, 3); len(left) != 2 {
		t.Errorf("left in the other world: %v", left)
	}
	if err := s.add(finished{World: worldEmbedded, Seed: 4}); err != nil {
		t.Fatal(err)
	}
	s.close()
	if s, err = openState(dir, "abc", false); err != nil || len(s.of(worldEmbedded)) != 4 {
		t.Errorf("after a torn line and another: %v, %v", s.of(worldEmbedded), err)
	}
	s.close()
	for _, commit := range []string{"other", "abc-dirty"} {
		s, err := openState(dir, commit, false)
		if err != nil || len(s.of(worldEmbedded)) != 0 {
			t.Errorf("on commit %s: %v, %v", commit, s.of(worldEmbedded), err)
		}
		s.add(finished{World: worldEmbedded, Seed: 1})
		s.close()
	}
	s, err = openState(dir, "abc-dirty", false)
	if err != nil || len(s.of(worldEmbedded)) != 0 {
		t.Errorf("on another tree that is not committed: %v, %v", s.of(worldEmbedded), err)
	}
	s.close()
}

func TestCampaign(t *testing.T) {
	tests := []struct {
		name  string
		fails map[uint64]bool
		o     options
		want  []string // in the error; none: no error
		page  []string
	}{
		{"stopped early", nil, options{seeds: 1}, nil, []string{"**0 of 1 seeds failed**", "never struck: killed", "| cut | 1 | 2 |"}},
		{"a fault never struck", nil, options{seeds: 7}, []string{"never struck: killed"}, []string{"**0 of 7 seeds failed**", "| cut | 7 | 14 |"}},
		{"a seed failed", map[uint64]bool{3: true}, options{seeds: 5, length: time.Hour}, []string{"1 of 5 seeds failed"},
			[]string{"**1 of 5 seeds failed**", "| 3 | `go run ./bench/soak --world embedded --seed 3` | lost: a \\| message |"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.o
			o.worlds, o.first, o.parallel, o.fresh = []string{worldEmbedded}, 1, 2, true
			o.dir, o.results = t.TempDir(), t.TempDir()
			err := campaign(t.Context(), o, opening(fake{tt.fails}), io.Discard)
			if (err == nil) != (tt.want == nil) {
				t.Errorf("campaign: %v", err)
			}
			for _, w := range tt.want {
				if err != nil && !strings.Contains(err.Error(), w) {
					t.Errorf("campaign: %v, want %q", err, w)
				}
			}
			pages, _ := filepath.Glob(filepath.Join(o.results, "*-soak.md"))
			if len(pages) != 1 {
				t.Fatalf("filed: %v", pages)
			}
			text, _ := os.ReadFile(pages[0])
			for _, w := range tt.page {
				if !strings.Contains(string(text), w) {
					t.Errorf("the page lacks %q:\n%s", w, text)
				}
			}
			for seed := range tt.fails {
				log, err := os.ReadFile(filepath.Join(o.dir, fmt.Sprintf("embedded-%d.log", seed)))
				if err != nil || !strings.Contains(string(log), "was here") {
					t.Errorf("log of seed %d: %q, %v", seed, log, err)
				}
			}
		})
	}
}

// A seed that fails names the command that plays it again, and that one fails in the same way.
func TestFailedSeedIsPlayedAgain(t *testing.T) {
	open := opening(fake{map[uint64]bool{3: true}})
	o := options{worlds: []string{worldEmbedded}, first: 1, seeds: 5, parallel: 2, dir: t.TempDir(), fresh: true}
	var out bytes.Buffer
	if err := campaign(t.Context(), o, open, &out); err == nil {
		t.Fatal("a seed failed, the campaign did not")
	}
	_, rest, _ := strings.Cut(out.String(), "again: go run ./bench/soak ")
	command, _, _ := strings.Cut(rest, "\n")
	again, err := parse(strings.Fields(command))
	if err != nil || !again.replay {
		t.Fatalf("%q is no replay: %v\n%s", command, err, out.String())
	}
	if err := replay(t.Context(), again, open, io.Discard); err == nil || !strings.Contains(err.Error(), "seed 3 failed: lost") {
		t.Errorf("%q: %v", command, err)
	}
}

// A seed under way when the run is told to end counts neither way.
func TestInterruptedSeedIsNotCounted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	o := options{worlds: []string{worldEmbedded}, first: 1, seeds: 3, parallel: 1, dir: dir, fresh: true}
	open := func(context.Context, string) (trial.World, error) { return interrupted{cancel: cancel}, nil }
	if err := campaign(ctx, o, open, io.Discard); err != nil {
		t.Error(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	for _, f := range files {
		if text, _ := os.ReadFile(f); len(text) > 0 {
			t.Errorf("%s holds %s", f, text)
		}
	}
}

type interrupted struct {
	fake
	cancel func()
}

func (i interrupted) Run(context.Context, uint64, io.Writer) (trial.Result, error) {
	i.cancel()
	return trial.Result{}, errors.New("told to end")
}

func TestOptions(t *testing.T) {
	if o, err := parse([]string{"--world", "embedded", "--seed", "0"}); err != nil || !o.replay || o.seed != 0 {
		t.Errorf("replay of seed 0: %+v, %v", o, err)
	}
	for _, args := range [][]string{{"--seed", "1"}, {"--world", "moon"}, {"--parallel", "0"}, {"1"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
