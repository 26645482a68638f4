package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"turnkey-gateway/bench/page"
	"turnkey-gateway/bench/place"
)

var contenders = []string{gatewayName, copyName, plainName}

// page is the results in Markdown; drawings are the plots' files, none if empty.
func (r *results) page(drawings ...string) string {
	p := &page.Page{}
	r.head(p)
	p.Section("Goals", "Ratios are medians of the rounds' ratios.")
	p.Goals(r.goals()...)
	for _, drawing := range drawings {
		p.Drawing(drawing)
	}
	r.sizeTable(p)
	r.latencyTable(p)
	r.pairTable(p)
	r.spreadTable(p)
	r.profileTable(p)
	return p.String()
}

func (r *results) head(p *page.Page) {
	brokers := "1 broker"
	if r.course.brokers > 1 {
		brokers = fmt.Sprintf("%d brokers, each record on all of them", r.course.brokers)
	}
	p.Printf("# The gateway end to end, %s\n\nCommit %s. %s, load %s before; Apache Kafka (%s, its log on %s), PostgreSQL, Redis, the load and all contenders on it.\n\n",
		r.begun.UTC().Format("2006-01-02 15:04 MST"), r.commit, place.Machine(), r.load, brokers, r.disk)
	p.Printf("- %s: `bin/gateway` as it is by default, with Redis, PostgreSQL, its second opinion and a portal that relays\n", gatewayName)
	p.Printf("- %s: the same client only copying: a batch for each fetch, acknowledged by all in-sync replicas, offsets committed as often\n", copyName)
	p.Printf("- %s: a consumer on kafka-go's group reader and writer, with goxmldsig, certificates in a map, a worker for each partition and batches\n", plainName)
	p.Printf("\nMade by `make bench-pipeline`. Signed declarations of %d senders, each with a certificate of its own, lie on %d partitions before a contender starts; "+
		"each drains them in a group of its own to fresh topics, one after the other, %d rounds, of which the median stands. "+
		"The window is from a tenth of the outcomes to the last look before their end. The plain consumer drains only the first 1/%d of them. "+
		"Processor time is that of the contender's process, and of the broker's in the same window. "+
		"Every drain was held against what was sent: the number of outcomes, none rejected, and at %d places of each partition their bytes, sender and verdict.\n",
		r.course.senders, r.course.partitions, r.course.rounds, r.course.plainPart, audited)
}

func (r *results) goals() []page.Goal {
	against := func(who string) float64 { return r.drains.ratio(r.at(gatewayName, size8K), r.at(who, size8K)) }
	all := []page.Goal{
		page.AtLeast("8 KB, messages a second against copying", against(copyName), 0.65, page.Times),
		page.AtLeast("8 KB, messages a second against the plain consumer", against(plainName), 8, page.Times),
	}
	return append(all, page.Goal{
		What: "two gateways, records read twice", Aim: "0", Measured: fmt.Sprint(r.pair.twice), Known: true, Met: r.pair.twice == 0,
	})
}

func (r *results) sizeTable(p *page.Page) {
	p.Section("Throughput", "Messages a second, and the processor's time for one: the contender's and the broker's. Behind the rate, its part of the copy's; then how much of the cores was used by all together, and how far the rounds lie apart.")
	p.Header("", "messages/s", "of the copy", "MB/s", "contender", "broker", "together", "cores busy", "spread")
	for _, size := range sizes {
		for _, who := range contenders {
			d := r.at(who, size)
			rate, client, broker := r.drains.rate(d), r.drains.client(d), r.drains.broker(d)
			p.Row(page.Size(size)+", "+who, fmt.Sprintf("%.0f", rate), page.Times(r.drains.ratio(d, r.at(copyName, size))),
				fmt.Sprintf("%.0f", rate*float64(size)/1e6), page.Time(client), page.Time(broker), page.Time(client+broker),
				page.Share(r.drains.middle(d, window.busyShare)), fmt.Sprintf("%.0f %%", 100*r.drains.spread(d)))
		}
	}
	p.Printf("\nOf 77 KB all have the Signature as the root's first child: goxmldsig reads no more than 1,000 elements before it.\n")
}

// quantiles are those that are shown.
var quantiles = []float64{0.5, 0.9, 0.99, 0.999}

func (r *results) latencyTable(p *page.Page) {
	p.Section("Latency", "From when a message of 8 KB was due to be sent to when its outcome was read, at half of what the gateway drains and at a quarter. "+
		"Sender and reader work on the same cores; the last column is how much of those was used by all together. A late sender doesn't shorten a latency. "+
		"A broker whose disk stands still for a moment holds up all that is sent meanwhile: TMPDIR=/dev/shm measures without a disk.")
	columns := []string{"", "messages/s"}
	for _, q := range quantiles {
		columns = append(columns, quantileText(q))
	}
	p.Header(append(columns, "contender", "broker", "cores busy")...)
	for _, run := range pacedRuns {
		f := r.flows[run]
		cells := []string{run.who, fmt.Sprintf("%.0f", f.rate)}
		for _, q := range quantiles {
			cells = append(cells, page.Time(float64(f.quantile(q))))
		}
		p.Row(append(cells, page.Time(f.clientEach()), page.Time(f.brokerEach()), page.Share(f.busyShare()))...)
	}
}

