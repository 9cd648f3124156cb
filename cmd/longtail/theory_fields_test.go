package main

import (
	"math"
	"strings"
	"testing"

	"longtail/theory"
)

// Every field of theory's JSON is the quantity of its name: the simple ones by
// formulas written here, the others by the functions of package theory, whose own
// tests hold them against mpmath. The parameters are such that no two are alike.
func TestTheoryFields(t *testing.T) {
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	log10 := math.Log10
	check := func(command string, want map[string]any) {
		t.Helper()
		v := computed[map[string]any](t, command)
		for group, fields := range v {
			of, ok := fields.(map[string]any)
			if !ok || group == "parameters" {
				continue
			}
			for name := range of {
				if _, is := want[group+"."+name]; !is {
					t.Errorf("%s: nothing is known of %s.%s", command, group, name)
				}
			}
		}
		for name, w := range want {
			got := at(t, v, name)
			if list, is := w.([]float64); is {
				for i, x := range list {
					if g := got.([]any)[i].(float64); math.Abs(g-x) > 1e-9*math.Abs(x) {
						t.Errorf("%s: %s[%d] = %v, want %v", command, name, i, g, x)
					}
				}
				continue
			}
			if x, is := w.(float64); is {
				if g, ok := got.(float64); !ok || math.Abs(g-x) > 1e-9*math.Abs(x) {
					t.Errorf("%s: %s = %v, want %v", command, name, got, x)
				}
			} else if got != w {
				t.Errorf("%s: %s = %v, want %v", command, name, got, w)
			}
		}
	}

	const mu1, mu2, sigma, p, q, delta = 1.5, -.5, .8, .9, .6, .25
	const nPos, nNeg = 40, 90
	d, m := mu1-mu2, theory.Theorem1{Mu1: mu1, Mu2: mu2, Sigma: sigma, P: p, Q: q, NPos: nPos, NNeg: nNeg}
	mean := (mu1+mu2)/2 + (p-q)*d/2
	terms := []float64{sigma * sigma / 4 * (1./nPos + 1./nNeg), d * d * p * (1 - p) / 4 / nPos, d * d * q * (1 - q) / 4 / nNeg}
	miss, failure, expected := m.MissTargetProbability(delta), m.FailureProbability(delta), m.ExpectedRuleError()
	printed, sharp := m.PrintedBound(delta), m.SharpBound(delta)
	proxy := (1./nPos + 1./nNeg) * (sigma*sigma/4 + d*d/16)
	check("theory 1 --mu1 1.5 --mu2 -0.5 --sigma 0.8 --p 0.9 --q 0.6 --n-pos 40 --n-neg 90 --delta 0.25", map[string]any{
		"exact.failure_probability": failure.Value(), "exact.failure_probability_log10": failure.Log10(),
		"exact.miss_target_probability": miss.Value(), "exact.miss_target_probability_log10": miss.Log10(),
		"exact.mean": mean, "exact.variance": terms[0] + terms[1] + terms[2], "exact.variance_terms": terms,
		"exact.midpoint": .5, "exact.bias": (p - q) * d / 2, "exact.gap": p - q,
		"exact.rule_error":     (phi((mean-mu1)/sigma) + phi((mu2-mean)/sigma)) / 2,
		"exact.expected_error": expected.Value(), "exact.expected_error_log10": expected.Log10(),
		"exact.bayes_error": phi(-d / 2 / sigma), "exact.exponent": m.FailureExponent(delta),
		"printed.failure_bound": printed.Terms[0] + printed.Terms[1] + printed.Terms[2], "printed.failure_bound_log10": log10(printed.Sum), "printed.terms": printed.Terms[:],
		"printed.vacuous": printed.Sum >= 1, "printed.vacuous_below_delta": m.PrintedBoundReaches(1), "printed.exponent": m.PrintedExponent(delta),
		"sharp.failure_bound": 2 * math.Exp(-delta*delta/2/proxy), "sharp.failure_bound_log10": log10(2 * math.Exp(-delta*delta/2/proxy)),
		"sharp.vacuous_below_delta": math.Sqrt(2 * proxy * math.Ln2),
		"sharp.best_split_bound":    sharp.BestSplit.Value(), "sharp.best_split_bound_log10": sharp.BestSplit.Log10(), "sharp.best_split_shares": sharp.Shares[:],
		"sharp.kearns_saul_bound": sharp.KearnsSaul.Value(), "sharp.kearns_saul_bound_log10": sharp.KearnsSaul.Log10(),
		"sharp.chernoff_bound": sharp.Chernoff.Value(), "sharp.chernoff_bound_log10": sharp.Chernoff.Log10(),
	})

	far, err := runCommand(t, strings.Fields("theory 1 --mu1 1e16 --mu2 9999999999999998")...)
	if err != nil || !strings.Contains(strings.Join(strings.Fields(far), " "), " exact.rule_error 0.1634625 ") {
		t.Errorf("far from 0 (%v):\n%s", err, far)
	}

	const pPos, beta, u = .3, 10., .8
	two := theory.Theorem2{PPos: pPos, Beta: beta}
	check("theory 2 --p-pos 0.3 --beta 10 --u 0.8", map[string]any{
		"exact.error": pPos*phi(-u) + (1-pPos)*phi(u/math.Sqrt(beta)), "exact.error_log10": log10(pPos*phi(-u) + (1-pPos)*phi(u/math.Sqrt(beta))), "printed.lower_bound": .25, "printed.holds": true, "printed.covers": true,
		"sharp.lower_bound": (1 - pPos) / 2, "min_error.b_nonnegative": two.MinNonNegative(), "min_error.u_star": two.UStar(),
		"min_error.b_negative": two.InfNegative(), "min_error.any_b": math.Min(two.MinNonNegative(), two.InfNegative()), "trivial_error": pPos,
	})
	check("theory 2 --p-pos 0.1 --beta 10 --u -3", map[string]any{"sharp.lower_bound": nil, "printed.holds": .1*phi(3)+.9*phi(-3/math.Sqrt(10)) >= .25,
		"exact.error": .1*phi(3) + .9*phi(-3/math.Sqrt(10)), "exact.error_log10": log10(.1*phi(3) + .9*phi(-3/math.Sqrt(10))), "printed.lower_bound": .25, "printed.covers": false, "min_error.b_nonnegative": theory.Theorem2{PPos: .1, Beta: 10}.MinNonNegative(),
		"min_error.u_star": theory.Theorem2{PPos: .1, Beta: 10}.UStar(), "min_error.b_negative": theory.Theorem2{PPos: .1, Beta: 10}.InfNegative(), "min_error.any_b": theory.Theorem2{PPos: .1, Beta: 10}.InfAny()})

	three, by := theory.Theorem3{D: 30, PPos: .1, Beta: 4, NPos: 5, NNeg: 200}, .2
	why := three.PrintedVacuous(by)
	bound := three.PrintedErrorBound(by)
	both := func(name string, l theory.LogProb) map[string]any {
		return map[string]any{name: l.Value(), name + "_log10": l.Log10()}
	}
	want := map[string]any{
		"exact.event_probability": 1 - three.EventFailure(by).Value(), "trivial_error": .1, "printed.success_probability": 1 - three.PrintedFailure(by).Value(),
		"printed.vacuous": why != "", "printed.covers": true, "printed.why_vacuous": why, "printed.branch": three.Branch(by).String(), "sharp.chernoff_success_probability": 1 - three.ChernoffFailure(by).Value(),
	}
	for d := 1.; want["printed.useful_from_d"] == nil; d++ {
		if .1*math.Exp(-d/8)+.9*math.Exp(-d/128) < .1 {
			want["printed.useful_from_d"] = d
		}
	}
	// At δ = 0.2, τ = 2 exactly at the branch point: τ/16 and τ²/32β².
	want["printed.exponent"], want["exact.exponent"], want["exact.bayes_exponent"] = 4./32/16, three.ExpectedExponent(), three.BayesExponent()
	for name, l := range map[string]theory.LogProb{
		"exact.error_at_midpoint": three.ErrorAtMidpoint(), "exact.expected_error": three.ExpectedError(), "exact.bayes_error": three.BayesError(),
		"exact.event_failure": three.EventFailure(by), "exact.bound_failure": three.BoundFailure(bound), "exact.supervised_error": three.SupervisedError(), "exact.supervised_error_known_prior": three.SupervisedErrorKnownPrior(),
		"printed.error_bound": bound, "printed.failure_bound": three.PrintedFailure(by), "sharp.error_on_event": three.WorstError(by),
		"sharp.chernoff_error_bound": three.ChernoffErrorBound(by), "sharp.chernoff_failure_bound": three.ChernoffFailure(by),
	} {
		for k, v := range both(name, l) {
			want[k] = v
		}
	}
	check("theory 3 --d 30 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2", want)

	event, printedDelta := three.EventFailureReaches(.3), three.PrintedFailureReaches(.3)
	want["level.probability"], want["level.event_delta"], want["level.printed_delta"] = .3, event, printedDelta
	for name, l := range map[string]theory.LogProb{"level.exact_error": three.ErrorReaches(.3), "level.event_error": three.WorstError(event), "level.printed_error": three.PrintedErrorBound(printedDelta)} {
		for k, v := range both(name, l) {
			want[k] = v
		}
	}
	check("theory 3 --d 30 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2 --level 0.3", want)
	// Where no δ of the theorem reaches the level, and at a δ that it leaves out.
	v := computed[map[string]any](t, "theory 3 --beta 1.2 --level 0.05")
	for name, is := range map[string]bool{"level.exact_error": true, "level.event_delta": false, "level.event_error": false, "level.printed_delta": false, "level.printed_error_log10": false} {
		if (at(t, v, name) != nil) != is {
			t.Errorf("%s is %v", name, at(t, v, name))
		}
	}
}
