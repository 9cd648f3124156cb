package claims

import (
	"fmt"
	"math"

	"longtail/paper"
)

// Claims F7, P1 to P11 and L1, L2: self-supervised pre-training (section 4,
// Tables 2 to 4, Figure 4).

// pretrainedCell is one cell with SSP, with the cells that it is compared with.
type pretrainedCell struct {
	dataset, base string
	rho           float64
	with, plain   paper.Key
	warm, longer  paper.Key
}

func (p pretrainedCell) name() string { return fmt.Sprintf("%s %s ρ=%g", p.base, p.dataset, p.rho) }

// block groups the gains of all rules on the same pre-trained trunks and tail
// images.
func (p pretrainedCell) block() string { return fmt.Sprintf("%s|SSP|%g", p.dataset, p.rho) }

// table2 returns the 24 cells with SSP of Table 2, which P1 and P3 are about, and
// the README's six for CE.
func table2() []pretrainedCell {
	var all []pretrainedCell
	for _, dataset := range paper.Table2Datasets() {
		for _, base := range []string{"CE", "CB-CE", "CB-Focal", "CE-DRW", "LDAM-DRW"} {
			for _, rho := range paper.Rhos {
				p := pretrainedCell{dataset: dataset, base: base, rho: rho,
					with:   paper.ResNet32("Table 2", dataset, rho, 0, base+paper.WithSSP),
					plain:  paper.ResNet32("Table 2", dataset, rho, 0, base),
					warm:   paper.Control(dataset, rho, 0, base+paper.WarmStart),
					longer: paper.Control(dataset, rho, 0, base+paper.TwiceTheEpochs),
				}
				if base == "CE" {
					p.with = paper.ResNet32("README", dataset, rho, 0, "CE(Uniform)"+paper.WithSSP)
				}
				all = append(all, p)
			}
		}
	}
	return all
}

func pretrainedEstimands() []estimand {
	warm := estimand{claim: "F7", measure: errorLast, overRun: true}
	ssp := estimand{claim: "P1", measure: errorLast}
	grows := estimand{claim: "P3", measure: errorLast, unit: "points per unit of ln ρ"}
	perClass := estimand{claim: "P10", measure: classSlope,
		what: "by how much more the error of small classes falls: slope of the class's gain from SSP in −ln n_c, CIFAR-10-LT, which decides; that every class gains is not shown by it, but no class may clearly lose"}
	everyRule := estimand{claim: "P2", measure: errorLast, what: "SSP's gain over the same rule, all eight rules of Table 2 and both readings of “balanced”"}
	better := estimand{claim: "P7", measure: labelBias,
		what: "label bias(supervised warm start) − label bias(SSP): a label-agnostic start leaves less; whether its features are more general is not judged by this"}
	var longer, others, probeBias []cell
	for _, p := range table2() {
		add := func(to *[]cell, q ...Term) { *to = append(*to, cell{p.name(), p.block(), q}) }
		gain := Quantity{plus(p.plain), minus(p.with)}
		add(&everyRule.cells, gain...)
		add(&warm.cells, plus(p.warm), minus(p.with))
		add(&better.cells, plus(p.warm), minus(p.with))
		add(&longer, plus(p.longer), minus(p.with))
		if other := paper.Rivals[p.base]; other != "" {
			add(&others, plus(paper.ResNet32("Table 2", p.dataset, p.rho, 0, other)), minus(p.with))
		}
		if p.base != "CE" { // P1 and P3 are about Table 2, which lacks the README's cells
			add(&ssp.cells, gain...)
			addPoint(&grows.lines, line{name: p.base + " " + p.dataset, span: math.Log(10)}, point{math.Log(p.rho), gain})
		}
		if p.dataset == paper.CIFAR10 {
			perClass.lines = append(perClass.lines, line{name: p.name(), points: []point{{value: gain}}, span: math.Log(p.rho)})
			add(&perClass.classes, gain...)
		}
		if p.base == "CE" {
			add(&probeBias, plus(p.plain), minus(paper.Control(p.dataset, p.rho, 0, paper.LinearProbe)))
		}
	}
	for _, dataset := range paper.Table2Datasets() {
		for _, base := range []string{"Focal", "CE-DRS", "LDAM", paper.MethodResampled} { // no SSP row of their own in Table 2
			for _, rho := range paper.Rhos {
				p := pretrainedCell{dataset: dataset, base: base, rho: rho,
					plain: paper.ResNet32("Table 2", dataset, rho, 0, base), with: paper.Control(dataset, rho, 0, base+paper.WithSSP)}
				if base == paper.MethodResampled {
					p.plain, p.with = paper.Control(dataset, rho, 0, base), paper.ResNet32("README", dataset, rho, 0, "CE(Balanced)"+paper.WithSSP)
				}
				everyRule.cells = append(everyRule.cells, cell{p.name(), p.block(), Quantity{plus(p.plain), minus(p.with)}})
			}
		}
	}
	warm.secondary = []secondary{{label: "over supervised training for twice the epochs", cells: longer, measure: errorLast}}
	ssp.secondary = []secondary{
		{label: "over the other competitor of the group", cells: others, measure: errorLast, prominent: true},
		{label: "gain left with the last phase's class shares subtracted from both models' logits", cells: ssp.cells, measure: errorAdjusted},
	}
	everyRule.secondary = []secondary{{label: "gain left with the last phase's class shares subtracted from both models' logits", cells: everyRule.cells, measure: errorAdjusted}}
	perClass.secondary = []secondary{relativeOfClasses(perClass)}
	better.secondary = []secondary{
		{label: "error(warm start) − error(SSP)", cells: warm.cells, measure: errorLast},
		{label: "label bias(CE) − label bias(linear probe on the frozen SSP trunk)", cells: probeBias, measure: labelBias},
	}

	large := estimand{claim: "L1", measure: errorLast}
	best := estimand{claim: "L2", measure: errorBest, what: "SSP's gain over cRT, best epoch"}
	for _, e := range paper.GainsOfSSPLarge() {
		c := cell{fmt.Sprintf("%s %s %s", e.Base.Method, e.Key.Dataset, e.Key.Network), e.Key.Dataset + e.Key.Network, Quantity{plus(e.Base), minus(e.Key)}}
		large.cells = append(large.cells, c)
		if e.Base.Method == "cRT" {
			best.cells = append(best.cells, c)
		}
	}
	return []estimand{warm, ssp, grows, large, everyRule, bestOfTable(), better, leaks(), otherPretraining(), perClass, stepImbalance(), best}
}

