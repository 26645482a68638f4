package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/bench/place"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

// A report is what is printed and filed: Markdown with where and when it was measured.
type report struct{ strings.Builder }

func newReport(madeBy string) *report {
	r := &report{}
	fmt.Fprintf(r, "# End to end, %s\n\nCommit %s; %s; real Apache Kafka, PostgreSQL and Redis on the same machine, those of `make stack` or a scenario's own.\nMade by `%s`. Each figure stands only because the promise behind it held: a run with a deviation files nothing.\n",
		time.Now().UTC().Format("2006-01-02 15:04 MST"), place.Commit(), place.Machine(), madeBy)
	return r
}

func (r *report) section(name, about string) { fmt.Fprintf(r, "\n## %s\n%s.\n\n", name, about) }

// line notes a figure, and shows it at once.
func (r *report) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Println("  " + text)
	fmt.Fprintf(r, "- %s\n", text)
}

func (r *report) verdicts(t rig.Tally) {
	var words []string
	for reason := verifier.Verified; reason > verifier.Unjudged; reason-- {
		if n := t.Reasons[reason]; n > 0 {
			words = append(words, fmt.Sprintf("%v %d", reason, n))
		}
	}
	r.line("verdicts: %s", strings.Join(words, ", "))
}

// quantile returns the nearest-rank q-quantile, rounded for reading; 0 of nothing.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := min(int(q*float64(len(sorted))), len(sorted)-1)
	return sorted[rank].Round(100 * time.Microsecond)
}
