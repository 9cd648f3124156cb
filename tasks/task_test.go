package tasks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn/kernel"
	"longtail/nn/train"
	"longtail/results"
)

// small completes the settings of a task of a second.
func small(s results.Settings) results.Settings {
	s.Data, s.Arch, s.Rho, s.NMax = "fashion-mnist", "resnet8", cmp.Or(s.Rho, 10), cmp.Or(s.NMax, 24)
	if s.Kind != results.KindPseudolabel {
		s.TestPerClass, s.Batch, s.Evaluations = cmp.Or(s.TestPerClass, 5), 16, 2
	}
	return s
}

// named is the task of these settings.
func named(t *testing.T, s results.Settings) results.Task {
	t.Helper()
	name, err := experiments.Name(dataset.Files{}, s)
	if err != nil {
		t.Fatal(err)
	}
	return results.Task{Name: name, Settings: s}
}

// write writes the settings of a task.
func write(t *testing.T, store results.Store, task results.Task) {
	t.Helper()
	if err := results.Write(store.Path(task.Name, results.FileSettings), task); err != nil {
		t.Fatal(err)
	}
}

// stop runs the first steps of a task.
func stop(t *testing.T, store results.Store, task results.Task, steps int) {
	t.Helper()
	write(t, store, task)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := Run(ctx, store, task.Name, Options{Report: func(p Progress) {
		if p.Step == steps {
			cancel()
		}
	}})
	if !errors.Is(err, ErrStopped) {
		t.Fatalf("stopped at step %d: %v", steps, err)
	}
}

// compute runs a task and returns its result.
func compute(t *testing.T, store results.Store, task results.Task, o Options) *results.Result {
	t.Helper()
	write(t, store, task)
	if err := Run(t.Context(), store, task.Name, o); err != nil {
		t.Fatalf("%s: %v", experiments.Describe(task.Settings), err)
	}
	r, err := store.Result(task.Name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// runSmall runs a small task and returns its result.
func runSmall(t *testing.T, store results.Store, s results.Settings) (string, *results.Result) {
	t.Helper()
	task := named(t, small(s))
	return task.Name, compute(t, store, task, Options{})
}

// A task whose model is gone makes it again, and its result stays the file that it was;
// one that would come out otherwise is refused, and leaves no model.
func TestAModelThatIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	store := results.Store(t.TempDir())
	name, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 1})
	path, model := store.Path(name, results.FileResult), store.Path(name, results.FileModel)
	again := func() (before, after []byte, err error) {
		t.Helper()
		before, _ = os.ReadFile(path)
		os.Remove(model)
		err = Run(t.Context(), store, name, Options{})
		after, _ = os.ReadFile(path)
		return before, after, err
	}
	weights, _ := os.ReadFile(model)
	before, after, err := again()
	if made, _ := os.ReadFile(model); err != nil || !bytes.Equal(before, after) || len(made) == 0 || !bytes.Equal(made, weights) {
		t.Errorf("result kept: %v, %d bytes of a model of %d: %v", bytes.Equal(before, after), len(made), len(weights), err)
	}
	for what, change := range map[string]func(r *results.Result){
		"other predictions": func(r *results.Result) { r.Predictions[0] ^= 1 },
		"other kernels":     func(r *results.Result) { r.Cost.KernelSet = "another" },
	} {
		other := *r
		other.Predictions = slices.Clone(r.Predictions)
		change(&other)
		if err := results.Write(path, other); err != nil {
			t.Fatal(err)
		}
		before, after, err := again()
		if err == nil || !strings.Contains(err.Error(), other.Cost.KernelSet) || !bytes.Equal(before, after) {
			t.Errorf("%s: result kept: %v, %v", what, bytes.Equal(before, after), err)
		}
		if store.Has(name, results.FileModel) {
			t.Errorf("%s: a model that does not fit the result", what)
		}
	}
}

