package report

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"longtail/claims"
	"longtail/figures"
	"longtail/internal/fields"
	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
	"longtail/tables"
)

// writeFiles returns the folder of the pages.
func writeFiles(t *testing.T, in Input) string {
	t.Helper()
	dir := t.TempDir()
	in.Figures, in.Tables = figures.All(in.Plan, in.Results), tables.All(in.Plan, in.Results)
	if err := Write(dir, in); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, in Input) (html, markdown string) {
	t.Helper()
	dir := writeFiles(t, in)
	var out [2]string
	for i, name := range []string{"report.html", "report.md"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(b)
		if keep := os.Getenv("LONGTAIL_REPORT"); keep != "" { // to be looked at
			name := strings.ReplaceAll(t.Name(), "/", "_") + "_" + name
			if err := os.WriteFile(filepath.Join(keep, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out[0], out[1]
}

func TestWrite(t *testing.T) {
	failing := madeUp(results.GradeStandIn, 2)
	for task := range failing.Results {
		if strings.HasPrefix(task, "ssp1") {
			failing.Results[task] = nil
			failing.Failures[task] = "loss is NaN at epoch 3, step 71, learning rate 0.1"
		}
	}
	for name, in := range map[string]Input{
		"nothing planned": {},
		"nothing run":     nothing(),
		"one replicate":   madeUp(results.GradeStandIn, 1),
		"three":           madeUp(results.GradePaper, 3),
		"a failed run":    failing,
	} {
		t.Run(name, func(t *testing.T) {
			html, markdown := write(t, in)
			balanced(t, html)
			loadsNothing(t, html)
			for _, c := range paper.Claims() {
				if !strings.Contains(html, `">`+c.ID+`</a> `) || !strings.Contains(markdown, "**"+c.ID+"** ") {
					t.Errorf("claim %s is missing", c.ID)
				}
			}
			for _, bad := range []string{"NaN", "+Inf", "%!", "&lt;nil&gt;", "<no value>"} {
				// The failed run's own message is quoted.
				if s := strings.ReplaceAll(html, "loss is NaN", ""); strings.Contains(s, bad) {
					t.Errorf("%q on the page: %s", bad, around(s, bad))
				}
				if s := strings.ReplaceAll(markdown, "loss is NaN", ""); strings.Contains(s, bad) {
					t.Errorf("%q in the Markdown: %s", bad, around(s, bad))
				}
			}
			tablesHold(t, markdown)
			if name == "one replicate" {
				if again, _ := write(t, in); again != html {
					t.Error("not the same twice")
				}
			}
		})
	}
}

// A finished page does not load itself again and says where its numbers come
// from.
func TestWhatAPageIsMadeOf(t *testing.T) {
	in := madeUp(results.GradePaper, 2)
	in.Revision = "0123456789abcdef0123456789abcdef01234567"
	in.Results["pre"] = resultstest.Classifier("pre", results.GradePaper, results.Settings{Kind: results.KindPretrain, Target: "rotation"}, 17, .1, 0)
	html, markdown := write(t, in)
	if strings.Contains(html, "refresh") {
		t.Error("a finished page loads itself again")
	}
	for _, want := range []string{
		"built from revision 0123456789ab", "replicate 1: seed 0, data seed 1", "fashion-mnist 1f2e3d4c5b6a", "revision 0000000",
		"results/committed/ce0", "STORE/ce1", "290,000 training images at 940 a second",
		"ource: paper main text; column order of the interleaved text", "ource: README only", "momentum 0.9 and weight decay 2e-4, a warm-up of 5 epochs",
		"Several rows: several bodies of evidence", "comes from one of these 16 records", "Differs from the paper: Fashion-MNIST in place of CIFAR-10; resnet8", "For: other tasks",
	} {
		if !strings.Contains(html, want) || !strings.Contains(markdown, want) {
			t.Errorf("%q is not on both pages", want)
		}
	}
}

// The command of the whole plan is not cut short by the profile's budget, and says its
// time; so do those of the profiles of the paper's data.
func TestWholePlansSayTheirTime(t *testing.T) {
	k := []paper.Key{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRW"), paper.ResNet32("Table 2", paper.CIFAR10, 10, 0, "CE-DRW")}
	in := table(results.GradeStandIn, 1, k, func(k paper.Key, _ int) float64 {
		if k.Rho == 10 {
			return nan
		}
		return 25
	})
	in.Plan.Cells[1].Images, in.Plan.Tasks[1].Images = 100_000, 100_000
	in.Others = []results.Plan{planned("desktop", k), planned("paper", k)}
	html, markdown := write(t, in)
	for _, want := range []string{
		"longtail reproduce --profile p --seeds 1 --data-dir DIR --budget none`(100,000 training images, 2.8 h)",
		"longtail reproduce --profile desktop --seeds 1 --data-dir DIR`(2,000 training images, 4 min); `longtail reproduce --profile paper --seeds 1 --data-dir DIR`(",
	} {
		want = strings.ReplaceAll(want, "`(", "` (")
		if !strings.Contains(markdown, want) || !strings.Contains(strings.NewReplacer("</code>", "`", "<code>", "`").Replace(html), want) {
			t.Errorf("%q is not on both pages", want)
		}
	}
	in.Plan.Cells[1].Reason = "left out by --only"
	for _, r := range in.Results {
		r.Shipped = true
	}
	if p := newPage(in); p.Cost != "" || !strings.Contains(p.Command, " --skip-shipped ") {
		t.Errorf("what is left out is priced, or what ships is not left out: %q (%s)", p.Command, p.Cost)
	}
}

// Every set of images that a result used is named, in the facts and in its record, with
// its digest or that there is none.
func TestEverySetOfImagesIsNamed(t *testing.T) {
	in := madeUp(results.GradePaper, 1)
	for task, r := range in.Results {
		switch {
		case strings.HasPrefix(task, "du1000"):
			r.PoolName, r.PoolDigest = "held-out images of CIFAR-10", "sha256:aaaa"
			r.Settings.Irrelevant, r.IrrelevantName, r.IrrelevantDigest = "svhn", "SVHN (irrelevant images)", "sha256:bbbb"
		case strings.HasPrefix(task, "du1001"):
			r.PoolName, r.Settings.Irrelevant = "held-out images of CIFAR-10", "cifar100"
		}
	}
	html, markdown := write(t, in)
	for _, want := range []string{"; with SVHN (irrelevant images) bbbb", "; with cifar100 (irrelevant images, digest not recorded)"} {
		if !strings.Contains(html, want) || !strings.Contains(markdown, want) {
			t.Errorf("%q is not on both pages", want)
		}
	}
	facts := map[string]string{}
	for _, f := range newPage(in).Facts {
		facts[f.Term] = f.Text
	}
	if facts["Unlabeled pool"] != "held-out images of CIFAR-10" || facts["Data digests"] != "SVHN (irrelevant images) bbbb; cifar100 (irrelevant images, digest not recorded); fashion-mnist 1f2e3d4c5b6a; held-out images of CIFAR-10; held-out images of CIFAR-10 aaaa" {
		t.Errorf("%q, %q", facts["Unlabeled pool"], facts["Data digests"])
	}
	of := func(g results.Grade) string {
		for _, f := range newPage(madeUp(g, 1)).Facts {
			if f.Term == differs(g) {
				return f.Text
			}
		}
		return ""
	}
	if standIn, similar := of(results.GradeStandIn), of(results.GradeSimilar); standIn != "stand-in data or short runs: see the marks below the tables" || !strings.Contains(similar, "; resnet8 in place of ResNet-32") {
		t.Errorf("%q, %q", standIn, similar)
	}
}

// In the Markdown, runs of a number under two settings are parted.
func TestRunsOfANumberAreParted(t *testing.T) {
	in := madeUp(results.GradePaper, 1)
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil && c.Method == "CE, equal steps" {
			other := *r
			other.Task, other.LastErrorPct, other.Grade = "x"+c.Task[1:], 55, results.GradeStandIn
			in.Results[other.Task] = &other
			c.Task, c.Grade, c.Marks = other.Task, results.GradeStandIn, []string{"short"}
			in.Plan.Cells = append(in.Plan.Cells, c)
			break
		}
	}
	_, markdown := write(t, in)
	if want := "n_max 500, 90 epochs of batch 32.<br>replicate 0: 55.00 % ("; !strings.Contains(markdown, want) {
		t.Errorf("no %q", want)
	}
}

// What was declared is told apart from what is computed: F7's has the other sign, and P9
// names data that do not exist here.
func TestDeclaredIsNotComputed(t *testing.T) {
	html, markdown := write(t, madeUp(results.GradePaper, 1))
	if want := "Declared before any run (signs may differ, parts may not exist here): 48 paired gains,"; strings.Count(markdown, want) != strings.Count(html, want) {
		t.Errorf("%q stands %d times in the Markdown, %d in the HTML", want, strings.Count(markdown, want), strings.Count(html, want))
	}
	for _, want := range []string{"contrast SSP − warm start.", "Tiny-ImageNet-LT}; the interaction decides."} {
		before, _, found := strings.Cut(html, want)
		if before = before[strings.LastIndex(before, "<dd>")+1:]; !found || !strings.HasPrefix(before, "dd>Declared before any run (signs may differ, parts may not exist here): ") {
			t.Errorf("%q stands after %q", want, before)
		}
	}
	own := Row{Verdict: claims.Verdict{Claim: paper.Claim{Section: paper.SectionOurs, Where: "ours", Decides: "the mean gain"}}}
	if own.Where() != "" || own.Decides() != "" {
		t.Errorf("a claim of one's own is said to be in the paper: %q, or declared before: %q", own.Where(), own.Decides())
	}
}

// The heading says that only stand-in data were used as long as that is so.
func TestHeadingKnowsThePapersOwnData(t *testing.T) {
	in := madeUp(results.GradeStandIn, 1)
	const only = "only stand-in data were used"
	if html, _ := write(t, in); !strings.Contains(html, only) {
		t.Errorf("no %q", only)
	}
	k := paper.Key{Source: "Table 2", Dataset: "CIFAR-10-LT", Rho: 10, Method: "CE-DRS", Network: "ResNet-32"}
	in.Plan.Cells = append(in.Plan.Cells, results.Cell{Key: k, Task: "own", Grade: results.GradePaper, Data: "CIFAR-10-LT"})
	in.Results["own"] = &results.Result{Task: "own", Grade: results.GradePaper, LastErrorPct: 13}
	if html, _ := write(t, in); strings.Contains(html, only) {
		t.Errorf("%q, although a number is of the paper's data", only)
	}

	// A number measured at two grades counts once, at the better.
	before := takeCensus(in)
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; r != nil && r.Grade == results.GradeStandIn {
			in.Plan.Cells = append(in.Plan.Cells, results.Cell{Key: c.Key, Task: "own2", Grade: results.GradePaper, Data: c.Data})
			break
		}
	}
	in.Results["own2"] = &results.Result{Task: "own2", Grade: results.GradePaper, LastErrorPct: 29}
	after := takeCensus(in)
	sum := 0
	for _, n := range after.measured {
		sum += n
	}
	if after.measured[results.GradePaper] != before.measured[results.GradePaper]+1 || after.measured[results.GradeStandIn] != before.measured[results.GradeStandIn]-1 || sum != after.run {
		t.Errorf("%+v, before %+v", after, before)
	}
}

// The page of a run says when it was written and how to go on should the run
// have died since; one that is written while another process is at work, or
// after a run was cut off, says so and does not load itself again.
func TestRunningAndInterrupted(t *testing.T) {
	of := func(change func(in *Input)) (html, markdown string) {
		in := madeUp(results.GradePaper, 1)
		in.Written, in.GoOn = time.Date(2026, 11, 24, 0, 46, 10, 0, time.UTC), "longtail reproduce --profile p --store s"
		change(&in)
		return write(t, in)
	}
	for name, c := range map[string]struct {
		change   func(in *Input)
		want     []string
		unwanted string
	}{
		"running": {func(in *Input) { in.Running, in.Begun = true, []string{"x"} },
			[]string{"A run is going on", "24 November 2026, 00:46 UTC", "the run was cut off", "longtail reproduce --profile p --store s"}, "begun"},
		"of another process": {func(in *Input) { in.Busy = []string{"CE, replicate 0"} },
			[]string{"1 task is being computed (CE, replicate 0)", "24 November 2026"}, "<code>longtail reproduce --profile p --store s"},
		"killed": {func(in *Input) { in.Begun, in.Killed = []string{"a", "b", "c", "d & e", "f"}, 2 },
			[]string{"A run was stopped: 5 tasks are begun and not done (a; b; c; and 2 more)", "2 of them were cut off", "longtail reproduce --profile p --store s"}, "going on"},
		"stopped": {func(in *Input) { in.Begun = []string{"a & b"} },
			[]string{"1 task is begun"}, "cut off"},
	} {
		html, markdown := of(c.change)
		for _, want := range append(c.want, "A run ") {
			if !strings.Contains(html, strings.ReplaceAll(want, "&", "&amp;")) || !strings.Contains(markdown, want) {
				t.Errorf("%s: %q is not on both pages", name, want)
			}
		}
		if strings.Contains(html, c.unwanted) {
			t.Errorf("%s: the page says %q", name, c.unwanted)
		}
		if refreshes := strings.Contains(html, `<meta http-equiv="refresh" content="60">`); refreshes != (name == "running") {
			t.Errorf("%s: loads itself again: %v", name, refreshes)
		}
	}
	if html, _ := of(func(*Input) {}); strings.Contains(html, "<p class=\"warning\">") {
		t.Error("a finished page speaks of a run")
	}
}

func TestOneHour(t *testing.T) {
	s1, f7, p1, l1 := paper.Claim{ID: "S1"}, paper.Claim{ID: "F7"}, paper.Claim{ID: "P1"}, paper.Claim{ID: "L1"}
	rows := []Row{{Verdict: claims.Verdict{Claim: s1, Against: "plain"}, Seconds: 7200, Settles: true}, {Verdict: claims.Verdict{Claim: f7}, Seconds: 3600, Settles: true}, {Verdict: claims.Verdict{Claim: p1}, Seconds: 60}, {Verdict: claims.Verdict{Claim: l1}}}
	const (
		settles   = "It is enough for one of these claims, if effect and spread stay as they are: "
		begins    = "It gives a first number or a narrower interval, which rarely settles anything, for each of: "
		onStandIn = "It is enough for a verdict on the stand-in only, which says nothing about the paper, on one of: "
		nothing   = "It is not expected to settle a primary claim."
	)
	for _, c := range []struct {
		rows []Row
		want []string
	}{
		{rows, []string{settles + "F7 (60 min).", begins + "P1 (60 s).", "Longer than an hour: S1 plain (2.0 h)."}},
		{rows[:1], []string{nothing, "Longer than an hour: S1 plain (2.0 h)."}},
		{[]Row{{Verdict: claims.Verdict{Claim: p1, Grade: "P"}, Seconds: 7200}, {Verdict: claims.Verdict{Claim: p1, Grade: "T"}, Seconds: 60}}, []string{nothing, begins + "P1 at T (60 s).", "Longer than an hour: P1 at P (2.0 h)."}},
		{rows[3:], nil}, // no known time
		{[]Row{{Verdict: claims.Verdict{Claim: f7, Grade: "T"}, Seconds: 3000, Settles: true}, {Verdict: claims.Verdict{Claim: p1, Grade: "S"}, Seconds: 60, Settles: true}}, []string{settles + "P1 (60 s).", onStandIn + "F7 (50 min)."}},
		{[]Row{{Verdict: claims.Verdict{Claim: f7, Grade: "T"}, Seconds: 3000, Settles: true}}, []string{nothing, onStandIn + "F7 (50 min)."}},
		// What a row of the stand-in asks for of the paper's data is not priced as the stand-in's.
		{[]Row{{Verdict: claims.Verdict{Claim: p1, Grade: "P"}, Seconds: 60, Command: "a"}, {Verdict: claims.Verdict{Claim: p1, Grade: "T"}, Seconds: 61, Command: "a", elsewhere: true}, {Verdict: claims.Verdict{Claim: s1, Grade: "T"}, Seconds: 62, Command: "b", elsewhere: true}},
			[]string{nothing, begins + "P1 at P (60 s), S1 on the paper's data (62 s)."}},
	} {
		if got := oneHour(c.rows); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Where is the setting of Table 2's CB-CE row?
func TestSettingsAreSaid(t *testing.T) {
	for k, want := range map[paper.Key]string{
		paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CB-CE"):                     "ResNet-32, cross-entropy, class-balanced weights (β = 0.9999) throughout; 200 epochs of batch 128, learning rate 0.1 (the README's",
		paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "LDAM-DRW + SSP"):            "ResNet-32, LDAM loss (largest margin 0.5, scale 30), class-balanced weights (β = 0.9999) after 80 % of the epochs (DRW); starts from rotation pre-training; 200 epochs of batch 128, learning rate 0.1",
		paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x"):              "ResNet-32, cross-entropy; D_U of 5 times the labeled set, pseudo-labels of CE; 200 epochs of batch 256, learning rate 0.1",
		paper.ResNet32(paper.SourceControl, paper.CIFAR10, 100, 0, "CE + warm start"): "",
	} {
		if got := printedRecipe(k); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%v: %q, want %q", k, got, want)
		}
	}
	for _, n := range paper.Numbers() {
		if n.Unit == "top1_error_%" && strings.HasPrefix(n.Source, "Table ") && n.Network == "ResNet-32" && printedRecipe(n.Key) == "" {
			t.Errorf("how %v was trained is not said", n.Key)
		}
	}
	for want, r := range map[string]*results.Result{
		"17.34 % of rotations wrong": {Settings: results.Settings{Target: "rotation"}, LastErrorPct: 17.34, BestEpoch: 9, Confusion: [][]int{{1}}},
		"17.34 %":                    {LastErrorPct: 17.34, BestEpoch: 9, Confusion: [][]int{{1}}},
		"done":                       {Settings: results.Settings{Target: "moco"}},
	} {
		if got := outcome(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	got := describeTask(results.Settings{Kind: results.KindTrain, Data: "cifar10", Rho: 100, NMax: 700, Arch: "resnet32", Rule: "drw", Loss: "ldam",
		Pool: "held-out", Multiple: 5, RhoU: 50, IrrelevantPct: 40, Irrelevant: "svhn", Epochs: 200, Batch: 256})
	want := "LDAM loss (largest margin 0.5, scale 30), class-balanced weights (β = 0.9999) after 80 % of the epochs (DRW); resnet32 on cifar10, ρ = 100, n_max 700; " +
		"D_U of 5 times the labeled set at ρ_U = 50 from pool held-out, 40 % of it svhn; 200 epochs of batch 256, learning rate 0.1 dropping after epochs 160 and 180"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	got = describeTask(results.Settings{Kind: results.KindTrain, Data: "cifar10", Rho: 50, Amount: .25, Arch: "resnet32", Pool: "held-out", Multiple: 5, RhoU: 50})
	if want := "cross-entropy; resnet32 on cifar10, ρ = 50, 0.25 of it; D_U of 5 times the whole labeled set at ρ_U = 50 from pool held-out"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	got = describeTask(results.Settings{Kind: results.KindTrain, Data: "fashion-mnist", Rho: 100, Arch: "resnet8", Rule: "drs",
		Epochs: 40, Batch: 8, LR: .05, Schedule: "linear", BNMomentum: .00625, NoCrop: true})
	want = "cross-entropy, class-balanced re-sampling after 80 % of the epochs (DRS); resnet8 on fashion-mnist, ρ = 100; " +
		"40 epochs of batch 8, learning rate 0.05, linear schedule; no random crops; batch-norm momentum 0.00625"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A new field of the settings has to be told by describeTask, or be listed here with what
// tells it instead.
func TestEverySettingIsSaid(t *testing.T) {
	instead := map[string]string{
		"Init": "the tasks it starts from", "Base": "likewise", "Labels": "likewise",
		"Seed": "seed and replicate", "Replicate": "likewise", "DataSeed": "likewise", "Stage": "Kind",
		"TestPerClass": "the marks of cells (planner.marks)", "PoolPerClass": "likewise", "Evaluations": "likewise",
		"MapPerClass": "likewise", "MapUnlabeled": "likewise", "Variant": "likewise",
		"TheoryVersion": "the program's version",
	}
	untold := fields.Untold(describeTask,
		results.Settings{Kind: results.KindTrain, Multiple: 5, Irrelevant: "svhn", IrrelevantPct: 40, SSL: results.SSLVAT, Epsilon: 6, Epochs: 10, Batch: 8},
		results.Settings{Kind: results.KindPretrain, Target: results.TargetMoCo, Queue: 64},
		results.Settings{Kind: results.KindTheory, Theorem: 1, Grid: "settings", Trials: 1000},
	)
	if d := cmp.Diff(slices.Sorted(maps.Keys(instead)), slices.Sorted(slices.Values(untold))); d != "" {
		t.Errorf("fields that are not told (+), and fields listed here that are (-):\n%s", d)
	}
}

func around(s, what string) string {
	at := strings.Index(s, what)
	return s[max(0, at-80):min(len(s), at+80)]
}

// balanced checks that every element is closed where it should be.
func balanced(t *testing.T, page string) {
	t.Helper()
	page = strings.TrimPrefix(page, "<!doctype html>")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = xml.HTMLAutoClose
	d.Entity = xml.HTMLEntity
	ids := map[string]bool{}
	var links []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("HTML: %v", err)
		}
		el, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range el.Attr {
			switch {
			case a.Name.Local == "id" && ids[a.Value]:
				t.Errorf("id %q is there twice", a.Value)
			case a.Name.Local == "id":
				ids[a.Value] = true
			case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
				links = append(links, a.Value[1:])
			case a.Name.Local == "alt" && a.Value == "":
				t.Error("an image has no alternative text")
			}
		}
	}
	for _, l := range links {
		if !ids[l] {
			t.Errorf("link to #%s, which is not there", l)
		}
	}
}

var loads = regexp.MustCompile(`(?i)(?:src|href|srcset|poster|action)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import\s+(\S+)`)

func loadsNothing(t *testing.T, page string) {
	t.Helper()
	if strings.Contains(page, "<script") || regexp.MustCompile(`(?i)\son[a-z]+=`).MatchString(page) {
		t.Error("there is a script on the page")
	}
	for _, m := range loads.FindAllStringSubmatch(page, -1) {
		target := m[1] + m[2] + m[3]
		if !strings.HasPrefix(target, "data:") && !strings.HasPrefix(target, "#") {
			t.Errorf("the page loads %q", target)
		}
	}
}

// tablesHold checks that the rows of every Markdown table have as many cells
// as its header.
func tablesHold(t *testing.T, markdown string) {
	t.Helper()
	columns := 0
	for _, line := range strings.Split(markdown, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns == 0 {
			columns = n
		}
		if n != columns {
			t.Errorf("%d bars under a header of %d: %s", n, columns, line)
		}
	}
}

// The words that a theoretical claim can have are explained above the first of them.
func TestWordsOnTheoryAreExplained(t *testing.T) {
	html, markdown := write(t, madeUp(results.GradeStandIn, 1))
	for form, page := range map[string]string{"HTML": html, "Markdown": strings.ReplaceAll(markdown, "*", "<em>")} {
		_, theory, _ := strings.Cut(page, "Theory</h2>")
		if form == "Markdown" {
			_, theory, _ = strings.Cut(page, "\n## Theory")
		}
		explained, _, _ := strings.Cut(theory, "T1.2")
		for _, word := range []string{"true", "true but vacuous", "true in a weaker form", "false"} {
			if !strings.Contains(explained, "<em>"+word+"<") {
				t.Errorf("%s: %q stands unexplained", form, word)
			}
		}
	}
}
