package own

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"longtail/dataset"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/kernel"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// painted is a set whose classes are colors under noise: counts images of each to
// train on, and 10 of each to test.
func painted(seed uint64, counts ...int) *dataset.Set {
	const side = 8
	random := rand.New(rand.NewPCG(seed, 1))
	set := &dataset.Set{ID: "painted", Name: "painted", Digest: "digest", C: 3, H: side, W: side, Numbered: true,
		Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.25, .25, .25}, Classes: []string{"red", "green", "blue"}[:len(counts)]}
	paint := func(counts []int) dataset.Samples {
		s := dataset.Samples{Set: set.ID, C: 3, H: side, W: side}
		for class, n := range counts {
			for range n {
				for channel := range 3 {
					for range side * side {
						v := 70 + random.IntN(90)
						if channel == class {
							v += 60
						}
						s.Pixels = append(s.Pixels, uint8(v))
					}
				}
				s.Labels = append(s.Labels, int32(class))
			}
		}
		return s
	}
	test := make([]int, len(counts))
	for class := range test {
		test[class] = 10
	}
	set.Train, set.Test = paint(counts), paint(test)
	return set
}

// training is a short run on a set in a folder of its own.
func training(t *testing.T, set *dataset.Set) Training {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return Training{Dir: filepath.Join(t.TempDir(), "run"), Set: set, Positions: set.Train.Positions(), Log: log, Settings: Settings{
		Data: "painted", DataDigest: set.Digest, Mean: set.Mean, Std: set.Std, Height: set.H, Width: set.W,
		Arch: "resnet8", Target: setup.TargetLabels, Loss: "ce", Rule: "none", Epochs: 6, Batch: 8, LR: 0.05, Schedule: ScheduleStep, Momentum: 0.9, WeightDecay: 2e-4,
	}}
}

