package tables

import (
	"cmp"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

// Entry is one number of a table: its published value, its measurements, and what is
// still open in the plan.
type Entry struct {
	Key     paper.Key
	Printed *paper.Number  // nil: not published
	Groups  []Group        // measurements, by grade from P on; nothing is pooled across groups
	Open    []results.Cell // planned replicates without a result, and cells that cannot be run

	failures int // number of Open that failed
	plan     results.Plan
	res      map[string]*results.Result
}

// Group holds the replicates of one cell that were run under the same conditions.
type Group struct {
	Grade      results.Grade
	Data       string   // the data used
	Marks      []string // how it differs from the paper
	Runs       []Run    // by replicate
	Last, Best Summary  // error in percent: last epoch, best on test
	Balanced   Summary  // mean of the classes' errors, last epoch, percent
	Adjusted   Summary  // last epoch, with the log priors subtracted from the logits, percent
	BestEpoch  Summary  // 1-based
	// Mean error of the many-, medium- and few-shot classes, percent
	// (score.GroupErrorPct). N is 0 if there is no such class or it was not reported.
	Many, Medium, Few Summary
	// Gain is the base's last-epoch error minus the method's, paired by replicate,
	// points. N is 0 without a base or a pair.
	Gain Summary

	gains  []float64
	open   []results.Cell // planned replicates of this group without a result
	failed int            // number of open that failed
}

// Run is a replicate of a cell; Result is nil if it failed.
type Run struct {
	Cell   results.Cell
	Result *results.Result
}

// Summary is the mean over N replicates and their sample standard deviation (0 if
// N < 2).
type Summary struct {
	Mean, SD float64
	N        int
}

func summarize(x []float64) Summary {
	s := Summary{N: len(x)}
	mean, sd := score.MeanSD(x)
	if mean != nil {
		s.Mean = *mean
	}
	if sd != nil {
		s.SD = *sd
	}
	return s
}

// EntryOf returns k's published value, results and open replicates. If k is an addition
// to a base (paper.BaseOf), its groups have their gain over it.
func EntryOf(plan results.Plan, res map[string]*results.Result, k paper.Key) Entry {
	e := gather(plan, res, k)
	if base, ok := paper.BaseOf(k); ok {
		e.pair(gather(plan, res, base))
	}
	return e
}

func gather(plan results.Plan, res map[string]*results.Result, k paper.Key) Entry {
	e := Entry{Key: k, plan: plan, res: res}
	if n, ok := paper.Find(k); ok {
		e.Printed = &n
	}
	at := map[conditions]int{} // index of the group
	for _, c := range plan.Cells {
		if c.Key != k {
			continue
		}
		r := res[c.Task]
		if c.Task == "" || r == nil {
			if e.failed(c) {
				e.failures++
			}
			e.Open = append(e.Open, c)
			continue
		}
		id := conditionsOf(c, r)
		i, ok := at[id]
		if !ok {
			i = len(e.Groups)
			at[id] = i
			e.Groups = append(e.Groups, Group{
				Grade: c.GradeOf(r), Data: c.Data, Marks: marksOf(c, r),
			})
		}
		g := &e.Groups[i]
		// The same run may be in the plan and in the committed results.
		if !slices.ContainsFunc(g.Runs, func(o Run) bool { return o.Cell.Task == c.Task }) {
			g.Runs = append(g.Runs, Run{c, r})
		}
	}
	for i := range e.Groups {
		e.Groups[i].summarize()
		for _, c := range e.Open {
			if g := &e.Groups[i]; g.belongs(c) {
				g.addOpen(c, e.failed(c))
			}
		}
	}
	slices.SortStableFunc(e.Groups, func(a, b Group) int { return cmp.Compare(a.Grade.Rank(), b.Grade.Rank()) })
	return e
}

// atGrade returns e with only the groups and failures of one grade. Open stays as it is:
// an open replicate belongs to every grade.
func (e Entry) atGrade(grade results.Grade) Entry {
	e.Groups = slices.DeleteFunc(slices.Clone(e.Groups), func(g Group) bool { return g.Grade != grade })
	e.failures = 0
	for _, c := range e.Open {
		if e.failed(c) && c.Grade == grade {
			e.failures++
		}
	}
	return e
}

func (e Entry) failed(c results.Cell) bool {
	r, present := e.res[c.Task]
	return c.Task != "" && present && r == nil
}

// belongs reports whether an open replicate would be in the group.
func (g *Group) belongs(c results.Cell) bool {
	return c.Task != "" && c.Data == g.Data && slices.Equal(c.Marks, g.Runs[0].Cell.Marks)
}

// addOpen adds an open replicate to the group.
func (g *Group) addOpen(c results.Cell, failed bool) {
	g.open = append(g.open, c)
	if failed {
		g.failed++
	}
}

// planned returns the group's number of replicates, open ones included.
func (g Group) planned() int { return g.Last.N + len(g.open) }

// failedGroups returns groups of open replicates in which none has a result and at least
// one failed. rest are the open cells outside these and Groups, and those that cannot be
// run.
func (e Entry) failedGroups() (lost []Group, rest []results.Cell) {
	among := func(groups []Group, c results.Cell) int {
		return slices.IndexFunc(groups, func(g Group) bool { return g.belongs(c) })
	}
	for _, c := range e.Open {
		if e.failed(c) && among(e.Groups, c) < 0 && among(lost, c) < 0 {
			lost = append(lost, Group{Grade: c.Grade, Data: c.Data, Marks: c.Marks, Runs: []Run{{Cell: c}}})
		}
	}
	for _, c := range e.Open {
		switch i := among(lost, c); {
		case i >= 0:
			lost[i].addOpen(c, e.failed(c))
		case among(e.Groups, c) < 0:
			rest = append(rest, c)
		}
	}
	return lost, rest
}

func (g *Group) summarize() {
	slices.SortStableFunc(g.Runs, func(a, b Run) int { return cmp.Compare(a.Cell.Replicate, b.Cell.Replicate) })
	g.Last = g.over(func(r *results.Result) *float64 { return &r.LastErrorPct })
	g.Best = g.over(func(r *results.Result) *float64 { return nilUnless(r.BestErrorPct, !r.LastAlone) })
	g.Balanced = g.over(func(r *results.Result) *float64 { return score.BalancedErrorPct(r.PerClassErrorPct) })
	g.Adjusted = g.over(func(r *results.Result) *float64 { return r.AdjustedErrorPct })
	g.BestEpoch = g.over(func(r *results.Result) *float64 { return nilUnless(float64(r.BestEpoch), r.BestEpoch > 0) })
	g.Many = g.over(func(r *results.Result) *float64 { return r.ManyErrorPct })
	g.Medium = g.over(func(r *results.Result) *float64 { return r.MediumErrorPct })
	g.Few = g.over(func(r *results.Result) *float64 { return r.FewErrorPct })
}

// over returns the summary of a quantity over the runs that have it.
func (g *Group) over(of func(*results.Result) *float64) Summary {
	var values []float64
	for _, r := range g.Runs {
		if x := of(r.Result); x != nil {
			values = append(values, *x)
		}
	}
	return summarize(values)
}

func nilUnless(x float64, there bool) *float64 {
	if !there {
		return nil
	}
	return &x
}

// pair computes each group's gain over the base's runs that counterpart returns.
func (e *Entry) pair(base Entry) {
	for i := range e.Groups {
		g := &e.Groups[i]
		g.gains = nil
		for _, r := range g.Runs {
			if b := base.counterpart(*g, r); b != nil {
				g.gains = append(g.gains, b.LastErrorPct-r.Result.LastErrorPct)
			}
		}
		g.Gain = summarize(g.gains)
	}
}

// counterpart returns the base's run to compare r with: of the same replicate, data,
// profile, scale and, if both have one, pool; nil: none. Grades may differ, since a base
// needs no pool.
func (base Entry) counterpart(g Group, r Run) *results.Result {
	pool := r.Result.PoolID()
	for _, b := range base.Groups {
		if b.Data != g.Data {
			continue
		}
		for _, o := range b.Runs {
			if of := o.Result.PoolID(); of != "" && pool != "" && of != pool {
				continue
			}
			if o.Cell.Replicate == r.Cell.Replicate && o.Cell.Profile == r.Cell.Profile && scaleOf(o.Result) == scaleOf(r.Result) {
				return o.Result
			}
		}
	}
	return nil
}

// conditions are equal for the replicates of one group. They are grade, data, marks,
// pool, the seeds of replicate 0 and every setting that does not depend on the replicate.
type conditions struct {
	grade             results.Grade
	data, marks, pool string
	settings          results.Settings
}

func conditionsOf(c results.Cell, r *results.Result) conditions {
	s := r.Settings
	s.DataSeed, s.Replicate = s.DataSeed-s.Replicate, 0
	s.Init, s.Base, s.Labels = "", "", "" // parents' names depend on their seeds
	s.Pool = ""                           // may be a path; PoolID identifies what was read there
	return conditions{c.GradeOf(r), c.Data, strings.Join(marksOf(c, r), "\n"), r.PoolID(), s}
}

// scale holds the settings that a method's run shares with its base's. The schedule is
// not among them: it follows from the profile, except that probes have their own.
type scale struct {
	results.Scale
	rho float64
}

func scaleOf(r *results.Result) scale {
	return scale{results.ScaleOf(r.Settings, r, nil), r.Settings.Rho}
}

// comparable reports whether the best epoch may be compared with the published number.
// That needs official data at the paper's n_max and number of evaluations, or a number
// brought with --reported.
func (g Group) comparable() bool {
	smaller := slices.ContainsFunc(g.Marks, func(m string) bool { return strings.HasPrefix(m, results.MarkNMax) })
	return g.Grade.Rank() <= results.GradeReported.Rank() && !smaller && results.BestOf(g.Marks) == ""
}

func marksOf(c results.Cell, r *results.Result) []string {
	marks := slices.Clone(c.Marks)
	if r.DataMark != "" && !r.StandIn() {
		marks = append(marks, "data "+r.DataMark)
	}
	return append(marks, r.UnverifiedUnlabeled()...)
}
