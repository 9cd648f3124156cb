package claims

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
	"longtail/score"
	"longtail/stats"
)

func verdictOn(t *testing.T, rows []Verdict, id, against string) Verdict {
	t.Helper()
	for _, r := range rows {
		if r.ID == id && r.Against == against {
			return r
		}
	}
	t.Fatalf("no row %s %s", id, against)
	return Verdict{}
}

// claim is the first row of an estimand.
func claim(t *testing.T, in Evidence, id, against string) Verdict {
	t.Helper()
	return verdictOn(t, Judge(in), id, against)
}

// What the primary claims are about was fixed beforehand too: "seen" takes every cell.
func TestPrimaryEstimandsHaveTheFixedCells(t *testing.T) {
	of := map[string]estimand{}
	for _, e := range estimands() {
		of[e.claim+e.against] = e
	}
	for _, c := range []struct {
		id                   string
		cells, lines, points int
	}{
		{"S1plain", 48, 0, 0}, {"S1equal-step", 48, 0, 0}, // Table 1: two sets, two methods, three ρ, four ρ_U
		{"S4", 0, 16, 48}, {"S5", 0, 12, 48},
		{"S7", 48, 0, 0},
		{"F7", 30, 0, 0}, // the rules of P1 and CE
		{"P1", 24, 0, 0}, // Table 2: two sets, four rules, three ρ
		{"P3", 0, 8, 24}, {"L1", 12, 0, 0},
	} {
		e, points := of[c.id], 0
		for _, l := range e.lines {
			points += len(l.points)
		}
		if len(e.cells) != c.cells || len(e.lines) != c.lines || points != c.points {
			t.Errorf("%s: %d cells, %d lines of %d points, want %+v", c.id, len(e.cells), len(e.lines), points, c)
		}
	}
	if e := of["R2equal-step"]; len(e.curve.points) != 6 {
		t.Errorf("R2: %d levels", len(e.curve.points))
	}
	for _, c := range of["P1"].cells {
		for _, term := range c.value {
			if k := term.Keys[0]; k.Source != "Table 2" {
				t.Errorf("P1 is about %s", k)
			}
		}
	}
}

// The measured effects are those of the stored results, and the printed ones
// those of paper.
func TestMeasuredEffects(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	last := map[string]float64{}
	for i, c := range resultstest.Block1 {
		if _, ok := last[c.Task]; !ok {
			last[c.Task] = c.Error + resultstest.Wobble(0, i)
		}
	}
	all := Judge(in)
	for _, c := range []struct {
		id, against string
		want        float64
	}{
		{"S1", "plain", last["ce"] - (last["du1"]+last["du100"])/2},
		{"S1", "equal-step", last["equal"] - (last["du1"]+last["du100"])/2},
		{"S5", "", (last["du100"] - last["du1"]) / math.Log(100)},
		{"F7", "", last["warm"] - last["ssp"]},
		{"P2", "", last["ce"] - last["ssp"]},
		{"S7", "", 13 - (11.0+9.0)/2},
	} {
		r := verdictOn(t, all, c.id, c.against)
		if !strings.HasPrefix(r.Measured, signed(c.want)+" points") {
			t.Errorf("%s %s: %q, want %s", c.id, c.against, r.Measured, signed(c.want))
		}
		if r.Word != "on the stand-in: not settled" || r.Replicates != 1 || r.Grade != results.GradeStandIn {
			t.Errorf("%s: one replicate on a stand-in gave %q (n %d, grade %s)", c.id, r.Word, r.Replicates, r.Grade)
		}
	}
	if r := verdictOn(t, all, "S1", "plain"); r.WordNote != "2 of 48 cells run" ||
		r.Printed != "+11.53 points" || r.PrintedAll != "+4.72 in all 48" || r.PrintedNote != "mean of 48 cells published, 48 positive" || !strings.HasPrefix(r.MeasuredNote, "mean over 2 cells, 2 positive; ") {
		t.Errorf("S1: %q, %q, %q, %q", r.WordNote, r.Printed, r.PrintedNote, r.MeasuredNote)
	}
	if r := verdictOn(t, all, "F7", ""); !strings.Contains(r.MeasuredNote, "over supervised training for twice the epochs: "+signed(last["twice"]-last["ssp"])+" points (n = 1)") {
		t.Errorf("F7: %q", r.MeasuredNote)
	}
	// Both cells lie at ρ = 100: no slope in ln ρ.
	if r := verdictOn(t, all, "S4", ""); r.Measured != "no estimate" || r.Word != "on the stand-in: not settled" {
		t.Errorf("S4: %q, %q", r.Measured, r.Word)
	}
	if r := verdictOn(t, all, "S2", ""); r.Word != "no verdict at this grade" {
		t.Errorf("a size at grade T: %q", r.Word)
	}
}

// Three levels of ρ whose errors are known: the slopes can be computed by hand.
func TestTrendOnKnownErrors(t *testing.T) {
	in := Evidence{Plan: results.Plan{Selection: results.Selection{Profile: "p"}}, Results: map[string]*results.Result{}}
	for rep := range 2 {
		for _, rho := range []float64{10, 50, 100} {
			for _, c := range []struct {
				k     paper.Key
				error float64
			}{
				{paper.ResNet32("Table 1a", paper.CIFAR10, rho, 0, "CE"), 10 + 4*math.Log(rho)},
				{paper.ResNet32("Table 1a", paper.CIFAR10, rho, 1, "CE + D_U@5x"), 10 + math.Log(rho) - float64(rep)*math.Log(rho)},
			} {
				task := fmt.Sprintf("%v %d", c.k, rep)
				in.Plan.Cells = append(in.Plan.Cells, results.Cell{Key: c.k, Replicate: rep, Task: task, Grade: results.GradePaper})
				in.Results[task] = &results.Result{Task: task, Grade: results.GradePaper, LastErrorPct: c.error}
			}
		}
	}
	r := claim(t, in, "S4", "")
	// Slopes of the gain: 3 in replicate 0 and 4 in replicate 1.
	if !strings.HasPrefix(r.Measured, "+3.50 [") || r.Replicates != 2 || r.WordNote != "3 of 48 cells run; level 0.025, one of 2 at this grade" {
		t.Errorf("S4: %q, n %d, %s", r.Measured, r.Replicates, r.WordNote)
	}
	if !strings.Contains(r.MeasuredNote, "+8.06 [−6.57, +22.69] points over the published range") || !strings.Contains(r.MeasuredNote, "relative gain: +") {
		t.Errorf("S4: %q", r.MeasuredNote)
	}
}

// What was seen from ρ = 50 to 100 is no change over 10 to 100.
func TestChangeOverThePublishedRangeIsMeasured(t *testing.T) {
	at := func(rhos ...float64) string {
		var keys []paper.Key
		for _, rho := range rhos {
			keys = append(keys, paper.ResNet32("Table 1a", paper.CIFAR10, rho, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, rho, 1, "CE + D_U@5x"))
		}
		in := table(results.GradePaper, 1, keys, func(k paper.Key, _ int) float64 { return 10 + k.Rho/10*(1-k.RhoU/2) })
		r := claim(t, in, "S4", "")
		if r.Measured == "no estimate" {
			t.Errorf("ρ = %v: %s", rhos, r.Measured)
		}
		return r.MeasuredNote
	}
	if note := at(100, 50); strings.Contains(note, "published range") {
		t.Errorf("ρ = 50 to 100: %s", note)
	}
	if note := at(100, 10); !strings.Contains(note, "points over the published range") {
		t.Errorf("ρ = 10 to 100: %s", note)
	}
}

func TestWordsNeedTheirGradeAndReplicates(t *testing.T) {
	r := claim(t, madeUp(results.GradePaper, 3), "S1", "plain")
	if r.Word != "seen on average (2 of 2)" || !r.Settled() || !strings.Contains(r.Measured, "[") {
		t.Errorf("S1 with three replicates at grade P: %q, %q", r.Word, r.Measured)
	}
	r = claim(t, madeUp(results.GradeStandIn, 3), "S1", "plain")
	if r.Word != "on the stand-in: seen on average (2 of 2)" || r.Settled() {
		t.Errorf("S1 with three replicates at grade T: %q", r.Word)
	}
}

func TestFailedReplicateIsNamed(t *testing.T) {
	in := madeUp(results.GradePaper, 3)
	for task := range in.Results {
		if strings.HasPrefix(task, "du12") {
			in.Results[task] = nil
			in.Failures[task] = "killed"
		}
	}
	r := claim(t, in, "S1", "plain")
	if r.Word != "not settled" || !strings.Contains(r.WordNote, "failed: CE CIFAR-10-LT ρ=100 ρ_U=1, replicate 2") {
		t.Errorf("%q, %q", r.Word, r.WordNote)
	}
}

// Results of two grades, or of two sizes at one grade, stand in rows of their
// own.
func TestNothingIsPooledAcrossBodies(t *testing.T) {
	in := madeUp(results.GradeStandIn, 2)
	more := madeUp(results.GradeSimilar, 2)
	for _, c := range more.Plan.Cells {
		if c.Task == "" {
			continue
		}
		r := more.Results[c.Task]
		c.Task = "z" + c.Task[1:]
		in.Results[c.Task] = r
		in.Plan.Cells = append(in.Plan.Cells, c)
	}
	var grades []string
	for _, r := range Judge(in) {
		if r.ID == "P2" {
			grades = append(grades, fmt.Sprintf("%s %d", r.Grade, r.Replicates))
		}
	}
	if strings.Join(grades, ", ") != "S 2, T 2" {
		t.Errorf("rows of P2: %v", grades)
	}
}

