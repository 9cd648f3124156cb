package score

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScores(t *testing.T) {
	// Class 0: 3 of 4 right; class 1: 1 of 2 right, the other taken for 0;
	// class 2 has no image but is predicted once.
	labels := []int32{0, 0, 0, 0, 1, 1}
	said := []int32{0, 0, 0, 2, 1, 0}
	m := Confusion(labels, said, 3)
	if d := cmp.Diff([][]int{{3, 0, 1}, {1, 1, 0}, {0, 0, 0}}, m); d != "" {
		t.Fatal(d)
	}
	if got := ErrorPct(m); got != 100.0/3 {
		t.Errorf("error %v", got)
	}
	per := PerClassErrorPct(m)
	if pct, of, counts := Scores(labels, said, 3); pct != ErrorPct(m) || cmp.Diff(per, of) != "" || cmp.Diff(TestCounts(m), counts) != "" {
		t.Errorf("without the matrix: %v, %v, %v", pct, of, counts)
	}
	if d := cmp.Diff([]*float64{new(25.0), new(50.0), nil}, per); d != "" {
		t.Error(d)
	}
	if got := BalancedErrorPct(per); got == nil || *got != 37.5 || BalancedErrorPct(per[2:]) != nil {
		t.Errorf("mean error of the classes %v", got)
	}
	many, medium, few := GroupErrorPct(per, []int{101, 20, 19})
	if *many != 25 || *medium != 50 || few != nil {
		t.Error(*many, *medium, few)
	}
	many, medium, _ = GroupErrorPct(per, []int{100, 20, 19}) // more than 100 are many
	if many != nil || *medium != 37.5 {
		t.Error(many, *medium)
	}
	// Predicted shares with both true classes weighing one half: class 0
	// (3/4+1/2)/2, class 1 1/4, class 2 1/8; true shares ½, ½, 0.
	if got, want := LabelBias(m), (0.125+0.25+0.125)/2; math.Abs(got-want) > 1e-15 {
		t.Errorf("label bias %v, want %v", got, want)
	}
	if got := LabelBias([][]int{{5, 0}, {7, 0}}); got != 0.5 {
		t.Errorf("always class 0: %v", got)
	}
	if got := LabelBias([][]int{{900, 100}, {1, 9}}); got != 0 {
		t.Errorf("equal error rates at unequal class sizes are no bias, got %v", got)
	}
}

func TestPriorAdjustmentTurnsADecision(t *testing.T) {
	logits := []float32{1, 0.5, 2, 2}
	if d := cmp.Diff([]int32{0, 0}, Predict(logits, 2, nil)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int32{1, 1}, Predict(logits, 2, []float64{math.Log(100), 0})); d != "" {
		t.Error(d)
	}
}

func TestQualityOfPseudoLabels(t *testing.T) {
	truth := []int32{0, 0, 0, 1, 1, 2, 2, 3, 3, 3}
	said := []int32{0, 0, 1, 1, 1, 2, 0, 3, 3, 2}
	q := Quality(truth, said, []int{3, 2, 1, 0})
	want := LabelQuality{
		Precision: []*float64{new(2. / 3), new(2. / 3), new(.5), new(1.0)},
		Recall:    []*float64{new(2. / 3), new(1.0), new(.5), new(2. / 3)},
	}
	if d := cmp.Diff(want.Precision, q.Precision); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want.Recall, q.Recall); d != "" {
		t.Error(d)
	}
	if got, want := *q.Delta[3], 1-(2./3+2./3+.5)/3; math.Abs(got-want) > 1e-15 {
		t.Errorf("Δ₃ = %v, want %v", got, want)
	}
	if got := *q.Headline; math.Abs(got-(2./3-1)) > 1e-15 { // one rank of four on either side: class 0 minus class 3
		t.Errorf("headline %v", got)
	}
	never := Quality([]int32{0, 1}, []int32{0, 0}, []int{0, 1})
	if never.Precision[1] != nil || never.Delta[1] != nil {
		t.Error("a class that is never predicted has no precision")
	}
}

func TestMeanSD(t *testing.T) {
	if m, s := MeanSD([]float64{1, 2, 4}); math.Abs(*m-7./3) > 1e-15 || math.Abs(*s-math.Sqrt(7./3)) > 1e-15 {
		t.Error(*m, *s)
	}
	if m, s := MeanSD([]float64{5}); *m != 5 || s != nil {
		t.Error(*m, s)
	}
	if m, _ := MeanSD(nil); m != nil {
		t.Error(*m)
	}
}
