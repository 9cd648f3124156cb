package simulate

import (
	"math"

	"longtail/theory"
)

// result returns the numbers and verdicts of a tally. It is called at looks and at
// the end.
func (r *theorem1Run) result(e experiment, t tally) Result {
	out := r.c.result(1, e, t)
	out.Sampler = r.sampler
	out.ExactValue, out.ExactLog = r.exact.Value(), r.exact
	out.PrintedBound, out.BoundLog, out.PrintedVacuous = r.bound.Sum, r.bound.Log, r.bound.Vacuous
	alpha := out.DecisionLevel
	leavesTrue := r.c.Mutation == "no-nine" && r.bound.Log >= r.exact
	if r.rare {
		out.Estimator, out.CIMethod = "importance", MethodBernstein
		b, top := t.means[t1Weight], math.Exp(r.top)
		out.Estimate = b.Mean * top
		out.EstimateLog = theory.LogProb(math.Log(b.Mean) + r.top)
		out.CI = ofProbability(boundedInterval(b, t.means[t1WeightSquare], e.batch(), top, 1-r.c.Confidence))
		out.LawChecks = []Check{r.relativeFailure(t, e.batch(), alpha, Equal, 1)}
		out.StatementChecks = []Check{r.relativeFailure(t, e.batch(), alpha, AtMost, allowance(r.bound.Log-r.exact))}
	} else {
		k := t.counts[t1Failures]
		out.counted(k)
		out.LawChecks = r.countedLaw(t, e.batch(), alpha)
		out.StatementChecks = []Check{frequencyCheck("failure frequency", k, t.trials, alpha/2, AtMost, r.bound.Sum)}
		// The parts belong to the three terms. Terms without the nine may be too small
		// for them although the sum is large enough.
		if r.c.sound(Theorem1Mutations()) && !leavesTrue {
			for i, name := range [...]string{"noise beyond δ/3", "labels of the +1 group beyond δ/3", "labels of the -1 group beyond δ/3"} {
				out.StatementChecks = append(out.StatementChecks,
					frequencyCheck(name, t.counts[t1Noise+i], t.trials, alpha/6, AtMost, r.bound.Terms[i]))
			}
		}
	}
	if out.PrintedVacuous && r.c.Mutation == "" {
		out.addReason("the published bound, %.4g, is not below 1", r.bound.Sum)
	}
	if leavesTrue {
		out.addReason("without the nine the bound is %.4g, still not below the exact %.4g", r.bound.Sum, out.ExactValue)
	}
	out.decide(r.unchanged)
	return out
}

// relativeFailure compares the weighted failures with the exact probability times
// factor. The unit is the exact probability, which may be below the smallest
// float64.
func (r *theorem1Run) relativeFailure(t tally, batch int, alpha float64, rel Relation, factor float64) Check {
	return boundedCheck("failure probability, over the exact one", t.means[t1Weight], t.means[t1WeightSquare],
		batch, math.Exp(r.top-float64(r.exact)), alpha, rel, factor)
}

// countedLaw returns checks of frequency, mean and variance of θ̂ against the exact
// law.
func (r *theorem1Run) countedLaw(t tally, batch int, alpha float64) []Check {
	m := r.model
	checks := []Check{frequencyCheck("failure frequency", t.counts[t1Failures], t.trials, alpha/2, Equal, r.exact.Value())}
	// The mean of R independent θ̂ is sub-Gaussian, which holds for any R. This
	// interval and the next invert limits under the exact law, so they guarantee
	// nothing under another law.
	if n := t.means[t1Mean].N * int64(batch); n > 0 {
		mean := r.center + t.means[t1Mean].Mean
		half := math.Sqrt(2 * m.ProxyVariance() * math.Log(8/alpha) / float64(n))
		checks = append(checks, Check{
			Name: "mean of the estimator, less M", Estimate: mean, CI: [2]float64{mean - half, mean + half},
			Relation: Equal, Against: m.Bias(), Resolves: half <= math.Sqrt(m.Variance()),
		})
	}
	// About the exact mean, or about the claimed center if that is broken.
	if b := t.means[t1Square]; b.N > 0 {
		below, above := m.MeanSquareLimits(float64(b.N)*float64(batch), alpha/4)
		c := Check{
			Name: "mean square about the centre", Estimate: b.Mean, CI: [2]float64{math.Max(0, b.Mean-above), b.Mean + below},
			Relation: Equal, Against: m.Variance(),
		}
		c.Resolves = withinTwice(c.CI, c.Against)
		checks = append(checks, c)
	}
	return checks
}
