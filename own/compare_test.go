package own

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"longtail/internal/usage"
	"longtail/results"
)

// made is a run with these errors of its two classes, of which the second has few
// images.
func made(seed int, many, few float64, change func(*Settings, *Result)) Run {
	over, freed := (3*many+few)/4, many+float64(seed)
	r := Run{
		Settings: Settings{Data: "photos", DataDigest: "d", Arch: "resnet20", Target: "labels", Loss: "ce", Rule: "none", Epochs: 2, Batch: 8, Seed: seed},
		Result: Result{ErrorPct: &over, PerClassAdjusted: []*float64{&freed, &few}, PerClassErrorPct: []*float64{&many, &few}, N: 400,
			TrainCounts: []int{300, 10}, Classes: []string{"cats", "owls"}},
		Curve: []results.Metrics{{Epoch: 1, Step: 39}, {Epoch: 2, Step: 78}},
	}
	if change != nil {
		change(&r.Settings, &r.Result)
	}
	return r
}

// replicates are a method's runs of seeds 0, 1, 2 … with these errors of many and few.
func replicates(name string, change func(*Settings, *Result), errors ...[2]float64) Method {
	m := Method{Name: name}
	for seed, e := range errors {
		m.Runs = append(m.Runs, made(seed, e[0], e[1], change))
	}
	return m
}

func ofLDAM(s *Settings, _ *Result) { s.Loss = "ldam" }

