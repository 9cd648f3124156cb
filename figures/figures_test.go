package figures

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/cmpimg"

	"longtail/paper"
	"longtail/results"
)

// closeEnough is how far a pixel may lie from the golden image's: rasterisers round
// differently on other processors.
const closeEnough = 0.1

// golden compares what the example leaves in testdata/name.png now, not in an earlier
// run, with the golden image.
func golden(t *testing.T, example func(), name string) {
	t.Helper()
	remove := func() { os.Remove(filepath.Join("testdata", name+".png")) }
	remove()
	t.Cleanup(remove)
	cmpimg.CheckPlotApprox(example, t, closeEnough, name+".png")
}

// The comparison must be able to fail: a panel with another number is another picture.
func TestGoldenImagesTellFiguresApart(t *testing.T) {
	g := theoremGrid()
	*g.Rows[2][1] *= 3
	changed, err := Theorem1(g, "").png(goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/theorem1_golden.png")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := cmpimg.EqualApprox("png", changed, golden, closeEnough); err != nil || same {
		t.Errorf("a changed value went unnoticed (%v)", err)
	}
}

func TestTheorem1(t *testing.T) {
	golden(t, ExampleTheorem1, "theorem1")
}

func TestTheorem2(t *testing.T) {
	golden(t, ExampleTheorem2, "theorem2")
}

func TestTheorem3(t *testing.T) {
	golden(t, ExampleTheorem3, "theorem3")
}

func TestLines(t *testing.T) {
	if f := Lines("", "x", []Series{{Name: "a", X: []float64{1, 2, 3}, Y: []float64{math.NaN(), 5, 7}}}, false, false); !strings.Contains(f.Alt, "a from 5 to 7") {
		t.Errorf("described as %q", f.Alt)
	}
	golden(t, ExampleLines, "lines")
	if svg, err := Lines("", "x", nil, true, true).SVG(); err != nil || bytes.Contains(svg, []byte("NaN")) {
		t.Errorf("without series: %v", err)
	}
}

// Over hundreds of decades there is no tick for each.
func TestLogTicks(t *testing.T) {
	for decades, most := range map[float64]int{2: 19, 60: 61, 300: 8} {
		ticks := logTicks{2.2}.Ticks(-decades, 0)
		labels := 0
		for _, tick := range ticks {
			if tick.Label != "" {
				labels++
			}
		}
		if len(ticks) > most || labels < 5 {
			t.Errorf("%g decades have %d ticks, %d of them with a label", decades, len(ticks), labels)
		}
	}
}

// What the best on test is used for is said of the paper's claims, not of own images.
func TestUseOfTheBestOnTest(t *testing.T) {
	plan, res := madeUp(1)
	own := Owns([]Own{{Name: "CE", Run: res["ce-0"]}}, "my images")
	for want, f := range map[bool]*Figure{true: LearningCurves(plan, res)[0], false: own[0]} {
		if !strings.Contains(f.Caption, "Ring: the best evaluation") || strings.Contains(f.Caption, "S2, S3, L2") != want {
			t.Error(f.Caption)
		}
	}
}

func TestOwns(t *testing.T) {
	golden(t, ExampleOwns, "own")
	if all := Owns([]Own{{Name: "alone"}}, "error"); len(all) != 0 {
		t.Errorf("%d figures of a method alone without a curve", len(all))
	}
}

func TestLearningCurves(t *testing.T) {
	golden(t, ExampleLearningCurves, "learning")
}

func TestGainForest(t *testing.T) {
	golden(t, ExampleGainForest, "gains")
}

// A gain on the paper's data that is no repetition of the paper says so in its row,
// and one on other data.
func TestGainsOfOtherGrades(t *testing.T) {
	plan, res := madeUp(2)
	if alt := GainForest(plan, res)[0].Alt; strings.Contains(alt, "(S)") || strings.Count(alt, "n = 2 (T)") != strings.Count(alt, "n = 2") {
		t.Errorf("stand-in data, but %s", alt)
	}
	for _, r := range res {
		r.Grade, r.DataMark = results.GradeSimilar, ""
	}
	if alt := GainForest(plan, res)[0].Alt; strings.Contains(alt, "(S)") {
		t.Errorf("a stand-in by its cells, but %s", alt)
	}
	for i := range plan.Cells {
		plan.Cells[i].Grade = results.GradeSimilar
	}
	if alt := GainForest(plan, res)[0].Alt; !strings.Contains(alt, "n = 2 (S)") || strings.Contains(alt, "(T)") {
		t.Error(alt)
	}
	for i := range plan.Cells {
		plan.Cells[i].Grade = results.GradePaper
		if r := res[plan.Cells[i].Task]; r != nil {
			r.Grade = results.GradePaper
		}
	}
	if alt := GainForest(plan, res)[0].Alt; strings.Count(alt, "(n = 2)") < 5 {
		t.Errorf("the paper's data and schedule: %s", alt)
	}
}

