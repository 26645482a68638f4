package main

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"

	"turnkey-gateway/bench/page"
	"turnkey-gateway/verifier/signer"
)

// bySize is the time of a verification against the document's size, for documents signed
// in the inclusive form.
func (r *results) bySize() page.Figure {
	f := page.Figure{Title: "Time of one verification, on one core", X: "bytes of the signed declaration", XTick: page.KiloBytes, YTick: page.Seconds}
	for i, p := range r.peers {
		f.Series = append(f.Series, r.series(p.name(), page.Lines[i%len(page.Lines)], func(d *document) float64 { return r.cost(p.name(), d) }))
	}
	floor := r.series("the floor", page.Faint, r.floor)
	floor.Dashed = true
	f.Series = append(f.Series, floor)
	return f
}

func (r *results) series(who string, s page.Shade, cost func(*document) float64) page.Series {
	line := page.Series{Who: who, Shade: s}
	for _, d := range r.docs {
		if d.method == signer.C14N10 && d.holder.bits == 2048 && cost(d) > 0 {
			line.Points = append(line.Points, plotter.XY{X: float64(len(d.signed)), Y: cost(d) / 1e9})
		}
	}
	return line
}

// byBatch is the time of one of several 8 KB documents against how many are verified
// together, with what OpenSSL takes for the RSA of one alone.
func (r *results) byBatch() page.Figure {
	f := page.Figure{Title: "Time of one 8 KB message in a batch, on one core", X: "messages in the batch",
		XTick: func(n float64) string { return fmt.Sprint(n) }, YTick: page.Seconds, Step: 5e-6}
	for _, n := range batchSizes {
		f.Ticks = append(f.Ticks, float64(n))
	}
	for i, d := range append(r.of(size8K), r.signedBy(size8K, 4096)...) {
		line := page.Series{Who: strings.TrimPrefix(d.name(), page.Size(d.size)+" "), Shade: page.Lines[i%len(page.Lines)]}
		for _, n := range batchSizes {
			if cost := r.batchCost(d, n); cost > 0 {
				line.Points = append(line.Points, plotter.XY{X: float64(n), Y: cost / 1e9})
			}
		}
		f.Series = append(f.Series, line)
	}
	if took := r.openssl[2048]; took > 0 {
		first, last := float64(batchSizes[0]), float64(batchSizes[len(batchSizes)-1])
		f.Series = append(f.Series, page.Series{Who: "OpenSSL's RSA-2048 alone", Shade: page.Faint, Dashed: true,
			Points: plotter.XYs{{X: first, Y: took.Seconds()}, {X: last, Y: took.Seconds()}}})
	}
	return f
}
