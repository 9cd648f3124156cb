package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// Claims S1 to S16: unlabeled data (section 2.2, Table 1, Figure 1).

// unlabeledCell is one cell of Table 1 with D_U@5x, with its base and its controls.
type unlabeledCell struct {
	dataset, base string
	rho, rhoU     float64
	rank          int // index of rhoU in 1, ρ/2, ρ, 2ρ
	with, plain   paper.Key
	equalSteps    paper.Key // one control for every ρ_U, as D_U@5x always has the same size
	trueLabels    paper.Key
}

func (u unlabeledCell) name() string {
	return fmt.Sprintf("%s %s ρ=%g ρ_U=%g", u.base, u.dataset, u.rho, u.rhoU)
}

func (u unlabeledCell) block() string { return fmt.Sprintf("%s|%s|%g", u.dataset, u.base, u.rho) }

func table1() []unlabeledCell {
	var all []unlabeledCell
	for _, t := range paper.Table1 {
		for _, base := range paper.Table1Rules {
			for _, rho := range paper.Rhos {
				for rank, rhoU := range paper.RhoUs(rho) {
					all = append(all, unlabeledCell{
						dataset: t.Dataset, base: base, rho: rho, rhoU: rhoU, rank: rank,
						with:       paper.ResNet32(t.Source, t.Dataset, rho, rhoU, base+paper.WithDU),
						plain:      paper.ResNet32(t.Source, t.Dataset, rho, 0, base),
						equalSteps: paper.Control(t.Dataset, rho, 0, base+paper.EqualSteps),
						trueLabels: paper.Control(t.Dataset, rho, rhoU, base+paper.WithDU+paper.TrueLabels),
					})
				}
			}
		}
	}
	return all
}

func unlabeledEstimands() []estimand {
	plain := estimand{claim: "S1", against: "plain", measure: errorLast}
	equal := estimand{claim: "S1", against: "equal-step", measure: errorLast}
	ldam := estimand{claim: "S8", measure: errorLast, what: "S1 against the plain baseline, LDAM-DRW only"}
	bias := estimand{claim: "S7", measure: labelBias}
	perClass := estimand{claim: "S10", measure: classSlope,
		what: "by how much more the error of small classes falls: slope of the class's gain from D_U@5x in −ln n_c, which decides; that every class gains is not shown by it, but no class may clearly lose"}
	s4 := estimand{claim: "S4", measure: errorLast, unit: "points per unit of ln ρ"}
	s5 := estimand{claim: "S5", measure: errorLast, unit: "points of error per unit of ln ρ_U"}
	s6 := estimand{claim: "S6", measure: errorLast, unit: "points of error per unit of ln ρ_U and of ln ρ",
		what: "interaction contrast: slope in ln ρ of the slope of the error in ln ρ_U"}
	var ceiling []cell
	for _, u := range table1() {
		gain := Quantity{plus(u.plain), minus(u.with)}
		over := Quantity{plus(u.equalSteps), minus(u.with)}
		plain.cells = append(plain.cells, cell{u.name(), u.block(), gain})
		equal.cells = append(equal.cells, cell{u.name(), u.block(), over})
		bias.cells = append(bias.cells, cell{u.name(), u.block(), over})
		ceiling = append(ceiling, cell{u.name(), u.block(), Quantity{plus(u.equalSteps), minus(u.trueLabels)}})
		if u.base == "LDAM-DRW" {
			ldam.cells = append(ldam.cells, cell{u.name(), u.block(), gain})
		}
		perClass.lines = append(perClass.lines, line{name: u.name(), points: []point{{value: gain}}, span: math.Log(u.rho)})

		rank := []string{"1", "ρ/2", "ρ", "2ρ"}[u.rank]
		group := u.base + " " + u.dataset
		addPoint(&s4.lines, line{name: group + " ρ_U=" + rank, span: math.Log(10)}, // ρ from 10 to 100
			point{math.Log(u.rho), gain})
		addPoint(&s5.lines, line{name: fmt.Sprintf("%s ρ=%g", group, u.rho), span: math.Log(2 * u.rho), group: group, x: math.Log(u.rho)}, // ρ_U from 1 to 2ρ
			point{math.Log(u.rhoU), Quantity{plus(u.with)}})
	}
	for _, l := range s5.lines { // span: ρ from 10 to 100 and, the widest printed range, ρ_U from 1 to 200
		addPoint(&s6.lines, line{name: l.group, span: math.Log(10) * math.Log(200)}, point{l.x, slopeOf(l.points)})
		s6.lines[len(s6.lines)-1].cells += len(l.points)
	}
	s4.secondary = []secondary{{label: "relative gain", value: relativeSlope(s4), unit: "% of the base's error per unit of ln ρ"}}
	// The printed effect is presumably that of the best epoch.
	plain.secondary = []secondary{{label: "at the best epoch on the test set", cells: plain.cells, measure: errorBest, prominent: true}}
	perClass.classes = plain.cells
	perClass.secondary = []secondary{relativeOfClasses(perClass)}
	bias.secondary = []secondary{
		{label: "against the plain baseline", cells: plain.cells, measure: labelBias, prominent: true},
		{label: "gain in error left with the last phase's class shares subtracted from both models' logits (whether the repair is chiefly of the tail is not judged by the verdict)", cells: equal.cells, measure: errorAdjusted},
		{label: "with true labels, the ceiling", cells: ceiling, measure: labelBias},
	}

	all := []estimand{plain, equal, s4, s5, bias, s6, ldam, perClass}
	for _, s := range []struct{ claim, dataset string }{{"S2", paper.CIFAR10}, {"S3", paper.SVHN}} {
		e := estimand{claim: s.claim, measure: errorBest, what: "gain of D_U@5x at ρ = 100 on " + s.dataset + ", best epoch"}
		for _, u := range table1() {
			if u.dataset == s.dataset && u.rho == 100 {
				e.cells = append(e.cells, cell{u.name(), u.block(), Quantity{plus(u.plain), minus(u.with)}})
			}
		}
		all = append(all, e)
	}
	return append(all, otherMethods(), amountOfUnlabeled(), amountOfLabels(), tailClusters(), simpleProcedure())
}

