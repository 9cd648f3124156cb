package theory

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Theorem1Findings returns the verdicts on claims T1.1 to T1.12. Each is computed
// here from the exact laws, so that it changes when they do.
func Theorem1Findings() []Finding {
	return []Finding{
		bayesFinding(), boundFinding(), fittedGapFinding(), biasFinding(),
		recallFinding(), countFinding(), firstTermFinding(), balanceFinding(),
		minorFinding(), amountFinding(), exponentFinding(), helpFinding(),
	}
}

func bayesFinding() Finding {
	best := unit.RuleError(0)
	ok := relativeError(best, unit.BayesError()) < 1e-12
	for i := 1; i <= 300; i++ {
		t := float64(i) / 100
		ok = ok && unit.RuleError(t) > best && unit.RuleError(-t) > best
	}
	return Finding{Claim: "T1.1", Word: worded(ok),
		Text: fmt.Sprintf("At D = 2σ the sign about the midpoint errs with probability Φ(−D/2σ) = %.6f; every other threshold on a grid of 600 errs more.", best)}
}

func relativeError(got, want float64) float64 {
	if got == want { // 0 and infinity, too
		return 0
	}
	return math.Abs(got-want) / math.Abs(want)
}

func boundFinding() Finding {
	checked, vacuous, loosest, tightest := 0, 0, 0.0, math.Inf(1)
	ok := true
	var example Theorem1
	var exampleDelta float64
	for _, ratio := range []float64{0.5, 1, 2, 4, 6} {
		for _, pq := range [][2]float64{{0.5, 0.5}, {0.9, 0.7}, {0.6, 0.95}, {1, 1}} {
			for _, n := range [][2]int{{10, 10}, {50, 50}, {500, 500}, {900, 100}, {990, 10}} {
				for _, delta := range []float64{0.1, 0.2, 0.5} {
					m := Theorem1{ratio / 2, -ratio / 2, 1, pq[0], pq[1], n[0], n[1]}
					f, b := m.FailureProbability(delta), m.PrintedBound(delta)
					checked++
					ok = ok && f.Value() <= b.Sum
					if b.Vacuous {
						vacuous++
						if example.NPos == 0 && n[0] == 50 && ratio == 2 && pq[0] != pq[1] {
							example, exampleDelta = m, delta
						}
						continue
					}
					slack := float64(math.Log10(b.Sum)) - f.Log10()
					loosest, tightest = math.Max(loosest, slack), math.Min(tightest, slack)
				}
			}
		}
	}
	f := Finding{Claim: "T1.2", Word: worded(ok)}
	if ok && vacuous > 0 {
		f.Word, f.Where = Vacuous, example.setting(exampleDelta)
	}
	f.Text = fmt.Sprintf("Proved in docs/theory.md; checked at %d settings: the exact failure probability is at most the published sum, which is 1 or more at %d of them. Elsewhere it is 10^%.1f to 10^%.0f times the exact value.", checked, vacuous, tightest, loosest)
	if !ok {
		f.Text = fmt.Sprintf("The exact failure probability is above the published sum at one or more of %d settings.", checked)
	}
	return f
}

func fittedGapFinding() Finding {
	// gaps lists Δ on unlabeled data with a given share of positives as that of the
	// training data falls. It reports whether its size always grows.
	gaps := func(unlabeled float64) (list string, grow bool) {
		last, grow := -1.0, true
		for i, prior := range []float64{0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01} {
			p, q, _ := unit.base(prior, unlabeled).Precisions()
			grow = grow && math.Abs(p-q) > last
			last = math.Abs(p - q)
			if i > 0 {
				list += ", "
			}
			list += fmt.Sprintf("%.3f (π = %g)", p-q, prior)
		}
		return list, grow
	}
	balanced, ok := gaps(0.5)
	imbalanced, always := gaps(0.1)
	recallGap := func(prior float64) float64 { // whatever the unlabeled data
		pos, neg := unit.base(prior, 0.5).recalls()
		return neg - pos
	}
	f := Finding{Claim: "T1.3", Word: worded(ok),
		Text: fmt.Sprintf("Plug-in rule fitted on a share π of positives, D = 2σ. On balanced unlabeled data Δ = %s. On unlabeled data of which a tenth is positive Δ = %s: there more imbalance in training first makes the gap smaller, and balanced training has the largest of these. Read literally, of the classes' recalls, the claim is true of any unlabeled data (their gap is %.3f at π = 0.5, %.3f at 0.1, %.3f at 0.01); but Δ is a difference of precisions.", balanced, imbalanced, recallGap(0.5), recallGap(0.1), recallGap(0.01))}
	if ok && !always {
		f.Word, f.Where = Weaker, "in the case of balanced unlabeled data"
	}
	return f
}

