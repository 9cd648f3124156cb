package paper

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Effect is the printed effect of a method in one cell: the error of Base minus
// that of Key, in percentage points, rounded to the printed hundredth. It is
// positive if the method helps.
type Effect struct {
	Key, Base Key
	Points    float64
}

// InPrint is what the printed numbers show about a claim taken literally. There is
// one run per cell, so it is a count and not a test.
type InPrint struct {
	Claim    string // id
	Held, Of int    // cells, lines or columns in which the claim holds, and all of them; 0 of 0 if nothing is counted
	Text     string // the count and the numbers as text
}

// count counts one cell, line or column and returns held.
func (p *InPrint) count(held bool) bool {
	p.Of++
	if held {
		p.Held++
	}
	return held
}

// InPrintAll returns what the printed numbers show about every claim that they
// concern, in the order of the claims.
func InPrintAll() []InPrint {
	s1 := gainsOfUnlabeled("")
	p := gainsOfSSP()
	l := GainsOfSSPLarge()
	return []InPrint{
		{Claim: "F1", Text: "iNaturalist 2018: 1000 images in the largest class, 2 in the smallest"},
		inPrintF4(),
		countPositive("S1", s1),
		inPrintSize("S2", CIFAR10, 10),
		inPrintSize("S3", SVHN, 6),
		inPrintS4(),
		inPrintS5(),
		inPrintS6(),
		countPositive("S8", gainsOfUnlabeled("LDAM-DRW")),
		inPrintS11(),
		{Claim: "S15", Text: "said of all test sets; not so of SVHN's official one, which has 5099 to 1595 images a digit (no number of the paper)"},
		inPrintText("R2", "relevance needed for a benefit"),
		inPrintText("R6", "largest rhoU still helpful"),
		inPrintP1(),
		inPrintP2(p),
		inPrintP3(),
		inPrintP4(),
		inPrintP5(p),
		countPositive("L1", l),
		inPrintL2(),
		inPrintL4(l),
	}
}

// BaseOf returns the key of the number to which k's method is an addition: the same
// rule without unlabeled data or without pre-training. It returns false if k is no
// addition.
func BaseOf(k Key) (Key, bool) {
	m := ParseMethod(k.Method)
	if slices.ContainsFunc(m.Added, func(a string) bool { return strings.HasPrefix(a, "D_U@") }) {
		k.Method, k.RhoU = m.Rule, 0
		if k.Source == "Appendix E.3" {
			k.Source = "Table 1a" // the appendix's baseline is the main table's
		}
		return k, true
	}
	if m, ok := strings.CutSuffix(k.Method, WithSSP); ok {
		k.Method = m
		if k.Source == "README" {
			// The README has its own names for its baselines, and Table 2 prints one of
			// them.
			switch m {
			case "CE(Uniform)":
				k.Source, k.Method = "Table 2", "CE"
			case "CE(Balanced)":
				k.Source, k.Method = SourceControl, MethodResampled
			}
		}
		return k, true
	}
	return Key{}, false
}

// PrintedEffect returns k's printed effect relative to its base, and whether both
// numbers are printed.
func PrintedEffect(k Key) (Effect, bool) {
	b, ok := BaseOf(k)
	if !ok {
		return Effect{}, false
	}
	n, ok := Find(k)
	base, okBase := Find(b)
	if !ok || !okBase {
		return Effect{}, false
	}
	return Effect{Key: k, Base: b, Points: points(base.Value - n.Value)}, true
}

// gainsOfUnlabeled returns the effects of D_U@5x in Table 1: 24 of one base method
// ("CE", "LDAM-DRW") or, if it is empty, 48 of both.
func gainsOfUnlabeled(base string) []Effect {
	return effects(func(e Effect) bool {
		return strings.HasPrefix(e.Key.Source, "Table 1") && (base == "" || e.Base.Method == base)
	})
}

// gainsOfSSP returns SSP's 24 effects over the same rule in Table 2.
func gainsOfSSP() []Effect {
	return effects(func(e Effect) bool { return e.Key.Source == "Table 2" })
}

