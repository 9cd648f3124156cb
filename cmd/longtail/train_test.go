package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/lock"
	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/own"
	"longtail/results"
	"longtail/score"
)

// One run on anyone's arrays: what it leaves, what eval makes of its
// checkpoints, and that another run can start from it.
func TestTrainOnArrays(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	rows(t, at("d.npz"), "train", 40, 20, 9, 4)
	rows(t, at("t.npz"), "test", 10, 10, 0, 10)
	args := func(out string, more ...string) []string {
		return append([]string{"train", "--data", at("d.npz"), "--test", at("t.npz"), "--arch", "resnet8", "--loss", "ldam", "--rule", "drw",
			"--epochs", "6", "--batch", "16", "--seed", "1", "--no-crop", "--out", out}, more...)
	}
	stdout, stderr, code := longtail(t, nil, args(at("calm"), "--json")...)
	if code != 0 {
		t.Fatal(stderr)
	}
	read := func(out string) own.Result {
		t.Helper()
		return readJSON[own.Result](t, filepath.Join(out, results.FileResult))
	}
	r := read(at("calm"))
	if b, _ := os.ReadFile(filepath.Join(at("calm"), results.FileResult)); string(b) != stdout {
		t.Errorf("--json printed %s", stdout)
	}
	if r.ErrorPct == nil || *r.ErrorPct > 40 || *r.BestErrorPct > *r.ErrorPct || len(r.PerClassErrorPct) != 4 ||
		r.PerClassErrorPct[2] != nil || r.PerClassErrorPct[3] == nil || fmt.Sprint(r.TrainCounts) != "[40 20 9 4]" {
		t.Errorf("result %s", stdout)
	}
	// Ten test images of each class that has some.
	if mean := score.BalancedErrorPct(r.PerClassAdjusted); mean == nil || math.Abs(*mean-*r.AdjustedErrorPct) > 1e-9 || r.PerClassAdjusted[2] != nil {
		t.Errorf("errors of the classes, adjusted: %s", stdout)
	}
	if b, _ := os.ReadFile(filepath.Join(at("calm"), results.FileMetrics)); strings.Count(string(b), "\n") != 6 {
		t.Errorf("metrics %s", b)
	}
	if _, err := os.Stat(filepath.Join(at("calm"), results.FileState)); err != nil {
		t.Error(err)
	}

	// Slower running statistics change evaluation alone, and are another run.
	lines := func(out string) string {
		b, _ := os.ReadFile(filepath.Join(out, results.FileMetrics))
		return strings.Join(regexp.MustCompile(`"train_loss":[^,]*`).FindAllString(string(b), -1), " ")
	}
	prints(t, nil, args(at("steady"), "--bn-momentum", "0.0125")...)
	calm, _ := os.ReadFile(filepath.Join(at("calm"), "last.pth"))
	if steady, _ := os.ReadFile(filepath.Join(at("steady"), "last.pth")); lines(at("steady")) != lines(at("calm")) || lines(at("calm")) == "" || bytes.Equal(calm, steady) {
		t.Errorf("losses %s with slower running statistics, %s without; the same checkpoint: %v", lines(at("steady")), lines(at("calm")), bytes.Equal(calm, steady))
	}
	wrongUsage(t, 2, "other settings (bn_momentum)", args(at("calm"), "--bn-momentum", "0.0125")...)

	// The checkpoints say what they are: nothing else is needed to evaluate them.
	for file, want := range map[string]float64{"last.pth": *r.ErrorPct, "best.pth": *r.BestErrorPct} {
		e := decoded[own.Evaluation](t, "eval", "--checkpoint", filepath.Join(at("calm"), file), "--data", at("t.npz"),
			"--logits", at("out.npy"), "--batch", "7")
		if *e.ErrorPct != want || e.PerClassErrorPct[2] != nil {
			t.Errorf("%s: %+v, want %v", file, e, want)
		}
		// The last epoch's weights of classes are no other epoch's.
		if d := cmp.Diff(r.PerClassAdjusted, e.PerClassAdjusted); (d == "") != (file == "last.pth") || file == "best.pth" && e.PerClassAdjusted != nil {
			t.Errorf("%s: adjusted %s", file, d)
		}
		float32s(t, at("out.npy"), 30, 4)
	}

	// Finished: the same command computes nothing; another does not touch it.
	prints(t, []string{"finished already"}, args(at("calm"))...)
	wrongUsage(t, 2, "it holds a run with other settings (seed)", args(at("calm"), "--seed", "2")...)

	// Transfer says how many tensors it took.
	prints(t, []string{"42 tensors of the trunk taken from"}, "train", "--data", at("d.npz"), "--arch", "resnet8", "--epochs", "1", "--batch", "32",
		"--init", filepath.Join(at("calm"), "last.pth"), "--out", at("warm"))
	if w := read(at("warm")); w.Transferred != 42 || w.ErrorPct != nil {
		t.Errorf("transfer: %+v", w)
	}
	if s := readJSON[own.Settings](t, filepath.Join(at("warm"), results.FileSettings)); s.Stage != "init" {
		t.Errorf("transfer: stage %q", s.Stage)
	}
	// A probe of the trained trunk: its head alone is new.
	prints(t, nil, "train", "--data", at("d.npz"), "--test", at("t.npz"), "--arch", "resnet8", "--epochs", "20", "--batch", "16",
		"--init", filepath.Join(at("calm"), "last.pth"), "--freeze", "--rule", "reweight", "--out", at("probe"))
	if p := read(at("probe")); p.Transferred != 42 || *p.ErrorPct > 40 || *p.BestErrorPct != *p.ErrorPct {
		t.Errorf("probe: %+v", p)
	}
	old, err := train.ReadModel(filepath.Join(at("calm"), "last.pth"))
	if err != nil {
		t.Fatal(err)
	}
	probed, err := train.ReadModel(filepath.Join(at("probe"), "last.pth"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(old.Tensors[:42], probed.Tensors[:42]); d != "" {
		t.Errorf("the frozen trunk moved: %s", d)
	}
	// Re-training its head has a recipe of its own.
	prints(t, []string{"a new head on the frozen trunk (cRT), ce, rule class-aware"}, "train", "--data", at("d.npz"), "--test", at("t.npz"), "--arch", "resnet8", "--batch", "16",
		"--init", filepath.Join(at("calm"), "last.pth"), "--retrain", "--out", at("crt"))
	if p := read(at("crt")); p.Transferred != 42 || *p.ErrorPct > 40 {
		t.Errorf("re-trained: %+v", p)
	}
	if s := readJSON[own.Settings](t, filepath.Join(at("crt"), results.FileSettings)); !s.Retrained || s.Rule != "class-aware" || s.Epochs != 10 || s.LR != .2*16/512 || s.Schedule != "cosine-plain" || s.Stage != "retrain" {
		t.Errorf("re-trained as %+v", s)
	}
	prints(t, nil, "train", "--data", at("t.npz"), "--arch", "resnet8", "--batch", "16", "--epochs", "2", "--lr", ".3", "--rule", "drw", "--schedule", "linear",
		"--init", filepath.Join(at("calm"), "last.pth"), "--retrain", "--out", at("crt2"))
	if s := readJSON[own.Settings](t, filepath.Join(at("crt2"), results.FileSettings)); s.Rule != "drw" || s.Epochs != 2 || s.LR != .3 || s.Schedule != "linear" {
		t.Errorf("re-trained otherwise as %+v", s)
	}
	// A probe or a new head on other images normalizes them as the trunk knows it.
	prints(t, nil, "train", "--data", at("t.npz"), "--arch", "resnet8", "--epochs", "1", "--batch", "16",
		"--init", filepath.Join(at("calm"), "last.pth"), "--freeze", "--out", at("others"))
	for _, dir := range []string{"others", "crt2"} {
		if others, err := train.ReadModel(filepath.Join(at(dir), "last.pth")); err != nil || others.About.Mean != old.About.Mean || others.About.Std != old.About.Std {
			t.Errorf("%s, on other images: %v", dir, err)
		}
	}
	prints(t, []string{fmt.Sprintf("error %.2f %% of 30", *read(at("probe")).ErrorPct)}, "eval", "--checkpoint", filepath.Join(at("probe"), "best.pth"), "--data", at("t.npz"))
	// What is not left: the best of runs without test images, a probe's checkpoint.
	for _, file := range []string{"warm/state.ckpt", "warm/last.pth", "probe/best.pth", "probe/last.pth"} {
		if _, err := os.Stat(at(file)); err != nil {
			t.Error(err)
		}
	}
	for _, file := range []string{"warm/best.pth", "probe/state.ckpt"} {
		if _, err := os.Stat(at(file)); err == nil {
			t.Errorf("there is a %s", file)
		}
	}
	wrongUsage(t, 2, "it holds a resnet8, and --arch is resnet14", "train", "--data", at("d.npz"), "--arch", "resnet14",
		"--epochs", "1", "--init", filepath.Join(at("calm"), "last.pth"), "--out", at("deeper"))
}

// The help says what each schedule does, so its names stand there one by one.
func TestScheduleHelp(t *testing.T) {
	help := strings.Join(strings.Fields(prints(t, nil, "train", "--help")), " ")
	for _, name := range train.ScheduleNames() {
		if !strings.Contains(help, name+" (") {
			t.Errorf("--schedule %s is not explained", name)
		}
	}
}

func TestTrainAndEvalComplain(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	rows(t, at("d.npz"), "train", 4, 2)
	rows(t, at("wide.npz"), "test", 4, 2, 3)
	writeArrays(t, at("small.npz"), make([]byte, 2*3*3*3), 3, 3, []int64{0, 1})
	writeArrays(t, at("one.npz"), make([]byte, 2*3*3*3), 3, 3, []int64{0, 0})
	if err := os.WriteFile(at("text.npz"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	prints(t, nil, "train", "--data", at("d.npz"), "--arch", "resnet8", "--epochs", "1", "--out", at("run"))
	model, d := filepath.Join(at("run"), "last.pth"), at("d.npz")
	stored, err := train.ReadModel(model)
	if err == nil {
		err = train.WriteTorch(at("mute.pth"), stored.Tensors, train.About{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, `unknown rule "smote"`, []string{"train", "--data", d, "--out", at("x"), "--rule", "smote"}},
		{2, "--schedule warm: there are step, cosine, cosine-plain, linear, pre2021", []string{"train", "--data", d, "--out", at("x"), "--schedule", "warm"}},
		{2, "--schedule cosine runs its last epoch at rate 0, so a single epoch would train nothing: take --schedule cosine-plain", []string{"train", "--data", d, "--out", at("x"), "--epochs", "1", "--schedule", "cosine"}},
		{2, "--bn-momentum 0: above 0", []string{"train", "--data", d, "--out", at("x"), "--bn-momentum", "0"}},
		{2, `"resnet9"`, []string{"train", "--data", d, "--out", at("x"), "--arch", "resnet9"}},
		{2, "--epochs -1", []string{"train", "--data", d, "--out", at("x"), "--epochs", "-1"}},
		{2, "--lr 1e+09: above 0 and below 1e6", []string{"train", "--data", d, "--out", at("x"), "--lr", "1e9"}},
		{2, "--weight-decay 1000: from 0 to below 1000", []string{"train", "--data", d, "--out", at("x"), "--weight-decay", "1000"}},
		{2, "lower n_max to 2, the most that fits at rho = 1", []string{"train", "--data", d, "--out", at("x"), "--rho", "1", "--n-max", "4"}},
		{2, "--unlabeled " + at("none") + ": there is no such file or folder", []string{"train", "--data", d, "--unlabeled", at("none"), "--out", at("x")}},
		{2, "--unlabeled " + at("none") + ": there is no such file or folder", []string{"eval", "--checkpoint", model, "--unlabeled", at("none")}},
		{2, "--lr NaN", []string{"train", "--data", d, "--out", at("x"), "--lr", "nan"}},
		{2, "--target rotation is trained with plain cross-entropy", []string{"train", "--data", d, "--out", at("x"), "--target", "rotation", "--loss", "ldam"}},
		{1, "must be square", []string{"train", "--data", d, "--out", at("x"), "--target", "rotation"}},
		{2, "--freeze and --retrain need --init", []string{"train", "--data", d, "--out", at("x"), "--freeze"}},
		{2, "--freeze and --retrain need --init", []string{"train", "--data", d, "--out", at("x"), "--retrain"}},
		{2, "--freeze and --retrain both train a new head", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--retrain", "--freeze"}},
		{2, "no --loss, --rule, --freeze or --retrain", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--retrain", "--target", "rotation"}},
		{2, "no --freeze and no --retrain", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--retrain", "--unlabeled", d}},
		{1, "class-aware sampling has whole batches only", []string{"train", "--data", d, "--arch", "resnet8", "--out", at("x"), "--init", model, "--retrain"}},
		{1, "--init " + model + " was trained on images of 9×7 pixels", []string{"train", "--data", at("small.npz"), "--arch", "resnet8", "--batch", "2", "--out", at("x"), "--init", model, "--retrain"}},
		{2, "no --bn-momentum", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--freeze", "--bn-momentum", "0.5"}},
		{2, "--no-flip, --no-crop or --checkpoint-every", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--freeze", "--no-flip"}},
		{1, "last.pth and best.pth are models, state.ckpt is none", []string{"train", "--data", d, "--arch", "resnet8", "--out", at("x"), "--init", filepath.Join(at("run"), "state.ckpt")}},
		{1, "--init " + model + " was trained on images of 9×7 pixels, those of " + at("small.npz") + " are 3×3", []string{"train", "--data", at("small.npz"), "--arch", "resnet8", "--out", at("x"), "--init", model, "--freeze"}},
		{2, "leaves the smallest class empty", []string{"train", "--data", d, "--out", at("x"), "--rho", "10"}},
		{2, "--rho 0.5: the ratio", []string{"train", "--data", at("none.npz"), "--out", at("x"), "--rho", "0.5"}}, // before images are read
		{2, "--n-max -1: at least 1", []string{"train", "--data", at("none.npz"), "--out", at("x"), "--rho", "2", "--n-max", "-1"}},
		{2, "--init " + at("none.pth") + ": there is no such file", []string{"train", "--data", at("none.npz"), "--out", at("x"), "--init", at("none.pth")}},
		{2, "--base " + at("none.pth") + ": there is no such file", []string{"train", "--data", at("none.npz"), "--out", at("x"), "--unlabeled", d, "--base", at("none.pth")}},
		{2, "--pseudo-labels " + at("none.csv") + ": there is no such file", []string{"train", "--data", at("none.npz"), "--out", at("x"), "--unlabeled", d, "--pseudo-labels", at("none.csv")}},
		{2, "need --rho", []string{"train", "--data", d, "--out", at("x"), "--n-max", "10"}},
		{2, "rule class-aware draws them", []string{"train", "--data", d, "--out", at("x"), "--init", model, "--freeze", "--rule", "class-aware"}},
		{1, "do not fill one batch of 128: class-aware sampling has whole batches only; take a smaller one (--batch)", []string{"train", "--data", d, "--out", at("x"), "--rule", "class-aware"}},
		{2, "brings its own test images", []string{"train", "--data", "fashion-mnist", "--test", d, "--out", at("x")}},
		{2, "--data cifar: neither", []string{"train", "--data", "cifar", "--out", at("x")}},
		{2, "--out", []string{"train", "--data", d}},
		{2, "x: it lies among the class folders of --data " + dir, []string{"train", "--data", dir, "--out", at("x")}},
		{2, "--cache " + at("c") + ": it lies among", []string{"train", "--data", dir, "--cache", at("c"), "--out", filepath.Join(t.TempDir(), "x")}},
		{2, "neither a file or folder", []string{"train", "--data", at("none.npz"), "--out", at("x")}},
		{1, "text.npz: no .npz archive", []string{"train", "--data", at("text.npz"), "--out", at("x")}},
		{1, `d.npz: class "2" has no training images, but 3 test images: let some be training images`, []string{"train", "--data", d, "--test", at("wide.npz"), "--out", at("x")}},
		{1, "all must have one size", []string{"train", "--data", d, "--test", at("small.npz"), "--out", at("x")}},
		{2, "it holds a resnet8, and --arch is resnet14: give both alike (" + model + ": tensor layer1.1.conv1.weight (shape [16 16 3 3]) is missing)", []string{"train", "--data", d, "--arch", "resnet14", "--init", model, "--out", at("x")}},
		{1, "training images of two or more classes are expected, found 2 images of 1", []string{"train", "--data", at("one.npz"), "--out", at("x")}},
		{2, "there is no such file", []string{"eval", "--checkpoint", at("none.pth"), "--data", d}},
		{1, `does not know the class "2"`, []string{"eval", "--checkpoint", model, "--data", at("wide.npz")}},
		{1, "not read as a PyTorch checkpoint", []string{"eval", "--arch", "resnet8", "--checkpoint", d, "--data", d, "--mean", "0,0,0", "--std", "1,1,1"}},
		{1, "as resnet14:", []string{"eval", "--arch", "resnet14", "--checkpoint", model, "--data", d}},
		{2, "--mean and --std are needed", []string{"eval", "--arch", "resnet8", "--checkpoint", at("mute.pth"), "--data", d}},
		{2, "--std: 0 numbers", []string{"eval", "--checkpoint", model, "--data", d, "--mean", ".5,.5,.5"}},
		{2, "--std: 0 is no", []string{"eval", "--checkpoint", model, "--data", d, "--mean", ".5,.5,.5", "--std", "1,0,1"}},
		{2, "--arch", []string{"eval", "--checkpoint", model, "--data", d, "--arch", "vgg16"}},
		{2, "are 9×7 pixels and are not resized", []string{"train", "--data", d, "--side", "9", "--out", at("x")}},
		{2, "are 9×7 pixels and are not resized", []string{"eval", "--checkpoint", model, "--data", d, "--side", "32"}},
		{2, "are 9×7 pixels and are not resized", []string{"eval", "--checkpoint", model, "--unlabeled", d, "--side", "32"}},
		{2, "are 9×7 pixels and are not resized", []string{"data", "describe", d, "--side", "32"}},
	} {
		stdout, err := runCommand(t, c.args...)
		code := 1
		if errors.As(err, new(usage.Error)) {
			code = 2
		}
		if err == nil || code != c.code || !strings.Contains(err.Error(), c.want) || stdout != "" {
			t.Errorf("longtail %s: %v, want exit status %d with %q:\n%s", strings.Join(c.args, " "), err, c.code, c.want, stdout)
		}
	}
	// So they are as processes.
	wrongUsage(t, 2, "--loss hinge: there are ", "train", "--data", d, "--out", at("x"), "--loss", "hinge")
	wrongUsage(t, 2, "note: resnet50 here is the CIFAR network of He et al.", "train", "--data", d, "--out", at("x"), "--rho", "10", "--arch", "resnet50")
	wrongUsage(t, 1, "class folders", "train", "--data", dir, "--out", filepath.Join(t.TempDir(), "x"))
	if _, err := os.Stat(at("x")); err == nil {
		t.Error("a refused command left a folder")
	}
}

// Rotation pre-training on anyone's arrays, and a run that starts from it.
func TestRotationOnArrays(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const side = 8
	var images []byte
	var labels []int64
	for i := range 60 { // a bright top row: its place tells the turn
		for p := range side * side * 3 {
			v := byte(p * (i + 3) % 90)
			if p < 2*side*3 {
				v += 150
			}
			images = append(images, v)
		}
		labels = append(labels, int64(i%3))
	}
	writeArrays(t, at("d.npz"), images, side, side, labels)
	prints(t, nil, "train", "--data", at("d.npz"), "--test", at("d.npz"), "--arch", "resnet8", "--target", "rotation",
		"--no-crop", "--no-flip", "--epochs", "8", "--batch", "8", "--out", at("ssp"))
	if r := readJSON[own.Result](t, filepath.Join(at("ssp"), results.FileResult)); len(r.PerClassErrorPct) != 4 || len(r.TrainCounts) != 3 || *r.ErrorPct > 20 {
		t.Errorf("%+v", r)
	}
	prints(t, []string{"42 tensors of the trunk"}, "train", "--data", at("d.npz"), "--arch", "resnet8", "--loss", "ldam", "--epochs", "1", "--batch", "8",
		"--init", filepath.Join(at("ssp"), "last.pth"), "--out", at("tuned"))
}

// Two processes never train in one folder: the second is told who is at it.
func TestTrainFolderIsLocked(t *testing.T) {
	dir := t.TempDir()
	data, out := filepath.Join(dir, "d.npz"), filepath.Join(dir, "run")
	rows(t, data, "train", 4, 2)
	unlock, err := lock.Try(out)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"train", "--data", data, "--arch", "resnet8", "--epochs", "1", "--out", out}
	want := fmt.Sprintf("--out %s: process %d on ", out, os.Getpid())
	if _, stderr, code := longtail(t, nil, args...); code != 1 || !strings.Contains(stderr, want) || !strings.Contains(stderr, "choose another folder") {
		t.Errorf("exit status %d: %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(out, results.FileSettings)); err == nil {
		t.Error("it wrote into the folder")
	}
	unlock()
	prints(t, nil, args...)
}

// The command after pre-training repeats every flag that was given, but those of the
// pre-training itself. A new flag must be added here.
func TestNextRepeatsFlags(t *testing.T) {
	parse := func(args []string) trainCmd {
		t.Helper()
		var all cli
		parser, err := parserOf(&all)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		return all.Train
	}
	plain := []string{"train", "--data", "d.npz", "--out", "/o"}
	given := append(plain[:3:3], "--test", "t.npz", "--data-dir", "/d", "--allow-unverified", "--side", "12", "--skip-broken", "--cache", "/c x", "--rho", "10", "--n-max", "50", "--data-seed", "3",
		"--arch", "resnet8", "--exact", "--epochs", "20", "--batch", "16", "--lr", "0.05", "--schedule", "linear", "--momentum", "0.8", "--weight-decay", "0.001", "--no-flip", "--no-crop", "--bn-momentum", "0.0125",
		"--seed", "7", "--seeds", "2", "--out", "/o", "--target")
	// not of a classifier's training, or (the last two) of pre-training's printing and checkpoints
	others := []string{"Out", "Target", "Loss", "Rule", "Queue", "Init", "Freeze", "Retrain", "unlabeledFlags", "sslFlags", "JSON", "CheckpointEvery"}
	for _, target := range []string{"rotation", "moco"} {
		c := parse(append(slices.Clip(given), target))
		next := parse(shellWords(t, strings.TrimPrefix(c.next(), "longtail ")))
		if next.Target != "labels" || next.Init != "/o" || next.Out != "/o-tuned" || next.check() != nil {
			t.Errorf("%s: %s: %v", target, c.next(), next.check())
		}
		ours := others
		if target == "moco" { // its own recipe
			ours = append(slices.Clip(others), "Batch", "LR", "Schedule", "WeightDecay")
		}
		standard := parse(plain)
		for i, f := range reflect.VisibleFields(reflect.TypeFor[trainCmd]()) {
			if i = f.Index[0]; len(f.Index) > 1 || slices.Contains(ours, f.Name) {
				continue
			}
			of := func(c trainCmd) string { return fmt.Sprintf("%+v", reflect.Indirect(reflect.ValueOf(c).Field(i))) }
			if of(next) != of(c) || f.Name != "Data" && of(c) == of(standard) {
				t.Errorf("%s: %s is %s, then %s, by default %s", target, f.Name, of(c), of(next), of(standard))
			}
		}
	}
	if c := parse(append(slices.Clip(plain), "--target", "rotation")); c.next() != "longtail train --data d.npz --arch resnet32 --init /o --out /o-tuned" {
		t.Errorf("without flags: %s", c.next())
	}
}
