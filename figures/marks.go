package figures

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The plotters here complement gonum/plot's. Some fill or cross a panel from edge to
// edge, which needs the panel's range and not data.

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
	fill(c, b.color, box(lo, c.Min.Y, hi, c.Max.Y))
}

func (b band) Thumbnail(c *draw.Canvas) {
	fill(c, b.color, c.Rectangle)
	edge(c, draw.LineStyle{Color: faint, Width: vg.Points(0.4)}, c.Rectangle)
}

func box(x0, y0, x1, y1 vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}
}

func fill(c vg.Canvas, ink color.Color, r vg.Rectangle) {
	c.SetColor(ink)
	c.Fill(r.Path())
}

func edge(c *draw.Canvas, pen draw.LineStyle, r vg.Rectangle) {
	c.StrokeLines(pen, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
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

// label is a text at a position in the panel, in data coordinates, moved by dx and dy.
type label struct {
	x, y   float64
	text   string
	style  text.Style
	dx, dy vg.Length
	backed bool // on a white box that hides lines below it
}

func (l label) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := vg.Point{X: x(l.x) + l.dx, Y: y(l.y) + l.dy}
	if l.backed {
		fill(c, color.White, l.style.Rectangle(l.text).Add(at))
	}
	c.FillText(l.style, at, l.text)
}

// note is text in the middle of a panel, wrapped to its width. It explains a panel
// without data.
type note struct {
	heading string
	body    string // sentences
	command string // in a monospaced font; may be empty
	below   bool   // in the lower part of the panel instead, which leaves the upper part visible
}

// noteLines is the maximum number of lines of each part of a note.
const noteLines = 4

func (n note) Plot(c draw.Canvas, _ *plot.Plot) {
	type row struct {
		text  string
		style text.Style
	}
	width := 0.9 * (c.Max.X - c.Min.X)
	var rows []row
	add := func(s string, style text.Style) {
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
		lines := wrap(drawable(s), style, width)
		for clause := strings.LastIndex(s, "; "); clause > 0 && len(lines) > noteLines; clause = strings.LastIndex(s, "; ") {
			s = s[:clause]
			lines = wrap(drawable(s), style, width)
		}
		if len(lines) > noteLines { // a command that names many tasks; the report has all of it
			lines = append(lines[:noteLines-1], strings.TrimRight(lines[noteLines-1], ",")+"…")
		}
		for _, l := range lines {
			rows = append(rows, row{l, style})
		}
	}
	add(n.heading, bold(textStyle(titleSize, muted)))
	add(n.body, textStyle(noteSize, muted))
	add(n.command, mono(textStyle(leastSize, ink)))

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
	pad := vg.Points(3)
	fill(c, color.White, box(at.X-width/2-pad, at.Y-height-pad, at.X+width/2+pad, at.Y+pad))
	for _, r := range rows {
		at.Y -= r.style.Font.Size * leading / 2
		c.FillText(r.style, at, r.text)
		at.Y -= r.style.Font.Size * leading / 2
	}
}

// wrap returns s in lines no wider than width, broken at spaces except around "=". A
// wider word is broken after its commas, or anywhere.
func wrap(s string, style text.Style, width vg.Length) []string {
	var lines []string
	current := ""
	add := func(word, space string) {
		next := word
		if current != "" {
			next = current + space + word
		}
		if current != "" && style.Width(next) > width {
			lines = append(lines, current)
			next = word
		}
		for style.Width(next) > width && len([]rune(next)) > 1 {
			r, n := []rune(next), 1
			for n+1 < len(r) && style.Width(string(r[:n+1])) <= width {
				n++
			}
			lines, next = append(lines, string(r[:n])), string(r[n:])
		}
		current = next
	}
	for _, word := range strings.Split(strings.ReplaceAll(s, " = ", "\u00a0=\u00a0"), " ") {
		word = strings.ReplaceAll(word, "\u00a0", " ")
		if style.Width(word) <= width {
			add(word, " ")
			continue
		}
		for i, part := range strings.SplitAfter(word, ",") {
			if i == 0 {
				add(part, " ")
			} else {
				add(part, "")
			}
		}
	}
	return append(lines, current)
}

func thumbLine(c *draw.Canvas, style draw.LineStyle) {
	y := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(style, c.Min.X, y, c.Max.X, y)
}

// sample draws a line and a marker in a legend; either may be zero.
type sample struct {
	line   draw.LineStyle
	marker draw.GlyphStyle
}

func (s sample) Thumbnail(c *draw.Canvas) {
	if s.line.Width > 0 {
		thumbLine(c, s.line)
	}
	if s.marker.Shape != nil {
		c.DrawGlyph(s.marker, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
	}
}

// intervals are vertical bars from low to high. An arrow marks an end outside the panel.
type intervals struct {
	x, low, high []float64
	style        draw.LineStyle
}

func (b intervals) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i := range b.x {
		if i >= len(b.low) || i >= len(b.high) || !(b.high[i] > p.Y.Min) || math.IsNaN(b.low[i]) || !(p.X.Min <= b.x[i] && b.x[i] <= p.X.Max) {
			continue
		}
		style := b.style
		style.Dashes = nil
		at, lo, hi := x(b.x[i]), y(math.Max(b.low[i], p.Y.Min)), y(math.Min(b.high[i], p.Y.Max))
		c.StrokeLine2(style, at, lo, at, hi)
		const half = 1.7
		end := func(y vg.Length, leaves bool, outward vg.Length) {
			if leaves {
				c.FillPolygon(style.Color, []vg.Point{{X: at, Y: y}, {X: at - half, Y: y - 3.2*outward}, {X: at + half, Y: y - 3.2*outward}})
				return
			}
			c.StrokeLine2(style, at-half, y, at+half, y)
		}
		end(lo, b.low[i] < p.Y.Min, -1)
		end(hi, b.high[i] > p.Y.Max, 1)
	}
}

// leaves reports whether any interval ends outside the panel.
func (b intervals) leaves(p *plot.Plot) bool {
	return slices.ContainsFunc(b.low, func(v float64) bool { return v < p.Y.Min }) || slices.ContainsFunc(b.high, func(v float64) bool { return v > p.Y.Max })
}

// marks are markers at points. Unlike plotter.Scatter they reserve no space around the
// panel, which would move its axes.
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

// ring is a hollow marker whose edge stays visible in print. It is filled with white,
// unless open.
type ring struct{ open bool }

func (r ring) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Arc(at, s.Radius, 0, 2*math.Pi)
	p.Close()
	if !r.open {
		c.SetColor(color.White)
		c.Fill(p)
	}
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: vg.Points(0.9)})
	c.Stroke(p)
}

// span is a horizontal interval. An arrow marks an end outside the panel.
type span struct {
	y, low, high float64
	style        draw.LineStyle
}

func (s span) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := y(s.y)
	end := func(v float64, edge, outward vg.Length) vg.Length {
		if (outward > 0) == (v > p.X.Max) && (v > p.X.Max || v < p.X.Min) {
			c.FillPolygon(s.style.Color, []vg.Point{{X: edge, Y: at}, {X: edge - 3.2*outward, Y: at + 1.8}, {X: edge - 3.2*outward, Y: at - 1.8}})
			return edge - outward
		}
		c.StrokeLine2(s.style, x(v), at-1.5, x(v), at+1.5)
		return x(v)
	}
	c.StrokeLine2(s.style, end(s.low, c.Min.X, -1), at, end(s.high, c.Max.X, 1), at)
}

// outline draws a box around a panel without ticks.
type outline struct{}

func (outline) Plot(c draw.Canvas, _ *plot.Plot) {
	edge(&c, draw.LineStyle{Color: muted, Width: vg.Points(0.5)}, c.Rectangle)
}

// xy returns a single point.
func xy(x, y float64) plotter.XYs { return plotter.XYs{{X: x, Y: y}} }
