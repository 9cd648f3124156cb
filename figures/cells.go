package figures

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
)

// measured holds the results of each cell by scale and replicate.
type measured map[paper.Key]map[runScale]map[int]*results.Result

// runScale is what a method's run and its base's have in common. A cell may have been
// run at several: by one profile here, and by another for the committed results.
type runScale struct {
	results.Scale
	profile    string // determines the recipes
	pool       string
	ownVariant bool // the variant is the plan's; none counts as one
	ownSeeds   bool // they are the plan's
}

func index(plan results.Plan, res map[string]*results.Result) measured {
	settings := settingsOf(res)
	_, set, _ := strings.Cut(plan.Profile, ":")
	m := measured{}
	for _, c := range plan.Cells {
		r := res[c.Task]
		if c.Task == "" || r == nil {
			continue
		}
		if m[c.Key] == nil {
			m[c.Key] = map[runScale]map[int]*results.Result{}
		}
		r = graded(c, r)
		s := results.ScaleOf(r.Settings, r, settings)
		at := runScale{s, c.Profile, r.PoolID(), s.Variant == set, s.Seed == plan.Seed && s.DataSeed == plan.DataSeed}
		if m[c.Key][at] == nil {
			m[c.Key][at] = map[int]*results.Result{}
		}
		if m[c.Key][at][c.Replicate] == nil { // the plan's own precedes what ships
			m[c.Key][at][c.Replicate] = r
		}
	}
	return m
}

// settingsOf returns the settings of the results by task.
func settingsOf(res map[string]*results.Result) map[string]results.Settings {
	settings := map[string]results.Settings{}
	for task, r := range res {
		if r != nil {
			settings[task] = r.Settings
		}
	}
	return settings
}

// atScale returns a cell's results at a scale. If there are none, it returns those
// without a pool, which are comparable with every pool.
func (m measured) atScale(k paper.Key, s runScale) map[int]*results.Result {
	if by := m[k][s]; by != nil {
		return by
	}
	s.pool = ""
	return m[k][s]
}

// graded returns r with the grade of the cell it is drawn for, as a copy if that differs.
func graded(c results.Cell, r *results.Result) *results.Result {
	g := c.GradeOf(r)
	if g == r.Grade {
		return r
	}
	own := *r
	own.Grade = g
	return &own
}

// tally is the grade at one scale, and the number of replicates or cells there.
type tally struct {
	grade results.Grade
	n     int
}