func biasFinding() Finding {
	a, b := Theorem1{1, -1, 1, 0.9, 0.7, 10, 10}, Theorem1{1, -1, 1, 0.9, 0.4, 10, 10}
	ok := math.Abs(a.Mean()-a.Midpoint()-a.Gap()) < 1e-12 && b.Bias() > a.Bias() && b.RuleError(b.Bias()) > a.RuleError(a.Bias())
	return Finding{Claim: "T1.4", Word: worded(ok),
		Text: fmt.Sprintf("E θ̂ = M + ΔD/2 exactly. At D = 2σ the rule at that threshold errs with %.4f for Δ = 0.2 and %.4f for Δ = 0.5, against %.4f at the midpoint.", a.RuleError(a.Bias()), b.RuleError(b.Bias()), a.BayesError())}
}

func recallFinding() Finding {
	text := "With recalls 0.7 and 0.95 held fixed, the centre moves with the unlabeled data's share of positives: Δ ="
	first, moved := missing, false
	for i, prior := range []float64{0.5, 0.1, 0.01, 0.9} {
		p, q, _ := Precisions(0.7, 0.95, prior)
		if i == 0 {
			first = p - q
		} else {
			text += ","
			moved = moved || math.Abs(p-q-first) > 1e-9
		}
		text += fmt.Sprintf(" %+.3f at π = %g", p-q, prior)
	}
	return Finding{Claim: "T1.5", Word: worded(!moved), Where: "fixed recalls (it holds for fixed precisions)", Text: text + "."}
}

func countFinding() Finding {
	_, _, called := Precisions(0.7, 0.95, 0.01)
	return Finding{Claim: "T1.6", Word: worded(called < 0.02), Where: "recalls 0.7 and 0.95, π = 0.01",
		Text: fmt.Sprintf("%.2f %% of the points are called positive where 1 %% are.", 100*called)}
}

func firstTermFinding() Finding {
	ok := true
	for _, c := range splitCases {
		balanced := c.PrintedBound(0.3).Terms[0]
		for _, m := range c.splits(5) {
			ok = ok && (m.NPos == m.NNeg || m.PrintedBound(0.3).Terms[0] > balanced)
		}
	}
	return Finding{Claim: "T1.7", Word: worded(ok), Text: "At fixed n₊ + n₋ the first published term is smallest at n₊ = n₋, where n₊n₋/(n₊+n₋) is largest. This is about the bound, not about the probability (T1.8)."}
}

func balanceFinding() Finding {
	ok, where, text := true, "", ""
	for _, c := range splitCases {
		best := c.bestSplit(0.3, 5)
		balanced := c.FailureProbability(0.3)
		if best.NPos == best.NNeg {
			continue
		}
		if ok {
			where = c.setting(0.3)
		} else {
			text += " "
		}
		ok = false
		text += fmt.Sprintf("p = %g, q = %g, D = %gσ, 200 points: failure probability %.3g balanced, %.3g at %d:%d.", c.P, c.Q, c.Separation(), balanced.Value(), best.FailureProbability(0.3).Value(), best.NPos, best.NNeg)
	}
	return Finding{Claim: "T1.8", Word: worded(ok), Where: where, Text: text}
}

func minorFinding() Finding {
	at := func(half float64) (m Theorem1, terms [3]float64, minor bool) {
		m = Theorem1{half, -half, 1, 0.95, 0.6, 990, 10}
		terms = m.PrintedBound(0.5).Terms
		return m, terms, terms[2] > terms[0] && terms[2] > terms[1]
	}
	m, wide, ok := at(2)
	_, narrow, always := at(1)
	v := m.VarianceTerms()
	f := Finding{Claim: "T1.9", Word: worded(ok), Where: m.setting(0.5),
		Text: fmt.Sprintf("Of the two label terms it is always the larger. It exceeds the noise term iff D > 2σ√((n₊ + n₋)/max(n₊, n₋)): at n₊ = 990, n₋ = 10, δ = 0.5σ iff D > %.2fσ. There the published terms (noise, major, minor class) are %.4g, %.3g, %.4g at D = 4σ, but %.4g, %.3g, %.4g at D = 2σ. Of the exact variance at D = 4σ, p = %g, q = %g the noise has %.0f %%, the major class's labels %.1f %%, the minor's %.0f %%.",
			m.minorLeadsFrom()/m.Sigma, wide[0], wide[1], wide[2], narrow[0], narrow[1], narrow[2],
			m.P, m.Q, 100*v[0]/m.Variance(), 100*v[1]/m.Variance(), 100*v[2]/m.Variance())}
	if ok && !always {
		f.Word, f.Where = Weaker, "in the case D > 2σ√((n₊ + n₋)/max(n₊, n₋))"
	}
	return f
}

