package report

import (
	"fmt"
	"math"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// This file says, as data, which number of which cells decides which claim
// (claims.md; the primary ones are paper.Estimands). Every quantity is written
// so that it is positive where the claim is right.

// measure is what is read off one result, and off print where print has it.
type measure struct {
	unit  string
	of    func(*results.Result) float64 // NaN where the result does not hold it
	print bool                          // the printed errors hold it too
}

var (
	errorLast = measure{"points", func(r *results.Result) float64 { return r.LastErrorPct }, true}
	errorBest = measure{"points", func(r *results.Result) float64 { return r.BestErrorPct }, true}
	// Total variation between predicted and true class shares, in hundredths.
	labelBias = measure{"points of total variation", func(r *results.Result) float64 {
		if r.LabelBias == nil {
			return math.NaN()
		}
		return 100 * *r.LabelBias
	}, false}
	// Slope of the classes' errors on ln(class size).
	classSlope = measure{"points per unit of ln n_c", func(r *results.Result) float64 {
		var x, y []float64
		for c, e := range r.PerClassErrorPct {
			if e != nil && c < len(r.LabelledCounts) && r.LabelledCounts[c] > 0 {
				x, y = append(x, math.Log(float64(r.LabelledCounts[c]))), append(y, *e)
			}
		}
		return stats.Slope(x, y)
	}, false}
)

// term is a weighted number of one cell: of the first of its keys that was
// run. A sum of terms is a quantity.
type term struct {
	weight float64
	keys   []paper.Key
}

type quantity []term

// cell is one comparison of a claim about every cell.
type cell struct {
	name, block string
	value       quantity
}

// line is one series of a claim about a tendency: the slope of the points, or
// a quantity that is itself a slope.
type line struct {
	name   string
	points []point
	slope  quantity
	span   float64 // of the abscissa in print
}

type point struct {
	x     float64
	value quantity
}

// estimand is one quantity that decides a claim.
type estimand struct {
	claim   string
	against string // as paper.Estimand
	what    string
	rule    string // of paper's Rule constants: ALL, TREND or SIZE
	measure measure
	unit    string // of a trend's slope
	cells   []cell
	lines   []line
	size    float64 // SIZE: the printed phrase, points
	beside  []beside
}

// beside is a number that stands beside an estimand without deciding it.
type beside struct {
	label string
	value func(r *runs, replicate int) float64 // NaN where it was not run
	unit  string
	share bool // a share has no sign
}

// improving is the share of classes, in percent, whose error is lower with a
// method than without, over the lines that were run; a line's slope is minus
// its base's term plus its method's.
func improving(lines []line) func(*runs, int) float64 {
	return func(r *runs, replicate int) float64 {
		better, classes := 0.0, 0.0
		for _, l := range lines {
			base, with := r.term(l.slope[0], replicate), r.term(l.slope[1], replicate)
			if base == nil || with == nil || len(base.PerClassErrorPct) != len(with.PerClassErrorPct) {
				continue
			}
			for c, e := range base.PerClassErrorPct {
				if f := with.PerClassErrorPct[c]; e != nil && f != nil {
					classes++
					if *f < *e {
						better++
					}
				}
			}
		}
		return 100 * better / classes // NaN without classes
	}
}

// meanOf averages those cells that were run in a replicate.
func meanOf(cells []cell, m measure) func(*runs, int) float64 {
	return func(r *runs, replicate int) float64 {
		sum, n := 0.0, 0.0
		for _, c := range cells {
			if x := r.number(c.value, m, replicate); !math.IsNaN(x) {
				sum += x
				n++
			}
		}
		return sum / n // NaN without cells
	}
}

// relativeSlope is the mean slope in ln ρ of the gain as a share of the base's
// error, in percent; the points are those of S4.
func relativeSlope(lines []line) func(*runs, int) float64 {
	return func(r *runs, replicate int) float64 {
		sum, n := 0.0, 0.0
		for _, l := range lines {
			var x, y []float64
			for _, p := range l.points {
				gain, base := r.number(p.value, errorLast, replicate), r.number(p.value[:1], errorLast, replicate)
				if !math.IsNaN(gain) && base > 0 {
					x, y = append(x, p.x), append(y, 100*gain/base)
				}
			}
			if len(x) >= 2 {
				sum += stats.Slope(x, y)
				n++
			}
		}
		return sum / n
	}
}

const (
	cifar10  = "CIFAR-10-LT"
	cifar100 = "CIFAR-100-LT"
	svhn     = "SVHN-LT"
)

var rhos = []float64{100, 50, 10}

// key is a cell of ResNet-32.
func key(source, dataset string, rho, rhoU float64, method string) paper.Key {
	return paper.Key{Source: source, Dataset: dataset, Rho: rho, RhoU: rhoU, Method: method, Network: "ResNet-32"}
}

func plus(k ...paper.Key) term  { return term{1, k} }
func minus(k ...paper.Key) term { return term{-1, k} }

// unlabeledCell is one cell of Table 1 with D_U@5x, its base and its control.
type unlabeledCell struct {
	dataset, base string
	rho, rhoU     float64
	rank          int // of rhoU among ρ_U = 1, ρ/2, ρ, 2ρ
	with, plain   paper.Key
	equalSteps    []paper.Key // D_U@5x has the same size for every ρ_U, so one control may serve all
}

func (u unlabeledCell) name() string {
	return fmt.Sprintf("%s %s ρ=%g ρ_U=%g", u.base, u.dataset, u.rho, u.rhoU)
}

func (u unlabeledCell) block() string { return fmt.Sprintf("%s|%s|%g", u.dataset, u.base, u.rho) }

func table1() []unlabeledCell {
	var all []unlabeledCell
	for _, t := range []struct{ source, dataset string }{{"Table 1a", cifar10}, {"Table 1b", svhn}} {
		for _, base := range []string{"CE", "LDAM-DRW"} {
			for _, rho := range rhos {
				for rank, rhoU := range paper.RhoUs(rho) {
					control := key(paper.SourceControl, t.dataset, rho, rhoU, base+", equal steps")
					any := control
					any.RhoU = 0
					all = append(all, unlabeledCell{
						dataset: t.dataset, base: base, rho: rho, rhoU: rhoU, rank: rank,
						with:       key(t.source, t.dataset, rho, rhoU, base+" + D_U@5x"),
						plain:      key(t.source, t.dataset, rho, 0, base),
						equalSteps: []paper.Key{control, any},
					})
				}
			}
		}
	}
	return all
}

// pretrainedCell is one cell with SSP, and what it is compared with.
type pretrainedCell struct {
	dataset, base string
	rho           float64
	with, plain   paper.Key
	warm          paper.Key
}

func (p pretrainedCell) name() string  { return fmt.Sprintf("%s %s ρ=%g", p.base, p.dataset, p.rho) }
func (p pretrainedCell) block() string { return fmt.Sprintf("%s|%s|%g", p.dataset, p.base, p.rho) }

// table2 lists the 24 cells with SSP of Table 2 and the README's six of CE.
func table2() []pretrainedCell {
	var all []pretrainedCell
	for _, dataset := range []string{cifar10, cifar100} {
		for _, base := range []string{"CE", "CB-CE", "CB-Focal", "CE-DRW", "LDAM-DRW"} {
			for _, rho := range rhos {
				p := pretrainedCell{dataset: dataset, base: base, rho: rho,
					with:  key("Table 2", dataset, rho, 0, base+" + SSP"),
					plain: key("Table 2", dataset, rho, 0, base),
					warm:  key(paper.SourceControl, dataset, rho, 0, base+" + warm start"),
				}
				if base == "CE" {
					p.with = key("README", dataset, rho, 0, "CE(Uniform) + SSP")
				}
				all = append(all, p)
			}
		}
	}
	return all
}

// estimands lists everything that this version can compute, primary claims
// first and in their fixed order. planned tells whether the plan has a cell.
func estimands(planned func(paper.Key) bool) []estimand {
	primary := map[[2]string]string{}
	for _, e := range paper.Estimands() {
		primary[[2]string{e.Claim, e.Against}] = e.Text
	}
	var all []estimand
	add := func(e estimand) {
		if text := primary[[2]string{e.claim, e.against}]; text != "" {
			e.what = text
		}
		all = append(all, e)
	}

	plain := estimand{claim: "S1", against: "plain", rule: paper.RuleAll, measure: errorLast}
	equal := estimand{claim: "S1", against: "equal-step", rule: paper.RuleAll, measure: errorLast}
	ldam := estimand{claim: "S8", rule: paper.RuleAll, measure: errorLast, what: "S1 against the plain baseline, LDAM-DRW only"}
	bias := estimand{claim: "S7", rule: paper.RuleAll, measure: labelBias}
	byRho := map[string]*line{}  // S4: group × rank of ρ_U
	byRhoU := map[string]*line{} // S5: group × ρ
	perClass := estimand{claim: "S10", rule: paper.RuleTrend, measure: classSlope, unit: "points per unit of ln n_c",
		what: "by how much more the error of small classes falls: slope of the class's gain from D_U@5x in −ln n_c"}
	s4 := estimand{claim: "S4", rule: paper.RuleTrend, measure: errorLast, unit: "points per unit of ln ρ"}
	s5 := estimand{claim: "S5", rule: paper.RuleTrend, measure: errorLast, unit: "points per unit of ln ρ_U"}
	var order4, order5 []string
	for _, u := range table1() {
		gain := quantity{plus(u.plain), minus(u.with)}
		plain.cells = append(plain.cells, cell{u.name(), u.block(), gain})
		equal.cells = append(equal.cells, cell{u.name(), u.block(), quantity{plus(u.equalSteps...), minus(u.with)}})
		bias.cells = append(bias.cells, cell{u.name(), u.block(), quantity{plus(u.equalSteps...), minus(u.with)}})
		if u.base == "LDAM-DRW" {
			ldam.cells = append(ldam.cells, cell{u.name(), u.block(), gain})
		}
		perClass.lines = append(perClass.lines, line{name: u.name(), slope: quantity{minus(u.plain), plus(u.with)}, span: math.Log(u.rho)})

		rankName := []string{"1", "ρ/2", "ρ", "2ρ"}[u.rank]
		n4 := fmt.Sprintf("%s %s ρ_U=%s", u.base, u.dataset, rankName)
		if byRho[n4] == nil {
			byRho[n4] = &line{name: n4, span: math.Log(10)} // ρ from 10 to 100
			order4 = append(order4, n4)
		}
		byRho[n4].points = append(byRho[n4].points, point{math.Log(u.rho), gain})
		n5 := fmt.Sprintf("%s %s ρ=%g", u.base, u.dataset, u.rho)
		if byRhoU[n5] == nil {
			byRhoU[n5] = &line{name: n5, span: math.Log(2 * u.rho)} // ρ_U from 1 to 2ρ
			order5 = append(order5, n5)
		}
		byRhoU[n5].points = append(byRhoU[n5].points, point{math.Log(u.rhoU), quantity{plus(u.with)}})
	}
	for _, n := range order4 {
		s4.lines = append(s4.lines, *byRho[n])
	}
	s4.beside = []beside{{"relative gain", relativeSlope(s4.lines), "% of the base's error per unit of ln ρ", false}}
	s6 := estimand{claim: "S6", rule: paper.RuleTrend, measure: errorLast, unit: "points per unit of ln ρ_U and of ln ρ",
		what: "interaction contrast: slope in ln ρ of the slope of the error in ln ρ_U"}
	groups := map[string]int{}
	for _, n := range order5 {
		l := *byRhoU[n]
		s5.lines = append(s5.lines, l)
		group, rho, _ := strings.Cut(n, " ρ=")
		at, seen := groups[group]
		if !seen {
			at = len(s6.lines)
			groups[group] = at
			s6.lines = append(s6.lines, line{name: group, span: math.Log(10)})
		}
		var r float64
		fmt.Sscan(rho, &r)
		s6.lines[at].points = append(s6.lines[at].points, point{math.Log(r), slopeOf(l.points)})
	}
	add(plain)
	add(equal)
	add(s4)
	add(s5)
	add(bias)

	warm := estimand{claim: "F7", rule: paper.RuleAll, measure: errorLast}
	ssp := estimand{claim: "P1", rule: paper.RuleAll, measure: errorLast}
	grows := estimand{claim: "P3", rule: paper.RuleTrend, measure: errorLast, unit: "points per unit of ln ρ"}
	sspClass := estimand{claim: "P10", rule: paper.RuleTrend, measure: classSlope, unit: "points per unit of ln n_c",
		what: "by how much more the error of small classes falls: slope of the class's gain from SSP in −ln n_c, CIFAR-10-LT"}
	any := estimand{claim: "P2", rule: paper.RuleAll, measure: errorLast, what: "SSP's gain over the same rule, all eight rules of Table 2"}
	lines := map[string]int{}
	var longer, others []cell // beside F7 and P1
	competitor := map[string]string{"CB-CE": "CE", "CB-Focal": "Focal", "CE-DRW": "CE-DRS", "LDAM-DRW": "LDAM"}
	for _, p := range table2() {
		gain := quantity{plus(p.plain), minus(p.with)}
		ssp.cells = append(ssp.cells, cell{p.name(), p.block(), gain})
		any.cells = append(any.cells, cell{p.name(), p.block(), gain})
		longer = append(longer, cell{p.name(), p.block(), quantity{plus(key(paper.SourceControl, p.dataset, p.rho, 0, p.base+", twice the epochs")), minus(p.with)}})
		if other := competitor[p.base]; other != "" {
			others = append(others, cell{p.name(), p.block(), quantity{plus(key("Table 2", p.dataset, p.rho, 0, other)), minus(p.with)}})
		}
		if planned(p.warm) {
			warm.cells = append(warm.cells, cell{p.name(), p.block(), quantity{plus(p.warm), minus(p.with)}})
		}
		n := p.base + " " + p.dataset
		if _, seen := lines[n]; !seen {
			lines[n] = len(grows.lines)
			grows.lines = append(grows.lines, line{name: n, span: math.Log(10)})
		}
		l := &grows.lines[lines[n]]
		l.points = append(l.points, point{math.Log(p.rho), gain})
		if p.dataset == cifar10 {
			sspClass.lines = append(sspClass.lines, line{name: p.name(), slope: quantity{minus(p.plain), plus(p.with)}, span: math.Log(p.rho)})
		}
	}
	for _, dataset := range []string{cifar10, cifar100} {
		for _, base := range []string{"Focal", "CE-DRS", "LDAM"} { // no SSP row in print
			for _, rho := range rhos {
				p := pretrainedCell{dataset: dataset, base: base, rho: rho}
				any.cells = append(any.cells, cell{p.name(), p.block(), quantity{
					plus(key("Table 2", dataset, rho, 0, base)), minus(key(paper.SourceControl, dataset, rho, 0, base+" + SSP"))}})
			}
		}
	}
	warm.beside = []beside{{"over supervised training for twice the epochs", meanOf(longer, errorLast), "points", false}}
	ssp.beside = []beside{{"over the other competitor of the group", meanOf(others, errorLast), "points", false}}
	add(warm)
	add(ssp)
	add(grows)

	large := estimand{claim: "L1", rule: paper.RuleAll, measure: errorLast}
	best := estimand{claim: "L2", rule: paper.RuleSize, measure: errorBest, size: 4, what: "SSP's gain over cRT, best epoch"}
	for _, e := range paper.GainsOfSSPLarge() {
		c := cell{fmt.Sprintf("%s %s %s", e.Base.Method, e.Key.Dataset, e.Key.Network), e.Key.Dataset + e.Key.Network, quantity{plus(e.Base), minus(e.Key)}}
		large.cells = append(large.cells, c)
		if e.Base.Method == "cRT" {
			best.cells = append(best.cells, c)
		}
	}
	add(large)

	add(estimand{claim: "F2", rule: paper.RuleTrend, measure: labelBias, unit: "points of total variation per unit of ln ρ",
		what: "mean slope in ln ρ of the label bias of CE: total variation between predicted and true class shares",
		lines: []line{{name: "CE CIFAR-10-LT", span: math.Log(100), points: []point{
			{0, quantity{plus(key(paper.SourceControl, cifar10, 1, 0, "CE"))}},
			{math.Log(10), quantity{plus(key("Table 1a", cifar10, 10, 0, "CE"))}},
			{math.Log(50), quantity{plus(key("Table 1a", cifar10, 50, 0, "CE"))}},
			{math.Log(100), quantity{plus(key("Table 1a", cifar10, 100, 0, "CE"))}},
		}}}})
	for _, s := range []struct {
		claim, dataset string
		size           float64
	}{{"S2", cifar10, 10}, {"S3", svhn, 6}} {
		e := estimand{claim: s.claim, rule: paper.RuleSize, measure: errorBest, size: s.size, what: "gain of D_U@5x at ρ = 100 on " + s.dataset + ", best epoch"}
		for _, u := range table1() {
			if u.dataset == s.dataset && u.rho == 100 {
				e.cells = append(e.cells, cell{u.name(), u.block(), quantity{plus(u.plain), minus(u.with)}})
			}
		}
		add(e)
	}
	perClass.beside = []beside{{"lower error", improving(perClass.lines), "% of classes", true}}
	add(s6)
	add(ldam)
	add(perClass)
	amount := estimand{claim: "S11", rule: paper.RuleTrend, measure: errorLast, unit: "points per unit of ln(amount)",
		what:  "by how much the error falls with the amount of unlabeled data; whether the gain diminishes is not judged by this slope",
		lines: []line{{name: "CE CIFAR-10-LT ρ=50 ρ_U=50", span: math.Log(20)}}}
	for _, m := range []float64{0.5, 1, 5, 10} {
		amount.lines[0].points = append(amount.lines[0].points,
			point{math.Log(m), quantity{minus(key("Appendix E.3", cifar10, 50, 50, fmt.Sprintf("CE + D_U@%gx", m)))}})
	}
	add(amount)
	sspClass.beside = []beside{{"lower error", improving(sspClass.lines), "% of classes", true}}
	add(any)
	add(sspClass)
	add(best)
	return all
}

// slopeOf writes the least-squares slope of points as a quantity.
func slopeOf(points []point) quantity {
	var mean, sxx float64
	for _, p := range points {
		mean += p.x / float64(len(points))
	}
	for _, p := range points {
		sxx += (p.x - mean) * (p.x - mean)
	}
	var q quantity
	for _, p := range points {
		for _, t := range p.value {
			q = append(q, term{(p.x - mean) / sxx * t.weight, t.keys})
		}
	}
	return q
}
