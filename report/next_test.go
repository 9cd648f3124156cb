package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// planned is another profile's plan of keys, two replicates with tasks of its own.
func planned(profile string, keys []paper.Key) results.Plan {
	plan := table(results.GradePaper, 2, keys, func(paper.Key, int) float64 { return nan }).Plan
	plan.Profile = profile
	for i := range plan.Cells {
		c := &plan.Cells[i]
		c.Profile, c.Task = profile, profile[:1]+c.Task[1:]
		plan.Tasks[i].Name = c.Task
	}
	return plan
}

// ranInDesktop is a plan of the stand-in, without a cell of its own, beside what profile
// desktop ran, whose plan holds so many replicates.
func ranInDesktop(ran Input, seeds int) Input {
	in := table(results.GradeStandIn, 1, nil, nil)
	in.Plan.DataDir, in.Results = results.AnyDir, ran.Results
	plan := results.Plan{Selection: ran.Plan.Selection}
	plan.Profile, plan.Seeds = "desktop", seeds
	for i, c := range ran.Plan.Cells {
		c.Profile = "desktop"
		if ran.Results[c.Task] != nil {
			in.Plan.Cells = append(in.Plan.Cells, c)
		}
		if c.Replicate < seeds {
			plan.Cells, plan.Tasks = append(plan.Cells, c), append(plan.Tasks, ran.Plan.Tasks[i])
		}
	}
	in.Others = []results.Plan{plan}
	return in
}

var nan = math.NaN()

// keysOf is every cell that a claim is about.
func keysOf(t *testing.T, id string) (all []paper.Key) {
	t.Helper()
	for _, q := range claim(t, Input{}, id, "").Quantities() {
		for _, term := range q {
			for _, k := range term.Keys {
				if !slices.Contains(all, k) {
					all = append(all, k)
				}
			}
		}
	}
	return all
}

// S4 needs two levels of ρ of one line. With everything at ρ = 100 there, what
// is named is the cheapest pair that completes one, not just any missing cell.
func TestNextCellWouldSettleATrend(t *testing.T) {
	keys := []paper.Key{
		paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x"),
		paper.ResNet32("Table 1a", paper.CIFAR10, 100, 200, "CE + D_U@5x"),
		paper.ResNet32("Table 1a", paper.CIFAR10, 10, 0, "CE"), paper.ResNet32("Table 1a", paper.CIFAR10, 10, 1, "CE + D_U@5x"),
	}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
		if k.Rho == 10 || k.RhoU == 200 {
			return nan
		}
		return 20 + k.RhoU + float64(rep)
	})
	r := claim(t, in, "S4", "")
	want := "run CE (ρ = 10) and CE + D_U@5x (ρ = 10, ρ_U = 1), 2 replicates (7 min)"
	if r.Next != want || r.Seconds != 400 { // 4,000 images at 10 a second
		t.Errorf("S4: %q, %v s, want %q", r.Next, r.Seconds, want)
	}
	if want := "longtail reproduce --profile p --only 'part:CE,part:CE + D_U@5x:CIFAR-10-LT:rho=10:rho_u=1' --seeds 2 --data-dir DIR"; r.Command != want {
		t.Errorf("S4: %q, want %q", r.Command, want)
	}
	// Run as it says, and the claim has a slope in both replicates.
	in = table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
		switch {
		case k.RhoU == 200:
			return nan
		case k.RhoU == 1:
			return 20 + 0.001*float64(rep)*k.Rho
		}
		return 20 + k.Rho/10
	})
	if r := claim(t, in, "S4", ""); r.Replicates != 2 || r.Word != "seen on average (1 of 1)" {
		t.Errorf("S4 afterwards: %q, n %d", r.Word, r.Replicates)
	}
}

