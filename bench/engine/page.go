package main

import (
	"fmt"
	"strings"

	"turnkey-gateway/bench/page"
	"turnkey-gateway/bench/place"
	"turnkey-gateway/verifier/signer"
)

// page is the results in Markdown; drawings are the plots' files, none if empty.
func (r *results) page(drawings ...string) string {
	p := &page.Page{}
	r.head(p)
	r.goalTable(p)
	for _, drawing := range drawings {
		p.Drawing(drawing)
	}
	r.timeTable(p)
	r.batchTable(p)
	r.floorTable(p)
	r.rsaTable(p)
	r.shapeTable(p)
	r.engineTable(p)
	r.profileTables(p)
	return p.String()
}

func (r *results) head(p *page.Page) {
	p.Printf("# The engine against its peers, %s\n\nCommit %s. %s, load %s before.\n\n", r.begun.UTC().Format("2006-01-02 15:04 MST"), r.commit, place.Machine(), r.load)
	for _, peer := range r.peers {
		p.Printf("- %s: %s\n", peer.name(), peer.version())
	}
	if r.openssl != nil {
		p.Printf("- OpenSSL, for RSA alone: %s\n", firstLine("openssl", "version"))
	}
	for _, name := range r.missing {
		p.Printf("- **%s is not installed and was not measured**\n", name)
	}
	p.Printf("\nMade by `make bench-engine`. All verify the same declarations, RSA with SHA-256, in one run on one core; a peer's rounds stand between its rivals'. " +
		"Figures are medians of the rounds, in processor time of the process that verifies, garbage collection included. Before anything was timed, ")
	var proofs []string
	for _, f := range r.proofs {
		proofs = append(proofs, fmt.Sprintf("%s verified %d documents and refused %d with one byte changed", f.who, f.verified, f.refused))
	}
	p.Printf("%s.\n", strings.Join(proofs, ", "))
}

func (r *results) goalTable(p *page.Page) {
	p.Section("Goals", "Where a size is signed in two ways, inclusive and exclusive, the worse figure counts.")
	p.Goals(append(r.goals(), r.batchGoals()...)...)
}

func (r *results) batchTable(p *page.Page) {
	p.Section("In batches", "Time of one of several documents that are read and judged together, as those of one fetch are.")
	columns := []string{"document"}
	for _, n := range batchSizes {
		columns = append(columns, fmt.Sprintf("batch of %d", n))
	}
	p.Header(append(columns, "OpenSSL's RSA alone")...)
	for _, d := range r.docs {
		cells := []string{d.name()}
		for _, n := range batchSizes {
			cells = append(cells, page.Time(r.batchCost(d, n)))
		}
		p.Row(append(cells, page.Time(float64(r.openssl[d.holder.bits])))...)
	}
}

func (r *results) timeTable(p *page.Page) {
	p.Section("Time of one verification", "Behind each peer's time, how many times the engine's that is. The last column is the widest spread of a row's rounds.")
	columns := []string{"document", "bytes", "elements"}
	for _, peer := range r.peers {
		columns = append(columns, peer.name())
	}
	p.Header(append(columns, "spread")...)
	for _, d := range r.docs {
		cells := []string{d.name(), fmt.Sprint(len(d.signed)), fmt.Sprint(d.elements())}
		own := r.cost(engineName, d)
		var spread float64
		for _, peer := range r.peers {
			if why := peer.skips(d); why != "" {
				cells = append(cells, why)
				continue
			}
			e := r.times.of(peer.name(), d.name())
			spread = max(spread, e.spread())
			cell := page.Time(e.cost())
			if peer.name() != engineName {
				cell += fmt.Sprintf(" (%.1f)", e.cost()/own)
			}
			cells = append(cells, cell)
		}
		p.Row(append(cells, fmt.Sprintf("%.0f %%", 100*spread))...)
	}
	p.Printf("\ngoxmldsig reads no more than 1,000 elements before the Signature: longer documents it gets with the Signature moved to the front. " +
		"xmlsec1's time is the difference between many verifications and one (`--repeat`), so that its start is not counted; it is given the key, and told not to look at KeyInfo. " +
		"The JDK parses from memory into a new DOM each time, warm, with secure validation off.\n")
}

