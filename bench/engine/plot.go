package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"turnkey-gateway/verifier/signer"
)

// A shade is a colour on a light page and the same on a dark one.
type shade struct{ light, dark color.RGBA }

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xff}
}

var (
	paper = shade{rgb(0xfefefe), rgb(0x0d1117)}
	ink   = shade{rgb(0x24292f), rgb(0xe6edf3)}
	rule  = shade{rgb(0xdfe3e8), rgb(0x30363d)}
	faint = shade{rgb(0x6e7781), rgb(0x9198a1)} // the floor

	// lines are told apart in hue and in lightness, by the colour-blind too.
	lines = []shade{
		{rgb(0x0550ae), rgb(0x58a6ff)}, {rgb(0xc4432b), rgb(0xff9580)},
		{rgb(0x1a7f37), rgb(0x56d364)}, {rgb(0x8250df), rgb(0xd2a8ff)},
	}
)

// shades are all that a drawing uses.
func shades() []shade { return append([]shade{paper, ink, rule, faint}, lines...) }

// A figure is a drawing of lines, both axes logarithmic unless it says otherwise.
type figure struct {
	title, x string
	xTick    func(float64) string
	ticks    []float64 // of x; nil: at each power of ten
	step     steps     // of a y axis that is linear and begins at 0, in seconds; 0: logarithmic
	series   []series
}

// A series is what somebody takes for each size.
type series struct {
	who    string
	points plotter.XYs // x, seconds
	shade  shade
	dashed bool
}

// bySize is the time of a verification against the document's size, for documents signed
// in the inclusive form.
func (r *results) bySize() figure {
	f := figure{title: "Time of one verification, on one core", x: "bytes of the signed declaration", xTick: sizeName}
	for i, p := range r.peers {
		f.series = append(f.series, r.series(p.name(), lines[i%len(lines)], func(d *document) float64 { return r.cost(p.name(), d) }))
	}
	floor := r.series("the floor", faint, r.floor)
	floor.dashed = true
	f.series = append(f.series, floor)
	return f
}

func (r *results) series(who string, s shade, cost func(*document) float64) series {
	line := series{who: who, shade: s}
	for _, d := range r.docs {
		if d.method == signer.C14N10 && d.holder.bits == 2048 && cost(d) > 0 {
			line.points = append(line.points, plotter.XY{X: float64(len(d.signed)), Y: cost(d) / 1e9})
		}
	}
	return line
}

// byBatch is the time of one of several 8 KB documents against how many are verified
// together, with what OpenSSL takes for the RSA of one alone.
func (r *results) byBatch() figure {
	f := figure{title: "Time of one 8 KB message in a batch, on one core", x: "messages in the batch",
		xTick: func(n float64) string { return fmt.Sprint(n) }, step: 5e-6}
	for _, n := range batchSizes {
		f.ticks = append(f.ticks, float64(n))
	}
	for i, d := range append(r.of(size8K), r.signedBy(size8K, 4096)...) {
		line := series{who: strings.TrimPrefix(d.name(), sizeText(d.size)+" "), shade: lines[i%len(lines)]}
		for _, n := range batchSizes {
			if cost := r.batchCost(d, n); cost > 0 {
				line.points = append(line.points, plotter.XY{X: float64(n), Y: cost / 1e9})
			}
		}
		f.series = append(f.series, line)
	}
	if took := r.openssl[2048]; took > 0 {
		first, last := float64(batchSizes[0]), float64(batchSizes[len(batchSizes)-1])
		f.series = append(f.series, series{who: "OpenSSL's RSA-2048 alone", shade: faint, dashed: true,
			points: plotter.XYs{{X: first, Y: took.Seconds()}, {X: last, Y: took.Seconds()}}})
	}
	return f
}