// addPoint adds a point to the line with the name of begun, or to begun as a new
// line.
func addPoint(lines *[]line, begun line, p point) {
	i := slices.IndexFunc(*lines, func(l line) bool { return l.name == begun.name })
	if i < 0 {
		i = len(*lines)
		*lines = append(*lines, begun)
	}
	(*lines)[i].points = append((*lines)[i].points, p)
}

// overLines returns the mean of a number over the lines behind the estimand's
// slope, each at its levels. It is NaN if there is no line or one has no number.
func overLines(e estimand, r *runs, number func(levels []point) float64) float64 {
	in := make([][]point, len(e.lines))
	slopes := make([][]float64, len(e.lines))
	for i, l := range e.lines {
		in[i] = e.levels(r, l)
		if q := l.slope(in[i]); q != nil {
			slopes[i], _, _ = r.series(q, e.measure)
		}
	}
	sum, n := 0.0, 0.0
	for i, counted := range stats.Counted(slopes) {
		if counted {
			sum += number(in[i])
			n++
		}
	}
	return sum / n
}

// relativeSlope returns a function for the mean slope in ln ρ of S4's gain,
// relative to the base's error, in percent.
func relativeSlope(s4 estimand) func(*runs, int) float64 {
	return func(r *runs, replicate int) float64 {
		return overLines(s4, r, func(levels []point) float64 {
			var x, y []float64
			for _, p := range levels {
				x = append(x, p.x)
				y = append(y, 100*r.number(p.value, s4.measure, replicate)/r.number(p.value[:1], s4.measure, replicate))
			}
			return stats.Slope(x, y)
		})
	}
}

// relativeOfClasses returns the mean slope in −ln n_c of each class's gain relative
// to its base error. Classes without a base error are left out.
func relativeOfClasses(e estimand) secondary {
	return secondary{label: "relative gain", unit: "% of the class's base error per unit of −ln n_c", value: func(r *runs, replicate int) float64 {
		return overLines(e, r, func(levels []point) float64 {
			q := levels[0].value
			base, with := r.results[q[0].Keys[0]][replicate], r.results[q[1].Keys[0]][replicate]
			if base == nil || with == nil {
				return math.NaN()
			}
			var x, y []float64
			for c, n := range base.LabeledCounts {
				if c >= len(base.PerClassErrorPct) || c >= len(with.PerClassErrorPct) || n == 0 {
					continue
				}
				if b, w := base.PerClassErrorPct[c], with.PerClassErrorPct[c]; b != nil && w != nil && *b > 0 {
					x, y = append(x, -math.Log(float64(n))), append(y, 100*(*b-*w) / *b)
				}
			}
			return stats.Slope(x, y)
		})
	}}
}

