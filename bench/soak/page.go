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

	"turnkey-gateway/bench/place"
	"turnkey-gateway/bench/soak/trial"
)

// A page is Markdown in the making, and what is wrong.
type page struct {
	strings.Builder
	now  time.Time
	errs []error
}

// newPage sums up a commit's seeds, of all worlds that were ever played on it.
func newPage(s *state, commit string, o options, faults map[string][]trial.Fault, now time.Time) *page {
	p := &page{now: now}
	p.printf("# Faults, %s\n\nCommit %s. %s.\n\n", now.Format("2006-01-02 15:04 MST"), commit, place.Machine())
	p.printf("Made by `make soak`. Each seed is a schedule of faults against gateways under traffic, and an audit of every message after it: " +
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

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *page) fails(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf(format, args...))
}

func (p *page) section(world string, o options, all []finished, faults []trial.Fault) {
	t := sum(all)
	p.printf("\n## %s\n\n", about[world])
	p.printf("- **%d of %d seeds failed**\n", len(t.failed), t.seeds)
	p.printf("- %d messages, %d outcomes, %d of them repeated, in %v of trials\n", t.messages, t.outcomes, t.repeated, t.took.Round(time.Second))
	if aim := aims[world]; t.seeds < aim {
		p.printf("- the aim is %d seeds\n", aim)
	}
	if len(t.failed) > 0 {
		p.fails("%s: %d of %d seeds failed", world, len(t.failed), t.seeds)
		p.failures(t.failed)
	}
	if never := neverStruck(t, faults); len(never) > 0 {
		p.printf("- never struck: %s\n", join(never))
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

func (p *page) failures(failed []finished) {
	p.printf("\n| failed seed | replay | why |\n|---:|---|---|\n")
	for _, f := range failed {
		p.printf("| %d | `%s` | %s |\n", f.Seed, f.again(), oneLine(f.Failed))
	}
	p.printf("\n")
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

func (p *page) strikes(t tally) {
	p.printf("\n| fault | seeds | struck |\n|---|---:|---:|\n")
	for _, f := range sorted(t.struck) {
		p.printf("| %s | %d | %d |\n", f, t.in[f], t.struck[f])
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
func (p *page) file(dir string) (string, error) {
	path := filepath.Join(dir, p.now.Format(time.DateOnly)+"-soak.md")
	return path, os.WriteFile(path, []byte(p.String()), 0o644)
}

func (p *page) err() error { return errors.Join(p.errs...) }

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func join(faults []trial.Fault) string {
	var names []string
	for _, f := range faults {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
