package experiments

import (
	"longtail/paper"
	"longtail/results"
)

// figure1 shows features of CE without and with D_U@5x on SVHN-LT. The paper does
// not print ρ; we chose 50, and ρ_U = ρ. Without SVHN it shows the stand-in for
// CIFAR-10-LT at ρ = 100, whose runs exist anyway.
func figure1() []cell {
	pair := func(dataset string, rho float64, instead string) []cell {
		du := &unlabeled{multiple: times5, rhoU: rho}
		return []cell{
			{Key: paper.ResNet32("Figure 1", dataset, rho, 0, "CE"+paper.Embedding), part: "figure1", run: run{rule: "CE", embed: true}, ours: "ρ ours", instead: instead},
			{Key: paper.ResNet32("Figure 1", dataset, rho, rho, "CE"+paper.WithDU+paper.Embedding), part: "figure1", run: run{rule: "CE", unlabeled: du, embed: true}, ours: "ρ and ρ_U ours", instead: instead},
		}
	}
	return append(pair(paper.SVHN, 50, ""), pair(paper.CIFAR10, 100, paper.SVHN)...)
}

// figure2 plots the error against the relevance of D_U at ρ = ρ_U = 50.
func figure2() []cell {
	var all []cell
	for _, pct := range paper.Relevances {
		all = append(all, relevanceCell(paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(pct)), "figure2", 50, pct))
	}
	return all
}

// figure3 plots the error against ρ_U of the relevant part at ρ = 50 and 60 %
// relevance.
func figure3() []cell {
	var all []cell
	for _, rhoU := range paper.RelevantRhoUs {
		all = append(all, relevanceCell(paper.ResNet32("Figure 3", paper.CIFAR10, 50, rhoU, paper.Relevance(60)), "figure3", rhoU, 60))
	}
	return all
}

// figure4 shows features of CE without and with SSP on CIFAR-10-LT. The paper does
// not print ρ; we chose 100.
func figure4() []cell {
	return []cell{
		{Key: paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE"+paper.Embedding), part: "figure4", run: run{rule: "CE", embed: true}, ours: "ρ ours"},
		{Key: paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE"+paper.WithSSP+paper.Embedding), part: "figure4", run: run{rule: "CE", from: results.TargetRotation, embed: true}, ours: "ρ ours"},
	}
}