// Where only replicates are missing, their number and cost are named.
func TestNextReplicates(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	cores, threads, fixed, set := 0, 1, 3, ""
	at := func(replicates int, spread float64) Row {
		in := table(results.GradePaper, replicates, keys, func(k paper.Key, rep int) float64 {
			if k == keys[1] {
				return 24 + spread*float64(rep)
			}
			return 25
		})
		in.Cores, in.Fixed = cores, map[string]int{"p": fixed}
		in.Plan.Profile += set
		for i := range in.Plan.Cells {
			in.Plan.Cells[i].Profile += set
		}
		for _, r := range in.Results {
			r.Cost.Threads = threads
		}
		return claim(t, in, "P1", "")
	}
	if r := at(1, 1); r.Next != "a second replicate: 4 min" || r.Command != "longtail reproduce --profile p --only part --seeds 2 --data-dir DIR" {
		t.Errorf("one replicate: %q, %q", r.Next, r.Command)
	}
	// Gains 1, 0, −1: sd 1; t(.975, 17)/√18 = 0.497 is the first below a half.
	if r := at(3, 1); r.Word != "not settled" || !strings.HasPrefix(r.Next, "±0.5 at 18 replicates: 50 min more") || r.Seconds != 15*200 || r.Settles {
		t.Errorf("three replicates: %q, %q, %v s, settles %v", r.Word, r.Next, r.Seconds, r.Settles)
	}
	// Nothing is promised where the spread is not known.
	if r := at(3, 0); r.Word != "not settled" || r.Next != "another replicate (equal ones do not show how they scatter): 4 min" || r.Seconds != 200 || r.Settles || !strings.HasSuffix(r.Command, "--seeds 4 --data-dir DIR") {
		t.Errorf("three equal replicates: %q, %q, %v s, settles %v, %q", r.Word, r.Next, r.Seconds, r.Settles, r.Command)
	}
	// Two hardly tell the spread: gains 1 and 0 would ask for 11. Where a profile has but
	// two, it is all there is.
	if r := at(2, 1); r.Next != "a third replicate (two hardly tell the spread): 4 min" || r.Seconds != 200 || r.Settles || !strings.HasSuffix(r.Command, "--seeds 3 --data-dir DIR") {
		t.Errorf("two of three replicates: %q, %v s, settles %v, %q", r.Next, r.Seconds, r.Settles, r.Command)
	}
	if r := at(2, .01); r.Word != "seen on average (1 of 1)" || r.Next != "a third replicate (a verdict at two is provisional): 4 min" || !r.Provisional || !strings.HasSuffix(r.WordNote, "; provisional: 2 of 3 replicates") {
		t.Errorf("a verdict at two of three replicates: %q, %q", r.Word, r.Next)
	}
	if set = ":epochs=100"; !at(2, .01).Provisional {
		t.Error("two of three replicates of a variant of the profile settle it")
	}
	set = ""
	// The plan has no other of the 24 cells: see TestNextBeyondAVerdict.
	if r := at(3, .01); r.Word != "seen on average (1 of 1)" || r.Next != "" {
		t.Errorf("a verdict at three of three replicates: %q, %q", r.Word, r.Next)
	}
	if fixed = 2; !strings.HasPrefix(at(2, 1).Next, "±0.5 at ") {
		t.Errorf("two of two replicates: %q", at(2, 1).Next)
	}
	// Two replicates side by side are eight rounds; if one task takes both cores, 15.
	cores = 2
	if r := at(3, 1); r.Seconds != 8*200 {
		t.Errorf("a core a task, on two: %v s", r.Seconds)
	}
	threads = 2
	if r := at(3, 1); r.Seconds != 15*200 {
		t.Errorf("two cores a task, on two: %v s", r.Seconds)
	}
}

// A verdict on one cell of 24 leaves the other 23, of which the cheapest comes first, to
// be run as often; one that was run once is among them.
func TestNextBeyondAVerdict(t *testing.T) {
	var keys []paper.Key
	for _, rho := range []float64{100, 10} {
		keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
	}
	at := func(keys []paper.Key, ofSecond int) Row {
		return claim(t, table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
			switch {
			case k.Rho == 10 && rep >= ofSecond:
				return nan
			case k == keys[1]:
				return 20 + .1*float64(rep)
			}
			return 25
		}), "P1", "")
	}
	for _, c := range []struct {
		keys                []paper.Key
		ofSecond            int
		word, next, command string
	}{
		{keys[:2], 0, "seen on average (1 of 1)", "", ""}, // the plan has no other
		{keys, 0, "seen on average (1 of 1)", "for the other 23 cells, the cheapest first: run CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10), 3 replicates (10 min)", "longtail reproduce --profile p --only part --seeds 3 --data-dir DIR --budget none"},
		{keys, 1, "seen on average (1 of 1)", "for the other 23 cells, the cheapest first: run CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10), 3 replicates (7 min)", "longtail reproduce --profile p --only part --seeds 3 --data-dir DIR"},
	} {
		if r := at(c.keys, c.ofSecond); r.Word != c.word || r.Next != c.next || r.Command != c.command || r.Settles {
			t.Errorf("%d cells, the second pair %d times: %q, %q, %q", len(c.keys), c.ofSecond, r.Word, r.Next, r.Command)
		}
	}
	// Run as it says, and the verdict keeps its replicates.
	if r := at(keys, 3); r.Replicates != 3 || !r.Settled() || r.Provisional || !strings.HasPrefix(r.WordNote, "2 of 24 cells run; level ") {
		t.Errorf("the second pair three times: n %d, %q, %q", r.Replicates, r.Word, r.WordNote)
	}
	// The plans of other profiles hold two replicates at most, names what is beyond them. What
	// is there is not run again, and what the plan holds no more of is: a base or method that
	// stayed at fewer replicates would take the verdict back to as few.
	const base, both = "part:CE-DRW:CIFAR-10-LT:rho=10", "'part:CE-DRW:CIFAR-10-LT:rho=10,part:CE-DRW + SSP:CIFAR-10-LT:rho=10'"
	for _, c := range []struct {
		seeds, base, method, cores int // that the plan holds; replicates of each at ρ = 10
		cells                      string
		seconds                    float64
		only                       string
	}{
		{2, 0, 0, 1, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 600, both},
		{2, 2, 0, 1, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 400, both},
		{2, 2, 1, 1, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 300, both},
		{1, 1, 1, 1, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 400, both},
		{2, 3, 0, 1, "CE-DRW + SSP (ρ = 10)", 300, "'part:CE-DRW + SSP:CIFAR-10-LT:rho=10'"},
		{2, 1, 3, 1, "CE-DRW (ρ = 10)", 200, base},
		{1, 0, 0, 1, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 600, both},
		{1, 0, 0, 2, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 300, both}, // two side by side
		{1, 1, 0, 3, "CE-DRW (ρ = 10) and CE-DRW + SSP (ρ = 10)", 200, both}, // no sooner than the longest
	} {
		ran := table(results.GradeSimilar, 3, keys, func(k paper.Key, rep int) float64 {
			switch {
			case k == keys[2] && rep >= c.base, k == keys[3] && rep >= c.method:
				return nan
			case k == keys[1]:
				return 20 + .1*float64(rep)
			}
			return 25
		})
		for i, cell := range ran.Plan.Cells {
			if cell.Key == keys[3] { // started from the base, which is counted once or not at all
				ran.Plan.Tasks[i].Settings.Init = ran.Plan.Tasks[i-1].Name
			}
		}
		in := ranInDesktop(ran, c.seeds)
		in.Cores = c.cores
		r := claim(t, in, "P1", "")
		next := fmt.Sprintf("for the other 23 cells, the cheapest first: run %s, 3 replicates (%s)", c.cells, duration(c.seconds))
		command := inFull("longtail reproduce --profile desktop --only "+c.only+" --seeds 3 --data-dir DIR", c.seconds)
		if r.Next != next || r.Seconds != c.seconds || r.Command != command {
			t.Errorf("%+v: n %d, %q, %v s, %q", c, r.Replicates, r.Next, r.Seconds, r.Command)
		}
	}
	// A size that is told in one of its cells leaves the others, too.
	sizes := []paper.Key{paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE + D_U@5x"), paper.ResNet32("Table 1b", paper.SVHN, 100, 50, "CE + D_U@5x")}
	in := table(results.GradePaper, 3, sizes, func(k paper.Key, rep int) float64 {
		if k == sizes[2] {
			return nan
		}
		return 20
	})
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil {
			r.BestErrorPct = 20 - c.RhoU + .1*float64(c.Replicate)*c.RhoU
		}
	}
	if r := claim(t, in, "S3", ""); !strings.HasSuffix(r.Word, ": outside") || !strings.HasPrefix(r.Next, "for the other 7 cells, the cheapest first: run CE + D_U@5x (SVHN-LT, ρ = 100, ρ_U = 50), 3 replicates") {
		t.Errorf("a size of one cell: %q, %q", r.Word, r.Next)
	}
}

