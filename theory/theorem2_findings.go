package theory

import (
	"fmt"
	"math"
)

// Theorem2Findings returns the verdicts on claims T2.1 to T2.4. Each is computed
// here from the exact law, so that it changes when it does.
func Theorem2Findings() []Finding {
	return []Finding{formulaFinding(), quarterFinding(), threeQuartersFinding(), convenienceFinding()}
}

func formulaFinding() Finding {
	worst, n := 0.0, 0
	for _, m := range []Theorem2{{0.5, 4}, {0.3, 10}, {0.01, 100}} {
		for _, u := range []float64{-5, -1, -0.1, 0, 0.8, 3} {
			// The two conditional errors are integrals of the score's density, by Simpson's
			// rule.
			integral := func(from, sd float64) float64 {
				const h, cells = 1.0 / 256, 128 * 20
				sum := 0.0
				for i := range cells {
					z := from/sd + float64(float64(2*i)*h)
					sum += math.Exp(LogNormalDensity(z)) + float64(4*math.Exp(LogNormalDensity(z+h))) + math.Exp(LogNormalDensity(z+2*h))
				}
				return float64(sum * h / 3)
			}
			numeric := float64(m.PPos*integral(u, 1)) + float64((1-m.PPos)*integral(-u, math.Sqrt(m.Beta)))
			worst, n = math.Max(worst, relativeError(m.Error(u), numeric)), n+1
		}
	}
	return Finding{Claim: "T2.1", Word: worded(worst < 1e-9),
		Text: fmt.Sprintf("The formula agrees with numerical integration to a relative %.0e at %d settings, for either sign of b; it depends on (d, θ, b, σ₁) only through u = b/(‖θ‖σ₁).", worst, n)}
}

func quarterFinding() Finding {
	ok, n := true, 0
	for p := 0.01; p <= 0.501; p += 0.01 {
		for _, beta := range []float64{3.01, 4, 10, 100, 1e4, 1e8} {
			m := Theorem2{math.Min(p, 0.5), beta}
			ok = ok && m.MinNonNegative() > m.SharpLowerBound() && m.SharpLowerBound() >= m.PrintedLowerBound()
			n++
		}
	}
	return Finding{Claim: "T2.2", Word: worded(ok),
		Text: fmt.Sprintf("Proved in docs/theory.md; checked at %d settings: the least error over b > 0 exceeds p₋/2, hence 1/4. The constant p₋/2 is the sharp one: 1/4 is approached only at p₊ = 1/2, β → ∞ (%.5f at β = 1e4).", n, Theorem2{0.5, 1e4}.MinNonNegative())}
}

func threeQuartersFinding() Finding {
	m := Theorem2{0.1, 10}
	u := -3 * math.Sqrt(m.Beta)
	return Finding{Claim: "T2.3", Word: worded(m.InfAny() >= 0.25), Where: "p₊ < 1/4 and b < 0",
		Text: fmt.Sprintf("At p₊ = %g, β = %g, u = −3√β the error is %.5f; the rule “always −” has accuracy %g. So the statement fails in the imbalanced case that it is about. For p₊ ≤ 1/3 no raw linear rule beats “always −”.", m.PPos, m.Beta, m.Error(u), 1-m.InfAny())}
}

func convenienceFinding() Finding {
	m := Theorem2{0.1, 10}
	return Finding{Claim: "T2.4", Word: worded(m.InfNegative() >= m.MinNonNegative()), Where: "p₊ = 0.1, β = 10",
		Text: fmt.Sprintf("Over b ≥ 0 the least error at p₊ = %g, β = %g is %.4g, over b < 0 its infimum is %.4g: b ≥ 0 is a restriction.", m.PPos, m.Beta, m.MinNonNegative(), m.InfNegative())}
}

// Theorem2MinimaGrid returns the least error over b ≥ 0 and over all b.
func Theorem2MinimaGrid() Grid {
	g := Grid{Title: "Theorem 2: least error of raw linear rules"}
	for _, p := range []float64{0.5, 0.4, 0.3, 0.25, 0.1, 0.01} {
		for _, beta := range []float64{3.5, 10, 100, 1e4} {
			m := Theorem2{p, beta}
			g.Add(Row{{"p_pos", p}, {"beta", beta}, {"u_star", m.UStar()}, {"min_b_nonnegative", m.MinNonNegative()},
				{"sharp", m.SharpLowerBound()}, {"inf_b_negative", m.InfNegative()}, {"any_b", m.InfAny()}, {"trivial", m.TrivialError()}})
		}
	}
	return g
}
