package figures

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The plotters here complete gonum/plot's: they fill or cross a panel from
// edge to edge, which needs the panel and not data.

// band shades a range of x.
type band struct {
	from, to float64
	color    color.Color
}

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	lo, hi := x(math.Max(b.from, p.X.Min)), x(math.Min(b.to, p.X.Max))
	if hi <= lo {
		return
	}
	c.FillPolygon(b.color, []vg.Point{{X: lo, Y: c.Min.Y}, {X: hi, Y: c.Min.Y}, {X: hi, Y: c.Max.Y}, {X: lo, Y: c.Max.Y}})
}

func (b band) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(b.color, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	c.StrokeLines(draw.LineStyle{Color: faint, Width: vg.Points(0.5)},
		[]vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
}

// across is a straight line from edge to edge: at y, or at x if vertical.
type across struct {
	at       float64
	vertical bool
	style    draw.LineStyle
}

func (a across) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if a.vertical {
		if a.at >= p.X.Min && a.at <= p.X.Max {
			c.StrokeLine2(a.style, x(a.at), c.Min.Y, x(a.at), c.Max.Y)
		}
		return
	}
	if a.at >= p.Y.Min && a.at <= p.Y.Max {
		c.StrokeLine2(a.style, c.Min.X, y(a.at), c.Max.X, y(a.at))
	}
}

func (a across) Thumbnail(c *draw.Canvas) { thumbLine(c, a.style) }

// label is a word at a place in the panel, in data coordinates.
type label struct {
	x, y   float64
	text   string
	style  text.Style
	dx, dy vg.Length
}

func (l label) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	c.FillText(l.style, vg.Point{X: x(l.x) + l.dx, Y: y(l.y) + l.dy}, l.text)
}

// note is text in the middle of a panel, wrapped to it: what is to be read
// where there is nothing to see.
type note struct {
	heading string
	body    string // sentences
	command string // set in a typewriter face, may be empty
	below   bool   // in the lower part of the panel instead, clear of what is drawn above
}

func (n note) Plot(c draw.Canvas, _ *plot.Plot) {
	type row struct {
		text  string
		style text.Style
	}
	width := 0.9 * (c.Max.X - c.Min.X)
	var rows []row
	add := func(s string, style text.Style) {
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
		for _, l := range wrap(drawable(s), style, width) {
			rows = append(rows, row{l, style})
		}
	}
	add(n.heading, bold(textStyle(titleSize, muted)))
	add(n.body, textStyle(noteSize, muted))
	add(n.command, mono(textStyle(noteSize-1, ink)))

	const leading = 1.35
	var height vg.Length
	width = 0
	for _, r := range rows {
		height += r.style.Font.Size * leading
		width = max(width, r.style.Width(r.text))
	}
	at := vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y+c.Max.Y)/2 + height/2}
	if n.below {
		at.Y = c.Min.Y + 0.3*(c.Max.Y-c.Min.Y) + height/2
	}
	pad := vg.Points(5)
	box := []vg.Point{
		{X: at.X - width/2 - pad, Y: at.Y + pad}, {X: at.X + width/2 + pad, Y: at.Y + pad},
		{X: at.X + width/2 + pad, Y: at.Y - height - pad}, {X: at.X - width/2 - pad, Y: at.Y - height - pad},
	}
	c.FillPolygon(color.White, box)
	for _, r := range rows {
		at.Y -= r.style.Font.Size * leading / 2
		c.FillText(r.style, at, r.text)
		at.Y -= r.style.Font.Size * leading / 2
	}
}

// wrap breaks s at spaces so that no line is wider than width.
func wrap(s string, style text.Style, width vg.Length) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(s) {
		next := word
		if current != "" {
			next = current + " " + word
		}
		if current != "" && style.Width(next) > width {
			lines = append(lines, current)
			next = word
		}
		current = next
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}

func thumbLine(c *draw.Canvas, style draw.LineStyle) {
	y := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(style, c.Min.X, y, c.Max.X, y)
}

// sample shows a pen and a marker in a legend; either may be left out.
type sample struct {
	line   *draw.LineStyle
	marker *draw.GlyphStyle
}

func (s sample) Thumbnail(c *draw.Canvas) {
	if s.line != nil {
		thumbLine(c, *s.line)
	}
	if s.marker != nil {
		c.DrawGlyph(*s.marker, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
	}
}

// intervals are vertical bars from low to high; what lies outside the panel
// is cut off at its edge.
type intervals struct {
	x, low, high []float64
	style        draw.LineStyle
}

func (b intervals) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i := range b.x {
		if i >= len(b.low) || i >= len(b.high) || !(b.high[i] > p.Y.Min) || b.x[i] < p.X.Min || b.x[i] > p.X.Max {
			continue
		}
		style := b.style
		style.Dashes = nil
		at, lo, hi := x(b.x[i]), y(math.Max(b.low[i], p.Y.Min)), y(math.Min(b.high[i], p.Y.Max))
		c.StrokeLine2(style, at, lo, at, hi)
		cap := vg.Points(2.5)
		if b.low[i] > p.Y.Min {
			c.StrokeLine2(style, at-cap, lo, at+cap, lo)
		}
		c.StrokeLine2(style, at-cap, hi, at+cap, hi)
	}
}

// marks are markers at points. Unlike plotter.Scatter they keep no room free
// for themselves beside the panel, which would move its axes.
type marks struct {
	at    plotter.XYs
	style draw.GlyphStyle
}

func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range m.at {
		if v.X >= p.X.Min && v.X <= p.X.Max && v.Y >= p.Y.Min && v.Y <= p.Y.Max {
			c.DrawGlyph(m.style, vg.Point{X: x(v.X), Y: y(v.Y)})
		}
	}
}

// ring is a hollow marker that stays visible in print.
type ring struct{}

func (ring) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Arc(at, s.Radius, 0, 2*math.Pi)
	p.Close()
	c.SetColor(color.White)
	c.Fill(p)
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: vg.Points(1.2)})
	c.Stroke(p)
}
