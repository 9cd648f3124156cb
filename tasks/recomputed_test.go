package tasks

import (
	"math"
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// What a result says of its run is computed again here, by loops of its own, from
// what the run stored: predictions, logits, pseudo-labels.

// near reports whether a number is there and is the one wanted.
func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

// checkClassifier computes the numbers of a classifier's result from its stored
// predictions and logits; weight is what each class weighed in its last epoch.
func checkClassifier(t *testing.T, what string, store results.Store, r *results.Result, weight func(n int) float64) {
	t.Helper()
	truth := labelsOf(r)
	const classes = 10
	var images, wrong, said [classes]float64
	for i, y := range truth {
		images[y]++
		said[r.Predictions[i]]++
		if int32(r.Predictions[i]) != y {
			wrong[y]++
		}
	}
	total, bias := 0.0, 0.0
	var groups [3][]float64
	for c := range classes {
		total += wrong[c]
		bias += math.Abs(said[c]-images[c]) / float64(len(truth)) / 2 // the test set is balanced
		e := 100 * wrong[c] / images[c]
		if !near(r.PerClassErrorPct[c], e) {
			t.Errorf("%s: class %d has %v %% errors, not %v", what, c, e, *r.PerClassErrorPct[c])
		}
		sum := 0
		for d := range classes {
			sum += r.Confusion[c][d]
		}
		if sum != int(images[c]) {
			t.Errorf("%s: row %d of the confusion matrix has %d images, not %v", what, c, sum, images[c])
		}
		switch n := r.LabelledCounts[c]; {
		case n > 100:
			groups[0] = append(groups[0], e)
		case n < 20:
			groups[2] = append(groups[2], e)
		default:
			groups[1] = append(groups[1], e)
		}
	}
	if got := 100 * total / float64(len(truth)); math.Abs(got-r.LastErrorPct) > 1e-9 {
		t.Errorf("%s: error %v, stored %v", what, got, r.LastErrorPct)
	}
	if !near(r.LabelBias, bias) || bias < .02 {
		t.Errorf("%s: label bias %v, stored %v", what, bias, *r.LabelBias)
	}
	for i, got := range []*float64{r.ManyErrorPct, r.MediumErrorPct, r.FewErrorPct} {
		mean := 0.0
		for _, e := range groups[i] {
			mean += e / float64(len(groups[i]))
		}
		if len(groups[i]) == 0 && got != nil || len(groups[i]) > 0 && !near(got, mean) {
			t.Errorf("%s: group %d of sizes has %v, stored %v", what, i, mean, got)
		}
	}

	logits, _, err := readHalf(store.Path(r.Task, results.FileLogits))
	if err != nil {
		t.Fatal(err)
	}
	adjusted := 0.0
	for i, y := range truth {
		best, at := math.Inf(-1), int32(-1)
		for c := range classes {
			n := max(r.TrainCounts[c], 1)
			if v := float64(logits[i*classes+c]) - math.Log(float64(n)*weight(n)); v > best {
				best, at = v, int32(c)
			}
		}
		if at != y {
			adjusted++
		}
	}
	adjusted *= 100 / float64(len(truth))
	const rounding = .4 // percent: float16 decides some images
	if got := *r.AdjustedErrorPct; math.Abs(got-adjusted) > rounding {
		t.Errorf("%s: error %v with the priors taken off, stored %v; plain %v", what, adjusted, got, r.LastErrorPct)
	}

	var after []float64
	last := r.Curve[len(r.Curve)-1]
	for _, m := range r.Curve {
		if m.TestErrorPct != nil && m.LR == last.LR {
			after = append(after, *m.TestErrorPct)
		}
	}
	if len(after) != 1 || !near(r.TailMeanPct, after[0]) || r.TailSDPct != nil {
		t.Errorf("%s: evaluations at the last rate %v, stored mean %v", what, after, r.TailMeanPct)
	}
}

// checkQuality computes precision and recall of pseudo-labels, and Theorem 1's Δ,
// with classes in the order of their numbers, which is that of their sizes.
func checkQuality(t *testing.T, what string, q results.LabelQuality, truth, said []int32) {
	t.Helper()
	var right, of, as [10]float64
	for i, y := range truth {
		of[y]++
		as[said[i]]++
		if said[i] == y {
			right[y]++
		}
	}
	differ := false
	head, tail := 0.0, 0.0
	there := [2]float64{}
	for c := range right {
		if of[c] > 0 && !near(q.Recall[c], right[c]/of[c]) {
			t.Errorf("%s: recall of class %d is %v, stored %v", what, c, right[c]/of[c], *q.Recall[c])
		}
		if as[c] == 0 {
			if q.Precision[c] != nil {
				t.Errorf("%s: class %d was never said and has precision %v", what, c, *q.Precision[c])
			}
			continue
		}
		p := right[c] / as[c]
		differ = differ || of[c] > 0 && math.Abs(p-right[c]/of[c]) > .05
		if !near(q.Precision[c], p) {
			t.Errorf("%s: precision of class %d is %v, stored %v", what, c, p, *q.Precision[c])
		}
		if c < 3 {
			head, there[0] = head+p, there[0]+1
		}
		if c >= 7 {
			tail, there[1] = tail+p, there[1]+1
		}
	}
	if !differ {
		t.Errorf("%s: precisions are recalls: the case tells nothing", what)
	}
	if there[0] > 0 && there[1] > 0 && !near(q.Headline, tail/there[1]-head/there[0]) {
		t.Errorf("%s: tail precision over head precision %v, stored %v", what, tail/there[1]-head/there[0], q.Headline)
	}
}

func meanError(perClass []*float64) float64 {
	sum := 0.0
	for _, e := range perClass {
		sum += *e / float64(len(perClass))
	}
	return sum
}

func TestResultsAreOfTheirPredictions(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	effective := func(n int) float64 { return (1 - .9999) / (1 - math.Pow(.9999, float64(n))) }
	plain := func(int) float64 { return 1 }

	name, base := runSmall(t, store, results.Settings{Kind: results.KindTrain, Rho: 50, NMax: 60, TestSet: 60, Rule: "drs", Epochs: 10})
	checkClassifier(t, "CE-DRS", store, base, effective) // drawn by n times the weight in its last epochs
	if base.DeferredFrom != 9 || len(base.SamplerShares) != 10 || base.ClassWeights != nil {
		t.Errorf("deferred from epoch %d, shares %v", base.DeferredFrom, base.SamplerShares)
	}
	for c, n := range base.TrainCounts {
		if got, want := base.SamplerShares[c]/base.SamplerShares[0], float64(n)*effective(n)/(float64(base.TrainCounts[0])*effective(base.TrainCounts[0])); math.Abs(got-want) > 1e-9 {
			t.Errorf("share of class %d over that of class 0: %v, want %v", c, got, want)
		}
	}

	labels, pool := runSmall(t, store, results.Settings{Kind: results.KindPseudolabel, Rho: 50, NMax: 60, Base: name, Pool: "fashion-mnist", PoolSet: 310})
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	truth := dataset.Pick(set.Pool.Labels, dataset.FirstPerClass(set.Pool.Labels, 310))
	said := asClasses(pool.Pool.Labels)
	checkQuality(t, "the pool", pool.Pool.Quality, truth, said)
	wrong, byClass := 0.0, [10]float64{}
	for i, y := range truth {
		if said[i] != y {
			wrong++
			byClass[y]++
		}
	}
	balanced := 0.0
	for _, n := range byClass {
		balanced += 100 * n / 310 / 10
	}
	if got := pool.Pool; math.Abs(got.ErrorPct-100*wrong/3100) > 1e-9 || math.Abs(got.BalancedErrorPct-balanced) > 1e-9 || math.Abs(got.BaseErrorPct-meanError(base.PerClassErrorPct)) > 1e-9 || got.BaseErrorPct == got.BalancedErrorPct {
		t.Errorf("errors %v and %v on the pool, %v on the test set; want %v, %v, %v", got.ErrorPct, got.BalancedErrorPct, got.BaseErrorPct, 100*wrong/3100, balanced, meanError(base.PerClassErrorPct))
	}

	with := results.Settings{Kind: results.KindTrain, Rho: 50, NMax: 60, TestSet: 60, Epochs: 5, Pool: "fashion-mnist", PoolSet: 310, Multiple: 5, RhoU: 50, Labels: labels}
	for rule, weight := range map[string]func(int) float64{"": plain, "reweight": effective} {
		with.Rule = rule
		_, r := runSmall(t, store, with)
		checkClassifier(t, "D_U "+rule, store, r, weight)
		at := drawnBy(t, small(with))
		counts := append([]int{}, r.LabelledCounts...)
		for _, p := range at {
			counts[said[p]]++
		}
		for c, n := range counts {
			if r.TrainCounts[c] != n {
				t.Errorf("class %d: %d labels trained on, stored %d", c, n, r.TrainCounts[c])
			}
		}
		checkQuality(t, "D_U", *r.Drawn, dataset.Pick(truth, at), dataset.Pick(said, at))
		if rule == "reweight" && math.Abs(r.ClassWeights[9]/r.ClassWeights[0]-effective(counts[9])/effective(counts[0])) > 1e-9 {
			t.Errorf("weights %v", r.ClassWeights)
		}
	}
}
