package experiments

import (
	"longtail/paper"
	"longtail/results"
)

// crtRecipe marks cells of cRT on CIFAR, where the paper has none.
const crtRecipe = "cRT's recipe ours, after that of ImageNet-LT"

// controls are runs that hold one part of a method fixed to show what the rest
// does. The paper prints none of them.
func controls() []cell {
	var all []cell
	add := func(c cell) { c.part = "controls"; all = append(all, c) }

	// The recipe with D_U, trained without D_U.
	for _, t := range paper.Table1 {
		for _, rho := range paper.Rhos {
			for _, rule := range paper.Table1Rules {
				add(cell{Key: paper.Control(t.Dataset, rho, 0, rule+paper.EqualSteps), run: run{rule: rule, length: equalSteps}})
			}
		}
	}
	add(cell{Key: paper.Control(paper.CIFAR10, 1, 0, "CE"+paper.EqualSteps), run: run{rule: "CE", length: equalSteps}})

	for _, dataset := range []string{paper.CIFAR10, paper.CIFAR100, paper.SVHN} { // balanced labels
		add(cell{Key: paper.Control(dataset, 1, 0, "CE"), run: run{rule: "CE"}})
	}

	// In place of SSP: twice the steps, and pre-training on labels instead of
	// rotations.
	for _, dataset := range paper.Table2Datasets() {
		for _, rho := range paper.Rhos {
			for _, rule := range []string{"CE", "CB-CE", "CB-Focal", "CE-DRW", "LDAM-DRW"} {
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.WarmStart), run: run{rule: rule, from: fromLabels}})
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.TwiceTheEpochs), run: run{rule: rule, length: twice}})
			}
			// SSP for rules whose row with SSP is not printed, and the other reading of
			// "balanced".
			for _, rule := range []string{"Focal", "CE-DRS", "LDAM"} {
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.WithSSP), run: run{rule: rule, from: results.TargetRotation}})
			}
			add(cell{Key: paper.Control(dataset, rho, 0, ruleResampled), run: run{rule: ruleResampled}})
			// A linear probe: the quality of SSP's features themselves.
			add(cell{Key: paper.Control(dataset, rho, 0, paper.LinearProbe), run: run{rule: "CE", from: results.TargetRotation, probe: true}})
			// Classifier re-training, which the paper has on the large sets only.
			add(cell{Key: paper.Control(dataset, rho, 0, "CE"+paper.WithCRT), run: run{rule: "CE", retrained: true}, ours: crtRecipe})
			add(cell{Key: paper.Control(dataset, rho, 0, "CE"+paper.WithSSP+paper.WithCRT), run: run{rule: "CE", from: results.TargetRotation, retrained: true}, ours: crtRecipe})
		}
	}

	// The ceiling: pseudo-labels that are never wrong.
	for _, t := range paper.Table1 {
		for _, rho := range paper.Rhos {
			add(cell{Key: paper.Control(t.Dataset, rho, rho, "CE"+paper.WithDU+paper.TrueLabels),
				run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: rho, trueLabels: true}}})
		}
	}

	// Has the recipe with D_U converged, and does a network beat logistic regression?
	add(cell{Key: paper.Control(paper.CIFAR10, 100, 100, "CE"+paper.WithDU+paper.TwiceTheEpochs),
		run: run{rule: "CE", length: twice, unlabeled: &unlabeled{multiple: times5, rhoU: 100}}})
	add(cell{Key: paper.Control(paper.CIFAR10, 100, 0, ruleLogistic), run: run{rule: ruleLogistic}})
	return all
}
