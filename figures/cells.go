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

// measured are the results of each cell by scale and replicate.
type measured map[paper.Key]map[runScale]map[int]*results.Result

// runScale is what a method and its base share. A cell may have been run at more
// than one: here by a profile, and by another one for the committed results.
type runScale struct {
	results.Scale
	profile string // stands for its recipes
	pool    string
	own     bool // of the plan's variant of a profile, or of none as the plan
	seeds   bool // the plan's
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
		if m[c.Key][at][c.Replicate] == nil { // the plan's own stands before what ships
			m[c.Key][at][c.Replicate] = r
		}
	}
	return m
}

// settingsOf are those of the results by task.
func settingsOf(res map[string]*results.Result) map[string]results.Settings {
	settings := map[string]results.Settings{}
	for task, r := range res {
		if r != nil {
			settings[task] = r.Settings
		}
	}
	return settings
}

// beside are a cell's results that stand beside others at a scale: what needs no pool
// stands beside every one.
func (m measured) beside(k paper.Key, s runScale) map[int]*results.Result {
	if by := m[k][s]; by != nil {
		return by
	}
	s.pool = ""
	return m[k][s]
}

// graded is a result with the grade of the cell that it is drawn for.
func graded(c results.Cell, r *results.Result) *results.Result {
	g := c.GradeOf(r)
	if g == r.Grade {
		return r
	}
	own := *r
	own.Grade = g
	return &own
}

// found is what there is at one scale.
type found struct {
	grade results.Grade
	n     int
}

// nearest is a scale of the plan's own, as far as there is one: of those that of the
// grade nearest to print, then with the plan's own seeds, and then the one with most
// results.
func nearest(all map[runScale]found) runScale {
	return slices.MinFunc(slices.Collect(maps.Keys(all)), func(a, b runScale) int {
		first := func(a, b bool) int {
			if a == b {
				return 0
			}
			return map[bool]int{true: -1, false: 1}[a]
		}
		return cmp.Or(
			first(a.own, b.own), cmp.Compare(all[a].grade.Rank(), all[b].grade.Rank()),
			first(a.seeds, b.seeds), cmp.Compare(all[b].n, all[a].n),
			strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
}

// shows notes that a figure draws results of these cells.
func (f *Figure) shows(keys ...paper.Key) {
	for _, k := range keys {
		if !slices.Contains(f.Keys, k) {
			f.Keys = append(f.Keys, k)
		}
	}
}

// paired calls f for every replicate that both keys have at one scale, the
// nearest to print at which they have any, in order. A committed control is no
// match for another profile's run.
func (m measured) paired(a, b paper.Key, f func(replicate int, a, b *results.Result)) {
	all, both := map[runScale]found{}, map[runScale][]int{}
	for s, rb := range m[b] {
		for r, with := range rb {
			if m.beside(a, s)[r] != nil {
				both[s] = append(both[s], r)
				all[s] = found{with.Grade, len(both[s])}
			}
		}
	}
	if len(all) == 0 {
		return
	}
	s := nearest(all)
	slices.Sort(both[s])
	for _, r := range both[s] {
		f(r, m.beside(a, s)[r], m[b][s][r])
	}
}

// scales are those at which some of the cells were run, one a grade, the nearest to
// print first: of a grade that with most of the cells.
func (m measured) scales(keys []paper.Key) []runScale {
	all := map[runScale]found{}
	for _, k := range keys {
		for s, by := range m[k] {
			for _, r := range by {
				all[s] = found{r.Grade, all[s].n}
			}
			all[s] = found{all[s].grade, all[s].n + 1}
		}
	}
	var scales []runScale
	for len(all) > 0 {
		s := nearest(all)
		grade := all[s].grade
		scales = append(scales, s)
		maps.DeleteFunc(all, func(_ runScale, f found) bool { return f.grade == grade })
	}
	return scales
}

// comparison is a method beside the one that it is to improve on.
type comparison struct{ base, with paper.Key }

// rank is 0 of CIFAR-10-LT at ρ = 100, which stands before all else, of rank 1.
func (c comparison) rank() int {
	if c.with.Dataset == paper.CIFAR10 && c.with.Rho == 100 {
		return 0
	}
	return 1
}

// compared is a comparison, or a run alone, as it is drawn and in words.
type compared struct {
	keys   []paper.Key // of the plan's cells; nil: other runs
	panels []*plot.Plot
	alt    string
	drawn  []*results.Result // of the method alone
}

// comparisons lists the pairs in print, those of CIFAR-10-LT at ρ = 100 first;
// rows of the README that repeat Table 2 are left out.
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

// inOrder compares cells as panels are ordered: by data set, of each the largest ρ
// first, and last the sweeps over D_U, by their levels. The rest is as in the plan, to a
// stable sort.
func inOrder(a, b paper.Key) int {
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

// leading lists the comparisons to show class by class: of each method on each
// data set the one that was run at the largest ρ, with ρ_U = ρ if that was run.
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

// methodName is a method as figures name it: the README's plain
// cross-entropy is Table 2's CE.
func methodName(method string) string { return strings.Replace(method, "CE(Uniform)", "CE", 1) }

// cellName is a cell's title in a figure.
func cellName(k paper.Key) string {
	if s := k.Setting(); s != "" {
		return methodName(k.Method) + ", " + s
	}
	return methodName(k.Method)
}

// scaleNote stands behind a title where what is drawn is not the paper's own data
// in full.
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

// dataNote is the sentence of a caption on the data of the results that are drawn, which
// titles leave out; "" where the plan has none of them.
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

// page names the figure that holds page i of a kind: "per-class", "per-class-2".
func page(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i+1)
}

// pages sets what is drawn on figures, so much on each, two panels a row of that height
// over a foot for the legend. blank is page i, with the first words of Alt.
func pages(plan results.Plan, all []compared, perPage int, row, foot vg.Length, blank func(i int) *Figure) []*Figure {
	var out []*Figure
	for shown := range slices.Chunk(all, perPage) {
		f := blank(len(out))
		var panels []*plot.Plot
		var alt []string
		var drawn []*results.Result
		for _, c := range shown {
			panels, alt, drawn = append(panels, c.panels...), append(alt, c.alt), append(drawn, c.drawn...)
			f.shows(c.keys...)
		}
		f.Caption += dataNote(plan, drawn)
		f.Panels = inPairs(panels)
		f.Height = vg.Length(len(f.Panels))*row + foot
		f.Alt += " " + strings.Join(alt, "; ") + "."
		out = append(out, f)
	}
	return out
}

// inPairs sets panels two a row; a single one takes the whole width.
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

// notRun is the note of a panel that draws the given cells: how they are run, or
// why they cannot be.
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
		if c.Reason != "" { // which names the command, if any
			n.body, n.command = c.Reason, ""
		}
	}
	return n
}

// partCommand runs the whole table or figure that a cell belongs to, with the
// plan's data and seeds.
func partCommand(plan results.Plan, c results.Cell) string {
	if c.Task == "" {
		return ""
	}
	return plan.Part(cmp.Or(c.Part, results.ShortHash(c.Task))).Command()
}