func resultOf(t *testing.T, dir string) (r Result) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, results.FileResult))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A run that is stopped again and again ends with the bits of one that was not, and
// what it left classifies as it says.
func TestTrain(t *testing.T) {
	set := painted(1, 60, 30, 6)
	straight := training(t, set)
	if err := straight.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := resultOf(t, straight.Dir)
	if *want.ErrorPct > 34 || want.N != 30 || !reflect.DeepEqual(want.TrainCounts, []int{60, 30, 6}) || !reflect.DeepEqual(want.TestCounts, []int{10, 10, 10}) || len(want.ResumedAt) > 0 || !want.complete() {
		t.Errorf("%+v, error %v", want, *want.ErrorPct)
	}

	stopped := training(t, set)
	for attempt := time.Duration(1); ; attempt++ {
		ctx, cancel := context.WithTimeout(t.Context(), 5*attempt*time.Millisecond)
		err := stopped.Train(ctx)
		cancel()
		if err == nil {
			break
		}
		if attempt > 400 || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	got := resultOf(t, stopped.Dir)
	if len(got.ResumedAt) == 0 {
		t.Error("it was never stopped on the way")
	}
	for _, r := range []*Result{&want, &got} { // what may differ
		r.ResumedAt, r.TrainSeconds, r.ImagesPerSecond = nil, 0, 0
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("stopped: %+v\nstraight: %+v", got, want)
	}
	for _, file := range []string{FileLast, FileBest} {
		if contents(t, stopped.path(file)) != contents(t, straight.path(file)) {
			t.Errorf("%s has other bits", file)
		}
	}

	model, err := train.ReadModel(straight.path(FileLast))
	if err != nil {
		t.Fatal(err)
	}
	about, err := About(model)
	if err != nil || about.Arch != "resnet8" || about.Epoch != 6 || !reflect.DeepEqual(about.Classes, set.Classes) {
		t.Errorf("%+v, %v", about, err)
	}
	m, err := Model{Stored: model}.compile(about.Arch, set, 7, false, straight.Log) // another batch size
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	predicted, confidence, labels, err := m.classify(t.Context(), set, set.Test, nil)
	if err != nil {
		t.Fatal(err)
	}
	if pct := score.ErrorPct(score.Confusion(labels, predicted, m.classes)); pct != *want.ErrorPct {
		t.Errorf("the model errs with %v %%, its run says %v", pct, *want.ErrorPct)
	}
	for i, p := range confidence {
		if p < 1./3 || p > 1 {
			t.Errorf("image %d: a largest probability of %v of three", i, p)
		}
	}
}

// Every setting is trained with: the loss of the last epoch tells, and the rates are those
// of the schedule.
func TestSettingsDecide(t *testing.T) {
	set := painted(2, 20, 8)
	loss := func(change func(*Settings)) float64 {
		t.Helper()
		run := training(t, set)
		run.Epochs = 3 // as few as rule drw takes
		change(&run.Settings)
		if err := run.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		curve := readCurve(run.path(results.FileMetrics))
		if len(curve) != 3 {
			t.Fatalf("%d epochs", len(curve))
		}
		schedule, err := run.schedule()
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range curve { // of four steps each
			if want := run.LR * schedule(train.Position{Epoch: i + 1, Epochs: 3, Step: 4 * (i + 1), Steps: 12}); m.LR != want {
				t.Errorf("schedule %s: rate %v in epoch %d, want %v", run.Schedule, m.LR, i+1, want)
			}
		}
		return curve[2].TrainLoss
	}
	plain := loss(func(*Settings) {})
	for name, c := range map[string]struct {
		change func(*Settings)
		same   bool
	}{
		"nothing":      {func(*Settings) {}, true},
		"momentum":     {func(s *Settings) { s.Momentum = 0 }, false},
		"weight decay": {func(s *Settings) { s.WeightDecay = .1 }, false},
		"schedule":     {func(s *Settings) { s.Schedule = "linear" }, false},
		"no flip":      {func(s *Settings) { s.NoFlip = true }, false},
		"no crop":      {func(s *Settings) { s.NoCrop = true }, false},
		"reweight":     {func(s *Settings) { s.Rule = "reweight" }, false},
		"drw":          {func(s *Settings) { s.Rule = "drw" }, false},
		"seed":         {func(s *Settings) { s.Seed = 1 }, false},
	} {
		if got := loss(c.change); (got == plain) != c.same {
			t.Errorf("%s: a loss of %v in the last epoch, plain %v", name, got, plain)
		}
	}
}

// Steps that need more memory than is free are told before they are taken.
func TestMemoryIsTold(t *testing.T) {
	defer func(of func() int64) { freeMemory = of }(freeMemory)
	for free, told := range map[int64]bool{1 << 10: true, 1 << 40: false, 0: false} { // 0: not known
		freeMemory = func() int64 { return free }
		for _, target := range []string{setup.TargetLabels, results.TargetMoCo} {
			run := training(t, painted(2, 20, 8))
			run.Target, run.Epochs, run.Queue = target, 1, 8
			if err := run.Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			if log := contents(t, run.Log.Name()); strings.Contains(log, "take a smaller --batch or --side") != told {
				t.Errorf("%s with %d bytes free: %s", target, free, log)
			}
		}
	}
	// The batches count, beside what the network keeps of them.
	run := training(t, painted(2, 20, 8))
	arch, err := nn.ParseArch(run.Arch)
	if err != nil {
		t.Fatal(err)
	}
	run.Epochs = 1
	freeMemory = func() int64 { return arch.StepMemory(run.Set.H, run.Set.W, run.Batch) + 1 }
	if err := run.Train(t.Context()); err != nil || !strings.Contains(contents(t, run.Log.Name()), "take a smaller --batch or --side") {
		t.Errorf("no room for the batches: %v", err)
	}
}

func init() {
	loss, _ := objective.LossNamed("ce")
	loss.Head, loss.Scale = "normed", 10
	objective.RegisterLoss("tenfold", loss)
}

// A run with a loss of one's own says in its model how its logits are scaled.
func TestLossOfOnesOwn(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	run.Epochs, run.Loss = 1, "tenfold"
	if err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	model, err := train.ReadModel(run.path(FileLast))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Model{Stored: model}.compile("resnet8", run.Set, 4, false, run.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, p := m.predict([]float32{.5, 0}); math.Abs(p[0]-1/(1+math.Exp(-5))) > 1e-12 {
		t.Errorf("confidence %v", p)
	}

	// To a build that lacks the loss the file says it as well; one that does
	// not is no ground for what depends on it.
	images := Images{Name: "painted", Set: *run.Set, Samples: run.Set.Test}
	of := func(about train.About) (e Evaluation) {
		t.Helper()
		if err := train.WriteTorch(run.path(FileLast), model.Tensors, about); err != nil {
			t.Fatal(err)
		}
		m, err := ReadModel(run.path(FileLast))
		if err == nil {
			e, err = m.Evaluate(t.Context(), images, EvaluateOptions{Batch: 4, Log: run.Log})
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	about := model.About
	own := of(about)
	if own.Logits != nil || own.Features != nil {
		t.Error("logits or features that nobody asked for are kept")
	}
	about.Loss = "lost"
	if e := of(about); *e.AdjustedErrorPct != *resultOf(t, run.Dir).AdjustedErrorPct || !slices.Equal(e.Confidence, own.Confidence) || strings.Contains(contents(t, run.Log.Name()), "not in this build") {
		t.Errorf("without the loss: adjusted error %v, confidences %v; with it %v", *e.AdjustedErrorPct, e.Confidence, own.Confidence)
	}
	about.Scale = 0
	if e := of(about); e.AdjustedErrorPct != nil || *e.ErrorPct != *own.ErrorPct || !strings.Contains(contents(t, run.Log.Name()), `the loss "lost", which is not in this build (there are balanced-softmax, `) {
		t.Errorf("without loss and scale: %+v, %s", e, contents(t, run.Log.Name()))
	}
	sure := training(t, run.Set)
	sure.UnlabeledSet, sure.Unlabeled, sure.Omega, sure.Threshold, sure.Base = painted(4, 4, 4), "more", 1, .5, run.path(FileLast)
	if err := sure.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "--threshold needs to know") {
		t.Errorf("a threshold of guesses: %v", err)
	}
}

// Balanced softmax says in its model that the class shares are in it: they are not taken
// off its logits again.
func TestBalancedSoftmax(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	run.Epochs, run.Loss = 1, "balanced-softmax"
	if err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := resultOf(t, run.Dir); *r.ErrorPct != *r.AdjustedErrorPct {
		t.Errorf("error %v, adjusted %v", *r.ErrorPct, *r.AdjustedErrorPct)
	}
	if model, err := train.ReadModel(run.path(FileLast)); err != nil || !model.About.Priors || model.About.Scale != 1 {
		t.Errorf("%+v, %v", model, err)
	}
}

// Of thousands of classes an evaluation has errors and no confusion matrix.
func TestEvaluationOfManyClasses(t *testing.T) {
	for _, classes := range []int{MaxConfusion, MaxConfusion + 1} {
		e := Evaluation{Labels: []int32{0, 0, 999}, Predicted: []int32{0, 1, 999}, PredictedCounts: make([]int, classes)}
		e.score(nil)
		if *e.ErrorPct != 100./3 || *e.PerClassErrorPct[0] != 50 || *e.PerClassErrorPct[999] != 0 || e.PerClassErrorPct[1] != nil || *e.BalancedErrorPct != 25 || e.TestCounts[0] != 2 || len(e.Confusion) != classes%(MaxConfusion+1) {
			t.Errorf("%d classes: error %v, %d rows of a matrix", classes, *e.ErrorPct, len(e.Confusion))
		}
	}
}

// A model of a loss with the class shares in its softmax says so, for the build that
// lacks the loss: they are not taken off again.
func TestPriorsOfALostLoss(t *testing.T) {
	for _, c := range []struct {
		priors bool
		want   int32
	}{{true, 0}, {false, 1}} {
		m := &train.Stored{Path: FileLast, About: train.About{Loss: "lost", Scale: 1, Priors: c.priors}}
		how := priorsOf(m, Settings{Loss: "lost", Epochs: 1}, Result{TrainCounts: []int{100, 10}})
		if how == nil {
			t.Fatal("no priors")
		}
		if got := how.Adjusted([]float32{1, 0}); got[0] != c.want {
			t.Errorf("priors in the loss: %v, adjusted prediction %d", c.priors, got[0])
		}
	}
	if how := priorsOf(&train.Stored{Path: FileLast}, Settings{Loss: "ldam", Epochs: 1}, Result{TrainCounts: []int{100, 10}}); how != nil {
		t.Errorf("of a file that does not say what its logits stand for: %+v", how)
	}
}

// On other kernels a run that was stopped is neither gone on with nor begun again.
func TestOtherKernels(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	run.Epochs = 1
	stopped, stop := context.WithCancel(t.Context())
	stop()
	t.Setenv(kernel.Variable, "portable")
	if err := run.Train(stopped); err == nil || !strings.Contains(err.Error(), "goes on from there") {
		t.Fatal(err)
	}
	kept := contents(t, run.path(results.FileState))
	t.Setenv(kernel.Variable, "portable-exact")
	if err := run.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "set LONGTAIL_KERNELS=portable") || contents(t, run.path(results.FileState)) != kept {
		t.Errorf("%v", err)
	}
	t.Setenv(kernel.Variable, "portable")
	if err := run.Train(t.Context()); err != nil || len(resultOf(t, run.Dir).ResumedAt) != 1 {
		t.Errorf("%v", err)
	}
}

// A folder holds one run: it is not done twice, nor replaced by another.
func TestTrainFolder(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	run.Epochs = 1
	if err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := contents(t, run.path(results.FileResult))
	if err := run.Train(t.Context()); err != nil || contents(t, run.path(results.FileResult)) != before || !strings.Contains(contents(t, run.Log.Name()), "is finished already") {
		t.Errorf("again: %v", err)
	}
	other := run
	other.Epochs, other.Loss = 2, "ldam"
	if err := other.Train(t.Context()); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), "other settings (loss, epochs)") {
		t.Errorf("another run: %v", err)
	}
	added := run // an image, say
	added.DataDigest, added.Mean, added.Epochs = "other", [3]float32{.4, .4, .4}, 2
	if err := added.Train(t.Context()); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), "other settings (data_digest: other images, labels or split than then, epochs)") {
		t.Errorf("other images: %v", err)
	}
	moved := run
	moved.Data, moved.Height = "elsewhere/painted", 0 // the same images
	if err := moved.Train(t.Context()); err != nil {
		t.Errorf("the same images elsewhere: %v", err)
	}
	renamed := run
	set := *run.Set
	set.Classes = []string{"chat", "chien"}
	renamed.Set = &set
	if err := renamed.Train(t.Context()); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), `which are ["chat" "chien"] now`) {
		t.Errorf("renamed classes: %v", err)
	}
	if err := os.WriteFile(run.path(results.FileResult), []byte(before[:20]), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "result.json: it is damaged (unexpected end of JSON input); delete it") {
		t.Errorf("a damaged result: %v", err)
	}
	// What cannot be read, as a folder cannot, may be whole: no word of deleting it.
	unreadable := func(file string) {
		t.Helper()
		if err := errors.Join(os.Remove(run.path(file)), os.Mkdir(run.path(file), 0o755)); err != nil {
			t.Fatal(err)
		}
		if err := run.Train(t.Context()); !errors.As(err, new(*os.PathError)) || !strings.HasSuffix(err.Error(), "; choose another folder") || strings.Contains(err.Error(), "delete") {
			t.Errorf("an unreadable %s: %v", file, err)
		}
	}
	unreadable(results.FileResult)
	os.Remove(run.path(results.FileResult))
	if err := run.Train(t.Context()); err != nil || contents(t, run.path(results.FileResult)) == "" {
		t.Errorf("after it was deleted: %v", err)
	}
	// A model that is damaged, or gone, comes back in the same way, and that is said.
	model := contents(t, run.path(FileLast))
	for _, spoil := range []func() error{
		func() error { return os.Truncate(run.path(FileLast), 99) },
		func() error { return os.Remove(run.path(FileLast)) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadModel(run.path(FileLast)); err == nil || !strings.HasSuffix(err.Error(), "with "+run.path(results.FileResult)+" deleted, the command that trained it makes it again") {
			t.Errorf("a lost model: %v", err)
		}
		os.Remove(run.path(results.FileResult))
		if err := run.Train(t.Context()); err != nil || contents(t, run.path(FileLast)) != model {
			t.Errorf("after its result was deleted: %v", err)
		}
	}
	untested := t.TempDir()
	write(t, untested, results.FileSettings, `{"data_digest": "d"}`)
	write(t, untested, results.FileResult, `{"kernel_set": "portable", "error_pct": null}`)
	if _, err := ReadModel(filepath.Join(untested, FileBest)); err == nil || !strings.HasSuffix(err.Error(), "no test images to choose it by: it has last.pth alone") {
		t.Errorf("best.pth of a run without test images: %v", err)
	}
	if err := os.WriteFile(run.path(results.FileSettings), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run.Train(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "settings.json: it is damaged (unexpected end of JSON input); choose another folder, or delete this one") {
		t.Errorf("damaged settings: %v", err)
	}
	unreadable(results.FileSettings)
	for _, file := range []string{results.FileResult, results.FileMetrics, FileLast} { // whose are they?
		run.Dir = t.TempDir()
		if err := os.WriteFile(run.path(file), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := run.Train(t.Context()); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), "it holds a "+file+", but no run") || contents(t, run.path(file)) != "mine" {
			t.Errorf("%s without settings: %v", file, err)
		}
	}
	run.Dir = t.TempDir()
	write(t, run.Dir, "3/settings.json", "{}") // of train --seeds
	if err := run.Train(t.Context()); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), "it holds the runs of --seeds 3, which a run beside them would hide") {
		t.Errorf("beside runs of seeds: %v", err)
	}
	if entries, err := os.ReadDir(run.Dir); err != nil || len(entries) != 1 {
		t.Errorf("it left something there: %v, %v", entries, err)
	}
}

