package figures

import (
	"bytes"
	"fmt"
	"image/color"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"longtail/results"
)

// Figure is panels in rows, a legend under them, and the words that go with
// the picture.
type Figure struct {
	Name    string // file name without ending: "figure2"
	Title   string // one line
	Caption string // what is drawn and how to read it
	Alt     string // what a reader who cannot see it needs to know

	Panels [][]*plot.Plot // rows of equal length; nil leaves a place empty
	Width  vg.Length
	Height vg.Length // legend included

	legend      []entry
	marginRight vg.Length // for words beside the panels
}

type entry struct {
	name  string
	thumb plot.Thumbnailer
}

// dotsPerInch of PNG files: sharp at the report's text width.
const dotsPerInch = 160

// PNG draws the figure as a PNG file.
func (f *Figure) PNG() ([]byte, error) { return f.png(dotsPerInch) }

func (f *Figure) png(dpi int) ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(dpi))}
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

// SVG draws the figure as an SVG file. Its text stays text; where Liberation is
// not installed another face stands in, set to the same width.
func (f *Figure) SVG() ([]byte, error) {
	c := &measuredText{Canvas: vgsvg.New(f.Width, f.Height)}
	f.draw(draw.New(c))
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
		fmt.Fprintf(&out, `%s<text textLength="%.2f" lengthAdjust="spacingAndGlyphs" `, svg[:at], c.widths[i].Points())
		svg = svg[at+len("<text "):]
	}
	out.WriteString(svg)
	return []byte(fallbackFaces.Replace(out.String())), nil
}

// measuredText notes the width of every text that is drawn.
type measuredText struct {
	*vgsvg.Canvas
	widths []vg.Length
}

func (c *measuredText) FillString(face font.Face, at vg.Point, s string) {
	c.widths = append(c.widths, face.Width(s))
	c.Canvas.FillString(face, at, s)
}

var fallbackFaces = strings.NewReplacer(
	"font-family:Liberation Sans;", "font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;",
	"font-family:Liberation Mono;", "font-family:'Liberation Mono',Cousine,'Courier New',monospace;",
)

// Write leaves dir/name.png and dir/name.svg, each either whole or as it was.
func (f *Figure) Write(dir, name string) error {
	png, err := f.PNG()
	if err != nil {
		return err
	}
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	if err := results.WriteFile(filepath.Join(dir, name+".png"), png); err != nil {
		return err
	}
	return results.WriteFile(filepath.Join(dir, name+".svg"), svg)
}

func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	rows := f.legendRows()
	bottom := vg.Length(len(rows)) * legendLeading
	cols := 0
	for _, r := range f.Panels {
		cols = max(cols, len(r))
	}
	tiles := draw.Tiles{
		Rows: len(f.Panels), Cols: cols,
		PadX: vg.Points(12), PadY: vg.Points(10),
		PadTop: vg.Points(6), PadBottom: bottom + vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(12) + f.marginRight,
	}
	canvases := plot.Align(f.Panels, tiles, c)
	for j, row := range f.Panels {
		for i, p := range row {
			if p != nil {
				p.Draw(canvases[j][i])
			}
		}
	}
	style := textStyle(tickSize, ink)
	style.YAlign = draw.YCenter
	y := c.Min.Y + bottom - legendLeading/2 + vg.Points(2)
	for _, row := range rows {
		x := (c.Min.X+c.Max.X)/2 - row.width/2
		for _, e := range row.entries {
			thumb := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: y - vg.Points(4)}, Max: vg.Point{X: x + legendThumb, Y: y + vg.Points(4)}}}
			e.thumb.Thumbnail(&thumb)
			c.FillText(style, vg.Point{X: x + legendThumb + vg.Points(4), Y: y}, e.name)
			x += legendWidth(e.name)
		}
		y -= legendLeading
	}
}

const (
	legendLeading = 14.0 // points
	legendThumb   = 24.0
)

type legendRow struct {
	entries []entry
	width   vg.Length
}

func legendWidth(name string) vg.Length {
	return legendThumb + vg.Points(4) + textStyle(tickSize, ink).Width(name) + vg.Points(14)
}

// legendRows breaks the legend into lines that fit the figure's width.
func (f *Figure) legendRows() []legendRow {
	var rows []legendRow
	for _, e := range f.legend {
		w := legendWidth(e.name)
		if n := len(rows); n == 0 || rows[n-1].width+w > f.Width-vg.Points(12) {
			rows = append(rows, legendRow{})
		}
		r := &rows[len(rows)-1]
		r.entries = append(r.entries, e)
		r.width += w
	}
	return rows
}

// Pixels is the figure's width on a screen, in CSS pixels.
func (f *Figure) Pixels() int { return int(f.Width / vg.Inch * 96) }

// Wide reports whether the figure takes the full width of a page.
func (f *Figure) Wide() bool { return f.Width == wide }
