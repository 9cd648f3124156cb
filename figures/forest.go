package figures

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// gain is one row of the forest plot: the error of base minus the error of with.
type gain struct {
	comparison
	group    string // heading of this and its neighbors
	name     string
	core     bool // drawn even if nothing is measured
	adjusted bool // with is the base itself, logit-adjusted
}

// points returns the gain of one replicate in percentage points; false: there is none.
func (g gain) points(base, with *results.Result) (float64, bool) {
	if !g.adjusted {
		return base.LastErrorPct - with.LastErrorPct, true
	}
	if with.AdjustedErrorPct == nil {
		return 0, false
	}
	return base.LastErrorPct - *with.AdjustedErrorPct, true
}

// gainsPerPage is the number of rows per forest plot, if no group is longer.
const gainsPerPage = 28

// GainForest returns figures of published and measured gains. Gains of unlabeled data are
// over plain training and over equal steps, those of self-supervised pre-training over
// none and over supervised pre-training, those of deferred rules over CE. Rows that were
// not run are left out, except the core at ρ = 100. The first figure holds CIFAR-10-LT
// at ρ = 100; more follow if many cells were run.
func GainForest(plan results.Plan, res map[string]*results.Result) []*Figure {
	m := index(plan, res)
	rows := forestRows(m)
	var out []*Figure
	for len(rows) > 0 || out == nil {
		n := 0 // whole groups
		for n < len(rows) {
			end := n + 1
			for end < len(rows) && rows[end].group == rows[n].group {
				end++
			}
			if n > 0 && (end > gainsPerPage || (out == nil && rows[n].rank() > 0)) {
				break
			}
			n = end
		}
		f := forest(plan, m, rows[:n])
		f.Name = page("gains", len(out))
		if out == nil {
			f.Section = "claims"
		}
		out, rows = append(out, f), rows[n:]
	}
	return out
}

func forest(plan results.Plan, m measured, rows []gain) *Figure {
	f := &Figure{
		Title: "Gains, published and measured",
		Caption: "Error of what a method is compared with minus error of the method, in percentage points, last epoch. Diamonds: published (one run per cell as far as is known, presumably at the best epoch on the test set). " +
			"Circles: measured, mean over n replicates with a 95 % interval (Student's t) where n is at least 2, an arrow where it leaves the panel, each pair at its best grade, of a variant of a profile its own runs first. (S): the paper's data with another pool, size, network or schedule; (T), hollow: stand-in data or short runs, which say nothing about the paper's own. " +
			"Logit-adjusted: the same run with the log class shares subtracted from its logits, without further training.",
	}
	lines := 0
	for i, g := range rows {
		if i == 0 || g.group != rows[i-1].group {
			lines++
		}
		lines++
	}
	p := newGains("error reduction, percentage points", lines)
	var alt []string
	var drawn []*results.Result
	type kind struct{ hollow, standIn bool }
	var kinds []kind // of the drawn data
	inside := printMark
	inside.Radius = vg.Points(1.5)
	for i, g := range rows {
		if i == 0 || g.group != rows[i-1].group {
			p.heading(g.group)
		}
		p.row(g.name)
		text := g.group + ", " + g.name + ":"
		printed, inPrint := printedGain(g.comparison)
		inPrint = inPrint && !g.adjusted
		if inPrint {
			text += fmt.Sprintf(" published %.2f,", printed)
		}
		var gains []float64
		grade, standIn, variant := results.GradePaper, false, ""
		m.paired(g.base, g.with, func(_ int, base, with *results.Result) {
			x, ok := g.points(base, with)
			if !ok {
				return
			}
			gains, drawn = append(gains, x), append(drawn, with)
			grade = grade.Weaker(with.Grade)
			standIn = standIn || with.StandIn()
			if with.Settings.Variant != "" {
				variant = ", variant"
			}
		})
		n := "not run"
		if len(gains) > 0 {
			f.addKeys(g.base, g.with)
			e := stats.MeanEffect(gains, 0.05)
			p.effect(e, grade)
			if k := (kind{grade == results.GradeStandIn, standIn}); !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
			n = fmt.Sprintf("n = %d", e.N)
			if grade != results.GradePaper {
				n += fmt.Sprintf(" (%s%s)", grade, variant)
			}
			text += fmt.Sprintf(" measured %s (%s)", minus(fmt.Sprintf("%.2f", e.Mean)), n)
		} else {
			text += " not run"
		}
		if inPrint { // on top of the circle, which is wider
			p.mark(printed, inside)
		}
		p.note(n)
		alt = append(alt, text)
	}
	f.Panels = [][]*plot.Plot{{p.finish()}}
	f.legend = []entry{{"published", sample{marker: inside}}}
	for _, k := range kinds {
		name, shape := "measured, paper's data", measuredMark(0, results.GradePaper)
		if k.hollow {
			name, shape = "measured, grade T", measuredMark(0, results.GradeStandIn)
		}
		if k.standIn {
			name = "measured, stand-in data"
		}
		f.legend = append(f.legend, entry{name, sample{marker: shape}})
	}
	if slices.ContainsFunc(drawn, func(r *results.Result) bool { return r.Grade == results.GradeReported }) {
		f.Caption += " (R): brought with --reported, not run here."
	}
	f.Caption += dataNote(plan, drawn)
	f.marginRight = gainsMargin
	f.Height = vg.Length(lines)*10 + 40
	f.Alt = "Gains in points of error. " + strings.Join(alt, "; ") + "."
	return f
}