// A verdict at one grade leaves no cell that the profile runs at another: with SVHN's own
// extra images that are print's, with another pool than CIFAR-10's withdrawn one not.
func TestNextBeyondAVerdictIsOfItsGrade(t *testing.T) {
	var keys []paper.Key
	with := map[paper.Key]bool{}
	for _, u := range []float64{1, 50} {
		for _, base := range []paper.Key{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE")} {
			du := base
			du.Method, du.RhoU = "CE + D_U@5x", u
			if with[du] = true; u == 1 {
				keys = append(keys, base)
			}
			keys = append(keys, du)
		}
	}
	for _, grade := range []results.Grade{results.GradeSimilar, results.GradePaper} {
		here, other := paper.CIFAR10, paper.SVHN
		if grade == results.GradePaper {
			here, other = other, here
		}
		in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
			if k.Dataset == other && with[k] || k.RhoU == 50 {
				return nan
			}
			return 30 - 5*k.RhoU - .1*float64(rep)*k.RhoU
		})
		for i, c := range in.Plan.Cells {
			if with[c.Key] && c.Dataset == paper.CIFAR10 {
				in.Plan.Cells[i].Grade = results.GradeSimilar
			}
			if c.Dataset == other { // the cheapest of all
				in.Plan.Cells[i].Images, in.Plan.Tasks[i].Images = 100, 100
			}
		}
		r := claim(t, in, "S1", "plain")
		setting := strings.TrimPrefix(missingName(paper.Key{Method: "m", Dataset: here, Rho: 100, RhoU: 50}), "m ")
		if want := "for the other 45 cells, the cheapest first: run CE + D_U@5x " + setting + ", 2 replicates"; r.Grade != grade || r.Word != "seen on average (1 of 1)" || !strings.HasPrefix(r.Next, want) {
			t.Errorf("at %s, %q: %q, want %q", r.Grade, r.Word, r.Next, want)
		}
	}
}

// All levels of a trend run and one of them once: its other replicates are next, and with
// them the claim is seen.
func TestNextLevelRunOnce(t *testing.T) {
	var keys []paper.Key
	for _, u := range paper.RelevantRhoUs {
		keys = append(keys, paper.ResNet32("Figure 3", paper.CIFAR10, 50, u, paper.Relevance(60)))
	}
	at := func(ofLast int) Row {
		return claim(t, table(results.GradeSimilar, 3, keys, func(k paper.Key, rep int) float64 {
			if k == keys[len(keys)-1] && rep >= ofLast {
				return nan
			}
			return 20 + (3+.01*float64(rep))*math.Log(k.RhoU)
		}), "R5", "")
	}
	if r := at(1); r.Word != "seen on average (1 of 1)" || !strings.HasPrefix(r.Next, "for the other cell: run CE + D_U@5x, relevance 60 % (ρ = 50, ρ_U = 100), 3 replicates (4 min)") {
		t.Errorf("one level run once: %q, %q", r.Word, r.Next)
	}
	if r := at(3); r.Word != "seen" || r.Next != "" || r.Replicates != 3 {
		t.Errorf("all levels: %q, %q, n %d", r.Word, r.Next, r.Replicates)
	}
}

// A level of a trend that is a replicate ahead costs nothing more.
func TestNextReplicateWhereALevelIsAhead(t *testing.T) {
	var keys []paper.Key
	for _, rho := range []float64{100, 10} {
		keys = append(keys, paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, "CE-DRW + SSP"))
	}
	for ahead, want := range map[float64]float64{0: 400, 100: 200} { // 0: none
		in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
			if rep == 1 && k.Rho != ahead {
				return nan
			}
			return 25
		})
		r := claim(t, in, "P3", "")
		if r.Next != "a second replicate: "+duration(want) || r.Seconds != want {
			t.Errorf("ρ = %v is ahead: %q, %v s", ahead, r.Next, r.Seconds)
		}
	}
}

