package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"longtail/results"
	"longtail/theory"
)

// Who changes a word bumps TheoryVersion with this hash, or stores that hold the old
// word keep it; grids have no such pin.
func TestTheoryVersionHoldsTheWords(t *testing.T) {
	const version, hash = 2, "3a2a09c0eec3003b0cc23a32829b52bcdd7401c246ef467b763e9b8ad39cab1b"
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
	words := map[string]theory.Word{}
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
		for _, f := range r.Findings {
			if f.Word != string(words[f.Claim]) {
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
