package figures

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"longtail/results"
)

// words notes where each piece of text lies on the figure.
type words struct {
	*vgsvg.Canvas
	now   [6]float64 // affine map to the figure: x' = m0 x + m2 y + m4, y' = m1 x + m3 y + m5
	stack [][6]float64
	all   []word
	blank []string // signs without a glyph: PNG files leave them out, and nothing says so
}

type word struct {
	text string
	size vg.Length
	box  vg.Rectangle
}

func readWords(f *Figure) *words {
	c := &words{Canvas: vgsvg.New(textWidth, f.Height), now: [6]float64{1, 0, 0, 1, 0, 0}}
	f.draw(draw.New(c))
	return c
}

func (c *words) Push() { c.stack = append(c.stack, c.now); c.Canvas.Push() }

func (c *words) Pop() {
	c.now, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
	c.Canvas.Pop()
}

func (c *words) apply(m [6]float64) {
	n := c.now
	c.now = [6]float64{
		n[0]*m[0] + n[2]*m[1], n[1]*m[0] + n[3]*m[1],
		n[0]*m[2] + n[2]*m[3], n[1]*m[2] + n[3]*m[3],
		n[0]*m[4] + n[2]*m[5] + n[4], n[1]*m[4] + n[3]*m[5] + n[5],
	}
}

func (c *words) Rotate(rad float64) {
	s, k := math.Sincos(rad)
	c.apply([6]float64{k, s, -s, k, 0, 0})
	c.Canvas.Rotate(rad)
}

func (c *words) Translate(p vg.Point) {
	c.apply([6]float64{1, 0, 0, 1, float64(p.X), float64(p.Y)})
	c.Canvas.Translate(p)
}

func (c *words) Scale(x, y float64) { c.apply([6]float64{x, 0, 0, y, 0, 0}); c.Canvas.Scale(x, y) }

func (c *words) FillString(face font.Face, at vg.Point, s string) {
	size := face.Font.Size
	box := vg.Rectangle{Min: vg.Point{X: vg.Length(math.Inf(1)), Y: vg.Length(math.Inf(1))}, Max: vg.Point{X: vg.Length(math.Inf(-1)), Y: vg.Length(math.Inf(-1))}}
	for _, p := range []vg.Point{at, at.Add(vg.Point{X: face.Width(s), Y: 0.68 * size})} { // as high as a capital
		x := vg.Length(c.now[0]*float64(p.X) + c.now[2]*float64(p.Y) + c.now[4])
		y := vg.Length(c.now[1]*float64(p.X) + c.now[3]*float64(p.Y) + c.now[5])
		box.Min = vg.Point{X: min(box.Min.X, x), Y: min(box.Min.Y, y)}
		box.Max = vg.Point{X: max(box.Max.X, x), Y: max(box.Max.Y, y)}
	}
	if strings.TrimSpace(s) != "" { // blanks keep room
		c.all = append(c.all, word{s, size, box})
	}
	for _, r := range s {
		if i, err := face.Face.GlyphIndex(new(sfnt.Buffer), r); err != nil || i == 0 {
			c.blank = append(c.blank, fmt.Sprintf("no glyph for %q in %q", r, s))
		}
	}
	c.Canvas.FillString(face, at, s)
}

