package figures

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// confusionsPerPage is the number of pairs of matrices per figure.
const confusionsPerPage = 3

// Confusions returns figures of confusion matrices, the base left and the method right,
// on one color scale. They show each method that was run together with its base, at the
// largest ρ. There is at least one figure.
func Confusions(plan results.Plan, res map[string]*results.Result) []*Figure {
	m := index(plan, res)
	fig := func(i int) *Figure {
		return &Figure{
			Name:  page("confusion", i),
			Title: "Confusion matrices",
			Caption: "Percent of the test images of each true class (rows) by the class that is predicted (columns) at the last epoch, all replicates together; a row adds up to 100 and shares below 1 are blank. " +
				"Classes from most labeled images to fewest; columns have the rows' numbers; thin lines set the head (first 30 %) and the tail (last 30 %) apart. " + leadingOnly,
			Alt:    "Confusion matrices.",
			legend: []entry{{"0 to 100 % of the true class", colorScale{}}},
		}
	}
	var all []drawing
	for _, c := range m.leading() {
		var base, with [][]int
		var first *results.Result
		var drawn []*results.Result
		m.paired(c.base, c.with, func(_ int, a, b *results.Result) {
			if n := len(a.Confusion); n > 0 && n == len(b.Confusion) && n == len(a.LabeledCounts) && (first == nil || n == len(base)) {
				if first == nil {
					first = a
				}
				base, with = addMatrices(base, a.Confusion), addMatrices(with, b.Confusion)
				drawn = append(drawn, b)
			}
		})
		if first == nil {
			continue
		}
		order := score.BySize(first.LabeledCounts)
		left, right := newMatrix(base, order), newMatrix(with, order)
		where := scaleNote(first) + fmt.Sprintf(", n = %d", len(drawn))
		a, b := left.panel(cellName(c.base)+where, first.Classes, order), right.panel(cellName(paper.Key{Method: c.with.Method, RhoU: c.with.RhoU}), nil, order)
		a.Y.Label.Text = "true class" // shared with the right one
		all = append(all, drawing{[]paper.Key{c.base, c.with}, []*plot.Plot{a, b}, fmt.Sprintf("%s beside %s: %.1f and %.1f %% of the tail's test images are called a class of the head", cellName(c.with)+where, c.base.Method, right.leak(), left.leak()), drawn})
	}
	if len(all) == 0 {
		f := fig(0)
		p := newPanel("", "predicted class", "true class")
		frame(p, 0, 10, 0, 10)
		p.X.Tick.Marker, p.Y.Tick.Marker = at(), at()
		return []*Figure{f.empty(p, "no pair of cells has finished; the whole plan is run by", plan.Command(), "Empty axes of true against predicted class: no pair of cells has finished.")}
	}
	return pages(plan, all, confusionsPerPage, 46*vg.Millimeter, 5*vg.Millimeter, fig)
}

// addMatrices returns the sum of two matrices; a may be nil.
func addMatrices(a, b [][]int) [][]int {
	sum := make([][]int, len(b))
	for i := range b {
		sum[i] = slices.Clone(b[i])
		for j := range sum[i] {
			if a != nil {
				sum[i][j] += a[i][j]
			}
		}
	}
	return sum
}

// matrix holds percentages of each true class, rows and columns by rank.
type matrix [][]float64

func newMatrix(counts [][]int, order []int) matrix {
	m := make(matrix, len(order))
	for i, y := range order {
		total := score.Sum(counts[y])
		m[i] = make([]float64, len(order))
		for j, k := range order {
			m[i][j] = 100 * float64(counts[y][k]) / math.Max(1, float64(total))
		}
	}
	return m
}

// leak returns the mean percentage of a tail class's test images that are predicted as
// a head class.
func (m matrix) leak() float64 {
	n, sum := score.Ends(len(m)), 0.0
	for _, row := range m[len(m)-n:] {
		for _, v := range row[:n] {
			sum += v
		}
	}
	return sum / float64(n)
}

func (m matrix) panel(title string, names []string, order []int) *plot.Plot {
	p := newPanel(title, "predicted class", "")
	n := len(m)
	frame(p, 0, float64(n), 0, float64(n))
	var x, y plot.ConstantTicks
	for at, class := range order {
		if n > 20 && at != 0 && (at+1)%(n/5) != 0 {
			continue
		}
		rank := fmt.Sprint(at + 1)
		name := rank
		if class < len(names) && n <= 20 {
			name = drawable(shortened(names[class])) + " " + rank
		}
		x = append(x, plot.Tick{Value: float64(at) + 0.5, Label: rank})
		y = append(y, plot.Tick{Value: float64(n-at) - 0.5, Label: name})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Tick.Length, a.Tick.Label.Font.Size = 0, leastSize
	}
	p.Add(m)
	return p
}

func (m matrix) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	r := newRaster(c.Rectangle)
	n := len(m)
	for py := range r.img.Rect.Dy() {
		for px := range r.img.Rect.Dx() {
			r.img.SetRGBA(px, py, heat(m[py*n/r.img.Rect.Dy()][px*n/r.img.Rect.Dx()]))
		}
	}
	r.draw(c)
	pen := draw.LineStyle{Color: muted, Width: 0.4}
	for _, k := range []int{score.Ends(n), n - score.Ends(n)} {
		c.StrokeLine2(pen, x(float64(k)), c.Min.Y, x(float64(k)), c.Max.Y)
		c.StrokeLine2(pen, c.Min.X, y(float64(k)), c.Max.X, y(float64(k)))
	}
	if n > 12 {
		return // no room for numbers
	}
	for i, row := range m {
		for j, v := range row {
			style := textStyle(leastSize, ink)
			if v > 60 { // white is easier to read there
				style.Color = color.White
			}
			style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
			if v >= 0.995 {
				c.FillText(style, vg.Point{X: x(float64(j) + 0.5), Y: y(float64(n-i)-0.5) + 0.5}, fmt.Sprintf("%.0f", v))
			}
		}
	}
}

// heat returns the color of a share in percent, from white to dark blue. It darkens
// monotonically, so that it reads the same in gray.
func heat(pct float64) color.RGBA {
	stops := [...][3]float64{{255, 255, 255}, {158, 202, 235}, {40, 118, 184}, {8, 40, 92}}
	at := math.Max(0, math.Min(1, pct/100)) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	mix := func(k int) uint8 {
		return uint8(stops[i][k] + (at-float64(i))*(stops[i+1][k]-stops[i][k]) + 0.5)
	}
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}

// colorScale draws the colors of all shares in a legend.
type colorScale struct{}

func (colorScale) Thumbnail(c *draw.Canvas) {
	r := newRaster(c.Rectangle)
	for py := range r.img.Rect.Dy() {
		for px := range r.img.Rect.Dx() {
			r.img.SetRGBA(px, py, heat(100*float64(px)/float64(r.img.Rect.Dx()-1)))
		}
	}
	r.draw(*c)
}
