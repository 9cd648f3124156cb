package simulate

import (
	"context"
	"fmt"
	"slices"

	"longtail/theory"
)

// Theorem3Findings returns theory's findings, with what simulations add to claims
// T3.7 and T3.8.
func Theorem3Findings(ctx context.Context, trials int64, seed uint64) ([]theory.Finding, error) {
	findings := theory.Theorem3Findings()
	for _, add := range []struct {
		claim string
		text  func(context.Context, int64, uint64) (string, error)
	}{{"T3.7", quadraticText}, {"T3.8", maskedText}} {
		text, err := add.text(ctx, trials, seed)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(findings, func(f theory.Finding) bool { return f.Claim == add.claim })
		findings[at].Text += text
	}
	return findings, nil
}

// quadraticText returns what quadratic adds to claim T3.7.
func quadraticText(ctx context.Context, trials int64, seed uint64) (string, error) {
	ridges := quadraticRidges
	text := fmt.Sprintf(" What knowing the feature saves is the search for it. Simulated (%d training sets, 95 %% by Student's t over them, in hindsight the best of %d penalties from %g to %g), quadratic logistic regression on raw x errs",
		quadraticSets(trials), len(ridges), ridges[0], ridges[len(ridges)-1])
	for i, m := range []theory.Theorem3{
		{D: 100, PPos: 0.1, Beta: 4, NPos: 5, NNeg: 45},
		{D: 100, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
		{D: 30, PPos: 0.1, Beta: 4, NPos: 20, NNeg: 180},
	} {
		r, err := quadratic(ctx, m, Config{Trials: quadraticSets(trials), Seed: seed})
		if err != nil {
			return "", err
		}
		if i > 0 {
			text += ";"
		}
		text += fmt.Sprintf(" at d = %d with %d labels for its %d weights with %.3g [%.3g, %.3g]", m.D, m.NPos+m.NNeg, r.Weights, r.Error, r.CI[0], r.CI[1])
		if r.Ridge == ridges[len(ridges)-1] {
			text += " at the largest penalty"
		}
		text += ", "
		switch expected := m.ExpectedError().Value(); {
		case r.CI[0] > expected:
			text += fmt.Sprintf("more than the self-supervised rule's %.3g", expected)
		case r.CI[1] < expected:
			text += fmt.Sprintf("less than the self-supervised rule's %.3g", expected)
		default:
			text += fmt.Sprintf("not to be told from the self-supervised rule's %.3g", expected)
		}
	}
	return text + ".", nil
}

// maskedText returns what masked adds to claim T3.8.
func maskedText(ctx context.Context, trials int64, seed uint64) (string, error) {
	m := theory.MaskedSetting
	r, err := masked(ctx, m, Config{Trials: maskedTrials(trials), Seed: seed})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(" Simulated (%d training sets of N₊ = %d, N₋ = %d, 95 %%), the theorem's rule on the mean of a point's predictions errs with %.3g [%.3g, %.3g], on ‖x‖² itself with %.3g [%.3g, %.3g], the majority rule with %g.",
		r.trials, m.NPos, m.NNeg, r.err, r.ci[0], r.ci[1], r.norm, r.normCI[0], r.normCI[1], m.TrivialError()), nil
}