// A user's runs from seeds of their own stand apart from committed ones of the
// same replicates, which come last in the plan; so does what is made of them.
func TestSeedsArePairedWithTheirOwn(t *testing.T) {
	for _, own := range []seeds{{seed: 7}, {data: 10}} {
		in := madeUp(results.GradeStandIn, 3)
		committed := in.Plan.Cells
		in.Plan.Cells = nil
		for _, c := range committed {
			if r := in.Results[c.Task]; r != nil && (r.Task[:2] == "ce" || r.Task[:3] == "du1") {
				mine := *r
				mine.Task = "own" + r.Task[3:] + r.Task[:3]
				mine.Settings.Seed += own.seed
				mine.Settings.DataSeed += own.data
				mine.LastErrorPct = 50
				if r.Task[:2] == "ce" {
					mine.LastErrorPct = 60 + 0.1*float64(c.Replicate-1)
				}
				in.Results[mine.Task] = &mine
				c.Task = mine.Task
				in.Plan.Cells = append(in.Plan.Cells, c)
			}
		}
		in.Plan.Cells = append(in.Plan.Cells, committed...)
		var got []string
		for _, r := range Judge(in) {
			if r.ID == "S1" && r.Against == "plain" {
				got = append(got, fmt.Sprintf("%s %s", r.MeasuredNote, r.Measured))
			}
		}
		if len(got) != 2 || strings.Contains(got[0], "seed") || !strings.Contains(got[1], fmt.Sprintf("seed %d, data seed %d +10.00 [", own.seed, own.data)) {
			t.Errorf("seeds %+v: %q", own, got)
		}
	}
	// An embedding and pool labels draw nothing by the seed.
	of := map[string]results.Settings{"base": {Seed: 7, DataSeed: 11, Replicate: 1}}
	if s := results.ScaleOf(results.Settings{Kind: results.KindEmbed, Base: "base", DataSeed: 11, Replicate: 1}, nil, of); s.Seed != 7 || s.DataSeed != 10 {
		t.Errorf("an embedding of another seed's run: %+v", s)
	}
}

// What was run with another pool, or on files that are not known to be the official
// ones, stands apart from what ships; what needs no pool is compared with either.
func TestPoolsAndUnverifiedFilesStandApart(t *testing.T) {
	rows := func(change func(r *results.Result), which string) []string {
		in := madeUp(results.GradeSimilar, 2)
		shipped := in.Plan.Cells
		for _, c := range shipped {
			if r := in.Results[c.Task]; r != nil && strings.HasPrefix(r.Task, which) {
				mine := *r
				mine.Task = "own" + r.Task
				mine.LastErrorPct += 20
				change(&mine)
				in.Results[mine.Task] = &mine
				c.Task = mine.Task
				in.Plan.Cells = append(in.Plan.Cells, c)
			}
		}
		var got []string
		for _, r := range Judge(in) {
			if r.ID == "S1" && r.Against == "plain" {
				effect, _, _ := strings.Cut(r.Measured, " ")
				cells, _, _ := strings.Cut(r.WordNote, "; level ") // which falls with the rows of the grade
				got = append(got, fmt.Sprintf("%s, %s", effect, cells))
			}
		}
		return got
	}
	alone := rows(func(*results.Result) {}, "none")
	if len(alone) != 1 {
		t.Fatalf("%q", alone)
	}
	otherPool := rows(func(r *results.Result) { r.Settings.Pool = "authors" }, "du1")
	if len(otherPool) != 2 || otherPool[0] != alone[0] && otherPool[1] != alone[0] {
		t.Errorf("with another pool: %q, without: %q", otherPool, alone)
	}
	unverified := rows(func(r *results.Result) { r.DataMark, r.DataDigest = "unverified", "abc" }, "")
	if len(unverified) != 2 || unverified[0] != alone[0] && unverified[1] != alone[0] {
		t.Errorf("with unverified files: %q, without: %q", unverified, alone)
	}
	irrelevant := rows(func(r *results.Result) {
		r.IrrelevantMark, r.IrrelevantDigest = "irrelevant, unverified", "abc"
	}, "du1")
	if len(irrelevant) != 2 || !strings.Contains(strings.Join(irrelevant, "\n"), alone[0]) {
		t.Errorf("with unverified irrelevant images: %q, without: %q", irrelevant, alone)
	}
	if same := rows(func(*results.Result) {}, "du1"); len(same) != 1 || same[0] != alone[0] {
		t.Errorf("the same once more, after the plan's own: %q, want %q", same, alone)
	}
}

// A run that failed does not say which files its pool had, where they are not the
// official ones: it is named beside every pool of its name.
func TestFailedRunOfAnUnverifiedPool(t *testing.T) {
	in := madeUp(results.GradePaper, 3)
	for task, r := range in.Results {
		switch {
		case strings.HasPrefix(task, "du12"):
			in.Results[task], in.Failures[task] = nil, "killed"
		case r != nil && r.Settings.Pool != "":
			r.PoolMark, r.PoolDigest = "authors' pickle, unverified", "abc"
		}
	}
	var got []string
	for _, r := range Judge(in) {
		if r.ID == "S1" && r.Against == "plain" {
			got = append(got, r.Word+"; "+r.WordNote)
		}
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], "not settled;") || !strings.Contains(got[0], "failed: CE CIFAR-10-LT ρ=100 ρ_U=1, replicate 2") {
		t.Errorf("rows of S1: %q", got)
	}
}

// Evidence from a pool that nobody can verify says so, also where there is no other.
func TestUnverifiedPoolIsNamed(t *testing.T) {
	in := madeUp(results.GradePaper, 3)
	for _, r := range in.Results {
		if r.Settings.Pool != "" {
			r.PoolMark, r.PoolDigest = "authors' pickle, unverified", "abc"
		}
	}
	n := 0
	for _, r := range Judge(in) {
		if r.ID == "S1" && r.Against == "plain" {
			if n++; !strings.Contains(r.MeasuredNote, "unverified abc") {
				t.Errorf("the note of S1 is %q", r.MeasuredNote)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d rows of S1", n)
	}
}

// Baselines stand beside each pool. What needs no pool is from the same runs then,
// and stands in one row.
func TestClaimsWithoutAPoolStandOnce(t *testing.T) {
	in := madeUp(results.GradePaper, 2)
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil && r.Settings.Pool != "" && strings.HasPrefix(c.Task, "du") {
			other := *r
			other.Settings.Pool = "another"
			c.Task = "other" + c.Task
			other.Task = c.Task
			in.Results[c.Task] = &other
			in.Plan.Cells = append(in.Plan.Cells, c)
		}
	}
	count := map[string]int{}
	for _, r := range Judge(in) {
		count[r.ID+r.Against]++
		if r.ID == "P2" && strings.Contains(r.MeasuredNote, "pool") {
			t.Errorf("P2 has a pool: %s", r.MeasuredNote)
		}
	}
	if count["S1plain"] != 2 || count["P2"] != 1 || count["F7"] != 1 {
		t.Errorf("rows: %d of S1, %d of P2, %d of F7", count["S1plain"], count["P2"], count["F7"])
	}
}

// P6 counts runs from SSP: those of other images, too, but no re-trained heads and no
// supervised starts.
func TestSameImagesOfPreTraining(t *testing.T) {
	keys := []paper.Key{}
	for _, method := range []string{"CE" + paper.WithSSP, "CE-DRW" + paper.WithSSP, "CE" + paper.WithSSP + paper.WithCRT, "CE" + paper.WarmStart} {
		keys = append(keys, paper.Control(paper.CIFAR10, 100, 0, method))
	}
	in := table(results.GradePaper, 2, keys, func(paper.Key, int) float64 { return 30 })
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		r.Settings.Init, r.Fingerprint, r.InitFingerprint = "pretrained", "images", "images"
		r.Settings.Retrained = strings.Contains(c.Method, paper.WithCRT)
		if c.Method == keys[1].Method && c.Replicate == 1 {
			r.InitFingerprint = "others"
		}
	}
	for _, r := range Judge(in) {
		if r.ID == "P6" && r.Measured != "pre-training saw the same labeled images as fine-tuning, and no other, in 3 of 4 runs" {
			t.Errorf("%q", r.Measured)
		}
	}
}

// Another pool than print's makes a run grade S; its baselines have none and are at
// grade P. The gain is there all the same, at grade S, and P's own claims stand once.
func TestGainsWithAPoolOfOnesOwn(t *testing.T) {
	in := madeUp(results.GradePaper, 2)
	for i, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil && r.Settings.Pool != "" {
			r.Grade = results.GradeSimilar
			in.Plan.Cells[i].Grade = r.Grade
		}
	}
	grades := map[string]string{}
	for _, r := range Judge(in) {
		if r.runs != nil {
			grades[r.ID+r.Against] += string(r.Grade)
		}
	}
	if grades["S1plain"] != "S" || grades["S1equal-step"] != "S" || grades["P2"] != "P" || grades["F7"] != "P" {
		t.Errorf("grades: %v", grades)
	}
}

// A number beside an effect is over the same cells and replicates.
func TestBesideIsOverTheSameCells(t *testing.T) {
	keys := []paper.Key{
		paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x"), paper.Control(paper.CIFAR10, 100, 0, "CE, equal steps"),
		paper.ResNet32("Table 1a", paper.CIFAR10, 10, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 10, 1, "CE + D_U@5x"),
	}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 { return 20 })
	biases := map[paper.Key]float64{keys[0]: .13, keys[1]: .12, keys[2]: .15, keys[3]: .4, keys[4]: .1}
	for _, c := range in.Plan.Cells {
		in.Results[c.Task].LabelBias = new(biases[c.Key] + float64(c.Replicate)/100)
	}
	if r := claim(t, in, "S7", ""); !strings.HasPrefix(r.Measured, "+3.00") || !strings.HasPrefix(r.Beside, "against the plain baseline: +1.00 (n = 2)") {
		t.Errorf("S7: %q, beside it %q", r.Measured, r.Beside)
	}
	if r := claim(t, in, "S7", ""); strings.Contains(r.Beside, "over") {
		t.Errorf("S7: %q", r.Beside)
	}
}