// Rows of Table 3 that differ in their network alone are told apart by it.
func TestGainsOfTwoNetworks(t *testing.T) {
	var rows []results.Reported
	for network, errors := range map[string][2]float64{"ResNet-10": {64, 62}, "ResNet-50": {61, 54}} {
		for i, method := range []string{"cRT", "cRT + SSP"} {
			k := paper.Key{Source: "Table 3", Dataset: "ImageNet-LT", Method: method, Network: network}
			rows = append(rows, results.Reported{Key: k, LastErrorPct: errors[i], LastAlone: true})
		}
	}
	res := map[string]*results.Result{}
	plan := results.WithReported(results.Plan{}, res, rows)
	all := GainForest(plan, res)
	alt := all[len(all)-1].Alt
	for _, want := range []string{
		"cRT + SSP, ImageNet-LT, ResNet-10, over cRT: published 1.40, measured 2.00 (n = 1 (R))",
		"cRT + SSP, ImageNet-LT, ResNet-50, over cRT: published 4.00, measured 7.00 (n = 1 (R))",
	} {
		if !strings.Contains(alt, want) {
			t.Errorf("%q is not in %s", want, alt)
		}
	}
}

// Every figure goes by the grade of the cell where that is the weaker.
func TestGradeIsTheCells(t *testing.T) {
	plan, res := madeUp(2)
	words := func() (all []string) {
		for _, f := range All(plan, res) {
			all = append(all, f.Alt+f.Caption)
			for _, row := range f.Panels {
				for _, p := range row {
					if p != nil {
						all = append(all, p.Title.Text+p.X.Label.Text)
					}
				}
			}
			for _, e := range f.legend {
				all = append(all, e.name)
			}
		}
		return all
	}
	want := words()
	for _, r := range res {
		r.Grade = ""
	}
	for i, got := range words() {
		if got != want[i] {
			t.Errorf("without a grade of its own:\n%s\nwith T:\n%s", got, want[i])
		}
	}
}

func TestClasses(t *testing.T) {
	golden(t, ExamplePerClass, "perclass")
	golden(t, ExampleConfusions, "confusion")
	golden(t, ExampleClassSizes, "classsizes")
}

// A class without labeled images, or without an error in one of the pairs, is left out.
func TestClassMeans(t *testing.T) {
	errors := func(e ...float64) (all []*float64) {
		for _, v := range e {
			all = append(all, new(v))
		}
		return append(all, nil)
	}
	size, before, after := classMeans([]ClassErrors{
		{[]int{30, 0, 4, 8}, errors(10, 20, 50), errors(5, 20, 60)},
		{[]int{30, 0, 6, 8}, errors(20, 20, 60), errors(6, 20, 50)},
	})
	if got := fmt.Sprint(size, before, after); got != "[30 5] [15 55] [5.5 55]" {
		t.Error(got)
	}
}

// A class of one image has a bar, on the axis as it lies.
func TestClassSizesShowsOneImage(t *testing.T) {
	drawn := func(last int) []byte {
		b, err := ClassSizesOf("sizes", []int{100, 10, last}, []int{50, 5, 1}, 50).PNG()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if bytes.Equal(drawn(1), drawn(0)) {
		t.Error("a class of one image is drawn like one of none")
	}
}

// Ranks are whole, however few or many classes there are.
func TestClassSizesRankTicks(t *testing.T) {
	for classes, want := range map[int]string{2: "1 2", 6: "1 2 3 4 5 6", 11: "2 4 6 8 10", 100: "20 40 60 80 100"} {
		var got []string
		x := ClassSizesOf("", slices.Repeat([]int{9}, classes), nil, 0).Panels[0][0].X
		for _, tick := range x.Tick.Marker.Ticks(x.Min, x.Max) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("of %d classes: %q", classes, got)
		}
	}
}

func TestPapersFigures(t *testing.T) {
	golden(t, ExampleFigure1, "figure1")
	golden(t, ExampleFigure1_partial, "figure1_partial")
	golden(t, ExampleFigure1_notRun, "figure1_notrun")
	golden(t, ExampleFigure2, "figure2")
	golden(t, ExampleFigure3, "figure3")
	golden(t, ExampleFigure4, "figure4")
}

var pictures = regexp.MustCompile(`data:image/png;base64,[^"]*`)

