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
