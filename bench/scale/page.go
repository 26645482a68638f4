package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/page"
)

// perSecond is the rate that is sized for.
const perSecond = 100_000

var loads = []load{
	{"8 KB", []corpus.Band{{Share: 1, From: 8 << 10, To: 8<<10 + 1}}},
	{"the demo's mix, 3 to 300 KB", corpus.DefaultSizes},
}

func plotPoint(p point) plotter.XY { return plotter.XY{X: p.at, Y: max(1, p.value)} }

func count(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.3g M", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

func perS(bytes float64) string { return fmt.Sprintf("%.2f GB/s", bytes/1e9) }

func seconds(s float64) string { return page.Time(s * 1e9) }

// section is the chapter of the README that this program writes.
func section(in inputs, all []observation, drawing string) string {
	p := &page.Page{}
	p.Section("What 100,000 messages a second need", "Written by `make scale` (`go run ./bench/scale`): on paper, from what one message costs, and then simulated. "+
		"Nobody has run it. What is measured says where; the rest is assumed, and to be replaced by figures of the machines that are bought.")
	p.Header("one message", "gateway", "broker")
	for _, c := range in.costs {
		p.Row(page.Size(int(c.bytes)), seconds(c.gateway), seconds(c.broker))
	}
	p.Printf("\nProcessor time; source: %s.\n\n", in.costsSource)
	assumptions(p, in)
	sizes(p, in)
	partitionTable(p, in)
	registryTable(p, in)
	simulated(p, in, all)
	p.Drawing(drawing)
	measuredTable(p, in)
	return p.String()
}

func assumptions(p *page.Page, in inputs) {
	p.Header("assumed", "")
	p.Row("a gateway's machine", fmt.Sprintf("%d cores, %.0f Gbit/s", gatewayCores, gatewayNetwork*8/1e9))
	p.Row("a broker's machine", fmt.Sprintf("%d cores, %.0f Gbit/s, %.0f GB/s written", brokerCores, brokerNetwork*8/1e9, brokerDisk/1e9))
	p.Row("busy at most, with one machine of each kind away", page.Share(spare))
	p.Row("processor time of a produce, three brokers against one", fmt.Sprintf("%.1f x: 18,500/s and 5,300/s of 8 KB on the same two cores", replicationCost))
	p.Row("round trips: a fetch, a produce until all in-sync replicas have it", seconds(fetchTrip)+", "+seconds(produceTrip))
	p.Row("longest gap in a partition's outcomes as a gateway joins, leaves", fmt.Sprintf("%s, %s: %s", seconds(in.joinGap), seconds(in.leaveGap), in.gapSource))
}

func sizes(p *page.Page, in inputs) {
	p.Printf("\n### On paper\n\n**Machines.** The gateways' own work is small; what is moved decides. Records are stored as they come: with producers that compress, brokers and the way in shrink by what XML shrinks (110 sample messages in one batch by a factor of 5 to 6, gzip at its fastest), while the outputs, which a gateway writes uncompressed, don't.\n\n")
	columns := []string{""}
	var all []sizing
	for _, l := range loads {
		columns = append(columns, l.name)
		all = append(all, size(in, l, perSecond))
	}
	p.Header(columns...)
	row := func(what string, cell func(s sizing) string) {
		cells := []string{what}
		for _, s := range all {
			cells = append(cells, cell(s))
		}
		p.Row(cells...)
	}
	row("bytes of a message, mean", func(s sizing) string { return fmt.Sprintf("%.0f", s.message.bytes) })
	row("processor time of a message, gateway and broker", func(s sizing) string { return seconds(s.message.gateway) + ", " + seconds(s.message.broker) })
	row("gateways' cores busy", func(s sizing) string { return fmt.Sprintf("%.1f", s.gatewayLoad) })
	row("**gateways**, N+1", func(s sizing) string { return fmt.Sprintf("**%d**", s.gateways) })
	row("a gateway's way in, one away", func(s sizing) string { return perS(s.perGateway) })
	row("brokers' cores busy", func(s sizing) string { return fmt.Sprintf("%.0f", s.brokerLoad) })
	row("brokers' ways in, out, all together", func(s sizing) string { return perS(s.networkIn) + ", " + perS(s.networkOut) })
	row("brokers for cores, network, disks", func(s sizing) string { return fmt.Sprintf("%d, %d, %d", s.byCores, s.byNetwork, s.disk) })
	row("**brokers**, N+1", func(s sizing) string { return fmt.Sprintf("**%d**", s.brokers) })
	row("stored in an hour, all replicas", func(s sizing) string { return fmt.Sprintf("%.1f TB", s.networkIn*3600/1e12) })
	row("a partition takes", func(s sizing) string { return count(s.partitionLimit) + "/s" })
	row("**partitions** of inbound and of each output, half full", func(s sizing) string { return fmt.Sprintf("**%d**", s.partitions) })
}

var trips = []float64{1e-3, 2e-3, 5e-3, 10e-3, 20e-3}

func partitionTable(p *page.Page, in inputs) {
	p.Printf("\n**Partitions.** A partition is worked on in order: one chunk is judged, then appended, and the next one waits for the acknowledgement. So a produce's round trip decides what one partition takes. "+
		"As shipped, %d messages of 8 KB are one fetch, one chunk and one produce: outcomes are larger than what they are made from, and so stay under Kafka's default `max.message.bytes`. Larger steps need a larger one on the outputs. Messages a second of one partition, by the round trip:\n\n", int(math.Ceil(asShipped.fetch/(8<<10))))
	columns := []string{"8 KB"}
	for _, trip := range trips {
		columns = append(columns, seconds(trip))
	}
	p.Header(columns...)
	for _, s := range settings {
		cells := []string{s.name}
		for _, trip := range trips {
			cells = append(cells, count(partitionLimit(in, 8<<10, trip, s)))
		}
		p.Row(cells...)
	}
}

func registryTable(p *page.Page, in inputs) {
	s := size(in, loads[0], perSecond)
	p.Printf("\n**Registry.** A gateway that knows a sender asks nobody: an entry in memory counts for as long as heartbeats come that list no change of it. "+
		"Redis then carries the relay's heartbeats, at most %.1f KB each, %d a second and up to 100 while the registry changes (%.1f to %.0f MB/s for %d gateways), and for each change one write and at most %d reads. "+
		"PostgreSQL carries the relay's %d rounds a second, the changes themselves, and for messages of strangers at most %d queries a second of each gateway, and one for each chunk that names a certificate which is nobody's.\n\n",
		heartbeatSize/1e3, heartbeats, float64(heartbeats*heartbeatSize*(s.gateways+1))/1e6, float64(100*heartbeatSize*(s.gateways+1))/1e6, s.gateways, s.gateways, heartbeats, rounds)
	p.Header("senders", "`GATEWAY_LOOKUP_ENTRIES`", "memory of a gateway", "Redis", "a gateway's start reads from Redis", "without Redis, PostgreSQL reads")
	for _, n := range []int{10_000, 50_000, 200_000} {
		r := registryOf(perSecond, n)
		p.Row(count(float64(n)), count(float64(n)), fmt.Sprintf("%.0f MB", r.memory/1e6), fmt.Sprintf("%.0f MB", r.redis/1e6),
			count(float64(n))+" snapshots", count(r.reread)+" snapshots/s")
	}
	p.Printf("\nFewer entries than senders cost a read of Redis for nearly each message of a sender that was driven out. Without Redis each gateway asks PostgreSQL for each sender every %d s, as many in one query as a chunk has; "+
		"`go test -bench Snapshots ./registry/postgres` says what that takes there. In flight a gateway holds `GATEWAY_INFLIGHT_BYTES`, 256 MiB.\n", ownFor)
}

func simulated(p *page.Page, in inputs, all []observation) {
	s := size(in, loads[0], perSecond)
	p.Printf("\n### Simulated\n\n%d gateways, %d partitions, %d brokers, messages of 8 KB in a Poisson stream, round trips of which half is an exponential tail. From when a message is in the topic to the acknowledgement of its outcome; "+
		"recovery is from the end of what befell it until 99 of 100 messages take at most twice as long as before. Brokers are supposed to take a burst as it comes: what they don't, waits with its senders. "+
		"In a burst the gateways have cores to spare: what one partition takes is the limit, so more partitions shorten it.\n\n",
		s.gateways, s.partitions, s.brokers)
	p.Header("", "p50", "p99", "p99.9", "most waiting", "recovery", "cores busy", "chunks/s")
	for _, o := range all {
		recovery := "-"
		if !math.IsNaN(o.recovery) {
			recovery = fmt.Sprintf("%.0f s", o.recovery)
		}
		p.Row(o.name+": "+o.about, seconds(o.times.quantile(0.5)), seconds(o.times.quantile(0.99)), seconds(o.times.quantile(0.999)),
			count(o.backlog), recovery, page.Share(o.busy), count(o.chunks))
	}
}

func measuredTable(p *page.Page, in inputs) {
	p.Printf("\nA killed gateway's partitions wait for the end of its session, and %s in all until another judges on (%s). The simulator is held against closed forms by its tests: M/M/1, M/M/c (Erlang), M/D/1 (Pollaczek and Khinchine) and M/D/c (Crommelin) within 3 to 5 %%, and a gateway's chunks and batches against their sizes in `ingest`.", seconds(in.killGap), in.gapSource)
	if in.measured == nil {
		p.Printf(" It was not held against a measured latency yet: no page of `bench/pipeline` is filed.\n")
		return
	}
	m := in.measured
	p50, p99 := atMeasured(in, *m)
	p.Printf(" Against %s: one gateway, %.0f messages a second of 8 KB, everything on two cores.\n\n", m.page, m.rate)
	p.Header("", "p50", "p99")
	p.Row("measured", seconds(m.p50), seconds(m.p99))
	p.Row("simulated", seconds(p50), seconds(p99))
}

// atMeasured simulates what bench/pipeline measured. There gateway and broker share two
// cores, so that each message takes both their time of them; what sender and reader take is
// not known, and left out.
func atMeasured(in inputs, m measurement) (p50, p99 float64) {
	p := planOf(in, asShipped, 1e-3) // the acknowledgement of a broker on the same machine
	p.fetch = tripped(0.5e-3)
	p.partitions, p.gateways, p.cores, p.size = 6, 1, 2, fixed(8<<10)
	p.cost = func(float64) float64 { return m.gateway + m.broker }
	f := newFlow(p, func(int) rate { return steady(m.rate / 6) })
	f.loop.run(30)
	return f.times.quantile(0.5), f.times.quantile(0.99)
}
