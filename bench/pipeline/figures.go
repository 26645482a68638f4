package main

import (
	"fmt"

	"gonum.org/v1/plot/plotter"

	"turnkey-gateway/bench/page"
)

// throughput is messages a second against their size.
func (r *results) throughput() page.Figure {
	f := page.Figure{Title: "Messages a second, end to end", X: "bytes of the signed declaration", XTick: page.KiloBytes,
		YTick: func(n float64) string { return fmt.Sprintf("%.0f/s", n) }}
	for i, who := range contenders {
		line := page.Series{Who: who, Shade: page.Lines[i]}
		for _, size := range sizes {
			if rate := r.drains.rate(r.at(who, size)); rate > 0 {
				line.Points = append(line.Points, plotter.XY{X: float64(size), Y: rate})
			}
		}
		f.Series = append(f.Series, line)
	}
	return f
}

// costs is the processor's time for a message, the contender's and the broker's one above
// the other. The plain consumer's would dwarf them.
func (r *results) costs() page.Bars {
	b := page.Bars{Title: "Processor time of a message: contender, and broker above it", YTick: page.Seconds, Step: 10e-6, Layers: []string{"contender", "broker"}}
	for _, size := range []int{size3K, size8K} {
		for _, who := range []string{copyName, gatewayName} {
			d := r.at(who, size)
			b.Names = append(b.Names, page.Size(size)+", "+who)
			b.Values = append(b.Values, []float64{r.drains.client(d) / 1e9, r.drains.broker(d) / 1e9})
		}
	}
	return b
}

// latency is how long a message took against the part of messages that took longer.
func (r *results) latency() page.Figure {
	f := page.Figure{Title: "Latency of 8 KB messages", X: "quantile", YTick: page.Seconds,
		XTick: func(n float64) string { return quantileText(1 - 1/n) }}
	for _, q := range quantiles {
		f.Ticks = append(f.Ticks, 1/(1-q))
	}
	for i, run := range pacedRuns {
		line := page.Series{Who: fmt.Sprintf("%s, %.0f/s", run.who, r.flows[run].rate), Shade: page.Lines[i]}
		for _, q := range quantiles {
			line.Points = append(line.Points, plotter.XY{X: 1 / (1 - q), Y: r.flows[run].quantile(q).Seconds()})
		}
		f.Series = append(f.Series, line)
	}
	return f
}
