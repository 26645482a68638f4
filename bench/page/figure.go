package page

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Shade is a colour on a light page and the same on a dark one.
type Shade struct{ light, dark color.RGBA }

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xff}
}

var (
	paper = Shade{rgb(0xfefefe), rgb(0x0d1117)}
	ink   = Shade{rgb(0x24292f), rgb(0xe6edf3)}
	rule  = Shade{rgb(0xdfe3e8), rgb(0x30363d)}
	faint = Shade{rgb(0x6e7781), rgb(0x9198a1)} // the floor

	// lines are told apart in hue and in lightness, by the colour-blind too.
	lines = []Shade{
		{rgb(0x0550ae), rgb(0x58a6ff)}, {rgb(0xc4432b), rgb(0xff9580)},
		{rgb(0x1a7f37), rgb(0x56d364)}, {rgb(0x8250df), rgb(0xd2a8ff)},
	}
)

// shades are all that a drawing uses.
func shades() []Shade { return append([]Shade{paper, ink, rule, faint}, lines...) }

// Lines are the shades of series, in the order in which they are to be used; Faint is for
// what others are held against.
var (
	Lines = lines
	Faint = faint
)

// A Figure is a drawing of lines, both axes logarithmic unless it says otherwise.
type Figure struct {
	Title, X string

	// XTick and YTick name the ticks: at each power of ten, or where Ticks and Step say.
	XTick, YTick func(float64) string
	Ticks        []float64 // of x
	Step         float64   // of a y axis that is linear and begins at 0
	XStep        float64   // the same of x, which is time: lines have no dots, and their names at their highest

	Series []Series
}

// A Series is a line of one who is compared.
type Series struct {
	Who    string
	Points plotter.XYs
	Shade  Shade
	Dashed bool
}

// Draw returns the figure as SVG.
func (f Figure) Draw() ([]byte, error) {
	p := f.frame()
	for _, s := range f.Series {
		if len(s.Points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(s.Points)
		if err != nil {
			return nil, fmt.Errorf("draw the line of %s: %w", s.Who, err)
		}
		line.Color, line.Width = s.Shade.light, vg.Points(1.75)
		dots.Color, dots.Shape, dots.Radius = s.Shade.light, draw.CircleGlyph{}, vg.Points(2.5)
		p.Add(line)
		if s.Dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		} else if f.XStep == 0 {
			p.Add(dots)
		}
		at := s.Points[len(s.Points)-1]
		if f.XStep > 0 {
			at = slices.MaxFunc(s.Points, func(a, b plotter.XY) int { return cmp.Compare(a.Y, b.Y) })
		}
		name, err := label(s, at)
		if err != nil {
			return nil, err
		}
		p.Add(name)
	}
	if f.XStep > 0 {
		p.X.Max *= 1.3
	} else {
		p.X.Max *= 5
	} // room for the names
	return written(p)
}

// written is a drawing as SVG, with its dark colours.
func written(p *plot.Plot) ([]byte, error) {
	canvas := vgsvg.New(vg.Points(600), vg.Points(400))
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(8), -vg.Points(12), vg.Points(8), -vg.Points(10)))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return nil, fmt.Errorf("write the drawing: %w", err)
	}
	return []byte(themed(svg.String())), nil
}

// frame is the drawing without its lines.
func (f Figure) frame() *plot.Plot {
	p := sheet(f.Title)
	p.X.Label.Text, p.Y.Label.Text = f.X, ""
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = decades(f.XTick)
	if f.Ticks != nil {
		p.X.Tick.Marker = f.constantTicks()
	}
	if f.XStep > 0 {
		p.X.Scale, p.X.Tick.Marker, p.X.Min = plot.LinearScale{}, steps{f.XStep, f.XTick}, 0
	}
	p.Y.Tick.Marker = decades(f.YTick)
	if f.Step > 0 {
		p.Y.Scale, p.Y.Tick.Marker, p.Y.Min = plot.LinearScale{}, steps{f.Step, f.YTick}, 0
	}
	return p
}

// sheet is an empty drawing with a grid.
func sheet(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = paper.light
	p.Title.Text = title
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

func (f Figure) constantTicks() plot.ConstantTicks {
	var all plot.ConstantTicks
	for _, x := range f.Ticks {
		all = append(all, plot.Tick{Value: x, Label: f.XTick(x)})
	}
	return all
}

// steps puts a named tick at each multiple of a step.
type steps struct {
	step float64
	name func(float64) string
}

func (s steps) Ticks(least, most float64) []plot.Tick {
	var all []plot.Tick
	for i := math.Ceil(least / s.step); i*s.step <= most; i++ {
		all = append(all, plot.Tick{Value: i * s.step, Label: s.name(i * s.step)})
	}
	return all
}

// Seconds names a tick of a time.
func Seconds(s float64) string {
	if s == 0 {
		return "0"
	}
	return Time(s * 1e9)
}

// label is a line's name at one of its points.
func label(s Series, at plotter.XY) (*plotter.Labels, error) {
	name, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{at}, Labels: []string{s.Who}})
	if err != nil {
		return nil, fmt.Errorf("name the line of %s: %w", s.Who, err)
	}
	name.Offset = vg.Point{X: vg.Points(6), Y: -vg.Points(3)}
	if s.Dashed {
		name.Offset.Y = -vg.Points(13) // it is what others are held against, and near to them
	}
	name.TextStyle[0].Color = s.Shade.light
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

// KiloBytes writes a power of ten of bytes.
func KiloBytes(n float64) string {
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