// So is S4's relative slope: a line that was run once stands in neither.
func TestRelativeSlopeIsOverTheSameLines(t *testing.T) {
	gain := func(k paper.Key) float64 { // of an error of 50, 20 points more in 100 a unit of ln ρ, or 60 fewer
		if strings.HasPrefix(k.Method, "CE") {
			return 10 * math.Log(k.Rho/10)
		}
		return 80 - 30*math.Log(k.Rho/10)
	}
	var keys []paper.Key
	for _, rho := range []float64{10, 50} {
		for _, base := range []string{"CE", "LDAM-DRW"} {
			keys = append(keys, paper.ResNet32("Table 1a", paper.CIFAR10, rho, 0, base), paper.ResNet32("Table 1a", paper.CIFAR10, rho, 1, base+" + D_U@5x"))
		}
	}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
		switch {
		case strings.HasPrefix(k.Method, "LDAM") && rep == 1:
			return nan
		case k.RhoU == 0:
			return 50
		}
		return 50 - gain(k)
	})
	if r := claim(t, in, "S4", ""); !strings.HasPrefix(r.Measured, "+10.00") || !strings.Contains(r.MeasuredNote, "relative gain: +20.00 % of the base's error per unit of ln ρ (n = 2)") {
		t.Errorf("S4: %q, %q", r.Measured, r.MeasuredNote)
	}
}

// And the slopes beside F2 and S12: with a level not run, they are over the others.
func TestSlopesBesideAreOverTheLevelsRun(t *testing.T) {
	bias := []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 10, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE")}
	quarter, half := paper.LabeledShare(.25), paper.LabeledShare(.5)
	labels := []paper.Key{at50("CE + D_U@5x" + quarter), at50("CE + D_U@5x" + half), paper.Control(paper.CIFAR10, 50, 0, "CE"+quarter), paper.Control(paper.CIFAR10, 50, 0, "CE"+half)}
	errors := map[paper.Key]float64{labels[0]: 40, labels[1]: 30, labels[2]: 42, labels[3]: 35}
	in := table(results.GradePaper, 1, slices.Concat(bias, labels), func(k paper.Key, _ int) float64 { return max(errors[k], 10) })
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		r.LabelBias, r.LabeledCounts = new(.1), []int{100, 50, 20, 5}
		if r.Confusion = [][]int{{50, 0, 0, 0}, {0, 50, 0, 0}, {0, 0, 50, 0}, {10, 5, 5, 30}}; c.Key == bias[1] {
			r.LabelBias, r.Confusion[3] = new(.2), []int{15, 5, 0, 30}
		}
	}
	for id, want := range map[string]string{
		"F2":  "go to a head class: " + signed(25/math.Log(10)) + " points", // 50 % and 75 %
		"S12": "slope of D_U's gain: " + signed(3/math.Log(2)) + " points",  // 2 and 5
	} {
		if r := claim(t, in, id, ""); !strings.Contains(r.MeasuredNote, want) {
			t.Errorf("%s: %q, %q, want %q", id, r.Measured, r.MeasuredNote, want)
		}
	}
}

// At print's own setting a size is said in numbers and settles nothing; it is open while
// an interval is too wide.
func TestSizes(t *testing.T) {
	base, with := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE + D_U@5x") // 6.96 in print
	for _, c := range []struct {
		gain   float64
		spread float64
		marks  []string // of the base
		want   string
		open   bool
	}{
		// Three replicates a spread apart: t(.975, 2)·√(4/3) = 4.968 times the spread.
		{1, .1, nil, "CE SVHN-LT ρ=100 ρ_U=1: published +6.96, measured +1.00 ± 0.50: outside", false},
		{6.6, .1, nil, "CE SVHN-LT ρ=100 ρ_U=1: published +6.96, measured +6.60 ± 0.50: inside", false},
		{1, 4, nil, "CE SVHN-LT ρ=100 ρ_U=1: published +6.96, measured +1.00 ± 19.87: too wide to tell", true},
		{1, 0, nil, "CE SVHN-LT ρ=100 ρ_U=1: published +6.96, measured +1.00: no interval from 3 runs", true},
		{1, .1, []string{results.MarkBestOf + "50 evaluations"}, "CE SVHN-LT ρ=100 ρ_U=1: best of fewer epochs than in print, no comparison", true},
	} {
		in := table(results.GradePaper, 3, []paper.Key{base, with}, func(paper.Key, int) float64 { return 20 })
		for i, cell := range in.Plan.Cells {
			if cell.Key == base {
				in.Plan.Cells[i].Marks = c.marks
			}
			r := in.Results[cell.Task]
			if r.BestErrorPct = 20; cell.Key == with {
				r.BestErrorPct = 20 - c.gain + c.spread*float64(cell.Replicate-1)
			}
		}
		r := claim(t, in, "S3", "")
		if r.Word != c.want || r.Settled() || r.Supported() || (!r.SizeDecided || r.FewerEpochs) != c.open {
			t.Errorf("gain %v, spread %v: %q, settled %v, decided %v, of fewer epochs %v", c.gain, c.spread, r.Word, r.Settled(), r.SizeDecided, r.FewerEpochs)
		}
	}
}

func TestTheoryWords(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	for _, res := range in.Results {
		if res.Findings != nil {
			res.Findings = append(res.Findings, results.Finding{Claim: "T1.4", Word: "true in a weaker form", Where: "another statement", Text: "made-up evidence"},
				results.Finding{Claim: "T1.9", Word: "true", Where: "n₊ = 990", Text: "made-up evidence"},
				results.Finding{Claim: "T1.12", Word: "true", Where: "in this model", Text: "made-up evidence"},
				results.Finding{Claim: "T1.11", Word: "no word", Text: "a remark"})
		}
	}
	all := Judge(in)
	if r := verdictOn(t, all, "T1.4", ""); r.Word != "true in a weaker form" || r.WordNote != "with another statement" {
		t.Errorf("T1.4: %+v", r)
	}
	if r := verdictOn(t, all, "T1.9", ""); r.WordNote != "at n₊ = 990" {
		t.Errorf("T1.9: %q", r.WordNote)
	}
	if r := verdictOn(t, all, "T1.12", ""); r.WordNote != "in this model" {
		t.Errorf("T1.12: %q", r.WordNote)
	}
	// A remark is among all claims and counts as none of the words on theory.
	if r := verdictOn(t, all, "T1.11", ""); r.Word != "no word" || r.Measured != "a remark" || r.Grade != "" {
		t.Errorf("T1.11: %+v", r)
	}
	r := verdictOn(t, all, "T1.2", "")
	if r.Word != "true but vacuous" || r.WordNote != "at n₊ = n₋ = 50" || r.Grade != results.GradeExact ||
		r.MeasuredNote != "in the stored grids, which are other settings, the bound holds in 6 of 6 rows; the exact value lies in the simulated 95 % interval in 6 of 6" {
		t.Errorf("%+v", r)
	}
	if r := verdictOn(t, all, "T1.5", ""); r.Word != "false" || r.WordNote != "at fixed recalls" {
		t.Errorf("T1.5: %+v", r)
	}
	if r := verdictOn(t, all, "T3.2", ""); r.Word != "not run" {
		t.Errorf("T3.2: %+v", r)
	}
	for _, res := range in.Results {
		if res.Grid != nil {
			res.Grid.Rows[5][2] = new(*res.Grid.Rows[5][1] / 2) // a bound below the exact value
		}
	}
	if r := claim(t, in, "T1.2", ""); r.Word != "false" || r.WordNote != "at 1 of 6 rows of the stored grids" {
		t.Errorf("a broken bound: %q %q", r.Word, r.WordNote)
	}
}

// A claim of which every run has failed has no setting to be described.
func TestEveryRunFailed(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	for _, c := range in.Plan.Cells {
		if c.Task != "" && c.Grade != results.GradeExact {
			in.Results[c.Task], in.Failures[c.Task] = nil, "killed"
		}
	}
	seen := 0
	for _, r := range Judge(in) {
		if strings.Contains(r.WordNote, "failed: ") {
			seen++
		}
		if note := strings.TrimSpace(r.MeasuredNote); strings.HasSuffix(note, ";") || strings.Contains(note, "; ;") {
			t.Errorf("%s: %q", r.ID, r.MeasuredNote)
		}
	}
	if seen < 5 {
		t.Errorf("%d rows have failed", seen)
	}
}

// What was computed here stands before what ships of another profile, and a grid of
// both counts once.
func TestTheoryOfTwoProfiles(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	for _, c := range in.Plan.Cells {
		if c.Source != "Theorem 1" {
			continue
		}
		c.Profile, c.Task = "paper", "shipped"
		in.Plan.Cells = append(in.Plan.Cells, c)
	}
	in.Results["shipped"] = &results.Result{Task: "shipped", Shipped: true, Grid: resultstest.TheoremGrid(),
		Findings: []results.Finding{{Claim: "T1.5", Word: "true", Text: "what ships"}, {Claim: "T1.6", Word: "true", Text: "what ships"}}}
	all := Judge(in)
	if r := verdictOn(t, all, "T1.5", ""); r.Word != "false" || r.Measured != "made-up evidence" {
		t.Errorf("T1.5: %q, %q", r.Word, r.Measured)
	}
	if r := verdictOn(t, all, "T1.6", ""); r.Measured != "what ships" {
		t.Errorf("T1.6, which the plan's own lacks: %q", r.Measured)
	}
	if r := verdictOn(t, all, "T1.2", ""); !strings.HasSuffix(r.MeasuredNote, "the bound holds in 6 of 6 rows; the exact value lies in the simulated 95 % interval in 6 of 6") {
		t.Errorf("T1.2: %q", r.MeasuredNote)
	}
	for _, c := range in.Plan.Cells {
		if c.Source == "Theorem 1" && c.Task != "shipped" {
			delete(in.Results, c.Task)
		}
	}
	if r := claim(t, in, "T1.5", ""); r.Measured != "what ships" {
		t.Errorf("T1.5, not computed here: %q", r.Measured)
	}
}

