package main

import (
	"bytes"
	"context"
	"fmt"

	"turnkey-gateway/bench/page"
	"turnkey-gateway/verifier"
)

// batchSizes are how many documents are verified together.
var batchSizes = []int{1, 2, 8, 64}

// mostBatched bounds a batch, in bytes: many large documents would only measure memory.
const mostBatched = 16 << 20

// measureBatches verifies copies of one document together. Each has bytes of its own, as
// those of a fetch have.
func (r *results) measureBatches(ctx context.Context, c course, own *ours) error {
	for _, d := range r.docs {
		for _, n := range batchSizes {
			if n*d.size <= mostBatched {
				r.batches = append(r.batches, &entry{who: engineName, what: batchName(d, n), run: within(own.together(d, n)), each: n})
			}
		}
	}
	return r.batches.measure(ctx, c.rounds, c.slice)
}

func batchName(d *document, n int) string { return fmt.Sprintf("%s, batch of %d", d.name(), n) }

// together verifies so many copies of a document in one call.
func (o *ours) together(d *document, n int) func() error {
	docs := make([][]byte, n)
	for i := range docs {
		docs[i] = bytes.Clone(d.signed)
	}
	sender := d.holder.sender()
	cases := make([]verifier.Case, n)
	return func() error {
		for i, m := range o.engine.ReadAll(docs) {
			cases[i] = verifier.Case{Message: m, Sender: sender, At: o.at}
		}
		for _, v := range verifier.JudgeAll(cases) {
			if !v.Verified() {
				return errRefused
			}
		}
		return nil
	}
}

// batchCost is what one of so many documents takes, in nanoseconds; 0 if it was not measured.
func (r *results) batchCost(d *document, n int) float64 {
	if e := r.batches.of(engineName, batchName(d, n)); e != nil {
		return e.cost()
	}
	return 0
}

// slowestInBatch is batchCost of the slower method of a size.
func (r *results) slowestInBatch(docs []*document, n int) float64 {
	var most float64
	for _, d := range docs {
		most = max(most, r.batchCost(d, n))
	}
	return most
}

// leadInBatch is lead, of documents in batches.
func (r *results) leadInBatch(who string, docs []*document, n int) float64 {
	var least float64
	for _, d := range docs {
		if theirs, own := r.cost(who, d), r.batchCost(d, n); theirs > 0 && own > 0 && (least == 0 || theirs/own < least) {
			least = theirs / own
		}
	}
	return least
}

// batchGoals are what batches were to reach.
func (r *results) batchGoals() []page.Goal {
	small, large := r.of(size8K), r.of(size959K)
	all := []page.Goal{
		page.AtMost("8 KB, batch of 8", r.slowestInBatch(small, 8), 16_000, page.Time),
		page.AtMost("8 KB, batch of 8, against OpenSSL's RSA-2048 alone", r.slowestInBatch(small, 8), float64(r.openssl[2048]), page.Time),
		page.AtLeast("8 KB, batch of 8, against JDK", r.leadInBatch("JDK", small, 8), 11, page.Times),
		page.AtLeast("8 KB, batch of 8, against xmlsec1", r.leadInBatch("xmlsec1", small, 8), 30, page.Times),
		page.AtMost("8 KB, batch of 1, against a single one", ratio(r.slowestInBatch(small, 1), r.slowest(engineName, size8K)), 1.05, page.Times),
		page.AtMost("8 KB, RSA-4096, batch of 8", r.slowestInBatch(r.signedBy(size8K, 4096), 8), 28_000, page.Time),
		page.AtMost("959 KB, batch of 8", r.slowestInBatch(large, 8), 1_200_000, page.Time),
		page.AtLeast("959 KB, batch of 8, against JDK", r.leadInBatch("JDK", large, 8), 9, page.Times),
	}
	if r.openssl == nil {
		all[1].Known = false
	}
	return all
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
