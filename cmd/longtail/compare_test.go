package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/own"
	"longtail/results"
)

// madeRun writes what train would leave of a run with these errors of its two
// classes, of which the second has few images.
func madeRun(t *testing.T, dir string, seed int, many, few float64, change func(*own.Settings, *own.Result)) {
	t.Helper()
	s := own.Settings{Data: "photos", DataDigest: "d", Arch: "resnet20", Target: "labels", Loss: "ce", Rule: "none", Epochs: 2, Batch: 8, Seed: seed}
	over := (3*many + few) / 4
	freed := many + float64(seed)
	r := own.Result{ErrorPct: &over, PerClassAdjusted: []*float64{&freed, &few}, PerClassErrorPct: []*float64{&many, &few}, N: 400, TrainCounts: []int{300, 10}, Classes: []string{"cats", "owls"}}
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
	write(t, fmt.Appendf(nil, "{\"epoch\":1,\"step\":%d}\n{\"epoch\":2,\"step\":%d}\n", 39, 78), filepath.Join(dir, results.FileMetrics))
}

func compared(t *testing.T, args ...string) (c own.Comparison) {
	t.Helper()
	stdout, stderr, code := longtail(t, nil, append([]string{"compare", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &c); code != 0 || err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	return c
}

// Gains are paired by seed, their interval is Student's, and words follow from it.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ldam := func(s *own.Settings, _ *own.Result) { s.Loss = "ldam" }
	// Balanced gains of ldam: 2.9, 3, 3.1; of none: -0.1, 0, 0.1; of worse: -9.9, -10, -10.1.
	for seed, x := range []float64{0, 5, 2} {
		madeRun(t, at(fmt.Sprint("ce/", seed)), seed, 10+x, 60+x, nil)
		madeRun(t, at(fmt.Sprint("ldam/", seed)), seed, 10+x, 60+x-5.8-0.2*float64(seed), ldam)
		madeRun(t, at(fmt.Sprint("none/", seed)), seed, 10+x, 60+x+0.2*float64(1-seed), ldam)
		madeRun(t, at(fmt.Sprint("worse/", seed)), seed, 20+x, 69.8+x+0.2*float64(seed), ldam)
	}
	c := compared(t, at("ce"), at("ldam"), at("none"), at("worse"))
	if base := c.Methods[0]; base.Gain != nil || base.ErrorPct != 22.5+7./3 || math.Abs(*base.BalancedErrorSD-math.Sqrt(19./3)) > 1e-9 || c.N != 400 {
		t.Errorf("baseline: %+v", base)
	}
	half := 4.302652729911275 / math.Sqrt(3) / 10 // t(.975, 2) and sd 0.1
	for i, want := range []struct {
		points, half, few float64
		word              string
	}{{3, half, 6, "better"}, {0, half, 0, "too small to matter"}, {-10, half, -10, "worse"}} {
		m := c.Methods[i+1]
		g := m.Gain
		if g.Pairs != 3 || math.Abs(*g.Points-want.points) > 1e-9 || math.Abs(*g.Low-want.points+want.half) > 1e-6 || math.Abs(*g.High-want.points-want.half) > 1e-6 ||
			g.Word != want.word || g.Needed != 0 || g.Medium != nil || math.Abs(*g.Few-want.few) > 1e-9 || fmt.Sprint(m.Differs) != "[loss]" {
			t.Errorf("%s: %+v %v %v %v", m.Method, g, *g.Points, *g.Low, *g.High)
		}
	}
	// Over all images the rare class counts a quarter.
	c = compared(t, "--by", "error", at("ce"), at("ldam"))
	if g := c.Methods[1].Gain; math.Abs(*g.Points-1.5) > 1e-9 {
		t.Errorf("by error: %v", *g.Points)
	}

	// The tail alone, a class, and all freed of the class shares.
	for by, want := range map[string]float64{"few": 6, "many": 0, "owls": 6, "adjusted": 3} {
		if c := compared(t, "--by", by, at("ce"), at("ldam")); math.Abs(*c.Methods[1].Gain.Points-want) > 1e-9 || c.By != by || math.Abs(*c.Methods[0].AdjustedErrorPct-(35+7./3+.5)) > 1e-9 {
			t.Errorf("by %s: %v", by, *c.Methods[1].Gain.Points)
		}
	}
	prints(t, []string{"points by which the mean error of the classes with fewer than 20 training images is below"}, "compare", "--by", "few", at("ce"), at("ldam"))

	// Drawn at the width of a column.
	prints(t, nil, "compare", "--figures", at("f"), at("ce"), at("ldam"), at("worse"))
	for _, name := range []string{"gains", "per-class", "learning-curves"} {
		for _, ending := range []string{".png", ".svg"} {
			if info, err := os.Stat(at("f/" + name + ending)); err != nil || info.Size() < 1000 {
				t.Errorf("%s%s: %v", name, ending, err)
			}
		}
	}
	if svg, _ := os.ReadFile(at("f/gains.svg")); !strings.Contains(string(svg), "gain over ce, points of balanced error") || !strings.Contains(string(svg), ">worse<") {
		t.Error("the gains do not name the methods")
	}

	// Another error, another word: it follows from the runs alone.
	madeRun(t, at("ldam/1"), 1, 15, 74, ldam)
	if g := compared(t, at("ce"), at("ldam")).Methods[1].Gain; g.Word != "not settled" || g.Needed < 4 {
		t.Errorf("with a worse run: %+v", g)
	}
	// Runs without their like are left out, and one that is not finished.
	madeRun(t, at("ldam/7"), 7, 1, 1, ldam)
	os.Remove(at("ldam/0/result.json"))
	stdout := prints(t, []string{"2 of its 3 runs and of the baseline's 3", "ldam/0 is not finished", "not settled"}, "compare", at("ce"), at("ldam"))
	if !strings.Contains(stdout, "other loss than the baseline") {
		t.Error(stdout)
	}
	// One run each: a difference, and no interval.
	stdout = prints(t, []string{"-10.00", "it takes two seeds"}, "compare", at("ce/0"), at("worse/0"))
	if strings.Contains(stdout, "[-") {
		t.Error(stdout)
	}
	// Many methods: the word is corrected for their number.
	madeRun(t, at("ldam/0"), 0, 10, 60-4, ldam)
	madeRun(t, at("ldam/1"), 1, 15, 65-6, ldam)
	madeRun(t, at("ldam/2"), 2, 12, 62-8, ldam)
	os.RemoveAll(at("ldam/7"))
	alone := compared(t, at("ce"), at("ldam")).Methods[1].Gain
	args := []string{at("ce"), at("ldam")}
	for i := range 8 {
		name := at(fmt.Sprint("noise", i))
		for seed := range 3 {
			madeRun(t, fmt.Sprint(name, "/", seed), seed, 10, 60+float64((seed*(i+3))%5)*9, ldam)
		}
		args = append(args, name)
	}
	if among := compared(t, args...).Methods[1].Gain; alone.Word != "better" || among.Word != "not settled" || *among.Low != *alone.Low {
		t.Errorf("alone %q [%v, %v], among nine %q", alone.Word, *alone.Low, *alone.High, among.Word)
	}
}

func TestCompareNotes(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for seed := range 2 {
		madeRun(t, at(fmt.Sprint("ce/", seed)), seed, 10, 60, nil)
		// Each replicate has a model of its own to start from.
		madeRun(t, at(fmt.Sprint("ssp/", seed)), seed, 10, 59+float64(seed), func(s *own.Settings, _ *own.Result) {
			s.Init, s.InitSHA256, s.Stage = fmt.Sprint("rotation/", seed, "/last.pth"), fmt.Sprint(seed), "init"
		})
		madeRun(t, at(fmt.Sprint("du/", seed)), seed, 10, 59-float64(seed), func(s *own.Settings, r *own.Result) {
			s.Unlabeled, s.UnlabeledDigest = "more", "u"
			r.TrainCounts, r.Unlabeled = []int{400, 400}, &own.Unlabeled{Images: 490, PseudoCounts: []int{100, 390}}
		})
		write(t, []byte("{\"epoch\":2,\"step\":234}\n"), at(fmt.Sprint("du/", seed, "/metrics.jsonl")))
	}
	prints(t, []string{"starts from rotation/0/last.pth", "du took 234 steps, the baseline 78", "a baseline of as many (--epochs 6 --batch 8 --lr 0) tells"}, "compare", at("ce"), at("ssp"), at("du"))
	// Classes are as large as their labelled images are many.
	if g := compared(t, at("du"), at("ce")).Methods[1].Gain; g.Few == nil || *g.Few != -1.5 {
		t.Errorf("against a baseline with unlabeled images: %+v", g)
	}
	if c := compared(t, at("ce")); len(c.Methods) != 1 || c.Methods[0].Gain != nil {
		t.Errorf("a method alone: %+v", c)
	}
	if c := compared(t, at("c?/0"), at("s*/*")); len(c.Methods[0].Runs) != 1 || len(c.Methods[1].Runs) != 2 {
		t.Errorf("patterns: %+v", c)
	}
}

func TestCompareErrors(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	madeRun(t, at("ce/0"), 0, 10, 60, nil)
	madeRun(t, at("mixed/0"), 0, 10, 60, nil)
	madeRun(t, at("mixed/1"), 1, 10, 60, func(s *own.Settings, _ *own.Result) { s.Epochs, s.LR = 3, 0.2 })
	madeRun(t, at("twice/a"), 4, 10, 60, nil)
	madeRun(t, at("twice/b"), 4, 10, 60, nil)
	madeRun(t, at("other"), 0, 10, 60, func(s *own.Settings, _ *own.Result) { s.DataDigest = "e" })
	madeRun(t, at("rotation"), 0, 10, 60, func(s *own.Settings, _ *own.Result) { s.Target = "rotation" })
	madeRun(t, at("blind"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.ErrorPct, r.PerClassErrorPct = nil, []*float64{nil, nil} })
	madeRun(t, at("short"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.TrainCounts = []int{3} })
	madeRun(t, at("null"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.PerClassErrorPct = []*float64{nil, nil} })
	madeRun(t, at("long"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.Unlabeled = &own.Unlabeled{PseudoCounts: []int{1, 2, 3}} })
	madeRun(t, at("old"), 0, 10, 60, func(_ *own.Settings, r *own.Result) { r.PerClassAdjusted = nil })
	write(t, []byte("{}"), at("strange/settings.json"))
	write(t, []byte("{}"), at("strange/result.json"))
	write(t, []byte("{"), at("broken/settings.json"))
	os.Mkdir(at("empty"), 0o777)
	for _, c := range []struct {
		says string
		code int
		args []string
	}{
		{"<run>", 2, nil},
		{"nowhere", 2, []string{at("nowhere")}},
		{"empty: no finished run", 2, []string{at("ce"), at("empty")}},
		{"nothing*: no finished run", 2, []string{at("nothing*")}},
		{"they differ in epochs, lr", 2, []string{at("ce"), at("mixed")}},
		{"have the same seed, 4", 2, []string{at("twice")}},
		{"are of other images", 2, []string{at("ce"), at("other")}},
		{"rotation: these runs are pre-training", 2, []string{at("ce"), at("rotation")}},
		{"no error of classes", 2, []string{at("blind")}},
		{"no run of longtail train", 2, []string{at("strange")}},
		{"no run of longtail train", 2, []string{at("short")}},
		{"no run of longtail train", 2, []string{at("null")}},
		{"no run of longtail train", 2, []string{at("long")}},
		{"settings.json: unexpected end", 1, []string{at("broken")}},
		{"--by best: it is balanced, adjusted, error, many, medium, few, or one of the classes (cats, owls)", 2, []string{"--by", "best", at("ce")}},
		{"--by medium: no class with 20 to 100 training images", 2, []string{"--by", "medium", at("ce")}},
		{"--by adjusted: " + at("old") + " has no such error", 2, []string{"--by", "adjusted", at("ce"), at("old")}},
	} {
		wrongUsage(t, c.code, c.says, append([]string{"compare"}, c.args...)...)
	}
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
		prints(t, nil, "train", "--data", at(data), "--side", "8", "--arch", "resnet8", "--epochs", "1", "--batch", "8", "--seeds", "2", "--out", at(name))
	}
	wrongUsage(t, 2, "are of other images", "compare", at("a"), at("b"))
	c := compared(t, at("a"), at("b"), "--data", at("apart"))
	if c.N != 29 || c.Data != at("apart") || c.Methods[1].Gain.Pairs != 2 {
		t.Errorf("%+v", c)
	}
	for _, m := range c.Methods {
		mean, adjusted := 0., 0.
		for _, run := range m.Runs {
			stdout := prints(t, nil, "eval", "--checkpoint", filepath.Join(run, "last.pth"), "--data", at("apart"), "--all", "--json")
			var e evaluation
			if err := json.Unmarshal([]byte(stdout), &e); err != nil {
				t.Fatal(err)
			}
			mean += *e.BalancedErrorPct / 2
			adjusted += *results.BalancedErrorPct(e.PerClassAdjusted) / 2
		}
		if math.Abs(mean-m.BalancedErrorPct) > 1e-9 || math.Abs(adjusted-*m.AdjustedErrorPct) > 1e-9 {
			t.Errorf("%s: %v, by eval %v; adjusted %v, by eval %v", m.Method, m.BalancedErrorPct, mean, *m.AdjustedErrorPct, adjusted)
		}
	}
	wrongUsage(t, 2, at("a/0")+" was trained on these images", "compare", at("a"), at("b"), "--data", at("photos"))
	prints(t, []string{"29 images of " + at("apart")}, "compare", at("a"), "--data", at("apart"))
	if by := compared(t, at("a"), at("b"), "--data", at("apart"), "--by", "adjusted"); math.Abs(*by.Methods[1].Gain.Points-(*c.Methods[0].AdjustedErrorPct-*c.Methods[1].AdjustedErrorPct)) > 1e-9 {
		t.Errorf("--by adjusted: a gain of %v of %v to %v", *by.Methods[1].Gain.Points, *c.Methods[0].AdjustedErrorPct, *c.Methods[1].AdjustedErrorPct)
	}
	write(t, []byte("no image"), at("apart/cats/broken.jpg"))
	if said := prints(t, []string{"29 images of "}, "compare", at("a"), "--data", at("apart"), "--skip-broken"); strings.Count(said, "broken.jpg") != 1 {
		t.Errorf("images were opened more than once, or nothing was said of the broken one:\n%s", said)
	}
	os.Remove(at("apart/cats/broken.jpg"))
	if err := os.Rename(at("apart/cats"), at("apart/lions")); err != nil {
		t.Fatal(err)
	}
	wrongUsage(t, 1, `does not know the class "lions"`, "compare", at("a"), "--data", at("apart"))
}
