package simulate

import (
	"fmt"
	"math"

	"longtail/stats"
	"longtail/theory"
)

// result returns the numbers and verdicts of a tally. It is called at looks and at
// the end.
func (r *theorem3Run) result(e experiment, t tally) Result {
	out := r.c.result(3, e, t)
	out.ExactValue, out.ExactLog = r.exact.Value(), r.exact
	out.PrintedBound, out.BoundLog = r.bound.Value(), r.bound
	covered := r.model.Covered()
	why := r.model.Vacuous(r.bound, r.allowed)
	out.PrintedVacuous = why != ""
	alpha := out.DecisionLevel

	top := math.Exp(r.top)
	smooth, ci := t.means[t3Smooth].Mean*top, ofProbability(boundedInterval(t.means[t3Smooth], t.means[t3SmoothSquare], e.batch(), top, 1-r.c.Confidence))
	out.SmoothMean, out.SmoothCI = smooth, ci
	if t.means[t3Smooth].N == 0 {
		out.SmoothMean = math.NaN()
	}
	out.BoundFailure, out.BoundFailureCI = ratio(t.counts[t3Over], t.trials), countInterval(t.counts[t3Over], t.trials, 1-r.c.Confidence)
	if r.rare {
		out.Estimator, out.CIMethod = "importance", MethodBernstein
		out.Estimate, out.CI = smooth, ci
		out.EstimateLog = theory.LogProb(math.Log(t.means[t3Smooth].Mean) + r.top)
	} else {
		out.counted(t.counts[t3Wrong])
	}
	out.LawChecks = r.lawChecks(t, e.batch(), alpha)
	if covered {
		out.StatementChecks = r.statementChecks(t, e.batch(), alpha)
	} else {
		why = "the published statement is restricted to p₊ ≤ 1/2 and β > 3"
	}
	if out.PrintedVacuous && r.c.Mutation == "" {
		out.addReason("%s", why)
	}
	out.decide(r.unchanged)
	if r.unchanged == "" && (r.rate != 1 || r.c.Mutation == "concentration-2") && !out.Condemned() && max(r.overExact, r.eventFailure) <= r.allowed {
		out.Reason = fmt.Sprintf("%s leaves a true statement here: the bound %.4g is missed with probability %.4g and the event with %.4g, of %.4g that it allows",
			r.c.Mutation, out.PrintedBound, r.overExact.Value(), r.eventFailure.Value(), r.allowed.Value())
	}
	out.NotClaimed = !covered && out.Verdict == Vacuous
	return out
}

// lawChecks returns checks of the draws against the exact law, the main one first:
// errors on fresh points, the learned rules' mean error, how often the event is
// left, and how often the printed error bound is exceeded.
func (r *theorem3Run) lawChecks(t tally, batch int, alpha float64) []Check {
	wrong := frequencyCheck("error rate on fresh points", t.counts[t3Wrong], t.trials, alpha/4, Equal, r.exact.Value())
	var checks []Check
	if r.rare { // in units of the exact error, which may be below the smallest float64
		checks = []Check{boundedCheck("mean error of the learned rules, over the exact one", t.means[t3Smooth], t.means[t3SmoothSquare],
			batch, math.Exp(r.top-float64(r.exact)), alpha/4, Equal, 1), wrong}
	} else {
		checks = []Check{wrong, boundedCheck("mean error of the learned rules", t.means[t3Smooth], t.means[t3SmoothSquare],
			batch, math.Exp(r.top), alpha/4, Equal, r.exact.Value())}
	}
	if r.rareEvent {
		checks = append(checks, r.relativeEvent(t, batch, alpha/4, Equal, 0))
	} else {
		checks = append(checks, frequencyCheck("training sets outside the event", t.counts[t3Outside], t.trials, alpha/4, Equal, r.eventFailure.Value()))
	}
	return append(checks, frequencyCheck("rules above the error bound", t.counts[t3Over], t.trials, alpha/4, Equal, r.overExact.Value()))
}

// relativeEvent compares the weighted frequency of leaving the event with its exact
// value times exp(logFactor), in units of the exact value.
func (r *theorem3Run) relativeEvent(t tally, batch int, alpha float64, rel Relation, logFactor theory.LogProb) Check {
	return boundedCheck("probability of leaving the event, over the exact one", t.means[t3Event], t.means[t3EventSquare],
		batch, math.Exp(r.eventTop-float64(r.tailSum)), alpha, rel, allowance(logFactor))
}

// statementChecks returns checks of the printed statement: how often its error
// bound is exceeded, and how often the event on which its probability rests is
// left. Third, no rule may be above the bound at the least δ whose event its
// training set is in, because the statement is for any δ. If the event is weighted,
// this includes rules of the sets drawn at its border.
func (r *theorem3Run) statementChecks(t tally, batch int, alpha float64) []Check {
	allowed := r.allowed.Value()
	over := frequencyCheck("rules above the error bound", t.counts[t3Over], t.trials, alpha/3, AtMost, allowed)
	broken := frequencyCheck("rules above the error bound at the δ of their own training set", t.counts[t3Broken], t.trials, alpha/3, AtMost, 0)
	if r.rareEvent && t.counts[t3Broken] == 0 {
		// The bound can then fail only by the event, estimated by weights.
		return []Check{r.relativeEvent(t, batch, alpha/3, AtMost, r.allowed-r.tailSum), over, broken}
	}
	event := frequencyCheck("training sets outside the event", t.counts[t3Outside], t.trials, alpha/3, AtMost, allowed)
	return []Check{over, event, broken}
}

// boundedCheck returns a Check of the mean of variables in [0, top] by their
// boundedInterval.
func boundedCheck(name string, means, squares stats.Batches, batch int, top, alpha float64, rel Relation, against float64) Check {
	c := Check{Name: name, Estimate: means.Mean * top, CI: boundedInterval(means, squares, batch, top, alpha), Relation: rel, Against: against}
	c.Resolves = resolves(c.CI, against)
	return c
}

// ofProbability clips the interval of a probability at 1, which weights may exceed.
func ofProbability(ci [2]float64) [2]float64 { return [2]float64{ci[0], math.Min(1, ci[1])} }

// boundedInterval returns the interval at 1 − alpha of the mean of variables in [0,
// top], of which means and squares hold batch means divided by top. It is the
// empirical Bernstein bound of Maurer and Pontil (2009), valid for every number of
// draws and every law. A t interval is not valid if rare draws carry much of the
// mean.
func boundedInterval(means, squares stats.Batches, batch int, top, alpha float64) [2]float64 {
	n := float64(means.N) * float64(batch)
	if n < 2 {
		return [2]float64{0, top}
	}
	variance := math.Max(0, squares.Mean-float64(means.Mean*means.Mean)) * n / (n - 1)
	l := math.Log(4 / alpha)
	half := math.Sqrt(2*variance*l/n) + float64(7*l/(3*(n-1))) + float64(1e-8*means.Mean) // the table's accuracy
	return [2]float64{math.Max(0, means.Mean-half) * top, math.Min(1, means.Mean+half) * top}
}