// What the estimands give on the printed numbers is what paper counts.
func TestPrintedEstimandsAgreeWithPaper(t *testing.T) {
	all := Judge(Evidence{})
	for _, c := range []struct{ id, against, note string }{
		{"S1", "plain", "mean of 48 cells published, 48 positive"},
		{"S4", "", "mean of 16 lines published, 16 positive"},
		{"L1", "", "mean of 12 cells published, 12 positive"},
		{"P1", "", "mean of 24 cells published, 24 positive"},
		{"S1", "equal-step", ""},
		{"S7", "", ""},
	} {
		if r := verdictOn(t, all, c.id, c.against); r.PrintedNote != c.note {
			t.Errorf("%s %s: %q", c.id, c.against, r.PrintedNote)
		}
	}
	// 24 + 24 gains of Table 1 by hand from paper.
	sum := 0.0
	for _, n := range paper.Numbers() {
		if e, ok := paper.PrintedEffect(n.Key); ok && strings.HasPrefix(n.Source, "Table 1") {
			sum += e.Points / 48
		}
	}
	if r := verdictOn(t, all, "S1", "plain"); r.Printed != signed(sum)+" points" {
		t.Errorf("S1 in print %q, want %s", r.Printed, signed(sum))
	}
}

// onPrint is a claim's row where every cell was run and gave the printed
// error, but for a scatter of a few hundredths.
func onPrint(t *testing.T, id string) Verdict {
	t.Helper()
	var keys []paper.Key
	for _, e := range estimands() {
		for _, k := range e.keys() {
			if paper.IsPrinted(k) && !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return claim(t, table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
		n, _ := paper.Find(k)
		return n.Value + 0.03*math.Sin(float64(7*rep)+n.Value*100)
	}), id, "")
}

// A cell or level run once stands aside where others were run more often: in what
// is measured and in what is printed beside it, and no word is lost by it.
func TestFirstReplicatesStandAside(t *testing.T) {
	var keys []paper.Key
	for _, rho := range paper.Rhos {
		keys = append(keys, paper.ResNet32("Table 1a", paper.CIFAR10, rho, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, rho, 1, "CE + D_U@5x"))
	}
	body := func(once float64) []Verdict {
		return Judge(table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
			if k.Rho == once && rep != 1 {
				return nan
			}
			n, _ := paper.Find(k)
			return n.Value + 0.1*math.Sin(float64(7*rep)+n.Value)
		}))
	}
	// By hand: gains 12.16, 8.40, 3.39 at ρ = 100, 50, 10.
	r := verdictOn(t, body(50), "S1", "plain")
	if r.Printed != "+7.77 points" || r.PrintedAll != "+4.72 in all 48" || !strings.HasPrefix(r.MeasuredNote, "mean over 2 cells, 2 positive; ") || r.WordNote != "3 of 48 cells run; the number is over the 2 run twice or more; level 0.025, one of 2 at this grade" {
		t.Errorf("S1: %q, %q, %q", r.Printed, r.MeasuredNote, r.WordNote)
	}
	if o := r.Outcome; o.Over != 2 || o.Cells != 48 {
		t.Errorf("S1: over %d of %d cells", o.Over, o.Cells)
	}
	r = verdictOn(t, body(50), "S4", "")
	if r.Replicates != 3 || r.Word != "seen on average (1 of 1)" || r.Printed != "+3.81 points per unit of ln ρ" || r.PrintedAll != "+2.13 in all 16" || r.WordNote != "3 of 48 cells run; level 0.025, one of 2 at this grade" || r.Outcome.Over != 2 {
		t.Errorf("S4 with ρ = 50 run once: n %d, %q, %q, %q, over %d cells", r.Replicates, r.Word, r.Printed, r.WordNote, r.Outcome.Over)
	}
	r = verdictOn(t, body(0), "S4", "")
	if r.Replicates != 3 || r.Outcome.Slope.Mean == verdictOn(t, body(50), "S4", "").Outcome.Slope.Mean {
		t.Errorf("S4 with all levels: n %d, %q", r.Replicates, r.Measured)
	}
}

// "All classes improve, minority more": a slope alone is also there where the tail
// gains and the head loses.
func TestNoClassMayLose(t *testing.T) {
	for _, c := range []struct {
		gain     func(class int) float64
		measured string // 2 points a class of ln 100/9
		word     string
		note     string
		where    string // the classes that lose
	}{
		{func(class int) float64 { return 2*float64(class) + 2 }, "+3.89 [", "seen on average (1 of 1)", "error lower in 10 of 10 classes (of every cell), clearly in 10, clearly higher in 0", "; the slope decides: that every class gains is not shown"},
		{func(class int) float64 { return 2*float64(class) - 6 }, "+3.89 [", "reversed in places", "clearly in 6, clearly higher in 3",
			"; clearly the other way: class plane of CE CIFAR-10-LT ρ=100 ρ_U=1, class car of CE CIFAR-10-LT ρ=100 ρ_U=1, class bird of CE CIFAR-10-LT ρ=100 ρ_U=1"},
		{func(int) float64 { return -3 }, "", "reversed in places", "clearly in 0, clearly higher in 10", // of slope 0
			"; clearly the other way: class plane of CE CIFAR-10-LT ρ=100 ρ_U=1, class car of CE CIFAR-10-LT ρ=100 ρ_U=1, class bird of CE CIFAR-10-LT ρ=100 ρ_U=1, and 7 more"},
	} {
		base, with := paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x")
		in := table(results.GradePaper, 3, []paper.Key{base, with}, func(paper.Key, int) float64 { return 20 })
		for _, cell := range in.Plan.Cells {
			res := in.Results[cell.Task]
			res.Classes = []string{"plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
			for class := range 10 {
				e := 50.0
				if cell.Key == with {
					e -= c.gain(class) + 0.1*math.Sin(float64(7*class+13*cell.Replicate))
				}
				res.PerClassErrorPct = append(res.PerClassErrorPct, new(e))
				res.LabeledCounts = append(res.LabeledCounts, int(5000*math.Pow(0.01, float64(class)/9)))
			}
		}
		r := claim(t, in, "S10", "")
		if r.Word != c.word || r.WordNote != "1 of 48 cells run"+c.where || !strings.Contains(r.MeasuredNote, c.note) {
			t.Errorf("S10: %q, %q, %q, want %s%s", r.Word, r.WordNote, r.MeasuredNote, c.word, c.where)
		}
		if !strings.HasPrefix(r.Measured, c.measured) || !strings.HasSuffix(r.Measured, " points per unit of −ln n_c") || !strings.Contains(r.MeasuredNote, " points over the published range") ||
			c.measured != "" && !strings.Contains(r.MeasuredNote, "relative gain: +7.77 % of the class's base error per unit of −ln n_c (n = 3)") { // each base error is 50 %
			t.Errorf("S10: %q, %q, want %s", r.Measured, r.MeasuredNote, c.measured)
		}
	}
}

// A claim that is reversed in places says where, at the level at which its word is read;
// means on the other side are named while they are few.
func TestWhereAClaimIsReversed(t *testing.T) {
	var keys []paper.Key
	for _, rho := range paper.Rhos {
		keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
	}
	for _, c := range []struct {
		loss              float64 // at ρ = 10
		beside            bool    // S1 shares the level
		word, note, means string
	}{
		// Of ±.1 each, blocks of one cell, beside P3: t(.05/2/24/2, 2)·.1/√3 = 1.79; beside S1 too 2.19.
		{2, false, "reversed in places", "3 of 24 cells run; clearly the other way: CE-DRW CIFAR-10-LT ρ=10; level 0.025, one of 2 at this grade", "mean over 3 cells, 2 positive (not CE-DRW CIFAR-10-LT ρ=10)"},
		{2, true, "seen on average (2 of 3)", "3 of 24 cells run; level 0.017, one of 3 at this grade", "mean over 3 cells, 2 positive (not CE-DRW CIFAR-10-LT ρ=10)"},
		{-2, false, "seen on average (3 of 3)", "3 of 24 cells run; level 0.025, one of 2 at this grade", "mean over 3 cells, 3 positive;"},
	} {
		all := keys
		if c.beside {
			all = append(slices.Clone(keys), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x"))
		}
		r := claim(t, table(results.GradePaper, 3, all, func(k paper.Key, rep int) float64 {
			scatter := .1 * float64(rep-1)
			switch {
			case k.RhoU != 0:
				return 20 + 9*scatter // S1 is not settled
			case !strings.HasSuffix(k.Method, "SSP"):
				return 20
			case k.Rho == 10:
				return 20 + c.loss + scatter
			}
			return 14 + scatter
		}), "P1", "")
		if r.Word != c.word || r.WordNote != c.note || !strings.Contains(r.MeasuredNote, c.means) {
			t.Errorf("loss %v, beside S1 %v: %q, %q, %q", c.loss, c.beside, r.Word, r.WordNote, r.MeasuredNote)
		}
	}
}

// Points are points gained; a slope of the error itself says so.
func TestUnitsOfSlopesOfTheError(t *testing.T) {
	looked := 0
	for _, e := range estimands() {
		if e.rule != paper.RuleTrend || e.measure.unit != errorLast.unit || e.unit == "" {
			continue
		}
		rises := e.claim == "S6" || e.claim == "R7" // slopes of slopes
		for _, l := range e.lines {
			rises = rises || len(l.points) > 0 && len(l.points[0].value) == 1 && l.points[0].value[0].weight > 0
		}
		if looked++; strings.HasPrefix(e.units(), "points of error per unit") != rises {
			t.Errorf("%s, of the error %v: %s", e.claim, rises, e.units())
		}
	}
	if looked < 8 {
		t.Errorf("%d slopes", looked)
	}
}

// A class that misses one image of 300 more in each replicate is one that may have lost
// by chance, however alike the three are.
func TestEqualLossesOfAClass(t *testing.T) {
	base, with := paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x")
	in := table(results.GradePaper, 3, []paper.Key{base, with}, func(paper.Key, int) float64 { return 20 })
	for _, cell := range in.Plan.Cells {
		res := in.Results[cell.Task]
		for class := range 10 {
			e := 50.0
			switch {
			case cell.Key == with && class == 0:
				e += 1. / 3
			case cell.Key == with:
				e -= 2 + 0.5*float64(cell.Replicate-1)
			}
			res.PerClassErrorPct = append(res.PerClassErrorPct, new(e))
			res.LabeledCounts = append(res.LabeledCounts, int(5000*math.Pow(0.01, float64(class)/9)))
		}
	}
	if r := claim(t, in, "S10", ""); r.Word != "seen on average (1 of 1)" || !strings.Contains(r.MeasuredNote, "clearly higher in 0") {
		t.Errorf("S10: %q, %q", r.Word, r.MeasuredNote)
	}
}

// Gains of small classes scatter ten times as much as those of large ones, or those of one
// class do. Where none gains or loses, one is said to lose clearly in 5 % of the bodies at
// most: of one cell and of all, whose spreads for a class differ by a half.
func TestWrongWordsOfClasses(t *testing.T) {
	var all []cell
	for _, e := range estimands() {
		if e.claim == "P10" {
			all = e.classes
		}
	}
	bodies := 200
	if os.Getenv("LONGTAIL_SOAK") == "1" {
		bodies = 10_000
	}
	for name, sd := range map[string]func(class int) float64{
		"growing": func(class int) float64 { return .3 * math.Pow(10, float64(class)/9) },
		"one wide": func(class int) float64 {
			if class == 9 {
				return 3
			}
			return .3
		},
	} {
		for _, cells := range [][]cell{all[:1], all} {
			for _, replicates := range []int{2, 3} {
				draw := rand.New(rand.NewPCG(uint64(len(cells)), uint64(replicates)))
				wrong := 0
				for range bodies {
					r := &runs{replicates: replicates, results: map[paper.Key]map[int]*results.Result{}}
					var shared [3][3][10]float64 // by ρ, replicate, class: the same tail images
					for i := range shared {
						for j := range replicates {
							for k := range shared[i][j] {
								shared[i][j][k] = draw.NormFloat64()
							}
						}
					}
					for i, c := range cells {
						base, with := c.value[0].Keys[0], c.value[1].Keys[0]
						r.results[base], r.results[with] = map[int]*results.Result{}, map[int]*results.Result{}
						for rep := range replicates {
							a, b := &results.Result{}, &results.Result{}
							for class := range 10 {
								scatter := sd(class) * (1 + .125*float64(i/3)) / math.Sqrt2 // of five rules
								a.PerClassErrorPct = append(a.PerClassErrorPct, new(50.))
								b.PerClassErrorPct = append(b.PerClassErrorPct, new(50+scatter*(shared[i%3][rep][class]+draw.NormFloat64())))
							}
							r.results[base][rep], r.results[with][rep] = a, b
						}
					}
					if len(classesLose(classGains(r, cells), alpha)) > 0 {
						wrong++
					}
				}
				if low, _ := stats.ClopperPearson(int64(wrong), int64(bodies), 2e-4); low > alpha {
					t.Errorf("%s, %d cells, %d replicates: a class is said to lose in %d of %d bodies", name, len(cells), replicates, wrong, bodies)
				}
				t.Logf("%s, %d cells, %d replicates: %d of %d", name, len(cells), replicates, wrong, bodies)
			}
		}
	}
}

// Classes of a cell that was run once, which the slope leaves out, neither count as
// classes nor take from the level of the others.
func TestClassesAreThoseOfTheSlopesCells(t *testing.T) {
	const sd = .1
	level := func(classes float64) float64 { return stats.StudentQuantile(.05/8/classes/2, 2) } // a class by itself, in three replicates
	for _, c := range []struct {
		loss, once float64 // of the largest class; gain in the cell run once
		word       string
		note       string
		where      string
	}{
		{(level(10) + level(20)) / 2 * sd / math.Sqrt(3), 9, "reversed in places", "error lower in 9 of 10 classes (of every cell), clearly in 9, clearly higher in 1", "; clearly the other way: class 0 of CE-DRW CIFAR-10-LT ρ=100"},
		{0.99 * level(10) * sd / math.Sqrt(3), -9, "seen on average (1 of 1)", "error lower in 9 of 10 classes (of every cell), clearly in 9, clearly higher in 0", "; the slope decides: that every class gains is not shown"},
	} {
		var keys []paper.Key
		for _, rho := range []float64{100, 10} {
			keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
		}
		in := table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
			if k.Rho == 10 && rep > 0 {
				return nan
			}
			return 20
		})
		for _, cell := range in.Plan.Cells {
			res := in.Results[cell.Task]
			for class := 0; res != nil && class < 10; class++ {
				e := 50.0
				switch {
				case cell.Key == keys[3]:
					e -= c.once
				case cell.Key == keys[1] && class == 0:
					e += c.loss + sd*float64(cell.Replicate-1)
				case cell.Key == keys[1]:
					e -= 2 + 2*float64(class) + sd*float64(cell.Replicate-1)
				}
				res.PerClassErrorPct = append(res.PerClassErrorPct, new(e))
				res.LabeledCounts = append(res.LabeledCounts, int(5000*math.Pow(1/cell.Rho, float64(class)/9)))
			}
		}
		r := claim(t, in, "P10", "")
		if r.Word != c.word || r.WordNote != "2 of 15 cells run; the number is over the 1 run twice or more"+c.where || !strings.Contains(r.MeasuredNote, c.note) {
			t.Errorf("P10: %q, %q, %q, want %s, %s", r.Word, r.WordNote, r.MeasuredNote, c.word, c.note)
		}
		if over, of := r.Outcome.Over, r.Outcome.Cells; over != 1 || of != 15 {
			t.Errorf("P10: over %d of %d cells, want 1 of 15", over, of)
		}
	}
}

