package experiments

import "longtail/paper"

// Imbalances of the relevant part of D_U. The grid is ours; 75 is there so
// that a crossing near the claimed 50 can be placed.
var figure3RhoUs = []float64{1, 25, 50, 75, 100}

// figure3 is the error against ρ_U of the relevant part at ρ = 50 and 60 %
// relevance.
func figure3() []cell {
	var all []cell
	for _, rhoU := range figure3RhoUs {
		all = append(all, relevanceCell(key("Figure 3", cifar10, 50, rhoU, paper.Relevance(60)), "figure3", rhoU, 60))
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