// Images that are read from their files are read ahead on every thread, are told of, and
// leave little garbage; what MoCo makes of them is the same to the bit.
func TestLazyImages(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	t.Setenv("GOGC", "")
	var models []string
	for _, lazy := range []bool{false, true} {
		run := training(t, painted(2, 30, 10))
		run.Target, run.Epochs, run.Queue = results.TargetMoCo, 2, 8
		if lazy {
			run.Set.Train.Lazy = onTheFly{run.Set.Train, func() {}}
		}
		if err := run.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		if log := contents(t, run.Log.Name()); strings.Contains(log, "--cache FOLDER keeps them") != lazy {
			t.Errorf("lazy %v: %s", lazy, log)
		}
		models = append(models, contents(t, run.path(FileLast)))
	}
	if models[0] != models[1] {
		t.Error("reading ahead changes the bits")
	}
	if percent := debug.SetGCPercent(100); percent != 10 {
		t.Errorf("garbage is collected at %d %%", percent)
	}
}

// A probe keeps nothing of what it did when it is stopped, and says so.
func TestStoppedProbe(t *testing.T) {
	first := training(t, painted(2, 20, 8))
	first.Epochs = 1
	if err := first.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	probe := training(t, first.Set)
	probe.Init, probe.Frozen = first.path(FileLast), true
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := probe.Train(stopped); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "stopped; a probe takes minutes and keeps nothing") {
		t.Errorf("%v", err)
	}
	if err := probe.Train(t.Context()); err != nil || len(resultOf(t, probe.Dir).ResumedAt) > 0 || !strings.Contains(contents(t, probe.Log.Name()), "resnet8, a linear probe, ce, rule none: 28 images in 2 classes (20 8)") {
		t.Errorf("begun again: %v", err)
	}
}

