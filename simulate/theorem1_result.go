package simulate

import (
	"math"

	"longtail/stats"
)

// result turns a tally into numbers and words. It is called at looks and at
// the end.
func (r *theorem1Run) result(e experiment, t tally) Result {
	out := Result{
		Theorem: 1, Confidence: r.c.Confidence, Trials: t.trials, ExactValue: r.exact.Value(),
		Sampler: r.c.Sampler, Estimator: "count", Mutation: r.c.Mutation, Seed: r.c.Seed,
		PrintedBound: r.bound.Sum, PrintedVacuous: r.bound.Vacuous,
	}
	alpha := r.c.level(e.look(t.trials))
	out.DecisionLevel = alpha
	if r.rare {
		out.Estimator, out.CIMethod = "importance", MethodBatchMeans
		b := t.means[0]
		out.Estimate = b.Mean
		lo, hi := b.Interval(1 - r.c.Confidence)
		out.CI = [2]float64{math.Max(0, lo), math.Min(1, hi)}
		out.LawChecks = []Check{meanCheck("failure probability", b, e.batch(), alpha, Equal, out.ExactValue, 0, 1)}
		out.StatementChecks = []Check{meanCheck("failure probability", b, e.batch(), alpha, AtMost, r.bound.Sum, 0, 1)}
	} else {
		out.CIMethod = MethodClopperPearson
		k := t.counts[t1Failures]
		out.Estimate = ratio(k, t.trials)
		lo, hi := stats.ClopperPearson(k, t.trials, 1-r.c.Confidence)
		out.CI = [2]float64{lo, hi}
		out.LawChecks = r.countedLaw(t, e.batch(), alpha)
		out.StatementChecks = []Check{frequencyCheck("failure frequency", k, t.trials, alpha/2, AtMost, r.bound.Sum)}
		if r.unmixed() {
			for i, name := range [...]string{"noise beyond δ/3", "labels of the +1 group beyond δ/3", "labels of the -1 group beyond δ/3"} {
				out.StatementChecks = append(out.StatementChecks,
					frequencyCheck(name, t.counts[t1Noise+i], t.trials, alpha/6, AtMost, r.bound.Terms[i]))
			}
		}
	}
	if r.c.Mutation != "" && r.unchanged != "" {
		out.Law, out.Verdict = LawUndecided, Undecided
		out.because("%s changes nothing here: %s", r.c.Mutation, r.unchanged)
		return out
	}
	if r.c.Mutation == "no-nine" && r.bound.Sum >= out.ExactValue {
		out.because("without the nine the bound is %.4g, still not below the exact %.4g", r.bound.Sum, out.ExactValue)
	}
	out.decide()
	return out
}

// unmixed says that the parts of the deviation are those that the three terms
// are about.
func (r *theorem1Run) unmixed() bool { return r.c.Mutation == "" || r.c.Mutation == "no-nine" }

// countedLaw compares frequency, mean and variance of θ̂ with the exact law.
func (r *theorem1Run) countedLaw(t tally, batch int, alpha float64) []Check {
	m := r.model
	checks := []Check{frequencyCheck("failure frequency", t.counts[t1Failures], t.trials, alpha/2, Equal, r.exact.Value())}
	// The mean of R independent θ̂ is sub-Gaussian, which holds for any R.
	if n := t.means[t1Mean].N * int64(batch); n > 0 {
		mean := r.centre + t.means[t1Mean].Mean
		half := math.Sqrt(2 * m.ProxyVariance() * math.Log(8/alpha) / float64(n))
		checks = append(checks, Check{
			Name: "mean of the estimator, less M", Estimate: mean, CI: [2]float64{mean - half, mean + half},
			Relation: Equal, Against: m.Bias(), Resolves: true,
		})
	}
	// About the exact mean, or the claimed centre where that is broken.
	if b := t.means[t1Square]; b.N*int64(batch) >= minSmooth && b.N >= 64 {
		checks = append(checks, meanCheck("mean square about the centre", b, batch, alpha/4, Equal, m.Variance(), 0, math.Inf(1)))
	}
	return checks
}
