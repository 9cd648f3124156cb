package tasks

import (
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// The marks of package dataset are the words that package results, which does not
// know it, looks for.
func TestMarksAreUnderstood(t *testing.T) {
	if r := (&results.Result{DataMark: dataset.Unverified}); !r.Unverified() {
		t.Errorf("%q is taken for verified", r.DataMark)
	}
	set, err := dataset.Describe("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	if g := (results.Cell{Grade: results.GradePaper}).GradeOf(&results.Result{DataMark: set.Mark}); g != results.GradeStandIn {
		t.Errorf("%q has grade %s", set.Mark, g)
	}
	if r := (&results.Result{Settings: results.Settings{Pool: "p"}, PoolDigest: "d", PoolMark: dataset.Unverified}); r.PoolID() == "p" {
		t.Errorf("a pool of mark %q is taken for verified", r.PoolMark)
	}
}