func (r *results) floorTable(p *page.Page) {
	p.Section("Against the floor", "The least that a verification does: RSA alone with a prepared key, crypto/sha256 of the signed octets, and one look at each byte in plain Go. What is read by the word and digested by the pair can beat it.")
	p.Header("document", floorScan, floorDigest, "floor", engineName, "over the floor", "reading alone", "reading, MB/s")
	for _, d := range r.docs {
		floor, own, alone := r.floor(d), r.cost(engineName, d), r.cost(engineReading, d)
		p.Row(d.name(), page.Time(r.cost(floorScan, d)), page.Time(r.cost(floorDigest, d)), page.Time(floor), page.Time(own),
			fmt.Sprintf("%.2f x", own/floor), page.Time(alone), fmt.Sprintf("%.0f", float64(len(d.signed))/alone*1e3))
	}
}

func (r *results) rsaTable(p *page.Page) {
	p.Section("RSA alone", "One verification with e = 65537, in memory. OpenSSL's is that of `openssl speed`.")
	p.Header(append([]string{"key"}, append(rsaNames, "OpenSSL")...)...)
	for _, bits := range []int{2048, 3072, 4096} {
		cells := []string{rsaText(bits)}
		for _, who := range rsaNames {
			if e := r.times.of(who, rsaText(bits)); e != nil {
				cells = append(cells, page.Time(e.cost()))
			}
		}
		if len(cells) == 1 {
			continue
		}
		p.Row(append(cells, page.Time(float64(r.openssl[bits])))...)
	}
}

func (r *results) shapeTable(p *page.Page) {
	p.Section("Hostile shapes", "Documents made to be expensive, accepted or refused. The last column is the cost of a byte against that of a byte of the 8 KB declaration.")
	p.Header("shape", "bytes", "judged", "time", "ns a byte", "against 8 KB")
	plain := r.document(size8K, signer.C14N10)
	e := r.hostile.of(engineName, declarationShape)
	p.Row(declarationShape, fmt.Sprint(len(plain.signed)), "VERIFIED", page.Time(e.cost()), fmt.Sprintf("%.2f", e.cost()/float64(len(plain.signed))), "1")
	for _, s := range r.shapes {
		cost := r.hostile.of(engineName, s.name).cost()
		p.Row(s.name, fmt.Sprint(len(s.doc)), s.reason.String(), page.Time(cost), fmt.Sprintf("%.2f", cost/float64(len(s.doc))), fmt.Sprintf("%.2f", r.shapeRatio(s)))
	}
}

func (r *results) engineTable(p *page.Page) {
	p.Section("Memory and cores", "Allocations of one verification by a warm engine.")
	p.Header("document", "allocations", "bytes")
	for _, d := range r.docs {
		p.Row(d.name(), fmt.Sprintf("%.3g", r.memory.counts[d.name()]), page.Bytes(r.memory.bytes[d.name()]))
	}
	p.Printf("\nAn engine that never read anything allocates %s in all for %s, with nothing collected meanwhile: it never holds more beside the input.\n",
		page.Bytes(r.memory.cold), r.memory.of)
	for _, s := range r.scalings {
		p.Printf("\n%s: %.0f/s on one core, %.0f/s on two, by the clock on the wall: %.2f x (median of the rounds' ratios).\n", s.what, s.one, s.two, s.ratio)
	}
}

func (r *results) profileTables(p *page.Page) {
	p.Section("Where the time goes", "Samples of the processor, by what the innermost function of a known package works for; copying and allocating count for who has it done. Then by the innermost function, the ten that take most.")
	for _, read := range r.readings {
		p.Header(read.what, "share")
		for _, s := range read.Rooms {
			p.Row(s.Of, page.Share(s.Share))
		}
		p.Printf("\n")
		for _, s := range read.Functions[:min(10, len(read.Functions))] {
			p.Printf("- %s `%s`\n", page.Share(s.Share), s.Of)
		}
		p.Printf("\n")
	}
}
