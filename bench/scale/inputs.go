package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"turnkey-gateway/bench/corpus"
)

// inputs are all figures that the model rests on. Assumed ones say so.
type inputs struct {
	costs       []cost // by size, ascending
	costsSource string

	joinGap, leaveGap float64 // seconds without an outcome of a partition
	killGap           float64 // the same after a gateway was killed
	gapSource         string

	measured *measurement // of latency, to hold the simulator against; nil if there is none
}

// A cost is the processor's time for a message of a size, in seconds.
type cost struct {
	bytes           float64
	gateway, broker float64
}

// A measurement is what bench/pipeline found at a steady rate with everything on one machine.
type measurement struct {
	page            string
	rate            float64 // messages a second
	gateway, broker float64 // seconds of processor a message
	p50, p99        float64 // seconds
}

// assumedCosts stand until bench/pipeline has filed a page: judging in batches of 8 as
// bench/results/2026-11-25-engine.md has it, and moving as copying took in experiments (22 µs
// of the client and 48 µs of the broker for 8 KB), in proportion to the bytes beyond 3 KB.
var assumedCosts = []cost{
	{3 << 10, 24e-6, 30e-6},
	{8 << 10, 40e-6, 48e-6},
	{77 << 10, 270e-6, 300e-6},
}

// readInputs takes the newest filed pages of a directory, and says where there are none.
func readInputs(dir string) (in inputs, err error) {
	in.costs, in.costsSource = assumedCosts, "no page of bench/pipeline: assumed, after bench/results/2026-11-25-engine.md and experiments with copying"
	page, text, err := newest(dir, "*-pipeline.md")
	if err != nil {
		return in, err
	}
	if page != "" {
		if in.costs, err = pipelineCosts(text); err != nil {
			return in, fmt.Errorf("read %s: %w", page, err)
		}
		in.costsSource = page
		if in.measured, err = pipelineLatency(page, text); err != nil {
			return in, fmt.Errorf("read %s: %w", page, err)
		}
	}
	in.joinGap, in.leaveGap, in.killGap, in.gapSource = 0.4, 1.3, 10.1, "the longest of three runs of bench/e2e on a busy machine"
	page, text, err = newest(dir, "*-e2e.md")
	join, leave, kill := longest(text, joinGap), longest(text, leaveGap), longest(text, killGap)
	if min(join, leave, kill) > 0 {
		in.joinGap, in.leaveGap, in.killGap, in.gapSource = join, leave, kill, page+", the longest"
	}
	return in, err
}

// newest returns the last by name of the files that match, "" if there is none.
func newest(dir, pattern string) (path, text string, err error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		return "", "", err
	}
	path = found[len(found)-1]
	raw, err := os.ReadFile(path)
	return filepath.ToSlash(path), string(raw), err
}

// pipelineCosts reads the gateway's rows of the table of throughput: size, messages/s, part
// of the copy's, MB/s, contender, broker.
func pipelineCosts(text string) (all []cost, err error) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		size, is := strings.CutSuffix(strings.TrimSpace(cells[0]), ", gateway")
		if !is || len(cells) < 6 {
			continue
		}
		var c cost
		var kb int
		if _, err := fmt.Sscanf(size, "%d KB", &kb); err != nil {
			return nil, fmt.Errorf("size %q", size)
		}
		c.bytes = float64(kb << 10)
		if c.gateway, err = duration(cells[4]); err != nil {
			return nil, err
		}
		if c.broker, err = duration(cells[5]); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) < 2 {
		return nil, fmt.Errorf("%d rows of the gateway's costs: at least 2 are needed", len(all))
	}
	return all, nil
}

// pipelineLatency reads the gateway's last row of the table of latency, that of the lowest
// rate, which sender and reader on the same cores disturb least: messages/s, p50, p90, p99,
// p99.9, contender, broker.
func pipelineLatency(page, text string) (*measurement, error) {
	_, section, _ := strings.Cut(text, "\n## Latency\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| gateway \|(.*)\|$`).FindAllStringSubmatch(section, -1)
	if len(rows) == 0 {
		return nil, errors.New("no latency of the gateway")
	}
	cells := strings.Split(rows[len(rows)-1][1], "|")
	if len(cells) < 7 {
		return nil, fmt.Errorf("latency of %d columns", len(cells))
	}
	m := &measurement{page: page}
	var err error
	if m.rate, err = strconv.ParseFloat(strings.TrimSpace(cells[0]), 64); err != nil {
		return nil, err
	}
	for i, to := range map[int]*float64{1: &m.p50, 3: &m.p99, 5: &m.gateway, 6: &m.broker} {
		if *to, err = duration(cells[i]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// What a page of bench/e2e says of partitions without an outcome.
var (
	joinGap  = regexp.MustCompile(`no outcome of a partition for at most (\S+) as it joined`)
	leaveGap = regexp.MustCompile(`as it joined, (\S+) as it left`)
	killGap  = regexp.MustCompile(`a new gateway judged on after ([^;]+);`)
)

// longest is the longest of the times that a text tells of so, in seconds; 0 if it tells of none.
func longest(text string, so *regexp.Regexp) (most float64) {
	for _, found := range so.FindAllStringSubmatch(text, -1) {
		if d, err := duration(found[1]); err == nil {
			most = max(most, d)
		}
	}
	return most
}

var timeText = regexp.MustCompile(`^([0-9.]+) ?(ns|µs|ms|s)$`)

// duration reads seconds, as pages write them.
func duration(text string) (float64, error) {
	m := timeText.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, fmt.Errorf("%q is no time", strings.TrimSpace(text))
	}
	n, err := strconv.ParseFloat(m[1], 64)
	return n * map[string]float64{"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1}[m[2]], err
}

// costOf is the cost of a message between and beyond the sizes that were measured, by
// straight lines.
func (in inputs) costOf(bytes float64) cost {
	i := 1
	for i < len(in.costs)-1 && in.costs[i].bytes < bytes {
		i++
	}
	a, b := in.costs[i-1], in.costs[i]
	part := (bytes - a.bytes) / (b.bytes - a.bytes)
	return cost{bytes, a.gateway + part*(b.gateway-a.gateway), a.broker + part*(b.broker-a.broker)}
}

// A load is the messages of which so many a second come.
type load struct {
	name  string
	sizes []corpus.Band
}

// mean is a message's mean size and cost.
func (l load) mean(in inputs) (mean cost) {
	const steps = 1000
	var shares float64
	for _, band := range l.sizes {
		for i := range steps {
			at := (float64(i) + 0.5) / steps
			c := in.costOf(float64(band.From) * math.Pow(float64(band.To)/float64(band.From), at))
			part := band.Share / steps
			mean.bytes += part * c.bytes
			mean.gateway += part * c.gateway
			mean.broker += part * c.broker
		}
		shares += band.Share
	}
	return cost{mean.bytes / shares, mean.gateway / shares, mean.broker / shares}
}