// S16 is right where other procedures gain nothing that matters.
func TestSimpleProcedureSuffices(t *testing.T) {
	simple := simpleProcedure()
	for _, c := range []struct {
		worst     float64 // of the variants over the simple procedure
		word      string
		supported bool
	}{{-0.2, "too small to matter", true}, {-2, "reversed in places", false}} {
		if r := claim(t, table(results.GradePaper, 5, simple.keys(), func(k paper.Key, rep int) float64 {
			e := 18.36 + 0.02*math.Sin(float64(rep*3+len(k.Method)))
			if k == simple.cells[3].value[0].Keys[0] {
				e += c.worst
			}
			return e
		}), "S16", ""); r.Word != c.word || !r.Settled() || r.Supported() != c.supported || !strings.Contains(r.MeasuredNote, "above −0.50") {
			t.Errorf("a variant better by %g: %q, supported %v, %q", -c.worst, r.Word, r.Supported(), r.MeasuredNote)
		}
	}
}

// "Seen" takes all cells of a claim; F7 alone was declared to be about the rules run.
func TestSeenTakesAllCells(t *testing.T) {
	keys := []paper.Key{paper.Control(paper.CIFAR10, 100, 0, "CE-DRW + warm start"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
		if k == keys[0] {
			return 30
		}
		return 20 + .1*float64(rep)
	})
	for _, r := range in.Results {
		r.LabelBias = new(r.LastErrorPct / 100)
	}
	for id, want := range map[string]string{"F7": "seen; 1 of 30 cells run", "P7": "seen on average (1 of 1); 1 of 30 cells run"} {
		if r := claim(t, in, id, ""); r.Word+"; "+r.WordNote != want {
			t.Errorf("%s: %q, %q, want %q", id, r.Word, r.WordNote, want)
		}
	}
}

