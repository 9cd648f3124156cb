package figures

import (
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

	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// Figure1 returns the paper's t-SNE of SVHN-LT: training and test set under CE and under
// CE with unlabeled data.
func Figure1(plan results.Plan, res map[string]*results.Result) *Figure {
	return embedding(plan, res, "figure1", "Figure 1", "Figure 1: features without and with unlabeled data", paper.SVHN, "CE", "CE"+paper.WithDU)
}

// Figure4 returns the paper's t-SNE of CIFAR-10-LT: training and test set under CE from
// scratch and after self-supervised pre-training.
func Figure4(plan results.Plan, res map[string]*results.Result) *Figure {
	return embedding(plan, res, "figure4", "Figure 4", "Figure 4: features without and with self-supervised pre-training", paper.CIFAR10, "CE", "CE"+paper.WithSSP)
}

// embedding returns the maps of two models in the paper's four panels: one row per
// model, training images left and test images right, on the same map.
func embedding(plan results.Plan, res map[string]*results.Result, name, source, title, dataset string, methods ...string) *Figure {
	f := &Figure{Name: name, Title: title, Height: 108 * vg.Millimeter,
		Caption: "t-SNE of the 64 features of labeled training images (left) and of test images (right) of one model, on one map. The paper shows " + dataset + " and does not state ρ. "}
	cells := mapCells(plan, res, source, methods)
	drawn := false
	var alt []string
	for i, method := range methods {
		model := fmt.Sprintf("(%c) %s", 'a'+i, method)
		c := cells[i]
		if r := res[c.Task]; hasMap(r) {
			f.Panels = append(f.Panels, mapPanels(model, c, r))
			if !drawn {
				f.legend = classLegend(r)
			}
			drawn = true
			f.Keys = append(f.Keys, c.Key)
			s := r.Embedding.Separation
			alt = append(alt, fmt.Sprintf("%s: %.1f %% of the test points of tail classes lie nearest a head class and %.1f %% nearest any class but their own", model, s.LeakagePct, s.TailNearestClassErrorPct))
			f.Caption += fmt.Sprintf("%s: %s, ρ = %s, replicate %d, grade %s%s. ", model, cmp.Or(c.Data, c.Dataset), number(c.Rho), c.Replicate, c.GradeOf(r), replicateMeans(plan, res, c))
			continue
		}
		row := make([]*plot.Plot, 2)
		for j, set := range []string{"training", "test"} {
			row[j] = newPanel(model+", "+set, "", "")
			frame(row[j], 0, 1, 0, 1)
			row[j].X.Tick.Marker, row[j].Y.Tick.Marker = at(), at()
			row[j].Add(notRun(plan, func(k paper.Key) bool { return k.Source == source }), outline{})
		}
		f.Panels = append(f.Panels, row)
		alt = append(alt, model+": not run")
	}
	if drawn {
		f.Caption += "Dots: the 30 % of classes with most labeled images; triangles: the 30 % with fewest; crosses: those between. Numbers: ranks by size. " +
			"Tail error: share of the tail's test images whose nearest class is not their own; leakage: share of them whose nearest class is one of the head. Both are over all test images; a class is as far as the mean of its five nearest labeled images in the 64 features, not on the map."
	} else {
		f.Height = 72 * vg.Millimeter
	}
	f.Alt = title + ". " + strings.Join(alt, "; ") + "."
	return f
}

// mapCells returns the cells to draw, one per method, zero where no map is stored. All
// share data, seeds and replicate. It prefers those with the most maps, then the highest
// grade, then the first in the plan.
func mapCells(plan results.Plan, res map[string]*results.Result, source string, methods []string) []results.Cell {
	type at struct {
		dataset, data string
		rho           float64
		replicate     int
		seeds         [2]int
	}
	settings := settingsOf(res)
	var order []at
	rows := map[at][]results.Cell{}
	for _, c := range plan.Cells {
		i := slices.Index(methods, strings.TrimSuffix(c.Method, paper.Embedding))
		r := res[c.Task]
		if c.Source != source || i < 0 || !hasMap(r) {
			continue
		}
		s := results.ScaleOf(r.Settings, r, settings)
		k := at{c.Dataset, c.Data, c.Rho, c.Replicate, [2]int{s.Seed, s.DataSeed}}
		if rows[k] == nil {
			order = append(order, k)
			rows[k] = make([]results.Cell, len(methods))
		}
		if rows[k][i].Task == "" { // the plan's own precedes what ships
			rows[k][i] = c
		}
	}
	best, most, rank := make([]results.Cell, len(methods)), -1, 0
	for _, k := range order {
		n, weakest := 0, 0
		for _, c := range rows[k] {
			if c.Task != "" {
				n, weakest = n+1, max(weakest, c.GradeOf(res[c.Task]).Rank())
			}
		}
		if n > most || n == most && weakest < rank {
			best, most, rank = rows[k], n, weakest
		}
	}
	return best
}

func hasMap(r *results.Result) bool { return r != nil && r.Embedding != nil }

// replicateMeans returns a text with the means over the replicates that were run like the
// drawn one; "" if that is the only one.
func replicateMeans(plan results.Plan, res map[string]*results.Result, drawn results.Cell) string {
	seen, leak, tail := map[int]bool{}, 0.0, 0.0
	for _, c := range plan.Cells {
		r := res[c.Task]
		if c.Key != drawn.Key || !hasMap(r) || seen[c.Replicate] || c.Data != drawn.Data ||
			c.GradeOf(r) != drawn.GradeOf(res[drawn.Task]) || !slices.Equal(c.Marks, drawn.Marks) {
			continue
		}
		seen[c.Replicate] = true
		leak += r.Embedding.Separation.LeakagePct
		tail += r.Embedding.Separation.TailNearestClassErrorPct
	}
	n := float64(len(seen))
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" (mean of %g replicates: tail error %.1f %%, leakage %.1f %%)", n, tail/n, leak/n)
}

