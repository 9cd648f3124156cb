package claims

import (
	"fmt"
	"math"

	"longtail/paper"
)

// premiseEstimands returns the estimands of claims F2 to F4, the premises
// (abstract, section 1).
func premiseEstimands() []estimand {
	bias := line{name: "CE CIFAR-10-LT", span: math.Log(100)}
	balanced := paper.Control(paper.CIFAR10, 1, 0, "CE")
	for _, k := range []paper.Key{balanced, paper.ResNet32("Table 1a", paper.CIFAR10, 10, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 50, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE")} {
		bias.points = append(bias.points, point{math.Log(k.Rho), Quantity{plus(k)}})
	}
	f2 := estimand{claim: "F2", measure: labelBias, unit: "points of label bias per unit of ln ρ",
		what:  "mean slope in ln ρ of the label bias of CE: total variation between predicted and true class shares",
		lines: []line{bias}}
	f2.secondary = []secondary{{label: "slope of the share of tail errors that go to a head class", unit: "points per unit of ln ρ",
		value: slopeAtLevels(f2, bias.points, tailToHead)}}

	probe := estimand{claim: "F3", measure: errorLast,
		what: "error(linear probe on the frozen SSP trunk) − error(CE trained end to end), same images"}
	drop := estimand{claim: "F4", measure: errorLast,
		what: "least error of the rows without SSP at ρ = 100 − error(CE at ρ = 1), same schedule; whether the drop is large is not judged by this"}
	for _, dataset := range paper.Table2Datasets() {
		for _, rho := range paper.Rhos {
			name := fmt.Sprintf("%s ρ=%g", dataset, rho)
			probe.cells = append(probe.cells, cell{name, name, Quantity{
				plus(paper.Control(dataset, rho, 0, paper.LinearProbe)), minus(paper.ResNet32("Table 2", dataset, rho, 0, "CE"))}})
		}
		best := Term{1, nil, true}
		for _, r := range paper.Table2Rows() {
			best.Keys = append(best.Keys, paper.ResNet32("Table 2", dataset, 100, 0, r.Method))
		}
		drop.cells = append(drop.cells, cell{dataset, dataset, Quantity{best, minus(paper.Control(dataset, 1, 0, "CE"))}})
	}
	return []estimand{f2, probe, drop}
}
