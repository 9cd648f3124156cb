package experiments

import "longtail/paper"

// table1 is Table 1: CE and LDAM-DRW alone and with D_U@5x, 30 cells per data set.
// The recipe is the released program's. The base classifier of a row is trained
// with the row's own rule (our choice: the paper does not name it for LDAM-DRW).
// Its last epoch labels the whole pool. A new network is trained on both parts as
// one set, whose counts give margins and weights.
func table1() []cell {
	var all []cell
	for _, t := range paper.Table1 {
		for _, rho := range paper.Rhos {
			for _, rule := range paper.Table1Rules {
				all = append(all, cell{Key: paper.ResNet32(t.Source, t.Dataset, rho, 0, rule), part: "table1", run: run{rule: rule}})
				for _, rhoU := range paper.RhoUs(rho) {
					c := cell{Key: paper.ResNet32(t.Source, t.Dataset, rho, rhoU, rule+paper.WithDU), part: "table1",
						run: run{rule: rule, unlabeled: &unlabeled{multiple: times5, rhoU: rhoU}}}
					if rule != "CE" {
						c.ours = "pseudo-labels by the row's own rule"
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
}