// What a task starts from is named where it is not done, or its model is gone. One that has
// its result needs none of it.
func TestParentsThatAreNotDone(t *testing.T) {
	store := results.Store(t.TempDir())
	parent := named(t, small(results.Settings{Kind: results.KindPretrain, Target: results.TargetRotation, Epochs: 1}))
	child := named(t, small(results.Settings{Kind: results.KindTrain, Epochs: 1, Init: parent.Name}))
	write(t, store, child)
	want := "run task " + parent.Name[:12] + " first"
	refused := func() {
		t.Helper()
		if err := Run(t.Context(), store, child.Name, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	refused()
	compute(t, store, parent, Options{})
	model := store.Path(parent.Name, results.FileModel)
	os.Remove(model)
	refused()
	compute(t, store, parent, Options{})
	compute(t, store, child, Options{})
	os.RemoveAll(store.Dir(parent.Name))
	compute(t, store, child, Options{})
}

// Losses and rules of the settings reach training: each gives other curves, the
// deferred ones from their epoch on only; pseudo-labels, not the truth, enter the
// counts; under LONGTAIL_SOAK=1 LDAM's normed head labels the whole pool.
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
	_, still := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 3, NoCrop: true})
	_, slow := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 3, LR: 0.025})
	_, decayed := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 3, WeightDecay: .01})
	for what, c := range map[string][]results.Metrics{"no random crops": still.Curve, "a quarter of the rate": slow.Curve, "a larger weight decay": decayed.Curve} {
		if c[2].TrainLoss == plain[2].TrainLoss || c[2].LR != plain[2].LR && 4*c[2].LR != plain[2].LR {
			t.Errorf("%s: loss %v at rate %v, plain %v at %v", what, c[2].TrainLoss, c[2].LR, plain[2].TrainLoss, plain[2].LR)
		}
	}
	_, steady := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 3, BNMomentum: .01})
	for e, m := range steady.Curve { // running statistics are for evaluation alone
		if m.TrainLoss != plain[e].TrainLoss {
			t.Errorf("slower running statistics, epoch %d: loss %v, plain %v", e+1, m.TrainLoss, plain[e].TrainLoss)
		}
	}
	if *steady.Curve[2].TestErrorPct == *plain[2].TestErrorPct {
		t.Errorf("slower running statistics leave the test error at %v", *plain[2].TestErrorPct)
	}
	if _, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 3, WeightDecay: 2e-4}); r.Curve[2].TrainLoss != plain[2].TrainLoss {
		t.Errorf("the paper's weight decay: loss %v, plain %v", r.Curve[2].TrainLoss, plain[2].TrainLoss)
	}
	for name, c := range curves {
		for e := range c { // round(0.8·3) = 2: the third epoch is the deferred part
			want := name == " " || (name == " drw" || name == " drs") && e < 2
			if same := c[e].TrainLoss == plain[e].TrainLoss; same != want {
				t.Errorf("%q, epoch %d: loss %v, plain %v", name, e+1, c[e].TrainLoss, plain[e].TrainLoss)
			}
		}
	}
	ssp, _ := runSmall(t, store, results.Settings{Kind: results.KindPretrain, Target: results.TargetRotation, Epochs: 1})
	if _, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Init: ssp, Epochs: 1}); r.Transferred != 42 {
		t.Errorf("%d tensors of ResNet-8 transferred, want 42", r.Transferred)
	}

	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	pool := make([]byte, set.Pool.Len())
	for i, y := range set.Pool.Labels {
		pool[i] = byte(y+1) % 10 // every one is wrong
	}
	s := small(results.Settings{Kind: results.KindPseudolabel, Pool: "fashion-mnist", Base: ldam})
	labels := named(t, s).Name
	if os.Getenv("LONGTAIL_SOAK") == "1" {
		runSmall(t, store, s)
		labeler, err := store.Result(labels)
		if err != nil || len(labeler.Pool.Labels) != len(pool) || labeler.Pool.ErrorPct > 85 {
			t.Errorf("LDAM labels the pool: %v, %+v", err, labeler)
		}
	}
	if err := results.Write(store.Path(labels, results.FileResult), &results.Result{
		Schema: results.SchemaVersion, Task: labels, Settings: s, Pool: &results.PoolLabels{Labels: pool}, PoolDigest: set.Digest,
	}); err != nil {
		t.Fatal(err)
	}
	_, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Loss: "ldam", Rule: "drw", Epochs: 1,
		Pool: "fashion-mnist", Multiple: 5, RhoU: 1, Labels: labels})
	labeled, all := 0, 0
	for c, n := range r.TrainCounts {
		labeled, all = labeled+r.LabeledCounts[c], all+n
		if want := r.LabeledCounts[c] + r.UnlabeledCounts[(c+9)%10]; n != want {
			t.Errorf("class %d: %d images counted, want %d", c, n, want)
		}
	}
	if all < 5*labeled {
		t.Errorf("%d labeled images, %d counted", labeled, all)
	}
}

