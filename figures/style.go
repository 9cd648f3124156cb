package figures

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/results"
)

// This file defines how figures look.

var (
	black = color.RGBA{0, 0, 0, 255}
	ink   = color.RGBA{34, 34, 34, 255}
	muted = color.RGBA{95, 95, 95, 255}
	faint = color.RGBA{228, 228, 228, 255}
	shade = color.NRGBA{110, 110, 90, 28}
)

// palette gives every series its own color, dash pattern and marker. Lightness
// alternates along it, so that neighbors also differ in gray. All colors stay distinct
// under every kind of color blindness; palette_test.go measures both. The classes of a
// map take the colors in order of rank.
var palette = []struct {
	color  color.RGBA
	dashes []vg.Length
	glyph  draw.GlyphDrawer
}{
	{color.RGBA{0, 105, 191, 255}, nil, draw.CircleGlyph{}},                  // blue
	{color.RGBA{236, 136, 0, 255}, []vg.Length{4.5, 2}, draw.PyramidGlyph{}}, // orange
	{color.RGBA{35, 80, 74, 255}, []vg.Length{1.5, 1.5}, draw.BoxGlyph{}},    // dark green
	{color.RGBA{205, 120, 170, 255}, []vg.Length{6, 1.5, 1.5, 1.5}, ring{}},  // pink
	{color.RGBA{75, 13, 83, 255}, []vg.Length{3, 3}, draw.TriangleGlyph{}},   // purple
	{color.RGBA{75, 184, 238, 255}, []vg.Length{1, 2.2}, draw.SquareGlyph{}}, // sky
	{color.RGBA{214, 10, 46, 255}, []vg.Length{7.5, 2.2}, draw.CrossGlyph{}}, // red
	{color.RGBA{11, 159, 98, 255}, []vg.Length{1, 1, 3, 1}, diamond{}},       // green
	{color.RGBA{23, 19, 119, 255}, []vg.Length{2.5, 1}, draw.PlusGlyph{}},    // navy
	{color.RGBA{78, 85, 14, 255}, []vg.Length{9, 1.5}, draw.RingGlyph{}},     // olive
}

const (
	textWidth = 84 * vg.Millimeter // width of every figure: one column of a journal, or a phone

	titleSize = 7.5 // points
	labelSize = 7
	tickSize  = 6.5
	noteSize  = 6.5
	leastSize = 6 // no text is smaller
)

func textStyle(points float64, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Length(points)),
		Handler: handler,
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

func mono(s text.Style) text.Style {
	s.Font.Variant = "Mono"
	return s
}

// line returns the line style of series i.
func line(i int) draw.LineStyle {
	return draw.LineStyle{Color: palette[i%len(palette)].color, Width: vg.Points(1.1), Dashes: palette[patternIndex(i)].dashes}
}

// thin returns a thinner line style, for what accompanies series i.
func thin(i int) draw.LineStyle {
	s := line(i)
	s.Width = vg.Points(0.6)
	return s
}

// marker returns the marker of series i.
func marker(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: palette[i%len(palette)].color, Radius: vg.Points(1.9), Shape: palette[patternIndex(i)].glyph}
}

// patternIndex returns the index in palette of series i's dashes and marker. They differ
// between series that have the same color because colors are used up.
func patternIndex(i int) int { return (i + 3*(i/len(palette))) % len(palette) }

// newPanel returns a panel with axes and a light grid.
func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // the figure is white already; panels would paint every pixel again
	p.Title.Text = drawable(title)
	p.Title.Padding = vg.Points(3)
	align := func(dst *text.Style, src text.Style) {
		src.XAlign, src.YAlign, src.Rotation = dst.XAlign, dst.YAlign, dst.Rotation
		*dst = src
	}
	align(&p.Title.TextStyle, bold(textStyle(titleSize, ink)))
	for _, a := range []struct {
		axis *plot.Axis
		text string
	}{{&p.X, x}, {&p.Y, y}} {
		a.axis.Label.Text = drawable(a.text)
		a.axis.Label.Padding = vg.Points(1.5)
		align(&a.axis.Label.TextStyle, textStyle(labelSize, ink))
		align(&a.axis.Tick.Label, textStyle(tickSize, ink))
		a.axis.LineStyle = draw.LineStyle{Color: muted, Width: vg.Points(0.5)}
		a.axis.Tick.LineStyle = draw.LineStyle{Color: muted, Width: vg.Points(0.5)}
		a.axis.Tick.Length = vg.Points(2.5)
		a.axis.Padding = 0
	}
	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{Color: faint, Width: vg.Points(0.4)}
	grid.Horizontal = grid.Vertical
	p.Add(grid)
	return p
}

