package main

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
	all := []series{
		{who: "fast", points: plotter.XYs{{X: 3e3, Y: 2e-5}, {X: 1e7, Y: 1e-2}}, shade: lines[0]},
		{who: "slow", points: plotter.XYs{{X: 3e3, Y: 2e-4}, {X: 1e6, Y: 1e-1}}, shade: lines[1]},
		{who: "floor", points: plotter.XYs{{X: 3e3, Y: 1e-5}, {X: 1e7, Y: 5e-3}}, shade: faint, dashed: true},
		{who: "not measured"},
	}
	svg, err := figure{title: "Time", x: "bytes", xTick: sizeName, series: all}.draw()
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
	few := []series{{who: "some", points: plotter.XYs{{X: 1, Y: 2e-5}, {X: 64, Y: 1.6e-5}}, shade: lines[0]}}
	svg, err := figure{title: "Time", x: "messages", xTick: sizeName, step: 1e-5, series: few}.draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{">0<", ">10 µs<", ">20 µs<"} {
		if !strings.Contains(string(svg), name) {
			t.Errorf("the drawing lacks %q", name)
		}
	}
}