// ω weighs D_U in the loss and changes nothing else: at ω = 1 written out the
// run is the plain one bit for bit, at 2 another, and the counts are those of
// the plain run.
func TestOmega(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for a second")
	}
	store := results.Store(t.TempDir())
	run := func(omega float64) *results.Result {
		_, r := runSmall(t, store, results.Settings{Kind: results.KindTrain, Epochs: 1,
			Pool: "fashion-mnist", PoolLabels: "true", Multiple: 1, RhoU: 1, Omega: omega})
		return r
	}
	plain, one, two := run(0), run(1), run(2)
	for c, n := range plain.TrainCounts {
		if one.TrainCounts[c] != n || two.TrainCounts[c] != n {
			t.Errorf("counts %v, %v, %v", plain.TrainCounts, one.TrainCounts, two.TrainCounts)
		}
	}
	loss := func(r *results.Result) float64 { return r.Curve[0].TrainLoss }
	if loss(one) != loss(plain) || one.LastErrorPct != plain.LastErrorPct {
		t.Errorf("ω = 1: loss %v and error %v, plain %v and %v", loss(one), one.LastErrorPct, loss(plain), plain.LastErrorPct)
	}
	if loss(two) == loss(plain) {
		t.Error("ω = 2 changes nothing")
	}
}

// A task that was begun on kernels that this machine has goes on with them, to its own
// bits, whatever is fastest here; where others are asked for it begins again, and puts
// the checkpoint aside until it is done.
func TestKernelsOfTheCheckpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	if len(kernel.Names()) == 1 {
		t.Skip("one kernel set")
	}
	for kind, s := range map[string]results.Settings{
		"train":        {Kind: results.KindTrain, Epochs: 1},
		"mean teacher": {Kind: results.KindTrain, Epochs: 1, SSL: results.SSLMeanTeacher, Pool: "fashion-mnist", Multiple: 1, RhoU: 1},
		"MoCo":         {Kind: results.KindPretrain, Target: results.TargetMoCo, Epochs: 1, Queue: 32},
	} {
		t.Setenv(kernel.Variable, "portable")
		task := named(t, small(s))
		name, want := task.Name, compute(t, results.Store(t.TempDir()), task, Options{})
		store := results.Store(t.TempDir())
		begin := func() {
			t.Helper()
			stop(t, store, task, 2)
			if got := train.KernelsOf(store.Path(name, results.FileState), name); got != "" {
				t.Errorf("%s: kernels %q though the environment says which", kind, got)
			}
		}
		begin()
		os.Unsetenv(kernel.Variable)
		if got := train.KernelsOf(store.Path(name, results.FileState), name); got != want.Cost.KernelSet {
			t.Errorf("%s: kernels %q, begun on %q", kind, got, want.Cost.KernelSet)
		}
		got := compute(t, store, task, Options{})
		if got.Cost.KernelSet != want.Cost.KernelSet || got.Cost.Restarted != "" || len(got.Cost.ResumedAt) != 1 || got.Curve[0].TrainLoss != want.Curve[0].TrainLoss {
			t.Errorf("%s: on %q, restarted %q, resumed at %v, loss %v, alone %v", kind, got.Cost.KernelSet, got.Cost.Restarted, got.Cost.ResumedAt, got.Curve[0].TrainLoss, want.Curve[0].TrainLoss)
		}
		if kind != "train" {
			continue
		}
		// A model that is gone goes on being made on the kernels of its result.
		os.Remove(store.Path(name, results.FileModel))
		t.Setenv(kernel.Variable, "portable")
		begin()
		os.Unsetenv(kernel.Variable)
		if again := compute(t, store, task, Options{}); again.Cost.Finished != got.Cost.Finished || !store.Has(name, results.FileModel) {
			t.Error("a model that was begun anew is not there")
		}
		// So does one that begins with another's first epochs.
		os.RemoveAll(store.Dir(name))
		t.Setenv(kernel.Variable, "portable")
		begin()
		os.Unsetenv(kernel.Variable)
		if err := os.Rename(store.Path(name, results.FileState), store.Path(name, results.FileFork)); err != nil {
			t.Fatal(err)
		}
		twin := results.Task{Name: "twin", Shared: &results.Shared{Epochs: 1, With: []string{"nobody", name}}}
		if got := begunOn(store, twin); got != want.Cost.KernelSet {
			t.Errorf("goes on from first epochs on kernels %q, they were on %q", got, want.Cost.KernelSet)
		}
		os.RemoveAll(store.Dir(name))
		t.Setenv(kernel.Variable, "portable")
		begin()
		t.Setenv(kernel.Variable, kernel.Names()[1])
		stop(t, store, task, 2)
		aside := store.Path(name, results.FileState+".portable")
		if _, err := os.Stat(aside); err != nil {
			t.Error(err)
		}
		if got := compute(t, store, task, Options{}); got.Cost.Restarted == "" || got.Cost.KernelSet != kernel.Names()[1] {
			t.Errorf("on %q, restarted %q", got.Cost.KernelSet, got.Cost.Restarted)
		}
		if _, err := os.Stat(aside); err == nil {
			t.Error("a task that is done keeps a checkpoint")
		}
	}
}