func amountFinding() Finding {
	ok, text := true, "P(|θ̂ − M| > δ) ="
	last := 1.0
	for i, n := range []int{10, 50, 100, 200, 400} {
		miss := Theorem1{1, -1, 1, 0.9, 0.7, n, n}.MissTargetProbability(0.1).Value()
		if i > 0 {
			text += ","
			ok = ok && miss <= last
		}
		text += fmt.Sprintf(" %.3f", miss)
		last = miss
	}
	text += " for n = 10, 50, 100, 200, 400 a side. About the theorem's own centre it is not monotone either: at D = 2, σ = 0.1, p = 0.9, q = 0.7, δ = 0.15 the failure probability is"
	for i, n := range []int{1, 2, 4, 5} {
		f := Theorem1{1, -1, 0.1, 0.9, 0.7, n, n}.FailureProbability(0.15).Value()
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(" %.3f (n = %d a side)", f, n)
	}
	return Finding{Claim: "T1.10", Word: worded(ok), Where: "|Δ|D/2 > δ: p = 0.9, q = 0.7, D = 2σ, δ = 0.1σ", Text: text + "."}
}

func exponentFinding() Finding {
	m := Theorem1{1, -1, 1, 0.9, 0.7, 900, 100}
	double := m
	double.NPos, double.NNeg = 2*m.NPos, 2*m.NNeg
	exact, printed := m.FailureExponent(0.3), m.PrintedExponent(0.3)
	// In logarithms: twice the points nearly square the probability.
	ok := double.FailureProbability(0.3) < 1.8*m.FailureProbability(0.3) && exact > printed
	f := Finding{Claim: "T1.11", Word: worded(ok),
		Text: fmt.Sprintf("At n₊:n₋ = 9:1, p = %g, q = %g, D = 2σ, δ = 0.3σ the exact failure probability falls as exp(−%.3g·n), the published bound as exp(−%.3g·n). Within δ = 0.1σ of M itself, where ΔD/2 = 0.2σ, the estimate lies with probability %.2g at n = 1000, and less the more there are (T1.10).", m.P, m.Q, exact, printed, 1-m.MissTargetProbability(0.1).Value())}
	if ok { // it does not hold for M itself
		f.Word, f.Where = Weaker, "in the case of closeness to M + ΔD/2, or to M where |Δ|D/2 < δ"
	}
	return f
}

func helpFinding() Finding {
	unlabeled := []float64{0.5, 0.3, 0.1, 0.01}
	// after returns the balanced errors of self-training from a base rule fitted at
	// train. They are the base rule's and, by share of positives in the unlabeled
	// data, those after one step and at the fixed point.
	after := func(train float64) (base float64, step, fixed []float64) {
		for _, prior := range unlabeled {
			s := unit.SelfTraining(train, prior)
			base, step, fixed = s.Error[0], append(step, s.Error[1]), append(fixed, s.Error[2])
		}
		return base, step, fixed
	}
	list := func(errors []float64) string {
		var out []string
		for i, e := range errors {
			out = append(out, fmt.Sprintf("%.4f (π_U = %g)", e, unlabeled[i]))
		}
		return strings.Join(out, ", ")
	}
	// from is the largest share of positives such that at it and below one step helps
	// whatever the unlabeled data.
	from, biased := 0.0, []float64{0.01, 0.05, 0.1, 0.2, 0.3, 0.4}
	for _, train := range biased {
		if base, step, _ := after(train); slices.Max(step) >= base {
			break
		}
		from = train
	}
	fair, fairStep, _ := after(0.5)
	base, step, _ := after(0.1)
	mild, _, mildFixed := after(0.3)
	always := from == biased[len(biased)-1] && slices.Max(fairStep) <= fair && slices.Max(mildFixed) <= mild
	f := Finding{Claim: "T1.12", Word: worded(always), Where: "in this model",
		Text: fmt.Sprintf("Errors on balanced data in the limit of many points, D = 2σ. A threshold fitted at a share π of positives labels the unlabeled data (share π_U), and a new threshold is learned from these labels. For π = 0.1 (error %.4f) one step gives %s: unlabeled data imbalanced the same way help more here than balanced ones, the opposite of the interpretation, and imbalanced the other way less (%.4f at π_U = 0.9). For π = 0.5 (error %.4f) it gives %s. Repeated to its fixed point, for π = 0.3 (error %.4f), it gives %s. The theorem itself never compares with the base rule.",
			base, list(step), unit.SelfTraining(0.1, 0.9).Error[1], fair, list(fairStep), mild, list(mildFixed))}
	if !always && from > 0 {
		f.Word, f.Where = Weaker, fmt.Sprintf("in the case of one step from a base rule that the imbalance has biased (fitted at π = 0.01 to %g, unlabeled data with π_U = 0.01 to 0.5, D = 2σ, on a grid)", from)
	}
	return f
}