// Every figure of a report exists, is described, and has the same bytes each
// time, whatever was run.
func TestAll(t *testing.T) {
	plan, res := madeUp(2)
	for _, c := range []struct {
		reason string
		plan   results.Plan
		res    map[string]*results.Result
	}{
		{"nothing planned", results.Plan{}, nil},
		{"planned, nothing run", plan, nil},
		{"run", plan, res},
	} {
		names, empty := map[string]bool{}, 0
		again := All(c.plan, c.res)
		for i, f := range All(c.plan, c.res) {
			names[f.Name] = true
			if f.Alt == "" || f.Title == "" || f.Caption == "" {
				t.Errorf("%s: %s lacks words: title %q, caption %q, alt %q", c.reason, f.Name, f.Title, f.Caption, f.Alt)
			}
			svg, err := f.SVG()
			if err != nil {
				t.Fatal(err)
			}
			if same, _ := again[i].SVG(); !bytes.Equal(svg, same) {
				t.Errorf("%s: %s is not the same twice", c.reason, f.Name)
			}
			if cached, _ := f.SVG(); &cached[0] != &svg[0] {
				t.Errorf("%s: %s is drawn for every reader", c.reason, f.Name)
			}
			if len(svg) > 600<<10 {
				t.Errorf("%s: %s has %d bytes", c.reason, f.Name, len(svg))
			}
			if !slices.Contains([]string{"", "claims", "theory", "curves"}, f.Section) {
				t.Errorf("%s: %s is of no section: %q", c.reason, f.Name, f.Section)
			}
			if s := string(svg); strings.Count(s, "<text ") != strings.Count(s, "textLength=") || !strings.Contains(s, "textLength=") {
				t.Errorf("%s: %s has text of unknown width", c.reason, f.Name)
			}
			if s := pictures.ReplaceAllString(string(svg), ""); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Errorf("%s: %s has coordinates that are no numbers", c.reason, f.Name)
			}
			for _, k := range f.Keys {
				if !slices.ContainsFunc(c.plan.Cells, func(p results.Cell) bool { return p.Key == k && c.res[p.Task] != nil }) {
					t.Errorf("%s: %s draws %v, of which there is no result", c.reason, f.Name, k)
				}
			}
			if (c.res == nil) != (len(f.Keys) == 0) {
				t.Errorf("%s: %s draws the results of %d cells", c.reason, f.Name, len(f.Keys))
			}
			if unrun := c.res == nil && c.plan.Cells != nil; unrun && strings.HasPrefix(f.Alt, "Empty axes") {
				empty++
				command := func(w word) bool { return strings.Contains(w.text, "longtail reproduce") }
				if !slices.ContainsFunc(readWords(f).all, command) {
					t.Errorf("%s: %s does not show its command", c.reason, f.Name)
				}
			}
			if c.res == nil && strings.Contains(f.Alt, "measured") {
				t.Errorf("%s: %s describes measurements: %s", c.reason, f.Name, f.Alt)
			}
		}
		if c.res == nil && c.plan.Cells != nil && empty != 7 { // three theorems, class sizes and errors, confusion, curves
			t.Errorf("%s: %d figures are empty", c.reason, empty)
		}
		for _, name := range []string{"figure1", "figure2", "figure3", "figure4", "theorem1", "theorem2", "theorem3", "gains", "class-sizes", "per-class", "confusion", "learning-curves"} {
			if !names[name] {
				t.Errorf("%s: no figure %s", c.reason, name)
			}
		}
	}
}

// A theorem's grid that came with the program is drawn while the plan's own, of
// more trials, is not computed; another grid of the theorem is not.
func TestTheoremOfAnotherProfile(t *testing.T) {
	k := paper.Key{Source: "Theorem 1", Method: "against n"}
	plan := results.Plan{Cells: []results.Cell{{Key: k, Task: "own"}, {Key: paper.Key{Source: "Theorem 1", Method: "other"}, Task: "other"}, {Key: k, Task: "shipped"}}}
	grid := theoremGrid()
	res := map[string]*results.Result{"other": {Grid: offsetGrid()}}
	if c, g := theoryCell(plan, res, 1); g != nil || c.Task != "own" {
		t.Errorf("nothing of it computed: %v, grid %v", c.Task, g)
	}
	res["shipped"] = &results.Result{Grid: grid}
	if c, g := theoryCell(plan, res, 1); g != grid || c.Task != "shipped" {
		t.Errorf("of another profile: %v", c.Task)
	}
	res["own"] = &results.Result{Grid: theoremGrid()}
	if c, _ := theoryCell(plan, res, 1); c.Task != "own" {
		t.Errorf("the plan's own: %v", c.Task)
	}
}

// Figures drawn at once are those drawn one by one.
func TestWriteAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	plan, res := madeUp(1)
	if err := WriteAll(dir, All(plan, res)[:4]); err != nil {
		t.Fatal(err)
	}
	for _, f := range All(plan, res)[:4] {
		for ending, draw := range map[string]func() ([]byte, error){".png": f.PNG, ".svg": f.SVG} {
			want, err := draw()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, f.Name+ending)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s%s: %d bytes, %v; alone %d", f.Name, ending, len(got), err, len(want))
			}
		}
	}
	file := filepath.Join(dir, "theorem1.svg")
	if err := WriteAll(file, All(plan, nil)[:2]); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a folder that cannot be: %v", err)
	}
}

func TestDropsIgnoreWarmUp(t *testing.T) {
	curve := []results.Metrics{{Epoch: 1, LR: 0.02}, {Epoch: 2, LR: 0.1}, {Epoch: 3, LR: 0.1}, {Epoch: 4, LR: 0.001}, {Epoch: 5, LR: 0.001}, {Epoch: 6, LR: 1e-5}}
	r := &results.Result{Curve: curve}
	if got := rateDrops(r); len(got) != 2 || got[0] != 4 || got[1] != 6 {
		t.Errorf("drops at %v", got)
	}
	r.Settings.Schedule = "linear" // its last epoch ends at a small part of the rate before
	if got := rateDrops(r); got != nil {
		t.Errorf("a linear schedule drops at %v", got)
	}
}

