package experiments

import (
	"math"
	"testing"

	"longtail/results"
)

// What logit adjustment subtracts, for every rule, by hand.
func TestLogPriors(t *testing.T) {
	counts := []int{300, 0, 20}
	weight := func(n float64) float64 { return (1 - .9999) / (1 - math.Pow(.9999, n)) }
	for _, c := range []struct {
		loss, rule string
		epochs     int
		want       float64 // of class 0 less that of class 2
	}{
		{"", "", 10, math.Log(300. / 20)},
		{"ce", "none", 10, math.Log(300. / 20)},
		{"ce", "reweight", 10, math.Log(300 * weight(300) / (20 * weight(20)))},
		{"focal", "drw", 10, math.Log(300 * weight(300) / (20 * weight(20)))},
		{"ce", "resample", 10, math.Log(300 * weight(300) / (20 * weight(20)))}, // the shares are n·w
		{"ce", "drs", 1, math.Log(300. / 20)},                                   // one epoch has no deferred part
		{"ldam", "none", 10, math.Log(300./20) / 30},
		{"ldam", "drw", 10, math.Log(300*weight(300)/(20*weight(20))) / 30},
	} {
		m, err := NewImbalance(c.loss, c.rule, c.epochs, counts)
		if err != nil {
			t.Fatal(err)
		}
		p := m.LogPriors()
		if got := p[0] - p[2]; math.Abs(got-c.want) > 1e-12 || math.IsInf(p[1], 0) || p[1] >= p[2] && c.rule == "" {
			t.Errorf("%+v: priors %v, their difference %v", c, p, got)
		}
	}
	if _, err := NewImbalance("ce", "sometimes", 10, counts); err == nil {
		t.Error("an unknown rule is no error")
	}
}

// runSmall runs a task of a few seconds and returns its result.
func runSmall(t *testing.T, store results.Store, s results.Settings) (string, *results.Result) {
	t.Helper()
	s.Data, s.Arch, s.Rho, s.NMax, s.TestSet = "fashion-mnist", "resnet8", 10, 24, 5
	if s.Kind == results.KindPseudolabel {
		s.NMax, s.TestSet = 0, 0
	} else {
		s.Batch, s.Evaluations = 16, 2
	}
	name, err := Name(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := results.Write(store.Path(name, results.FileSettings), results.Task{Name: name, Settings: s}); err != nil {
		t.Fatal(err)
	}
	if err := RunTask(t.Context(), store, name, TaskOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := store.Result(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, r
}

// Losses and rules of the settings reach training: each gives other curves, the
// deferred ones from their epoch on only; LDAM's normed head labels a pool, and
// pseudo-labels enter the counts.
func TestTasksOfEveryLossAndRule(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	curves := map[string][]results.Metrics{}
	var ldam string
	for _, c := range []struct{ loss, rule string }{
		{"", ""}, {"", "reweight"}, {"", "drw"}, {"", "drs"}, {"focal", "resample"}, {"ldam", "drw"},
	} {
		name, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Loss: c.loss, Rule: c.rule, Epochs: 3})
		curves[c.loss+" "+c.rule] = r.Curve
		if r.AdjustedErrorPct == nil || len(r.Curve) != 3 {
			t.Errorf("%+v: %d epochs, adjusted error %v", c, len(r.Curve), r.AdjustedErrorPct)
		}
		if c.loss == "ldam" {
			ldam = name
		}
	}
	plain := curves[" "]
	for name, c := range curves {
		for e := range c { // round(0.8·3) = 2: the third epoch is the deferred part
			want := name == " " || (name == " drw" || name == " drs") && e < 2
			if same := c[e].TrainLoss == plain[e].TrainLoss; same != want {
				t.Errorf("%q, epoch %d: loss %v, plain %v", name, e+1, c[e].TrainLoss, plain[e].TrainLoss)
			}
		}
	}
	labels, _ := runSmall(t, store, results.Settings{Kind: results.KindPseudolabel, Pool: "fashion-mnist", Base: ldam})
	_, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Loss: "ldam", Rule: "drw", Epochs: 1,
		Pool: "fashion-mnist", Multiple: 5, RhoU: 1, Labels: labels})
	labelled, all := 0, 0
	for c := range r.TrainCounts {
		labelled, all = labelled+r.LabelledCounts[c], all+r.TrainCounts[c]
	}
	if all < 5*labelled {
		t.Errorf("%d labelled images, %d counted", labelled, all)
	}
}