// slopeAtLevels returns a function for the slope of other points, at the levels
// behind the slope of the estimand's one line.
func slopeAtLevels(e estimand, other []point, m measure) func(*runs, int) float64 {
	return func(r *runs, replicate int) float64 {
		in := e.levels(r, e.lines[0])
		there := slices.DeleteFunc(slices.Clone(other), func(p point) bool {
			return !slices.ContainsFunc(in, func(level point) bool { return level.x == p.x })
		})
		if len(there) < 2 {
			return math.NaN()
		}
		return r.number(slopeOf(there), m, replicate)
	}
}

// at50 returns the key of a run for which the main text refers to appendix E, at
// ρ = ρ_U = 50.
func at50(method string) paper.Key { return paper.Control(paper.CIFAR10, 50, 50, method) }

func otherMethods() estimand {
	e := estimand{claim: "S9", measure: errorLast,
		what: "error(CE) − error(with mean teacher, with VAT) on the D_U@5x of pseudo-labels, ρ = ρ_U = 50; over pseudo-labels beside, above 0 where the advanced method gains more; whether they gain much is not judged by this"}
	base, pseudo, equal := paper.ResNet32("Table 1a", paper.CIFAR10, 50, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 50, 50, "CE"+paper.WithDU), paper.Control(paper.CIFAR10, 50, 0, "CE"+paper.EqualSteps)
	var over, overEqual []cell
	for _, method := range []string{paper.MeanTeacher, paper.VAT} {
		e.cells = append(e.cells, cell{method, "S9", Quantity{plus(base), minus(at50(method))}})
		more := cell{method, "S9", Quantity{plus(pseudo), minus(at50(method))}}
		over = append(over, more)
		overEqual = append(overEqual, cell{method, "S9", Quantity{plus(equal), minus(at50(method))}})
		e.secondary = append(e.secondary, secondary{label: strings.TrimPrefix(method, "CE + ") + " over pseudo-labels", unit: "points",
			cells: []cell{more}, measure: errorLast})
	}
	e.secondary = append(e.secondary,
		secondary{label: "both over pseudo-labels, in the mean", cells: over, measure: errorLast},
		secondary{label: "both over CE at equal steps, in the mean", cells: overEqual, measure: errorLast})
	return e
}

func amountOfUnlabeled() estimand {
	e := estimand{claim: "S11", measure: errorLast, unit: "points per unit of ln(amount)",
		what:  "by how much the error falls with the amount of unlabeled data; whether the gain diminishes is not judged by this slope",
		lines: []line{{name: "CE CIFAR-10-LT ρ=50 ρ_U=50", span: math.Log(20)}}}
	for i, m := range paper.Amounts {
		q := Quantity{minus(paper.ResNet32("Appendix E.3", paper.CIFAR10, 50, 50, paper.Unlabeled(m)))}
		e.lines[0].points = append(e.lines[0].points, point{math.Log(m), q})
		if i > 0 {
			doublings := math.Log2(m / paper.Amounts[i-1])
			step := difference(q, e.lines[0].points[i-1].value)
			e.secondary = append(e.secondary, secondary{label: fmt.Sprintf("gain a doubling from %gx to %gx", paper.Amounts[i-1], m), unit: "points",
				value: func(r *runs, replicate int) float64 { return r.number(step, errorLast, replicate) / doublings }})
		}
	}
	return e
}