// illegible lists what is wrong with a figure's text at 84 mm, a column of a
// journal: signs without a glyph, smaller than 6 points, cut off at the edge, or met by
// other text; numbers on one line or in one column, as an axis has them, may not even
// come close.
func illegible(f *Figure) []string {
	c := readWords(f)
	all, wrong := c.all, c.blank
	if len(all) < 3 {
		wrong = append(wrong, fmt.Sprintf("only %d pieces of text were seen", len(all)))
	}
	for i, w := range all {
		if w.size < 6 {
			wrong = append(wrong, fmt.Sprintf("%q is set in %.1f points", w.text, w.size.Points()))
		}
		if w.box.Min.X < 0 || w.box.Min.Y < 0 || w.box.Max.X > textWidth || w.box.Max.Y > f.Height {
			wrong = append(wrong, fmt.Sprintf("%q is cut off: it lies at %.1f, %.1f to %.1f, %.1f of %.1f × %.1f", w.text,
				w.box.Min.X, w.box.Min.Y, w.box.Max.X, w.box.Max.Y, textWidth, f.Height))
		}
		for _, o := range all[:i] {
			const touch = 0.6 // points; an index touches its letter
			if w.box.Min.X+touch < o.box.Max.X && o.box.Min.X+touch < w.box.Max.X && w.box.Min.Y+touch < o.box.Max.Y && o.box.Min.Y+touch < w.box.Max.Y {
				wrong = append(wrong, fmt.Sprintf("%q meets %q", w.text, o.text))
			}
			if !numeral.MatchString(w.text) || !numeral.MatchString(o.text) {
				continue
			}
			const gap, same = 2, 0.01 // points
			across, up := apart(w.box.Min.X, w.box.Max.X, o.box.Min.X, o.box.Max.X), apart(w.box.Min.Y, w.box.Max.Y, o.box.Min.Y, o.box.Max.Y)
			line, column := math.Abs(float64(w.box.Min.Y-o.box.Min.Y)) < same, math.Abs(float64(w.box.Max.X-o.box.Max.X)) < same
			if line && across < gap || column && up < gap {
				wrong = append(wrong, fmt.Sprintf("%q is too close to %q", w.text, o.text))
			}
		}
	}
	return wrong
}

// numeral is the label of a tick.
var numeral = regexp.MustCompile(`^−?[0-9.]+$`)

// apart is the distance between two ranges; negative: they overlap.
func apart(a0, a1, b0, b1 vg.Length) vg.Length { return max(b0-a1, a0-b1) }

func TestEveryFigureIsLegible(t *testing.T) {
	plan, res := madeUp(2)
	for _, f := range append(All(plan, res), All(plan, nil)...) {
		for _, w := range illegible(f) {
			t.Errorf("%s: %s", f.Name, w)
		}
	}
}

// A long name of a horizontal axis does not move its panel out of the column.
func TestPanelsStandInColumns(t *testing.T) {
	f := Confusions(madeUp(2))[0]
	if len(f.Panels) < 2 {
		t.Fatalf("%d rows of panels", len(f.Panels))
	}
	f.Panels[0][0].X.Label.Text = "a name that is as long as the axis is"
	var left, right []float64 // where the last columns of the matrices are numbered; between them rows are
	for _, w := range readWords(f).all {
		switch x := w.box.Min.X; {
		case w.text != "10":
		case x < textWidth*0.55:
			left = append(left, x.Points())
		case x > textWidth*0.8:
			right = append(right, x.Points())
		}
	}
	for _, at := range [][]float64{left, right} {
		if len(at) != len(f.Panels) || slices.Max(at)-slices.Min(at) > 0.01 {
			t.Errorf("%d rows of panels: columns end at %.2f", len(f.Panels), at)
		}
	}
}

