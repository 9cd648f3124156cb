package figures

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"longtail/paper"
	"longtail/results"
)

// Figure consists of panels in rows, a legend below them, and the texts that go with
// it. Every figure is made for a column of 84 mm and is legible there.
type Figure struct {
	Name    string // file name without ending: "figure2"
	Section string // of a report, if it has a fixed place: "claims", "theory" or "curves"
	Title   string // one line
	Caption string // what is drawn and how to read it
	Alt     string // what a reader who cannot see it needs to know

	// Keys are the cells of the plan whose results are drawn, in order of first
	// use; nil: none.
	Keys []paper.Key

	Panels [][]*plot.Plot // rows of equal length; nil leaves a place empty
	Height vg.Length      // legend included

	legend      []entry
	marginRight vg.Length // for text to the right of the panels
	svg         []byte    // cached by SVG
}

// empty returns f without results: p's axes, and the command that runs it.
func (f *Figure) empty(p *plot.Plot, how, command, alt string) *Figure {
	p.Add(note{heading: "not run", body: how, command: command})
	f.Panels, f.Height, f.legend = [][]*plot.Plot{{p}}, 56*vg.Millimeter, nil
	f.Alt = alt
	return f
}

type entry struct {
	name  string
	thumb plot.Thumbnailer
}

// dotsPerInch is the resolution of PNG files and of rasters, as for printing.
const dotsPerInch = 300

// PNG returns the figure as a PNG file.
func (f *Figure) PNG() ([]byte, error) { return f.png(dotsPerInch) }

func (f *Figure) png(dpi int) ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(textWidth, f.Height), vgimg.UseDPI(dpi))}
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

// SVG returns the figure as an SVG file. It is drawn once: later calls return the same
// bytes. Text stays text; a viewer without Liberation uses another font at the same
// width. Large scatters are embedded images.
func (f *Figure) SVG() ([]byte, error) {
	if f.svg != nil {
		return f.svg, nil
	}
	c := &measuredText{Canvas: vgsvg.New(textWidth, f.Height)}
	sheet := draw.New(c)
	fill(sheet, color.White, sheet.Rectangle)
	f.draw(sheet)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	svg := b.String()
	var out strings.Builder
	for i := 0; ; i++ {
		at := strings.Index(svg, "<text ")
		if at < 0 || i == len(c.widths) {
			break
		}
		fmt.Fprintf(&out, `%s<text xml:space="preserve" textLength="%.2f" lengthAdjust="spacingAndGlyphs" `, svg[:at], c.widths[i].Points())
		svg = svg[at+len("<text "):]
	}
	out.WriteString(svg)
	f.svg = []byte(svgFixes.Replace(out.String()))
	return f.svg, nil
}

// measuredText records the width of every text that is drawn.
type measuredText struct {
	*vgsvg.Canvas
	widths []vg.Length
}

func (c *measuredText) FillString(face font.Face, at vg.Point, s string) {
	c.widths = append(c.widths, face.Width(s))
	c.Canvas.FillString(face, at, s)
}

// svgFixes adds substitutes for the Liberation fonts, and corrects the media type of the
// images that vgsvg embeds.
var svgFixes = strings.NewReplacer(
	"data:image/jpg;", "data:image/png;",
	"font-family:Liberation Sans;", "font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;",
	"font-family:Liberation Mono;", "font-family:'Liberation Mono',Cousine,'Courier New',monospace;",
)

// write writes a PNG and an SVG file to dir, each replaced whole or kept.
func (f *Figure) write(dir string) error {
	png, err := f.PNG()
	if err != nil {
		return err
	}
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	if err := results.WriteFile(filepath.Join(dir, f.Name+".png"), png); err != nil {
		return err
	}
	return results.WriteFile(filepath.Join(dir, f.Name+".svg"), svg)
}

// WriteAll writes every figure to dir under its own name. It draws GOMAXPROCS figures at
// once.
func WriteAll(dir string, all []*Figure) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range all {
		g.Go(func() error { return f.write(dir) })
	}
	return g.Wait()
}