// A run that ships took its time on another machine; one of the same network was run
// here, four times as fast.
func TestNextReplicateOfWhatShips(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP"), paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "LDAM")}
	in := table(results.GradePaper, 1, keys, func(paper.Key, int) float64 { return 25 })
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		if r.Shipped = c.Key != keys[2]; !r.Shipped {
			r.Cost.ImagesPerSec = 40
		}
	}
	if r := claim(t, in, "P1", ""); r.Next != "a second replicate: 50 s" || r.Seconds != 2*25 {
		t.Errorf("P1: %q, %v s", r.Next, r.Seconds)
	}
}

// A number that was not measured at grade P says what runs it on the official files: in
// profile paper or, where that cannot, in desktop.
func TestRecordsNameTheOfficialFilesRun(t *testing.T) {
	svhn, drw := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW")
	du := paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x")
	in := table(results.GradeStandIn, 1, []paper.Key{drw}, func(paper.Key, int) float64 { return 25 })
	in.Plan.Cells = append(in.Plan.Cells, results.Cell{Key: svhn, Profile: "p", Reason: "no embedded stand-in"}, results.Cell{Key: du, Profile: "p", Reason: "withdrawn"})
	desktop := planned("desktop", []paper.Key{svhn, drw, du})
	for i := range desktop.Cells {
		desktop.Cells[i].Grade = results.GradeSimilar
	}
	in.Others = []results.Plan{desktop, planned("paper", []paper.Key{svhn, drw})}
	for k, want := range map[paper.Key]cellMissing{
		svhn: {Why: "on the official files, in profile paper: grade P", Command: "longtail reproduce --profile paper --only part:CE --seeds 1 --data-dir DIR"},
		drw:  {Why: "on the official files, in profile paper: grade P", Command: "longtail reproduce --profile paper --only part:CE-DRW --seeds 1 --data-dir DIR"},
		du:   {Why: "on the official files, in profile desktop: grade S", Command: "longtail reproduce --profile desktop --only 'part:CE + D_U@5x' --seeds 1 --data-dir DIR"},
	} {
		want.Cost, want.Recipe = "1,000 training images, 2 min", "cross-entropy; resnet32 on , ρ = 0"
		r := newCellRecord(in, newOutlook(in), k)
		if got := r.Missing[len(r.Missing)-1]; got != want {
			t.Errorf("%v: %+v, want %+v", k, got, want)
		}
	}
	theorem := paper.Key{Source: "Theorem 1", Method: "exact law"} // no file is read for it
	in.Others[1].Cells = append(in.Others[1].Cells, results.Cell{Key: theorem, Profile: "paper", Task: "theorem", Grade: results.GradeExact})
	if r := newCellRecord(in, newOutlook(in), theorem); len(r.Missing) != 1 || r.Missing[0].Command != "" {
		t.Errorf("of a theorem: %+v", r.Missing)
	}
	own := in.Plan.Cells[0].Task
	in.Plan.Cells[0].Grade, in.Results[own].Grade = results.GradePaper, results.GradePaper
	if r := newCellRecord(in, newOutlook(in), drw); len(r.Missing) != 0 {
		t.Errorf("of a number at grade P: %+v", r.Missing)
	}
}

// What a step asks for and a number's own record cost the same: what they start from is
// counted where it is not done.
func TestOneCommandHasOneTime(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
		if k == keys[1] && rep == 1 {
			return nan
		}
		return 25
	})
	for rep := range 2 { // each starts from a task that is done
		pre, with := fmt.Sprint("pre", rep), &in.Plan.Tasks[2*rep+1]
		with.Settings.Init = pre
		s := results.Settings{Kind: results.KindPretrain, Arch: "resnet32", Replicate: rep}
		in.Plan.Tasks = append(in.Plan.Tasks, results.Task{Name: pre, Settings: s, Images: 5000})
		in.Results[pre] = &results.Result{Task: pre, Settings: s, Cost: results.Cost{ImagesPerSec: 10, TrainSeconds: 500}}
		in.Plan.Cells[2*rep+1].Images = 6000
		if r := in.Results[with.Name]; r != nil {
			r.Settings.Init = pre
		}
	}
	row, record := claim(t, in, "P1", ""), newCellRecord(in, newOutlook(in), keys[1])
	if row.Next != "a second replicate: 2 min" || row.Seconds != 100 || len(record.Missing) != 1 || record.Missing[0].Cost != "1,000 training images, 2 min" || record.Missing[0].Command != row.Command {
		t.Errorf("%q, %v s, %q; %+v", row.Next, row.Seconds, row.Command, record.Missing)
	}
}

