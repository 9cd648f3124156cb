package report

import (
	"regexp"
	"strings"
	"testing"

	"longtail/paper"
)

func rowOf(t *testing.T, rows []Row, id, against string) Row {
	t.Helper()
	for _, r := range rows {
		if r.ID == id && r.Against == against {
			return r
		}
	}
	t.Fatalf("no row %s %s", id, against)
	return Row{}
}

// claim is the first row of an estimand.
func claim(t *testing.T, in Input, id, against string) Row {
	t.Helper()
	return rowOf(t, Rows(in), id, against)
}

func TestPrimaryClaimsAreTheFixedOnes(t *testing.T) {
	primary := primaryOf(Rows(nothing()))
	if len(primary) != len(paper.Estimands()) {
		t.Fatalf("%d rows for %d estimands", len(primary), len(paper.Estimands()))
	}
	for i, e := range paper.Estimands() {
		if primary[i].ID != e.Claim || primary[i].Against != e.Against || primary[i].What != e.Text {
			t.Errorf("row %d is %s %s %q, not %v", i, primary[i].ID, primary[i].Against, primary[i].What, e)
		}
	}
}

// With nothing run there is no measured number anywhere, and every row says
// what would change that.
func TestNothingIsInvented(t *testing.T) {
	digit := regexp.MustCompile(`\d`)
	for name, in := range map[string]Input{"planned": nothing(), "not even planned": {}} {
		for _, r := range Rows(in) {
			if digit.MatchString(r.Measured) || r.Replicates != 0 || r.Grade != "" {
				t.Errorf("%s: %s measured %q (%d, %s)", name, r.ID, r.Measured, r.Replicates, r.Grade)
			}
			if r.Word == "" {
				t.Errorf("%s: %s has no word", name, r.ID)
			}
			if r.Word == "not run" && r.Next == "" {
				t.Errorf("%s: %s is not run and does not say what is missing", name, r.ID)
			}
		}
	}
	all := Rows(nothing())
	if r := rowOf(t, all, "S1", "plain"); r.Command != "longtail reproduce --profile quick --only ce0012345678,du1001234567 --seeds 1" {
		t.Errorf("S1 is run by %q", r.Command)
	}
	if r := rowOf(t, all, "R2", "equal-step"); !strings.HasSuffix(r.Next, "which this plan does not have") {
		t.Errorf("R2: %q", r.Next)
	}
	if r := rowOf(t, all, "L1", ""); !strings.Contains(r.Next, "not among the cells") {
		t.Errorf("L1: %q", r.Next)
	}
}