func amountOfLabels() estimand {
	e := estimand{claim: "S12", measure: errorLast, unit: "points per unit of ln(share of n_max)",
		what:  "by how much the error with D_U@5x falls with the amount of labels, ρ = ρ_U = 50, D_U staying that of the full labeled set; shares of n_max ours; whether D_U's gain grows with the labels is not judged by this slope (that of the gain stands beside)",
		lines: []line{{name: "CE + D_U@5x CIFAR-10-LT ρ=50 ρ_U=50", span: math.Log(4)}}}
	var gains []point
	for _, share := range append(slices.Clone(paper.LabeledShares), 1) {
		with := at50("CE" + paper.WithDU + paper.LabeledShare(share))
		base := paper.Control(paper.CIFAR10, 50, 0, "CE"+paper.LabeledShare(share))
		if share == 1 {
			with, base = paper.ResNet32("Table 1a", paper.CIFAR10, 50, 50, "CE"+paper.WithDU), paper.ResNet32("Table 1a", paper.CIFAR10, 50, 0, "CE")
		}
		e.lines[0].points = append(e.lines[0].points, point{math.Log(share), Quantity{minus(with)}})
		gains = append(gains, point{math.Log(share), Quantity{plus(base), minus(with)}})
	}
	e.secondary = []secondary{{label: "slope of D_U's gain", unit: "points per unit of ln(share of n_max)",
		value: slopeAtLevels(e, gains, errorLast)}}
	return e
}

// separated returns a measure of the features of an embed task.
func separated(unit string, of func(*results.Embedding) float64) measure {
	return measure{unit, func(r *results.Result) float64 {
		if r.Embedding == nil {
			return math.NaN()
		}
		return of(r.Embedding)
	}, false}
}

var (
	tailError   = separated("points", func(e *results.Embedding) float64 { return e.Separation.TailNearestClassErrorPct })
	tailOneNN   = separated("points", func(e *results.Embedding) float64 { return e.Separation.TailOneNNErrorPct })
	tailSilho   = separated("(−1 to 1)", func(e *results.Embedding) float64 { return e.Separation.TailSilhouette })
	leakage     = separated("points", func(e *results.Embedding) float64 { return e.Separation.LeakagePct })
	leakageNext = separated("points", func(e *results.Embedding) float64 { return e.Separation.AdjacentLeakagePct })
)

func tailClusters() estimand {
	// Without SVHN, CIFAR-10-LT at ρ = ρ_U = 100 takes its place.
	base := plus(paper.ResNet32("Figure 1", paper.SVHN, 50, 0, "CE"+paper.Embedding), paper.ResNet32("Figure 1", paper.CIFAR10, 100, 0, "CE"+paper.Embedding))
	with := minus(paper.ResNet32("Figure 1", paper.SVHN, 50, 50, "CE"+paper.WithDU+paper.Embedding), paper.ResNet32("Figure 1", paper.CIFAR10, 100, 100, "CE"+paper.WithDU+paper.Embedding))
	q := Quantity{base, with}
	c := []cell{{"Figure 1", "figure1", q}}
	silhouette := []cell{{"Figure 1", "figure1", Quantity{{-1, base.Keys, false}, {1, with.Keys, false}}}}
	return estimand{claim: "S13", measure: tailError, cells: c,
		what: "error(CE) − error(CE + D_U@5x) on test images of tail classes, each given to the class whose 5 nearest labeled training images are nearest on average, in the trunk's features",
		secondary: []secondary{
			{label: "by the nearest training image", cells: c, measure: tailOneNN},
			{label: "silhouette of the tail classes, change", cells: silhouette, measure: tailSilho},
		}}
}

func simpleProcedure() estimand {
	e := estimand{claim: "S16", measure: errorLast, noWorse: true,
		what: "error(with another ω or a confidence threshold) − error(ω = 1, no threshold), ρ = ρ_U = 50: the simple procedure suffices where this is above −0.5 points or too small to matter"}
	simple := paper.ResNet32("Table 1a", paper.CIFAR10, 50, 50, "CE"+paper.WithDU)
	var variants []string
	for _, omega := range paper.Omegas {
		variants = append(variants, paper.Omega(omega))
	}
	for _, least := range paper.Thresholds {
		variants = append(variants, paper.Threshold(least))
	}
	for _, variant := range variants {
		e.cells = append(e.cells, cell{strings.TrimPrefix(variant, ", "), "S16", Quantity{plus(at50("CE" + paper.WithDU + variant)), minus(simple)}})
	}
	return e
}
