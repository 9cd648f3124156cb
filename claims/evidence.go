package claims

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Evidence is what verdicts rest on. A task has failed if its result is present and
// nil, or if Failures names it. A task that is absent from both was not run.
type Evidence struct {
	Plan     results.Plan
	Results  map[string]*results.Result // by task name
	Failures map[string]string          // the reason, by task name
	Fixed    map[string]int             // number of replicates fixed beforehand, by profile name
}

// setting is what results on one of the paper's data sets must share to be
// comparable.
type setting struct {
	results.Scale
	data    string // as in the cell, "Fashion-MNIST-LT"
	pool    string // if there are several, or an unverified one; results without a pool are in each
	profile string // stands for the profile's recipes, as a probe has another schedule than its base
}

func (s setting) String() string {
	text := s.data
	if s.Arch != "" {
		text += ", " + s.Arch
	}
	if s.NMax != 0 {
		text += fmt.Sprintf(", n_max %d", s.NMax)
	}
	if s.pool != "" {
		text += ", pool " + s.pool
	}
	if s.Unverified != "" {
		text += ", unverified files"
	}
	if s.Variant != "" {
		text += ", variant " + s.Variant
	}
	return text
}

// seeds are the seeds of replicate 0. Replicates from other seeds have the same
// numbers but are other runs.
type seeds struct{ seed, data int }

// runs is a body of evidence: results of one grade from the same seeds, in one
// setting per data set of the paper. Results of two bodies are never pooled or
// paired.
type runs struct {
	grade       results.Grade
	seeds       seeds
	set         string             // name of a profile's variant; "": none
	settings    map[string]setting // by the paper's data set
	results     map[paper.Key]map[int]*results.Result
	failed      map[paper.Key]map[int]string // the failed task
	fewerEpochs map[paper.Key]bool           // cells with the best of fewer epochs than the paper's
	replicates  int
}

// settingsText returns as text the settings of the data sets that keys are about.
func (r *runs) settingsText(keys []paper.Key) string {
	var all []string
	pools := map[string]bool{} // data sets with a cell that has a pool
	for _, k := range keys {
		pools[k.Dataset] = pools[k.Dataset] || k.RhoU != 0 && r.results[k] != nil
	}
	for _, k := range keys {
		s, ok := r.settings[k.Dataset]
		if !pools[k.Dataset] {
			s.pool = ""
		}
		if ok && r.results[k] != nil && !slices.Contains(all, s.String()) {
			all = append(all, s.String())
		}
	}
	if s := r.seeds; s != (seeds{}) && len(all) > 0 {
		all = append(all, fmt.Sprintf("seed %d, data seed %d", s.seed, s.data))
	}
	return strings.Join(all, "; ")
}

// standInPrefix returns "on the stand-in" if runs of these cells at grade T use a
// stand-in's images. It returns "at grade T" if they use only the paper's, in short
// runs or from unverified files.
func (r *runs) standInPrefix(keys []paper.Key) string {
	for _, k := range keys {
		if s, ok := r.settings[k.Dataset]; ok && s.data != k.Dataset {
			return "on the stand-in"
		}
	}
	return "at grade T"
}

// settingOf returns the setting of a cell's run, without its pool.
func settingOf(c results.Cell, scale results.Scale) setting {
	if strings.HasSuffix(c.Method, paper.OnStep) {
		scale.Imbalance = "" // the cell's method states it
	}
	return setting{Scale: scale, data: c.Data, profile: c.Profile}
}

// origin is what attempts on one of the paper's data sets must share to be
// comparable at all.
type origin struct {
	grade   results.Grade
	seeds   seeds
	set     string // name of a profile's variant; "": none
	dataset string
}

// attempts holds the cells that were run or failed, by origin and setting.
type attempts map[origin]map[setting][]attempt

// settingsByTask returns the settings of every task: its result's, or the plan's if
// there is no result.
func settingsByTask(in Evidence) map[string]results.Settings {
	all := map[string]results.Settings{}
	for _, t := range in.Plan.Tasks {
		all[t.Name] = t.Settings
	}
	for task, r := range in.Results {
		if r != nil {
			all[task] = r.Settings
		}
	}
	return all
}

