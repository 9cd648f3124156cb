package figures

import (
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// subscripts draws text as gonum/plot's plain handler does, and lowers the indices of
// ρ_U, D_U, p₊ and the like, for which Liberation has no glyphs.
type subscripts struct{ text.Plain }

var handler = subscripts{text.Plain{Fonts: plot.DefaultTextHandler.Cache()}}

type piece struct {
	text    string
	lowered bool
}

// indices matches the text to lower; indexText writes it without its markup.
var (
	indices   = regexp.MustCompile(`([₊₋₀₁₂])|(_(?:max|U|L))(?:[^\pL\p{Nd}_]|$)`) // \b is ASCII only
	indexText = strings.NewReplacer("_", "", "₊", "+", "₋", "−", "₀", "0", "₁", "1", "₂", "2")
)

// pieces returns the normal and the lowered parts of a line; a command has one part.
func pieces(line string, f font.Font) (all []piece) {
	for at := indices.FindStringSubmatchIndex(line); at != nil && f.Variant != "Mono"; at = indices.FindStringSubmatchIndex(line) {
		start, end := at[0], max(at[3], at[5]) // without the character after the index
		if start > 0 {
			all = append(all, piece{line[:start], false})
		}
		all, line = append(all, piece{indexText.Replace(line[start:end]), true}), line[end:]
	}
	if line != "" {
		all = append(all, piece{line, false})
	}
	return all
}

func (h subscripts) face(r piece, f font.Font) (font.Face, vg.Length) {
	if !r.lowered {
		return h.Fonts.Lookup(f, f.Size), 0
	}
	return h.Fonts.Lookup(f, max(leastSize, 0.8*f.Size)), -0.17 * f.Size
}

// Box returns width, height above and depth below the baseline of one line.
func (h subscripts) Box(line string, f font.Font) (width, height, depth vg.Length) {
	for _, r := range pieces(line, f) {
		face, _ := h.face(r, f)
		width += face.Width(r.text)
	}
	e := h.Extents(f)
	return width, e.Ascent, e.Descent
}

// Draw draws lines where text.Plain would.
func (h subscripts) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	txt = strings.TrimRight(txt, "\n")
	if txt == "" {
		return
	}
	c.SetColor(sty.Color)
	if sty.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(sty.Rotation)
	}
	s, k := math.Sincos(sty.Rotation)
	sin, cos := vg.Length(s), vg.Length(k)
	pt.X, pt.Y = pt.Y*sin+pt.X*cos, pt.Y*cos-pt.X*sin
	pt.Y += sty.Height(txt)*vg.Length(sty.YAlign) - h.Extents(sty.Font).Ascent
	lines := h.Lines(txt)
	for i, line := range lines {
		width, _, _ := h.Box(line, sty.Font)
		at := pt.Add(vg.Point{X: vg.Length(sty.XAlign) * width, Y: vg.Length(len(lines)-i) * sty.Font.Size})
		for _, r := range pieces(line, sty.Font) {
			face, down := h.face(r, sty.Font)
			c.FillString(face, vg.Point{X: at.X, Y: at.Y + down}, r.text)
			at.X += face.Width(r.text)
		}
	}
}
