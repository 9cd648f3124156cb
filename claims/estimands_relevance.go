package claims

import (
	"fmt"
	"math"
	"slices"

	"longtail/paper"
)

// Claims R1 to R7: relevance and imbalance of the unlabeled data (section 3,
// Figures 2 and 3).

// sweep returns the gain over base by relevance, at ρ = 50 as in Figure 2 or at
// ρ = 1.
func sweep(source string, rho float64, base paper.Key) []point {
	var all []point
	for _, pct := range paper.Relevances {
		all = append(all, point{pct, Quantity{plus(base), minus(paper.ResNet32(source, paper.CIFAR10, rho, rho, paper.Relevance(pct)))}})
	}
	return all
}

func relevanceEstimands() []estimand {
	var all []estimand
	plain, equal := paper.ResNet32("Table 1a", paper.CIFAR10, 50, 0, "CE"), paper.Control(paper.CIFAR10, 50, 0, "CE"+paper.EqualSteps)
	for _, b := range []struct {
		against string
		key     paper.Key
	}{{"plain", plain}, {"equal-step", equal}} {
		points := sweep("Figure 2", 50, b.key)
		hurt := func(claim, what string, levels ...int) estimand {
			e := estimand{claim: claim, against: b.against, measure: errorLast, what: what}
			for _, i := range levels {
				e.cells = append(e.cells, cell{fmt.Sprintf("relevance %g %%", points[i].x), claim, difference(nil, points[i].value)})
			}
			return e
		}
		can := hurt("R1", "error(with D_U@5x at 0 and 20 % relevance) − error(without); the claim is that it can hurt: one level that clearly does is enough, whatever the verdict on both", 0, 1)
		for _, c := range can.cells {
			can.secondary = append(can.secondary, secondary{label: c.name, cells: []cell{{value: c.value}}, measure: errorLast, bounds: true})
		}
		all = append(all, can,
			hurt("R3", "error(with D_U@5x at 20 and 40 % relevance) − error(without)", 1, 2))

		byImbalance := &curve{name: "Figure 3", rising: false, print: 50}
		for _, u := range paper.RelevantRhoUs {
			byImbalance.points = append(byImbalance.points, point{u, Quantity{plus(b.key), minus(paper.ResNet32("Figure 3", paper.CIFAR10, 50, u, paper.Relevance(60)))}})
		}
		all = append(all, estimand{claim: "R6", against: b.against, measure: errorLast, curve: byImbalance,
			what: "ρ_U at which the gain of D_U@5x at 60 % relevance falls through 0"})
	}
	all = append(all, estimand{claim: "R2", against: "equal-step", measure: errorLast,
		curve: &curve{name: "Figure 2", points: sweep("Figure 2", 50, equal), unit: " %", rising: true, print: 60, helps: 3, idle: 0}})

	for _, b := range []struct {
		against string
		key     paper.Key
	}{{"plain", paper.Control(paper.CIFAR10, 1, 0, "CE")}, {"equal-step", paper.Control(paper.CIFAR10, 1, 0, "CE"+paper.EqualSteps)}} {
		all = append(all, estimand{claim: "R4", against: b.against, measure: errorLast,
			what:  "relevance at which the gain of D_U@5x rises through 0 when both sets are balanced (ρ = ρ_U = 1); as in the imbalanced case: at 60 %",
			curve: &curve{name: "ρ = 1", points: sweep(paper.SourceControl, 1, b.key), unit: " %", rising: true, print: 60, unprinted: true}})
	}

	// Slopes of the error in ln ρ_U: at 60 % relevance, and at 100 % from Table 1 at
	// ρ = 50. R7 compares them over the ρ_U that both have.
	var at60, shared60, shared100 []point
	for _, u := range paper.RelevantRhoUs {
		p := point{math.Log(u), Quantity{plus(paper.ResNet32("Figure 3", paper.CIFAR10, 50, u, paper.Relevance(60)))}}
		at60 = append(at60, p)
		if slices.Contains(paper.RhoUs(50), u) {
			shared60 = append(shared60, p)
			shared100 = append(shared100, point{math.Log(u), Quantity{plus(paper.ResNet32("Table 1a", paper.CIFAR10, 50, u, "CE"+paper.WithDU))}})
		}
	}
	return append(all,
		estimand{claim: "R5", measure: errorLast, unit: "points of error per unit of ln ρ_U",
			what:  "slope of the error in ln ρ_U at 60 % relevance",
			lines: []line{{name: "CE CIFAR-10-LT ρ=50, 60 %", points: at60, span: math.Log(100)}}},
		estimand{claim: "R7", measure: errorLast, unit: "points of error per unit of ln ρ_U",
			what:  "interaction contrast: slope of the error in ln ρ_U at 60 % relevance minus that at 100 %",
			lines: []line{{name: "60 % − 100 %", points: []point{{value: difference(slopeOf(shared60), slopeOf(shared100))}}, cells: len(shared60) + len(shared100), span: math.Log(100)}}})
}