// Commands name parts and methods where those select what is meant and no more,
// single numbers otherwise.
func TestNextCommandsAreExact(t *testing.T) {
	two := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	more := paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRW")
	at := func(replicates int, keys []paper.Key, errorOf func(k paper.Key, rep int) float64) Row {
		return claim(t, table(results.GradePaper, replicates, keys, errorOf), "P1", "")
	}
	none := func(paper.Key, int) float64 { return nan }
	const all = "longtail reproduce --profile p --only part --seeds 2 --data-dir DIR"
	if r := at(2, two, none); r.Command != all {
		t.Errorf("nothing run: %q", r.Command)
	}
	// A third replicate is not wanted yet, and none of it would be lost.
	if r := at(3, two, none); r.Command != all {
		t.Errorf("of three replicates: %q", r.Command)
	}
	// With another ρ in the plan CE-DRW is more than is meant, its SSP is not.
	const want = "longtail reproduce --profile p --only 'part:CE-DRW:CIFAR-10-LT:rho=100,part:CE-DRW + SSP' --seeds 2 --data-dir DIR"
	if r := at(2, append(two, more), none); r.Command != want {
		t.Errorf("beside another ρ: %q", r.Command)
	}
	once := func(k paper.Key, rep int) float64 {
		if rep > 0 || k == more {
			return nan
		}
		return 20
	}
	if r := at(2, append(two, more), once); r.Command != want {
		t.Errorf("another replicate, which is planned: %q", r.Command)
	}
	if r := at(1, append(two, more), once); r.Command != want {
		t.Errorf("another replicate, which is not: %q", r.Command)
	}
	// What is done in the replicates that are planned is not done in further ones.
	all3 := func(k paper.Key, rep int) float64 { return 20 }
	if r := at(1, append(two, more), all3); r.Command != want {
		t.Errorf("another replicate beside what is done: %q", r.Command)
	}
}

// A cell that stands in no whole comparison is behind no estimate: it is not said
// to be, and not run again.
func TestCellsWithoutTheirLike(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "LDAM-DRW")}
	in := table(results.GradePaper, 1, keys, func(k paper.Key, rep int) float64 { return 25 })
	r := claim(t, in, "P1", "")
	if !slices.Equal(r.Cells, keys[:2]) || r.Seconds != 200 || strings.Contains(r.Command, "LDAM") {
		t.Errorf("P1 from %v: %q, %v s, %q", r.Cells, r.Next, r.Seconds, r.Command)
	}
	in = table(results.GradePaper, 1, keys, func(k paper.Key, rep int) float64 {
		if k == keys[1] {
			return nan
		}
		return 25
	})
	if r := claim(t, in, "P1", ""); len(r.Cells) != 0 {
		t.Errorf("no comparison is whole, and P1 is from %v", r.Cells)
	}
}

// Nor does the profile that it is of speak for the row.
func TestProfileOfARow(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", "CIFAR-100-LT", 100, 0, "CE-DRW"), paper.ResNet32("Table 2", "CIFAR-100-LT", 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 2, keys, func(k paper.Key, rep int) float64 {
		if k == keys[2] {
			return 22 + .01*float64(rep)
		}
		return 25
	})
	for i, c := range in.Plan.Cells {
		if c.Key == keys[0] {
			in.Plan.Cells[i].Profile = "another"
		}
	}
	in.Fixed = map[string]int{"p": 3, "another": 2}
	if r := claim(t, in, "P1", ""); !r.Provisional || !strings.HasPrefix(r.Command, "longtail reproduce --profile p ") {
		t.Errorf("P1 from %v: %q, %q, %q", r.Cells, r.WordNote, r.Next, r.Command)
	}
}

// What was run once stands in no mean over what was run twice: it is not said to be
// behind it, nor run again.
func TestCellsOutsideTheMean(t *testing.T) {
	twice := []paper.Key{paper.ResNet32("Table 2", "CIFAR-100-LT", 100, 0, "CE-DRW"), paper.ResNet32("Table 2", "CIFAR-100-LT", 100, 0, "CE-DRW + SSP")}
	once := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 2, append(once, twice...), func(k paper.Key, rep int) float64 {
		switch {
		case k.Dataset == paper.CIFAR10 && rep == 1:
			return nan
		case k == twice[1]:
			return 22 + float64(rep)
		}
		return 25
	})
	r := claim(t, in, "P1", "")
	if !slices.Equal(r.Cells, twice) || r.Measured != "+2.50 [−3.85, +8.85] points" || !strings.HasPrefix(r.Next, "±") {
		t.Errorf("P1 from %v: %q, next %q", r.Cells, r.Measured, r.Next)
	}
}

