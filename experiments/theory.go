package experiments

import (
	"context"
	"fmt"
	"slices"

	"longtail/paper"
	"longtail/results"
	"longtail/simulate"
	"longtail/theory"
)

// theoryTask is one stored table of a theorem: a grid, or findings on its claims.
// It is exact or by Monte Carlo, with the profile's trials and the plan's seed.
type theoryTask struct {
	theorem int
	grid    string // its name in Settings
	about   string

	exact           func() theory.Grid
	simulated       func(ctx context.Context, trials int64, seed uint64) (theory.Grid, error)
	found           func() []theory.Finding
	foundSimulating func(ctx context.Context, trials int64, seed uint64) ([]theory.Finding, error)
}

// TheoryVersion changes when a theory task would store something else: another
// wording on a claim, another column or value of a grid.
const TheoryVersion = 5

// theoryTasks are in the order of the report. The first task of a theorem is its
// figure.
var theoryTasks = []theoryTask{
	{theorem: 1, grid: "amount", about: "law, simulation and bounds against the amount of data", simulated: simulate.Theorem1Amount},
	{theorem: 1, grid: "settings", about: "law, simulation and bounds over the parameters", simulated: simulate.Theorem1Settings},
	{theorem: 1, grid: "vacuous", about: "where the printed bound says nothing", exact: theory.Theorem1VacuousGrid},
	{theorem: 1, grid: "split", about: "failure over the split of a fixed number of points", exact: theory.Theorem1SplitGrid},
	{theorem: 1, grid: "more", about: "what more unlabeled data do", exact: theory.Theorem1AmountGrid},
	{theorem: 1, grid: "precision", about: "precisions from recalls and prior", exact: theory.Theorem1PrecisionGrid},
	{theorem: 1, grid: "base", about: "a base rule fitted on imbalanced data", exact: theory.Theorem1BaseGrid},
	{theorem: 1, grid: "self-training", about: "a threshold labeler, one step and fixed point", exact: theory.Theorem1SelfTrainingGrid},
	{theorem: 1, grid: "findings", about: "verdicts on claims T1.1 to T1.12", found: theory.Theorem1Findings},
	{theorem: 2, grid: "offset", about: "law, simulation and floors against the offset, both signs", simulated: simulate.Theorem2Offsets},
	{theorem: 2, grid: "minima", about: "least errors with and without the restriction", exact: theory.Theorem2MinimaGrid},
	{theorem: 2, grid: "settings", about: "law, simulation and bound over the parameters", simulated: simulate.Theorem2Settings},
	{theorem: 2, grid: "findings", about: "verdicts on claims T2.1 to T2.4", found: theory.Theorem2Findings},
	{theorem: 3, grid: "dimensions", about: "law, simulation and bounds against the dimension", simulated: simulate.Theorem3Dimensions},
	{theorem: 3, grid: "settings", about: "law, simulation and bounds over the parameters", simulated: simulate.Theorem3Settings},
	{theorem: 3, grid: "dimension", about: "errors against the dimension, exactly", exact: theory.Theorem3DimensionGrid},
	{theorem: 3, grid: "delta", about: "bound and event over δ", exact: theory.Theorem3DeltaGrid},
	{theorem: 3, grid: "split", about: "event over the split of a fixed number of labels", exact: theory.Theorem3SplitGrid},
	{theorem: 3, grid: "useful", about: "least dimension at which each is below the trivial rule", exact: theory.Theorem3UsefulGrid},
	{theorem: 3, grid: "rate", about: "exact and printed rates of decay", exact: theory.Theorem3RateGrid},
	{theorem: 3, grid: "supervised", about: "the rule against standard training with the same labels", simulated: simulate.Theorem3Supervised},
	{theorem: 3, grid: "findings", about: "verdicts on claims T3.1 to T3.9", foundSimulating: simulate.Theorem3Findings},
}

// theory plans every theory task.
func (p *planner) theory() ([]results.Cell, error) {
	var cells []results.Cell
	for _, t := range theoryTasks {
		s := results.Settings{Kind: results.KindTheory, Theorem: t.theorem, Grid: t.grid, TheoryVersion: TheoryVersion}
		if t.simulated != nil || t.foundSimulating != nil {
			s.Trials, s.Seed = p.profile.Trials, p.sel.Seed
		}
		name, err := p.add(results.Task{Settings: s})
		if err != nil {
			return nil, err
		}
		cells = append(cells, results.Cell{
			Profile: p.profile.Name,
			Key:     paper.Key{Source: fmt.Sprintf("Theorem %d", t.theorem), Method: t.about}, Part: fmt.Sprintf("theorem%d", t.theorem), Task: name, Grade: results.GradeExact,
		})
	}
	return cells, nil
}

// Theory computes what a task of KindTheory stores: a grid, or findings on claims.
// Unknown settings and another TheoryVersion are errors.
func Theory(ctx context.Context, s results.Settings) (*theory.Grid, []theory.Finding, error) {
	t, ok := theoryOf(s)
	if !ok {
		return nil, nil, fmt.Errorf("theorem %d has no grid %q in this version", s.Theorem, s.Grid)
	}
	if s.TheoryVersion != TheoryVersion {
		return nil, nil, fmt.Errorf("theorem %d, grid %q: planned with version %d of the theory, this program computes version %d: run reproduce again", s.Theorem, s.Grid, s.TheoryVersion, TheoryVersion)
	}
	switch {
	case t.exact != nil:
		return new(t.exact()), nil, nil
	case t.found != nil:
		return nil, t.found(), nil
	case t.simulated != nil:
		g, err := t.simulated(ctx, s.Trials, uint64(s.Seed))
		return &g, nil, err
	}
	f, err := t.foundSimulating(ctx, s.Trials, uint64(s.Seed))
	return nil, f, err
}

// theoryOf returns the theory task of these settings, or false if there is none.
func theoryOf(s results.Settings) (theoryTask, bool) {
	i := slices.IndexFunc(theoryTasks, func(t theoryTask) bool { return t.theorem == s.Theorem && t.grid == s.Grid })
	if i < 0 {
		return theoryTask{}, false
	}
	return theoryTasks[i], true
}