// The reader of text must be able to object.
func TestIllegibleIsSeen(t *testing.T) {
	for _, c := range []struct {
		reason, want string
		spoil        func(*plot.Plot)
	}{
		{"a sign that the font lacks", "no glyph for '⇒'", func(p *plot.Plot) { p.Title.Text = "a ⇒ b" }},
		{"small print", "points", func(p *plot.Plot) { p.X.Label.TextStyle.Font.Size = 5 }},
		{"a word beyond the edge", "cut off", func(p *plot.Plot) { p.Add(label{x: p.X.Max, text: "beyond the edge", style: textStyle(tickSize, ink)}) }},
		{"a rotated word beyond the edge", "cut off", func(p *plot.Plot) {
			p.Y.Label.Text += " that is much longer than its axis and the picture are high, in all"
		}},
		{"two words in one place", "meets", func(p *plot.Plot) {
			p.Add(label{x: 0.5, y: 0.5, text: "one", style: textStyle(tickSize, ink)}, label{x: 0.5, y: 0.5, text: "two", style: textStyle(tickSize, ink)})
		}},
		{"two numbers of an axis that run together", "too close", func(p *plot.Plot) {
			p.X.Tick.Marker = plot.ConstantTicks{{Value: 0.5, Label: "800"}, {Value: 0.567, Label: "1000"}}
		}},
	} {
		p := newPanel("", "abscissa", "ordinate")
		frame(p, 0, 1, 0, 1)
		f := &Figure{Panels: [][]*plot.Plot{{p}}, Height: 50 * vg.Millimeter}
		if wrong := illegible(f); wrong != nil {
			t.Fatalf("before: %v", wrong)
		}
		c.spoil(p)
		if wrong := strings.Join(illegible(f), "; "); !strings.Contains(wrong, c.want) {
			t.Errorf("%s went unnoticed: %q", c.reason, wrong)
		}
	}
}

// Runs of many epochs have long numbers below narrow panels.
func TestLongLearningCurves(t *testing.T) {
	for _, last := range []int{200, 700, 999, 1000, 1175, 2000, 3500, 5000, 12000} {
		plan, res := madeUp(1)
		for _, r := range res {
			for i := range r.Curve {
				r.Curve[i].Epoch = (i + 1) * last / len(r.Curve)
			}
		}
		for _, f := range LearningCurves(plan, res) {
			for _, w := range illegible(f) {
				t.Errorf("%d epochs: %s", last, w)
			}
		}
	}
}

// A plan of many tasks has a command wider than any picture.
func TestLongCommands(t *testing.T) {
	plan := results.Plan{Selection: results.Selection{Profile: "p", Only: []string{strings.Repeat("0123456789abcdef,", 12) + "0123"}, Seeds: 5}}
	plan.Cells = []results.Cell{{Key: cifar("Figure 1", 50, 0, "CE, embedding"), Profile: "p", Part: strings.Repeat("x", 200), Task: "0123"}}
	for _, f := range All(plan, nil) {
		for _, w := range illegible(f) {
			t.Errorf("%s: %s", f.Name, w)
		}
	}
	style := textStyle(noteSize, ink)
	for _, l := range wrap(plan.Command(), style, 80) {
		if style.Width(l) > 80 {
			t.Errorf("%q is wider than asked", l)
		}
	}
	if got := strings.Join(wrap("a  b ρ = 1", style, 1e4), "|"); got != "a  b ρ = 1" {
		t.Errorf("what fits was changed: %q", got)
	}
}

func TestPiecesOfAnIndex(t *testing.T) {
	for _, c := range []struct {
		reason, line, variant string
		want                  []piece
	}{
		{"index at the end", "ρ_U", "Sans", []piece{{"ρ", false}, {"U", true}}},
		{"index in the middle", "CE + D_U@5x, ρ_U = 1", "Sans", []piece{{"CE + D", false}, {"U", true}, {"@5x, ρ", false}, {"U", true}, {" = 1", false}}},
		{"index before a sign", "D_U@5x, D_L×0.25", "Sans", []piece{{"D", false}, {"U", true}, {"@5x, D", false}, {"L", true}, {"×0.25", false}}},
		{"a sign of its own", "p₊/2", "Sans", []piece{{"p", false}, {"+", true}, {"/2", false}}},
		{"part of a longer word", "my_Uniform", "Sans", []piece{{"my_Uniform", false}}},
		{"part of a longer word that is not ASCII", "my_Lärche", "Sans", []piece{{"my_Lärche", false}}},
		{"a command", "reproduce a_U", "Mono", []piece{{"reproduce a_U", false}}},
	} {
		got := pieces(c.line, font.Font{Variant: font.Variant(c.variant)})
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.reason, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.reason, got, c.want)
			}
		}
	}
}
