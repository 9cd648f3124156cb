package report

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"

	"longtail/paper"
	"longtail/results"
)

// body is a body of evidence: results that may be compared and pooled with
// each other. Nothing is pooled across two of them.
type body struct {
	grade     results.Grade
	data      string // as in the cell, "Fashion-MNIST-LT"
	id        string // data id of the settings
	nMax      int
	testSet   int
	arch      string
	imbalance string
}

func (b body) String() string {
	s := b.data
	if b.arch != "" {
		s += ", " + b.arch
	}
	if b.nMax != 0 {
		s += fmt.Sprintf(", n_max %d", b.nMax)
	}
	return s
}

// evidence is what was run, by body, cell and replicate.
type evidence struct {
	bodies map[body]*runs
	order  []body // strongest grade first, then the larger set
}

type runs struct {
	results    map[paper.Key]map[int]*results.Result
	failed     map[paper.Key]map[int]string // why
	replicates int
	profile    string // that runs these cells
}

var profileFlag = regexp.MustCompile(`--profile[ =](\S+)`)

func bodyOf(c results.Cell, grade results.Grade, s results.Settings) body {
	if grade == "" {
		grade = c.Grade
	}
	return body{grade, c.Data, s.Data, s.NMax, s.TestSet, s.Arch, s.Imbalance}
}

func gather(in Input) evidence {
	ev := evidence{bodies: map[body]*runs{}}
	settings := map[string]results.Settings{}
	for _, t := range in.Plan.Tasks {
		settings[t.Name] = t.Settings
	}
	at := func(b body, c results.Cell) *runs {
		r := ev.bodies[b]
		if r == nil {
			profile := in.Plan.Profile
			if m := profileFlag.FindStringSubmatch(c.Command); m != nil {
				profile = m[1]
			}
			r = &runs{profile: profile, results: map[paper.Key]map[int]*results.Result{}, failed: map[paper.Key]map[int]string{}}
			ev.bodies[b] = r
			ev.order = append(ev.order, b)
		}
		return r
	}
	for _, c := range in.Plan.Cells {
		if c.Task == "" || c.Grade == results.GradeExact {
			continue
		}
		r, present := in.Results[c.Task]
		why, failed := in.Failures[c.Task]
		switch {
		case r != nil:
			runs := at(bodyOf(c, r.Grade, r.Settings), c)
			if runs.results[c.Key] == nil {
				runs.results[c.Key] = map[int]*results.Result{}
			}
			runs.results[c.Key][c.Replicate] = r
			runs.replicates = max(runs.replicates, c.Replicate+1)
		case failed || present:
			runs := at(bodyOf(c, c.Grade, settings[c.Task]), c)
			if runs.failed[c.Key] == nil {
				runs.failed[c.Key] = map[int]string{}
			}
			runs.failed[c.Key][c.Replicate] = why
			runs.replicates = max(runs.replicates, c.Replicate+1)
		}
	}
	slices.SortStableFunc(ev.order, func(a, b body) int {
		return cmp.Or(cmp.Compare(rank(a.grade), rank(b.grade)), cmp.Compare(b.nMax, a.nMax))
	})
	return ev
}

// rank orders grades by strength.
func rank(g results.Grade) int {
	return slices.Index([]results.Grade{results.GradePaper, results.GradeSimilar, results.GradeStandIn, results.GradeExact}, g)
}

// number evaluates a quantity in one replicate; NaN where a cell is missing.
func (r *runs) number(q quantity, m measure, replicate int) float64 {
	sum := 0.0
	for _, t := range q {
		res := r.term(t, replicate)
		if res == nil {
			return math.NaN()
		}
		sum += t.weight * m.of(res)
	}
	return sum
}

func (r *runs) term(t term, replicate int) *results.Result {
	for _, k := range t.keys {
		if res := r.results[k][replicate]; res != nil {
			return res
		}
	}
	return nil
}

// series evaluates a quantity in every replicate and lists the replicates in
// which one of its cells failed; any reports whether a replicate has a value.
func (r *runs) series(q quantity, m measure) (values []float64, failed []int, any bool) {
	for rep := range r.replicates {
		v := r.number(q, m, rep)
		values = append(values, v)
		any = any || !math.IsNaN(v)
		for _, t := range q {
			if r.term(t, rep) == nil && slices.ContainsFunc(t.keys, func(k paper.Key) bool { _, bad := r.failed[k][rep]; return bad }) {
				failed = append(failed, rep)
				break
			}
		}
	}
	return values, failed, any
}

// inPrint evaluates a quantity on the printed errors; false where a number is
// not in print.
func inPrint(q quantity, m measure) (float64, bool) {
	sum := 0.0
	for _, t := range q {
		n, ok := paper.Find(t.keys[0])
		if !ok || !m.print {
			return 0, false
		}
		sum += t.weight * n.Value
	}
	return sum, true
}
