package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/own"
	"longtail/results"
	"longtail/score"
)

// madeRun leaves the folder of a run with these errors of its two classes, of which
// the second has few images.
func madeRun(t *testing.T, dir string, seed int, many, few float64, change func(*own.Settings, *own.Result)) {
	t.Helper()
	s := own.Settings{Data: "photos", DataDigest: "d", Arch: "resnet20", Target: "labels", Loss: "ce", Rule: "none", Epochs: 2, Batch: 8, Seed: seed}
	over := (3*many + few) / 4
	r := own.Result{ErrorPct: &over, PerClassAdjusted: []*float64{&many, &few}, PerClassErrorPct: []*float64{&many, &few}, N: 400, TrainCounts: []int{300, 10}, Classes: []string{"cats", "owls"}}
	if change != nil {
		change(&s, &r)
	}
	for file, v := range map[string]any{results.FileSettings: s, results.FileResult: r} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		write(t, b, filepath.Join(dir, file))
	}
	write(t, []byte("{\"epoch\":1,\"step\":39}\n{\"epoch\":2,\"step\":78}\n"), filepath.Join(dir, results.FileMetrics))
}

func compared(t *testing.T, args ...string) own.Comparison {
	t.Helper()
	return decoded[own.Comparison](t, append([]string{"compare"}, args...)...)
}

// What package own finds is printed, as text and as JSON, and drawn.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ldam := func(s *own.Settings, _ *own.Result) { s.Loss = "ldam" }
	for seed, few := range []float64{54.2, 54, 53.8} {
		madeRun(t, at(fmt.Sprint("ce/", seed)), seed, 10, 60, nil)
		madeRun(t, at(fmt.Sprint("ldam/", seed)), seed, 10, few, ldam)
		madeRun(t, at(fmt.Sprint("worse/", seed)), seed, 20, few+16, ldam)
	}
	all := []string{at("ce"), at("ldam"), at("worse")}
	prints(t, []string{"400 test images in 2 classes", "few, %\n", "60.00 ± 0.00", "54.00 ± 0.20\n", "3      +3.00 [+2.75, +3.25]    +0.00   +6.00 [+5.50, +6.50]    better", "worse", "balanced error is below", "other loss than the baseline"}, append([]string{"compare"}, all...)...)
	prints(t, []string{"points by which the mean error of the classes with fewer than 20 training images is below"}, append([]string{"compare", "--by", "few"}, all...)...)
	if c := compared(t, append(all, "--by", "owls")...); math.Abs(*c.Methods[1].Gain.Points-6) > 1e-9 || c.Methods[1].Gain.Word != "better" || c.By != "owls" {
		t.Errorf("by owls: %+v", c.Methods[1].Gain)
	}

	// As a table for other programs, over an earlier one and nothing else.
	for range 2 {
		prints(t, nil, append([]string{"compare", "--csv", at("c.csv"), "--by", "owls"}, all...)...)
	}
	if rows := readCSV(t, at("c.csv")); len(rows) != 1+3*6 || fmt.Sprint(rows[2][:5]) != fmt.Sprint([]string{at("ce"), "balanced", "3", "35", "0"}) || rows[12][1] != "owls" || rows[12][9] != "better" {
		t.Errorf("%q", rows)
	}
	wrongUsage(t, 2, "holds no comparison", append([]string{"compare", "--csv", write(t, []byte("method,error\n"), at("mine.csv"))}, all...)...)

	// Drawn at the width of a column, over an earlier drawing and nothing else.
	for range 2 {
		prints(t, nil, append([]string{"compare", "--figures", at("f")}, all...)...)
	}
	write(t, []byte("\x89PNG of another program"), at("g/gains.png"))
	stdout, stderr, code := longtail(t, nil, append([]string{"compare", "--figures", at("g")}, all...)...)
	if code != 2 || !strings.Contains(stderr, "holds no drawing that") || !strings.Contains(stdout, "+3.00") {
		t.Errorf("exit status %d, %s%s", code, stdout, stderr)
	}
	wrongUsage(t, 2, "it is a file; name a folder", append([]string{"compare", "--figures", at("f/gains.png")}, all...)...)
	if left, err := os.ReadDir(at("g")); err != nil || len(left) != 1 {
		t.Errorf("some figures were drawn: %v, %v", left, err)
	}
	for _, name := range []string{"gains", "per-class", "learning-curves"} {
		for _, ending := range []string{".png", ".svg"} {
			if info, err := os.Stat(at("f/" + name + ending)); err != nil || info.Size() < 1000 {
				t.Errorf("%s%s: %v", name, ending, err)
			}
		}
	}
	if svg, _ := os.ReadFile(at("f/learning-curves.svg")); !strings.Contains(string(svg), ">ldam, seed 0<") {
		t.Error("the learning curves do not say of which run they are")
	}
	if svg, _ := os.ReadFile(at("f/gains.svg")); !strings.Contains(string(svg), "gain over ce, points of balanced error") || !strings.Contains(string(svg), ">worse<") {
		t.Error("the gains do not name the methods")
	}

	// Three equal gains are no certainty.
	prints(t, []string{"ldam: not settled; gains that are all equal"}, "compare", at("ce"), at("ldam"), "--by", "cats")

	// A run that is not finished is left out, and one run each has no interval.
	if err := os.Remove(at("ldam/0/result.json")); err != nil {
		t.Fatal(err)
	}
	prints(t, []string{"ldam/0 is not finished", "2 of its 2 runs and of the baseline's 3"}, "compare", at("ce"), at("ldam"))
	prints(t, []string{"±: standard deviation over runs"}, "compare", at("ce"), at("ldam/1"))
	if stdout := prints(t, []string{"-10.10", "it takes two seeds"}, "compare", at("ce/0"), at("worse/0")); strings.Contains(stdout, "[-") || strings.Contains(stdout, "±:") {
		t.Error(stdout)
	}
}

