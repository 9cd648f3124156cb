package tables

import (
	"fmt"
	"slices"

	"longtail/paper"
	"longtail/results"
)

// Table1 returns Tables 1a (CIFAR-10-LT) and 1b (SVHN-LT): CE and LDAM-DRW with and
// without D_U@5x over ρ and ρ_U, one block per data set and ρ.
func Table1(plan results.Plan, res map[string]*results.Result) Table {
	p := newPage(plan, res)
	var blocks []Block
	for _, part := range paper.Table1 {
		source, dataset := part.Source, part.Dataset
		for _, rho := range p.ratios(paper.Rhos, func(k paper.Key) (float64, bool) {
			return k.Rho, k.Source == source && k.Dataset == dataset
		}) {
			rhoUs := p.ratios(paper.RhoUs(rho), func(k paper.Key) (float64, bool) {
				return k.RhoU, k.Source == source && k.Dataset == dataset && k.Rho == rho && k.RhoU != 0
			})
			b := Block{
				Title:   fmt.Sprintf("%s. %s, ρ = %g", source, dataset, rho),
				Columns: []string{"method", "", "no D_U"},
			}
			if dataset == paper.SVHN {
				b.Note = "The official test set is not balanced, 5099 to 1595 images a digit: the error over all images is what is published and measured; under a measured one stands the mean of the digits' errors."
			}
			for _, u := range rhoUs {
				b.Columns = append(b.Columns, fmt.Sprintf("ρ_U = %g", u))
			}
			columns := append([]float64{0}, rhoUs...)
			row := func(label string, keyAt func(rhoU float64) (paper.Key, bool)) {
				keys := make([]paper.Key, len(columns))
				for i, u := range columns {
					if k, ok := keyAt(u); ok {
						keys[i] = k
					}
				}
				p.lines(&b, label, keys, false)
			}
			at := func(method string, u float64) paper.Key {
				return paper.ResNet32(source, dataset, rho, u, method)
			}
			for _, m := range paper.Table1Rules {
				row(m, func(u float64) (paper.Key, bool) { return at(m, u), u == 0 })
				unlabeled := m + paper.WithDU
				row(unlabeled, func(u float64) (paper.Key, bool) { return at(unlabeled, u), u != 0 })
			}
			// Cells of the plan that are not in the paper's table.
			for _, k := range p.remainingKeys(func(k paper.Key) bool {
				return k.Source == source && k.Dataset == dataset && k.Rho == rho
			}) {
				row(k.Method, func(u float64) (paper.Key, bool) { return k, u == k.RhoU })
			}
			blocks = append(blocks, b)
		}
	}
	return p.finish("table1", "Table 1. Unlabeled data (D_U@5x), top-1 error", blocks)
}

// ratios returns the published ratios, then those that only the plan's cells have. of
// returns a cell's ratio, and false for a cell to skip.
func (p *page) ratios(printed []float64, of func(paper.Key) (float64, bool)) []float64 {
	out := slices.Clone(printed)
	for _, c := range p.plan.Cells {
		if x, ok := of(c.Key); ok && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