// Gains are paired by seed, their interval is Student's, and words follow from it.
func TestCompare(t *testing.T) {
	ce := replicates("ce", nil, [2]float64{10, 60}, [2]float64{15, 65}, [2]float64{12, 62})
	// Balanced gains of ldam: 2.9, 3, 3.1; of none: -0.1, 0, 0.1; of worse: -9.9, -10, -10.1.
	ldam := replicates("ldam", ofLDAM, [2]float64{10, 54.2}, [2]float64{15, 59}, [2]float64{12, 55.8})
	none := replicates("none", ofLDAM, [2]float64{10, 60.2}, [2]float64{15, 65}, [2]float64{12, 61.8})
	worse := replicates("worse", ofLDAM, [2]float64{20, 69.8}, [2]float64{25, 75}, [2]float64{22, 72.2})
	c := Compare([]Method{ce, ldam, none, worse}, OfClasses)
	if base := c.Methods[0]; base.Gain != nil || base.ErrorPct != 22.5+7./3 || math.Abs(*base.BalancedErrorSD-math.Sqrt(19./3)) > 1e-9 || c.N != 400 {
		t.Errorf("baseline: %+v", base)
	}
	half := 4.302652729911275 / math.Sqrt(3) / 10 // t(.975, 2) and sd 0.1
	for i, want := range []struct {
		points, few float64
		word        string
	}{{3, 6, "better"}, {0, 0, "too small to matter"}, {-10, -10, "worse"}} {
		m := c.Methods[i+1]
		g := m.Gain
		if g.Pairs != 3 || math.Abs(*g.Points-want.points) > 1e-9 || math.Abs(*g.Low-want.points+half) > 1e-6 || math.Abs(*g.High-want.points-half) > 1e-6 ||
			g.Word != want.word || g.Needed != 0 || g.Medium != nil || math.Abs(*g.Few-want.few) > 1e-9 || fmt.Sprint(m.Differs) != "[loss]" {
			t.Errorf("%s: %+v %v %v %v", m.Method, g, *g.Points, *g.Low, *g.High)
		}
	}

	// Over all images the rare class counts a quarter; then the tail alone, a class,
	// and all freed of the class shares.
	for by, want := range map[string]float64{"error": 1.5, "few": 6, "many": 0, "owls": 6, "class:owls": 6, "adjusted": 3} {
		measure, err := MeasureOf(by, ce.Runs[0])
		if err != nil {
			t.Fatal(err)
		}
		c := Compare([]Method{ce, ldam}, measure)
		if math.Abs(*c.Methods[1].Gain.Points-want) > 1e-9 || c.By != by || math.Abs(*c.Methods[0].AdjustedErrorPct-(35+7./3+.5)) > 1e-9 {
			t.Errorf("by %s: %v", by, *c.Methods[1].Gain.Points)
		}
	}
	// Freed of the class shares, the gains of classes are as well.
	freed := replicates("freed", func(_ *Settings, r *Result) { r.PerClassAdjusted[1] = new(50.) }, [2]float64{10, 60}, [2]float64{15, 65})
	for _, c := range []struct {
		by  Measure
		few float64
	}{{OfClasses, 0}, {OfAdjusted, 12.5}} {
		if g := Compare([]Method{ce, freed}, c.by).Methods[1].Gain; *g.Few != c.few || *g.PerClass[1] != c.few || *g.Many != 0 {
			t.Errorf("by %s the tail gains %v, %v", c.by.Name, *g.Few, *g.PerClass[1])
		}
	}
	for by, says := range map[string]string{
		"best":   "it is balanced, adjusted, error, many, medium, few, or one of the classes (cats, owls; class:NAME for a class called like one of these)",
		"medium": "no class with 20 to 100 training images",
	} {
		if _, err := MeasureOf(by, ce.Runs[0]); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("by %s: %v", by, err)
		}
	}

	// How many test images the tail has is known of newer runs.
	counted := replicates("counted", func(_ *Settings, r *Result) { r.TestCounts = []int{397, 3} }, [2]float64{10, 60})
	if c := Compare([]Method{counted, ldam}, OfClasses); c.TestCounts[1] != 3 || *c.Tested[0] != 397 || c.Tested[1] != nil || *c.Tested[2] != 3 {
		t.Errorf("tested on %v, %v", c.TestCounts, c.Tested)
	}
	if c := Compare([]Method{ce, ldam}, OfClasses); c.TestCounts != nil || c.Tested != [3]*float64{} {
		t.Errorf("tested on %v, %v", c.TestCounts, c.Tested)
	}

	// A class may be called like a word.
	called := made(0, 10, 60, func(_ *Settings, r *Result) { r.Classes = []string{"cats", "many"} })
	for by, want := range map[string]float64{"many": 10, "class:many": 60} {
		if measure, err := MeasureOf(by, called); err != nil || *measure.Of(called) != want {
			t.Errorf("by %s: %v, %v", by, *measure.Of(called), err)
		}
	}

	// Another error, another word: it follows from the runs alone.
	ldam.Runs[1] = made(1, 15, 74, ofLDAM)
	if g := Compare([]Method{ce, ldam}, OfClasses).Methods[1].Gain; g.Word != "not settled" || g.Needed < 4 {
		t.Errorf("with a worse run: %+v", g)
	}
	// Runs without their like are left out of the gain, and that is said.
	odd := Method{Name: "odd", Runs: []Run{ldam.Runs[1], ldam.Runs[2], made(7, 1, 1, ofLDAM)}, unfinished: []string{"odd/0"}}
	c = Compare([]Method{ce, odd}, OfClasses)
	if notes := strings.Join(c.Notes, "\n"); c.Methods[1].Gain.Pairs != 2 || !strings.Contains(notes, "2 of its 3 runs and of the baseline's 3") || !strings.Contains(notes, "odd/0 is not finished") {
		t.Errorf("%+v %v", c.Methods[1].Gain, c.Notes)
	}
	// One run each: a difference, and no interval.
	if g := Compare([]Method{{Name: "ce", Runs: ce.Runs[:1]}, {Name: "worse", Runs: worse.Runs[:1]}}, OfClasses).Methods[1].Gain; math.Abs(*g.Points+9.9) > 1e-9 || g.Low != nil || g.Word != "not settled" {
		t.Errorf("one run each: %+v", g)
	}
	// Two runs that gain the same do not tell how many settle it.
	same := replicates("same", ofLDAM, [2]float64{10, 54}, [2]float64{15, 59})
	if g := Compare([]Method{ce, same}, OfClasses).Methods[1].Gain; g.Pairs != 2 || *g.Points != 3 || g.High != nil || g.Word != "not settled" || g.Needed != 0 {
		t.Errorf("two equal gains: %+v", g)
	}
	if c := Compare([]Method{ce}, OfClasses); len(c.Methods) != 1 || c.Methods[0].Gain != nil {
		t.Errorf("a method alone: %+v", c)
	}
}