// A plan of the paper's data is taken further itself, whatever was seen on the
// stand-in; a size that needs the withdrawn pool says so.
func TestNextOfThePapersData(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 2, keys, func(paper.Key, int) float64 { return nan })
	seen := madeUp(results.GradeStandIn, 2)
	in.Plan.Cells = append(in.Plan.Cells, seen.Plan.Cells...)
	for task, r := range seen.Results {
		in.Results[task] = r
	}
	size := slices.DeleteFunc(keysOf(t, "S2"), func(k paper.Key) bool { return k.Source != "Table 1a" })
	here := results.Plan{Selection: results.Selection{Profile: "paper", Seeds: 2, DataDir: results.AnyDir}}
	for _, k := range size {
		here.Cells = append(here.Cells, results.Cell{Key: k, Profile: "paper", Reason: "the TinyImages pool was withdrawn by its owners in 2020: --pool authors"})
	}
	authors := planned("paper", size)
	authors.Pool, authors.AllowUnverified = "authors", true
	in.Others = []results.Plan{here, authors}
	all := Rows(in)
	r := rowOf(t, all, "P2", "")
	if r.Grade != results.GradeStandIn || !strings.HasPrefix(r.Next, "run CE-DRW (ρ = 100) and CE-DRW + SSP (ρ = 100), 2 replicates") || r.Command != "longtail reproduce --profile p --only part --seeds 2 --data-dir DIR" {
		t.Errorf("P2 at %s: %q, %q", r.Grade, r.Next, r.Command)
	}
	r = rowOf(t, all, "S2", "")
	const command = "longtail reproduce --profile paper --only part --seeds 2 --pool authors --data-dir DIR --allow-unverified"
	if r.Grade != results.GradeStandIn || !strings.Contains(r.Next, "withdrawn") || !strings.Contains(r.Next, "and 9 more cells, 2 replicates (20,000 training images)") || r.Command != command {
		t.Errorf("S2 at %s: %q, %q", r.Grade, r.Next, r.Command)
	}
	// In the paper's own profile, too; and what cannot be run in it is run in another.
	in.Plan, in.Others = here, []results.Plan{authors}
	if r = claim(t, in, "S2", ""); !strings.Contains(r.Next, "withdrawn") || r.Command != command {
		t.Errorf("S2 in the paper's own profile: %q, %q", r.Next, r.Command)
	}
	in.Plan.Cells, in.Plan.Hidden = nil, here.Cells
	in.Others = append(in.Others, planned("desktop", size))
	if r = claim(t, in, "S1", "plain"); !strings.Contains(r.Next, "withdrawn") || !strings.Contains(r.Next, "; in profile desktop: run CE (ρ = 100) and") || !strings.HasPrefix(r.Command, "longtail reproduce --profile desktop --only ") {
		t.Errorf("S1 where it cannot be run, results of another profile in its place: %q, %q", r.Next, r.Command)
	}
}

// What the plan has measured on the paper's data leaves the stand-in's row nothing
// to ask for: the row of the better grade says what is next.
func TestNextBesideABetterGrade(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	for replicates := range 3 {
		in := table(results.GradePaper, max(1, replicates), keys, func(k paper.Key, rep int) float64 {
			if rep >= min(1, replicates) { // 0: nothing is run; else the first of those planned
				return nan
			}
			return 25
		})
		seen := madeUp(results.GradeStandIn, 2)
		in.Plan.Cells = append(in.Plan.Cells, seen.Plan.Cells...)
		for task, r := range seen.Results {
			in.Results[task] = r
		}
		grades := map[results.Grade]Row{}
		for _, r := range Rows(in) {
			if r.ID == "P2" {
				grades[r.Grade] = r
			}
		}
		standIn, better := grades[results.GradeStandIn], grades[results.GradePaper]
		if replicates == 0 && (len(grades) != 1 || !strings.HasPrefix(standIn.Next, "run CE-DRW") || !standIn.elsewhere) ||
			replicates > 0 && (len(grades) != 2 || !strings.HasPrefix(better.Next, "a second replicate") || standIn.Next != "" || standIn.elsewhere || better.elsewhere) {
			t.Errorf("of %d replicates: P2 is next %q, %q", replicates, better.Next, standIn.Next)
		}
	}
}

// What ships from another profile is taken further by that profile's commands, which
// leave out what ships, with the plan's own folder of data; first epochs in common
// are counted once, in cost and in time.
func TestNextInAnotherProfile(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP"),
		paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRW + SSP")}
	ran := table(results.GradeSimilar, 2, keys, func(k paper.Key, rep int) float64 {
		if rep > 0 || k.Rho == 10 {
			return nan
		}
		return 25
	})
	in := ranInDesktop(ran, 2)
	in.Plan.DataDir = "/their ones/it's"
	for _, r := range in.Results {
		r.Shipped = true
	}
	all := Rows(in)
	r := rowOf(t, all, "P1", "")
	if want := `longtail reproduce --profile desktop --only 'part:CE-DRW:CIFAR-10-LT:rho=100,part:CE-DRW + SSP:CIFAR-10-LT:rho=100' --skip-shipped --seeds 2 --data-dir '/their ones/it'\''s'`; r.Next != "a second replicate: 4 min" || r.Command != want {
		t.Errorf("P1: %q, %q, want %q", r.Next, r.Command, want)
	}
	r = rowOf(t, all, "P3", "")
	if want := `longtail reproduce --profile desktop --only part --skip-shipped --seeds 2 --data-dir '/their ones/it'\''s' --budget none`; r.Next != "run CE-DRW (ρ = 100) and 3 more cells, 2 replicates (10 min)" || r.Command != want {
		t.Errorf("P3: %q, %q, want %q", r.Next, r.Command, want)
	}

	plan := in.Others[0]
	for i := range plan.Tasks { // of each replicate, as if both cells began alike
		plan.Tasks[i].Shared = &results.Shared{Epochs: 160, Images: 800, With: []string{plan.Tasks[i^1].Name}}
	}
	if got := newOutlook(in).images(plan.Cells); got != 3*(1000+200) {
		t.Errorf("%d images to train on, want 3,600", got)
	}
}

// What a cell starts from is computed again where only its result ships, and priced.
func TestNextCountsWhatShips(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP")}
	in := table(results.GradePaper, 1, keys, func(k paper.Key, rep int) float64 {
		if k == keys[1] {
			return nan
		}
		return 25
	})
	base, open := in.Plan.Cells[0].Task, in.Plan.Cells[1:2]
	in.Plan.Tasks[1].Settings.Init = base
	if got := newOutlook(in).images(open); got != 1000 {
		t.Errorf("beside a base that was run here: %d images", got)
	}
	in.Results[base].Shipped = true
	if got := newOutlook(in).images(open); got != 2000 {
		t.Errorf("beside a base that ships: %d images", got)
	}
	if got := newOutlook(in).images(in.Plan.Cells); got != 2000 {
		t.Errorf("beside a base that ships and is asked for: %d images", got)
	}
}

