package page

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
)

// TestDrawing: the drawing is an XML document that names every line, and every colour in
// it has a dark one.
func TestDrawing(t *testing.T) {
	all := []Series{
		{Who: "fast", Points: plotter.XYs{{X: 3e3, Y: 2e-5}, {X: 1e7, Y: 1e-2}}, Shade: lines[0]},
		{Who: "slow", Points: plotter.XYs{{X: 3e3, Y: 2e-4}, {X: 1e6, Y: 1e-1}}, Shade: lines[1]},
		{Who: "floor", Points: plotter.XYs{{X: 3e3, Y: 1e-5}, {X: 1e7, Y: 5e-3}}, Shade: faint, Dashed: true},
		{Who: "not measured"},
	}
	svg, err := Figure{Title: "Time", X: "bytes", XTick: KiloBytes, YTick: Seconds, Series: all}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	body := string(svg)
	for dec := xml.NewDecoder(strings.NewReader(body)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
	}
	for _, name := range []string{">fast<", ">slow<", ">floor<", ">10 kB<", ">1 ms<"} {
		if !strings.Contains(body, name) {
			t.Errorf("the drawing lacks %q", name)
		}
	}
	_, body, _ = strings.Cut(body, "</style>")
	for _, s := range shades() {
		body = strings.ReplaceAll(body, hexText(s.light), "")
	}
	if at := strings.Index(body, ":#"); at >= 0 {
		t.Errorf("a colour is not among the shades: %q", body[at:min(at+20, len(body))])
	}
}

// TestLinearDrawing: a drawing whose y axis begins at 0 has a tick there, and at each step.
func TestLinearDrawing(t *testing.T) {
	few := []Series{{Who: "some", Points: plotter.XYs{{X: 1, Y: 2e-5}, {X: 64, Y: 1.6e-5}}, Shade: lines[0]}}
	svg, err := Figure{Title: "Time", X: "messages", XTick: KiloBytes, YTick: Seconds, Step: 1e-5, Series: few}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{">0<", ">10 µs<", ">20 µs<"} {
		if !strings.Contains(string(svg), name) {
			t.Errorf("the drawing lacks %q", name)
		}
	}
}

// TestBars: a drawing of bars names each bar, each layer and the steps.
func TestBars(t *testing.T) {
	svg, err := Bars{Title: "Time", Layers: []string{"own", "theirs"}, Names: []string{"some", "others"},
		Values: [][]float64{{1e-5, 2e-5}, {2e-5, 1e-5}}, YTick: Seconds, Step: 1e-5}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{">own<", ">theirs<", ">some<", ">others<", ">0<", ">30 µs<"} {
		if !strings.Contains(string(svg), name) {
			t.Errorf("the drawing lacks %q", name)
		}
	}
}