// A method's errors are told by every measure, with those of each run: of the groups of
// classes where there are several, and the one that is compared.
func TestCompareLevels(t *testing.T) {
	ce := replicates("ce", nil, [2]float64{10, 60}, [2]float64{15, 65}, [2]float64{12, 61})
	ldam := replicates("ldam", ofLDAM, [2]float64{10, 54.2}, [2]float64{15, 59}, [2]float64{12, 54.8}) // of few 5.8, 6 and 6.2 less
	half := 4.302652729911275 / math.Sqrt(3) / 5                                                       // t(.975, 2) and sd 0.2
	near := func(x *float64, want float64) bool { return x != nil && math.Abs(*x-want) < 1e-6 }
	for _, c := range []struct {
		by     string
		levels string
	}{{"balanced", "error balanced adjusted many few"}, {"few", "error balanced adjusted many few"}, {"owls", "error balanced adjusted many few owls"}} {
		by, err := MeasureOf(c.by, ce.Runs[0])
		if err != nil {
			t.Fatal(err)
		}
		got := Compare([]Method{ce, ldam}, by)
		base, m := got.Methods[0], got.Methods[1]
		if !near(base.FewErrorPct, 62) || !near(base.FewErrorSD, math.Sqrt(7)) || !near(m.FewErrorPct, 56) || !near(m.ManyErrorPct, 37./3) || m.MediumErrorPct != nil || m.MediumErrorSD != nil {
			t.Errorf("by %s: %+v, %+v", c.by, base, m)
		}
		if g := m.Gain; !near(g.Few, 6) || !near(g.FewLow, 6-half) || !near(g.FewHigh, 6+half) || !near(g.Many, 0) || g.ManyLow != nil || g.MediumHigh != nil {
			t.Errorf("by %s: %+v", c.by, g)
		}
		if c.by != "balanced" && (!near(&m.ByPct, 56) || !near(m.BySD, math.Sqrt(6.84)) || fmt.Sprint(m.ByRuns) != "[54.2 59 54.8]") {
			t.Errorf("by %s: %v, %v, %v", c.by, m.ByPct, *m.BySD, m.ByRuns)
		}
		var names []string
		for _, l := range got.Levels(m) {
			if names = append(names, l.Name); (l.Name == "few" || l.Name == c.by) != near(l.Points, map[bool]float64{true: 6, false: 3}[c.by != "balanced" || l.Name == "few"]) {
				t.Errorf("by %s: %s gains %v", c.by, l.Name, l.Points)
			}
		}
		if strings.Join(names, " ") != c.levels {
			t.Errorf("by %s: levels %q", c.by, names)
		}

		path := filepath.Join(t.TempDir(), "c.csv")
		if err := got.WriteCSV(path); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(contents(t, path))).ReadAll()
		if err != nil || len(rows) != 1+2*len(names) || strings.Join(rows[0], ",")+"\n" != ComparisonHeader {
			t.Fatalf("by %s: %q, %v", c.by, rows, err)
		}
		for i, l := range append(got.Levels(base), got.Levels(m)...) {
			row := rows[1+i]
			method, points, verdict := "ce", "", ""
			if i >= len(names) {
				method = "ldam"
			}
			if l.Points != nil {
				points = fmt.Sprint(*l.Points)
			}
			if method == "ldam" && l.Name == c.by {
				verdict = "better"
			}
			if row[0] != method || row[1] != l.Name || row[2] != "3" || row[3] != fmt.Sprint(*l.Pct) || row[6] != points || (row[5] == "3") != (points != "") || row[9] != verdict {
				t.Errorf("by %s, %s: %q", c.by, l.Name, row)
			}
		}
	}
	// By the adjusted error groups are adjusted as well; one group alone is no other error than the balanced.
	freed := replicates("freed", func(_ *Settings, r *Result) { r.PerClassAdjusted[1] = new(50.) }, [2]float64{10, 60})
	if m := Compare([]Method{freed}, OfAdjusted).Methods[0]; *m.FewErrorPct != 50 || m.FewErrorSD != nil {
		t.Errorf("adjusted: %+v", m)
	}
	alike := replicates("alike", func(_ *Settings, r *Result) { r.TrainCounts = []int{300, 300} }, [2]float64{10, 60})
	if c := Compare([]Method{alike}, OfClasses); len(c.Levels(c.Methods[0])) != 3 {
		t.Errorf("one group: %+v", c.Levels(c.Methods[0]))
	}
	// Classes without test images are counted.
	untested := replicates("untested", func(_ *Settings, r *Result) {
		r.Classes, r.TrainCounts = []string{"cats", "owls", "yaks"}, []int{300, 10, 5}
		r.PerClassErrorPct, r.PerClassAdjusted = append(r.PerClassErrorPct, nil), append(r.PerClassAdjusted, nil)
	}, [2]float64{10, 60})
	if notes := Compare([]Method{untested}, OfClasses).Notes; len(notes) != 1 || notes[0] != "1 of 3 classes have no test image (1 of the few-shot ones): balanced and group errors are without them" {
		t.Errorf("%q", notes)
	}
	if notes := Compare([]Method{ce}, OfClasses).Notes; len(notes) > 0 {
		t.Errorf("%q", notes)
	}
}