// The first replicate of another rule takes nothing from what F7 has seen; a failed one
// is named.
func TestFirstReplicateOfAnotherRuleRun(t *testing.T) {
	var keys []paper.Key
	for _, rho := range []float64{100, 10} {
		keys = append(keys, paper.Control(paper.CIFAR10, rho, 0, "CE-DRW + warm start"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
	}
	row := func(replicates, ofSecond int, failed bool) Verdict {
		in := table(results.GradePaper, replicates, keys, func(k paper.Key, rep int) float64 {
			switch {
			case k.Rho == 10 && rep >= ofSecond:
				return nan
			case k == keys[1] || k == keys[3]:
				return 20 + .1*float64(rep)
			}
			return 30
		})
		if failed {
			for _, c := range in.Plan.Cells {
				if c.Key == keys[3] && c.Replicate == 1 {
					in.Results[c.Task], in.Failures = nil, map[string]string{c.Task: "killed"}
				}
			}
		}
		return claim(t, in, "F7", "")
	}
	for _, c := range []struct {
		replicates, ofSecond int
		failed               bool
		word, note           string
	}{
		{3, 0, false, "seen", "1 of 30 cells run"},
		{3, 1, false, "seen", "2 of 30 cells run; the number is over the 1 run twice or more"},
		{3, 3, false, "seen", "2 of 30 cells run"},
		{1, 1, false, "not settled", "2 of 30 cells run"},
		{3, 1, true, "not settled", "2 of 30 cells run"},
	} {
		r := row(c.replicates, c.ofSecond, c.failed)
		if r.Word != c.word || !strings.HasPrefix(r.WordNote, c.note) || strings.Contains(r.WordNote, "failed: ") != c.failed {
			t.Errorf("%+v: %q, %q", c, r.Word, r.WordNote)
		}
	}
}

// S13 is of SVHN or of the stand-in for CIFAR-10, never the one's base minus the other's
// D_U; and what failed is named whatever else was run.
func TestTailClustersAreOfOneDataSet(t *testing.T) {
	q := tailClusters().cells[0].value
	const svhn, cifar = 0, 1
	const ran, failed = "ran", "failed"
	base := func(place int) paper.Key { return q[0].Keys[place] }
	with := func(place int) paper.Key { return q[1].Keys[place] }
	for _, c := range []struct {
		name  string
		state map[paper.Key]string
		want  string
		cells []paper.Key
	}{
		{"SVHN's D_U is still to come", map[paper.Key]string{base(svhn): ran, base(cifar): ran, with(cifar): ran}, "+3.00 points; 1 of 1 cells run", []paper.Key{base(cifar), with(cifar)}},
		{"nothing else is there", map[paper.Key]string{base(svhn): ran, with(cifar): ran}, "not run; 0 of 1 cells run", nil},
		{"SVHN's D_U failed", map[paper.Key]string{base(svhn): ran, with(svhn): failed, base(cifar): ran, with(cifar): ran}, "no estimate; 0 of 1 cells run; failed: Figure 1, replicate 0", []paper.Key{base(svhn)}},
		{"both", map[paper.Key]string{base(svhn): ran, with(svhn): ran, base(cifar): ran, with(cifar): ran}, "+10.00 points; 1 of 1 cells run", []paper.Key{base(svhn), with(svhn)}},
	} {
		errors := map[paper.Key]float64{base(svhn): 60, with(svhn): 50, base(cifar): 30, with(cifar): 27}
		var keys []paper.Key
		for _, k := range slices.Concat(q[0].Keys, q[1].Keys) {
			if c.state[k] != "" {
				keys = append(keys, k)
			}
		}
		in := table(results.GradeStandIn, 1, keys, func(paper.Key, int) float64 { return 20 })
		in.Failures = map[string]string{}
		for _, cell := range in.Plan.Cells {
			if c.state[cell.Key] == failed {
				in.Results[cell.Task], in.Failures[cell.Task] = nil, "killed"
				continue
			}
			e := &results.Embedding{}
			e.Separation.TailNearestClassErrorPct = errors[cell.Key]
			in.Results[cell.Task].Embedding = e
		}
		r := claim(t, in, "S13", "")
		if got := r.Measured + "; " + r.WordNote; got != c.want || !slices.Equal(r.Cells, c.cells) {
			t.Errorf("%s: %q of %v, want %q of %v", c.name, got, r.Cells, c.want, c.cells)
		}
	}
}

// T1.3's Δ is also measured: on the whole pool, of each base by ρ, once for a classifier
// however many draw from its labels.
func TestMeasuredDelta(t *testing.T) {
	ce := func(source string, rho, rhoU float64, method string) paper.Key {
		return paper.ResNet32(source, paper.CIFAR10, rho, rhoU, method)
	}
	labeled := []struct {
		key   paper.Key
		delta []float64 // by replicate
	}{
		{ce("Table 1a", 100, 1, "CE + D_U@5x"), []float64{.25, .5}},
		{ce("Table 1a", 100, 100, "CE + D_U@5x"), []float64{.25, .5}},
		{ce("Figure 2", 50, 50, "CE + D_U@5x, relevance 60 %"), []float64{.25, nan}},
		{at50("CE + D_U@5x" + paper.LabeledShare(.25)), []float64{.75, .75}},
		{ce("Table 1a", 100, 1, "LDAM-DRW + D_U@5x"), []float64{.125, nan}},
	}
	var keys []paper.Key
	delta := map[paper.Key][]float64{}
	for _, l := range labeled {
		keys, delta[l.key] = append(keys, l.key), l.delta
	}
	in := table(results.GradeSimilar, 2, keys, func(paper.Key, int) float64 { return 20 })
	for i, c := range in.Plan.Cells {
		in.Plan.Cells[i].Data = "CIFAR-10-LT"
		d, labels := delta[c.Key][c.Replicate], "labels of "+c.Task
		if !math.IsNaN(d) {
			in.Results[c.Task].Settings.Labels = labels
			in.Results[labels] = &results.Result{Task: labels, Pool: &results.PoolLabels{Quality: score.LabelQuality{Headline: &d}}}
		}
	}
	want := ": CE CIFAR-10-LT +0.25 at ρ = 50 (n = 1), CE CIFAR-10-LT +0.38 at ρ = 100 (n = 2), LDAM-DRW CIFAR-10-LT +0.12 at ρ = 100 (n = 1) (grade S)"
	if r := claim(t, in, "T1.3", ""); !strings.HasSuffix(r.MeasuredNote, want) || r.Grade != "" {
		t.Errorf("T1.3, grade %q: %q, want %q", r.Grade, r.MeasuredNote, want)
	}
	in.Results = map[string]*results.Result{}
	if r := claim(t, in, "T1.3", ""); r.MeasuredNote != "" {
		t.Errorf("T1.3 without pseudo-labels: %q", r.MeasuredNote)
	}
}

// P5 counts the gains that its printed side counts: those of Table 2, without the
// README's of CE.
func TestNotableMarginsAreThoseOfTable2(t *testing.T) {
	r := onPrint(t, "P5")
	if want := "mean gain of at least 1 point in 17 of 24 cells run"; r.Measured != want || !strings.HasPrefix(r.Printed, "17/24") {
		t.Errorf("as in print: %q beside %q, want %q", r.Measured, r.Printed, want)
	}
}

// What stands under "in print" belongs to the row and stands there once; and a row
// says how many cells there are.
func TestNotesOfRows(t *testing.T) {
	all := Judge(madeUp(results.GradeStandIn, 2))
	if r := verdictOn(t, all, "S1", "equal-step"); r.Printed != "" || r.InPrint != "" {
		t.Errorf("S1 against equal steps in print: %q, %q", r.Printed, r.InPrint)
	}
	for _, r := range all {
		if r.Printed != "" && r.InPrint == r.Printed || r.PrintedNote != "" && strings.Contains(r.InPrint, r.PrintedNote) {
			t.Errorf("%s in print twice: %q, %q, %q", r.ID, r.Printed, r.PrintedNote, r.InPrint)
		}
		if r.Word == "listed" && r.WordNote == "" {
			t.Errorf("%s: a word and no note", r.ID)
		}
	}
	if r := verdictOn(t, all, "F7", ""); r.WordNote != "1 of 30 cells run; level 0.01, one of 5 at this grade" {
		t.Errorf("F7: %q", r.WordNote)
	}
	if r := verdictOn(t, all, "R7", ""); r.WordNote != "0 of 8 cells run" {
		t.Errorf("R7: %q", r.WordNote)
	}
	if r := verdictOn(t, all, "P9", ""); r.WordNote != "1 of 6 cells run" {
		t.Errorf("P9: %q", r.WordNote)
	}
}

// Slopes over ρ of slopes over ρ_U, CE and LDAM-DRW on CIFAR-10-LT, then on
// SVHN-LT: 0.070, 0.021, 0.064, 0.051 by hand from Table 1.
func TestInteractionHasALineAGroup(t *testing.T) {
	r := onPrint(t, "S6")
	if r.Printed != "+0.05 points of error per unit of ln ρ_U and of ln ρ" || r.PrintedNote != "mean of 4 lines published, 4 positive" {
		t.Errorf("in print: %q, %q", r.Printed, r.PrintedNote)
	}
	for i, want := range []string{"CE CIFAR-10-LT", "LDAM-DRW CIFAR-10-LT", "CE SVHN-LT", "LDAM-DRW SVHN-LT"} {
		if l := r.e.lines[i]; l.name != want || len(l.points) != 3 {
			t.Errorf("line %d is %s with %d points, want %s", i, l.name, len(l.points), want)
		}
	}
	if r.WordNote != "48 of 48 cells run" {
		t.Errorf("as in print: %s", r.WordNote)
	}
	// Cells count one by one, as S5's do, also where none of its slopes is whole.
	var some []paper.Key
	for _, u := range table1()[:7] {
		if u.rhoU > 1 {
			some = append(some, u.with)
		}
	}
	all := Judge(table(results.GradePaper, 1, some, func(paper.Key, int) float64 { return 20 }))
	if s5, s6 := verdictOn(t, all, "S5", ""), verdictOn(t, all, "S6", ""); s6.Measured != "no estimate" || s6.WordNote != "5 of 48 cells run" || s6.WordNote != s5.WordNote || s6.Word != s5.Word {
		t.Errorf("of five cells: %q, %q, %s; S5: %q, %s", s6.Measured, s6.Word, s6.WordNote, s5.Word, s5.WordNote)
	}
	// So do those that the verdict is over, and those that it leaves: two levels of ρ, of
	// four cells each.
	for _, c := range []struct {
		ofThird    int // replicates of ρ = 50
		over, left int
	}{{0, 8, 40}, {1, 8, 40}, {3, 12, 36}} {
		var keys []paper.Key
		for _, u := range table1() {
			keys = append(keys, u.with)
		}
		in := table(results.GradeSimilar, 3, keys, func(k paper.Key, rep int) float64 {
			switch {
			case k.Dataset != paper.CIFAR10, !strings.HasPrefix(k.Method, "CE"), k.Rho == 50 && rep >= c.ofThird:
				return nan
			}
			return 20 + (1+.01*float64(rep))*math.Log(k.Rho)*math.Log(k.RhoU)
		})
		r := claim(t, in, "S6", "")
		left := 0
		for _, q := range r.Unused(3) {
			left += r.CellCount(q)
		}
		if over, of := r.Outcome.Over, r.Outcome.Cells; r.Word != "seen on average (1 of 1)" || over != c.over || of != 48 || left != c.left {
			t.Errorf("ρ = 50 run %d times: %q over %d of %d, %d left, want %d, %d", c.ofThird, r.Word, over, of, left, c.over, c.left)
		}
	}
	// What is in print makes 0.6 points over the printed ranges of both.
	if r.Word != "seen" {
		t.Errorf("as in print: %q, change %v", r.Word, r.Outcome.Pooled)
	}
}

// Of the tail's 20 errors 12 go to the head. The tail is the smallest class, not the
// last: SVHN's is the digit 0.
func TestTailToHead(t *testing.T) {
	r := &results.Result{
		LabeledCounts: []int{5, 100, 50, 20},
		Confusion:     [][]int{{30, 12, 5, 3}, {1, 49, 0, 0}, {2, 3, 45, 0}, {9, 9, 9, 23}},
	}
	if got := tailToHead.of(r); got != 60 {
		t.Errorf("%g %% of the tail's errors go to the head, want 60", got)
	}
	if got := tailToHead.of(&results.Result{}); !math.IsNaN(got) {
		t.Errorf("without a confusion matrix: %g", got)
	}
}

// Primary claims of one grade share the level: what settles one alone does not settle
// two; one of another grade takes nothing away.
func TestPrimaryWordsAreCorrected(t *testing.T) {
	p1 := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	s1 := []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x")}
	const alone, corrected = "seen on average (1 of 1)", "not settled"
	// A verdict says whether it would outlast the other comparisons: t(.9975, 2) = 14.09.
	for spread, note := range map[float64]string{.35: "1 of 24 cells run; at the share of all 10 comparisons, 0.005, it would not be settled", .1: "1 of 24 cells run"} {
		in := table(results.GradePaper, 3, p1, func(k paper.Key, rep int) float64 {
			if k == p1[1] {
				return 24 - spread*float64(rep-1)
			}
			return 25
		})
		if r := claim(t, in, "P1", ""); r.Word != alone || r.WordNote != note {
			t.Errorf("gain 1 ± %v: %q, %q, want %q", spread, r.Word, r.WordNote, note)
		}
	}
	for _, c := range []struct {
		keys   []paper.Key
		s1     results.Grade
		p1Word string
	}{
		{p1, results.GradePaper, alone},
		{slices.Concat(p1, s1), results.GradePaper, corrected},
		{slices.Concat(p1, s1), results.GradeSimilar, alone},
	} {
		// Gains of .65, 1 and 1.35: t = 4.95, between 4.30 of level .05 and 6.21 of .025.
		in := table(results.GradePaper, 3, c.keys, func(k paper.Key, rep int) float64 {
			if k == p1[1] || k == s1[1] {
				return 24 - .35*float64(rep-1)
			}
			return 25
		})
		for i, cell := range in.Plan.Cells {
			if slices.Contains(s1, cell.Key) {
				in.Plan.Cells[i].Grade, in.Results[cell.Task].Grade = c.s1, c.s1
			}
		}
		all := Judge(in)
		if r := verdictOn(t, all, "P1", ""); r.Word != c.p1Word || r.Level != map[string]float64{alone: .05, corrected: .025}[c.p1Word] {
			t.Errorf("%d cells, S1 at grade %s: P1 is %q, want %q", len(c.keys), c.s1, r.Word, c.p1Word)
		}
		if len(c.keys) > 2 {
			if r := verdictOn(t, all, "S1", "plain"); r.Word != c.p1Word {
				t.Errorf("S1 at grade %s is %q, want %q", c.s1, r.Word, c.p1Word)
			}
		}
	}
}

// What a variant of a profile runs is judged apart from what the profile ran, on every
// data set, and says whose it is.
func TestVariantsAreJudgedApart(t *testing.T) {
	var keys []paper.Key
	for _, k := range []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE")} {
		du := k
		du.Method, du.RhoU = "CE + D_U@5x", 1
		keys = append(keys, k, du)
	}
	in := table(results.GradeSimilar, 2, append(keys, keys[0], keys[1]), func(k paper.Key, rep int) float64 { return 30 - float64(rep) - 5*k.RhoU })
	for i, c := range in.Plan.Cells { // the first four are the variant's, the last two of CIFAR-10-LT the profile's
		in.Plan.Cells[i].Data = c.Dataset
		if i%6 < 4 {
			in.Plan.Cells[i].Profile = "p:epochs=9"
			in.Results[c.Task].Settings.Variant = "epochs=9"
		}
	}
	all := Judge(in)
	for i, want := range []Verdict{{Variant: ""}, {Variant: "variant epochs=9"}} {
		rows := slices.DeleteFunc(slices.Clone(all), func(r Verdict) bool { return r.ID != "S1" || r.Against != "plain" || r.runs == nil })
		if len(rows) != 2 || rows[i].Variant != want.Variant || strings.Contains(rows[i].WordNote, "one of") {
			t.Errorf("%d rows: %+v", len(rows), rows)
		}
	}
	bodies := gather(in)
	if len(bodies) != 2 || len(bodies[0].settings) != 1 || len(bodies[1].settings) != 2 {
		t.Fatalf("%d bodies: %+v", len(bodies), bodies)
	}
	for i, want := range []string{"CIFAR-10-LT, resnet32", "CIFAR-10-LT, resnet32, variant epochs=9; SVHN-LT, resnet32, variant epochs=9"} {
		if got := bodies[i].settingsText(keys); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// At grade T the paper's own images are no stand-in.
func TestWordsAtGradeT(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	for data, want := range map[string]string{"Fashion-MNIST-LT": "on the stand-in: seen on average (1 of 1)", paper.CIFAR10: "at grade T: seen on average (1 of 1)"} {
		in := table(results.GradeStandIn, 3, keys, func(k paper.Key, rep int) float64 {
			return map[bool]float64{true: 25, false: 23 + .01*float64(rep)}[k == keys[0]]
		})
		for i := range in.Plan.Cells {
			in.Plan.Cells[i].Data = data
		}
		if r := claim(t, in, "P1", ""); r.Word != want {
			t.Errorf("%s: %q, want %q", data, r.Word, want)
		}
		in.Failures = map[string]string{} // nor where nothing but failures is there
		for task := range in.Results {
			in.Results[task], in.Failures[task] = nil, "loss is NaN"
		}
		where, _, _ := strings.Cut(want, ":")
		if r := claim(t, in, "P1", ""); r.Word != where+": not settled" {
			t.Errorf("%s, failed: %q", data, r.Word)
		}
	}
}

// What stands beside a mean does not say "not run" of what was run in other cells.
func TestBesideOfOtherCells(t *testing.T) {
	var keys []paper.Key
	for _, rho := range []float64{100, 10} {
		keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
	}
	keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRS"))
	for twice, want := range map[float64]string{100: "over the other competitor of the group: not run in these cells", 0: "over the other competitor of the group: +0.00 (n = 1, over 1 of the 2 cells)"} {
		in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
			if rep == 1 && k.Rho != twice {
				return nan
			}
			return 25 + float64(rep*len(k.Method))
		})
		if r := claim(t, in, "P1", ""); r.Beside != want || strings.Contains(r.MeasuredNote, "over the other") {
			t.Errorf("P1: in front %q, want %q; then %q", r.Beside, want, r.MeasuredNote)
		}
	}
}

// The data that a row names are those that its number is from.
func TestDataOfARow(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1b", "SVHN-LT", 100, 0, "CE"), paper.ResNet32("Table 1b", "SVHN-LT", 100, 1, "CE + D_U@5x")}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 { return 25 })
	for i, c := range in.Plan.Cells {
		in.Plan.Cells[i].Data = c.Dataset
	}
	if r := claim(t, in, "S1", "plain"); !strings.HasSuffix(r.MeasuredNote, "; SVHN-LT, resnet32") {
		t.Errorf("S1 from SVHN-LT alone: %q", r.MeasuredNote)
	}
}

// R2 is judged by two levels until the whole sweep is run, then by where the
// gain crosses zero.
func TestRelevance(t *testing.T) {
	equal := paper.Control(paper.CIFAR10, 50, 0, "CE, equal steps")
	sweepKeys := []paper.Key{equal}
	for _, pct := range paper.Relevances {
		sweepKeys = append(sweepKeys, paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(pct)))
	}
	errorOf := func(k paper.Key, rep int) float64 {
		var pct float64
		if k == equal {
			return 25
		}
		fmt.Sscanf(k.Method, "CE + D_U@5x, relevance %f", &pct)
		return 25 - (pct-50)/10 + 0.1*float64(rep)
	}
	all := Judge(table(results.GradeSimilar, 3, []paper.Key{equal, sweepKeys[1], sweepKeys[4]}, errorOf))
	r := verdictOn(t, all, "R2", "equal-step")
	if r.Word != "seen" || r.WordNote != "2 of 6 cells run" || !strings.HasPrefix(r.Measured, "gain +0.90 [") || !strings.Contains(r.Measured, "] points at 60 %, −5.10 [") || !strings.HasSuffix(r.Measured, "] at 0 %") || r.Replicates != 3 {
		t.Errorf("two levels: %q %q %q %q", r.Word, r.WordNote, r.Measured, r.MeasuredNote)
	}
	if r := verdictOn(t, all, "R1", "equal-step"); r.Word != "seen on average (1 of 1)" || !strings.Contains(r.MeasuredNote, "relevance 0 %: +5.10 [+4.85, +5.35] points (n = 3)") || !strings.Contains(r.MeasuredNote, "relevance 20 %: not run") {
		t.Errorf("R1: %q %q %q", r.Word, r.Measured, r.MeasuredNote)
	}
	failing := table(results.GradeSimilar, 3, []paper.Key{equal, sweepKeys[1], sweepKeys[3], sweepKeys[4]}, errorOf)
	for _, c := range failing.Plan.Cells {
		if c.Key == sweepKeys[3] {
			failing.Results[c.Task] = nil
			failing.Failures = map[string]string{c.Task: "killed"}
		}
	}
	if r := claim(t, failing, "R2", "equal-step"); r.Word != "not settled" || !strings.Contains(r.WordNote, "failed: ") || !strings.Contains(r.WordNote, "40 %, replicate 2") {
		t.Errorf("a level between them failed: %q %q", r.Word, r.WordNote)
	}
	// One level run twice and the other once.
	r = claim(t, table(results.GradeSimilar, 2, []paper.Key{equal, sweepKeys[1], sweepKeys[4]}, func(k paper.Key, rep int) float64 {
		if k == sweepKeys[1] && rep == 1 {
			return nan
		}
		return errorOf(k, rep) + 0.3*math.Sin(float64(7*rep))
	}), "R2", "equal-step")
	if r.Replicates != 2 || !strings.HasSuffix(r.Measured, "] points at 60 %, −5.00 at 0 %") {
		t.Errorf("one level run once: n %d, %q", r.Replicates, r.Measured)
	}
	// That 60 % hurts is not undone by a first replicate of 0 %.
	for _, idle := range []int{0, 1} {
		hurts := claim(t, table(results.GradeSimilar, 3, []paper.Key{equal, sweepKeys[1], sweepKeys[4]}, func(k paper.Key, rep int) float64 {
			switch {
			case k == equal:
				return 25
			case k == sweepKeys[4]:
				return 28 + 0.1*float64(rep)
			case rep >= idle:
				return nan
			}
			return 30
		}), "R2", "equal-step")
		if over, of := hurts.Outcome.Over, hurts.Outcome.Cells; hurts.Word != "reversed" || hurts.Replicates != 3 || hurts.Provisional || over != 1 || of != 6 {
			t.Errorf("60 %% hurts, 0 %% run %d times: %q, n %d, over %d of %d", idle, hurts.Word, hurts.Replicates, over, of)
		}
	}
	r = claim(t, table(results.GradeSimilar, 3, sweepKeys, errorOf), "R2", "equal-step")
	if r.Word != "seen" || r.WordNote != "6 of 6 cells run" || !strings.HasPrefix(r.Measured, "crosses 0 at 51 [") {
		t.Errorf("the sweep: %q %q %q", r.Word, r.WordNote, r.Measured)
	}
	// The others run twice do not take from what two levels show by five.
	five := func(others int) Verdict {
		return claim(t, table(results.GradeSimilar, 5, sweepKeys, func(k paper.Key, rep int) float64 {
			if rep >= others && k != equal && k != sweepKeys[1] && k != sweepKeys[4] {
				return nan
			}
			return errorOf(k, rep) + 0.3*math.Sin(float64(7*rep))
		}), "R2", "equal-step")
	}
	if r := five(2); r.Word != "seen" || r.Replicates != 5 || !strings.HasPrefix(r.Measured, "gain ") || r.WordNote != "6 of 6 cells run" {
		t.Errorf("the other levels run twice: %q, n %d, %q", r.Word, r.Replicates, r.Measured)
	} else if over, of := r.Outcome.Over, r.Outcome.Cells; over != 2 || of != 6 {
		t.Errorf("by two levels, it is over %d of %d", over, of)
	}
	if r := five(5); r.Replicates != 5 || !strings.HasPrefix(r.Measured, "crosses 0 at ") {
		t.Errorf("all run five times: %q, n %d, %q", r.Word, r.Replicates, r.Measured)
	}
	if r.Printed != "gain above 0 from 60 % on" {
		t.Errorf("in print: %q", r.Printed)
	}
	if r := verdictOn(t, all, "R6", "plain"); r.Printed != "gain above 0 up to 50" {
		t.Errorf("in print: %q", r.Printed)
	}
	// 60 % is in print for ρ = 50 only.
	if r := verdictOn(t, all, "R4", "plain"); r.Printed != "" {
		t.Errorf("R4 in print: %q", r.Printed)
	}
}