// logAxis sets the ticks of an axis whose data are decimal logarithms. gonum/plot's own
// logarithmic scale misplaces the box that it reserves for the axis's name, which moves
// the panel.
func logAxis(a *plot.Axis) { a.Tick.Marker = logTicks{2.2} }

// logTicks labels powers of ten, and over fewer than fine decades 2 and 5 too. Over more
// than 70 decades it leaves out ticks without label, which would merge into a bar. lo
// and hi are logarithms.
type logTicks struct{ fine float64 }

func (l logTicks) Ticks(lo, hi float64) []plot.Tick {
	every := max(1, int(math.Ceil((hi-lo)/7)))
	short := hi-lo < l.fine
	var ticks []plot.Tick
	for e := int(math.Floor(lo)); e <= int(math.Ceil(hi)); e++ {
		for m := 1; m <= 9; m++ {
			v := math.Log10(float64(m)) + float64(e)
			if v < lo-1e-9 || v > hi+1e-9 || (m > 1 && every > 1) || (every > 10 && e%every != 0) {
				continue
			}
			t := plot.Tick{Value: v}
			if (m == 1 && e%every == 0) || (short && (m == 2 || m == 5)) {
				t.Label = powerLabel(m, e)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

func powerLabel(m, e int) string {
	if e >= -2 && e <= 5 {
		return strconv.FormatFloat(float64(m)*math.Pow10(e), 'f', max(0, -e), 64)
	}
	return minus(fmt.Sprintf("%de%d", m, e))
}

// number formats x without trailing zeros.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// steps are linear ticks at multiples of a round step that is not below least. There
// are about room ticks; 0: six.
type steps struct{ least, room float64 }

func (s steps) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return nil
	}
	raw := (hi - lo) / cmp.Or(s.room, 6)
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * mag
	for _, m := range []float64{1, 2, 5} {
		if m*mag >= raw {
			step = m * mag
			break
		}
	}
	step = max(step, s.least)
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: minus(strconv.FormatFloat(k*step, 'f', decimals, 64))})
	}
	return ticks
}

// at returns ticks at chosen values.
func at(values ...float64) plot.ConstantTicks {
	t := make(plot.ConstantTicks, len(values))
	for i, v := range values {
		t[i] = plot.Tick{Value: v, Label: minus(number(v))}
	}
	return t
}

// drawable replaces signs for which Liberation has no glyph; they would be blank.
func drawable(s string) string { return glyphs.Replace(s) }

var glyphs = strings.NewReplacer("θ̂", "θ", "⇒", "→", "‖", "||")

// minus replaces the hyphens of a number and its exponent by minus signs; −0 becomes 0.
func minus(s string) string {
	s = strings.ReplaceAll(s, "e-", "e−")
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		if strings.Trim(rest, "0.") == "" {
			return rest
		}
		return "−" + rest
	}
	return s
}

// Lines and markers with the same meaning in every figure.
var (
	trainLine     = thin(1)
	dropLine      = draw.LineStyle{Color: color.RGBA{150, 150, 150, 255}, Width: vg.Points(0.6), Dashes: []vg.Length{1.5, 1.5}}
	bestMark      = draw.GlyphStyle{Color: black, Radius: vg.Points(2.8), Shape: draw.RingGlyph{}}
	simulatedMark = draw.GlyphStyle{Color: black, Radius: vg.Points(2), Shape: draw.PlusGlyph{}}
	simulatedLine = draw.LineStyle{Color: black, Width: vg.Points(0.6)}
	printMark     = draw.GlyphStyle{Color: black, Radius: vg.Points(2.2), Shape: diamond{}}
	printLine     = draw.LineStyle{Color: black, Width: vg.Points(0.8), Dashes: []vg.Length{3.5, 2}}
)

// measuredMark returns the marker of a measured value of series i, hollow at
// GradeStandIn.
func measuredMark(i int, grade results.Grade) draw.GlyphStyle {
	s := marker(i)
	s.Shape, s.Radius = draw.CircleGlyph{}, vg.Points(2.3)
	if grade == results.GradeStandIn {
		s.Shape = ring{}
	}
	return s
}

// diamond is the marker of a published number, and of a series.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius * 1.25
	c.FillPolygon(s.Color, []vg.Point{{X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X - r, Y: at.Y}})
}

// frame sets the ranges of a panel's axes and gives them linear ticks.
func frame(p *plot.Plot, x0, x1, y0, y1 float64) {
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x0, x1, y0, y1
	p.X.Tick.Marker, p.Y.Tick.Marker = steps{}, steps{}
}

// shortened returns a class's name, cut to at most twelve letters.
func shortened(name string) string {
	if r := []rune(name); len(r) > 12 {
		return string(r[:11]) + "…"
	}
	return name
}