// attemptsOf sorts the cells that were run or failed. Grade S, with another pool
// than the paper's, also gets the runs without a pool at grade P, which are its
// baselines.
func attemptsOf(in Evidence) attempts {
	settings := settingsByTask(in)
	all := attempts{}
	for _, c := range in.Plan.Cells {
		if c.Task == "" || c.Grade == results.GradeExact {
			continue
		}
		r, present := in.Results[c.Task]
		_, failed := in.Failures[c.Task]
		s, grade := settings[c.Task], c.Grade
		switch {
		case r != nil:
			grade = c.GradeOf(r)
		case !failed && !present:
			continue
		}
		scale := results.ScaleOf(s, r, settings)
		o := origin{grade, seeds{scale.Seed, scale.DataSeed}, scale.Variant, c.Dataset}
		if all[o] == nil {
			all[o] = map[setting][]attempt{}
		}
		at := settingOf(c, scale)
		all[o][at] = append(all[o][at], attempt{c, r, s.PoolName()})
	}
	for o, bySetting := range all {
		better := all[origin{results.GradePaper, o.seeds, o.set, o.dataset}]
		if o.grade != results.GradeSimilar || better == nil {
			continue
		}
		for s := range bySetting {
			for _, a := range better[s] {
				if a.pool == "" {
					bySetting[s] = append(bySetting[s], a)
				}
			}
		}
	}
	for o, bySetting := range all {
		all[o] = byPool(bySetting)
	}
	return all
}

// gather sorts the attempts into bodies, strongest grade first. Two settings of one
// data set at the same grade and seeds go to separate bodies. The larger set comes
// first, then the one with more results.
func gather(in Evidence) []*runs {
	all := attemptsOf(in)
	var origins []origin // without a data set
	for o := range all {
		if o.dataset = ""; !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
	}
	slices.SortFunc(origins, func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.grade.Rank(), b.grade.Rank()), cmp.Compare(a.seeds.seed, b.seeds.seed), cmp.Compare(a.seeds.data, b.seeds.data), cmp.Compare(a.set, b.set))
	})
	var bodies []*runs
	for _, o := range origins {
		bodies = append(bodies, all.bodies(o)...)
	}
	return bodies
}

