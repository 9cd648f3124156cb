package main

import (
	"context"
	"fmt"
	"math"

	"longtail/internal/usage"
	"longtail/simulate"
)

type simulateCmd struct {
	One   simulate1Cmd `cmd:"" name:"1" help:"Theorem 1: pseudo-labels and the class threshold."`
	Two   simulate2Cmd `cmd:"" name:"2" help:"Theorem 2: raw linear classifiers."`
	Three simulate3Cmd `cmd:"" name:"3" help:"Theorem 3: the classifier on the self-supervised feature."`
}

func (simulateCmd) Help() string {
	return `The draws are compared with the exact law ("law") and with the theorem as published
("verdict"). Exit status 1 if they contradict either.

Examples:
  longtail simulate 1 --n-pos 50 --n-neg 50 --delta 0.2
  longtail simulate 3 --d 100 --trials 1e7 --seed 7 --json`
}

// simulateFlags are the flags that all simulations share.
type simulateFlags struct {
	Trials     float64 `default:"1e6" help:"Number of trials; 1e7 is ten million."`
	Seed       uint64  `default:"0" help:"Seed; results do not depend on the number of processors."`
	Sampler    string  `enum:"collapsed,literal" default:"collapsed" help:"collapsed draws the few variables of the exact law, literal every sample."`
	Mutate     string  `placeholder:"NAME" help:"Break the theorem or the sampler on purpose, to show that the check can fail: one of the mutations above."`
	Confidence float64 `default:"0.95" help:"Level of the interval ci, which is for display only."`
}

// config returns the configuration for simulating one of a sweep's settings.
func (f simulateFlags) config(s sweep) (simulate.Config, error) {
	c := simulate.Config{Seed: f.Seed, Sampler: f.Sampler, Mutation: f.Mutate, Confidence: f.Confidence, Settings: len(s.settings)}
	switch {
	case f.Trials != math.Trunc(f.Trials) || !(math.Abs(f.Trials) <= 1<<62): // Validate checks the range
		return c, usage.Errorf("trials = %s: a whole number of 1 to %s is needed", compact(f.Trials), compact(float64(simulate.MaxTrials)))
	case !(f.Confidence > 0 && f.Confidence < 1):
		return c, usage.Errorf("confidence = %s: must lie strictly between 0 and 1", compact(f.Confidence))
	}
	c.Trials = int64(f.Trials)
	if err := c.Validate(s.mutations); err != nil {
		return c, usage.Error{Err: err}
	}
	return c, nil
}

func mutationHelp(known []simulate.Mutation) string {
	s := "\n\nMutations:"
	for _, m := range known {
		s += fmt.Sprintf("\n  %-18s %s", m.Name, m.Text)
	}
	return s
}

// simulationValues returns the outcome of a simulation as a record.
func simulationValues(r simulate.Result) record {
	out := record{}.
		main("estimate", r.Estimate).
		add("estimate_log10", r.EstimateLog.Log10()).
		main("ci", r.CI[:]).
		add("ci_method", r.CIMethod).
		add("confidence", r.Confidence).
		main("trials", r.Trials).
		main("exact_value", r.ExactValue).
		add("exact_value_log10", r.ExactLog.Log10()).
		main("law", string(r.Law)).
		main("verdict", string(r.Verdict)).
		add("not_claimed", r.NotClaimed).
		add("reason", r.Reason).
		add("seconds", r.Seconds).
		add("sampler", r.Sampler).
		add("estimator", r.Estimator).
		add("mutation", r.Mutation).
		add("seed", r.Seed).
		add("interrupted", r.Interrupted).
		add("stopped_early", r.StoppedEarly).
		main("printed_bound", r.PrintedBound).
		add("printed_bound_log10", r.BoundLog.Log10()).
		add("printed_vacuous", r.PrintedVacuous).
		add("decision_level", r.DecisionLevel)
	if r.Theorem == 3 {
		out = out.main("smooth_mean", r.SmoothMean).add("smooth_ci", r.SmoothCI[:]).
			main("bound_failure", r.BoundFailure).add("bound_failure_ci", r.BoundFailureCI[:])
	}
	return out.add("law_checks", r.LawChecks).add("statement_checks", r.StatementChecks)
}

type simulate1Cmd struct {
	theorem1Flags `embed:""`
	simulateFlags `embed:""`
	outputFlags   `embed:""`
}

func (simulate1Cmd) Help() string {
	return `Draws the estimator many times and compares the frequency of a failure with the
exact law ("law") and with the theorem as published ("verdict").

Examples:
  longtail simulate 1 --n-pos 50 --n-neg 50 --delta 0.2 --trials 1e7 --seed 7
  longtail simulate 1 --n-pos 900 --n-neg 100 --mutate pooled-mean --json` + mutationHelp(simulate.Theorem1Mutations())
}

func (c *simulate1Cmd) Run(ctx context.Context) error {
	return simulateAll(ctx, c.theorem1Flags, c.simulateFlags, c.outputFlags)
}

type simulate2Cmd struct {
	theorem2Flags `embed:""`
	simulateFlags `embed:""`
	outputFlags   `embed:""`
}

func (simulate2Cmd) Help() string {
	return `Draws points of both classes and compares the error of a raw linear classifier
with its closed form ("law") and with the published floor of 1/4 ("verdict").

Examples:
  longtail simulate 2 --p-pos 0.3 --beta 10 --u 0.8 --trials 1e7 --seed 7
  longtail simulate 2 --p-pos 0.1 --u -9.5 --mutate quarter-any-b --json` + mutationHelp(simulate.Theorem2Mutations())
}

func (c *simulate2Cmd) Run(ctx context.Context) error {
	return simulateAll(ctx, c.theorem2Flags, c.simulateFlags, c.outputFlags)
}

type simulate3Cmd struct {
	theorem3Flags `embed:""`
	simulateFlags `embed:""`
	outputFlags   `embed:""`
}

func (simulate3Cmd) Help() string {
	return `Draws a training set and a fresh point in every trial and compares the error of
the learned rule with the exact law ("law") and with the published bound ("verdict").

Examples:
  longtail simulate 3 --d 100 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2 --trials 1e7
  longtail simulate 3 --d 300 --n-pos 10 --n-neg 1000 --mutate pooled-threshold --json` + mutationHelp(simulate.Theorem3Mutations())
}

func (c *simulate3Cmd) Run(ctx context.Context) error {
	return simulateAll(ctx, c.theorem3Flags, c.simulateFlags, c.outputFlags)
}