// The random numbers of every stored result hang on the keys of its streams and on their
// order.
func TestKeysOfStreams(t *testing.T) {
	r := &run{s: results.Settings{Seed: 2, Replicate: 1, Stage: "x"}}
	if got := r.keys(); !slices.Equal(got, []any{"longtail", 2, 1, "x"}) {
		t.Errorf("keys %v", got)
	}
}

// theoryAlone writes the settings of a task of theory into an empty store.
func theoryAlone(t *testing.T, grid string) (results.Store, string) {
	t.Helper()
	store := results.Store(t.TempDir())
	task := named(t, results.Settings{Kind: results.KindTheory, Theorem: 1, Grid: grid, TheoryVersion: experiments.TheoryVersion, Trials: 1000})
	write(t, store, task)
	return store, task.Name
}

// A task whose result is there has not failed because its checkpoint cannot be removed.
func TestCheckpointThatStays(t *testing.T) {
	store, name := theoryAlone(t, "vacuous")
	if err := os.MkdirAll(filepath.Join(store.Path(name, results.FileState), "in use"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), store, name, Options{}); err != nil {
		t.Error(err)
	}
	if _, err := store.Result(name); err != nil {
		t.Error(err)
	}
}

// Theory needs no kernels: where none can be chosen its result names none.
func TestTheoryWithoutKernels(t *testing.T) {
	store, name := theoryAlone(t, "vacuous")
	t.Setenv(kernel.Variable, "quantum")
	if err := Run(t.Context(), store, name, Options{}); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Result(name); err != nil || r.Cost.KernelSet != "" || r.Cost.CPU == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A simulation that is told to stop has stopped, whatever the reason is called.
func TestStoppedTheory(t *testing.T) {
	store, name := theoryAlone(t, "settings")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received"))
	if err := Run(ctx, store, name, Options{}); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
}

// A task removes what a kill has left of its own files, and not what a runner, which
// has no lock, may just be writing.
func TestLeftoversOfOthersStay(t *testing.T) {
	store, name := theoryAlone(t, "vacuous")
	const hex = ".0123456789abcdef"
	mine, theirs := store.Path(name, "."+results.FileState+hex), store.Path(name, "."+results.FileSettings+hex)
	for _, path := range []string{mine, theirs} {
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := Run(t.Context(), store, name, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mine); err == nil {
		t.Error("half a checkpoint is still there")
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Error("settings that a runner is writing are gone:", err)
	}
}