// mapPanels returns the training and the test panel of one model.
func mapPanels(model string, c results.Cell, r *results.Result) []*plot.Plot {
	e := r.Embedding
	order := score.BySize(trainCounts(e))
	points := func(from, n int) []plotter.XYs { // by class
		by := make([]plotter.XYs, len(order))
		for i := from; i < from+n; i++ {
			y := e.Labels[i]
			by[y] = append(by[y], plotter.XY{X: float64(e.XY[2*i]), Y: float64(e.XY[2*i+1])})
		}
		return by
	}
	labeled, drawn, test := points(0, e.Labeled), points(e.Labeled, e.Unlabeled), points(e.Labeled+e.Unlabeled, e.Test)

	middle, half := extent(e.XY)
	panel := func(set, caption string, background, classes []plotter.XYs) *plot.Plot {
		p := newPanel(model+", "+set, caption, "")
		p.X.Label.TextStyle.Font.Size = tickSize
		frame(p, middle.X-half, middle.X+half, middle.Y-half, middle.Y+half)
		p.X.Tick.Marker, p.Y.Tick.Marker = at(), at()
		shown := 0
		for _, xys := range classes {
			shown += len(xys)
		}
		small := vg.Length(math.Max(0.5, math.Min(1, math.Sqrt(2000/float64(shown+1))))) // many points, small markers
		var cl cloud
		for _, xys := range background {
			cl = append(cl, blot{at: xys, shape: disc, radius: 0.45 * small, color: color.RGBA{0, 0, 0, 255}})
		}
		names := classNumbers{}
		for at, class := range slices.Backward(order) { // the tail's numbers are placed first
			if len(classes[class]) > 0 {
				names = append(names, classNumber{middlePoint(classes[class]), at + 1})
			}
		}
		for at, class := range order { // the tail on top
			b := classBlot(at, len(order))
			b.at, b.radius = classes[class], b.radius*small
			cl = append(cl, b)
		}
		p.Add(cl, names, outline{})
		return p
	}
	training := fmt.Sprintf("%d labeled", e.Labeled)
	if e.Unlabeled > 0 {
		training += fmt.Sprintf(", %d of D_U (black)", e.Unlabeled)
	}
	s := e.Separation
	return []*plot.Plot{
		panel("training", fmt.Sprintf("%s\nreplicate %d, grade %s", training, c.Replicate, c.GradeOf(r)), drawn, labeled),
		panel("test", fmt.Sprintf("%d of %d images\ntail error %.1f %%, leakage %.1f %%", e.Test, s.TestPoints, s.TailNearestClassErrorPct, s.LeakagePct), nil, test),
	}
}