// The word is corrected for the number of methods, the interval is not.
func TestCompareManyMethods(t *testing.T) {
	ce := replicates("ce", nil, [2]float64{10, 60}, [2]float64{15, 65}, [2]float64{12, 62})
	methods := []Method{ce, replicates("ldam", ofLDAM, [2]float64{10, 56}, [2]float64{15, 59}, [2]float64{12, 54})}
	alone := Compare(methods, OfClasses).Methods[1].Gain
	for i := range 8 {
		var errors [][2]float64
		for seed := range 3 {
			errors = append(errors, [2]float64{10, 60 + float64((seed*(i+3))%5)*9})
		}
		methods = append(methods, replicates(fmt.Sprint("noise", i), ofLDAM, errors...))
	}
	if among := Compare(methods, OfClasses).Methods[1].Gain; alone.Word != "better" || among.Word != "not settled" || *among.Low != *alone.Low {
		t.Errorf("alone %q [%v, %v], among nine %q", alone.Word, *alone.Low, *alone.High, among.Word)
	}
}

// What a reader of a gain must know is said: more steps, another start.
func TestCompareNotes(t *testing.T) {
	ce := replicates("ce", nil, [2]float64{10, 60}, [2]float64{10, 60})
	ssp, du := Method{Name: "ssp"}, Method{Name: "du"}
	for seed := range 2 {
		// Each replicate has a model of its own to start from.
		ssp.Runs = append(ssp.Runs, made(seed, 10, 59+float64(seed), func(s *Settings, _ *Result) {
			s.Init, s.InitSHA256, s.Stage = fmt.Sprint("rotation/", seed, "/last.pth"), fmt.Sprint(seed), "init"
		}))
		r := made(seed, 10, 59-float64(seed), func(s *Settings, r *Result) {
			s.Unlabeled, s.UnlabeledDigest = "more", "u"
			r.TrainCounts, r.Unlabeled = []int{400, 400}, &Unlabeled{Images: 490, PseudoCounts: []int{100, 390}}
		})
		r.Curve = []results.Metrics{{Epoch: 2, Step: 234}}
		du.Runs = append(du.Runs, r)
	}
	notes := strings.Join(Compare([]Method{ce, ssp, du}, OfClasses).Notes, "\n")
	for _, says := range []string{"starts from rotation/0/last.pth", "du took 234 steps, the baseline 78", "a baseline of as many (--epochs 6 --batch 8 --lr 0) tells"} {
		if !strings.Contains(notes, says) {
			t.Errorf("%q is not said: %s", says, notes)
		}
	}
	// The few steps of a new head on a finished trunk are no training that a baseline lacks.
	for what, set := range map[string]func(*Settings){"cRT": func(s *Settings) { s.Retrained = true }, "probe": func(s *Settings) { s.Frozen = true }} {
		head := replicates(what, func(s *Settings, _ *Result) { s.Init, s.InitSHA256 = "ce/0/last.pth", "a"; set(s) }, [2]float64{10, 59})
		head.Runs[0].Curve = []results.Metrics{{Epoch: 2, Step: 20}}
		for _, of := range [][]Method{{ce, head}, {head, ce}, {ssp, head}, {head, ssp}} {
			if notes := strings.Join(Compare(of, OfClasses).Notes, "\n"); !strings.Contains(notes, what+" trains a new head on the trunk of ce/0/last.pth") || strings.Contains(notes, "of as many") || strings.Contains(notes, "are not counted") {
				t.Errorf("%s against %s: %s", of[1].Name, of[0].Name, notes)
			}
		}
	}
	// Less than an epoch more or less is no baseline that could be trained.
	drawn := replicates("drawn", func(s *Settings, _ *Result) { s.Rule = "class-aware" }, [2]float64{10, 60})
	drawn.Runs[0].Curve = []results.Metrics{{Epoch: 2, Step: 76}}
	if notes := Compare([]Method{ce, drawn}, OfClasses).Notes; !strings.Contains(strings.Join(notes, "\n"), "drawn took 76 steps, the baseline 78: part of a gain or loss may be that") || strings.Contains(strings.Join(notes, "\n"), "of as many") {
		t.Errorf("almost as many steps: %q", notes)
	}
	// Test images that were trained on are told, of the baseline as well.
	leaky := replicates("leaky", func(_ *Settings, r *Result) { r.TestTrainedOn = 24 }, [2]float64{10, 5}, [2]float64{10, 5})
	for _, of := range [][]Method{{ce, leaky}, {leaky, ce}, {leaky}} {
		if notes := strings.Join(Compare(of, OfClasses).Notes, "\n"); strings.Count(notes, "leaky: up to 24 of the 400 test images were trained on") != 1 {
			t.Errorf("trained on test images: %q", notes)
		}
	}
	if strings.Contains(notes, "were trained on") {
		t.Error("where none was trained on:", notes)
	}
	// Classes are as large as their labeled images are many.
	if g := Compare([]Method{du, ce}, OfClasses).Methods[1].Gain; g.Few == nil || *g.Few != -1.5 {
		t.Errorf("against a baseline with unlabeled images: %+v", g)
	}
}

