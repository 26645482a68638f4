package main

import (
	"cmp"
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
	"turnkey-gateway/bench/soak/trial"
)

// A summary is the page of a commit's seeds in the making, and what is wrong.
type summary struct {
	page.Page
	now  time.Time
	errs []error
}

// summarize sums up a commit's seeds, of all worlds that were ever played on it.
func summarize(s *state, commit string, o options, faults map[string][]trial.Fault, now time.Time) *summary {
	p := &summary{now: now}
	p.Printf("# Faults, %s\n\nCommit %s. %s.\n\n", now.Format("2006-01-02 15:04 MST"), commit, place.Machine())
	p.Printf("Made by `make soak`. Each seed is a schedule of faults against gateways under traffic, and an audit of every message after it: " +
		"one outcome of each, its bytes, order and verdict; no offset rewound; no end of a certificate missed for more than 5 s; no verdict while the registry was out of reach. " +
		"A seed fails too if one of its faults did not strike. One that failed once on this commit counts as failed.\n")
	for _, world := range []string{worldEmbedded, worldCluster} {
		all := s.of(world)
		if len(all) > 0 || faults[world] != nil {
			p.section(world, o, all, faults[world])
		}
	}
	return p
}

func (p *summary) fails(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf(format, args...))
}

func (p *summary) section(world string, o options, all []finished, faults []trial.Fault) {
	t := sum(all)
	p.Printf("\n## %s\n\n", about[world])
	p.Printf("- **%d of %d seeds failed**\n", len(t.failed), t.seeds)
	p.Printf("- %d messages, %d outcomes, %d of them repeated, in %v of trials\n", t.messages, t.outcomes, t.repeated, t.took.Round(time.Second))
	if aim := aims[world]; t.seeds < aim {
		p.Printf("- the aim is %d seeds\n", aim)
	}
	if len(t.failed) > 0 {
		p.fails("%s: %d of %d seeds failed", world, len(t.failed), t.seeds)
		p.failures(t.failed)
	}
	if never := neverStruck(t, faults); len(never) > 0 {
		p.Printf("- never struck: %s\n", join(never))
		if t.seeds >= len(faults) && uint64(t.seeds) >= o.upTo(world)-o.first {
			p.fails("%s: faults that never struck: %s", world, join(never))
		}
	}
	p.strikes(t)
}

var about = map[string]string{
	worldEmbedded: "Embedded: gateways and kfake in one process, faults at each step of the loop",
	worldCluster:  "Cluster: three brokers of Apache Kafka, PostgreSQL, Redis, and gateways as processes",
}

func (p *summary) failures(failed []finished) {
	p.Printf("\n| failed seed | replay | why |\n|---:|---|---|\n")
	for _, f := range failed {
		p.Row(fmt.Sprint(f.Seed), "`"+f.again()+"`", oneLine(f.Failed))
	}
	p.Printf("\n")
}

// oneLine makes text fit into a cell.
func oneLine(text string) string {
	const most = 400
	text = strings.NewReplacer("\n", "; ", "|", "\\|").Replace(text)
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

func (p *summary) strikes(t tally) {
	p.Printf("\nStruck is what a fault met: requests, connections, messages, keys or processes, so that it says little to hold one row against another.\n\n")
	p.Header("fault", "seeds", "struck")
	for _, f := range sorted(t.struck) {
		p.Row(string(f), fmt.Sprint(t.in[f]), fmt.Sprint(t.struck[f]))
	}
}

func neverStruck(t tally, faults []trial.Fault) (never []trial.Fault) {
	for _, f := range faults {
		if t.struck[f] == 0 {
			never = append(never, f)
		}
	}
	return never
}

// file writes the page of the day, over an earlier one.
func (p *summary) file(dir string) (string, error) {
	path := filepath.Join(dir, p.now.Format(time.DateOnly)+"-soak.md")
	return path, os.WriteFile(path, []byte(p.String()), 0o644)
}

func (p *summary) err() error { return errors.Join(p.errs...) }

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func join(faults []trial.Fault) string {
	var names []string
	for _, f := range faults {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