// The shaded part of Theorem 3's figure ends where both the bound and its
// probability begin to say something.
func TestUselessUntil(t *testing.T) {
	g := &results.Grid{Columns: []string{"d", "printed_bound", "printed_success", "trivial"}}
	for _, r := range [][3]float64{{10, 0.4, -1}, {100, 0.1, 0.5}, {200, 0.025, 0.9}} {
		g.Rows = append(g.Rows, []*float64{new(r[0]), new(r[1]), new(r[2]), new(0.05)})
	}
	if to, ok := uselessUntil(g, g.Column("d")); !ok || math.Abs(to-150) > 1e-9 {
		t.Errorf("useless until %v (%v), want 150: the bound halves per 50", to, ok)
	}
	*g.Rows[0][1], *g.Rows[1][1] = 0.01, 0.01
	if to, ok := uselessUntil(g, g.Column("d")); !ok || math.Abs(to-55) > 1e-9 {
		t.Errorf("useless until %v (%v), want 55: ln of the printed failure is odd about it", to, ok)
	}
	*g.Rows[0][2] = 0.1
	if to, ok := uselessUntil(g, g.Column("d")); ok {
		t.Errorf("useless until %v where every row says something", to)
	}
}

func TestVacuousRange(t *testing.T) {
	for want, printed := range map[float64][]float64{100: {10, 1, 0.1}, 316.2: {10, 10, 0.1}, math.Inf(1): {10, 5, 1}} {
		if to, ok := vacuous([]float64{10, 100, 1000}, printed); !ok || !(math.Abs(to-want) < 1 || to == want) {
			t.Errorf("%v: vacuous to %v (%v), want %v", printed, to, ok, want)
		}
	}
	if _, ok := vacuous([]float64{10}, []float64{0.5}); ok {
		t.Error("a bound below 1 says something")
	}
}

// Of each method the largest ρ is shown class by class, and ρ_U = ρ.
func TestLeading(t *testing.T) {
	plan, res := madeUp(1)
	got := index(plan, res).leading()
	if len(got) != 2 || got[0].with.RhoU != 100 || got[1].with.Method != "CE(Uniform) + SSP" {
		t.Errorf("%v", got)
	}
	delete(res, "du100-0")
	if got := index(plan, res).leading(); len(got) != 2 || got[0].with.RhoU != 1 {
		t.Errorf("without ρ_U = ρ: %v", got)
	}
}

// A method is only compared with a base of the same data and size.
func TestNothingIsPairedAcrossScales(t *testing.T) {
	plan, res := madeUp(1)
	res["equal-0"].Settings.NMax = 24
	m := index(plan, res)
	m.paired(cifar("control", 100, 0, "CE, equal steps"), cifar("Table 1a", 100, 1, "CE + D_U@5x"), func(int, *results.Result, *results.Result) {
		t.Error("paired a control of another n_max")
	})
	for i, c := range plan.Cells {
		if c.Task == "twice-0" {
			plan.Cells[i].Profile = "another"
		}
	}
	index(plan, res).paired(cifar("control", 100, 0, "CE, twice the epochs"), cifar("Table 1a", 100, 1, "CE + D_U@5x"), func(int, *results.Result, *results.Result) {
		t.Error("paired a control of another profile")
	})
	m.paired(cifar("Table 1a", 100, 0, "CE"), cifar("Table 1a", 100, 1, "CE + D_U@5x"), func(r int, a, b *results.Result) {
		if r != 0 || a != res["ce-0"] || b != res["du1-0"] {
			t.Errorf("replicate %d: %s with %s", r, a.Task, b.Task)
		}
	})
}

