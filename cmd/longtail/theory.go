package main

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"longtail/internal/usage"
	"longtail/simulate"
	"longtail/theory"
)

type theoryCmd struct {
	One   theory1Cmd `cmd:"" name:"1" help:"Theorem 1: pseudo-labels and the class threshold."`
	Two   theory2Cmd `cmd:"" name:"2" help:"Theorem 2: raw linear classifiers."`
	Three theory3Cmd `cmd:"" name:"3" help:"Theorem 3: the classifier on the self-supervised feature."`

	All theoryAllCmd `cmd:"" default:"withargs" help:"All three theorems at default parameters."`
}

func (theoryCmd) Help() string {
	return `Without a number: the main values of all three theorems at default parameters.
docs/theory.md states the theorems and explains every field.

Examples:
  longtail theory
  longtail theory 1 --p 0.9 --q 0.7 --delta 0.05:0.5:10
  longtail theory 3 --d 1,10,100,1000 --json`
}

// theorem1Flags are Theorem 1's parameters.
type theorem1Flags struct {
	Mu1       numbers `name:"mu1" default:"1" help:"Mean of the positive class. Every parameter of the model may be ${several}."`
	Mu2       numbers `name:"mu2" default:"-1" help:"Mean of the negative class."`
	Sigma     numbers `default:"1" help:"Standard deviation of both classes."`
	P         numbers `placeholder:"0.9" help:"Precision of pseudo-label +1: the share of truly positive points among those with that label."`
	Q         numbers `placeholder:"0.7" help:"Precision of pseudo-label -1."`
	RecallPos numbers `placeholder:"A" help:"In place of --p and --q, with the next two: recall of the positives, the share of them labeled +1."`
	RecallNeg numbers `placeholder:"C" help:"Recall of the negatives, the share of them labeled -1."`
	Prior     numbers `placeholder:"PI" help:"Share of positives in the unlabeled data."`

	TrainPrior numbers `placeholder:"PI" help:"In place of --p, --q and the recalls: share of positives in the data that a base rule was fitted on. It labels the unlabeled data, whose --prior is 0.5 unless given."`

	NPos  numbers `name:"n-pos" placeholder:"500" help:"Number of points with pseudo-label +1."`
	NNeg  numbers `name:"n-neg" placeholder:"500" help:"Number of points with pseudo-label -1."`
	N     numbers `name:"n" placeholder:"N" help:"In place of both: number of unlabeled points. --share divides them, or recalls and prior do."`
	Share numbers `placeholder:"0.5" help:"With --n: share of the points with pseudo-label +1. Numbers of points are rounded."`
	Delta numbers `default:"0.2" help:"Tolerance δ of the threshold, in the units of x."`
}

func (f theorem1Flags) sweep() (sweep, error) { return f.sweepWith(theorem1Values) }

// sweepWith returns the sweep of the flags; exact computes the values of one setting.
func (f theorem1Flags) sweepWith(exact func(m theory.Theorem1, delta float64) record) (sweep, error) {
	axes, err := f.axes()
	if err != nil {
		return sweep{}, err
	}
	return newSweep(1, simulate.Theorem1Mutations(), axes, func(get lookup) (setting, error) {
		m, implied, err := f.model(get)
		if err != nil {
			return setting{}, err
		}
		delta := get("delta")
		return setting{
			parameters: implied,
			exact: func() record {
				r := exact(m, delta)
				if f.byBase() {
					r = append(r, selfTrainingValues(m.SelfTraining(get("train-prior"), get("prior")))...)
				}
				return r
			},
			draw: func(ctx context.Context, c simulate.Config) (simulate.Result, error) {
				return simulate.Theorem1(ctx, m, delta, c)
			},
		}, cmp.Or(m.Validate(), m.ValidateDelta(delta))
	})
}

func (f theorem1Flags) byBase() bool { return f.TrainPrior.values != nil }

func (f theorem1Flags) byRecall() bool {
	return !f.byBase() && (f.RecallPos.values != nil || f.RecallNeg.values != nil || f.Prior.values != nil)
}