// bestOfTable compares the best number without SSP with the best with SSP, in each
// column of Table 2.
func bestOfTable() estimand {
	e := estimand{claim: "P4", measure: errorLast,
		what: "least error of the rows without SSP − least error of the rows with it, in each column of Table 2; the least of eight noisy rows against that of four, so that equally good ones look worse with SSP (by 0.4 standard deviations of a run if they scatter independently)"}
	var same []cell // SSP's gain in the row with the best printed numbers
	for _, dataset := range paper.Table2Datasets() {
		for _, rho := range paper.Rhos {
			without, with := Term{1, nil, true}, Term{-1, nil, true}
			for _, r := range paper.Table2Rows() {
				without.Keys = append(without.Keys, paper.ResNet32("Table 2", dataset, rho, 0, r.Method))
				if k := paper.ResNet32("Table 2", dataset, rho, 0, r.Method+paper.WithSSP); paper.IsPrinted(k) {
					with.Keys = append(with.Keys, k)
				}
			}
			name := fmt.Sprintf("%s ρ=%g", dataset, rho)
			e.cells = append(e.cells, cell{name, name, Quantity{without, with}})
			rule := paper.ResNet32("Table 2", dataset, rho, 0, "LDAM-DRW")
			ssp := paper.ResNet32("Table 2", dataset, rho, 0, "LDAM-DRW"+paper.WithSSP)
			same = append(same, cell{name, name, Quantity{plus(rule), minus(ssp)}})
		}
	}
	e.secondary = []secondary{{label: "mean gain of LDAM-DRW + SSP over LDAM-DRW", cells: same, measure: errorLast}}
	return e
}

func leaks() estimand {
	c := []cell{{"Figure 4", "figure4", Quantity{
		plus(paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE"+paper.Embedding)), minus(paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE"+paper.WithSSP+paper.Embedding))}}}
	return estimand{claim: "P8", measure: leakage, cells: c,
		what: "leakage of CE − leakage of CE + SSP: share of test images of tail classes whose nearest class (as in S13) is a head class",
		secondary: []secondary{
			{label: "to the adjacent head class, the one with the nearest mean", cells: c, measure: leakageNext},
			{label: "share of CE's leakage that goes to the adjacent head class", share: true, unit: "%", value: func(r *runs, replicate int) float64 {
				base := c[0].value[:1]
				return 100 * r.number(base, leakageNext, replicate) / r.number(base, leakage, replicate)
			}},
		}}
}

func otherPretraining() estimand {
	const large = "Tiny-ImageNet-LT"
	var gains []cell // on the small sets
	// error(MoCo) − error(rotation): mean over the small sets, minus the large one.
	ahead := Quantity{}
	for _, set := range []struct {
		name   string
		weight float64
	}{{paper.CIFAR10, .5}, {paper.CIFAR100, .5}, {large, -1}} {
		ce, rotation := paper.ResNet32("Table 2", set.name, 100, 0, "CE"), paper.ResNet32("README", set.name, 100, 0, "CE(Uniform)"+paper.WithSSP)
		if set.name == large {
			ce, rotation = paper.Control(large, 100, 0, "CE"), paper.Control(large, 100, 0, "CE"+paper.WithSSP)
		}
		moco := paper.Control(set.name, 100, 0, paper.MoCo)
		if set.name != large {
			for _, with := range []paper.Key{rotation, moco} {
				gains = append(gains, cell{with.Method + " " + set.name, "P9", Quantity{plus(ce), minus(with)}})
			}
		}
		ahead = append(ahead, Term{set.weight, []paper.Key{moco}, false}, Term{-set.weight, []paper.Key{rotation}, false})
	}
	return estimand{claim: "P9", measure: errorLast,
		what:      "interaction contrast: error(CE + SSP by MoCo) − error(CE + SSP by rotation) on the small sets minus that on the large one",
		lines:     []line{{name: "small − large", points: []point{{value: ahead}}, cells: len(ahead), span: 1}},
		secondary: []secondary{{label: "gain over CE, both methods, both small sets", cells: gains, measure: errorLast}},
		never:     "Tiny-ImageNet-LT is not among this version's data; what MoCo and rotation gain on the small sets is measured"}
}

func stepImbalance() estimand {
	e := estimand{claim: "P11", measure: errorLast,
		what: "SSP's gain over the same rule on step-imbalanced CIFAR-10, four rules, ρ = 100 and 10"}
	for _, rule := range []string{"CE", "CB-CE", "CE-DRW", "LDAM-DRW"} {
		for _, rho := range []float64{100, 10} {
			e.cells = append(e.cells, cell{fmt.Sprintf("%s ρ=%g", rule, rho), fmt.Sprintf("step|%g", rho), Quantity{
				plus(paper.Control(paper.CIFAR10, rho, 0, rule+paper.OnStep)), minus(paper.Control(paper.CIFAR10, rho, 0, rule+paper.WithSSP+paper.OnStep))}})
		}
	}
	return e
}
