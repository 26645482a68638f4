package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier/verifiertest/differential"
)

// A fakeTrier notes the seeds that it is given. It finds something in those of found.
type fakeTrier struct {
	tried []uint64
	found map[uint64]bool
	ends  func() // called at the end of each Run
	most  int    // of the seeds of a Run that are tried; 0: all
}

func (f *fakeTrier) Run(_ context.Context, seeds []uint64) (results []differential.Result) {
	if f.most > 0 {
		seeds = seeds[:min(f.most, len(seeds))]
	}
	for _, seed := range seeds {
		f.tried = append(f.tried, seed)
		results = append(results, f.result(seed))
	}
	if f.ends != nil {
		f.ends()
	}
	return results
}

func (f *fakeTrier) result(seed uint64) differential.Result {
	r := differential.Result{Seed: seed, Counts: differential.Counts{
		Documents: 1, Signers: map[string]int64{"own": 1}, Signed: 1, Mutations: 2, Refused: map[string]int64{"UNSIGNED": 2},
		Changes: map[string]differential.Fate{"quotes": {Refused: 2}},
	}}
	if f.found[seed] {
		r.Counts.Laws = 1
		r.Findings = []differential.Finding{{Seed: seed, Mutation: 1, Change: "quotes", Law: "5", What: "a planted one", Document: []byte("<a/>")}}
	}
	return r
}