// Where every level of a sweep was run twice and one run failed, it is the failure that
// stands between them and a crossing.
func TestFailedLevel(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 50, 0, "CE")}
	for _, u := range paper.RelevantRhoUs {
		keys = append(keys, paper.ResNet32("Figure 3", paper.CIFAR10, 50, u, paper.Relevance(60)))
	}
	in := table(results.GradeSimilar, 3, keys, func(k paper.Key, rep int) float64 { return 25 + math.Sin(float64(7*rep)+k.RhoU) })
	failed := in.Plan.Cells[len(in.Plan.Cells)-1].Task
	in.Results[failed], in.Failures = nil, map[string]string{failed: "killed"}
	if r := claim(t, in, "R6", "plain"); r.Word != "not settled" || r.Measured != "no estimate" || !strings.HasPrefix(r.MeasuredNote, "a run failed; ") {
		t.Errorf("R6: %q %q %q", r.Word, r.Measured, r.MeasuredNote)
	}
}

// The best row of a column needs every row of it.
func TestBestOfTable(t *testing.T) {
	var keys []paper.Key
	for _, term := range bestOfTable().cells[0].value {
		keys = append(keys, term.Keys...)
	}
	if len(keys) != 12 {
		t.Fatalf("%d rows, want Table 2's 12", len(keys))
	}
	errorOf := func(k paper.Key, rep int) float64 {
		n, _ := paper.Find(k)
		return n.Value + 0.0001*float64(rep*len(k.Method))
	}
	// 22.97 without SSP, 22.17 with it.
	if r := claim(t, table(results.GradePaper, 2, keys, errorOf), "P4", ""); !strings.HasPrefix(r.Measured, "+0.80 [") || r.WordNote != "1 of 6 cells run" || !strings.Contains(r.MeasuredNote, "LDAM-DRW + SSP over LDAM-DRW: +0.80 points (n = 2)") {
		t.Errorf("P4: %q %q %q", r.Measured, r.WordNote, r.MeasuredNote)
	}
	if r := claim(t, table(results.GradePaper, 2, keys[1:], errorOf), "P4", ""); r.Word != "not run" {
		t.Errorf("P4 without CE: %q", r.Word)
	}
}

