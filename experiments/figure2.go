package experiments

import "longtail/paper"

const irrelevantMark = "irrelevant images and their mixing ours"

// figure2 is the error against the relevance of D_U at ρ = ρ_U = 50.
func figure2() []cell {
	var all []cell
	for _, pct := range paper.Relevances {
		all = append(all, relevanceCell(paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(pct)), "figure2", 50, pct))
	}
	return all
}
