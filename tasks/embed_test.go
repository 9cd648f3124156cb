package tasks

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/internal/stream"
	"longtail/nn/objective"
	"longtail/results"
	"longtail/score"
)

// A probe and an embedding of real runs: sizes, fingerprints and numbers fit
// together, and the map does not depend on who computes it.
func TestProbeAndEmbedding(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	base, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 2})
	if r.Fingerprint == "" || r.InitFingerprint != "" {
		t.Errorf("fingerprints %q, %q", r.Fingerprint, r.InitFingerprint)
	}
	logits, classes, err := readHalf(store.Path(base, results.FileLogits))
	if err != nil || classes != 10 || len(logits) != 50*10 {
		t.Fatalf("%d logits of %d classes: %v", len(logits), classes, err)
	}
	if again := score.ErrorPct(score.Confusion(labelsOf(r), score.Predict(logits, classes, nil), classes)); again != r.LastErrorPct {
		t.Errorf("the stored logits give an error of %v, the result says %v", again, r.LastErrorPct)
	}
	if _, exact := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 1, Exact: true}); !strings.Contains(exact.Cost.KernelSet, "-exact") || strings.Contains(r.Cost.KernelSet, "-exact") {
		t.Errorf("kernels %q with exact convolutions, %q without", exact.Cost.KernelSet, r.Cost.KernelSet)
	}
	ssp, pre := runSmall(t, store, results.Settings{Kind: results.KindPretrain, Target: results.TargetRotation, Stage: "pretrain", Epochs: 1})
	task := named(t, small(results.Settings{Kind: results.KindTrain, Init: ssp, Frozen: true, Schedule: "cosine-plain", Epochs: 20}))
	write(t, store, task)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(stopped, store, task.Name, Options{}); !errors.Is(err, ErrStopped) || store.Has(task.Name, results.FileResult) {
		t.Errorf("a probe that is told to stop leaves a result, or: %v", err)
	}
	probe := compute(t, store, task, Options{})
	if probe.InitFingerprint != pre.Fingerprint || probe.Fingerprint != pre.Fingerprint || probe.Transferred != 42 {
		t.Errorf("the probe started from other images: %+v", probe)
	}
	if probe.BestErrorPct != probe.LastErrorPct || len(probe.Curve) != 20 || probe.LastErrorPct > 85 || probe.AdjustedErrorPct == nil {
		t.Errorf("probe: last %v, best %v, %d epochs", probe.LastErrorPct, probe.BestErrorPct, len(probe.Curve))
	}
	drawn := task.Settings
	drawn.Rule = "class-aware"
	task = named(t, drawn)
	write(t, store, task)
	if err := Run(t.Context(), store, task.Name, Options{}); err == nil || !strings.Contains(err.Error(), "rule class-aware draws them") {
		t.Errorf("a probe under a rule that it cannot follow: %v", err)
	}

	embed := results.Settings{Kind: results.KindEmbed, Base: base, MapPerClass: 3, MapUnlabeled: 3, Pool: "fashion-mnist", Multiple: 1, RhoU: 1, PoolLabels: "true"}
	_, with := runSmall(t, store, embed)
	e := with.Embedding
	labeled := score.Sum(with.LabeledCounts)
	if e.Labeled != labeled || e.Unlabeled != 30 || e.Test != 30 || len(e.Labels) != labeled+60 || len(e.XY) != 2*len(e.Labels) || e.KL <= 0 {
		t.Errorf("%d labeled, %d unlabeled, %d test, %d labels, %d coordinates, divergence %v", e.Labeled, e.Unlabeled, e.Test, len(e.Labels), len(e.XY), e.KL)
	}
	if s := e.Separation; s.K != 5 || s.TestPoints != 50 || s.TailTestPoints != 15 || s.NearestClassErrorPct <= 0 || s.NearestClassErrorPct > 90 {
		t.Errorf("%+v", s)
	}
	if s := e.Separation; s.TailNearestClassErrorPct <= s.NearestClassErrorPct {
		t.Errorf("the tail, of two to four images a class, errs with %v, all with %v", s.TailNearestClassErrorPct, s.NearestClassErrorPct)
	}
	about, err := dataset.Describe("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range e.Separation.Adjacent {
		if !slices.Contains(about.Ranks()[:3], class) {
			t.Errorf("class %d of ranks %v is no head class", class, about.Ranks())
		}
	}
	other := results.Store(t.TempDir())
	if again, _ := runSmall(t, other, results.Settings{Kind: results.KindTrain, Epochs: 2}); again != base {
		t.Fatal("another name for the same run")
	}
	if _, same := runSmall(t, other, embed); same.Embedding.KL != e.KL || same.Embedding.XY[7] != e.XY[7] {
		t.Errorf("another map: divergence %v and %v", same.Embedding.KL, e.KL)
	}
}

// D_U lies in the order of its true classes: what is kept of a label is from all of
// it.
func TestSomeOfEach(t *testing.T) {
	labels := make([]int32, 1000)
	labels[999] = 1
	kept := someOfEach(labels, 100, stream.New("test"))
	behind := 0
	for _, k := range kept[:100] {
		if k >= 500 {
			behind++
		}
	}
	if len(kept) != 101 || kept[100] != 999 || !slices.IsSorted(kept) || behind < 30 || behind > 70 {
		t.Errorf("%d kept, %d of them in the second half: %v", len(kept), behind, kept)
	}
	if all := someOfEach(labels, 0, stream.New("test")); len(all) != 1000 || all[7] != 7 {
		t.Errorf("all: %d", len(all))
	}
}