// printedGain returns the published gain, and whether both of its numbers are published.
func printedGain(g comparison) (float64, bool) {
	base, okBase := paper.Find(g.base)
	with, okWith := paper.Find(g.with)
	return base.Value - with.Value, okBase && okWith
}

// forestRows returns the comparisons that were run, and the core ones.
func forestRows(m measured) []gain {
	var unlabeled, pretrained, rules []gain
	for _, c := range comparisons() {
		k := c.with
		core := c.rank() == 0 && c.base.Method == "CE"
		control := k
		control.Source = paper.SourceControl
		where := k
		where.RhoU = 0
		group := cellName(where)
		if k.Network != "ResNet-32" { // Table 3 has two
			group += ", " + k.Network
		}
		switch {
		case k.RhoU != 0:
			at := ", ρ_U = " + number(k.RhoU)
			unlabeled = append(unlabeled, gain{comparison: c, group: group, name: "over " + c.base.Method + at, core: core && (k.RhoU == k.Rho || k.RhoU == 1)})
			control.Method = c.base.Method + paper.EqualSteps
			if m[control] == nil {
				control.RhoU = 0 // one control serves every ρ_U: D_U@5x has the same size
			}
			unlabeled = append(unlabeled, gain{comparison: comparison{control, k}, group: group, name: "over equal steps" + at, core: core && k.RhoU == k.Rho})
		default:
			pretrained = append(pretrained, gain{comparison: c, group: group, name: "over " + c.base.Method, core: core})
			control.Method = c.base.Method + paper.WarmStart
			pretrained = append(pretrained, gain{comparison: comparison{control, k}, group: group, name: "over warm start", core: core})
		}
	}
	for _, method := range []string{"CE", "CE-DRW", "LDAM-DRW"} { // gains against imbalance without more data
		for _, n := range paper.Numbers() {
			k := n.Key
			if k.Source != "Table 2" || k.Method != method {
				continue
			}
			base := k
			base.Method = "CE"
			g := gain{comparison: comparison{base, k}, group: cellName(k), name: "over CE", adjusted: k == base}
			if g.adjusted {
				k.Method += ", logit-adjusted"
				g.group = cellName(k)
			}
			rules = append(rules, g)
		}
	}
	rows := slices.DeleteFunc(slices.Concat(unlabeled, pretrained, rules), func(g gain) bool {
		run := false
		m.paired(g.base, g.with, func(_ int, base, with *results.Result) {
			_, ok := g.points(base, with)
			run = run || ok
		})
		return !run && !g.core
	})
	slices.SortStableFunc(rows, func(a, b gain) int { return a.rank() - b.rank() })
	return rows
}
