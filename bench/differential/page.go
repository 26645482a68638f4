package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/bench/place"
	"turnkey-gateway/verifier/verifiertest/differential"
)

// aim is how many changes shall have been tried some day.
const aim = 100_000_000

// file writes the page of the day, over an earlier one: it has all that was counted.
func file(s *state, oracles []differential.Oracle, dir string) (string, error) {
	if sum := s.total(); !sum.Check() {
		return "", errors.New("the counts do not add up")
	}
	now := time.Now().UTC()
	path := filepath.Join(dir, now.Format(time.DateOnly)+"-differential.md")
	return path, os.WriteFile(path, []byte(newPage(s, oracles, now)), 0o644)
}

// A page is Markdown in the making.
type page struct {
	strings.Builder
	*state
	counts differential.Counts
}

func newPage(s *state, oracles []differential.Oracle, now time.Time) string {
	p := &page{state: s, counts: s.total()}
	p.head(oracles, now)
	p.verdicts()
	p.oracles()
	p.listed()
	p.changes()
	p.runs()
	return p.String()
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// table starts one; all columns but the first are aligned right.
func (p *page) table(title, about string, columns ...string) {
	p.printf("\n## %s\n\n%s\n\n", title, about)
	p.row(columns...)
	p.printf("|---|%s\n", strings.Repeat("---:|", len(columns)-1))
}

func (p *page) row(cells ...string) { p.printf("| %s |\n", strings.Join(cells, " | ")) }

func (p *page) head(oracles []differential.Oracle, now time.Time) {
	c := &p.counts
	p.printf("# Differential tests, %s\n\nCommit %s. %s.\n\n", now.Format("2006-01-02 15:04 MST"), p.Runs[len(p.Runs)-1].Commit, place.Machine())
	for _, o := range oracles {
		p.printf("- %s: %s\n", o.Name(), o.Version())
	}
	p.printf("- goxmldsig: %s\n", differential.GoxmldsigVersion())
	p.printf("\nMade by `make fuzz`, which goes on from the last seed and adds up. The laws stand in package differential.\n\n")
	p.printf("- **%d findings**: documents on which a law was broken, and no listed disagreement explains it\n", c.Differed())
	p.printf("- %d documents, of the seeds 0 to %d, and %d changes of them: %.2f %% of the aim of %d\n", c.Documents, p.Next-1, c.Mutations, 100*float64(c.Mutations)/aim, aim)
	p.printf("- %.1f GB of XML in %s, %.0f judgements a second\n", float64(c.Octets)/1e9, time.Duration(p.seconds()*1e9).Round(time.Second), float64(c.Documents+c.Mutations)/p.seconds())
	p.printf("- signed over canonical octets of %s\n", counted(c.Signers))
	p.printf("- `turnkey sign` signed %d of them besides, and refused %s\n", c.Signed, orNone(c.Unsigned))
}

func (p *page) verdicts() {
	c := &p.counts
	p.table("Verdicts on the changes", "By the profile interop; cpt takes nothing that interop does not.", "verdict", "changes")
	p.row("VERIFIED", fmt.Sprint(c.Accepted))
	for _, reason := range sorted(c.Refused) {
		p.row(reason, fmt.Sprint(c.Refused[reason]))
	}
	p.row("**all**", fmt.Sprint(c.Mutations))
}

func (p *page) oracles() {
	p.table("Oracles", "Asked for: canonical forms of what is well-formed, the same octets wanted; whether a signature holds that is verified here, over the same octets; "+
		"whether one is refused that does not hold here; whether they verify what `turnkey sign` signed. Skipped is what goxmldsig is known to err on. Each row adds up.",
		"oracle, question", "asked", "agreed", "listed", "skipped", "no answer", "findings")
	for _, name := range sorted(p.counts.Asked) {
		t := p.counts.Asked[name]
		p.row(name, fmt.Sprint(t.Asked), fmt.Sprint(t.Agreed), fmt.Sprint(differential.Total(t.Listed)), fmt.Sprint(differential.Total(t.Skipped)), fmt.Sprint(t.Failed), fmt.Sprint(t.Differed))
	}
	skipped := make(map[string]int64)
	for _, t := range p.counts.Asked {
		for reason, n := range t.Skipped {
			skipped[reason] += n
		}
	}
	p.printf("\nSkipped: %s (package secondopinion has the sections).\n", orNone(skipped))
}

// listed adds up how often each listed disagreement was, alone or with others: so that
// these may be more than the cases.
func (p *page) listed() {
	p.printf("\n## Listed disagreements\n\nThe standard decides for the verifier in each. A case may be of several.\n\n| oracle | disagreement | cases | what decides |\n|---|---|---:|---|\n")
	for _, l := range differential.Listing() {
		var cases int64
		for name, t := range p.counts.Asked {
			for names, n := range t.Listed {
				if strings.HasPrefix(name, l.Oracle+",") && slices.Contains(strings.Split(names, " + "), l.Name) {
					cases += n
				}
			}
		}
		p.row(l.Oracle, l.Name, fmt.Sprint(cases), l.Section)
	}
}

func (p *page) changes() {
	p.table("Changes", "By the same profile. What was signed anew may be verified with other content.", "change", "verified", "refused")
	for _, name := range sorted(p.counts.Changes) {
		f := p.counts.Changes[name]
		p.row(name, fmt.Sprint(f.Accepted), fmt.Sprint(f.Refused))
	}
}

func (p *page) runs() {
	p.table("Runs", "Each goes on with the seed behind the last one's.", "commit", "began", "first seed", "documents", "changes", "took")
	for _, r := range p.Runs {
		p.row(r.Commit, r.Began.Format("2006-01-02 15:04"), fmt.Sprint(r.First), fmt.Sprint(r.Documents), fmt.Sprint(r.Mutations),
			time.Duration(r.Seconds*1e9).Round(time.Second).String())
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// counted writes "a 1, b 2".
func counted(m map[string]int64) string {
	var all []string
	for _, name := range sorted(m) {
		all = append(all, fmt.Sprintf("%s %d", name, m[name]))
	}
	return strings.Join(all, ", ")
}

func orNone(m map[string]int64) string {
	if len(m) == 0 {
		return "none"
	}
	return counted(m)
}