// A learning curve's words are of its own test images, whatever --data says.
func TestCurvesAreOfTheRun(t *testing.T) {
	dir := t.TempDir()
	madeRun(t, dir, 3, 10, 60, func(_ *own.Settings, r *own.Result) {
		best := 20.
		r.BestErrorPct, r.BestEpoch = &best, 1
	})
	write(t, []byte("{\"epoch\":1,\"test_error_pct\":20}\n{\"epoch\":2,\"test_error_pct\":30}\n"), filepath.Join(dir, results.FileMetrics))
	m, err := own.ReadMethod(dir)
	if err != nil {
		t.Fatal(err)
	}
	other := 77.
	m.Runs[0].Result.ErrorPct = &other
	methods := []own.Method{m}
	if all := comparisonFigures(own.Compare(methods, own.OfImages), methods); len(all) != 1 || !strings.Contains(all[0].Alt, "seed 3: last epoch 30.0 %, best 20.0 % at epoch 1") {
		t.Errorf("%+v", all)
	}
}

// Classes are drawn by the errors that are compared.
func TestClassesOfPairs(t *testing.T) {
	var methods []own.Method
	for _, adjusted := range []float64{20, 15} {
		dir := t.TempDir()
		madeRun(t, dir, 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.PerClassAdjusted = []*float64{&adjusted, new(30.)} })
		m, err := own.ReadMethod(dir)
		if err != nil {
			t.Fatal(err)
		}
		methods = append(methods, m)
	}
	for by, want := range map[*own.Measure]string{&own.OfClasses: " in 0 of 2 classes (1 replicate)", &own.OfAdjusted: " in 1 of 2 classes (1 replicate)"} {
		all := comparisonFigures(own.Compare(methods, *by), methods)
		if len(all) < 2 || all[1].Name != "per-class" || !strings.Contains(all[1].Alt, want) {
			t.Errorf("by %s: %+v", by.Name, all)
		}
	}
}

func TestCompareErrors(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	madeRun(t, at("ce/0"), 0, 10, 60, nil)
	madeRun(t, at("rotation"), 0, 10, 60, func(s *own.Settings, _ *own.Result) { s.Target = "rotation" })
	madeRun(t, at("blind"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.ErrorPct, r.PerClassErrorPct = nil, []*float64{nil, nil} })
	madeRun(t, at("old"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.PerClassAdjusted = nil })
	write(t, []byte("{"), at("broken/settings.json"))
	for _, c := range []struct {
		says string
		code int
		args []string
	}{
		{"<run>", 2, nil},
		{"nowhere", 2, []string{at("nowhere")}},
		{"result.json is a file: a run is named by its folder", 2, []string{at("ce/0/result.json")}},
		{"rotation: these runs are pre-training and name no class: compare those that go on from them (train --init)", 2, []string{at("ce"), at("rotation")}},
		{"no error of classes", 2, []string{at("blind")}},
		{"settings.json: it is damaged (unexpected end", 1, []string{at("broken")}},
		{"--figures " + at("f") + ": it lies among the class folders of --data " + dir, 2, []string{"--data", dir, "--figures", at("f"), at("ce")}},
		{"are of --data, which is not given", 2, []string{"--side", "999", at("ce")}},
		{"--by best: it is balanced", 2, []string{"--by", "best", at("ce")}},
		{"--by adjusted: " + at("old") + " has no such error", 2, []string{"--by", "adjusted", at("ce"), at("old")}},
	} {
		wrongUsage(t, c.code, c.says, append([]string{"compare"}, c.args...)...)
	}
}