// Committed results of another profile are taken further by that profile's
// command, not by the plan's.
func TestNextCommandIsOfTheCellsProfile(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	in.Plan.Profile, in.Plan.Only = "smoke", []string{"table1"}
	if r := claim(t, in, "S1", "plain"); r.Command != "longtail reproduce --profile quick --seeds 2 --budget none" {
		t.Errorf("next: %q", r.Command)
	}
}

// The best of fewer epochs than in print is never compared with it, however often it is
// run: what is next is print's own schedule.
func TestNextOfASizeOfFewerEpochs(t *testing.T) {
	base, with := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE + D_U@5x")
	all := keysOf(t, "S3")
	for _, replicates := range []int{1, 2, 3} {
		in := table(results.GradePaper, replicates, all, func(k paper.Key, _ int) float64 {
			if k == base || k == with {
				return 20
			}
			return nan
		})
		in.Fixed = map[string]int{"p": 3}
		for i, c := range in.Plan.Cells {
			in.Plan.Cells[i].Marks = []string{results.MarkBestOf + "50 evaluations"}
			if r := in.Results[c.Task]; r != nil {
				r.BestErrorPct = 20 + .1*float64(c.Replicate)*c.RhoU
			}
		}
		in.Others = []results.Plan{planned("paper", all)}
		r := claim(t, in, "S3", "")
		if !strings.HasPrefix(r.Next, "a size is settled by the paper's data and schedule: run CE (SVHN-LT, ρ = 100) and 9 more cells, 2 replicates") || !strings.HasPrefix(r.Command, "longtail reproduce --profile paper ") {
			t.Errorf("n = %d: %q: %q, %q", r.Replicates, r.Word, r.Next, r.Command)
		}
	}
}

// A size whose runs all failed is not settled, and what failed is to be run again.
func TestEveryRunOfASizeFailed(t *testing.T) {
	keys := []paper.Key{paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE + D_U@5x")}
	in := table(results.GradePaper, 2, keys, func(paper.Key, int) float64 { return nan })
	in.Failures = map[string]string{}
	for _, c := range in.Plan.Cells {
		in.Failures[c.Task] = "killed"
	}
	if r := claim(t, in, "S3", ""); r.Word != "not settled" || r.Next != "run again what failed" {
		t.Errorf("S3: %q, next %q", r.Word, r.Next)
	}
}

// More replicates of a size are asked for while an interval is too wide.
func TestNextOfASize(t *testing.T) {
	base, with := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE + D_U@5x")
	for _, c := range []struct {
		gain, spread float64
		word, next   string
	}{
		{1, .1, "outside", ""}, {6.6, .1, "inside", ""},
		{1, 4, "too wide to tell", "±"}, {1, 0, "no interval from 3 runs", "another replicate"},
	} {
		in := table(results.GradePaper, 3, []paper.Key{base, with}, func(paper.Key, int) float64 { return 20 })
		for _, cell := range in.Plan.Cells {
			r := in.Results[cell.Task]
			if r.BestErrorPct = 20; cell.Key == with {
				r.BestErrorPct = 20 - c.gain + c.spread*float64(cell.Replicate-1)
			}
		}
		if r := claim(t, in, "S3", ""); !strings.HasSuffix(r.Word, c.word) || r.Tone() != "" || !strings.HasPrefix(r.Next, c.next) || (r.Next == "") != (c.next == "") {
			t.Errorf("gain %v, spread %v: %q, tone %q, next %q", c.gain, c.spread, r.Word, r.Tone(), r.Next)
		}
	}
}

// A claim on theory asks for the grid that would decide it, and for nothing once a finding
// or a remark is stored.
func TestNextOfTheory(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	for _, res := range in.Results {
		if res.Findings != nil {
			res.Findings = append(res.Findings, results.Finding{Claim: "T1.11", Word: results.NoWord, Text: "a remark"}, results.Finding{Claim: "T1.4", Word: "true in a weaker form", Where: "another statement", Text: "made-up evidence"})
		}
	}
	const missing = "needs a computation that this version does not have yet"
	all := Rows(in)
	for id, want := range map[string]struct{ tone, next string }{"T1.4": {"yes", ""}, "T1.5": {"no", ""}, "T1.11": {"", ""}, "T3.2": {"", missing}} {
		if r := rowOf(t, all, id, ""); r.Tone() != want.tone || r.Next != want.next || r.Command != "" {
			t.Errorf("%s: tone %q, %q, %q", id, r.Tone(), r.Next, r.Command)
		}
	}
	if r := claim(t, nothing(), "T1.5", ""); r.Next != "compute Theorem 1, exact law, bounds and simulation" || r.Command != "longtail reproduce --profile quick --only theorem1" {
		t.Errorf("T1.5 is computed by %q, %q", r.Next, r.Command)
	}
	// What ships from another profile is a finding, too.
	for _, c := range in.Plan.Cells {
		if c.Source == "Theorem 1" {
			delete(in.Results, c.Task)
			c.Profile, c.Task = "paper", "shipped"
			in.Plan.Cells = append(in.Plan.Cells, c)
		}
	}
	in.Results["shipped"] = &results.Result{Task: "shipped", Shipped: true, Findings: []results.Finding{{Claim: "T1.5", Word: "true", Text: "what ships"}}}
	if r := claim(t, in, "T1.5", ""); r.Next != "" || r.Command != "" || r.Tone() != "yes" {
		t.Errorf("T1.5, not computed here: next %q, %q, tone %q", r.Next, r.Command, r.Tone())
	}
}

// S16 is right where other procedures gain nothing that matters, and looks so.
func TestToneOfTooSmall(t *testing.T) {
	simple := claim(t, Input{}, "S16", "").Quantities()
	for worst, want := range map[float64]string{-0.2: "yes", -2: "no"} {
		if r := claim(t, table(results.GradePaper, 5, keysOf(t, "S16"), func(k paper.Key, rep int) float64 {
			e := 18.36 + 0.02*math.Sin(float64(rep*3+len(k.Method)))
			if k == simple[3][0].Keys[0] {
				e += worst
			}
			return e
		}), "S16", ""); r.Tone() != want {
			t.Errorf("a variant better by %g: %q, tone %q", -worst, r.Word, r.Tone())
		}
	}
}

// Cells of an interaction are left one by one, those of the verdict's grade: SVHN's 24 are
// another's.
func TestNextOfAnInteraction(t *testing.T) {
	for ofThird, left := range map[int]int{0: 16, 1: 16, 3: 12} { // replicates of ρ = 50
		in := table(results.GradeSimilar, 3, keysOf(t, "S6"), func(k paper.Key, rep int) float64 {
			switch {
			case k.Dataset != paper.CIFAR10, !strings.HasPrefix(k.Method, "CE"), k.Rho == 50 && rep >= ofThird:
				return nan
			}
			return 20 + (1+.01*float64(rep))*math.Log(k.Rho)*math.Log(k.RhoU)
		})
		for i, cell := range in.Plan.Cells {
			if cell.Dataset == paper.SVHN {
				in.Plan.Cells[i].Grade = results.GradePaper
			}
		}
		if r := claim(t, in, "S6", ""); !strings.HasPrefix(r.Next, fmt.Sprintf("for the other %d cells, the cheapest first: run ", left)) {
			t.Errorf("ρ = 50 run %d times: %q, %q", ofThird, r.Word, r.Next)
		}
	}
}

// What is promised is promised at the level that primary claims share.
func TestNextOfACorrectedWord(t *testing.T) {
	gains := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW + SSP"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x")}
	keys := append(gains, paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"))
	in := table(results.GradePaper, 3, keys, func(k paper.Key, rep int) float64 {
		if slices.Contains(gains, k) {
			return 24 - .35*float64(rep-1)
		}
		return 25
	})
	// At 2.5 %, by five: t(.9875, 4)·.35/√5 = .547, by six .452.
	if r := claim(t, in, "P1", ""); r.Word != "not settled" || !strings.HasPrefix(r.Next, "±0.5 at 6 replicates: ") || !r.Settles {
		t.Errorf("P1, %q, is promised %q, settles %v", r.Word, r.Next, r.Settles)
	}
}