// A folder that another build began or finished says so, and its bits are gone on with.
func TestOtherBuild(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	run.Epochs = 1
	told := func() (n int) { return strings.Count(contents(t, run.Log.Name()), "another build of longtail") }
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for i, c := range []struct {
		program string
		ctx     context.Context
		told    int
	}{{"a", stopped, 0}, {"a", stopped, 0}, {"b", t.Context(), 1}, {"b", t.Context(), 2}, {"", t.Context(), 2}} {
		run.Program = c.program
		if err := run.Train(c.ctx); (err != nil) != (c.ctx == stopped) || told() != c.told {
			t.Errorf("command %d: told %d times, %v", i, told(), err)
		}
	}
	if s, r := runOfModel(run.path(FileLast)); s.Program != "a" || r.Program != "b" {
		t.Errorf("begun by %q, finished by %q", s.Program, r.Program)
	}
}

// Where no folder can be, waiting does not help.
func TestTrainFolderCannotBe(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	for _, dir := range []string{filepath.Join(run.Log.Name(), "x"), "/proc/longtail"} {
		if run.Dir = dir; dir == "/proc/longtail" && runtime.GOOS != "linux" {
			continue
		}
		if err := run.Train(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "--out: ") || !strings.HasSuffix(err.Error(), "; choose another folder") || strings.Contains(err.Error(), "wait") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// Unlabeled images are labeled by a base classifier that is trained first in a
// folder within the run's, and count as training images of the class they are named.
func TestTrainUnlabeled(t *testing.T) {
	run := training(t, painted(3, 40, 20))
	run.BaseSettings = run.Settings
	run.UnlabeledSet = painted(4, 25, 25)
	run.Unlabeled, run.UnlabeledDigest, run.Omega, run.Epochs = "more", "other", 1, 2
	if err := run.baseTraining().Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context()) // between the base classifier's end and its labels
	stop()
	if err := run.Train(stopped); !errors.Is(err, context.Canceled) || err.Error() != "stopped; the base classifier is kept, and the same command goes on from there" {
		t.Errorf("stopped: %v", err)
	}
	if err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, base := resultOf(t, run.Dir), resultOf(t, run.path(folderBase))
	u := r.Unlabeled
	if u == nil || u.Images != 50 || u.PseudoCounts[0]+u.PseudoCounts[1] != 50 || u.LeftOut != 0 || *u.BaseErrorPct != *base.ErrorPct {
		t.Fatalf("%+v", u)
	}
	if r.TrainCounts[0] != 40+u.PseudoCounts[0] || r.TrainCounts[1] != 20+u.PseudoCounts[1] || !reflect.DeepEqual(r.Labeled(), []int{40, 20}) {
		t.Errorf("trained on %v, labeled %v", r.TrainCounts, r.Labeled())
	}
	if lines := strings.Count(contents(t, run.path(FilePseudoLabels)), "\n"); lines != 51 {
		t.Errorf("%d lines of pseudo-labels", lines)
	}
	for _, of := range []struct {
		images dataset.Samples
		want   int
	}{{run.Set.Train, 60}, {run.UnlabeledSet.Train, 50}, {run.Set.Test, 0}} {
		if names, known := trainedOn(run.path(FileLast), of.images); !known || len(names) != of.want {
			t.Errorf("trained on %d of %d images, not %d", len(names), of.images.Len(), of.want)
		}
	}

	// Labels that were corrected while it was stopped are not written over.
	labels := contents(t, run.path(FilePseudoLabels))
	corrected := strings.Replace(labels, ",yes\n", ",no\n", 1)
	for _, c := range []struct {
		labels string
		stops  bool
	}{{corrected, true}, {strings.Replace(labels, ",0.", ",0.0", 1), false}, {labels, false}} { // the second as other kernels may have it
		if err := errors.Join(os.RemoveAll(run.path(results.FileResult)), os.WriteFile(run.path(FilePseudoLabels), []byte(c.labels), 0o644)); err != nil {
			t.Fatal(err)
		}
		err := run.Train(t.Context())
		if (err != nil) != c.stops || c.stops && !strings.Contains(err.Error(), "with --pseudo-labels "+run.path(FilePseudoLabels)+" and another --out") || c.stops && contents(t, run.path(FilePseudoLabels)) != c.labels || !c.stops && contents(t, run.path(FilePseudoLabels)) != labels {
			t.Errorf("corrected: %v; %v", c.stops, err)
		}
	}

	// The mean confidence is of the images that are used.
	rows := func(of Training, file string) [][]string {
		rows, err := csv.NewReader(strings.NewReader(contents(t, of.path(file)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	var sure []float64 // of a class, so that half of it is left out
	for _, row := range rows(run, FilePseudoLabels) {
		if p, _ := strconv.ParseFloat(row[2], 64); row[1] == "red" {
			sure = append(sure, p)
		}
	}
	slices.Sort(sure)
	half := training(t, run.Set)
	half.UnlabeledSet, half.Unlabeled, half.Omega, half.Epochs, half.Base, half.Threshold = run.UnlabeledSet, "more", 1, 1, run.path(folderBase+"/"+FileLast), sure[len(sure)/2]
	if err := half.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum, n := map[string]float64{}, map[string]float64{}
	for _, row := range rows(half, FilePseudoLabels) {
		if p, _ := strconv.ParseFloat(row[2], 64); row[3] == "yes" {
			sum[row[1]] += p
			n[row[1]]++
		}
	}
	for _, row := range rows(half, FilePseudoCounts) {
		if mean, _ := strconv.ParseFloat(row[4], 64); math.Abs(mean-sum[row[0]]/max(n[row[0]], 1)) > .001 {
			t.Errorf("%q; used are %v, whose confidences add up to %v", row, n, sum)
		}
	}

	at := run.path(folderBase)
	run.Dir = t.TempDir()
	if err := os.Rename(at, run.path(folderBase)); err != nil {
		t.Fatal(err)
	}
	if err := run.Check(); err != nil {
		t.Errorf("a base that is done: %v", err)
	}
	run.BaseSettings.Epochs++
	if err := run.Check(); !errors.As(err, new(usage.Error)) || !strings.Contains(err.Error(), "base: it holds a run with other settings (epochs)") {
		t.Errorf("another base: %v", err)
	}
}

// onTheFly decodes the images of a set when they are asked for, and says so.
type onTheFly struct {
	dataset.Samples
	asked func()
}

func (o onTheFly) Decode(i int, dst []uint8) error {
	o.asked()
	copy(dst, o.Samples.Image(i))
	return nil
}

// What is not checked is not passed over: images that are decoded as they are needed may
// leak as others do.
func TestLeaksThatAreNotChecked(t *testing.T) {
	run := run{Training: training(t, painted(3, 20, 8))}
	run.UnlabeledSet = painted(4, 4, 4)
	const want = "is not checked: the images are not held in memory"
	for _, lazy := range []bool{false, true} {
		if lazy {
			run.Set.Test.Lazy = onTheFly{run.Set.Test, func() { t.Error("decoded") }}
		}
		run.noteLeak()
		run.noteUnlabeled()
		if log := contents(t, run.Log.Name()); strings.Count(log, want) != map[bool]int{true: 2}[lazy] {
			t.Errorf("decoded as needed: %v; %s", lazy, log)
		}
	}
	run.Set.Test = dataset.Samples{}
	if run.noteLeak(); strings.Count(contents(t, run.Log.Name()), want) != 2 {
		t.Error("noted without test images")
	}
}

// Ctrl-C while the base classifier is tested says what is kept, as it does before.
func TestStoppedWhileTheBaseIsTested(t *testing.T) {
	base := training(t, painted(3, 20, 8))
	base.Epochs = 1
	if err := base.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	run := training(t, painted(3, 20, 8))
	run.UnlabeledSet, run.Unlabeled, run.Omega, run.Epochs, run.Base = painted(4, 4, 4), "more", 1, 1, base.path(FileLast)
	run.Set.Test.Lazy = onTheFly{run.Set.Test, stop}
	stored, err := train.ReadModel(run.Base)
	if err == nil {
		run.Base = filepath.Join(t.TempDir(), "mute.pth")
		err = train.WriteTorch(run.Base, stored.Tensors, train.About{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Train(ctx); err == nil || !strings.Contains(err.Error(), "the base classifier is kept") {
		t.Error(err)
	}
	if log := contents(t, run.Log.Name()); !strings.Contains(log, "note: --base "+run.Base+" does not say how its images were normalized") {
		t.Errorf("of a file of PyTorch alone: %s", log)
	}
}

// Images that are other than those of --init are told; a trunk that stays as it is
// takes neither another size nor another normalization.
func TestInitOfOtherImages(t *testing.T) {
	pre := training(t, painted(6, 4, 4))
	pre.Target, pre.Batch, pre.Queue, pre.Schedule, pre.Epochs = results.TargetMoCo, 8, 8, "cosine-plain", 1
	if err := pre.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	model := pre.path(FileLast)
	darker := painted(7, 4, 4)
	darker.Mean[0] = .25
	flat := *darker
	for _, at := range []struct{ h, w *int }{{&flat.H, &flat.W}, {&flat.Train.H, &flat.Train.W}, {&flat.Test.H, &flat.Test.W}} {
		*at.h, *at.w = 4, 16 // as many pixels
	}
	for _, c := range []struct {
		set   *dataset.Set
		wants []string
	}{
		{painted(7, 4, 4), nil},
		{darker, []string{"took mean [0.500 0.500 0.500] and standard deviation [0.250 0.250 0.250] for its images, for those of painted they are [0.250 0.500 0.500]"}},
		{&flat, []string{"took mean", "note: --init " + model + " was trained on images of 8×8 pixels, those of painted are 4×16"}},
	} {
		run := training(t, c.set)
		run.Init, run.Epochs = model, 1
		if err := run.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		log := contents(t, run.Log.Name())
		for _, want := range c.wants {
			if !strings.Contains(log, want) {
				t.Errorf("%q is missing in\n%s", want, log)
			}
		}
		if c.wants == nil && strings.Contains(log, "note: --init") {
			t.Errorf("images that are alike: %s", log)
		}
	}
	// A file of PyTorch alone does not tell.
	stored, err := train.ReadModel(model)
	if err != nil {
		t.Fatal(err)
	}
	mute := filepath.Join(t.TempDir(), "mute.pth")
	if err := train.WriteTorch(mute, stored.Tensors, train.About{}); err != nil {
		t.Fatal(err)
	}
	for _, frozen := range []bool{false, true} {
		run := training(t, painted(7, 4, 4))
		run.Init, run.Frozen, run.Epochs = mute, frozen, 1
		if err := run.Train(t.Context()); err != nil || !strings.Contains(contents(t, run.Log.Name()), "note: --init "+mute+" does not say how its images were normalized: mean [0.500 0.500 0.500] and standard deviation [0.250 0.250 0.250] of painted are used\n") {
			t.Errorf("frozen %v: %v, %s", frozen, err, contents(t, run.Log.Name()))
		}
	}
	probe := training(t, &flat)
	probe.Init, probe.Frozen = model, true
	if err := probe.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "was trained on images of 8×8 pixels") {
		t.Errorf("a probe of another size: %v", err)
	}
	if as, err := NormalizedAs(model, darker); err != nil || as.Mean != [3]float32{.5, .5, .5} || darker.Mean[0] != .25 || as.Digest != darker.Digest {
		t.Errorf("%v, %v", as, err)
	}
}

// What the models that a run begins with were trained on, it was trained on as well.
func TestTrainedOnIsHandedOn(t *testing.T) {
	set, seen, apart := painted(5, 30, 10), painted(6, 4, 4), painted(7, 4, 4)
	pre := training(t, seen)
	pre.Target, pre.Batch, pre.Queue, pre.Schedule, pre.Epochs = results.TargetMoCo, 8, 8, "cosine-plain", 1
	if err := pre.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	base := training(t, set)
	base.Init, base.Epochs = pre.path(FileLast), 1
	if err := base.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := training(t, painted(8, 30, 10))
	run.Epochs, run.Omega, run.Unlabeled, run.Base, run.Init = 1, 1, "more", base.path(FileLast), pre.path(FileLast)
	run.Set.Test = seen.Train
	more := *apart
	run.UnlabeledSet = &more
	run.UnlabeledSet.Train.Pixels = slices.Concat(run.UnlabeledSet.Train.Pixels, run.Set.Train.Image(0))
	run.UnlabeledSet.Train.Labels = append(run.UnlabeledSet.Train.Labels, 0)
	if err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		images dataset.Samples
		want   int
	}{{run.Set.Train, 40}, {run.UnlabeledSet.Train, 9}, {set.Train, 40}, {seen.Train, 8}, {set.Test, 0}} {
		if names, known := trainedOn(run.path(FileLast), of.images); !known || len(names) != of.want {
			t.Errorf("trained on %d of %d images, not %d", len(names), of.images.Len(), of.want)
		}
	}
	if lines := strings.Count(contents(t, run.path(FileTrained)), "\n"); lines != 1+40+9+40+8 {
		t.Errorf("%d lines", lines)
	}
	if n := resultOf(t, run.Dir).TestTrainedOn; n != 8 {
		t.Errorf("%d test images were trained on, of 8", n)
	}
	log := contents(t, run.Log.Name())
	for _, want := range []string{"note: --base " + run.Base + " was trained on 8 of the 8 test images", "note: --init " + run.Init + " was trained on 8 of the 8 test images", "note: 1 of them are labeled training images"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is missing in\n%s", want, log)
		}
	}
	untested := training(t, painted(9, 30, 10)) // as of a .npz file
	untested.Init, untested.Epochs, untested.Set.Test = pre.path(FileLast), 1, dataset.Samples{}
	if err := untested.Train(t.Context()); err != nil || strings.Contains(contents(t, untested.Log.Name()), "cannot be told") {
		t.Errorf("%v: %s", err, contents(t, untested.Log.Name()))
	}
	larger := seen.Train
	larger.H, larger.W = 4, 16
	if names, known := trainedOn(run.path(FileLast), larger); known || names != nil {
		t.Error("known at another size")
	}
	if err := os.Remove(base.path(FileTrained)); err != nil {
		t.Fatal(err)
	}
	run.Dir = t.TempDir()
	if err := run.Train(t.Context()); err != nil || !strings.Contains(contents(t, run.Log.Name()), "images --base "+run.Base+" was trained on cannot be told") {
		t.Errorf("%v", err)
	}
}

// What another command begins in the folder while this one makes ready, as its base
// classifier does for hours, is not gone on with.
func TestBegunMeanwhile(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	other := run
	other.Epochs++
	_, release, err := other.claim()
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, _, err := run.claim(); err == nil || !strings.Contains(err.Error(), "other settings (epochs)") {
		t.Errorf("%v", err)
	}
	if _, release, err = other.claim(); err != nil {
		t.Errorf("the folder stays locked, or is not its own any more: %v", err)
	} else {
		release()
	}
}

// What another process finishes while this one makes ready is not written over.
func TestFinishedMeanwhile(t *testing.T) {
	run := training(t, painted(2, 20, 8))
	if err := errors.Join(os.MkdirAll(run.Dir, 0o755), os.WriteFile(run.path(results.FileResult), []byte("theirs"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run.claim(); err == nil || !strings.Contains(err.Error(), "another process has just finished") {
		t.Errorf("%v", err)
	}
	os.Remove(run.path(results.FileResult))
	killed := run.path("." + results.FileState + ".0123456789abcdef") // as atomic.WriteFile leaves it
	if err := os.WriteFile(killed, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, release, err := run.claim() // the lock is free again
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := os.Stat(killed); err == nil {
		t.Error("what was left half written is still there")
	}
}

// A class that looks like one that the model knows is told from it.
func TestClassesThatLookTheSame(t *testing.T) {
	m, set := Model{Stored: &train.Stored{Path: "x.pth"}}, &dataset.Set{Classes: []string{"A\u0308pfel"}}
	if _, err := m.matchNames([]string{"\u00c4pfel"}, set, []int32{0}, "photos"); err == nil || !strings.Contains(err.Error(), `"A\u0308pfel" and "\u00c4pfel" are two names that may look the same`) {
		t.Error(err)
	}
	many := make([]string, 8142)
	for i := range many {
		many[i] = fmt.Sprint("species ", i)
	}
	if _, err := m.matchNames(many, set, []int32{0}, "photos"); err == nil || len(err.Error()) > 500 || !strings.Contains(err.Error(), `"species 11"] and 8130 more, the data have ["A`) {
		t.Errorf("a list of many names: %.2000v", err)
	}
}