// campaignOf runs what a command line says with a fake.
func campaignOf(t *testing.T, ctx context.Context, f trier, o options) *state {
	t.Helper()
	s, err := begin(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := try(ctx, f, s, o, io.Discard); err != nil {
		t.Fatal(err)
	}
	sum := s.total()
	if !sum.Check() {
		t.Errorf("the counts do not add up: %+v", sum)
	}
	return s
}

// TestItGoesOnWhereItStopped: three runs try each seed once.
func TestItGoesOnWhereItStopped(t *testing.T) {
	f, o := &fakeTrier{}, options{dir: t.TempDir(), documents: 2*batch + 7}
	for range 3 {
		campaignOf(t, t.Context(), f, o)
	}
	s, err := readState(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	all := 3 * o.documents
	if !slices.Equal(f.tried, sequence(0, all)) {
		t.Errorf("%d seeds were tried, or not in order", len(f.tried))
	}
	if s.Next != uint64(all) || s.Counts.Documents != int64(all) || s.Counts.Mutations != int64(2*all) || len(s.Runs) != 3 || s.Runs[2].First != uint64(2*o.documents) {
		t.Errorf("next %d, %d documents, runs %+v", s.Next, s.Counts.Documents, s.Runs)
	}
}

// TestAnEndInTheMiddle: seeds that were not begun come in the next run.
func TestAnEndInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f, o := &fakeTrier{most: 41, ends: cancel}, options{dir: t.TempDir(), documents: 500}
	if s := campaignOf(t, ctx, f, o); s.Next != 41 {
		t.Fatalf("next %d", s.Next)
	}
	f.ends, f.most = nil, 0
	campaignOf(t, t.Context(), f, o)
	if !slices.Equal(f.tried, sequence(0, 541)) {
		t.Errorf("tried %d to %d", f.tried[0], f.tried[len(f.tried)-1])
	}
}

// TestACrashLosesABatch at most: the state is written after each.
func TestACrashLosesABatch(t *testing.T) {
	f, o := &fakeTrier{}, options{dir: t.TempDir(), documents: 3 * batch}
	runs := 0
	f.ends = func() {
		if runs++; runs == 3 {
			panic("a crash")
		}
	}
	func() {
		defer func() { _ = recover() }()
		campaignOf(t, t.Context(), f, o)
	}()
	if s, err := readState(o.dir); err != nil || s.Next != 2*batch {
		t.Errorf("after the crash: %+v, %v", s, err)
	}
}

// TestFindingsStayOpen until a run finds nothing any more.
func TestFindingsStayOpen(t *testing.T) {
	f, o := &fakeTrier{found: map[uint64]bool{3: true, 11: true}}, options{dir: t.TempDir(), documents: 20}
	if s := campaignOf(t, t.Context(), f, o); len(s.Open) != 2 || s.Counts.Documents != 18 {
		t.Fatalf("open %d, clean %d", len(s.Open), s.Counts.Documents)
	}
	wantFindings(t, o.dir, "11-0.txt", "11-0.xml", "3-0.txt", "3-0.xml")

	f.tried, f.found = nil, map[uint64]bool{11: true} // the other was mended
	s := campaignOf(t, t.Context(), f, o)
	if sum := s.total(); len(s.Open) != 1 || sum.Documents != 40 || sum.Differed() != 1 {
		t.Errorf("open %d, %d documents, %d findings", len(s.Open), sum.Documents, sum.Differed())
	}
	if !slices.Equal(f.tried[:3], []uint64{3, 11, 20}) {
		t.Errorf("tried %v", f.tried[:3])
	}
	wantFindings(t, o.dir, "11-0.txt", "11-0.xml")
}

func wantFindings(t *testing.T, dir string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(findingsDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("findings %v, want %v", names, want)
	}
}

func TestFreshForgets(t *testing.T) {
	f, o := &fakeTrier{found: map[uint64]bool{1: true}}, options{dir: t.TempDir(), documents: 5}
	campaignOf(t, t.Context(), f, o)
	o.fresh, f.found = true, nil
	if s := campaignOf(t, t.Context(), f, o); s.Next != 5 || s.Counts.Documents != 5 || len(s.Open) != 0 || len(s.Runs) != 1 {
		t.Errorf("%+v", s)
	}
	wantFindings(t, o.dir)
}

// TestAStateThatIsWrong is not gone on with.
func TestAStateThatIsWrong(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":         "{",
		"does not add up": `{"Next": 3, "Counts": {"Documents": 3}}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(statePath(dir), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := begin(options{dir: dir}); err == nil || !strings.Contains(err.Error(), "--fresh") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPageAddsUp(t *testing.T) {
	f, o := &fakeTrier{found: map[uint64]bool{2: true}}, options{dir: t.TempDir(), documents: 30}
	s := campaignOf(t, t.Context(), f, o)
	page := summarize(s, nil, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	for _, want := range []string{
		"# Differential tests, 2026-03-02 09:00 UTC", "**1 findings**", "30 documents, of the seeds 0 to 29, and 60 changes",
		"| UNSIGNED | 60 |", "| **all** | 60 |", "| quotes | 0 | 60 |", "own 30", "signed 30 of them besides, and refused none",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	for _, l := range differential.Listing() {
		if !strings.Contains(page, l.Name) || !strings.Contains(page, l.Section) {
			t.Errorf("the page lacks %q", l.Name)
		}
	}
}

func TestProgress(t *testing.T) {
	s := &state{Next: 50, Runs: []stretch{{Seconds: 10, Documents: 50, Mutations: 500}}}
	s.Counts.Documents, s.Counts.Mutations = 250, 2500
	for name, tt := range map[string]struct {
		o    options
		left int
		want string
	}{
		"bound by documents": {options{documents: 100}, 50, "10s  seed 50  250 documents, 2500 changes  55/s  findings 0  left 10s"},
		"bound by time":      {options{documents: 100, length: 15 * time.Second}, 50, "left 5s"},
		"by time alone":      {options{length: 70 * time.Second}, 0, "left 1m0s"},
		"not bound":          {options{}, 0, "findings 0"},
	} {
		if got := progress(s, tt.o, tt.left, 10*time.Second); !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOptions(t *testing.T) {
	if o, err := parse([]string{"--seed", "0"}); err != nil || !o.replay {
		t.Errorf("seed 0: %+v, %v", o, err)
	}
	if o, err := parse(nil); err != nil || o.replay || o.documents != 100_000 || o.mutations != 10 {
		t.Errorf("none: %+v, %v", o, err)
	}
	for _, args := range [][]string{{"x"}, {"--documents", "-1"}, {"--for", "-1s"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestFindingSaysHowToMakeItAgain(t *testing.T) {
	f := differential.Finding{Seed: 4711, Mutation: 2, Change: "quotes", Law: "1", What: "they differ", Document: []byte("<a/>")}
	dir := t.TempDir()
	if err := os.MkdirAll(findingsDir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := keep(differential.Result{Seed: 4711, Findings: []differential.Finding{f}}, dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(findingsDir(dir), "4711-0.txt"))
	if err != nil || !bytes.Contains(text, []byte("seed 4711, change 2, quotes")) || !bytes.Contains(text, []byte("they differ")) {
		t.Errorf("%s, %v", text, err)
	}
}
