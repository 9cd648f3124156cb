package experiments

import "longtail/paper"

// figure3 is the error against ρ_U of the relevant part at ρ = 50 and 60 %
// relevance.
func figure3() []cell {
	var all []cell
	for _, rhoU := range paper.RelevantRhoUs {
		all = append(all, relevanceCell(paper.ResNet32("Figure 3", paper.CIFAR10, 50, rhoU, paper.Relevance(60)), "figure3", rhoU, 60))
	}
	return all
}

func relevanceCell(k paper.Key, part string, rhoU, pct float64) cell {
	c := cell{Key: k, part: part, run: run{rule: "CE", unlabeled: &unlabeled{multiple: times5, rhoU: rhoU, irrelevantPct: 100 - pct}}}
	if pct < 100 {
		c.ours = irrelevantMark
	}
	return c
}