func (f figure) draw() ([]byte, error) {
	p := f.frame()
	for _, s := range f.series {
		if len(s.points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(s.points)
		if err != nil {
			return nil, fmt.Errorf("draw the line of %s: %w", s.who, err)
		}
		line.Color, line.Width = s.shade.light, vg.Points(1.75)
		dots.Color, dots.Shape, dots.Radius = s.shade.light, draw.CircleGlyph{}, vg.Points(2.5)
		p.Add(line)
		if s.dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		} else {
			p.Add(dots)
		}
		name, err := label(s)
		if err != nil {
			return nil, err
		}
		p.Add(name)
	}
	p.X.Max *= 5 // room for the names
	canvas := vgsvg.New(vg.Points(600), vg.Points(400))
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(8), -vg.Points(12), vg.Points(8), -vg.Points(10)))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return nil, fmt.Errorf("write the drawing: %w", err)
	}
	return []byte(themed(svg.String())), nil
}

// frame is the drawing without its lines.
func (f figure) frame() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = paper.light
	p.Title.Text = f.title
	p.X.Label.Text, p.Y.Label.Text = f.x, ""
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = decades(f.xTick)
	if f.ticks != nil {
		p.X.Tick.Marker = f.constantTicks()
	}
	p.Y.Tick.Marker = decades(secondsName)
	if f.step > 0 {
		p.Y.Scale, p.Y.Tick.Marker, p.Y.Min = plot.LinearScale{}, f.step, 0
	}
	p.Title.TextStyle.Color = ink.light
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = ink.light, ink.light
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = ink.light, ink.light
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = rule.light, rule.light
	p.Add(grid)
	return p
}

func (f figure) constantTicks() plot.ConstantTicks {
	var all plot.ConstantTicks
	for _, x := range f.ticks {
		all = append(all, plot.Tick{Value: x, Label: f.xTick(x)})
	}
	return all
}

// steps puts a named tick at each multiple of itself.
type steps float64

func (step steps) Ticks(least, most float64) []plot.Tick {
	var all []plot.Tick
	for i := math.Ceil(least / float64(step)); i*float64(step) <= most; i++ {
		at := i * float64(step)
		all = append(all, plot.Tick{Value: at, Label: secondsName(at)})
	}
	return all
}

func secondsName(s float64) string {
	if s == 0 {
		return "0"
	}
	return timeText(s * 1e9)
}

// label is a line's name at its end.
func label(s series) (*plotter.Labels, error) {
	name, err := plotter.NewLabels(plotter.XYLabels{XYs: s.points[len(s.points)-1:], Labels: []string{s.who}})
	if err != nil {
		return nil, fmt.Errorf("name the line of %s: %w", s.who, err)
	}
	name.Offset = vg.Point{X: vg.Points(6), Y: -vg.Points(3)}
	if s.dashed {
		name.Offset.Y = -vg.Points(13) // it is what others are held against, and near to them
	}
	name.TextStyle[0].Color = s.shade.light
	return name, nil
}

// decades puts a named tick at each power of ten.
type decades func(float64) string

func (name decades) Ticks(least, most float64) []plot.Tick {
	var all []plot.Tick
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		at := math.Pow(10, e)
		if at >= least && at <= most {
			all = append(all, plot.Tick{Value: at, Label: name(at)})
		}
	}
	return all
}

// sizeName writes a power of ten of bytes.
func sizeName(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", n/1e3)
	}
	return fmt.Sprintf("%.0f B", n)
}

// themed gives a drawing its dark colours where the reader's pages are dark. The light
// ones stay written at each shape, for programs that know no style sheets.
func themed(svg string) string {
	var rules strings.Builder
	for _, s := range shades() {
		for _, property := range []string{"fill", "stroke"} {
			fmt.Fprintf(&rules, "[style*=\"%s:%s\"]{%s:%s !important}\n", property, hexText(s.light), property, hexText(s.dark))
		}
	}
	style := "<style>\n@media (prefers-color-scheme: dark) {\n" + rules.String() + "}\n</style>\n"
	at := strings.Index(svg, "<g ")
	return svg[:at] + style + svg[at:]
}

// hexText writes a colour as vgsvg does.
func hexText(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
