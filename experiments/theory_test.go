package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"longtail/results"
	"longtail/theory"
)

// Who changes a word bumps TheoryVersion with this hash, or stores that hold the old
// word keep it; grids have no such pin.
func TestTheoryVersionHoldsTheWords(t *testing.T) {
	const version, hash = 5, "79dd49e83bb123b94081054d2233429381ddc3e31dbd84552bf17568289fbad1"
	all := sha256.New()
	for _, f := range slices.Concat(theory.Theorem1Findings(), theory.Theorem2Findings(), theory.Theorem3Findings()) {
		fmt.Fprintf(all, "%q %q %q\n", f.Claim, f.Word, f.Where)
	}
	if got := hex.EncodeToString(all.Sum(nil)); TheoryVersion != version || got != hash {
		t.Errorf("version %d of the theory has words %s: bump TheoryVersion, pin both here, and commit the theory results of profile quick anew", TheoryVersion, got)
	}
}

// Of theory ships what the program would compute, and nothing of earlier versions.
func TestCommittedTheoryIsOfThisVersion(t *testing.T) {
	committed, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	exact := map[string]theory.Finding{}
	for _, f := range slices.Concat(theory.Theorem1Findings(), theory.Theorem2Findings(), theory.Theorem3Findings()) {
		exact[f.Claim] = f
	}
	planned := map[string]bool{}
	for _, task := range expand(t, "quick", results.Selection{Only: []string{"theory"}}).Tasks {
		planned[task.Name] = true
		r := committed[task.Name]
		if r == nil {
			t.Errorf("%s, %.12s, does not ship", Describe(task.Settings), task.Name)
			continue
		}
		few := task.Settings
		few.Trials = min(few.Trials, 1) // what is drawn is not compared
		grid, findings, err := Theory(t.Context(), few)
		if err != nil {
			t.Fatal(err)
		}
		if d := differs(grid, findings, r); d != "" {
			t.Errorf("%s, %.12s, ships and is computed otherwise: %s", Describe(task.Settings), task.Name, d)
		}
		if d := drawnWrong(r.Grid); d != "" {
			t.Errorf("%s, %.12s, ships: %s", Describe(task.Settings), task.Name, d)
		}
		for _, f := range r.Findings {
			if e := exact[f.Claim]; f.Word != e.Word || !strings.HasPrefix(f.Text, e.Text) { // simulations say more
				t.Errorf("%s: %+v ships, %+v is computed", f.Claim, f, e)
			}
		}
	}
	for name, r := range committed {
		if r.Settings.Kind == results.KindTheory && !planned[name] {
			t.Errorf("%.12s, %s, is of no task", name, Describe(r.Settings))
		}
	}
}

// drawnColumns depend on the trials, in simulated grids.
var drawnColumns = []string{"trials", "estimate", "lower", "upper", "importance", "law", "verdict", "smooth_mean", "bound_failure_seen",
	"training_sets", "penalty", "excess", "excess_lower", "excess_upper"}

// drawnWords depend on them in findings: numbers, and how they compare.
var drawnWords = regexp.MustCompile(`[0-9][0-9.e-]*|more than|less than|not to be told from| at the largest penalty`)

// differs says where what ships is not what is computed, to a relative 1e-9, apart from
// what is drawn; "": nowhere.
func differs(grid *theory.Grid, findings []theory.Finding, r *results.Result) string {
	if len(findings) != len(r.Findings) {
		return fmt.Sprintf("%d findings for %d", len(r.Findings), len(findings))
	}
	for i, f := range findings {
		got := r.Findings[i]
		if r.Settings.Trials > 0 {
			got.Text, f.Text = drawnWords.ReplaceAllString(got.Text, ""), drawnWords.ReplaceAllString(f.Text, "")
		}
		if got != f {
			return fmt.Sprintf("%+v, not %+v", got, f)
		}
	}
	if grid == nil || r.Grid == nil {
		if grid != nil || r.Grid != nil {
			return "one of them has no grid"
		}
		return ""
	}
	if !slices.Equal(grid.Columns, r.Grid.Columns) || len(grid.Rows) != len(r.Grid.Rows) || grid.Title != r.Grid.Title {
		return "another grid"
	}
	for i, row := range grid.Rows {
		for j, x := range row {
			got := r.Grid.Rows[i][j]
			drawn := r.Settings.Trials > 0 && slices.Contains(drawnColumns, grid.Columns[j])
			if (x == nil) != (got == nil) || x != nil && !drawn && math.Abs(*got-*x) > 1e-9*math.Abs(*x) {
				return fmt.Sprintf("row %d, %s", i, grid.Columns[j])
			}
		}
	}
	return ""
}

// drawnWrong says where what is drawn does not fit itself, or the law (the mean of
// Theorem 3's smooth estimator: to a tenth); "": nowhere.
func drawnWrong(g *theory.Grid) string {
	for _, c := range [][3]string{{"lower", "estimate", "upper"}, {"excess_lower", "excess", "excess_upper"}} {
		low, at, high := g.Column(c[0]), g.Column(c[1]), g.Column(c[2])
		for i, x := range at {
			if !math.IsNaN(x) && !(low[i] <= x && x <= high[i]) {
				return fmt.Sprintf("row %d, %s %g is outside its interval, %g to %g", i, c[1], x, low[i], high[i])
			}
		}
	}
	exact := g.Column("exact")
	for i, x := range g.Column("smooth_mean") {
		if !math.IsNaN(x) && !(math.Abs(x/exact[i]-1) < 0.1) {
			return fmt.Sprintf("row %d, smooth_mean %g, exact %g", i, x, exact[i])
		}
	}
	return ""
}

// A store keeps the task of another version; the program does not compute it.
func TestTheoryOfAnotherVersionIsRefused(t *testing.T) {
	s := results.Settings{Kind: results.KindTheory, Theorem: 1, Grid: "vacuous", TheoryVersion: TheoryVersion}
	if _, _, err := Theory(t.Context(), s); err != nil {
		t.Error(err)
	}
	s.TheoryVersion--
	if _, _, err := Theory(t.Context(), s); err == nil || !strings.Contains(err.Error(), "run reproduce again") {
		t.Errorf("version %d: %v", s.TheoryVersion, err)
	}
}
