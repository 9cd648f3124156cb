package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
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
	words := map[string]string{}
	for _, f := range slices.Concat(theory.Theorem1Findings(), theory.Theorem2Findings(), theory.Theorem3Findings()) {
		words[f.Claim] = f.Word
	}
	planned := map[string]bool{}
	for _, task := range expand(t, "quick", results.Selection{Only: []string{"theory"}}).Tasks {
		planned[task.Name] = true
		r := committed[task.Name]
		if r == nil {
			t.Errorf("%s, %.12s, does not ship", Describe(task.Settings), task.Name)
			continue
		}
		if task.Settings.Trials == 0 { // quick to compute
			grid, findings, err := Theory(t.Context(), task.Settings)
			if err != nil {
				t.Fatal(err)
			}
			if d := differs(grid, findings, r); d != "" {
				t.Errorf("%s, %.12s, ships and is computed otherwise: %s", Describe(task.Settings), task.Name, d)
			}
		}
		for _, f := range r.Findings {
			if f.Word != words[f.Claim] {
				t.Errorf("%s: %q ships, %q is computed", f.Claim, f.Word, words[f.Claim])
			}
		}
	}
	for name, r := range committed {
		if r.Settings.Kind == results.KindTheory && !planned[name] {
			t.Errorf("%.12s, %s, is of no task", name, Describe(r.Settings))
		}
	}
}

// differs says where what ships is not what is computed, to a relative 1e-9; "": nowhere.
func differs(grid *theory.Grid, findings []theory.Finding, r *results.Result) string {
	if len(findings) != len(r.Findings) {
		return fmt.Sprintf("%d findings for %d", len(r.Findings), len(findings))
	}
	for i, f := range findings {
		if got := r.Findings[i]; got != f {
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
			if (x == nil) != (got == nil) || x != nil && math.Abs(*got-*x) > 1e-9*math.Abs(*x) {
				return fmt.Sprintf("row %d, %s", i, grid.Columns[j])
			}
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
