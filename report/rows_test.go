package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
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

// The rows of an estimand share its first cell, one row per body of evidence.
func TestSpans(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 { return 25 - 3*float64(len(k.Method)%2) + .01*float64(rep) })
	standIn := table(results.GradeStandIn, 2, keys, func(k paper.Key, rep int) float64 { return 25 + .01*float64(rep) })
	for _, c := range standIn.Plan.Cells {
		old := c.Task
		c.Task += "t"
		c.Profile = "other"
		in.Plan.Cells = append(in.Plan.Cells, c)
		in.Results[c.Task] = standIn.Results[old]
	}
	spans := map[string][]int{}
	rows := Rows(in)
	for _, r := range rows {
		spans[r.ID+" "+r.Against] = append(spans[r.ID+" "+r.Against], r.Span)
	}
	if got := spans["P2 "]; !slices.Equal(got, []int{2, 0}) {
		t.Errorf("spans of P2: %v", got)
	}
	for what, of := range spans {
		if of[0] != len(of) {
			t.Errorf("%s has %d rows and spans %v", what, len(of), of)
		}
	}
}
