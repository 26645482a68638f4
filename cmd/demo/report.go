package main

import (
	"fmt"
	"strings"
)

// introduction tells what runs and what can be opened, once everything is in place.
func (d *demo) introduction() []string {
	lines := []string{
		fmt.Sprintf("Turnkey Gateway demo: ready after %s, with %d sample parties", short(d.ready), len(d.corpus.Parties())),
		"  " + strings.Join(d.ground.words, " · "),
	}
	return append(lines, whereToLook(append(d.visitors.places(), d.addresses()...), paint{})...)
}

// addresses are what a person may open or paste while the demo runs.
func (d *demo) addresses() []address {
	kafka := strings.Join(d.ground.kafka, ",")
	return []address{
		{"metrics", d.services.gateway.URL("/metrics") + "  " + d.services.portal.URL("/metrics")},
		{"health", d.services.gateway.URL("/readyz") + "  " + d.services.portal.URL("/readyz")},
		{"profiles", "http://" + d.services.gatewayProfile + "/debug/pprof/  http://" + d.services.portalProfile + "/debug/pprof/"},
		{"rejections", fmt.Sprintf(`kcat -b %s -C -t %s -o -3 -e -f '%%h\n'`, kafka, d.ground.topics.Rejected)},
		{"tool", ". " + d.environment + "; bin/turnkey parties; bin/turnkey doctor"},
		{"verify", "bin/turnkey verify --cert " + d.sampleCertificate + " " + d.sample},
	}
}

// report is the table of totals at the end.
func report(v view) []string {
	seconds := max(v.Running.Seconds(), 0.001)
	lines := []string{
		"",
		fmt.Sprintf("%-28s %12s", "ran for", short(v.Running)),
		fmt.Sprintf("%-28s %12s", "ready after", short(v.Ready)),
		fmt.Sprintf("%-28s %12s", "first verified message after", short(v.First)),
		fmt.Sprintf("%-28s %12s  %8.1f a second", "messages sent", count(v.Planned), float64(v.Planned)/seconds),
	}
	for _, c := range v.Verdicts {
		lines = append(lines, fmt.Sprintf("  %-26s %12s", c.Reason, count(c.Total)))
	}
	lines = append(lines,
		fmt.Sprintf("%-28s %12s", "quarantined", count(v.Quarantined)),
		fmt.Sprintf("%-28s %12s", "without an outcome", count(v.Waiting)),
		fmt.Sprintf("%-28s %12s  p50 / p99, the last %s", "upload to outcome", v.Seen, count(windowSize)))
	for _, c := range v.Changes {
		lines = append(lines, fmt.Sprintf("%-28s %12s  %s after %s", "certificate "+c.What, c.Serial, c.Effect, short(c.After)))
	}
	return append(lines, fmt.Sprintf("as planned %s, otherwise %s", count(v.AsPlanned), count(v.Otherwise)))
}