// extent returns the middle of a map and half the side of the square around it.
func extent(xy []float32) (middle plotter.XY, half float64) {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, v := range xy {
		lo[i%2], hi[i%2] = math.Min(lo[i%2], float64(v)), math.Max(hi[i%2], float64(v))
	}
	return plotter.XY{X: (lo[0] + hi[0]) / 2, Y: (lo[1] + hi[1]) / 2}, 0.53 * math.Max(math.Max(hi[0]-lo[0], hi[1]-lo[1]), 1e-9)
}

// trainCounts returns the number of labeled images of each class.
func trainCounts(e *results.Embedding) []int {
	n := make([]int, len(e.Separation.PerClass))
	for i, c := range e.Separation.PerClass {
		n[i] = c.Train
	}
	return n
}

// classBlot returns the marker of a rank among n classes. Its shape shows head, middle or
// tail, its color the class.
func classBlot(rank, n int) blot {
	b := blot{shape: saltire, radius: 0.9, color: palette[rank%len(palette)].color}
	switch {
	case rank < score.Ends(n):
		b.shape, b.radius = disc, 0.75
	case rank >= n-score.Ends(n):
		b.shape, b.radius, b.edge = triangle, 1.5, true
	}
	return b
}

// classLegend returns entries that name the classes of a map and count their labeled
// images; nil for more than 20 classes.
func classLegend(r *results.Result) []entry {
	counts := trainCounts(r.Embedding)
	if len(counts) > 20 {
		return nil
	}
	var l []entry
	for at, class := range score.BySize(counts) {
		name := fmt.Sprintf("%d", at+1)
		if class < len(r.Classes) {
			name += " " + shortened(r.Classes[class])
		}
		l = append(l, entry{drawable(fmt.Sprintf("%s (%d)", name, counts[class])), classBlot(at, len(counts))})
	}
	return l
}

// middlePoint returns the median of each coordinate.
func middlePoint(xys plotter.XYs) plotter.XY {
	x, y := make([]float64, len(xys)), make([]float64, len(xys))
	for i, v := range xys {
		x[i], y[i] = v.X, v.Y
	}
	slices.Sort(x)
	slices.Sort(y)
	return plotter.XY{X: x[len(x)/2], Y: y[len(y)/2]}
}

// classNumbers write each class's rank at its points, moved aside if another number is
// there.
type classNumbers []classNumber

type classNumber struct {
	at     plotter.XY
	number int
}

func (n classNumbers) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, k := range n {
		style := bold(textStyle(tickSize, ink))
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
		text := fmt.Sprint(k.number)
		half := vg.Point{X: style.Width(text)/2 + 0.8, Y: tickSize * 0.45}
		place := freeBox(vg.Point{X: x(k.at.X), Y: y(k.at.Y)}, half, taken, c.Rectangle)
		taken = append(taken, place)
		fill(c, color.NRGBA{255, 255, 255, 215}, place)
		c.FillText(style, vg.Point{X: (place.Min.X + place.Max.X) / 2, Y: (place.Min.Y + place.Max.Y) / 2}, text)
	}
}

// freeBox returns the box on rings around a place that is nearest to it, lies within the
// panel and overlaps no other; without one, the box at the place.
func freeBox(at, half vg.Point, taken []vg.Rectangle, within vg.Rectangle) vg.Rectangle {
	around := func(at vg.Point) vg.Rectangle { return vg.Rectangle{Min: at.Sub(half), Max: at.Add(half)} }
	for ring := range 12 {
		for turn := range 8 {
			angle := math.Pi / 4 * float64(turn)
			b := around(vg.Point{X: at.X + vg.Length(float64(ring)*3*math.Cos(angle)), Y: at.Y + vg.Length(float64(ring)*3*math.Sin(angle))})
			inside := b.Min.X >= within.Min.X && b.Max.X <= within.Max.X && b.Min.Y >= within.Min.Y && b.Max.Y <= within.Max.Y
			if inside && !slices.ContainsFunc(taken, func(t vg.Rectangle) bool {
				return b.Min.X < t.Max.X && t.Min.X < b.Max.X && b.Min.Y < t.Max.Y && t.Min.Y < b.Max.Y
			}) {
				return b
			}
		}
	}
	return around(at)
}