// implied reports whether the precisions and the share with pseudo-label +1 follow
// from other parameters.
func (f theorem1Flags) implied() bool { return f.byBase() || f.byRecall() }

func (f theorem1Flags) byTotal() bool { return f.N.values != nil }

// groupAxes returns the axes of the sizes of two groups or, if both is given, of their
// total and the share of the first.
func groupAxes(pos, neg, both, share numbers, defaultPos, defaultNeg float64) ([]axis, error) {
	switch {
	case both.values == nil && share.values != nil:
		return nil, usage.Errorf("--share divides the points of --n: give --n too")
	case both.values == nil:
		return []axis{pos.or(defaultPos).whole("n-pos"), neg.or(defaultNeg).whole("n-neg")}, nil
	case pos.values != nil || neg.values != nil:
		return nil, usage.Errorf("--n stands in place of --n-pos and --n-neg: give one or the other")
	}
	return []axis{both.whole("n"), share.or(0.5).real("share")}, nil
}

// splitPoints returns the sizes of two groups of n points. The first gets a share of
// them, rounded, and both get at least one.
func splitPoints(n int, share float64) (pos, neg int, err error) {
	if !(share > 0 && share < 1) {
		return 0, 0, fmt.Errorf("share = %s: must lie strictly between 0 and 1", compact(share))
	}
	pos = int(math.Round(float64(n) * share))
	if neg = n - pos; pos < 1 || neg < 1 {
		return 0, 0, fmt.Errorf("n = %d: a share of %.4g of so many points is %d, and %d are left, but either group needs a point; give more points", n, share, pos, neg)
	}
	if most := max(pos, neg); most > theory.MaxPoints {
		return 0, 0, fmt.Errorf("n = %d: one group gets %d of so many points, but holds 1 to %d; give fewer points", n, most, theory.MaxPoints)
	}
	return pos, neg, nil
}

// axes returns the axes of the parameters that are given or have a default. It
// refuses parameters that exclude each other.
func (f theorem1Flags) axes() ([]axis, error) {
	sizes, err := groupAxes(f.NPos, f.NNeg, f.N, f.Share, 500, 500)
	switch {
	case err != nil:
		return nil, err
	case f.implied() && f.Share.values != nil:
		return nil, usage.Errorf("--n is divided as the recalls, or --train-prior, and --prior say: leave out --share")
	case f.implied() && f.byTotal():
		sizes = sizes[:1]
	}
	axes := append([]axis{f.Mu1.real("mu1"), f.Mu2.real("mu2"), f.Sigma.real("sigma")}, sizes...)
	axes = append(axes, f.Delta.real("delta"))
	switch {
	case f.byBase() && (f.P.values != nil || f.Q.values != nil || f.RecallPos.values != nil || f.RecallNeg.values != nil):
		return nil, usage.Errorf("precisions and recalls follow from --train-prior and --prior: leave out --p, --q, --recall-pos and --recall-neg, or --train-prior")
	case f.byBase():
		return append(axes, f.TrainPrior.real("train-prior"), f.Prior.or(0.5).real("prior")), nil
	case !f.byRecall():
		return append(axes, f.P.or(0.9).real("p"), f.Q.or(0.7).real("q")), nil
	case f.P.values != nil || f.Q.values != nil:
		return nil, usage.Errorf("--recall-pos, --recall-neg and --prior stand in place of --p and --q: give one or the other")
	case f.RecallPos.values == nil || f.RecallNeg.values == nil || f.Prior.values == nil:
		return nil, usage.Errorf("precisions follow from --recall-pos, --recall-neg and --prior together: give all three, or --train-prior and --prior")
	}
	return append(axes, f.RecallPos.real("recall-pos"), f.RecallNeg.real("recall-neg"), f.Prior.real("prior")), nil
}