// GainsOfSSPLarge returns SSP's 12 effects in Tables 3 and 4.
func GainsOfSSPLarge() []Effect {
	return effects(func(e Effect) bool { return e.Key.Source == "Table 3" || e.Key.Source == "Table 4" })
}

func effects(keep func(Effect) bool) []Effect {
	var out []Effect
	for _, n := range Numbers() {
		if e, ok := PrintedEffect(n.Key); ok && keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// points returns x rounded to a hundredth, the precision of the tables.
func points(x float64) float64 { return math.Round(x*100) / 100 }

func countPositive(id string, all []Effect) InPrint {
	p := InPrint{Claim: id}
	for _, e := range all {
		p.count(e.Points > 0)
	}
	p.Text = fmt.Sprintf("%d/%d", p.Held, p.Of)
	return p
}

// inPrintF4 returns the best error without SSP at ρ = 100. The reference at ρ = 1
// is not printed.
func inPrintF4() InPrint {
	best := math.Inf(1)
	for _, n := range Numbers() {
		if n.Source == "Table 2" && n.Dataset == CIFAR10 && n.Rho == 100 && !strings.HasSuffix(n.Method, WithSSP) {
			best = math.Min(best, n.Value)
		}
	}
	return InPrint{Claim: "F4", Text: fmt.Sprintf("%.2f without SSP at ρ=100 on CIFAR-10-LT; no number at ρ=1", best)}
}

// inPrintSize counts the cells at ρ = 100 that reach the claimed size, in all and
// by rule.
func inPrintSize(id, dataset string, size float64) InPrint {
	p := InPrint{Claim: id}
	var words []string
	for _, base := range Table1Rules {
		var rule InPrint
		var each []string
		for _, e := range gainsOfUnlabeled(base) {
			if e.Key.Dataset != dataset || e.Key.Rho != 100 {
				continue
			}
			rule.count(e.Points >= size)
			each = append(each, fmt.Sprintf("%.2f", e.Points))
		}
		p.Held, p.Of = p.Held+rule.Held, p.Of+rule.Of
		words = append(words, fmt.Sprintf("%s %s (%d/%d ≥ %g)", base, strings.Join(each, " "), rule.Held, rule.Of, size))
	}
	p.Text = strings.Join(words, "; ")
	return p
}

// falling reports whether x strictly decreases.
func falling(x []float64) bool {
	for i := 1; i < len(x); i++ {
		if x[i] >= x[i-1] {
			return false
		}
	}
	return true
}

func join(x []float64, format, sep string) string {
	s := make([]string, len(x))
	for i, v := range x {
		s[i] = fmt.Sprintf(format, v)
	}
	return strings.Join(s, sep)
}

// group is one of Table 1's four combinations of data set and base method.
type group struct{ source, dataset, base string }

func (g group) String() string { return g.base + " " + strings.TrimSuffix(g.dataset, "-LT") }

var table1Groups = []group{
	{"Table 1a", CIFAR10, "CE"}, {"Table 1a", CIFAR10, "LDAM-DRW"},
	{"Table 1b", SVHN, "CE"}, {"Table 1b", SVHN, "LDAM-DRW"},
}

// unlabeled returns the key of the group's cell with D_U@5x.
func (g group) unlabeled(rho, rhoU float64) Key {
	return ResNet32(g.source, g.dataset, rho, rhoU, g.base+WithDU)
}

// inPrintS4 counts the groups in which the gain at ρ_U = 1 falls as ρ falls.
func inPrintS4() InPrint {
	p := InPrint{Claim: "S4"}
	var words []string
	relative := 0
	for _, g := range table1Groups {
		var gains, rel []float64
		for _, rho := range Rhos {
			e, _ := PrintedEffect(g.unlabeled(rho, 1))
			base, _ := Find(e.Base)
			gains, rel = append(gains, e.Points), append(rel, 100*(e.Points/base.Value))
		}
		p.count(falling(gains))
		if falling(rel) {
			relative++
		}
		words = append(words, fmt.Sprintf("%v %s (relative %s %%)", g, join(gains, "%.1f", "/"), join(rel, "%.0f", "/")))
	}
	p.Text = fmt.Sprintf("ordered in %d/%d groups at ρ_U=1, relative gain in %d/%d; at ρ=100/50/10: %s", p.Held, p.Of, relative, p.Of, strings.Join(words, "; "))
	return p
}

// inPrintS5 counts the lines (group × ρ) in which the gain strictly falls as ρ_U
// grows.
func inPrintS5() InPrint {
	p := InPrint{Claim: "S5"}
	var not []string
	for _, g := range table1Groups {
		for _, rho := range Rhos {
			var gains []float64
			for _, u := range RhoUs(rho) {
				e, _ := PrintedEffect(g.unlabeled(rho, u))
				gains = append(gains, e.Points)
			}
			if !p.count(falling(gains)) {
				not = append(not, fmt.Sprintf("%v ρ=%g (%s)", g, rho, join(gains, "%.2f", " ")))
			}
		}
	}
	p.Text = fmt.Sprintf("strictly ordered in %d/%d lines; not %s", p.Held, p.Of, strings.Join(not, ", "))
	return p
}

// inPrintS6 compares the spread of the gain over ρ_U at ρ = 100 and ρ = 10.
func inPrintS6() InPrint {
	p := InPrint{Claim: "S6"}
	var words []string
	for _, g := range table1Groups {
		var spread []float64
		for _, rho := range Rhos {
			low, high := math.Inf(1), math.Inf(-1)
			for _, u := range RhoUs(rho) {
				e, _ := PrintedEffect(g.unlabeled(rho, u))
				low, high = math.Min(low, e.Points), math.Max(high, e.Points)
			}
			spread = append(spread, points(high-low))
		}
		p.count(spread[2] < spread[0])
		words = append(words, fmt.Sprintf("%v %s", g, join(spread, "%.2f", "/")))
	}
	p.Text = fmt.Sprintf("spread over ρ_U smaller at ρ=10 than at 100 in %d/%d; at ρ=100/50/10: %s", p.Held, p.Of, strings.Join(words, "; "))
	return p
}

// inPrintS11 counts the steps at which the gain per doubling of D_U falls. Its text
// also counts the steps that gain.
func inPrintS11() InPrint {
	p := InPrint{Claim: "S11"}
	var errors, doubling []float64
	larger := 0
	for i, a := range Amounts {
		k := ResNet32("Appendix E.3", CIFAR10, 50, 50, Unlabeled(a))
		n, _ := Find(k)
		errors = append(errors, n.Value)
		if i > 0 {
			doubling = append(doubling, points((errors[i-1]-errors[i])/math.Log2(a/Amounts[i-1])))
			if errors[i] < errors[i-1] {
				larger++
			}
			if n := len(doubling); n > 1 {
				p.count(doubling[n-1] < doubling[n-2])
			}
		}
	}
	diminishing := "diminishing"
	if !falling(doubling) {
		diminishing = "not diminishing"
	}
	p.Text = fmt.Sprintf("%s (quoted by a reader in issue #9): the gain grows in %d of %d steps; per doubling %s: it falls in %d of %d, %s on that scale", join(errors, "%.2f", " "), larger, len(doubling), join(doubling, "%.2f", ", "), p.Held, p.Of, diminishing)
	return p
}

// inPrintText returns a number of the text that no table decides.
func inPrintText(id, method string) InPrint {
	p := InPrint{Claim: id}
	for _, n := range Numbers() {
		if n.Source == "text" && n.Method == method {
			p.Text = n.Printed + " in the text; the values in the figure are not available"
		}
	}
	return p
}

func table2Key(dataset string, rho float64, method string) Key {
	return ResNet32("Table 2", dataset, rho, 0, method)
}

// inPrintP1 counts the cells in which SSP is below every competitor of its group.
func inPrintP1() InPrint {
	p := InPrint{Claim: "P1"}
	for _, d := range Table2Datasets() {
		for _, rho := range Rhos {
			for rule, rival := range Rivals {
				ssp, _ := Find(table2Key(d, rho, rule+WithSSP))
				own, _ := Find(table2Key(d, rho, rule))
				other, _ := Find(table2Key(d, rho, rival))
				p.count(ssp.Value < own.Value && ssp.Value < other.Value)
			}
		}
	}
	p.Text = fmt.Sprintf("%d/%d", p.Held, p.Of)
	return p
}

// inPrintP2 counts the gains of SSP and the rules of Table 2 that have a row with
// it.
func inPrintP2(gains []Effect) InPrint {
	p := countPositive("P2", gains)
	seen := map[string]bool{}
	for _, e := range gains {
		seen[e.Base.Method] = true
	}
	p.Text = fmt.Sprintf("%d/%d cells; %d of the %d rules are shown with SSP; the authors' README adds CE", p.Held, p.Of, len(seen), len(Table2Rows()))
	return p
}

// inPrintP3 counts the lines (data set × rule) in which SSP's gain falls as ρ
// falls.
func inPrintP3() InPrint {
	p := InPrint{Claim: "P3"}
	var not []string
	for _, d := range Table2Datasets() {
		for _, row := range Table2Rows() {
			if Rivals[row.Method] == "" {
				continue
			}
			var line []float64
			for _, rho := range Rhos {
				e, _ := PrintedEffect(table2Key(d, rho, row.Method+WithSSP))
				line = append(line, e.Points)
			}
			if !p.count(falling(line)) {
				not = append(not, fmt.Sprintf("%s %s (%s)", strings.TrimSuffix(d, "-LT"), row.Method, join(line, "%.2f", "/")))
			}
		}
	}
	p.Text = fmt.Sprintf("ordered in %d/%d lines; not %s", p.Held, p.Of, strings.Join(not, ", "))
	return p
}

// inPrintP4 counts the columns of Table 2 in which the best number has SSP.
func inPrintP4() InPrint {
	p := InPrint{Claim: "P4"}
	winners := map[string]bool{}
	var names []string
	for _, d := range Table2Datasets() {
		for _, rho := range Rhos {
			best := Number{Value: math.Inf(1)}
			for _, n := range Numbers() {
				if n.Source == "Table 2" && n.Dataset == d && n.Rho == rho && n.Value < best.Value {
					best = n
				}
			}
			p.count(strings.HasSuffix(best.Method, WithSSP))
			if !winners[best.Method] {
				winners[best.Method] = true
				names = append(names, best.Method)
			}
		}
	}
	p.Text = fmt.Sprintf("%d/%d columns, best: %s", p.Held, p.Of, strings.Join(names, ", "))
	return p
}

// inPrintP5 counts SSP's gains of at least one point.
func inPrintP5(gains []Effect) InPrint {
	p := InPrint{Claim: "P5"}
	least := math.Inf(1)
	for _, e := range gains {
		p.count(e.Points >= 1)
		least = math.Min(least, e.Points)
	}
	p.Text = fmt.Sprintf("%d/%d gains of at least 1 point, the least %.2f", p.Held, p.Of, least)
	return p
}

// inPrintL2 compares cRT + SSP with cRT, the previous best, in each column: "about
// 4 points".
func inPrintL2() InPrint {
	p := InPrint{Claim: "L2"}
	var words []string
	for _, e := range GainsOfSSPLarge() {
		if e.Base.Method != "cRT" {
			continue
		}
		p.count(e.Points >= 4)
		words = append(words, fmt.Sprintf("%s, %s %.1f", e.Key.Dataset, e.Key.Network, e.Points))
	}
	p.Text = fmt.Sprintf("at least 4 points over cRT in %d of %d columns: %s", p.Held, p.Of, strings.Join(words, "; "))
	return p
}

// inPrintL4 compares SSP's mean gain on ImageNet-LT's two networks.
func inPrintL4(gains []Effect) InPrint {
	mean := func(network string) float64 {
		sum, n := 0.0, 0
		for _, e := range gains {
			if e.Key.Dataset == "ImageNet-LT" && e.Key.Network == network {
				sum += e.Points
				n++
			}
		}
		return sum / float64(n)
	}
	return InPrint{Claim: "L4", Text: fmt.Sprintf("mean gain on ImageNet-LT: ResNet-50 %.1f, ResNet-10 %.1f points", mean("ResNet-50"), mean("ResNet-10"))}
}