// R2 takes two levels: the one that was run less often is next, then the others.
func TestNextLevelOfACurve(t *testing.T) {
	equal := paper.Control(paper.CIFAR10, 50, 0, "CE, equal steps")
	keys := []paper.Key{equal}
	for _, pct := range paper.Relevances {
		keys = append(keys, paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(pct)))
	}
	idle, helps := keys[1], keys[4]
	at := func(replicates int, keys []paper.Key, errorOf func(k paper.Key, rep int) float64) Row {
		return claim(t, table(results.GradeSimilar, replicates, keys, errorOf), "R2", "equal-step")
	}
	two := []paper.Key{equal, idle, helps}
	gain := func(k paper.Key, rep int) float64 {
		var pct float64
		if k == equal {
			return 25
		}
		fmt.Sscanf(k.Method, "CE + D_U@5x, relevance %f", &pct)
		return 25 - (pct-50)/10 + 0.1*float64(rep) + 0.3*math.Sin(float64(7*rep))
	}
	if r := at(2, two, func(k paper.Key, rep int) float64 {
		if k == idle && rep == 1 {
			return nan
		}
		return gain(k, rep)
	}); !strings.HasPrefix(r.Next, "a second replicate") || !strings.Contains(r.Command, "--seeds 2") {
		t.Errorf("one level run once: %q, %q", r.Next, r.Command)
	}
	// That 60 % hurts is not undone by a first replicate of 0 %, which is next.
	for _, ofIdle := range []int{0, 1} {
		if r := at(3, two, func(k paper.Key, rep int) float64 {
			switch {
			case k == equal:
				return 25
			case k == helps:
				return 28 + 0.1*float64(rep)
			case rep >= ofIdle:
				return nan
			}
			return 30
		}); r.Word != "reversed" || !strings.HasPrefix(r.Next, "for the other 5 cells, the cheapest first: run CE + D_U@5x, relevance 0 % ") {
			t.Errorf("60 %% hurts, 0 %% run %d times: %q, %q", ofIdle, r.Word, r.Next)
		}
	}
	if r := at(5, keys, func(k paper.Key, rep int) float64 {
		if rep >= 2 && !slices.Contains(two, k) {
			return nan
		}
		return gain(k, rep)
	}); r.Word != "seen" || !strings.HasPrefix(r.Next, "for the other 4 cells, the cheapest first: run ") || !strings.Contains(r.Next, ", 5 replicates") {
		t.Errorf("the other levels run twice: %q, %q", r.Word, r.Next)
	}
}