func quantileText(q float64) string { return fmt.Sprintf("p%g", 100*q) }

func (r *results) pairTable(p *page.Page) {
	one, two := r.flows[halfLoad], r.pair
	p.Section("Two gateways", fmt.Sprintf("The same %.0f messages a second for two gateways of one group as for one: the processor's time for a message, of all gateways together.", one.rate))
	p.Header("", "gateways", "broker", "p50", "p99", "read twice")
	for _, row := range []struct {
		name string
		*flow
	}{{"one", one}, {"two", two}} {
		p.Row(row.name, page.Time(row.clientEach()), page.Time(row.brokerEach()),
			page.Time(float64(row.quantile(0.5))), page.Time(float64(row.quantile(0.99))), fmt.Sprint(row.twice))
	}
}

func (r *results) spreadTable(p *page.Page) {
	p.Section("Partitions", "Draining messages of 8 KB from other numbers of partitions.")
	p.Header("partitions", "gateway/s", "copy/s", "of the copy", "gateway", "its broker", "copy", "its broker")
	numbers := append(slices.Clone(r.course.spread), r.course.partitions)
	slices.Sort(numbers)
	for _, n := range numbers {
		own, copied := drained{gatewayName, size8K, n}, drained{copyName, size8K, n}
		p.Row(fmt.Sprint(n), fmt.Sprintf("%.0f", r.drains.rate(own)), fmt.Sprintf("%.0f", r.drains.rate(copied)), page.Times(r.drains.ratio(own, copied)),
			page.Time(r.drains.client(own)), page.Time(r.drains.broker(own)), page.Time(r.drains.client(copied)), page.Time(r.drains.broker(copied)))
	}
}

func (r *results) profileTable(p *page.Page) {
	each := r.drains.client(r.at(gatewayName, size8K))
	p.Section("Where the gateway's time goes", "Samples of the processor while it drains messages of 8 KB, in a run of its own, by what the innermost function of a known package works for; copying and allocating count for who has it done. "+
		"Times are shares of what a message took unsampled.")
	p.Header("", "share", "a message")
	for _, s := range r.profile.Rooms {
		p.Row(s.Of, page.Share(s.Share), page.Time(s.Share*each))
	}
	if ceiling, judging := r.ceiling(); ceiling > 0 {
		p.Printf("\nWere the gateway nothing but the copy and %s of reading and judging, it would drain %s of what the copy does, by the processor's time of contender and broker.\n", page.Time(judging), page.Times(ceiling))
	}
	p.Printf("\n")
	for _, s := range r.profile.Functions[:min(20, len(r.profile.Functions))] {
		p.Printf("- %s `%s`\n", page.Share(s.Share), s.Of)
	}
}

// ceiling is which part of the copy's rate would be left if judging cost what it does, in
// nanoseconds, and nothing else cost more than copying.
func (r *results) ceiling() (ratio, judging float64) {
	copied := r.at(copyName, size8K)
	together := r.drains.client(copied) + r.drains.broker(copied)
	for _, s := range r.profile.Rooms {
		if s.Of == judgeRoom {
			judging = s.Share * r.drains.client(r.at(gatewayName, size8K))
		}
	}
	if judging == 0 {
		return 0, 0
	}
	return together / (together + judging), judging
}

// file writes the page and its plots, named after the day, after the brokers if there are
// several, and after memory if Kafka's log was there.
func (r *results) file(dir string) (path string, err error) {
	name := r.begun.UTC().Format("2006-01-02") + "-pipeline"
	if r.course.brokers > 1 {
		name += fmt.Sprintf("-%dbrokers", r.course.brokers)
	}
	if r.disk == place.Memory {
		name += "-memory"
	}
	var names []string
	for _, d := range []struct {
		suffix string
		draw   func() ([]byte, error)
	}{{"", r.throughput().Draw}, {"-cost", r.costs().Draw}, {"-latency", r.latency().Draw}} {
		drawing, err := d.draw()
		if err != nil {
			return "", err
		}
		names = append(names, name+d.suffix+".svg")
		if err := os.WriteFile(filepath.Join(dir, name+d.suffix+".svg"), drawing, 0o644); err != nil {
			return "", err
		}
	}
	path = filepath.Join(dir, name+".md")
	return path, os.WriteFile(path, []byte(r.page(names...)), 0o644)
}
