package experiments

import (
	"context"
	"fmt"
	"time"

	"longtail/paper"
	"longtail/results"
	"longtail/simulate"
	"longtail/theory"
)

// theoryTask is one stored table of a theorem.
type theoryTask struct {
	theorem int
	grid    string // its name in Settings
	about   string
	// One of these makes it; simulated grids take the profile's trials.
	simulated func(ctx context.Context, trials int64, seed uint64) (theory.Grid, error)
	exact     func() theory.Grid
	findings  func() []theory.Finding
}

// theoryTasks in the order of the report; the first of a theorem is its figure.
var theoryTasks = []theoryTask{
	{1, "amount", "law, simulation and bounds against the amount of data", simulate.Theorem1Amount, nil, nil},
	{1, "settings", "law, simulation and bounds over the parameters", simulate.Theorem1Settings, nil, nil},
	{1, "vacuous", "where the printed bound says nothing", nil, theory.Theorem1VacuousGrid, nil},
	{1, "split", "failure over the split of a fixed number of points", nil, theory.Theorem1SplitGrid, nil},
	{1, "more", "what more unlabeled data do", nil, theory.Theorem1AmountGrid, nil},
	{1, "precision", "precisions from recalls and prior", nil, theory.Theorem1PrecisionGrid, nil},
	{1, "base", "a base rule fitted on imbalanced data", nil, theory.Theorem1BaseGrid, nil},
	{1, "self-training", "a threshold labeller, one step and fixed point", nil, theory.Theorem1SelfTrainingGrid, nil},
	{1, "findings", "words on claims T1.1 to T1.12", nil, nil, theory.Theorem1Findings},
	{2, "offset", "law, simulation and floors against the offset, both signs", simulate.Theorem2Offsets, nil, nil},
	{2, "minima", "least errors with and without the restriction", nil, theory.Theorem2MinimaGrid, nil},
	{2, "settings", "law, simulation and bound over the parameters", simulate.Theorem2Settings, nil, nil},
	{2, "findings", "words on claims T2.1 to T2.4", nil, nil, theory.Theorem2Findings},
	{3, "dimensions", "law, simulation and bounds against the dimension", simulate.Theorem3Dimensions, nil, nil},
	{3, "settings", "law, simulation and bounds over the parameters", simulate.Theorem3Settings, nil, nil},
	{3, "dimension", "errors against the dimension, exactly", nil, theory.Theorem3DimensionGrid, nil},
	{3, "delta", "bound and event over δ", nil, theory.Theorem3DeltaGrid, nil},
	{3, "split", "event over the split of a fixed number of labels", nil, theory.Theorem3SplitGrid, nil},
	{3, "useful", "least dimension at which each is below the trivial rule", nil, theory.Theorem3UsefulGrid, nil},
	{3, "rate", "exact and printed rates of decay", nil, theory.Theorem3RateGrid, nil},
	{3, "findings", "words on claims T3.1 to T3.9", nil, nil, theory.Theorem3Findings},
}

// theoryCells adds every theory task to the planner.
func theoryCells(all *planner, trials int64) ([]results.Cell, error) {
	var cells []results.Cell
	for _, t := range theoryTasks {
		s := results.Settings{Kind: results.KindTheory, Theorem: t.theorem, Grid: t.grid}
		if t.simulated != nil {
			s.Trials, s.Seed = trials, all.seed
		}
		name, err := all.add(s, 0, 0)
		if err != nil {
			return nil, err
		}
		cells = append(cells, results.Cell{
			Key: paper.Key{Source: fmt.Sprintf("Theorem %d", t.theorem), Method: t.about}, Task: name, Grade: results.GradeExact,
		})
	}
	return cells, nil
}

// theory is the task of that kind.
func (r *taskRun) theory() error {
	r.result.Grade = results.GradeExact
	started := time.Now()
	defer func() { r.result.Cost.TrainSeconds = time.Since(started).Seconds() }()
	for _, t := range theoryTasks {
		if t.theorem != r.s.Theorem || t.grid != r.s.Grid {
			continue
		}
		switch {
		case t.findings != nil:
			for _, f := range t.findings() {
				r.result.Findings = append(r.result.Findings, results.Finding{Claim: f.Claim, Word: string(f.Word), Where: f.Where, Text: f.Text})
			}
			return nil
		case t.simulated != nil:
			grid, err := t.simulated(r.ctx, r.s.Trials, uint64(r.s.Seed))
			if err != nil {
				return err
			}
			g := results.Grid(grid)
			r.result.Grid = &g
			return nil
		default:
			g := results.Grid(t.exact())
			r.result.Grid = &g
			return nil
		}
	}
	return fmt.Errorf("theorem %d has no grid %q in this version", r.s.Theorem, r.s.Grid)
}
