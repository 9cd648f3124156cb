package simulate

import (
	"fmt"
	"math"
	"strings"

	"longtail/internal/plural"
	"longtail/stats"
	"longtail/theory"
)

// Law is the verdict on whether a run agrees with the exact law.
type Law string

// Verdict is what a run shows about the printed statement.
type Verdict string

// The verdicts. One that condemns (Disagrees, Violated) needs an interval at 1 −
// 1e-6.
const (
	Agrees       Law = "agrees"
	Disagrees    Law = "disagrees"
	LawUndecided Law = "undecided"

	Violated  Verdict = "violated"
	Vacuous   Verdict = "vacuous" // the claim holds trivially or is of no use, or nothing is claimed
	Undecided Verdict = "undecided"
	Holds     Verdict = "holds"
)

// Names of the interval methods.
const (
	MethodClopperPearson = "Clopper-Pearson"
	MethodBernstein      = "empirical Bernstein"
)

// Result is the outcome of a run.
type Result struct {
	Theorem    int
	Estimate   float64
	CI         [2]float64 // at Confidence; no verdict depends on it
	CIMethod   string
	Confidence float64
	Trials     int64 // drawn; fewer than requested if Interrupted or StoppedEarly
	ExactValue float64
	Law        Law
	Verdict    Verdict
	NotClaimed bool   // the statement excludes these parameters, which is why it is vacuous
	Reason     string // for the verdicts, if one is needed
	Seconds    float64

	Sampler      string
	Estimator    string // "count" or, for events too rare to count, "importance"
	Mutation     string
	Seed         uint64
	Interrupted  bool
	StoppedEarly bool

	// Logs of Estimate, ExactValue and PrintedBound, which may be below the
	// smallest float64.
	EstimateLog, ExactLog, BoundLog theory.LogProb

	PrintedBound    float64
	PrintedVacuous  bool    // the printed statement is of no use here, or not claimed
	DecisionLevel   float64 // error probability that each verdict may spend: 1e-6, divided among looks and grid
	LawChecks       []Check // basis of Law
	StatementChecks []Check // basis of Verdict

	// Theorem 3 only: the mean error of the learned rules, NaN before the first trial,
	// and the frequency with which it exceeds the printed bound.
	SmoothMean     float64
	SmoothCI       [2]float64
	BoundFailure   float64
	BoundFailureCI [2]float64
}

// Relation is how a Check's estimate should relate to the value it is compared
// with.
type Relation string

// Equal is for exact laws, the others for bounds.
const (
	Equal   Relation = "equals"
	AtMost  Relation = "at most"
	AtLeast Relation = "at least"
)

// Check is one comparison at the decision level. Its JSON names are a contract.
type Check struct {
	Name     string     `json:"name"`
	Estimate float64    `json:"estimate"`
	CI       [2]float64 `json:"ci"`
	Relation Relation   `json:"relation"`
	Against  float64    `json:"against"`
	// Resolves is false if the interval is too wide to count as agreement.
	Resolves bool `json:"resolves"`
}

// broken reports whether the interval excludes the relation.
func (c Check) broken() bool {
	switch c.Relation {
	case AtMost:
		return c.CI[0] > c.Against
	case AtLeast:
		return c.CI[1] < c.Against
	}
	return c.CI[0] > c.Against || c.CI[1] < c.Against
}

// shown reports whether the interval lies wholly on the right side of a bound or,
// for Equal, agrees and resolves.
func (c Check) shown() bool {
	switch c.Relation {
	case AtMost:
		return c.CI[1] <= c.Against
	case AtLeast:
		return c.CI[0] >= c.Against
	}
	return !c.broken() && c.Resolves
}

// decisionAlpha is the probability with which each of the two verdicts may condemn
// a true statement, over all looks of all settings of a grid.
const decisionAlpha = 1e-6

// level returns the error probability that each verdict may spend at this look of
// this setting.
func (c Config) level(look int) float64 {
	return stats.LookLevel(c.alpha/float64(c.Settings), look)
}

// frequencyCheck returns a Check of k of n at level alpha.
func frequencyCheck(name string, k, n int64, alpha float64, r Relation, against float64) Check {
	c := Check{Name: name, Estimate: ratio(k, n), CI: countInterval(k, n, alpha), Relation: r, Against: against}
	c.Resolves = resolves(c.CI, against)
	return c
}

// minSmooth is the least number of trials for which weighting is worthwhile.
const minSmooth = 64 * batchSize

// tooRare reports whether an event of this probability is drawn from tilted laws and
// weighted, because too few of the trials would have it. A mutated sampler is always
// counted: the tilting is that of the true law.
func (c Config) tooRare(probability theory.LogProb, mutations []Mutation) bool {
	p := probability.Value()
	return c.Sampler == Collapsed && c.sound(mutations) && p < 1e-3 && p*float64(c.Trials) < 100 && c.Trials >= minSmooth
}

// resolves reports whether a probability's interval is narrow enough for agreement
// to mean something: within a factor of two of the value, and no wider than 0.2.
func resolves(ci [2]float64, value float64) bool {
	return withinTwice(ci, value) && ci[1]-ci[0] <= 0.2
}