// labelsOf are the true labels of the first so many test images of each class,
// which stand class by class in the confusion matrix only; the embedded test
// set lists them in turn.
func labelsOf(r *results.Result) []int32 {
	set, err := Options{}.Files.Open(r.Settings.Data)
	if err != nil {
		panic(err)
	}
	var out []int32
	for _, i := range dataset.FirstPerClass(set.Test.Labels, r.Settings.TestPerClass) {
		out = append(out, set.Test.Labels[i])
	}
	return out
}

// Relevance, threshold and true labels reach D_U.
func TestKindsOfUnlabeledData(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	base, _ := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 4})
	labels, pool := runSmall(t, store, results.Settings{Kind: results.KindPseudolabel, Base: base, Pool: "fashion-mnist", PoolPerClass: 80, Irrelevant: "mnist"})
	p := pool.Pool
	if len(p.Labels) != 800 || len(p.Irrelevant) != 7000 || pool.PoolMark != "own" || p.BaseErrorPct <= 0 || p.BalancedErrorPct <= 0 {
		t.Errorf("%d and %d labels, pool %q, errors %v and %v", len(p.Labels), len(p.Irrelevant), pool.PoolMark, p.BalancedErrorPct, p.BaseErrorPct)
	}
	du := results.Settings{Kind: results.KindTrain, Epochs: 1, Pool: "fashion-mnist", PoolPerClass: 80, Multiple: 5, RhoU: 1, Labels: labels}
	run := func(change func(*results.Settings)) *results.Result {
		s := du
		change(&s)
		_, r := runSmall(t, store, s)
		if total := score.Sum(r.PseudoCounts) + score.Sum(r.LabeledCounts); total != score.Sum(r.TrainCounts) {
			t.Errorf("%d labels of D_U and the labeled set, %d trained on", total, score.Sum(r.TrainCounts))
		}
		return r
	}
	n := 5 * score.Sum(run(func(*results.Settings) {}).LabeledCounts)
	mixed := run(func(s *results.Settings) { s.Irrelevant, s.IrrelevantPct = "mnist", 40 })
	if got := score.Sum(mixed.IrrelevantCounts); got < n*2/5-1 || got > n*2/5+1 {
		t.Errorf("%d irrelevant images of %d at 40 %%", got, n)
	}
	sure := run(func(s *results.Settings) { s.Threshold = .3 })
	if sure.Dropped == 0 || score.Sum(sure.PseudoCounts)+sure.Dropped != score.Sum(sure.UnlabeledCounts) {
		t.Errorf("%d dropped, %d kept of %d", sure.Dropped, score.Sum(sure.PseudoCounts), score.Sum(sure.UnlabeledCounts))
	}
	mixedSure := run(func(s *results.Settings) { s.Threshold, s.Irrelevant, s.IrrelevantPct = .3, "mnist", 40 })
	logits, classes, err := readHalf(store.Path(labels, results.FileLogits))
	if err != nil {
		t.Fatal(err)
	}
	confidence := objective.Confidence(logits, classes, 1)
	for what, r := range map[string]*results.Result{"sure": sure, "sure, some irrelevant": mixedSure} {
		d := drawnOf(t, r.Settings)
		dropped := 0
		kept := func(positions []int, said []byte, confidence []float64) []int {
			counts := make([]int, classes)
			for _, at := range positions {
				if confidence[at] >= .3 {
					counts[said[at]]++
				} else {
					dropped++
				}
			}
			return counts
		}
		all, irrelevant := kept(d.Positions, p.Labels, confidence), kept(d.Irrelevant, p.Irrelevant, confidence[len(p.Labels):])
		for c, n := range irrelevant {
			all[c] += n
		}
		if r.IrrelevantCounts != nil && !slices.Equal(r.IrrelevantCounts, irrelevant) || !slices.Equal(r.PseudoCounts, all) || r.Dropped != dropped || dropped == 0 || score.Sum(all) == 0 {
			t.Errorf("%s: kept %v with irrelevant %v, dropped %d; want %v, %v, %d", what, r.PseudoCounts, r.IrrelevantCounts, r.Dropped, all, irrelevant, dropped)
		}
	}
	truth := run(func(s *results.Settings) { s.Labels, s.PoolLabels = "", "true" })
	for c, drawn := range truth.UnlabeledCounts {
		if truth.PseudoCounts[c] != drawn {
			t.Errorf("true labels: %v drawn, %v trained on", truth.UnlabeledCounts, truth.PseudoCounts)
			break
		}
	}
}

// The threshold of LDAM's pseudo-labels is a probability as LDAM trains it, not
// that of the plain cosines.
func TestConfidenceOfCosines(t *testing.T) {
	r := run{store: results.Store(t.TempDir()), s: results.Settings{Labels: "a", Loss: "ldam"}}
	if err := writeHalf(r.store.Path("a", results.FileLogits), []float32{.5, 0}, 2); err != nil {
		t.Fatal(err)
	}
	if sure, err := r.confidence(1); err != nil || sure[0] != 1/(1+math.Exp(-15)) {
		t.Errorf("%v, %v", sure, err)
	}
}

// drawnOf is the D_U of a task, in its pool and among the irrelevant images.
func drawnOf(t *testing.T, s results.Settings) *dataset.Drawn {
	t.Helper()
	r := &run{s: s, result: &results.Result{}}
	set, sub, err := r.openSet()
	if err != nil {
		t.Fatal(err)
	}
	pool, err := r.openPool(sub)
	if err != nil {
		t.Fatal(err)
	}
	var other *dataset.Pool
	if s.IrrelevantPct > 0 {
		if other, err = r.openIrrelevant(set); err != nil {
			t.Fatal(err)
		}
	}
	d, err := r.draw(sub, pool, other)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
