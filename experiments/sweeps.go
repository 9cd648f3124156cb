package experiments

import (
	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

// sweeps are the experiments for which the main text refers to its appendix.
// Settings that could not be read are ours.
func sweeps() []cell {
	var all []cell
	add := func(c cell) { c.part = "sweeps"; all = append(all, c) }

	// E.1, claim S9: other ways to use the same D_U.
	const ssl = "all settings of the method ours"
	add(cell{Key: paper.Control(paper.CIFAR10, 50, 50, paper.MeanTeacher),
		run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: 50, ssl: results.SSLMeanTeacher}}, ours: ssl})
	add(cell{Key: paper.Control(paper.CIFAR10, 50, 50, paper.VAT),
		run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: 50, ssl: results.SSLVAT}}, ours: ssl})
	// E.3, claim S11: the amount of unlabeled data.
	for _, m := range paper.Amounts {
		add(cell{Key: paper.ResNet32("Appendix E.3", paper.CIFAR10, 50, 50, paper.Unlabeled(m)),
			run: run{rule: "CE", unlabeled: &unlabeled{multiple: m, rhoU: 50}}, ours: "ρ and ρ_U inferred from the 5x number"})
	}
	// E.4, claim S12: the amount of labels, with the D_U of the full set.
	for _, share := range paper.LabeledShares {
		suffix := paper.LabeledShare(share)
		add(cell{Key: paper.Control(paper.CIFAR10, 50, 0, "CE"+suffix), run: run{rule: "CE", amount: share}, ours: "grid ours"})
		add(cell{Key: paper.Control(paper.CIFAR10, 50, 50, "CE"+paper.WithDU+suffix),
			run: run{rule: "CE", amount: share, unlabeled: &unlabeled{multiple: times5, rhoU: 50}}, ours: "grid ours"})
	}
	// Claim R4: relevance in the balanced case.
	for _, pct := range paper.Relevances {
		add(relevanceCell(paper.Control(paper.CIFAR10, 1, 1, paper.Relevance(pct)), "sweeps", 1, pct))
	}
	// Claim S16: is the plain procedure enough?
	for _, omega := range paper.Omegas {
		add(cell{Key: paper.Control(paper.CIFAR10, 50, 50, "CE"+paper.WithDU+paper.Omega(omega)),
			run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: 50, omega: omega}}, ours: "ω ours; the paper's is 1"})
	}
	for _, least := range paper.Thresholds {
		add(cell{Key: paper.Control(paper.CIFAR10, 50, 50, "CE"+paper.WithDU+paper.Threshold(least)),
			run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: 50, threshold: least}}, ours: "threshold ours; the paper has none"})
	}
	// F.1, claim P9: another kind of pre-training.
	for _, dataset := range paper.Table2Datasets() {
		add(cell{Key: paper.Control(dataset, 100, 0, paper.MoCo), run: run{rule: "CE", from: results.TargetMoCo}, ours: "MoCo's batch, queue and augmentation ours"})
	}
	// F.3, claim P11: step imbalance.
	for _, rho := range []float64{100, 10} {
		for _, rule := range []string{"CE", "CB-CE", "CE-DRW", "LDAM-DRW"} {
			add(cell{Key: paper.Control(paper.CIFAR10, rho, 0, rule+paper.OnStep), run: run{rule: rule, imbalance: dataset.Step}, ours: "rules and ρ ours"})
			add(cell{Key: paper.Control(paper.CIFAR10, rho, 0, rule+paper.WithSSP+paper.OnStep), run: run{rule: rule, imbalance: dataset.Step, from: results.TargetRotation}, ours: "rules and ρ ours"})
		}
	}
	return all
}