// model returns the model of a row, and in implied the parameters that follow from
// the given ones.
func (f theorem1Flags) model(get lookup) (m theory.Theorem1, implied record, err error) {
	m = theory.Theorem1{Mu1: get("mu1"), Mu2: get("mu2"), Sigma: get("sigma")}
	called := 0.0
	switch {
	case f.byBase():
		base, err := m.BaseLabels(get("train-prior"), get("prior"))
		if err != nil {
			return m, nil, err
		}
		m.P, m.Q, called = base.P, base.Q, base.Called
		implied = implied.add("parameters.recall_pos", base.RecallPos).add("parameters.recall_neg", base.RecallNeg)
	case f.byRecall():
		recallPos, recallNeg, prior := get("recall-pos"), get("recall-neg"), get("prior")
		if err := theory.ValidateRates(recallPos, recallNeg, prior); err != nil {
			return m, nil, err
		}
		m.P, m.Q, called = theory.Precisions(recallPos, recallNeg, prior)
	default:
		m.P, m.Q = get("p"), get("q")
	}
	if f.implied() {
		implied = implied.add("parameters.p", m.P).add("parameters.q", m.Q).add("parameters.called_positive", called)
	}
	if !f.byTotal() {
		m.NPos, m.NNeg = int(get("n-pos")), int(get("n-neg"))
		return m, implied, nil
	}
	if !f.implied() {
		called = get("share")
	}
	m.NPos, m.NNeg, err = splitPoints(int(get("n")), called)
	return m, implied.add("parameters.n_pos", m.NPos).add("parameters.n_neg", m.NNeg), err
}

type theory1Cmd struct {
	theorem1Flags `embed:""`
	Level         *float64 `placeholder:"PROBABILITY" help:"Also find the δ at which the failure probability, the published bound and the sub-Gaussian one equal this, and the least n₊ + n₋ at which either bound is at most this."`
	outputFlags   `embed:""`
}

func (theory1Cmd) Help() string {
	return `Computes the probability that the threshold estimated from pseudo-labels is off by
more than δ: exactly, by the published bound and by sharper bounds. docs/theory.md
states the theorem and explains every field.

Examples:
  longtail theory 1 --mu1 1 --mu2 -1 --sigma 1 --p 0.9 --q 0.7 --n-pos 500 --n-neg 500 --delta 0.2
  longtail theory 1 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5,0.1,0.01 --n 1000
  longtail theory 1 --train-prior 0.5,0.3,0.1,0.01 --prior 0.5
  longtail theory 1 --p 0.95 --q 0.6 --n 200 --share 0.3:0.7:9 --delta 0.3
  longtail theory 1 --delta 0.05:0.5:10 --csv delta.csv
  longtail theory 1 --n-pos 100,1000 --level 0.05 --json
  longtail theory 1 --delta 0.05,0.1,0.2 --level 0.05`
}

func (c *theory1Cmd) Run(ctx context.Context) error { return evaluate(ctx, c, c.outputFlags) }

func (c *theory1Cmd) sweep() (sweep, error) {
	if c.Level == nil {
		return c.theorem1Flags.sweep()
	}
	level := *c.Level
	if err := validLevel(level); err != nil {
		return sweep{}, err
	}
	return c.sweepWith(func(m theory.Theorem1, delta float64) record {
		return theorem1Values(m, delta).
			add("level.probability", level).
			main("level.exact_delta", m.FailureReaches(level)).
			main("level.printed_delta", m.PrintedBoundReaches(level)).
			main("level.sharp_delta", m.SubGaussianReaches(level)).
			main("level.printed_n", count(m.PrintedSize(delta, level))).
			main("level.sharp_n", count(m.SubGaussianSize(delta, level)))
	})
}

func validLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return usage.Errorf("level = %s: must lie strictly between 0 and 1", compact(level))
	}
	return nil
}

// count returns the whole number x as an int, which prints in full. Other values, and
// numbers of 2^53 and more, are returned as they are.
func count(x float64) any {
	if math.Abs(x) < 1<<53 {
		return int(x)
	}
	return x
}

