package experiments

import "longtail/paper"

// Relevance of D_U in percent; the grid is ours (paper-spec 2.3.1).
var relevances = []float64{0, 20, 40, 60, 80, 100}

const irrelevantMark = "irrelevant images and their mixing ours"

// figure2 is the error against the relevance of D_U at ρ = ρ_U = 50.
func figure2() []cell {
	var all []cell
	for _, pct := range relevances {
		all = append(all, relevanceCell(key("Figure 2", cifar10, 50, 50, paper.Relevance(pct)), "figure2", 50, pct))
	}
	return all
}