// preferred returns the scale to draw. It prefers the plan's variant, then the highest
// grade, then the plan's seeds, then the largest number.
func preferred(all map[runScale]tally) runScale {
	return slices.MinFunc(slices.Collect(maps.Keys(all)), func(a, b runScale) int {
		own := map[bool]int{true: 1}
		return cmp.Or(
			own[b.ownVariant]-own[a.ownVariant], cmp.Compare(all[a].grade.Rank(), all[b].grade.Rank()),
			own[b.ownSeeds]-own[a.ownSeeds], cmp.Compare(all[b].n, all[a].n),
			strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
}

// addKeys records that a figure draws results of these cells.
func (f *Figure) addKeys(keys ...paper.Key) {
	for _, k := range keys {
		if !slices.Contains(f.Keys, k) {
			f.Keys = append(f.Keys, k)
		}
	}
}

// paired calls f for every replicate that both cells have at one scale, in order. It
// uses the preferred scale at which they have any. Runs of different profiles, such as
// a committed control and one's own run, are not paired.
func (m measured) paired(a, b paper.Key, f func(replicate int, a, b *results.Result)) {
	all, both := map[runScale]tally{}, map[runScale][]int{}
	for s, rb := range m[b] {
		for r, with := range rb {
			if m.atScale(a, s)[r] != nil {
				both[s] = append(both[s], r)
				all[s] = tally{with.Grade, len(both[s])}
			}
		}
	}
	if len(all) == 0 {
		return
	}
	s := preferred(all)
	slices.Sort(both[s])
	for _, r := range both[s] {
		f(r, m.atScale(a, s)[r], m[b][s][r])
	}
}

// scales returns one scale per grade at which some of the cells were run: the preferred
// one of each grade, in order of preference.
func (m measured) scales(keys []paper.Key) []runScale {
	all := map[runScale]tally{}
	for _, k := range keys {
		for s, by := range m[k] {
			for _, r := range by {
				all[s] = tally{r.Grade, all[s].n}
			}
			all[s] = tally{all[s].grade, all[s].n + 1}
		}
	}
	var scales []runScale
	for len(all) > 0 {
		s := preferred(all)
		grade := all[s].grade
		scales = append(scales, s)
		maps.DeleteFunc(all, func(_ runScale, f tally) bool { return f.grade == grade })
	}
	return scales
}

// comparison is a method and the base that it is to improve on.
type comparison struct{ base, with paper.Key }

// rank returns 0 for CIFAR-10-LT at ρ = 100, which comes first, and 1 for all else.
func (c comparison) rank() int {
	if c.with.Dataset == paper.CIFAR10 && c.with.Rho == 100 {
		return 0
	}
	return 1
}

// drawing is what pages shows of a comparison or of a single run.
type drawing struct {
	keys   []paper.Key // of the plan's cells; nil: other runs
	panels []*plot.Plot
	alt    string
	drawn  []*results.Result // of the method, not of its base
}

// comparisons returns the published pairs of method and base, CIFAR-10-LT at ρ = 100
// first. It leaves out Appendix E.3 and rows of the README that repeat Table 2.
func comparisons() []comparison {
	var all []comparison
	for _, n := range paper.Numbers() {
		base, ok := paper.BaseOf(n.Key)
		if ok && strings.HasPrefix(n.Unit, "top1_error") && n.Source != "Appendix E.3" &&
			(n.Source != "README" || strings.Contains(n.Method, "Uniform")) {
			all = append(all, comparison{base, n.Key})
		}
	}
	slices.SortStableFunc(all, func(a, b comparison) int { return a.rank() - b.rank() })
	return all
}

// panelOrder compares cells for the order of panels: by data set, then ρ descending, then
// sweeps over D_U last, by their levels. Other cells are equal: a stable sort keeps
// them as in the plan.
func panelOrder(a, b paper.Key) int {
	level := func(k paper.Key) (relevance, rhoU float64) {
		if _, relevance = paper.ParseMethod(k.Method).Relevance(); relevance >= 0 {
			rhoU = k.RhoU
		}
		return relevance, rhoU
	}
	relevanceA, rhoUA := level(a)
	relevanceB, rhoUB := level(b)
	return cmp.Or(
		cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(b.Rho, a.Rho),
		cmp.Compare(relevanceA, relevanceB), cmp.Compare(rhoUA, rhoUB))
}

// leading returns the comparisons to show class by class: one per method and data set,
// at the largest ρ that was run, with ρ_U = ρ if that was run.
func (m measured) leading() []comparison {
	var all []comparison
	for _, c := range comparisons() {
		ran := false
		m.paired(c.base, c.with, func(int, *results.Result, *results.Result) { ran = true })
		if !ran {
			continue
		}
		at := slices.IndexFunc(all, func(o comparison) bool {
			return o.with.Dataset == c.with.Dataset && o.with.Method == c.with.Method
		})
		switch {
		case at < 0:
			all = append(all, c)
		case c.with.Rho > all[at].with.Rho, c.with.Rho == all[at].with.Rho && c.with.RhoU == c.with.Rho:
			all[at] = c
		}
	}
	return all
}

// cellName returns a cell's title in a figure, where the README's CE(Uniform) is Table 2's
// CE.
func cellName(k paper.Key) string {
	k.Method = strings.Replace(k.Method, "CE(Uniform)", "CE", 1)
	if s := k.Setting(); s != "" {
		return k.Method + ", " + s
	}
	return k.Method
}

// scaleNote returns the end of a title, which names one difference from the paper's
// data and size; "" if there is none.
func scaleNote(r *results.Result) string {
	switch {
	case r.StandIn():
		return ", stand-in"
	case r.Grade == results.GradeStandIn:
		return ", grade T"
	case r.Settings.Variant != "":
		return ", variant"
	case r.Grade == results.GradeSimilar:
		return fmt.Sprintf(", n_max = %d", r.Settings.NMax)
	}
	return ""
}

// dataNote returns a caption's sentence on the data of the drawn results that titles
// leave out; "" if there are none in the plan.
func dataNote(plan results.Plan, drawn []*results.Result) string {
	unnamed := false
	var parts []string
	for _, c := range plan.Cells {
		i := slices.IndexFunc(drawn, func(r *results.Result) bool { return c.Task != "" && r.Task == c.Task })
		if i < 0 {
			continue
		}
		if !drawn[i].StandIn() {
			unnamed = unnamed || c.Dataset == paper.CIFAR10
		} else if part := c.Data + " as the stand-in"; c.Data != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if unnamed {
		parts = slices.Insert(parts, 0, paper.CIFAR10+" where no set is named")
	}
	if parts == nil {
		return ""
	}
	return " Data: " + strings.Join(parts, ", ") + "."
}

// page returns the name of page i of a kind of figure: "per-class", "per-class-2".
func page(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i+1)
}

// pages returns figures of all, perPage elements each. They have two panels per row
// of height row, and foot for the legend. newPage returns page i with the first words
// of Alt.
func pages(plan results.Plan, all []drawing, perPage int, row, foot vg.Length, newPage func(i int) *Figure) []*Figure {
	var out []*Figure
	for shown := range slices.Chunk(all, perPage) {
		f := newPage(len(out))
		var panels []*plot.Plot
		var alt []string
		var drawn []*results.Result
		for _, c := range shown {
			panels, alt, drawn = append(panels, c.panels...), append(alt, c.alt), append(drawn, c.drawn...)
			f.addKeys(c.keys...)
		}
		f.Caption += dataNote(plan, drawn)
		f.Panels = inPairs(panels)
		f.Height = vg.Length(len(f.Panels))*row + foot
		f.Alt += " " + strings.Join(alt, "; ") + "."
		out = append(out, f)
	}
	return out
}

// inPairs returns panels in rows of two; a single one takes the whole width.
func inPairs(panels []*plot.Plot) [][]*plot.Plot {
	if len(panels) == 1 {
		return [][]*plot.Plot{{panels[0]}}
	}
	var rows [][]*plot.Plot
	for i, p := range panels {
		if i%2 == 0 {
			rows = append(rows, make([]*plot.Plot, 2))
		}
		rows[i/2][i%2] = p
	}
	return rows
}

// notRun returns the note of a panel of the cells that draws accepts: the command that
// runs them, or why they cannot be run.
func notRun(plan results.Plan, draws func(paper.Key) bool) note {
	n := note{heading: "not run", body: "not among this plan's cells; on the official files they are run by",
		command: results.Selection{Profile: "desktop", DataDir: results.AnyDir}.Command()}
	for _, c := range plan.Cells {
		if !draws(c.Key) {
			continue
		}
		if c.Task != "" && c.Profile == plan.Profile {
			return note{heading: "not run", body: "to run it:", command: partCommand(plan, c)}
		}
		if c.Reason != "" { // it names the command, if any
			n.body, n.command = c.Reason, ""
		}
	}
	return n
}

// partCommand returns the command that runs the whole table or figure of a cell, with
// the plan's data and seeds; "" if the cell cannot be run.
func partCommand(plan results.Plan, c results.Cell) string {
	if c.Task == "" {
		return ""
	}
	return plan.Part(cmp.Or(c.Part, results.ShortHash(c.Task))).Command()
}