func theorem1Values(m theory.Theorem1, delta float64) record {
	printed, sharp, parts := m.PrintedBound(delta), m.SharpBound(delta), m.VarianceTerms()
	return record{}.
		mainProb("exact.failure_probability", m.FailureProbability(delta)).
		mainProb("exact.miss_target_probability", m.MissTargetProbability(delta)).
		add("exact.mean", m.Mean()).
		add("exact.variance", m.Variance()).
		add("exact.variance_terms", parts[:]).
		add("exact.midpoint", m.Midpoint()).
		add("exact.bias", m.Bias()).
		add("exact.gap", m.Gap()).
		add("exact.rule_error", m.RuleError(m.Bias())).
		prob("exact.expected_error", m.ExpectedRuleError()).
		add("exact.bayes_error", m.BayesError()).
		add("exact.exponent", m.FailureExponent(delta)).
		main("printed.failure_bound", printed.Sum).
		add("printed.failure_bound_log10", printed.Log.Log10()).
		add("printed.terms", printed.Terms[:]).
		main("printed.vacuous", printed.Vacuous).
		add("printed.vacuous_below_delta", m.PrintedBoundReaches(1)).
		add("printed.exponent", m.PrintedExponent(delta)).
		mainProb("sharp.failure_bound", sharp.SubGaussian).
		add("sharp.vacuous_below_delta", m.SubGaussianReaches(1)).
		prob("sharp.best_split_bound", sharp.BestSplit).
		add("sharp.best_split_shares", sharp.Shares[:]).
		prob("sharp.kearns_saul_bound", sharp.KearnsSaul).
		prob("sharp.chernoff_bound", sharp.Chernoff)
}

func selfTrainingValues(s theory.SelfTraining) record {
	return record{}.
		add("base.threshold", s.Threshold[0]).
		main("base.error", s.Error[0]).
		add("one_step.threshold", s.Threshold[1]).
		main("one_step.error", s.Error[1]).
		add("fixed_point.threshold", s.Threshold[2]).
		main("fixed_point.error", s.Error[2]).
		add("fixed_point.steps", s.Steps)
}

// theorem2Flags are Theorem 2's parameters.
type theorem2Flags struct {
	PPos numbers `name:"p-pos" default:"0.3" help:"Probability of the positive class, the minority. Every parameter of the model may be ${several}."`
	Beta numbers `default:"10" help:"Variance of the negative class divided by that of the positive."`
	U    numbers `name:"u" default:"0.8" help:"b/(‖θ‖σ₁) of the classifier; may be negative."`
}

func (f theorem2Flags) sweep() (sweep, error) {
	axes := []axis{f.PPos.real("p-pos"), f.Beta.real("beta"), f.U.real("u")}
	return newSweep(2, simulate.Theorem2Mutations(), axes, func(get lookup) (setting, error) {
		m, u := theory.Theorem2{PPos: get("p-pos"), Beta: get("beta")}, get("u")
		return setting{
			warnings: m.Warnings(u),
			exact:    func() record { return theorem2Values(m, u) },
			draw: func(ctx context.Context, c simulate.Config) (simulate.Result, error) {
				return simulate.Theorem2(ctx, m, u, c)
			},
		}, m.Validate()
	})
}

type theory2Cmd struct {
	theorem2Flags `embed:""`
	outputFlags   `embed:""`
}

func (theory2Cmd) Help() string {
	return `Computes the error of a raw linear classifier sign(⟨θ,x⟩ + b), which depends only
on u = b/(‖θ‖σ₁), and the least error that any such classifier can reach.
docs/theory.md states the theorem and explains every field.

Examples:
  longtail theory 2 --p-pos 0.3 --beta 10 --u 0.8
  longtail theory 2 --p-pos 0.1 --beta 10 --u -5:5:11 --json`
}

func (c *theory2Cmd) Run(ctx context.Context) error {
	return evaluate(ctx, c.theorem2Flags, c.outputFlags)
}

func theorem2Values(m theory.Theorem2, u float64) record {
	sharp := m.SharpLowerBound()
	if u < 0 {
		sharp = math.NaN() // the bound is for b ≥ 0
	}
	return record{}.
		main("exact.error", m.Error(u)).
		add("exact.error_log10", m.LogError(u).Log10()).
		main("printed.lower_bound", m.PrintedLowerBound()).
		main("printed.holds", m.PrintedHolds(u)).
		main("printed.covers", m.Covered(u)).
		add("sharp.lower_bound", sharp).
		main("min_error.b_nonnegative", m.MinNonNegative()).
		add("min_error.u_star", m.UStar()).
		add("min_error.b_negative", m.InfNegative()).
		main("min_error.any_b", m.InfAny()).
		main("trivial_error", m.TrivialError())
}

