package main

import (
	"fmt"
	"os"

	"longtail/theory"
)

type theoryCmd struct {
	One   theory1Cmd `cmd:"" name:"1" help:"Pseudo-labels and the class threshold."`
	Two   theory2Cmd `cmd:"" name:"2" help:"Raw linear classifiers."`
	Three theory3Cmd `cmd:"" name:"3" help:"The classifier on the self-supervised feature."`
}

// theorem1Flags are Theorem 1's parameters.
type theorem1Flags struct {
	Mu1       numbers `name:"mu1" default:"1" help:"Mean of the positive class. Like every number here a list 50,100,200 or a range 0.1:0.5:9."`
	Mu2       numbers `name:"mu2" default:"-1" help:"Mean of the negative class."`
	Sigma     numbers `default:"1" help:"Standard deviation of both classes."`
	P         numbers `placeholder:"0.9" help:"Precision of pseudo-label +1: the share of truly positive points among those so labelled."`
	Q         numbers `placeholder:"0.7" help:"Precision of pseudo-label -1."`
	RecallPos numbers `placeholder:"A" help:"In place of --p and --q: share of the positives that are labelled +1."`
	RecallNeg numbers `placeholder:"C" help:"Share of the negatives that are labelled -1."`
	Prior     numbers `placeholder:"PI" help:"Share of positives in the unlabeled data."`
	NPos      numbers `name:"n-pos" default:"500" help:"Points labelled +1."`
	NNeg      numbers `name:"n-neg" default:"500" help:"Points labelled -1."`
	Delta     numbers `default:"0.2" help:"Tolerance δ."`
}

// theorem1Point is one setting of the flags.
type theorem1Point struct {
	model      theory.Theorem1
	delta      float64
	parameters record
}

// points expands the flags and checks every setting.
func (f theorem1Flags) points() (points []theorem1Point, many bool, err error) {
	byRecall := f.RecallPos.values != nil || f.RecallNeg.values != nil || f.Prior.values != nil
	axes := []axis{f.Mu1.real("mu1"), f.Mu2.real("mu2"), f.Sigma.real("sigma")}
	if byRecall {
		switch {
		case f.P.values != nil || f.Q.values != nil:
			return nil, false, usageError{fmt.Errorf("--recall-pos, --recall-neg and --prior stand in place of --p and --q: give one or the other")}
		case f.RecallPos.values == nil || f.RecallNeg.values == nil || f.Prior.values == nil:
			return nil, false, usageError{fmt.Errorf("precisions follow from --recall-pos, --recall-neg and --prior together: give all three")}
		}
		axes = append(axes, f.RecallPos.real("recall-pos"), f.RecallNeg.real("recall-neg"), f.Prior.real("prior"))
	} else {
		if f.P.values == nil {
			f.P.values = []float64{0.9}
		}
		if f.Q.values == nil {
			f.Q.values = []float64{0.7}
		}
		axes = append(axes, f.P.real("p"), f.Q.real("q"))
	}
	nPos, err := f.NPos.whole("n-pos")
	if err != nil {
		return nil, false, err
	}
	nNeg, err := f.NNeg.whole("n-neg")
	if err != nil {
		return nil, false, err
	}
	rows, many, err := grid(append(axes, nPos, nNeg, f.Delta.real("delta")))
	if err != nil {
		return nil, many, err
	}
	for _, v := range rows {
		n := len(v)
		pt := theorem1Point{model: theory.Theorem1{Mu1: v[0], Mu2: v[1], Sigma: v[2], NPos: int(v[n-3]), NNeg: int(v[n-2])}, delta: v[n-1]}
		m := &pt.model
		pt.parameters = record{{"parameters.mu1", m.Mu1, false}, {"parameters.mu2", m.Mu2, false}, {"parameters.sigma", m.Sigma, false}}
		if byRecall {
			var called float64
			if m.P, m.Q, called, err = theory.Precisions(v[3], v[4], v[5]); err != nil {
				return nil, many, usageError{err}
			}
			pt.parameters = append(pt.parameters, record{{"parameters.recall_pos", v[3], false}, {"parameters.recall_neg", v[4], false}, {"parameters.prior", v[5], false}, {"parameters.called_positive", called, false}}...)
		} else {
			m.P, m.Q = v[3], v[4]
		}
		pt.parameters = append(pt.parameters, record{
			{"parameters.p", m.P, false}, {"parameters.q", m.Q, false},
			{"parameters.n_pos", m.NPos, false}, {"parameters.n_neg", m.NNeg, false}, {"parameters.delta", pt.delta, false},
		}...)
		if err := m.Validate(); err != nil {
			return nil, many, usageError{err}
		}
		if err := theory.ValidateDelta(pt.delta); err != nil {
			return nil, many, usageError{err}
		}
		points = append(points, pt)
	}
	return points, many, nil
}