// F4 is about the best of the rules that work against imbalance: CE alone says
// nothing about it.
func TestDropOfTheBestRule(t *testing.T) {
	keys := []paper.Key{paper.Control(paper.CIFAR10, 1, 0, "CE"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE")}
	for _, r := range paper.Table2Rows() {
		if r.Method != "CE" {
			keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, r.Method))
		}
	}
	at := func(keys []paper.Key) Verdict {
		return claim(t, table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
			if k.Rho == 1 {
				return 7 + 0.1*float64(rep)
			}
			n, _ := paper.Find(k)
			return n.Value
		}), "F4", "")
	}
	if r := at(keys[:2]); r.Word != "not run" {
		t.Errorf("CE alone: %q, %q", r.Word, r.Measured)
	}
	if r := at(keys); r.Word != "seen on average (1 of 1)" || !strings.HasPrefix(r.Measured, "+15.87 [") || r.WordNote != "1 of 2 cells run" {
		t.Errorf("all rules: %q, %q, %q", r.Word, r.Measured, r.WordNote)
	}
}

// A block holds one ρ: over the tail images of another a gain scatters otherwise.
func TestBlocksHoldOneRho(t *testing.T) {
	for _, e := range estimands() {
		rho := map[string]float64{}
		for _, c := range e.cells {
			k := c.value[len(c.value)-1].Keys[0] // the base may be at ρ = 1
			if was, ok := rho[c.block]; ok && was != k.Rho {
				t.Errorf("%s: block %s is over ρ = %g and %g", e.claim, c.block, was, k.Rho)
			}
			rho[c.block] = k.Rho
		}
	}
}

// Every claim of the list has a row; each that is not decided by theory, a list
// or other claims has an estimand; and the column "in print" holds every number
// that the list gives.
func TestEveryClaimIsCovered(t *testing.T) {
	have := map[string]bool{}
	for _, e := range estimands() {
		have[e.claim] = true
		if _, ok := paper.ClaimByID(e.claim); !ok {
			t.Errorf("%s is not in the list of claims", e.claim)
		}
		if e.what == "" || e.rule == "" || len(e.needs()) == 0 || len(e.keys()) == 0 {
			t.Errorf("%s %s: %q decides by %q nothing", e.claim, e.against, e.what, e.rule)
		}
		for _, l := range e.lines {
			if len(l.points) == 1 && !slices.Contains([]string{"S10", "P10", "P9", "R7"}, e.claim) {
				t.Errorf("%s: the one point of %s would count as a slope", e.claim, l.name)
			}
		}
	}
	first := map[string]Verdict{} // of each claim
	for _, r := range slices.Backward(Judge(Evidence{})) {
		first[r.ID] = r
	}
	number := regexp.MustCompile(`\d+(\.\d+)?`)
	for _, c := range paper.Claims() {
		r, ok := first[c.ID]
		if !ok {
			t.Errorf("%s has no row", c.ID)
		}
		switch c.Rule {
		case paper.RuleTheory, paper.RuleList, paper.RuleRollUp:
			continue
		}
		if !have[c.ID] {
			t.Errorf("%s has no estimand", c.ID)
		}
		if c.ID == "L1" { // the list gives its effects one by one: paper's own test
			continue
		}
		for _, n := range number.FindAllString(strings.ReplaceAll(" "+c.Print, " .", " 0."), -1) {
			if !strings.Contains(r.InPrint, n) && !strings.Contains(strings.ReplaceAll(r.InPrint, "0.", "."), n) {
				t.Errorf("%s in print: %q lacks %s of %q", c.ID, r.InPrint, n, c.Print)
			}
		}
	}
	if n := len(paper.Claims()); len(first) != n {
		t.Errorf("%d claims, want %d", len(first), n)
	}
}

// A word from two replicates is provisional where three were fixed, at the grades
// whose words decide. A size has no word.
func TestProvisional(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	for _, c := range []struct {
		grade      results.Grade
		replicates int
		fixed      int
		want       bool
	}{
		{results.GradePaper, 2, 3, true}, {results.GradeSimilar, 2, 3, true}, {results.GradeStandIn, 2, 3, false},
		{results.GradePaper, 3, 3, false}, {results.GradePaper, 2, 2, false}, {results.GradePaper, 2, 0, false},
	} {
		in := table(c.grade, c.replicates, keys, func(k paper.Key, rep int) float64 {
			if k == keys[1] {
				return 22 + .01*float64(rep)
			}
			return 25
		})
		in.Fixed = map[string]int{"p": c.fixed}
		v := claim(t, in, "P1", "")
		if v.Provisional != c.want || strings.Contains(v.WordNote, "; provisional: 2 of 3 replicates") != c.want {
			t.Errorf("grade %s, %d of %d replicates: provisional %v, %q, %q", c.grade, c.replicates, c.fixed, v.Provisional, v.Word, v.WordNote)
		}
	}
}