// theorem3Flags are Theorem 3's parameters.
type theorem3Flags struct {
	D     numbers `name:"d" default:"100" help:"Dimension. Every parameter of the model may be ${several}."`
	PPos  numbers `name:"p-pos" default:"0.1" help:"Probability of the positive class, the minority."`
	Beta  numbers `default:"4" help:"Variance of the negative class divided by that of the positive."`
	NPos  numbers `name:"n-pos" placeholder:"5" help:"Number of labeled positives."`
	NNeg  numbers `name:"n-neg" placeholder:"200" help:"Number of labeled negatives."`
	N     numbers `name:"n" placeholder:"N" help:"In place of both: number of labeled points."`
	Share numbers `placeholder:"0.5" help:"With --n: share of positives among them. Numbers of points are rounded."`
	Delta numbers `placeholder:"0.2" help:"δ of the theorem: by what share the class means of ‖x‖² may be off. Below (β-1)/(β+1)."`
}

func (f theorem3Flags) sweep() (sweep, error) { return f.sweepWith(true, theorem3Values) }

// noDelta is the warning of a row whose δ is outside the theorem's range.
const noDelta = "delta is outside the theorem's range, 0 < delta < (beta-1)/(beta+1): what depends on it does not exist"

// sweepWith returns the sweep of the flags; exact computes the values of one setting.
// It refuses a δ outside the theorem's range if every row needs one, or if --delta is
// given and no row's δ is inside.
func (f theorem3Flags) sweepWith(needed bool, exact func(m theory.Theorem3, delta float64) record) (sweep, error) {
	sizes, err := groupAxes(f.NPos, f.NNeg, f.N, f.Share, 5, 200)
	if err != nil {
		return sweep{}, err
	}
	axes := append([]axis{f.D.whole("d"), f.PPos.real("p-pos"), f.Beta.real("beta")}, sizes...)
	axes = append(axes, f.Delta.or(0.2).real("delta"))
	var outside error // about the first δ outside the theorem's range
	inside := false   // a row's δ is inside it
	s, err := newSweep(3, simulate.Theorem3Mutations(), axes, func(get lookup) (setting, error) {
		m, delta := theory.Theorem3{D: int(get("d")), PPos: get("p-pos"), Beta: get("beta")}, get("delta")
		var implied record
		if f.N.values == nil {
			m.NPos, m.NNeg = int(get("n-pos")), int(get("n-neg"))
		} else {
			var err error
			if m.NPos, m.NNeg, err = splitPoints(int(get("n")), get("share")); err != nil {
				return setting{}, err
			}
			implied = implied.add("parameters.n_pos", m.NPos).add("parameters.n_neg", m.NNeg)
		}
		if err := m.Validate(); err != nil {
			return setting{}, err
		}
		warnings := m.Warnings()
		if err := m.ValidateDelta(delta); err != nil {
			outside = cmp.Or(outside, err)
			warnings = append(warnings, noDelta)
		} else {
			inside = true
		}
		return setting{
			parameters: implied,
			warnings:   warnings,
			exact:      func() record { return exact(m, delta) },
			draw: func(ctx context.Context, c simulate.Config) (simulate.Result, error) {
				return simulate.Theorem3(ctx, m, delta, c)
			},
		}, nil
	})
	if err == nil && outside != nil && (needed || !inside && f.Delta.values != nil) {
		err = usage.Error{Err: outside}
	}
	return s, err
}

type theory3Cmd struct {
	theorem3Flags `embed:""`
	Level         *float64 `placeholder:"PROBABILITY" help:"Also find the error that the learned rule exceeds with this probability, and what the theorem has for it: the δ at which the published failure probability equals this, that of the event, and the error bounds there."`
	outputFlags   `embed:""`
}