// Nor with one of other seeds, or with a method's run on another pool; a base, which
// needs no pool, stands beside each.
func TestNothingIsPairedAcrossSeedsOrPools(t *testing.T) {
	ce, du := cifar("Table 1a", 100, 0, "CE"), cifar("Table 1a", 100, 1, "CE + D_U@5x")
	for name, change := range map[string]func(r *results.Result){
		"seed":       func(r *results.Result) { r.Settings.Seed += 7 },
		"data seed":  func(r *results.Result) { r.Settings.DataSeed += 7 },
		"unverified": func(r *results.Result) { r.DataMark, r.DataDigest = "unverified", "abc" },
		"pool":       func(r *results.Result) { r.Settings.Pool = "authors" },
	} {
		plan, res := madeUp(1)
		res["du1-0"].Settings.Pool = "held-out"
		other := *res["du1-0"]
		other.Task, other.LastErrorPct = "other", 1
		change(&other)
		res["other"] = &other
		for _, c := range plan.Cells {
			if c.Task == "du1-0" { // ahead of the plan's own
				c.Task = "other"
				plan.Cells = append([]results.Cell{c}, plan.Cells...)
				break
			}
		}
		var got []string
		index(plan, res).paired(ce, du, func(r int, a, b *results.Result) { got = append(got, a.Task+" "+b.Task) })
		if name == "pool" {
			m := index(plan, res)
			for s := range m[du] {
				if m.atScale(ce, s)[0] != res["ce-0"] {
					t.Errorf("%s: CE does not stand beside %+v", name, s)
				}
			}
			if len(m[du]) != 2 || len(got) != 1 {
				t.Errorf("%s: %d pools, %q", name, len(m[du]), got)
			}
		} else if len(got) != 1 || got[0] != "ce-0 du1-0" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A variant's report draws its runs, though more of the profile's ship; the profile's
// draws the profile's.
func TestAVariantsOwnRunsAreDrawn(t *testing.T) {
	ce, du := cifar("Table 1a", 100, 0, "CE"), cifar("Table 1a", 100, 1, "CE + D_U@5x")
	for profile, want := range map[string]string{"quick": "ce-0 du1-0,ce-1 du1-1", "quick:epochs=9": "own-ce own-du"} {
		plan, res := madeUp(2)
		plan.Profile = profile
		for _, name := range []string{"ce", "du"} {
			own := *res[map[string]string{"ce": "ce-0", "du": "du1-0"}[name]]
			own.Task, own.Settings.Variant = "own-"+name, "epochs=9"
			res[own.Task] = &own
			plan.Cells = append(plan.Cells, results.Cell{Key: map[string]paper.Key{"ce": ce, "du": du}[name], Profile: "quick:epochs=9", Task: own.Task, Grade: results.GradeStandIn, Data: "Fashion-MNIST-LT"})
		}
		var got []string
		index(plan, res).paired(ce, du, func(_ int, a, b *results.Result) { got = append(got, a.Task+" "+b.Task) })
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %q, want %s", profile, got, want)
		}
	}
}

// Of one grade the plan's own seeds are drawn, though more runs of other ones ship; and
// a map stands beside one of the same seeds.
func TestAPlansOwnSeedsAreDrawn(t *testing.T) {
	ce, du := cifar("Table 1a", 100, 0, "CE"), cifar("Table 1a", 100, 1, "CE + D_U@5x")
	for seed, want := range map[int]string{0: "ce-0 du1-0,ce-1 du1-1", 7: "own ce-0 own du1-0"} {
		plan, res := madeUp(2)
		plan.Seed = seed
		for _, c := range slices.Clone(plan.Cells) {
			if c.Task == "ce-0" || c.Task == "du1-0" || c.Task == "map-ce-0" || seed == 7 && c.Task == "map-ssp-0" {
				own := *res[c.Task]
				c.Task = "own " + c.Task
				own.Task, own.Settings.Seed = c.Task, 7
				if own.Embedding != nil {
					e := *own.Embedding
					e.Separation.LeakagePct += 50
					own.Embedding = &e
				}
				res[c.Task] = &own
				plan.Cells = slices.Insert(plan.Cells, 0, c)
			}
		}
		var got []string
		index(plan, res).paired(ce, du, func(_ int, a, b *results.Result) { got = append(got, a.Task+" "+b.Task) })
		if strings.Join(got, ",") != want {
			t.Errorf("seed %d: %q, want %s", seed, got, want)
		}
		for _, c := range mapCells(plan, res, "Figure 4", []string{"CE", "CE" + paper.WithSSP}) {
			if strings.HasPrefix(c.Task, "own ") != (seed == 7) {
				t.Errorf("seed %d: the map of %s", seed, c.Task)
			}
		}
	}
}

func TestPartCommand(t *testing.T) {
	plan := results.Plan{Selection: results.Selection{Profile: "quick", Only: []string{"table1"}, SkipShipped: true, Seeds: 3, Seed: 7}}
	for _, c := range []struct{ reason, part, task, want string }{
		{"its part in place of what was asked for", "figure2", "0123456789abcdef", "longtail reproduce --profile quick --only figure2 --seeds 3 --seed 7"},
		{"no part", "", "0123456789abcdef", "longtail reproduce --profile quick --only 0123456789ab --seeds 3 --seed 7"},
		{"cannot be run", "table3", "", ""},
	} {
		if got := partCommand(plan, results.Cell{Part: c.part, Task: c.task}); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}

// What this plan does not run names a command, in its reason or beside it.
func TestNotRunNamesACommand(t *testing.T) {
	k := cifar("Figure 3", 50, 50, "CE")
	all := func(paper.Key) bool { return true }
	const desktop = "longtail reproduce --profile desktop --data-dir DIR"
	for name, c := range map[string]struct {
		cells         []results.Cell
		body, command string
	}{
		"no cell": {nil, "not among this plan's cells", desktop},
		"reason":  {[]results.Cell{{Key: k, Reason: "no data: " + desktop}}, desktop, ""},
		"planned": {[]results.Cell{{Key: k, Task: "0123456789abcdef", Part: "figure3"}}, "to run it", "longtail reproduce --profile  --only figure3"},
	} {
		if n := notRun(results.Plan{Cells: c.cells}, all); !strings.Contains(n.body, c.body) || n.command != c.command {
			t.Errorf("%s: %q, %q", name, n.body, n.command)
		}
	}
}

// A base that was run at the paper's scale as well does not hide the stand-in's
// that a method is to be compared with.
func TestTheSameReplicateAtTwoScales(t *testing.T) {
	plan, res := madeUp(2)
	ce, du := cifar("Table 1a", 100, 0, "CE"), cifar("Table 1a", 100, 1, "CE + D_U@5x")
	official := func(k paper.Key, of, task string) {
		r := *res[of]
		r.Task, r.Grade, r.DataMark, r.Settings.Data = task, results.GradePaper, "", "cifar10"
		res[task] = &r
		for _, c := range plan.Cells {
			if c.Task == of && c.Key == k {
				c.Task, c.Data, c.Grade = task, "CIFAR-10-LT", results.GradePaper
				plan.Cells = append(plan.Cells, c)
				return
			}
		}
		t.Fatalf("no cell of %s", of)
	}
	pairs := func() (tasks []string) {
		index(plan, res).paired(ce, du, func(r int, a, b *results.Result) { tasks = append(tasks, a.Task+" "+b.Task) })
		return tasks
	}
	official(ce, "ce-0", "official")
	if got := pairs(); !slices.Equal(got, []string{"ce-0 du1-0", "ce-1 du1-1"}) {
		t.Errorf("%q", got)
	}
	if alt := LearningCurves(plan, res)[0].Alt; !strings.HasPrefix(alt, "Learning curves. CE, ρ = 100: ") || strings.Count(alt, "CE, ρ = 100, stand-in: ") != 1 {
		t.Errorf("not the paper's data first, or two curves of one name: %s", alt)
	}
	// Once the method was run at that scale, too, nothing of the other is mixed in.
	official(du, "du1-0", "official-du")
	if got := pairs(); !slices.Equal(got, []string{"official official-du"}) {
		t.Errorf("%q", got)
	}
	if s := index(plan, res).scales([]paper.Key{ce, du}); len(s) != 2 || s[0].Data != "cifar10" || s[1].Data == "cifar10" {
		t.Errorf("%+v", s)
	}
	if s := index(plan, res).scales([]paper.Key{{Source: "Table 9"}}); len(s) != 0 {
		t.Errorf("a scale of nothing: %+v", s)
	}
}

// Of a sweep at two scales each has a panel that says what it is, and what was not
// run at one of them is no reason to hide the other.
func TestSweepsAtTwoScales(t *testing.T) {
	plan, res := madeUp(2)
	before := Figure2(plan, res)
	plan.Cells = append(plan.Cells, results.Cell{Profile: "desktop", Key: relevanceKey("Figure 2", 50, 60), Task: "official60", Grade: results.GradeSimilar, Data: "CIFAR-10-LT"})
	res["official60"] = &results.Result{Task: "official60", Grade: results.GradeSimilar, LastErrorPct: 54.1, Settings: results.Settings{Kind: results.KindTrain, Data: "cifar10", NMax: 700, Rho: 50}}
	f := Figure2(plan, res)
	if len(f.Panels) != len(before.Panels)+1 || f.Height <= before.Height {
		t.Fatalf("%d panels of %v, %d before of %v", len(f.Panels), f.Height, len(before.Panels), before.Height)
	}
	if first, second := f.Panels[0][0].Title.Text, f.Panels[1][0].Title.Text; !strings.Contains(first, "n_max = 700") || !strings.HasSuffix(second, "stand-in") {
		t.Errorf("panels %q and %q", first, second)
	}
	for _, want := range []string{"n_max = 700 (grade S): 1 of 6 levels", "stand-in (grade T): 6 of 6 levels"} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption has no %q: %s", want, f.Caption)
		}
	}
}