// What a run begins with is a setting as well, though each replicate may have its own.
func TestCompareTellsModels(t *testing.T) {
	ce := replicates("ce", nil, [2]float64{10, 60}, [2]float64{10, 60})
	from := func(name string) Method {
		m := Method{Name: name}
		for seed := range 2 {
			m.Runs = append(m.Runs, made(seed, 10, 60, func(s *Settings, _ *Result) {
				s.Init, s.InitSHA256, s.Stage = name, fmt.Sprint(name, seed), "init"
			}))
		}
		return m
	}
	seven := Method{Name: "seven", Runs: []Run{made(7, 10, 60, nil)}}
	for _, c := range []struct {
		a, b Method
		want string
	}{{from("rotation"), from("warm"), "[init]"}, {from("warm"), from("warm"), "[]"}, {ce, from("warm"), "[init]"}, {ce, ce, "[]"}, {seven, from("warm"), "[init]"}} {
		if got := Compare([]Method{c.a, c.b}, OfClasses).Methods[1].Differs; fmt.Sprint(got) != c.want || got == nil {
			t.Errorf("%s and %s differ in %q, want %s", c.a.Name, c.b.Name, got, c.want)
		}
	}
}

// Builds of the program are told where they are several: they are no setting.
func TestCompareTellsBuilds(t *testing.T) {
	by := func(begun, finished string) Method {
		return replicates(begun+finished, func(s *Settings, r *Result) { s.Program, r.Program = begun, finished }, [2]float64{10, 60}, [2]float64{15, 65})
	}
	for _, c := range []struct {
		a, b Method
		told bool
	}{{by("x", "x"), by("x", "x"), false}, {by("x", "x"), by("", ""), false}, {by("x", "x"), by("y", "y"), true}, {by("x", "y"), by("y", "y"), true}} {
		got := Compare([]Method{c.a, c.b}, OfClasses)
		if told := strings.Contains(strings.Join(got.Notes, ""), "2 builds of longtail"); told != c.told || len(got.Methods[1].Differs) > 0 {
			t.Errorf("%s and %s: %q, differs %q", c.a.Name, c.b.Name, got.Notes, got.Methods[1].Differs)
		}
	}
}