func (theory3Cmd) Help() string {
	return `Computes the error of the classifier whose threshold is learned on
Z = k₁‖x‖² + k₂, beside the published bound, the error of the Bayes rule and that of
the rule "always the majority". docs/theory.md states the theorem and explains every
field.

Examples:
  longtail theory 3 --d 100 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2
  longtail theory 3 --d 1,10,100,1000 --json
  longtail theory 3 --d 1:1000:13:log
  longtail theory 3 --beta 1.5,2,4 --delta 0.1,0.3
  longtail theory 3 --n-pos 5,50,500 --level 0.05
  longtail theory 3 --n 100 --share 0.1:0.9:9 --csv split.csv`
}

func (c *theory3Cmd) Run(ctx context.Context) error { return evaluate(ctx, c, c.outputFlags) }

func (c *theory3Cmd) sweep() (sweep, error) {
	if c.Level == nil {
		return c.sweepWith(false, theorem3Values)
	}
	level := *c.Level
	if err := validLevel(level); err != nil {
		return sweep{}, err
	}
	return c.sweepWith(false, func(m theory.Theorem3, delta float64) record {
		at := func(delta float64, bound func(delta float64) theory.LogProb) theory.LogProb {
			if math.IsNaN(delta) {
				return theory.LogProb(delta)
			}
			return bound(delta)
		}
		printed, event := m.PrintedFailureReaches(level), m.EventFailureReaches(level)
		return theorem3Values(m, delta).
			add("level.probability", level).
			mainProb("level.exact_error", m.ErrorReaches(level)).
			add("level.event_delta", event).
			prob("level.event_error", at(event, m.WorstError)).
			main("level.printed_delta", printed).
			mainProb("level.printed_error", at(printed, m.PrintedErrorBound))
	})
}

// theorem3Values returns the values of a setting. Those that depend on δ are missing if
// δ is outside the theorem's range.
func theorem3Values(m theory.Theorem3, delta float64) record {
	var vacuous, why, branch any
	exponent, useful := math.NaN(), math.NaN()
	of := func(func(delta float64) theory.LogProb) theory.LogProb { return theory.LogProb(math.NaN()) }
	if m.ValidateDelta(delta) == nil {
		w := m.PrintedVacuous(delta)
		vacuous, why = w != "", w
		branch, exponent, useful = m.Branch(delta).String(), m.PrintedExponent(delta), m.PrintedUsefulFrom(delta)
		of = func(f func(delta float64) theory.LogProb) theory.LogProb { return f(delta) }
	}
	bound := of(m.PrintedErrorBound)
	return record{}.
		mainProb("exact.error_at_midpoint", m.ErrorAtMidpoint()).
		mainProb("exact.expected_error", m.ExpectedError()).
		mainProb("exact.bayes_error", m.BayesError()).
		add("exact.exponent", m.ExpectedExponent()).
		add("exact.bayes_exponent", m.BayesExponent()).
		main("exact.event_probability", of(m.EventProbability).Value()).
		prob("exact.event_failure", of(m.EventFailure)).
		prob("exact.bound_failure", of(func(float64) theory.LogProb { return m.BoundFailure(bound) })).
		prob("exact.supervised_error", m.SupervisedError()).
		prob("exact.supervised_error_known_prior", m.SupervisedErrorKnownPrior()).
		main("trivial_error", m.TrivialError()).
		mainProb("printed.error_bound", bound).
		main("printed.success_probability", 1-of(m.PrintedFailure).Value()).
		prob("printed.failure_bound", of(m.PrintedFailure)).
		main("printed.covers", m.Covered() && m.ValidateDelta(delta) == nil).
		main("printed.vacuous", vacuous).
		add("printed.why_vacuous", why).
		add("printed.branch", branch).
		add("printed.exponent", exponent).
		add("printed.useful_from_d", count(useful)).
		prob("sharp.error_on_event", of(m.WorstError)).
		prob("sharp.chernoff_error_bound", of(m.ChernoffErrorBound)).
		add("sharp.chernoff_success_probability", 1-of(m.ChernoffFailure).Value()).
		prob("sharp.chernoff_failure_bound", of(m.ChernoffFailure))
}
