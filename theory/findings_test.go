package theory

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// The words and numbers of the report, by claim. Source: claims.md sections 2 and 3,
// last columns and tables; rates of Theorem 3 by minimizing the cumulant function,
// dimensions by going through theory 3's expected error, T3.1 in Python.
func TestFindings(t *testing.T) {
	want := map[string]struct {
		word Word
		says []string
	}{
		"T1.1": {True, []string{"0.158655"}},
		"T1.2": {Vacuous, nil},
		"T1.3": {Weaker, []string{
			"Δ = 0.000 (π = 0.5), 0.067 (π = 0.4), 0.137 (π = 0.3), 0.216 (π = 0.2), 0.317 (π = 0.1), 0.386 (π = 0.05), 0.470 (π = 0.01)",
			"Δ = -0.609 (π = 0.5), -0.541 (π = 0.4), -0.459 (π = 0.3), -0.354 (π = 0.2), -0.202 (π = 0.1), -0.089 (π = 0.05), 0.048 (π = 0.01)",
			"0.000 at π = 0.5, 0.521 at 0.1, 0.902 at 0.01"}},
		"T1.4":  {True, []string{"0.1635 for Δ = 0.2 and 0.1877 for Δ = 0.5, against 0.1587"}},
		"T1.5":  {False, []string{"Δ = +0.173 at π = 0.5, -0.357 at π = 0.1, -0.873 at π = 0.01, +0.732 at π = 0.9"}},
		"T1.6":  {False, []string{"5.65 %"}},
		"T1.7":  {True, nil},
		"T1.8":  {False, []string{"0.00072 balanced, 0.000659 at 90:110", "0.0152 balanced, 0.0102 at 65:135"}},
		"T1.9":  {Weaker, []string{"D > 2.01σ", "1.154, 2.6e-24, 1.148 at D = 2σ", "p = 0.95, q = 0.6"}},
		"T1.10": {False, []string{"0.782, 0.794, 0.869, 0.943, 0.987 for n = 10, 50, 100, 200, 400", "0.842 (n = 1 a side), 0.924 (n = 2 a side), 0.627 (n = 4 a side), 0.650 (n = 5 a side)"}},
		"T1.11": {Weaker, []string{"p = 0.9, q = 0.7", "exp(−0.00879·n)", "with probability 0.078 at n = 1000"}},
		"T1.12": {Weaker, []string{"0.1663 (π_U = 0.01): unlabeled data imbalanced the same way help more", "the other way less (0.2531 at π_U = 0.9)",
			"0.1587) it gives 0.1587 (π_U = 0.5), 0.1596 (π_U = 0.3), 0.1651 (π_U = 0.1), 0.1741 (π_U = 0.01)", "0.1797)", "0.2083 (π_U = 0.1), 0.2555"}},
		"T2.1": {True, nil},
		"T2.2": {True, []string{"0.25665"}},
		"T2.3": {False, []string{"0.10121"}},
		"T2.4": {False, []string{"is 0.5, over b < 0 its infimum is 0.1:"}},
		"T3.1": {Vacuous, []string{"At 348 of them it is vacuous: at 198 ", "the other 150 "}},
		"T3.2": {True, []string{"expected error falls as exp(−0.0467 d)", "midpoint falls as exp(−0.0475 d)"}},
		"T3.3": {True, []string{"0.01889 per unit", "0.01882 in the limit"}},
		"T3.4": {True, []string{"100 % of it by the positives"}},
		"T3.5": {Weaker, []string{"p₊ = 0.1", "d = 20 with 10^-247.7 at 20:80, against 10^-171.3 at 50:50", "d = 100 with 10^-347.2 at 20:80, against 10^-245.9"}},
		"T3.6": {False, []string{"learned rule is the better one from d = 61 on", "midpoint from 60."}},
		"T3.7": {False, []string{"with 0.00118; at d = 10, p₊ = 0.01, N₊ = 5, N₋ = 200 they err with 0.01 at least, and it with 0.205"}},
		"T3.8": {Weaker, nil},
		"T3.9": {NoWord, []string{"N₊ = 5, N₋ = 45"}},
	}
	all := slices.Concat(Theorem1Findings(), Theorem2Findings(), Theorem3Findings())
	if len(all) != len(want) {
		t.Errorf("%d findings, want %d", len(all), len(want))
	}
	for _, f := range all {
		t.Logf("%s %s at %q: %s", f.Claim, f.Word, f.Where, f.Text)
		if f.Word != want[f.Claim].word || f.Text == "" || strings.Contains(f.Text, "NaN") || (f.Word != True && f.Word != NoWord) != (f.Where != "") {
			t.Errorf("%s: %s, want %s (%s)", f.Claim, f.Word, want[f.Claim].word, f.Text)
		}
		for _, text := range want[f.Claim].says {
			if !strings.Contains(f.Text, text) {
				t.Errorf("%s does not say %q: %s", f.Claim, text, f.Text)
			}
		}
	}
}

// Every exact grid has rows, and nil only for the logarithm of a bound that cannot fail.
func TestExactGrids(t *testing.T) {
	for _, g := range []Grid{
		Theorem1VacuousGrid(), Theorem1SplitGrid(), Theorem1AmountGrid(), Theorem1PrecisionGrid(), Theorem1BaseGrid(), Theorem1SelfTrainingGrid(),
		Theorem2MinimaGrid(), Theorem3DimensionGrid(), Theorem3UsefulGrid(), Theorem3DeltaGrid(), Theorem3SplitGrid(), Theorem3RateGrid(),
	} {
		if len(g.Rows) == 0 || g.Title == "" {
			t.Errorf("%q is empty", g.Title)
		}
		for _, c := range g.Columns {
			if slices.ContainsFunc(g.Column(c), math.IsNaN) && c != "log10_bound_failure" {
				t.Errorf("%s: a row has no %s", g.Title, c)
			}
		}
	}
}