// draw draws panels and legend on c, which is white.
func (f *Figure) draw(c draw.Canvas) {
	rows := f.legendRows()
	bottom := vg.Length(len(rows)) * legendLeading
	cols := 0
	for _, r := range f.Panels {
		cols = max(cols, len(r))
	}
	tiles := draw.Tiles{
		Rows: len(f.Panels), Cols: cols,
		PadX: vg.Points(7), PadY: vg.Points(6),
		PadTop: vg.Points(3), PadBottom: bottom + vg.Points(4), PadLeft: vg.Points(3), PadRight: vg.Points(7) + f.marginRight,
	}
	width := (textWidth-tiles.PadLeft-tiles.PadRight-vg.Length(cols-1)*tiles.PadX)/vg.Length(cols) - vg.Points(4)
	for _, row := range f.Panels {
		for _, p := range row {
			if p != nil {
				p.Title.Text = folded(p.Title.Text, p.Title.TextStyle, width)
			}
		}
	}
	names := f.nameAxes(width)
	canvases := plot.Align(f.Panels, tiles, c)
	for j, row := range f.Panels {
		for i, p := range row {
			if p != nil {
				p.Draw(canvases[j][i])
				drawAxisName(canvases[j][i], p, names[p])
				p.X.Label.Text = cmp.Or(names[p], p.X.Label.Text)
			}
		}
	}
	style := textStyle(tickSize, ink)
	style.YAlign = draw.YCenter
	y := c.Min.Y + bottom - legendLeading/2 + vg.Points(2)
	for _, row := range rows {
		x := (c.Min.X+c.Max.X)/2 - row.width/2
		for _, e := range row.entries {
			thumb := draw.Canvas{Canvas: c.Canvas, Rectangle: box(x, y-vg.Points(2.5), x+e.thumbWidth(), y+vg.Points(2.5))}
			e.thumb.Thumbnail(&thumb)
			c.FillText(style, vg.Point{X: x + e.thumbWidth() + legendGap, Y: y}, e.name)
			x += e.width()
		}
		y -= legendLeading
	}
}

// nameAxes returns the names of horizontal axes, folded to width, and replaces them by
// blanks of equal height. plot.Align counts a name as part of its panel, which makes
// panels with longer names narrower than those above and below.
func (f *Figure) nameAxes(width vg.Length) map[*plot.Plot]string {
	names := map[*plot.Plot]string{}
	for _, row := range f.Panels {
		for _, p := range row {
			if p == nil || strings.TrimSpace(p.X.Label.Text) == "" {
				continue
			}
			names[p] = folded(p.X.Label.Text, p.X.Label.TextStyle, width)
			p.X.Label.Text = strings.Repeat(" \n", strings.Count(names[p], "\n")) + " "
		}
	}
	return names
}

// drawAxisName writes a horizontal axis's name below the middle of the axis, moved left
// if it would leave the panel's canvas.
func drawAxisName(c draw.Canvas, p *plot.Plot, name string) {
	style, axis := p.X.Label.TextStyle, p.DataCanvas(c)
	middle := min((axis.Min.X+axis.Max.X)/2, c.Max.X+vg.Points(3)-style.Width(name)/2)
	c.FillText(style, vg.Point{X: middle, Y: c.Min.Y + style.FontExtents().Descent}, name)
}

// folded returns s with every line broken so that none is wider than width.
func folded(s string, style text.Style, width vg.Length) string {
	var lines []string
	for _, l := range strings.Split(s, "\n") {
		lines = append(lines, wrap(l, style, width)...)
	}
	return strings.Join(lines, "\n")
}

const (
	legendLeading = 9.5 // points
	legendGap     = 2.5 // between sample and name
	legendSpace   = 7   // between entries
)

type legendRow struct {
	entries []entry
	width   vg.Length
}

// thumbWidth returns the width of the sample: a marker needs less room than a line.
func (e entry) thumbWidth() vg.Length {
	switch s := e.thumb.(type) {
	case blot:
		return 6
	case sample:
		if s.line.Width == 0 {
			return 6
		}
	}
	return 17
}

func (e entry) width() vg.Length {
	return e.thumbWidth() + legendGap + textStyle(tickSize, ink).Width(e.name) + legendSpace
}

// legendRows returns the legend in rows that fit the figure's width.
func (f *Figure) legendRows() []legendRow {
	var rows []legendRow
	for _, e := range f.legend {
		w := e.width()
		if n := len(rows); n == 0 || rows[n-1].width+w > textWidth-vg.Points(4) {
			rows = append(rows, legendRow{})
		}
		r := &rows[len(rows)-1]
		r.entries = append(r.entries, e)
		r.width += w
	}
	return rows
}
