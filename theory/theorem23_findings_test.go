package theory

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Source: claims.md section 3, last column.
func TestTheorem23Findings(t *testing.T) {
	want := map[string]Word{
		"T2.1": True, "T2.2": True, "T2.3": False, "T2.4": False,
		"T3.1": Vacuous, "T3.2": True, "T3.3": True, "T3.4": True, "T3.5": Weaker,
		"T3.6": False, "T3.7": False, "T3.8": Weaker, "T3.9": NoWord,
	}
	all := append(Theorem2Findings(), Theorem3Findings()...)
	if len(all) != len(want) {
		t.Errorf("%d findings, want %d", len(all), len(want))
	}
	for _, f := range all {
		t.Logf("%s %s at %q: %s", f.Claim, f.Word, f.Where, f.Text)
		if f.Word != want[f.Claim] || f.Text == "" || strings.Contains(f.Text, "NaN") || (f.Word != True && f.Word != NoWord) != (f.Where != "") {
			t.Errorf("%s: %s, want %s (%s)", f.Claim, f.Word, want[f.Claim], f.Text)
		}
	}
}

// Numbers in the texts, computed elsewhere: rates by minimizing the cumulant
// function, dimensions by going through theory 3's expected error.
func TestTheorem3FindingNumbers(t *testing.T) {
	for _, f := range Theorem3Findings() {
		for _, want := range map[string][]string{
			"T3.1": {"At 348 of them it is vacuous: at 198 ", "the other 150 "}, // in Python
			"T3.2": {"expected error falls as exp(−0.0467 d)", "midpoint falls as exp(−0.0475 d)"},
			"T3.3": {"0.01889 per unit", "0.01882 in the limit"},
			"T3.5": {"p₊ = 0.1", "d = 20 with 10^-247.7 at 20:80, against 10^-171.3 at 50:50", "d = 100 with 10^-347.2 at 20:80, against 10^-245.9"},
			"T3.7": {"with 0.00118; at d = 10, p₊ = 0.01, N₊ = 5, N₋ = 200 they err with 0.01 at least, and it with 0.205"},
			"T3.9": {"N₊ = 5, N₋ = 45"},
			"T3.6": {"learned rule is the better one from d = 61 on", "midpoint from 60."},
		}[f.Claim] {
			if !strings.Contains(f.Text, want) {
				t.Errorf("%s does not say %q: %s", f.Claim, want, f.Text)
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