// Errors in print stand where they can be compared: beside the paper's data and
// schedule, or where there is nothing else. The shaded claim stands everywhere.
func TestPrintedErrorsOfSweeps(t *testing.T) {
	drawn := func(f *Figure) (names []string) {
		for _, e := range f.legend {
			if strings.HasPrefix(e.name, "published") || strings.HasPrefix(e.name, "benefit") {
				names = append(names, e.name[:strings.IndexAny(e.name, ":,")])
			}
		}
		return names
	}
	for _, c := range []struct {
		grade results.Grade
		want  int // of Figure 2: claim, diamond and line
		top   float64
	}{{"", 3, 28}, {results.GradePaper, 3, 28}, {results.GradeSimilar, 1, 61}, {results.GradeStandIn, 1, 61}} {
		plan := results.Plan{}
		res := map[string]*results.Result{}
		if c.grade != "" {
			plan.Cells = []results.Cell{{Key: relevanceKey("Figure 2", 50, 60), Task: "60", Grade: c.grade}}
			res["60"] = &results.Result{Task: "60", Grade: c.grade, LastErrorPct: 20}
		}
		if c.want == 1 {
			res["60"].LastErrorPct = 60
		}
		f := Figure2(plan, res)
		y := f.Panels[0][0].Y
		if got := drawn(f); len(got) != c.want || y.Max != c.top || (y.Min < 20) != (c.want == 3) {
			t.Errorf("grade %q: %q, errors from %v to %v", c.grade, got, y.Min, y.Max)
		}
		if strings.Contains(f.Alt, "25.19") != (c.want == 3) || !strings.Contains(f.Caption, "25.19") {
			t.Errorf("grade %q: %s\n%s", c.grade, f.Alt, f.Caption)
		}
		if strings.Contains(f.Caption, "for reference and not drawn") != (c.want == 1) || strings.Contains(f.Caption, "are drawn only beside") != (c.want == 3) {
			t.Errorf("grade %q: %s", c.grade, f.Caption)
		}
		if got := drawn(Figure3(plan, res)); len(got) != 2 {
			t.Errorf("Figure 3, of which nothing was measured: %q", got)
		}
	}
}