// bodies returns the bodies of an origin, over all data sets.
func (all attempts) bodies(o origin) []*runs {
	var here []*runs
	for place, bySetting := range all {
		if place.grade != o.grade || place.seeds != o.seeds || place.set != o.set {
			continue
		}
		order := slices.SortedFunc(maps.Keys(bySetting), func(a, b setting) int {
			return cmp.Or(cmp.Compare(b.NMax, a.NMax), cmp.Compare(len(bySetting[b]), len(bySetting[a])), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
		})
		for i, s := range order {
			for len(here) <= i {
				here = append(here, &runs{grade: o.grade, seeds: o.seeds, set: o.set, settings: map[string]setting{},
					results: map[paper.Key]map[int]*results.Result{}, failed: map[paper.Key]map[int]string{}, fewerEpochs: map[paper.Key]bool{}})
			}
			b := here[i]
			b.settings[place.dataset] = s
			for _, a := range bySetting[s] {
				b.replicates = max(b.replicates, a.cell.Replicate+1)
				b.fewerEpochs[a.cell.Key] = b.fewerEpochs[a.cell.Key] || results.BestOf(a.cell.Marks) != ""
				if a.res != nil {
					put(b.results, a.cell, a.res)
				} else {
					put(b.failed, a.cell, a.cell.Task)
				}
			}
		}
	}
	return here
}

// attempt is a cell that was run or failed.
type attempt struct {
	cell results.Cell
	res  *results.Result // nil: failed
	pool string          // name of the pool in its settings
}

// byPool splits the attempts of each setting by pool. Attempts without a pool go to
// every part. A failed attempt does not know its pool's files, so it goes to every
// part with its pool's name.
func byPool(all map[setting][]attempt) map[setting][]attempt {
	parted := map[setting][]attempt{}
	for s, tried := range all {
		type files struct{ name, id string }
		var pools []files
		for _, a := range tried {
			if a.res == nil || a.pool == "" {
				continue
			}
			if f := (files{a.pool, a.res.PoolID()}); !slices.Contains(pools, f) {
				pools = append(pools, f)
			}
		}
		for _, a := range tried {
			if a.pool != "" && !slices.ContainsFunc(pools, func(f files) bool { return f.name == a.pool }) {
				pools = append(pools, files{a.pool, a.pool})
			}
		}
		if len(pools) == 0 || len(pools) == 1 && pools[0].id == pools[0].name { // a single pool is named only if its id adds to its name, as for unverified files
			parted[s] = tried
			continue
		}
		for _, pool := range pools {
			s.pool = pool.id
			for _, a := range tried {
				if a.pool == "" || a.pool == pool.name && (a.res == nil || a.res.PoolID() == pool.id) {
					parted[s] = append(parted[s], a)
				}
			}
		}
	}
	return parted
}

// attempts returns the results and failed tasks that a body has of some cells, as a
// set.
func (r *runs) attempts(keys []paper.Key) map[any]bool {
	all := map[any]bool{}
	for _, k := range keys {
		for _, res := range r.results[k] {
			all[res] = true
		}
		for _, task := range r.failed[k] {
			all[task] = true
		}
	}
	return all
}

// put stores v if the place is empty. The plan's own results come first, so shipped
// ones do not replace them.
func put[T any](m map[paper.Key]map[int]T, c results.Cell, v T) {
	if m[c.Key] == nil {
		m[c.Key] = map[int]T{}
	}
	if _, there := m[c.Key][c.Replicate]; !there {
		m[c.Key][c.Replicate] = v
	}
}

// chosen reduces every term with several keys to one key, at the same place in all
// terms. A difference is thus never between two of the paper's data sets. The place
// is the first that was run completely or failed, else the first that was begun.
func (r *runs) chosen(q Quantity) Quantity {
	several := func(t Term) bool { return !t.Best && len(t.Keys) > 1 }
	first := slices.IndexFunc(q, several)
	if first < 0 {
		return q
	}
	known := func(place int) int { // 0: nothing, 1: begun, 2: run completely or failed
		begun, whole := 0, 2
		for _, t := range q {
			switch {
			case !several(t):
			case len(r.failed[t.Keys[place]]) > 0:
				return 2
			case len(r.results[t.Keys[place]]) > 0:
				begun = 1
			default:
				whole = 0
			}
		}
		return max(begun, whole)
	}
	place := 0
	for i := range q[first].Keys {
		if known(i) > known(place) {
			place = i
		}
	}
	one := slices.Clone(q)
	for i, t := range q {
		if several(t) {
			one[i].Keys = t.Keys[place : place+1]
		}
	}
	return one
}

// number returns a quantity in one replicate; NaN if a cell is missing.
func (r *runs) number(q Quantity, m measure, replicate int) float64 {
	sum := 0.0
	for _, t := range r.chosen(q) {
		sum += float64(t.weight * r.term(t, m, replicate))
	}
	return sum
}

// term returns a term without its weight; NaN if a cell is missing.
func (r *runs) term(t Term, m measure, replicate int) float64 {
	least := math.Inf(1)
	for _, k := range t.Keys {
		res := r.results[k][replicate]
		if res == nil {
			return math.NaN()
		}
		least = min(least, m.of(res)) // NaN if any is
	}
	return least
}

// series returns a quantity in every replicate, and the replicates in which one of
// its cells failed. ran reports whether a replicate has a value.
func (r *runs) series(q Quantity, m measure) (values []float64, failed []int, ran bool) {
	q = r.chosen(q)
	for rep := range r.replicates {
		v := r.number(q, m, rep)
		values = append(values, v)
		ran = ran || !math.IsNaN(v)
		if !slices.ContainsFunc(q, func(t Term) bool { return r.broken(t, rep) }) {
			continue
		}
		failed = append(failed, rep)
	}
	return values, failed, ran
}

// broken reports whether a term lacks a value because a run failed.
func (r *runs) broken(t Term, replicate int) bool {
	return slices.ContainsFunc(t.Keys, func(k paper.Key) bool {
		_, bad := r.failed[k][replicate]
		return bad && r.results[k][replicate] == nil
	})
}

// bestOfFewerEpochs reports whether a cell of a quantity has the best of fewer
// epochs than the paper's.
func (r *runs) bestOfFewerEpochs(q Quantity) bool {
	return slices.ContainsFunc(q, func(t Term) bool {
		return slices.ContainsFunc(t.Keys, func(k paper.Key) bool { return r.fewerEpochs[k] })
	})
}

// inPrint returns a quantity of the printed errors; false if a number is not
// printed.
func inPrint(q Quantity, m measure) (float64, bool) {
	sum := 0.0
	for _, t := range q {
		keys := t.Keys[:1]
		if t.Best {
			keys = t.Keys
		}
		least := math.Inf(1)
		for _, k := range keys {
			n, ok := paper.Find(k)
			if !ok || !m.print {
				return 0, false
			}
			least = min(least, n.Value)
		}
		sum += float64(t.weight * least)
	}
	return sum, true
}
