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

	"turnkey-gateway/bench/page"
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
	return path, os.WriteFile(path, []byte(summarize(s, oracles, now)), 0o644)
}

// A summary is the page of all that was tried, in the making.
type summary struct {
	page.Page
	*state
	counts differential.Counts
}

func summarize(s *state, oracles []differential.Oracle, now time.Time) string {
	p := &summary{state: s, counts: s.total()}
	p.head(oracles, now)
	p.verdicts()
	p.oracles()
	p.listed()
	p.changes()
	p.runs()
	return p.String()
}

func (p *summary) head(oracles []differential.Oracle, now time.Time) {
	c := &p.counts
	p.Printf("# Differential tests, %s\n\nCommit %s. %s.\n\n", now.Format("2006-01-02 15:04 MST"), p.Runs[len(p.Runs)-1].Commit, place.Machine())
	for _, o := range oracles {
		p.Printf("- %s: %s\n", o.Name(), o.Version())
	}
	p.Printf("- goxmldsig: %s\n", differential.GoxmldsigVersion())
	p.Printf("\nMade by `make fuzz`, which goes on from the last seed and adds up. The laws stand in package differential.\n\n")
	p.Printf("- **%d findings**: documents on which a law was broken, and no listed disagreement explains it\n", c.Differed())
	p.Printf("- %d documents, of the seeds 0 to %d, and %d changes of them: %.2f %% of the aim of %d\n", c.Documents, p.Next-1, c.Mutations, 100*float64(c.Mutations)/aim, aim)
	p.Printf("- %.1f GB of XML in %s, %.0f judgements a second\n", float64(c.Octets)/1e9, time.Duration(p.seconds()*1e9).Round(time.Second), float64(c.Documents+c.Mutations)/p.seconds())
	p.Printf("- signed over canonical octets of %s\n", counted(c.Signers))
	p.Printf("- `turnkey sign` signed %d of them besides, and refused %s\n", c.Signed, orNone(c.Unsigned))
}

func (p *summary) verdicts() {
	c := &p.counts
	p.Section("Verdicts on the changes", "By the profile interop; cpt takes nothing that interop does not.")
	p.Header("verdict", "changes")
	p.Row("VERIFIED", fmt.Sprint(c.Accepted))
	for _, reason := range sorted(c.Refused) {
		p.Row(reason, fmt.Sprint(c.Refused[reason]))
	}
	p.Row("**all**", fmt.Sprint(c.Mutations))
}

func (p *summary) oracles() {
	p.Section("Oracles", "Asked for: canonical forms of what is well-formed, the same octets wanted; whether a signature holds that is verified here, over the same octets; "+
		"whether one is refused that does not hold here; whether they verify what `turnkey sign` signed. Skipped is what goxmldsig is known to err on. Each row adds up.")
	p.Header("oracle, question", "asked", "agreed", "listed", "skipped", "no answer", "findings")
	for _, name := range sorted(p.counts.Asked) {
		t := p.counts.Asked[name]
		p.Row(name, fmt.Sprint(t.Asked), fmt.Sprint(t.Agreed), fmt.Sprint(differential.Total(t.Listed)), fmt.Sprint(differential.Total(t.Skipped)), fmt.Sprint(t.Failed), fmt.Sprint(t.Differed))
	}
	skipped := make(map[string]int64)
	for _, t := range p.counts.Asked {
		for reason, n := range t.Skipped {
			skipped[reason] += n
		}
	}
	p.Printf("\nSkipped: %s (package secondopinion has the sections).\n", orNone(skipped))
}

// listed adds up how often each listed disagreement was, alone or with others: so that
// these may be more than the cases.
func (p *summary) listed() {
	p.Section("Listed disagreements", "The standard decides for the verifier in each. A case may be of several.")
	p.Printf("| oracle | disagreement | cases | what decides |\n|---|---|---:|---|\n")
	for _, l := range differential.Listing() {
		var cases int64
		for name, t := range p.counts.Asked {
			for names, n := range t.Listed {
				if strings.HasPrefix(name, l.Oracle+",") && slices.Contains(strings.Split(names, " + "), l.Name) {
					cases += n
				}
			}
		}
		p.Row(l.Oracle, l.Name, fmt.Sprint(cases), l.Section)
	}
}

func (p *summary) changes() {
	p.Section("Changes", "By the same profile. What was signed anew may be verified with other content.")
	p.Header("change", "verified", "refused")
	for _, name := range sorted(p.counts.Changes) {
		f := p.counts.Changes[name]
		p.Row(name, fmt.Sprint(f.Accepted), fmt.Sprint(f.Refused))
	}
}

func (p *summary) runs() {
	p.Section("Runs", "Each goes on with the seed behind the last one's.")
	p.Header("commit", "began", "first seed", "documents", "changes", "took")
	for _, r := range p.Runs {
		p.Row(r.Commit, r.Began.Format("2006-01-02 15:04"), fmt.Sprint(r.First), fmt.Sprint(r.Documents), fmt.Sprint(r.Mutations),
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
