package experiments

import (
	"longtail/paper"
)

// A cell is one number of a table or figure, printed or ours, and how it is made,
// in the paper's terms. The profile decides which data, network and schedule that
// means on a machine.
type cell struct {
	paper.Key
	part string // name of --only
	run  run
	ours string // marks what is our choice, as the paper could not be read or leaves it open

	instead string // the paper's data set that this cell stands in for; planned only if the profile lacks it
}

// run is what is trained.
type run struct {
	rule      string // a row of Table 2 without SSP, or one of the rules below
	imbalance string // as of results.Settings
	from      string // pre-training: results.TargetRotation (SSP), results.TargetMoCo (another kind of SSP), fromLabels or none
	probe     bool   // the head alone, on the frozen features of from
	retrained bool   // then a new head on the frozen trunk (cRT)
	unlabeled *unlabeled
	length    length
	amount    float64 // share of the labeled set; 0: all
	embed     bool    // embed the run's features instead of measuring its error
}

// Rules that are no rows of Table 2.
const (
	ruleResampled = paper.MethodResampled // the other reading of "balanced" (docs/deviations.md)
	ruleLogistic  = paper.Logistic
)

// fromLabels is the supervised warm start, always plain cross-entropy.
const fromLabels = "labels"

// unlabeled is how D_U is drawn from the pool and how it is used.
type unlabeled struct {
	multiple      float64 // "5x"
	rhoU          float64
	irrelevantPct float64
	trueLabels    bool
	omega         float64 // 0 is 1
	threshold     float64
	ssl           string // "": pseudo-labels
}

// relevanceCell returns CE with a D_U of which pct percent are relevant, drawn at
// ρ_U.
func relevanceCell(k paper.Key, part string, rhoU, pct float64) cell {
	c := cell{Key: k, part: part, run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: rhoU, irrelevantPct: 100 - pct}}}
	if pct < 100 {
		c.ours = "irrelevant images and their mixing ours"
	}
	return c
}

// length is how long a run trains, relative to the profile's recipe.
type length int

const (
	published  length = iota
	twice             // double the epochs
	equalSteps        // the labeled set alone, D_U's recipe, as many steps as with D_U at ρ_U = ρ
)

// times5 is the size of D_U relative to the labeled set, except in the sweep of
// amounts.
const times5 = paper.UnlabeledMultiple

// cells returns every cell, table after table. Cells of a part outside a profile's
// blocks run in this order.
func cells() []cell {
	var all []cell
	for _, part := range [][]cell{table1(), controls(), table2(), figure2(), figure3(), sweeps(), figure1(), figure4()} {
		all = append(all, part...)
	}
	return all
}
