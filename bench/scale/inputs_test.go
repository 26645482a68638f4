package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/bench/corpus"
)

const pipelinePage = `# The gateway end to end

## Throughput

|  | messages/s | of the copy | MB/s | contender | broker | together | spread |
|---|---:|---:|---:|---:|---:|---:|---:|
| 3 KB, gateway | 40000 | 0.7 x | 120 | 20 µs | 25 µs | 45 µs | 3 % |
| 3 KB, copy | 60000 | 1 x | 180 | 10 µs | 22 µs | 32 µs | 3 % |
| 8 KB, gateway | 16000 | 0.6 x | 131 | 40 µs | 50 µs | 90 µs | 5 % |
| 77 KB, gateway | 2000 | 0.6 x | 150 | 0.3 ms | 400 µs | 700 µs | 5 % |

## Latency

From when a message of 8 KB was due to be sent to when its outcome was read.

|  | messages/s | p50 | p90 | p99 | p99.9 | contender | broker | cores busy |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
| gateway | 16000 | 8 ms | 16 ms | 30 ms | 60 ms | 40 µs | 50 µs | 90 % |
| copy | 16000 | 3 ms | 5 ms | 9 ms | 20 ms | 20 µs | 45 µs | 60 % |
| gateway | 8000 | 4 ms | 6 ms | 12 ms | 30 ms | 45 µs | 60 µs | 60 % |
| copy | 8000 | 3 ms | 5 ms | 9 ms | 20 ms | 25 µs | 55 µs | 40 % |

## Two gateways

|  | gateways | broker |
|---|---:|---:|
| gateway | 1 | 2 |
`

const e2ePage = `## kill
- kill 1: 602 records with an outcome but no commit; a new gateway judged on after 9.9 s; 0 outcomes came again by then
- kill 2: 533 records with an outcome but no commit; a new gateway judged on after 10.4 s; 386 outcomes came again by then

## rebalance
- join 1: the second gateway judged 1000 messages in the 3.1 s until it left; no outcome of a partition for at most 366ms as it joined, 465ms as it left
- join 2: the second gateway judged 1000 messages in the 3.1 s until it left; no outcome of a partition for at most 290ms as it joined, 1.276s as it left
`

// The newest pages are read, and each figure is the one that stands there.
func TestInputsAreThoseOfTheNewestPages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"2026-11-01-pipeline.md": strings.ReplaceAll(pipelinePage, "40 µs", "99 µs"), "2026-11-30-pipeline.md": pipelinePage,
		"2026-11-30-pipeline-3brokers.md": "not this", "2026-11-30-e2e.md": e2ePage,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := readInputs(dir)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the gateway's time for 8 KB", in.costOf(8<<10).gateway, 40e-6, 1e-9)
	within(t, "the broker's time for 77 KB", in.costOf(77<<10).broker, 400e-6, 1e-9)
	within(t, "half way from 3 to 8 KB", in.costOf(5.5*1024).gateway, 30e-6, 1e-9)
	within(t, "the gap of a join", in.joinGap, 0.366, 1e-9)
	within(t, "the gap of a leave", in.leaveGap, 1.276, 1e-9)
	within(t, "the gap of a kill", in.killGap, 10.4, 1e-9)
	if in.measured == nil {
		t.Fatal("no measured latency")
	}
	within(t, "measured at", in.measured.rate, 8000, 1e-9)
	within(t, "measured p50", in.measured.p50, 4e-3, 1e-9)
	within(t, "measured p99", in.measured.p99, 12e-3, 1e-9)
	within(t, "measured time of the broker", in.measured.broker, 60e-6, 1e-9)
}

func TestWithoutPagesInputsAreAssumed(t *testing.T) {
	in, err := readInputs(t.TempDir())
	if err != nil || in.measured != nil || !strings.Contains(in.costsSource, "assumed") {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestAPageThatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	broken := strings.ReplaceAll(pipelinePage, "| 40 µs |", "| fast |")
	if err := os.WriteFile(filepath.Join(dir, "2026-11-30-pipeline.md"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readInputs(dir); err == nil || !strings.Contains(err.Error(), "fast") {
		t.Errorf("got %v", err)
	}
}

func TestMeanOfAMix(t *testing.T) {
	in := inputs{costs: []cost{{0, 0, 0}, {1000, 10, 20}}} // in proportion to the bytes
	mean := load{"two", []corpus.Band{{Share: 3, From: 100, To: 101}, {Share: 1, From: 500, To: 501}}}.mean(in)
	within(t, "bytes", mean.bytes, 200, 0.01)
	within(t, "gateway", mean.gateway, 2, 0.01)
	within(t, "broker", mean.broker, 4, 0.01)
}

// One partition as shipped: 90 messages of 8 KB are a chunk, which is appended as one batch,
// and the next fetch is on its way meanwhile.
func TestPartitionLimitIsThatOfItsRoundTrips(t *testing.T) {
	in := inputs{costs: assumedCosts}
	const judged = 2 * together * 40e-6 // 12 groups of 8 on 8 cores
	const bytes = 90 * (8192 + added) / connection
	for _, trip := range []float64{5e-3, 20e-3} {
		within(t, "messages a second", partitionLimit(in, 8192, trip, asShipped), 90/(trip+judged+bytes), 0.03)
	}
}

// The rate that a site is made for is no more than its parts take with one away.
func TestSizesBearTheirLoad(t *testing.T) {
	in := inputs{costs: assumedCosts}
	for _, l := range loads {
		s := size(in, l, perSecond)
		if left := float64((s.gateways - 1) * gatewayCores); s.gatewayLoad > spare*left {
			t.Errorf("%s: %d gateways have %.1f cores busy", l.name, s.gateways, s.gatewayLoad)
		}
		left := float64(s.brokers - 1)
		if s.brokerLoad > spare*left*brokerCores || max(s.networkIn, s.networkOut) > spare*left*brokerNetwork || s.networkIn > spare*left*brokerDisk {
			t.Errorf("%s: %d brokers are not enough", l.name, s.brokers)
		}
		if perSecond > partitionSpare*s.partitionLimit*float64(s.partitions) || s.partitions%s.gateways != 0 {
			t.Errorf("%s: %d partitions of %.0f/s", l.name, s.partitions, s.partitionLimit)
		}
	}
}

func TestTheChapterIsPutInItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + chapterBegin + "old\n" + chapterEnd + "after\n")
	if err := replaceChapter(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "before\n" + chapterBegin + "new\n\n" + chapterEnd + "after\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	write("no place\n")
	if err := replaceChapter(path, "new\n"); err == nil {
		t.Error("written without a place")
	}
}