// Panels stand by ρ and by the levels of a sweep, in whatever order they were planned.
func TestOrderOfPanels(t *testing.T) {
	plan, res := results.Plan{}, map[string]*results.Result{}
	add := func(k paper.Key, grade results.Grade) {
		task := fmt.Sprint(len(plan.Cells))
		plan.Cells = append(plan.Cells, results.Cell{Key: k, Task: task, Grade: grade})
		r := classifier(task, 20, 0)
		if r.Grade, r.Settings.Rho = grade, k.Rho; grade != results.GradeStandIn {
			r.DataMark = ""
		}
		res[task] = r
	}
	for _, k := range []paper.Key{
		{Source: "Table 3", Dataset: paper.CIFAR100, Rho: 100, Method: "CE"},
		relevanceKey("Figure 2", 50, 0), relevanceKey("Figure 2", 50, 60), cifar("Table 1a", 50, 50, "CE"+paper.WithDU), relevanceKey("Figure 2", 50, 20), relevanceKey("Figure 2", 50, 100),
		relevanceKey("Figure 3", 75, 60), relevanceKey("Figure 3", 1, 60),
		cifar("Table 1a", 10, 0, "CE"), cifar("Table 1a", 50, 0, "CE"), cifar("Table 1a", 100, 0, "LDAM"), cifar("Table 1a", 100, 0, "CE"),
	} {
		add(k, results.GradeStandIn)
	}
	add(cifar("Table 1a", 10, 0, "CE"), results.GradePaper)
	titles := func(figures ...*Figure) (all []string) {
		for _, f := range figures {
			for _, row := range f.Panels {
				for _, p := range row {
					if p != nil {
						all = append(all, strings.TrimSuffix(p.Title.Text, ", stand-in"))
					}
				}
			}
		}
		return all
	}
	for got, want := range map[string]string{
		strings.Join(titles(LearningCurves(plan, res)...), "; "): "CE, ρ = 10; LDAM, ρ = 100; CE, ρ = 100; CE + D_U@5x, ρ = 50, ρ_U = 50; CE, ρ = 50; " +
			"CE + D_U@5x, relevance 0 %, ρ = 50, ρ_U = 50; CE + D_U@5x, relevance 20 %, ρ = 50, ρ_U = 50; CE + D_U@5x, relevance 60 %, ρ = 50, ρ_U = 1; " +
			"CE + D_U@5x, relevance 60 %, ρ = 50, ρ_U = 50; CE + D_U@5x, relevance 60 %, ρ = 50, ρ_U = 75; CE + D_U@5x, relevance 100 %, ρ = 50, ρ_U = 50; CE, ρ = 10; CE, CIFAR-100-LT, ρ = 100",
		strings.Join(titles(ClassSizes(plan, res)), "; "): "CIFAR-10-LT, ρ = 100; CIFAR-10-LT, ρ = 50; CIFAR-10-LT, ρ = 10; CIFAR-100-LT, ρ = 100",
	} {
		if got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// Pseudo-labels of neighboring series differ in form as in color, each is in the
// legend, and none is of a D_U without them.
func TestStrokesOfPseudoLabels(t *testing.T) {
	plan, res := madeUp(1)
	strokes := func() (shapes []any) {
		for _, e := range ClassSizes(plan, res).legend {
			if strings.HasPrefix(e.name, "pseudo-labels") {
				shapes = append(shapes, e.thumb.(sample).marker.Shape)
			}
		}
		return shapes
	}
	if got := strokes(); len(got) != 2 || got[0] == got[1] {
		t.Errorf("%T", got)
	}
	if pseudoStroke(0).Shape == pseudoStroke(2).Shape || pseudoStroke(1).Shape == pseudoStroke(2).Shape {
		t.Error("the third looks like the first or the second")
	}
	res["du1-0"].PseudoCounts = nil
	if got := strokes(); len(got) != 1 {
		t.Errorf("%d strokes of one D_U", len(got))
	}
}

// Matrices say what their rows and columns are, and of which runs.
func TestConfusionsNameTheirAxes(t *testing.T) {
	plan, res := madeUp(2)
	f := Confusions(plan, res)[0]
	if want := "CE + D_U@5x, ρ = 100, ρ_U = 100, stand-in, n = 2 beside CE: "; !strings.Contains(f.Alt, want) {
		t.Errorf("no %q in %s", want, f.Alt)
	}
	for _, row := range f.Panels {
		left, right := row[0], row[1]
		if left.Y.Label.Text != "true class" || left.X.Label.Text != "predicted class" || right.X.Label.Text != "predicted class" {
			t.Errorf("%q over %q, and over %q", left.Y.Label.Text, left.X.Label.Text, right.X.Label.Text)
		}
		if left.Title.Text != "CE, ρ = 100, stand-in, n = 2" {
			t.Error(left.Title.Text)
		}
	}
}

// What titles leave out is in the caption: which data a stand-in is, and which the
// rest. A set that titles name is not there, nor is anything where nothing was run.
func TestCaptionsNameTheData(t *testing.T) {
	plan, res := madeUp(2)
	draw := func() map[string]*Figure {
		return map[string]*Figure{"gains": GainForest(plan, res)[0], "classes": PerClass(plan, res)[0], "confusion": Confusions(plan, res)[0], "curves": LearningCurves(plan, res)[0]}
	}
	const own, standIn = "CIFAR-10-LT where no set is named", "Fashion-MNIST-LT as the stand-in"
	check := func(reason string, wants map[string]bool) {
		for name, f := range draw() {
			for want, is := range wants {
				if strings.Contains(f.Caption, want) != is {
					t.Errorf("%s: %s: %q is in it: %v: %s", reason, name, want, !is, f.Caption)
				}
			}
		}
	}
	check("all of it a stand-in", map[string]bool{"Data: " + standIn + ".": true, own: false})
	for _, c := range plan.Cells {
		if strings.HasPrefix(c.Task, "ce-") || strings.HasPrefix(c.Task, "du100-") {
			k := c
			k.Task, k.Data, k.Grade = "own-"+c.Task, "CIFAR-10-LT", results.GradePaper
			r := *res[c.Task]
			r.Task, r.Grade, r.DataMark, r.Settings.Data = k.Task, results.GradePaper, "", "cifar10"
			plan.Cells, res[k.Task] = append(plan.Cells, k), &r
		}
	}
	check("both", map[string]bool{"Data: " + own + ", " + standIn + ".": true})
	for i := range plan.Cells {
		plan.Cells[i].Grade, plan.Cells[i].Dataset = results.GradePaper, paper.SVHN
	}
	for _, r := range res {
		r.Grade, r.DataMark = results.GradePaper, ""
	}
	check("a set that is named", map[string]bool{"Data:": false})
	res = nil
	check("nothing run", map[string]bool{"Data:": false})
}

// One run a point is not called a mean.
func TestReplicatesAreSaid(t *testing.T) {
	for n, want := range map[int]string{1: "1 replicate each", 2: "mean over the replicates"} {
		plan, res := madeUp(n)
		for _, f := range []*Figure{Figure2(plan, res), Figure3(plan, res)} {
			if !strings.Contains(f.Caption, want) || n == 1 && strings.Contains(f.Caption, "mean") {
				t.Errorf("%d: %s", n, f.Caption)
			}
		}
		for _, row := range PerClass(plan, res)[0].Panels {
			for _, p := range row {
				if p != nil && !strings.HasSuffix(p.Title.Text, fmt.Sprintf(", n = %d", n)) {
					t.Errorf("%d: %s", n, p.Title.Text)
				}
			}
		}
	}
}

// The paper's data are drawn before what ships of the stand-in, whose numbers enter
// no mean with theirs.
func TestMapsOfTwoGrades(t *testing.T) {
	plan, res := madeUp(2)
	if f := Figure4(plan, res); !strings.Contains(f.Caption, "mean of 2 replicates") || strings.Contains(f.Caption, "grade S") {
		t.Fatalf("the fixture has no replicates of a map: %s", f.Caption)
	}
	var own []results.Cell
	for i, method := range []string{"CE", "CE" + paper.WithSSP} {
		task := fmt.Sprint("official-map-", i)
		own = append(own, results.Cell{Profile: "desktop", Key: cifar("Figure 4", 100, 0, method+paper.Embedding), Task: task, Grade: results.GradeSimilar, Data: "CIFAR-10-LT"})
		r := featureMap(9, 0, 71.5, i)
		r.Grade, r.DataMark = results.GradeSimilar, ""
		res[task] = r
	}
	for _, cells := range [][]results.Cell{append(slices.Clone(own), plan.Cells...), append(slices.Clone(plan.Cells), own...)} {
		plan.Cells = cells
		f := Figure4(plan, res)
		if strings.Count(f.Caption, "grade S") != 2 || strings.Contains(f.Caption, "mean of 2") || !strings.Contains(f.Alt, "71.5 %") {
			t.Errorf("%s\n%s", f.Caption, f.Alt)
		}
	}
}

// Epochs have no halves.
func TestWholeSteps(t *testing.T) {
	for _, c := range []struct {
		s    steps
		hi   float64
		want string
	}{{steps{}, 2, "0.0 0.5 1.0 1.5 2.0"}, {steps{least: 1}, 2, "0 1 2"}, {steps{least: 1}, 200, "0 50 100 150 200"}, {epochSteps(999), 999, "0 200 400 600 800"}, {epochSteps(1175), 1175, "0 500 1000"}} {
		var got []string
		for _, tick := range c.s.Ticks(0, c.hi) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("to %v: %q", c.hi, got)
		}
	}
}