type theory1Cmd struct {
	theorem1Flags `embed:""`
	outputFlags   `embed:""`
}

func (theory1Cmd) Help() string {
	return `The probability that the threshold estimated from pseudo-labels is off by more
than δ: exactly, as printed, and by sharper bounds.

Examples:
  longtail theory 1 --mu1 1 --mu2 -1 --sigma 1 --p 0.9 --q 0.7 --n-pos 500 --n-neg 500 --delta 0.2
  longtail theory 1 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5,0.1,0.01 --json
  longtail theory 1 --delta 0.05:0.5:10 --csv delta.csv`
}

func (c *theory1Cmd) Run() error {
	points, many, err := c.points()
	if err != nil {
		return err
	}
	var records []record
	for _, p := range points {
		records = append(records, theorem1Record(p))
	}
	return c.write(os.Stdout, records, many)
}

func theorem1Record(pt theorem1Point) record {
	m, delta := pt.model, pt.delta
	f, miss := m.FailureProbability(delta), m.MissTargetProbability(delta)
	printed, sharp := m.PrintedBound(delta), m.SharpBound(delta)
	parts := m.VarianceTerms()
	return append(append(record{{"theorem", 1, false}}, pt.parameters...), record{
		{"exact.failure_probability", f.Value(), true},
		{"exact.failure_probability_log10", f.Log10(), false},
		{"exact.miss_target_probability", miss.Value(), true},
		{"exact.miss_target_probability_log10", miss.Log10(), false},
		{"exact.mean", m.Mean(), false},
		{"exact.variance", m.Variance(), false},
		{"exact.variance_terms", parts[:], false},
		{"exact.midpoint", m.Midpoint(), false},
		{"exact.bias", m.Bias(), false},
		{"exact.gap", m.Gap(), false},
		{"exact.rule_error", m.RuleError(m.Mean()), false},
		{"exact.bayes_error", m.BayesError(), false},
		{"exact.exponent", m.FailureExponent(delta), false},
		{"printed.failure_bound", printed.Sum, true},
		{"printed.terms", printed.Terms[:], false},
		{"printed.vacuous", printed.Vacuous, true},
		{"printed.vacuous_below_delta", m.PrintedBoundReaches(1), false},
		{"printed.exponent", m.PrintedExponent(delta), false},
		{"sharp.failure_bound", sharp.SubGaussian, true},
		{"sharp.vacuous_below_delta", m.SubGaussianReaches(1), false},
		{"sharp.best_split_bound", sharp.BestSplit, false},
		{"sharp.best_split_shares", sharp.Shares[:], false},
		{"sharp.kearns_saul_bound", sharp.KearnsSaul, false},
		{"sharp.chernoff_bound", sharp.Chernoff, false},
	}...)
}

