package tables

import (
	"fmt"

	"longtail/paper"
	"longtail/results"
)

// Table1 returns Tables 1a (CIFAR-10-LT) and 1b (SVHN-LT): CE and LDAM-DRW with and
// without D_U@5x over ρ and ρ_U, one block per data set and ρ.
func Table1(plan results.Plan, res map[string]*results.Result) Table {
	p := newPage(plan, res)
	var blocks []Block
	for _, part := range paper.Table1 {
		for _, rho := range paper.Rhos {
			b := Block{
				Title:   fmt.Sprintf("%s. %s, ρ = %g", part.Source, part.Dataset, rho),
				Columns: []string{"method", "", "no D_U"},
			}
			if part.Dataset == paper.SVHN {
				b.Note = "The official test set is not balanced, 5099 to 1595 images a digit: the error over all images is what is published and measured; under a measured one stands the mean of the digits' errors."
			}
			rhoUs := paper.RhoUs(rho)
			for _, u := range rhoUs {
				b.Columns = append(b.Columns, fmt.Sprintf("ρ_U = %g", u))
			}
			for _, m := range paper.Table1Rules {
				without, with := make([]paper.Key, 1+len(rhoUs)), make([]paper.Key, 1+len(rhoUs))
				without[0] = paper.ResNet32(part.Source, part.Dataset, rho, 0, m)
				for i, u := range rhoUs {
					with[1+i] = paper.ResNet32(part.Source, part.Dataset, rho, u, m+paper.WithDU)
				}
				p.lines(&b, m, without, false)
				p.lines(&b, m+paper.WithDU, with, false)
			}
			blocks = append(blocks, b)
		}
	}
	return p.finish("table1", "Table 1. Unlabeled data (D_U@5x), top-1 error", blocks)
}
