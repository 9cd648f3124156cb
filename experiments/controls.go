package experiments

import "longtail/paper"

// controls hold one part of a method fixed to tell what the rest does. None is
// in print.
func controls() []cell {
	var all []cell
	add := func(c cell) { c.part = "controls"; all = append(all, c) }

	// What D_U's recipe does without D_U.
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

	// What more steps, and labels in place of rotations, do without SSP.
	for _, dataset := range paper.Table2Datasets() {
		for _, rho := range paper.Rhos {
			for _, rule := range []string{"CE", "CB-CE", "CB-Focal", "CE-DRW", "LDAM-DRW"} {
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.WarmStart), run: run{rule: rule, from: fromLabels}})
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.TwiceTheEpochs), run: run{rule: rule, length: twice}})
			}
			// Rules whose row with SSP is not in print, and the other reading
			// of "balanced".
			for _, rule := range []string{"Focal", "CE-DRS", "LDAM"} {
				add(cell{Key: paper.Control(dataset, rho, 0, rule+paper.WithSSP), run: run{rule: rule, from: fromRotation}})
			}
			add(cell{Key: paper.Control(dataset, rho, 0, ruleResampled), run: run{rule: ruleResampled}})
			// What the features of SSP are worth without labels.
			add(cell{Key: paper.Control(dataset, rho, 0, paper.LinearProbe), run: run{rule: "CE", from: fromRotation, probe: true}})
		}
	}

	// The ceiling: pseudo-labels that are never wrong.
	for _, t := range paper.Table1 {
		for _, rho := range paper.Rhos {
			add(cell{Key: paper.Control(t.Dataset, rho, rho, "CE"+paper.WithDU+paper.TrueLabels),
				run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: rho, trueLabels: true}}})
		}
	}

	// Is the recipe with D_U trained out, and is any network better than none?
	add(cell{Key: paper.Control(paper.CIFAR10, 100, 100, "CE"+paper.WithDU+paper.TwiceTheEpochs),
		run: run{rule: "CE", length: twice, unlabeled: &unlabeled{multiple: times5, rhoU: 100}}})
	add(cell{Key: paper.Control(paper.CIFAR10, 100, 0, ruleLogistic), run: run{rule: ruleLogistic}})
	return all
}