// theorem2Flags are Theorem 2's parameters.
type theorem2Flags struct {
	PPos numbers `name:"p-pos" default:"0.3" help:"Probability of the positive, minority class. Like every number here a list 0.1,0.2 or a range 0.1:0.5:9."`
	Beta numbers `default:"10" help:"Variance of the negative class over that of the positive."`
	U    numbers `name:"u" default:"0.8" help:"b/(‖θ‖σ₁) of the classifier, of either sign."`
}

type theorem2Point struct {
	model      theory.Theorem2
	u          float64
	parameters record
}

func (f theorem2Flags) points() (points []theorem2Point, many bool, err error) {
	rows, many, err := grid([]axis{f.PPos.real("p-pos"), f.Beta.real("beta"), f.U.real("u")})
	if err != nil {
		return nil, many, err
	}
	for _, v := range rows {
		m := theory.Theorem2{PPos: v[0], Beta: v[1]}
		if err := m.Validate(); err != nil {
			return nil, many, usageError{err}
		}
		points = append(points, theorem2Point{m, v[2], record{
			{"parameters.p_pos", v[0], false}, {"parameters.beta", v[1], false}, {"parameters.u", v[2], false},
		}})
	}
	return points, many, nil
}

type theory2Cmd struct {
	theorem2Flags `embed:""`
	outputFlags   `embed:""`
}

func (theory2Cmd) Help() string {
	return `The error of a raw linear classifier sign(⟨θ,x⟩ + b), which depends only on
u = b/(‖θ‖σ₁), and the least that any such classifier can reach.

Examples:
  longtail theory 2 --p-pos 0.3 --beta 10 --u 0.8
  longtail theory 2 --p-pos 0.1 --beta 10 --u -5:5:11 --json`
}

func (c *theory2Cmd) Run() error {
	points, many, err := c.points()
	if err != nil {
		return err
	}
	var records []record
	for _, p := range points {
		records = append(records, theorem2Record(p))
	}
	warn(records)
	return c.write(os.Stdout, records, many)
}

func theorem2Record(pt theorem2Point) record {
	m := pt.model
	return append(append(record{{"theorem", 2, false}}, pt.parameters...), record{
		{"exact.error", m.Error(pt.u), true},
		{"printed.lower_bound", m.PrintedLowerBound(), true},
		{"printed.holds", m.PrintedHolds(pt.u), true},
		{"printed.covers", m.Covered(pt.u), false},
		{"sharp.lower_bound", m.SharpLowerBound(), false},
		{"min_error.b_nonnegative", m.MinNonNegative(), true},
		{"min_error.u_star", m.UStar(), false},
		{"min_error.b_negative", m.InfNegative(), false},
		{"min_error.any_b", m.InfAny(), true},
		{"trivial_error", m.TrivialError(), true},
		{"warnings", m.Warnings(), false},
	}...)
}

// theorem3Flags are Theorem 3's parameters.
type theorem3Flags struct {
	D     numbers `name:"d" default:"100" help:"Dimension. Like every number here a list 50,100,200 or a range 0.1:0.5:9."`
	PPos  numbers `name:"p-pos" default:"0.1" help:"Probability of the positive, minority class."`
	Beta  numbers `default:"4" help:"Variance of the negative class over that of the positive."`
	NPos  numbers `name:"n-pos" default:"5" help:"Labelled positives."`
	NNeg  numbers `name:"n-neg" default:"200" help:"Labelled negatives."`
	Delta numbers `default:"0.2" help:"δ of the statement, below (β-1)/(β+1)."`
}

type theorem3Point struct {
	model      theory.Theorem3
	delta      float64
	parameters record
}

