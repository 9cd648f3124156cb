package theory

import (
	"fmt"
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

// Grids hold what does not exist as nil only where that can be, and bounds are in
// order in every row.
func TestTheorem23Grids(t *testing.T) {
	for _, g := range []Grid{
		Theorem2MinimaGrid(), Theorem3DimensionGrid(), Theorem3UsefulGrid(), Theorem3DeltaGrid(), Theorem3SplitGrid(), Theorem3RateGrid(),
	} {
		if len(g.Rows) == 0 || g.Title == "" {
			t.Errorf("%q is empty", g.Title)
		}
		at := map[string]int{}
		for i, c := range g.Columns {
			at[c] = i
		}
		seen := map[string]bool{}
		for r, row := range g.Rows {
			text := ""
			for _, v := range row {
				if text += " -"; v != nil {
					text += fmt.Sprint(*v)
				}
			}
			if seen[text] {
				t.Errorf("%s: row %d stands there twice:%s", g.Title, r, text)
			}
			seen[text] = true
			ordered := func(names ...string) {
				for i := 1; i < len(names); i++ {
					a, ok1 := at[names[i-1]]
					b, ok2 := at[names[i]]
					if !ok1 || !ok2 || row[a] == nil || row[b] == nil {
						continue
					}
					if *row[a] > *row[b]*(1+1e-9)+1e-300 {
						t.Errorf("%s: row %d: %s = %v above %s = %v", g.Title, r, names[i-1], *row[a], names[i], *row[b])
					}
				}
			}
			ordered("worst_0.1", "chernoff_0.1", "printed_0.1")
			ordered("bayes", "supervised")
			ordered("bayes", "expected")
			ordered("worst_error", "chernoff_bound", "printed_bound")
			ordered("printed_success", "chernoff_success", "event")
			ordered("bound_failure", "event_failure")
			ordered("any_b", "min_b_nonnegative")
			for i, v := range row {
				if v == nil {
					switch c := g.Columns[i]; {
					case strings.HasPrefix(c, "log10_"), strings.HasPrefix(c, "printed"), strings.HasPrefix(c, "chernoff"), c == "exact_at_midpoint":
					default:
						t.Errorf("%s: row %d has no %s", g.Title, r, c)
					}
				}
			}
		}
		t.Logf("%s: %d rows", g.Title, len(g.Rows))
	}
}
