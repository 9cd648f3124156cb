package figures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/results"
	"longtail/stats"
)

// gainsPanel is a forest plot: gains with their intervals and a vertical line at 0. Its
// lines, from the top, each hold a gain or a heading.
type gainsPanel struct {
	plot        *plot.Plot
	lines       int
	at          float64 // height of the current line
	lo, hi      float64 // range to show
	ticks       plot.ConstantTicks
	words       []label // placed when the panel's range is known
	spans, dots []plot.Plotter
}

// gainsMargin is the room for the notes to the right of the panel.
const gainsMargin = vg.Length(30)

func newGains(axis string, lines int) *gainsPanel {
	p := &gainsPanel{plot: newPanel("", axis, ""), lines: lines, at: float64(lines), lo: -1, hi: 1}
	zero := dropLine
	zero.Color, zero.Dashes = muted, nil
	p.plot.Add(across{at: 0, vertical: true, style: zero})
	return p
}

// heading adds a line with a heading.
func (p *gainsPanel) heading(text string) {
	p.at--
	style := bold(textStyle(tickSize, ink))
	style.YAlign = draw.YCenter
	p.words = append(p.words, label{x: math.Inf(-1), y: p.at, text: text, style: style, dx: vg.Points(2), dy: 0.8, backed: true})
}

// row begins the line to which the following marks and notes belong.
func (p *gainsPanel) row(name string) {
	p.at--
	p.ticks = append(p.ticks, plot.Tick{Value: p.at, Label: name})
}

// note adds a text at the line's right end.
func (p *gainsPanel) note(text string) {
	style := textStyle(tickSize, muted)
	style.YAlign = draw.YCenter
	p.words = append(p.words, label{x: math.Inf(1), y: p.at, text: text, style: style, dx: vg.Points(3), dy: 0.8})
}

// effect adds a measured gain. The panel shows only a part of a very wide interval.
func (p *gainsPanel) effect(e stats.Effect, grade results.Grade) {
	p.mark(e.Mean, measuredMark(0, grade))
	if e.HasInterval() {
		p.spans = append(p.spans, span{p.at, e.Low, e.High, line(0)})
		p.see(max(e.Low, e.Mean-8), min(e.High, e.Mean+8))
	}
}

// mark adds a number without an interval.
func (p *gainsPanel) mark(x float64, shape draw.GlyphStyle) {
	p.dots = append(p.dots, marks{xy(x, p.at), shape})
	p.see(x, x)
}

func (p *gainsPanel) see(lo, hi float64) { p.lo, p.hi = min(p.lo, lo), max(p.hi, hi) }

func (p *gainsPanel) finish() *plot.Plot {
	p.plot.Add(p.spans...)
	p.plot.Add(p.dots...)
	pad := 0.06 * (p.hi - p.lo)
	frame(p.plot, p.lo-pad, p.hi+pad, -0.6, float64(p.lines)-0.4)
	for _, w := range p.words {
		w.x = max(p.plot.X.Min, min(p.plot.X.Max, w.x))
		p.plot.Add(w)
	}
	p.plot.Y.Tick.Marker = p.ticks
	p.plot.Y.Tick.Length = 0
	return p.plot
}