func (f theorem3Flags) points() (points []theorem3Point, many bool, err error) {
	d, err := f.D.whole("d")
	if err != nil {
		return nil, false, err
	}
	nPos, err := f.NPos.whole("n-pos")
	if err != nil {
		return nil, false, err
	}
	nNeg, err := f.NNeg.whole("n-neg")
	if err != nil {
		return nil, false, err
	}
	rows, many, err := grid([]axis{d, f.PPos.real("p-pos"), f.Beta.real("beta"), nPos, nNeg, f.Delta.real("delta")})
	if err != nil {
		return nil, many, err
	}
	for _, v := range rows {
		m := theory.Theorem3{D: int(v[0]), PPos: v[1], Beta: v[2], NPos: int(v[3]), NNeg: int(v[4])}
		if err := m.Validate(); err != nil {
			return nil, many, usageError{err}
		}
		if err := m.ValidateDelta(v[5]); err != nil {
			return nil, many, usageError{err}
		}
		points = append(points, theorem3Point{m, v[5], record{
			{"parameters.d", m.D, false}, {"parameters.p_pos", m.PPos, false}, {"parameters.beta", m.Beta, false},
			{"parameters.n_pos", m.NPos, false}, {"parameters.n_neg", m.NNeg, false}, {"parameters.delta", v[5], false},
		}})
	}
	return points, many, nil
}

type theory3Cmd struct {
	theorem3Flags `embed:""`
	outputFlags   `embed:""`
}

func (theory3Cmd) Help() string {
	return `The error of the classifier whose threshold is learned on Z = k₁‖x‖² + k₂,
against the printed bound, the Bayes rule and the rule "always the majority".

Examples:
  longtail theory 3 --d 100 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2
  longtail theory 3 --d 1,10,100,1000 --json`
}

func (c *theory3Cmd) Run() error {
	points, many, err := c.points()
	if err != nil {
		return err
	}
	var records []record
	for _, p := range points {
		records = append(records, theorem3Record(p))
	}
	warn(records)
	return c.write(os.Stdout, records, many)
}

func theorem3Record(pt theorem3Point) record {
	m, delta := pt.model, pt.delta
	bound := m.PrintedErrorBound(delta)
	vacuous, why := m.PrintedVacuous(delta)
	return append(append(record{{"theorem", 3, false}}, pt.parameters...), record{
		{"exact.error_at_midpoint", m.ErrorAtMidpoint().Value(), true},
		{"exact.error_at_midpoint_log10", m.ErrorAtMidpoint().Log10(), false},
		{"exact.expected_error", m.ExpectedError().Value(), true},
		{"exact.expected_error_log10", m.ExpectedError().Log10(), false},
		{"exact.bayes_error", m.BayesError().Value(), true},
		{"exact.bayes_error_log10", m.BayesError().Log10(), false},
		{"exact.event_probability", m.EventProbability(delta).Value(), true},
		{"exact.event_failure", m.EventFailure(delta).Value(), false},
		{"exact.event_failure_log10", m.EventFailure(delta).Log10(), false},
		{"exact.bound_failure", m.BoundFailure(bound).Value(), false},
		{"exact.bound_failure_log10", m.BoundFailure(bound).Log10(), false},
		{"exact.supervised_error", m.SupervisedError().Value(), false},
		{"trivial_error", m.TrivialError(), true},
		{"printed.error_bound", bound.Value(), true},
		{"printed.error_bound_log10", bound.Log10(), false},
		{"printed.success_probability", m.PrintedSuccess(delta), true},
		{"printed.vacuous", vacuous, true},
		{"printed.why_vacuous", why, false},
		{"printed.branch", m.Branch(delta).String(), false},
		{"sharp.error_on_event", m.WorstError(delta).Value(), false},
		{"sharp.chernoff_error_bound", m.ChernoffErrorBound(delta).Value(), false},
		{"sharp.chernoff_success_probability", m.ChernoffSuccess(delta), false},
		{"warnings", m.Warnings(), false},
	}...)
}

// warn prints each distinct warning of the records once on standard error.
func warn(records []record) {
	seen := map[string]bool{}
	for _, r := range records {
		for _, f := range r {
			if f.name != "warnings" {
				continue
			}
			for _, w := range f.value.([]string) {
				if !seen[w] {
					seen[w] = true
					fmt.Fprintln(os.Stderr, "warning:", w)
				}
			}
		}
	}
}