// copied copies a folder.
func copied(t *testing.T, from, to string) string {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// On a third set the errors are eval's, and the methods may be trained on different
// images.
func TestCompareOnAThirdSet(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"photos", "more", "apart"} {
		if err := photographs(at(name)); err != nil {
			t.Fatal(err)
		}
	}
	os.Remove(at("more/cats/3.jpg"))
	for name, data := range map[string]string{"a": "photos", "b": "more"} {
		if said := prints(t, nil, "train", "--data", at(data), "--side", "8", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--seeds", "2", "--out", at(name)); strings.Count(said, "note: split: ") != 1 {
			t.Errorf("how the images were split is said not once:\n%s", said)
		}
	}
	wrongUsage(t, 2, "are of other images", "compare", at("a"), at("b"))
	c := compared(t, at("a"), at("b"), "--data", at("apart"))
	if c.N != 29 || c.Data != at("apart") || c.Methods[1].Gain.Pairs != 2 {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.TestCounts, []int{20, 7, 2}) {
		t.Errorf("compared on %v", c.TestCounts)
	}
	prints(t, []string{"test images of a class, on average: many –, medium –, few 9.67"}, "compare", at("a"), at("b"), "--data", at("apart"))
	for _, m := range c.Methods {
		mean, adjusted := 0., 0.
		for _, run := range m.Runs {
			e := decoded[own.Evaluation](t, "eval", "--checkpoint", filepath.Join(run, "last.pth"), "--data", at("apart"), "--all")
			mean += *e.BalancedErrorPct / 2
			adjusted += *score.BalancedErrorPct(e.PerClassAdjusted) / 2
		}
		if math.Abs(mean-m.BalancedErrorPct) > 1e-9 || math.Abs(adjusted-*m.AdjustedErrorPct) > 1e-9 {
			t.Errorf("%s: %v, by eval %v; adjusted %v, by eval %v", m.Method, m.BalancedErrorPct, mean, *m.AdjustedErrorPct, adjusted)
		}
	}
	wrongUsage(t, 2, at("a/0")+" was trained on 23 of its 29 images", "compare", at("a"), at("b"), "--data", at("photos"))
	for data, images := range map[string]string{ // the same photographs, elsewhere and otherwise
		write(t, []byte("photos/cats/1.jpg,cats\nphotos/cats/2.png,cats\nphotos/cats/3.jpg,cats\nphotos/owls/0.png,owls\nphotos/owls/1.jpg,owls\n"), at("list.csv")): " of its 5 images (photos/",
		copied(t, at("photos"), at("copy")): "/0 was trained on 23 of its 29 images (cats/",
	} {
		wrongUsage(t, 2, images, "compare", at("a"), at("b"), "--data", data)
	}
	prints(t, []string{"29 images of " + at("apart")}, "compare", at("a"), "--data", at("apart"))
	if by := compared(t, at("a"), at("b"), "--data", at("apart"), "--by", "adjusted"); math.Abs(*by.Methods[1].Gain.Points-(*c.Methods[0].AdjustedErrorPct-*c.Methods[1].AdjustedErrorPct)) > 1e-9 {
		t.Errorf("--by adjusted: a gain of %v of %v to %v", *by.Methods[1].Gain.Points, *c.Methods[0].AdjustedErrorPct, *c.Methods[1].AdjustedErrorPct)
	}
	write(t, []byte("no image"), at("apart/cats/broken.jpg"))
	if said := prints(t, []string{"29 images of "}, "compare", at("a"), "--data", at("apart"), "--skip-broken"); strings.Count(said, "broken.jpg") != 1 {
		t.Errorf("images were opened more than once, or nothing was said of the broken one:\n%s", said)
	}
	os.Remove(at("apart/cats/broken.jpg"))
	for _, run := range c.Methods[0].Runs { // as if it were lost
		if err := os.Remove(filepath.Join(run, own.FileTrained)); err != nil {
			t.Fatal(err)
		}
	}
	if notes := compared(t, at("a"), at("b"), "--data", at("apart")).Notes; len(notes) != 1 || !strings.Contains(notes[0], "is not what "+at("a/0")+", "+at("a/1")+" trained and tested on") {
		t.Errorf("notes %q", notes)
	}
	writeArrays(t, at("x.npz"), make([]byte, 3*8*8*3), 8, 8, []int64{0, 1, 2}) // may be of them as well
	if notes := compared(t, at("a"), "--data", at("x.npz")).Notes; len(notes) != 1 || !strings.Contains(notes[0], at("a/0")+", "+at("a/1")) {
		t.Errorf("an .npz file: notes %q", notes)
	}
	if notes := compared(t, at("b"), "--data", at("x.npz")).Notes; len(notes) > 0 { // whose images are known
		t.Errorf("an .npz file: notes %q", notes)
	}
	wrongUsage(t, 2, at("a/0")+" was trained on these images", "compare", at("a"), at("b"), "--data", at("photos"))

	// A path says nothing where the images themselves are known.
	if err := os.RemoveAll(at("more")); err != nil {
		t.Fatal(err)
	}
	prints(t, []string{"29 images of " + at("more")}, "compare", at("b"), "--data", copied(t, at("apart"), at("more")))
	if err := os.Rename(at("apart/cats"), at("apart/lions")); err != nil {
		t.Fatal(err)
	}
	wrongUsage(t, 1, `does not know the class "lions"`, "compare", at("a"), "--data", at("apart"))
}