// Methods are read from a run's folder, a folder of them, or a pattern.
func TestReadMethod(t *testing.T) {
	dir := t.TempDir()
	for seed := range 3 {
		leave(t, dir, fmt.Sprint("ce/", 2-seed), made(2-seed, 10, 60, nil))
	}
	for name, want := range map[string]int{"ce": 3, "ce/1": 1, "c?/0": 1, "ce/[12]": 2} {
		m, err := ReadMethod(dir + "/" + name)
		if err != nil || len(m.Runs) != want {
			t.Errorf("%s: %d runs, %v", name, len(m.Runs), err)
			continue
		}
		for i, r := range m.Runs[1:] {
			if r.Settings.Seed <= m.Runs[i].Settings.Seed {
				t.Errorf("%s: not by seed", name)
			}
		}
		if r := m.Runs[0]; r.steps() != 78 || *r.Result.ErrorPct != 22.5 || !m.Classifies() || !m.Evaluated() {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// What else a pattern matches is no run.
	leave(t, dir, "ce-0", made(0, 10, 60, nil))
	leave(t, dir, "ce-1", made(1, 10, 60, nil))
	write(t, dir, "ce.log", "")
	write(t, dir, "ce-figures/gains.png", "")
	if m, err := ReadMethod(dir + "/ce*"); err != nil || len(m.Runs) != 2 || len(m.unfinished) > 0 {
		t.Errorf("%+v, %v", m, err)
	}
	write(t, dir, "ce/3/settings.json", "{}") // begun
	if m, err := ReadMethod(dir + "/ce"); err != nil || len(m.Runs) != 3 || len(m.unfinished) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// What cannot be compared is refused, and said what it is.
func TestReadMethodComplains(t *testing.T) {
	dir := t.TempDir()
	leave(t, dir, "ce/0", made(0, 10, 60, nil))
	leave(t, dir, "mixed/0", made(0, 10, 60, nil))
	leave(t, dir, "mixed/1", made(1, 10, 60, func(s *Settings, _ *Result) { s.Epochs, s.LR = 3, 0.2 }))
	leave(t, dir, "twice/a", made(4, 10, 60, nil))
	leave(t, dir, "twice/b", made(4, 10, 60, nil))
	leave(t, dir, "short", made(0, 10, 60, func(_ *Settings, r *Result) { r.TrainCounts = []int{3} }))
	leave(t, dir, "tests", made(0, 10, 60, func(_ *Settings, r *Result) { r.TestCounts = []int{1, 2, 3} }))
	leave(t, dir, "null", made(0, 10, 60, func(_ *Settings, r *Result) { r.PerClassErrorPct = []*float64{nil, nil} }))
	leave(t, dir, "long", made(0, 10, 60, func(_ *Settings, r *Result) { r.Unlabeled = &Unlabeled{PseudoCounts: []int{1, 2, 3}} }))
	leave(t, dir, "freed", made(0, 10, 60, func(_ *Settings, r *Result) { r.PerClassAdjusted = r.PerClassAdjusted[:1] }))
	write(t, dir, "strange/settings.json", "{}")
	write(t, dir, "strange/result.json", "{}")
	write(t, dir, "broken/settings.json", "{")
	leave(t, dir, "cut", made(0, 10, 60, nil))
	write(t, dir, "cut/result.json", "{")
	write(t, dir, "empty/notes.txt", "")
	write(t, dir, "begun/0/settings.json", "{}")
	leave(t, dir, "both", made(0, 10, 60, nil))
	leave(t, dir, "both/7", made(7, 10, 60, nil))
	for name, c := range map[string]struct {
		says  string
		usage bool
	}{
		"nowhere":  {"nowhere", true},
		"empty":    {"no finished run", true},
		"nothing*": {"no finished run", true},
		"begun":    {"begun/0: not finished; the command that began it goes on with it", true},
		"begun/0":  {"begun/0: not finished; the command that began it goes on with it", true},
		"both":     {"it is a run itself and holds the runs of seeds 7", true},
		"[":        {"syntax error in pattern", true},
		"mixed":    {"they differ in epochs, lr", true},
		"twice":    {"have the same seed, 4", true},
		"strange":  {"no run of longtail train", true},
		"short":    {"no run of longtail train", true},
		"tests":    {"no run of longtail train", true},
		"null":     {"no run of longtail train", true},
		"long":     {"no run of longtail train", true},
		"freed":    {"no run of longtail train", true},
		"broken":   {"settings.json: it is damaged (unexpected end of JSON input); train it again in another folder", false},
		"cut":      {"result.json: it is damaged (unexpected end of JSON input); delete it, and the command that trained it makes it again", false},
	} {
		_, err := ReadMethod(dir + "/" + name)
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, new(usage.Error)) != c.usage {
			t.Errorf("%s: %v", name, err)
		}
	}

	ce := replicates("ce", nil, [2]float64{10, 60})
	other := replicates("other", func(s *Settings, _ *Result) { s.DataDigest = "e" }, [2]float64{10, 60})
	if err := other.Fits(ce, false); err == nil || !strings.Contains(err.Error(), "are of other images") {
		t.Errorf("other images: %v", err)
	}
	if err := other.Fits(ce, true); err != nil {
		t.Errorf("other images, on a third set: %v", err)
	}
	renamed := replicates("renamed", func(_ *Settings, r *Result) { r.Classes = []string{"cats", "lions"} }, [2]float64{10, 60})
	for _, third := range []bool{false, true} {
		if err := renamed.Fits(ce, third); err == nil || !strings.Contains(err.Error(), "other classes") {
			t.Errorf("other classes: %v", err)
		}
	}
	if rotation := replicates("rotation", func(s *Settings, _ *Result) { s.Target = "rotation" }, [2]float64{10, 60}); rotation.Classifies() {
		t.Error("pre-training classifies")
	}
	if blind := replicates("blind", func(_ *Settings, r *Result) { r.ErrorPct = nil }, [2]float64{10, 60}); blind.Evaluated() {
		t.Error("runs without test images are evaluated")
	}
}