// withinTwice reports whether an interval lies within a factor of two of the value.
func withinTwice(ci [2]float64, value float64) bool {
	return ci[0] >= value/2 && ci[1] <= 2*value
}

// Overflow is a Check's Against if that exceeds a float64, which JSON cannot hold:
// the bound allows more than so many times the exact value.
const Overflow = math.MaxFloat64

// allowance returns exp(log), at most Overflow.
func allowance(log theory.LogProb) float64 { return math.Min(log.Value(), Overflow) }

func ratio(k, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

// countInterval returns the Clopper–Pearson interval at 1 − alpha of k of n.
func countInterval(k, n int64, alpha float64) [2]float64 {
	lo, hi := stats.ClopperPearson(k, n, alpha)
	return [2]float64{lo, hi}
}

// result returns the fields of a Result that do not depend on the theorem.
func (c Config) result(theorem int, e experiment, t tally) Result {
	return Result{
		Theorem: theorem, Confidence: c.Confidence, Trials: t.trials, Sampler: c.Sampler, Estimator: "count", CIMethod: MethodClopperPearson,
		Mutation: c.Mutation, Seed: c.Seed, DecisionLevel: c.level(e.look(t.trials)),
	}
}

// counted sets the estimate to the frequency of k of the trials.
func (r *Result) counted(k int64) {
	r.Estimate, r.CI = ratio(k, r.Trials), countInterval(k, r.Trials, 1-r.Confidence)
	r.EstimateLog = theory.LogProb(math.Log(r.Estimate))
}

// decide sets Law and Verdict from the checks. The first check of each list is the
// main one: agreement needs it to resolve, "holds" needs its interval wholly on the
// claimed side. unchanged is the reason why the run's mutation changes nothing, or
// "".
func (r *Result) decide(unchanged string) {
	if unchanged != "" {
		r.Law, r.Verdict = LawUndecided, Undecided
		r.Reason = fmt.Sprintf("%s changes nothing here: %s", r.Mutation, unchanged)
		return
	}
	r.Law = LawUndecided
	if len(r.LawChecks) > 0 && r.LawChecks[0].shown() {
		r.Law = Agrees
	}
	for _, c := range r.LawChecks {
		if c.broken() {
			r.Law = Disagrees
			r.addReason("%s: %.6g, interval [%.6g, %.6g] at the decision level, exact law %.6g", c.Name, c.Estimate, c.CI[0], c.CI[1], c.Against)
			break
		}
	}
	r.Verdict = Undecided
	switch {
	case r.PrintedVacuous:
		r.Verdict = Vacuous
	case len(r.StatementChecks) > 0 && r.StatementChecks[0].shown():
		r.Verdict = Holds
	}
	for _, c := range r.StatementChecks {
		if c.broken() {
			r.Verdict = Violated
			r.addReason("%s: %.6g, interval [%.6g, %.6g] at the decision level, is not %s %.6g", c.Name, c.Estimate, c.CI[0], c.CI[1], c.Relation, c.Against)
			break
		}
	}
	if r.Mutation != "" && !r.Condemned() {
		// A broken run that cannot be distinguished from a sound one shows nothing.
		if r.Law == Agrees {
			r.Law = LawUndecided
		}
		if r.Verdict == Holds || r.Verdict == Vacuous {
			r.Verdict = Undecided
		}
		if r.Reason == "" {
			r.addReason("%s cannot be told from the true statement at these parameters with %s", r.Mutation, plural.Of(r.Trials, "trial"))
		}
		return
	}
	var open []string
	if r.Law == LawUndecided {
		open = append(open, "law")
	}
	if r.Verdict == Undecided {
		open = append(open, "verdict")
	}
	if open != nil {
		r.addReason("the interval from %s is too wide to decide %s", plural.Of(r.Trials, "trial"), strings.Join(open, " and "))
	}
	// A longer run by this sampler would count as well: what it can weight is weighted
	// by now.
	if r.Law == LawUndecided && r.Estimator == "count" && r.Trials >= minSmooth && float64(r.ExactLog) < -math.Log(float64(MaxTrials)) {
		probability, weighted := "0", ""
		if !math.IsInf(float64(r.ExactLog), -1) {
			probability = fmt.Sprintf("10^%.4g", r.ExactLog.Log10())
		}
		if r.Sampler == Literal && r.Mutation == "" && (r.Theorem == 3 || r.Theorem == 1 && r.ExactLog > farthest) {
			weighted = "; the collapsed sampler weights them"
		}
		r.addReason("events of probability %s are too rare to be counted in any run%s", probability, weighted)
	}
}

// Condemned reports whether the run found something wrong.
func (r *Result) Condemned() bool { return r.Law == Disagrees || r.Verdict == Violated }

// decided reports whether more trials cannot change the verdicts.
func (r *Result) decided() bool {
	return r.Condemned() || r.Law != LawUndecided && r.Verdict != Undecided
}

func (r *Result) addReason(format string, args ...any) {
	if r.Reason != "" {
		r.Reason += "; "
	}
	r.Reason += fmt.Sprintf(format, args...)
}
