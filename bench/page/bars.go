package page

import (
	"fmt"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Bars are a drawing of bars that each consist of layers, the first at the bottom.
type Bars struct {
	Title  string
	Layers []string // what they are of
	Names  []string // of the bars
	Values [][]float64

	// YTick names a tick at each multiple of Step.
	YTick func(float64) string
	Step  float64
}

// Draw returns the bars as SVG.
func (b Bars) Draw() ([]byte, error) {
	p := sheet(b.Title)
	p.Y.Min, p.Y.Tick.Marker = 0, steps{b.Step, b.YTick}
	var below *plotter.BarChart
	for i, layer := range b.Layers {
		var values plotter.Values
		for _, bar := range b.Values {
			values = append(values, bar[i])
		}
		chart, err := plotter.NewBarChart(values, vg.Points(60))
		if err != nil {
			return nil, fmt.Errorf("draw the bars of %s: %w", layer, err)
		}
		chart.Color = lines[i%len(lines)].light
		chart.LineStyle.Width = 0
		if below != nil {
			chart.StackOn(below)
		}
		below = chart
		p.Add(chart)
		p.Legend.Add(layer, chart)
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Color = ink.light
	p.NominalX(b.Names...)
	p.X.Min, p.X.Max = -0.5, float64(len(b.Names))-0.5
	p.X.Tick.Label.Color, p.X.Color = ink.light, ink.light
	p.Y.Max *= 1.25 // room for the legend
	return written(p)
}
