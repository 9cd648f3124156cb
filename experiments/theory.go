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

// theoryTask is one stored table of a theorem.
type theoryTask struct {
	theorem int
	grid    string // its name in Settings
	about   string
	made    made
}

// made is how a theory task gets its grid or its findings.
type made struct {
	drawn bool // by Monte Carlo, with the profile's trials and the plan's seed
	by    func(ctx context.Context, trials int64, seed uint64) (*theory.Grid, []theory.Finding, error)
}

func exactly(grid func() theory.Grid) made {
	return made{false, func(context.Context, int64, uint64) (*theory.Grid, []theory.Finding, error) {
		g := grid()
		return &g, nil, nil
	}}
}

func simulated(grid func(ctx context.Context, trials int64, seed uint64) (theory.Grid, error)) made {
	return made{true, func(ctx context.Context, trials int64, seed uint64) (*theory.Grid, []theory.Finding, error) {
		g, err := grid(ctx, trials, seed)
		return &g, nil, err
	}}
}

func found(findings func() []theory.Finding) made {
	return made{false, func(context.Context, int64, uint64) (*theory.Grid, []theory.Finding, error) {
		return nil, findings(), nil
	}}
}

func foundSimulating(findings func(ctx context.Context, trials int64, seed uint64) ([]theory.Finding, error)) made {
	return made{true, func(ctx context.Context, trials int64, seed uint64) (*theory.Grid, []theory.Finding, error) {
		f, err := findings(ctx, trials, seed)
		return nil, f, err
	}}
}

// TheoryVersion changes when a theory task would store something else: another
// word on a claim, another column or value of a grid.
const TheoryVersion = 5

// theoryTasks in the order of the report; the first of a theorem is its figure.
var theoryTasks = []theoryTask{
	{1, "amount", "law, simulation and bounds against the amount of data", simulated(simulate.Theorem1Amount)},
	{1, "settings", "law, simulation and bounds over the parameters", simulated(simulate.Theorem1Settings)},
	{1, "vacuous", "where the printed bound says nothing", exactly(theory.Theorem1VacuousGrid)},
	{1, "split", "failure over the split of a fixed number of points", exactly(theory.Theorem1SplitGrid)},
	{1, "more", "what more unlabeled data do", exactly(theory.Theorem1AmountGrid)},
	{1, "precision", "precisions from recalls and prior", exactly(theory.Theorem1PrecisionGrid)},
	{1, "base", "a base rule fitted on imbalanced data", exactly(theory.Theorem1BaseGrid)},
	{1, "self-training", "a threshold labeller, one step and fixed point", exactly(theory.Theorem1SelfTrainingGrid)},
	{1, "findings", "verdicts on claims T1.1 to T1.12", found(theory.Theorem1Findings)},
	{2, "offset", "law, simulation and floors against the offset, both signs", simulated(simulate.Theorem2Offsets)},
	{2, "minima", "least errors with and without the restriction", exactly(theory.Theorem2MinimaGrid)},
	{2, "settings", "law, simulation and bound over the parameters", simulated(simulate.Theorem2Settings)},
	{2, "findings", "verdicts on claims T2.1 to T2.4", found(theory.Theorem2Findings)},
	{3, "dimensions", "law, simulation and bounds against the dimension", simulated(simulate.Theorem3Dimensions)},
	{3, "settings", "law, simulation and bounds over the parameters", simulated(simulate.Theorem3Settings)},
	{3, "dimension", "errors against the dimension, exactly", exactly(theory.Theorem3DimensionGrid)},
	{3, "delta", "bound and event over δ", exactly(theory.Theorem3DeltaGrid)},
	{3, "split", "event over the split of a fixed number of labels", exactly(theory.Theorem3SplitGrid)},
	{3, "useful", "least dimension at which each is below the trivial rule", exactly(theory.Theorem3UsefulGrid)},
	{3, "rate", "exact and printed rates of decay", exactly(theory.Theorem3RateGrid)},
	{3, "supervised", "the rule against standard training with the same labels", simulated(simulate.Theorem3Supervised)},
	{3, "findings", "verdicts on claims T3.1 to T3.9", foundSimulating(simulate.Theorem3Findings)},
}

// theory plans every theory task.
func (p *planner) theory() ([]results.Cell, error) {
	var cells []results.Cell
	for _, t := range theoryTasks {
		s := results.Settings{Kind: results.KindTheory, Theorem: t.theorem, Grid: t.grid, TheoryVersion: TheoryVersion}
		if t.made.drawn {
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

// Theory computes what a task of KindTheory stores: a grid, or words on claims.
func Theory(ctx context.Context, s results.Settings) (*theory.Grid, []theory.Finding, error) {
	t, ok := theoryOf(s)
	if !ok {
		return nil, nil, fmt.Errorf("theorem %d has no grid %q in this version", s.Theorem, s.Grid)
	}
	if s.TheoryVersion != TheoryVersion {
		return nil, nil, fmt.Errorf("theorem %d, grid %q: planned with version %d of the theory, this program computes version %d: run reproduce again", s.Theorem, s.Grid, s.TheoryVersion, TheoryVersion)
	}
	return t.made.by(ctx, s.Trials, uint64(s.Seed))
}

// theoryOf is the theory task of these settings, if they are one's.
func theoryOf(s results.Settings) (theoryTask, bool) {
	i := slices.IndexFunc(theoryTasks, func(t theoryTask) bool { return t.theorem == s.Theorem && t.grid == s.Grid })
	if i < 0 {
		return theoryTask{}, false
	}
	return theoryTasks[i], true
}
