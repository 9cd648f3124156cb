package tables

import (
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/paper"
	"longtail/results"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	gradeP = results.GradePaper
	gradeS = results.GradeSimilar
	gradeT = results.GradeStandIn
)

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
		t.Errorf("%s (-want +got; go test -update rewrites it):\n%s", file, d)
	}
}

// panics is what f panics with, nil if it does not.
func panics(f func()) (with any) {
	defer func() { with = recover() }()
	f()
	return nil
}

// records reads back the CSV form; the reader itself asserts that every row has
// as many fields as the header.
func records(t *testing.T, text string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range rows[0] {
			m[c] = r[i]
		}
		out = append(out, m)
	}
	return out
}

// record is the one row of k; it fails if there are none or several.
func record(t *testing.T, rows []map[string]string, k paper.Key) map[string]string {
	t.Helper()
	var found []map[string]string
	for _, r := range rows {
		if r["source"] == k.Source && r["dataset"] == k.Dataset && r["rho"] == ratio(k.Rho) && r["rho_u"] == ratio(k.RhoU) && r["method"] == k.Method && r["network"] == k.Network {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows of %v, want 1", len(found), k)
	}
	return found[0]
}

// stored is a small run: stand-in replicates, one failed and one still to be
// run, and one paper-scale replicate beside them.
func stored() *fixture {
	f := newFixture()
	for r, last := range []float64{28.5, 29.5, 27} {
		f.run(du("CE", 100, 0), gradeT, r, last, last-1)
		f.run(ssp("CE", 100), gradeT, r, last, last-1)
	}
	for r, last := range []float64{26.5, 28.5} {
		f.run(du("CE + D_U@5x", 100, 100), gradeT, r, last, last-1)
	}
	f.res[f.cell(du("CE + D_U@5x", 100, 100), gradeT, 2).Task] = nil
	f.cell(du("CE + D_U@5x", 100, 1), gradeT, 0)
	f.run(du("CE", 100, 0), gradeP, 0, 30.5, 29.9)
	f.run(control("CE, equal steps", 100), gradeT, 0, 27.5, 27)
	f.cell(control("CE + warm start", 100), gradeT, 0)
	f.plan.Cells = append(f.plan.Cells, results.Cell{Key: du("LDAM-DRW", 100, 0), Reason: "only cross-entropy | for now"})
	return f
}

func TestGolden(t *testing.T) {
	f := stored()
	t1 := Table1(f.plan, f.res)
	t1.Blocks = t1.Blocks[:1] // ρ = 100
	golden(t, "table1.md", t1.Markdown())
	controls := Controls(f.plan, f.res)
	golden(t, "controls.md", controls.Markdown())
	golden(t, "controls.csv", controls.CSV())
	golden(t, "results.csv", ResultsCSV(f.plan, f.res))
}

// TestNothingMeasured: without a plan every printed number still stands in its
// table, and nothing else does.
func TestNothingMeasured(t *testing.T) {
	for _, c := range []struct {
		name    string
		table   Table
		sources []string
		cells   int
		cannot  int
		notes   []string
	}{
		{"table1", Table1(results.Plan{}, nil), []string{"Table 1a", "Table 1b"}, 60, 24, []string{"withdrawn"}},
		{"table2", Table2(results.Plan{}, nil), []string{"Table 2", "README"}, 84, 0, nil},
		{"table3", Table3(results.Plan{}, nil), []string{"Table 3"}, 16, 0, []string{"† in the paper, run again by its authors with the original code: OLTR on ResNet-50", "follows from the order of the columns"}},
		{"table4", Table4(results.Plan{}, nil), []string{"Table 4"}, 8, 0, []string{"† in the paper, run again by its authors with the original code: LDAM-DRW on ResNet-50"}},
	} {
		if c.table.Name != c.name {
			t.Errorf("name %q, want %q", c.table.Name, c.name)
		}
		rows := records(t, c.table.CSV())
		if len(rows) != c.cells {
			t.Errorf("%s: %d cells, want %d", c.name, len(rows), c.cells)
		}
		onPage := map[string]int{}
		for _, b := range c.table.Blocks {
			for _, r := range b.Rows {
				for _, cell := range r {
					onPage[cell]++
				}
			}
		}
		printed := 0
		for _, n := range paper.Numbers() {
			if !slices.Contains(c.sources, n.Source) {
				continue
			}
			printed++
			r := record(t, rows, n.Key)
			if r["printed"] != short(n.Value) || r["last_error_pct"] != "" || r["replicates"] != "0" {
				t.Errorf("%s: %v: %v", c.name, n.Key, r)
			}
			if onPage[n.Printed] == 0 {
				t.Errorf("%s: %s of %v is not on the page", c.name, n.Printed, n.Key)
			}
		}
		if printed != c.cells {
			t.Errorf("%s: %d printed numbers, want %d", c.name, printed, c.cells)
		}
		if onPage[statusNotRun] != c.cells-c.cannot || onPage[statusCannot] != c.cannot {
			t.Errorf("%s: %d cells not run and %d that cannot be, want %d and %d", c.name, onPage[statusNotRun], onPage[statusCannot], c.cells-c.cannot, c.cannot)
		}
		for _, note := range c.notes {
			if !strings.Contains(c.table.Markdown(), note) {
				t.Errorf("%s does not say %q", c.name, note)
			}
		}
	}
	c := Controls(results.Plan{}, nil)
	if m := c.Markdown(); !strings.Contains(m, "no control is planned") {
		t.Errorf("controls without a plan:\n%s", m)
	}
}

// A tenth of the paper's images has an error of its own, not one that differs, and the
// best of 50 is not held against the best of 200.
func TestAnotherSizeIsNoDifference(t *testing.T) {
	for mark, want := range map[string]bool{"pool ours": true, "n_max 700": false, results.MarkBestOf + "50 evaluations": false} {
		f := newFixture()
		f.run(du("CE", 100, 0), results.GradeSimilar, 0, 61.4, 60.8)
		f.plan.Cells[0].Marks = []string{mark}
		if m := Table1(f.plan, f.res).Markdown(); strings.Contains(m, "+31.1") != want {
			t.Errorf("marked %q:\n%s", mark, m)
		}
	}
}

// What is drawn from files that nobody can verify is marked, at whatever grade.
func TestUnverifiedUnlabeledImagesAreMarked(t *testing.T) {
	f := newFixture()
	r := f.run(du("CE + D_U@5x", 100, 100), gradeP, 0, 18.5, 17.5)
	r.PoolMark, r.IrrelevantMark = "authors' pickle, unverified", "irrelevant, unverified"
	f.run(du("CE + D_U@5x", 100, 1), gradeP, 0, 19.5, 18.5).PoolMark = "authors' pickle"
	if m := Table1(f.plan, f.res).Markdown(); strings.Count(m, "; pool unverified; irrelevant images unverified.") != 1 || strings.Count(m, "unverified.") != 1 {
		t.Errorf("no footnote of its own:\n%s", m)
	}
}

// TestStandInIsNoDifference: whatever the plan claims, a number from stand-in
// data is marked and never subtracted from print.
func TestStandInIsNoDifference(t *testing.T) {
	honest := newFixture()
	honest.run(du("CE", 100, 0), gradeT, 0, 28.5, 27.5)

	lying := newFixture()
	lying.run(du("CE", 100, 0), gradeT, 0, 28.5, 27.5).DataMark = ""
	lying.plan.Cells[0].Grade = gradeP

	mark := newFixture()
	mark.run(du("CE", 100, 0), gradeP, 0, 28.5, 27.5).DataMark = "stand-in"

	for name, f := range map[string]*fixture{"honest": honest, "plan says P": lying, "only the data's mark": mark} {
		table := Table1(f.plan, f.res)
		m := table.Markdown()
		if strings.Contains(m, "| best − published") || !strings.Contains(m, "28.50 (1) Ta") || !strings.Contains(m, "STAND-IN") {
			t.Errorf("%s:\n%s", name, m)
		}
		r := record(t, records(t, table.CSV()), du("CE", 100, 0))
		if r["grade"] != "T" || r["best_minus_printed"] != "" || r["last_error_pct"] != "28.500000" {
			t.Errorf("%s: %v", name, r)
		}
		for _, r := range records(t, ResultsCSV(f.plan, f.res)) {
			if r["grade"] != "T" {
				t.Errorf("%s: grade %q in results.csv", name, r["grade"])
			}
		}
	}
}

func TestMeasuredAtPaperScale(t *testing.T) {
	f := newFixture()
	for r, x := range []float64{30, 31, 32} {
		f.run(ssp("CE", 100), gradeP, r, x, x-1)
	}
	r := record(t, records(t, Table2(f.plan, f.res).CSV()), ssp("CE", 100))
	for column, want := range map[string]string{
		"grade": "P", "replicates": "3", "planned": "3", "status": statusMeasured,
		"last_error_pct": "31.000000", "last_sd": "1.000000", "best_error_pct": "30.000000",
		"best_minus_printed": "0.360000", // 30.00 − 29.64
	} {
		if r[column] != want {
			t.Errorf("%s is %q, want %q", column, r[column], want)
		}
	}
	if m := Table2(f.plan, f.res).Markdown(); !strings.Contains(m, "31.00 ± 1.00 (3) Pa") || !strings.Contains(m, "+0.36") {
		t.Errorf("page:\n%s", m)
	}
}

// A mean over replicates is over several subsets, the published number as far as known
// over one: said where such a mean stands at grade P alone.
func TestSubsetOfThePublishedNumber(t *testing.T) {
	for _, c := range []struct {
		grade      results.Grade
		replicates int
		want       bool
	}{{results.GradePaper, 1, false}, {results.GradePaper, 2, true}, {results.GradeSimilar, 2, false}, {results.GradeStandIn, 3, false}} {
		f := newFixture()
		for r := range c.replicates {
			f.run(ssp("CE-DRW", 100), c.grade, r, 24+float64(r), 23)
		}
		notes := strings.Join(Table2(f.plan, f.res).Notes, " ")
		if strings.Contains(notes, "a published number of replicate 0's subset, as far as known") != c.want {
			t.Errorf("%d replicates at grade %s: %q", c.replicates, c.grade, notes)
		}
	}
}

// TestGainIsPaired: the gain is taken replicate by replicate on the same data,
// seeds and scale, and not from means.
func TestGainIsPaired(t *testing.T) {
	f := newFixture()
	method := du("CE + D_U@5x", 100, 1)
	f.run(du("CE", 100, 0), gradeP, 0, 30, 29)
	f.run(du("CE", 100, 0), gradeP, 1, 34, 33)
	f.run(du("CE", 100, 0), gradeP, 2, 99, 99)
	f.run(method, gradeP, 0, 20, 19)
	f.run(method, gradeP, 1, 21, 19)
	f.run(method, gradeP, 3, 1, 1) // no base
	e := EntryOf(f.plan, f.res, method)
	if len(e.Groups) != 1 || e.Groups[0].Gain.N != 2 {
		t.Fatalf("%+v", e.Groups)
	}
	if g := e.Groups[0].Gain; g.Mean != 11.5 || g.SD < 2.1213 || g.SD > 2.1214 {
		t.Errorf("gain %+v, want 11.5 ± 2.1213", g)
	}

	for _, c := range []struct {
		name   string
		base   results.Grade
		change func(base *results.Cell, with *results.Result)
		want   Summary
	}{
		{"the same", gradeP, func(*results.Cell, *results.Result) {}, Summary{Mean: 10, N: 1}},
		{"another pool, which a base does not need", gradeP, func(_ *results.Cell, with *results.Result) { with.Grade = gradeS }, Summary{Mean: 10, N: 1}},
		{"stand-in data", gradeT, func(*results.Cell, *results.Result) {}, Summary{}},
		{"another release of the data", gradeP, func(base *results.Cell, _ *results.Result) { base.Data += ", another release" }, Summary{}},
		{"another size", gradeP, func(_ *results.Cell, with *results.Result) { with.Settings.NMax = 7 }, Summary{}},
		{"another profile", gradeP, func(base *results.Cell, _ *results.Result) { base.Profile = "another" }, Summary{}},
		{"another data seed", gradeP, func(_ *results.Cell, with *results.Result) { with.Settings.DataSeed = 7 }, Summary{}},
	} {
		f := newFixture()
		f.run(du("CE", 100, 0), c.base, 0, 30, 29)
		with := f.run(method, gradeP, 0, 20, 19)
		c.change(&f.plan.Cells[0], with)
		if g := EntryOf(f.plan, f.res, method).Groups[0]; g.Gain != c.want || g.Grade != with.Grade {
			t.Errorf("%s: %+v", c.name, g)
		}
	}
}

// TestGroups: replicates are pooled only when run under the same settings.
func TestGroups(t *testing.T) {
	k := ssp("CE", 100)
	f := newFixture()
	f.run(k, gradeT, 0, 28, 27)
	f.run(k, gradeT, 1, 30, 27)
	f.run(k, gradeP, 0, 31, 30)
	f.run(k, gradeS, 0, 33, 32)
	f.plan.Cells = append(f.plan.Cells, f.plan.Cells[0]) // as when committed results are merged in
	e := EntryOf(f.plan, f.res, k)
	var got []string
	for _, g := range e.Groups {
		got = append(got, string(g.Grade)+" "+g.Last.text())
	}
	if want := []string{"P 31.00", "S 33.00", "T 29.00 ± 1.41"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	f.res["T CE 0 1"].Settings.Epochs = 7
	if n := len(EntryOf(f.plan, f.res, k).Groups); n != 4 {
		t.Errorf("%d groups after a change of epochs, want 4", n)
	}
	m := Table2(f.plan, f.res).Markdown()
	for _, want := range []string{`last epoch \(P\) +\| 31.00 \(1\) Pa +\|`, `last epoch \(S\) +\| 33.00 \(1\) Sb +\|`, `last epoch \(T\) +\| 28.00 \(1\) Tc; 30.00 \(1\) Tc +\|`} {
		if !regexp.MustCompile(want).MatchString(m) {
			t.Errorf("grades are not shown apart, no %q:\n%s", want, m)
		}
	}
}

// Beside a published number, a lone number of another grade does not look like its
// reproduction.
func TestLoneGradeIsSaid(t *testing.T) {
	k := paper.ResNet32("README", paper.CIFAR10, 100, 0, "CE(Uniform) + SSP")
	for grade, said := range map[results.Grade]string{gradeP: "", gradeS: ` \(S\)`, gradeT: ` \(T\)`} {
		f := newFixture()
		f.run(k, grade, 0, 26.74, 26)
		if m := Table2(f.plan, f.res).Markdown(); !regexp.MustCompile(`last epoch` + said + ` +\| 26.74`).MatchString(m) {
			t.Errorf("grade %s:\n%s", grade, m)
		}
	}
}

// TestMissing: the replicates of a cell that wait for the same reason are one
// line with one command, a failed one is another.
func TestMissing(t *testing.T) {
	k := ssp("CE", 100)
	f := newFixture()
	f.run(k, gradeT, 0, 28, 27)
	for r, task := range []string{1: "aa", 2: "bb", 3: "cc"} {
		if task == "" {
			continue
		}
		f.cell(k, gradeT, r)
		c := &f.plan.Cells[r]
		c.Task = task
	}
	f.res["cc"] = nil
	want := []Missing{
		{Why: "not run yet on Fashion-MNIST-LT (grade T)", Replicates: []int{1, 2}, Images: 883_000, Command: "longtail reproduce --profile p --only aa,bb --seeds 4"},
		{Why: "failed on Fashion-MNIST-LT (grade T)", Replicates: []int{3}, Images: 441_500, Command: "longtail reproduce --profile p --only cc --seeds 4"},
	}
	if d := cmp.Diff(want, EntryOf(f.plan, f.res, k).Missing()); d != "" {
		t.Error(d)
	}
	want = []Missing{{Why: "not in this plan"}}
	if d := cmp.Diff(want, EntryOf(f.plan, f.res, ssp("LDAM", 100)).Missing()); d != "" {
		t.Error(d)
	}
}

// TestKeys: every measured number, and the word in place of one, names its
// cell; nothing else does.
func TestKeys(t *testing.T) {
	f := stored()
	for _, table := range []Table{Table1(f.plan, f.res), Table2(f.plan, f.res), Table3(f.plan, f.res), Controls(f.plan, f.res)} {
		for _, b := range table.Blocks {
			if len(b.Keys) != len(b.Rows) {
				t.Fatalf("%s, %s: cells of %d rows for %d", table.Name, b.Title, len(b.Keys), len(b.Rows))
			}
			for i, row := range b.Rows {
				printed := table.Name != "controls" && strings.Contains(row[1], "published") && !strings.Contains(row[1], "−")
				for j, text := range row {
					var k paper.Key
					if j < len(b.Keys[i]) {
						k = b.Keys[i][j]
					}
					measured := j >= 2 && text != "" && !printed
					if table.Name == "controls" {
						measured = j >= 3
					}
					if measured != (k != paper.Key{}) {
						t.Errorf("%s, %s: %q of %q is about %v", table.Name, b.Title, text, row, k)
					}
				}
			}
		}
	}
}

// TestUnevenTestSet: beside SVHN's error stands the mean of its classes.
func TestUnevenTestSet(t *testing.T) {
	k := paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE")
	f := newFixture()
	f.run(k, gradeS, 0, 20, 19) // its classes' errors are 10 and 33.25
	if m := Table1(f.plan, f.res).Markdown(); strings.Count(m, "mean of classes") != 1 || !strings.Contains(m, "21.62") {
		t.Errorf("no mean of the classes' errors:\n%.1500s", m)
	}
}

// TestNoMaps: cells that are maps of features have no error and no row.
func TestNoMaps(t *testing.T) {
	f := stored()
	f.cell(paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE, embedding"), gradeT, 0)
	for _, table := range []Table{Table1(f.plan, f.res), Table2(f.plan, f.res), Controls(f.plan, f.res)} {
		if strings.Contains(table.Markdown(), "embedding") {
			t.Errorf("%s has a row of a map", table.Name)
		}
	}
}

func TestStatus(t *testing.T) {
	k := ssp("CE", 100)
	for _, c := range []struct {
		name string
		make func(*fixture)
		want string
		cell string
	}{
		{"no plan", func(f *fixture) {}, statusNotRun, "not run"},
		{"planned", func(f *fixture) { f.cell(k, gradeT, 0) }, statusNotRun, "not run"},
		{"failed", func(f *fixture) { f.res[f.cell(k, gradeT, 0).Task] = nil }, statusFailed, "failed"},
		{"partly", func(f *fixture) { f.run(k, gradeT, 0, 1, 1); f.cell(k, gradeT, 1) }, statusPartly, "1.00 (1 of 2) Ta"},
		{"partly failed", func(f *fixture) { f.run(k, gradeT, 0, 1, 1); f.res[f.cell(k, gradeT, 1).Task] = nil }, statusPartly, "1.00 (1 of 2, 1 failed) Ta"},
		{"measured", func(f *fixture) { f.run(k, gradeT, 0, 1, 1) }, statusMeasured, "1.00 (1) Ta"},
		{"left out", func(f *fixture) { f.plan.Cells = []results.Cell{{Key: k, Reason: "why"}} }, statusNotRun, "not run"},
	} {
		f := newFixture()
		c.make(f)
		p := newPage(f.plan, f.res)
		cell := p.lastCell(*p.entry(k))
		if got := record(t, records(t, Table{Data: p.data()}.CSV()), k)["status"]; got != c.want || cell != c.cell {
			t.Errorf("%s: status %q, cell %q, want %q, %q", c.name, got, cell, c.want, c.cell)
		}
	}
	if e := EntryOf(results.Plan{}, nil, du("CE + D_U@5x", 100, 1)); e.status() != statusCannot {
		t.Errorf("a cell that needs the withdrawn pool: %q", e.status())
	}
}

// A cell of which every run under some settings failed says so in the line of its own
// grade, whatever ran at others, and has a row of its own in the file.
func TestFailuresHaveTheirPlace(t *testing.T) {
	k := du("LDAM-DRW", 100, 0)
	f := newFixture()
	f.run(k, gradeS, 0, 41, 40)
	f.run(ssp("CE", 100), gradeT, 0, 30, 29) // so that there is a T line in any case
	f.res[f.cell(k, gradeT, 0).Task] = nil
	table := Table1(f.plan, f.res)
	m := table.Markdown()
	for _, line := range strings.Split(m, "\n") {
		if strings.Contains(line, "last epoch (S)") && strings.Contains(line, "failed") {
			t.Errorf("a failure at T is in the line of S: %s", line)
		}
	}
	if i := strings.Index(m, "last epoch (T)"); i < 0 || !strings.Contains(strings.SplitN(m[i:], "\n", 2)[0], "failed") {
		t.Errorf("no failure in the line of T:\n%.2000s", m)
	}
	f.cell(k, gradeT, 1) // beside the one that failed
	f.cell(du("CE + D_U@5x", 100, 50), gradeS, 0)
	if e := EntryOf(f.plan, f.res, du("CE + D_U@5x", 100, 50)).atGrade(gradeT); e.status() != statusNotRun {
		t.Errorf("a cell that is planned at S, in the line of T: %q", e.status())
	}
	table = Table1(f.plan, f.res)
	rows := map[string]string{}
	for _, r := range records(t, table.CSV()) {
		if r["method"] == k.Method && r["rho"] == "100" && r["rho_u"] == "" {
			rows[r["grade"]] = r["replicates"] + " of " + r["planned"] + ", " + r["failed"] + " failed"
		}
	}
	if rows["S"] != "1 of 1, 0 failed" || rows["T"] != "0 of 2, 1 failed" {
		t.Errorf("rows %v", rows)
	}
}

// What is open stands in the row of its own settings, and a row without a grade has
// what nothing was measured under.
func TestRowsSayWhatIsOpenOfThem(t *testing.T) {
	k := ssp("CE-DRW", 100)
	f := newFixture()
	f.run(k, gradeP, 0, 25, 24)
	f.run(k, gradeS, 0, 41, 40)
	f.cell(k, gradeS, 1)
	f.cell(k, gradeT, 0)
	p := newPage(f.plan, f.res)
	p.entry(k)
	rows := records(t, Table{Data: p.data()}.CSV())
	got := map[string]string{}
	for _, r := range rows {
		got[r["grade"]] = fmt.Sprintf("%s, %s of %s, %q, %s, %t", r["status"], r["replicates"], r["planned"], r["reason"], r["images"], r["command"] != "")
	}
	want := map[string]string{
		"P": `measured, 1 of 1, "", , false`, "S": `partly measured, 1 of 2, "not run yet (grade S)", 441500, true`, "": `not run, 0 of 1, "not run yet on Fashion-MNIST-LT (grade T)", 441500, true`,
	}
	if d := cmp.Diff(want, got); d != "" || len(rows) != len(want) {
		t.Errorf("%d rows: %s", len(rows), d)
	}
}

// Of what was reported with its last epoch alone there is no best.
func TestReportedWithoutBest(t *testing.T) {
	rows, err := results.ReadReported([]byte("method,network,last_error_pct,best_error_pct,replicate\ncRT,ResNet-10,53.0,,0\ncRT,ResNet-10,53.4,52.5,1\n"), "mine.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of         []results.Reported
		last, best string
		mean       string
	}{{rows[:1], "53.000000", "", dash}, {rows, "53.200000", "52.500000", "52.50"}} {
		res := map[string]*results.Result{}
		plan := results.WithReported(results.Plan{Cells: []results.Cell{{Key: rows[0].Key}}}, res, c.of)
		r := record(t, records(t, Table3(plan, res).CSV()), rows[0].Key)
		if r["last_error_pct"] != c.last || r["best_error_pct"] != c.best || (r["best_minus_printed"] == "") != (c.best == "") || r["best_epoch"] != "" || r["status"] != statusReported {
			t.Errorf("%v", r)
		}
		if all := ResultsCSV(plan, res); strings.Contains(all, ",53,53,") || !strings.Contains(all, ",53,,,") {
			t.Errorf("results.csv:\n%s", all)
		}
		if e := EntryOf(plan, res, rows[0].Key); e.Groups[0].Best.text() != c.mean {
			t.Errorf("%q, want %q", e.Groups[0].Best.text(), c.mean)
		}
	}
}

// TestEmptyGroupOfClasses: no class with few images prints as a dash.
func TestEmptyGroupOfClasses(t *testing.T) {
	f := newFixture()
	k := paper.Key{Source: "Table 3", Dataset: "ImageNet-LT", Method: "cRT", Network: "ResNet-50"}
	r := f.run(k, gradeP, 0, 52, 51.5)
	r.ManyErrorPct, r.MediumErrorPct = new(40.0), new(55.5)
	if m := Table3(f.plan, f.res).Markdown(); !strings.Contains(m, "40.00 / 55.50 / –") {
		t.Errorf("page:\n%s", m)
	}
	row := record(t, records(t, Table3(f.plan, f.res).CSV()), k)
	if row["many_error_pct"] != "40.000000" || row["few_error_pct"] != "" || row["best_minus_printed"] != "-1.200000" {
		t.Errorf("%v", row)
	}
}

// TestResultsCSVWithoutTime: two runs that differ in time and machine only
// agree once the last columns are cut, and a last bit does not get lost.
func TestResultsCSVWithoutTime(t *testing.T) {
	cut := func(f *fixture) (out []string) {
		rows, err := csv.NewReader(strings.NewReader(ResultsCSV(f.plan, f.res))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out = append(out, strings.Join(r[:slices.Index(rows[0], "train_seconds")], "|"))
		}
		return out
	}
	a, b := stored(), stored()
	for _, r := range b.res {
		if r != nil {
			r.Cost = results.Cost{TrainSeconds: 99, EvalSeconds: 98, ImagesPerSec: 97, KernelSet: "portable", Finished: "later"}
		}
	}
	if d := cmp.Diff(cut(a), cut(b)); d != "" {
		t.Errorf("runs differ beyond time:\n%s", d)
	}
	b.res["T CE 0 0"].LastErrorPct += 1e-14
	if cmp.Equal(cut(a), cut(b)) {
		t.Error("a difference in the last bits is lost")
	}
	if h := cut(a)[0]; !strings.HasSuffix(h, "|label_bias|arch|profile|marks|seed|data_seed") {
		t.Errorf("columns before time: %s", h)
	}
}

func TestTheorem(t *testing.T) {
	plan := results.Plan{Cells: []results.Cell{
		{Key: paper.Key{Source: "Theorem 1", Method: "a"}, Task: "grid", Grade: results.GradeExact},
		{Key: paper.Key{Source: "Theorem 1", Method: "b"}, Task: "grid 2", Grade: results.GradeExact},
		{Key: paper.Key{Source: "Theorem 2", Method: "a"}, Task: "open", Command: "longtail reproduce --only theorem2"},
		{Key: paper.Key{Source: "Theorem 3", Method: "a"}, Task: "broken"},
	}}
	res := map[string]*results.Result{
		"grid": {Grid: &results.Grid{Title: "law", Columns: []string{"n", "P(|θ̂ − M| > δ)"}, Rows: [][]*float64{
			{new(50.0), new(1.0 / 3)}, {new(1e6), new(7.2e-40)}, {new(2.0), nil}, {new(3.0), nil},
		}}},
		"grid 2": {Grid: &results.Grid{Title: "bound", Columns: []string{"n", "bound"}, Rows: [][]*float64{{new(50.0), new(-0.5)}}}},
		"broken": nil,
	}
	one := Theorem(plan, res, 1)
	golden(t, "theorem1.md", one.Markdown())
	golden(t, "theorem1.csv", one.CSV())
	if m := Theorem(plan, res, 2).Markdown(); !strings.Contains(m, "not run yet") || !strings.Contains(m, "`longtail reproduce --only theorem2`") {
		t.Errorf("theorem 2:\n%s", m)
	}
	if three := Theorem(plan, res, 3); len(three.Blocks) != 1 || three.Blocks[0].Rows[0][0] != statusFailed || three.Blocks[0].Rows[0][2] != "failed" {
		t.Errorf("theorem 3:\n%s", three.Markdown())
	}
	// What is drawn with other numbers of trials is not called missing.
	again := results.Plan{Cells: append([]results.Cell{{Key: paper.Key{Source: "Theorem 1", Method: "a"}, Task: "more", Command: "longtail reproduce"},
		{Key: paper.Key{Source: "Theorem 1", Method: "c"}, Task: "other"}}, plan.Cells...)}
	g := res["grid"].Grid
	res["grid"] = &results.Result{Grid: &results.Grid{Title: g.Title, Columns: []string{"n", "trials"}, Rows: [][]*float64{{new(50.0), nil}, {new(60.0), new(1e6)}}}}
	if rows := Theorem(again, res, 1).Open.Rows; len(rows) != 2 || !strings.Contains(rows[0][2], "1000000") || strings.Contains(rows[1][2], "1000000") {
		t.Errorf("not run: %q", rows)
	}
	// Of a grid that ships with other numbers of trials the plan's own is shown alone.
	res["more"] = &results.Result{Grid: &results.Grid{Title: g.Title, Columns: []string{"n", "trials"}, Rows: [][]*float64{{new(50.0), new(5e4)}}}}
	if table := Theorem(again, res, 1); len(table.Open.Rows) != 1 || len(table.Data.Rows) != 2 || table.Data.Rows[0][2] != "50000" {
		t.Errorf("own and shipped: not run %q, rows %q", table.Open.Rows, table.Data.Rows)
	}
	res["grid"] = &results.Result{Grid: g}
	if m := Theorem(results.Plan{}, nil, 3).Markdown(); !strings.Contains(m, "not in this plan") {
		t.Errorf("theorem 3 without a plan:\n%s", m)
	}
	if rows := records(t, ResultsCSV(plan, res)); len(rows) != 0 {
		t.Errorf("theory in results.csv: %v", rows)
	}
}

// On the page codes are words, an estimate stands with its interval, what is
// the same in every row stands above, and of a partly simulated grid the
// simulated rows; the file has everything.
func TestTheoremPage(t *testing.T) {
	g := &results.Grid{Title: "Theorem 3: law", Columns: []string{"d", "n_pos", "exact", "log10_exact", "printed_bound", "printed_vacuous", "trials", "estimate", "lower", "upper", "law", "verdict"}}
	for i := range 60 {
		d := float64(i + 1)
		row := []*float64{new(d), new(5.0), new(1 / d), new(-math.Log10(d)), new(2 / d), new(0.0), nil, nil, nil, nil, nil, nil}
		switch {
		case i == 0:
			row[5], row[11] = new(1.0), new(2.0)
			fallthrough
		case i%2 == 0:
			row[6], row[7], row[8], row[9], row[10] = new(1000.0), new(1/d+0.01), new(0.9/d), new(1.1/d), new(1.0)
			if i > 0 {
				row[11] = new(1.0)
			}
		}
		g.Rows = append(g.Rows, row)
	}
	*g.Rows[4][2], *g.Rows[4][3], *g.Rows[4][10], *g.Rows[4][11] = 0, -400.25, -1, -1
	*g.Rows[6][11] = 3
	plan := results.Plan{Cells: []results.Cell{{Key: paper.Key{Source: "Theorem 3"}, Task: "grid"}}}
	table := Theorem(plan, map[string]*results.Result{"grid": {Grid: g}}, 3)
	m := table.Markdown()
	for _, want := range []string{
		"### law", "The 30 simulated rows of 60. In every row: N₊ = 5; trials = 1000.", "<details><summary>30 rows</summary>", "</details>",
		"1.01 [0.9, 1.1]", "agrees", "disagrees", "vacuous", "not claimed", "violated", "holds", "10^−400.2",
		"2 … 2",
	} {
		if !strings.Contains(m, want) {
			t.Errorf("no %q in\n%s", want, m)
		}
	}
	for _, b := range table.Blocks[0].Rows {
		if got := strings.Join(b, "|"); got != "law|30|1000|29 / 0 / 1|27 / 1 / 1 / 0 / 1|2 … 2" {
			t.Errorf("counts are %s", got)
		}
	}
	if last := table.Data.Rows[59]; len(table.Data.Rows) != 60 || last[1] != "60" || last[11] != "" || table.Data.Rows[0][11] != "agrees" || table.Data.Rows[0][6] != "yes" {
		t.Errorf("file: %d rows, first %v, last %v", len(table.Data.Rows), table.Data.Rows[0], last)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	table := Table{Name: "x", Title: "t", Blocks: []Block{{
		Columns: []string{"a|b", commandColumn, "αβγ"},
		Rows:    [][]string{{"P(|x|>1)", "longtail a | b", "two\nlines"}, {"", "", "ρ_U"}},
	}}}
	want := "## t\n\n" +
		"| a\\|b       | command           | αβγ       |\n" +
		"|:------------|:------------------|:----------|\n" +
		"| P(\\|x\\|>1) | `longtail a \\| b` | two lines |\n" +
		"|             |                   | ρ_U       |\n"
	got := table.Markdown()
	// Widths are the renderer's business.
	squeeze := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' }), " ")
	}
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	table.Blocks[0].Rows[0] = []string{"short"}
	if got := fmt.Sprint(panics(func() { table.Markdown() })); !strings.Contains(got, "1 cells under 3 columns") {
		t.Errorf("a short row: %s", got)
	}
}

func TestLetters(t *testing.T) {
	for i, want := range map[int]string{0: "a", 25: "z", 26: "aa", 27: "ab", 701: "zz", 702: "aaa"} {
		if got := letters(i); got != want {
			t.Errorf("letters(%d) = %q, want %q", i, got, want)
		}
	}
}

// The limit is that of the five gains by hand: mean 1.312, standard deviation
// 0.694, t of 4 degrees of freedom 2.132. With D_U it is the gain over the same run with
// D_U and not over that without.
func TestTrainedOut(t *testing.T) {
	f := newFixture()
	for r, gain := range []float64{1.33, 1.43, 1.83, 1.83, 0.14} {
		f.run(ssp("CE", 100), results.GradeStandIn, r, 23, 22)
		f.run(control("CE, twice the epochs", 100), results.GradeStandIn, r, 23-gain, 21)
		f.run(ssp("Focal", 100), results.GradeStandIn, r, 23, 22)
		f.run(control("Focal, twice the epochs", 100), results.GradeStandIn, r, 23-gain/2, 21)
		f.run(du("CE + D_U@5x", 100, 100), results.GradeStandIn, r, 20, 19)
		f.run(paper.Control(paper.CIFAR10, 100, 100, "CE + D_U@5x, twice the epochs"), results.GradeStandIn, r, 20-gain/4, 18)
	}
	f.run(ssp("LDAM", 10), results.GradeStandIn, 0, 23, 22)
	f.run(control("LDAM, twice the epochs", 10), results.GradeStandIn, 0, 22, 21) // one replicate says nothing
	for r, errors := range [][2]float64{{25.3, 24.1}, {30.1, 28.9}, {1.2, 0}} {   // nor do equal gains, but for their rounding
		f.run(ssp("LDAM-DRW", 10), results.GradeStandIn, r, errors[0], 22)
		f.run(control("LDAM-DRW, twice the epochs", 10), results.GradeStandIn, r, errors[1], 21)
	}
	var got []string
	for _, n := range Controls(f.plan, f.res).Notes {
		if strings.HasPrefix(n, "Trained out?") {
			got = append(got, n)
		}
	}
	want := []string{
		"Trained out? CE, CIFAR-10-LT, ρ = 100, grade T: not shown. Twice the epochs gain +1.31 points (mean of 5 replicates); the one-sided 95 % upper limit, +1.97, is not below the 1.5 points that we allow.",
		"Trained out? CE + D_U@5x, CIFAR-10-LT, ρ = 100, grade T: yes. Twice the epochs gain +0.33 points (mean of 5 replicates); the one-sided 95 % upper limit, +0.49, is below the 1.5 points that we allow.",
		"Trained out? Focal, CIFAR-10-LT, ρ = 100, grade T: yes. Twice the epochs gain +0.66 points (mean of 5 replicates); the one-sided 95 % upper limit, +0.99, is below the 1.5 points that we allow.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A row for programs has every value under its column; one that has no column, or
// another's, does not vanish.
func TestAssemble(t *testing.T) {
	columns := []string{"a", "b", "c"}
	if row := assemble(columns, map[string]string{"c": "3"}, map[string]string{"a": "1"}); !slices.Equal(row, []string{"1", "", "3"}) {
		t.Errorf("%q", row)
	}
	for _, part := range []map[string]string{{"d": "4"}, {"a": "5"}, {"b": "6"}} {
		if panics(func() { assemble(columns, map[string]string{"a": "1", "b": ""}, part) }) == nil {
			t.Errorf("%v is taken", part)
		}
	}
}

// Replicates whose pool is the same file of a user's stand together wherever it was read
// from, and apart where it held something else.
func TestPoolFilesAreToldByContent(t *testing.T) {
	k := du("CE + D_U@5x", 100, 100)
	for digest, groups := range map[string]int{"d1": 1, "d2": 2} {
		f := newFixture()
		for i, read := range []struct{ place, digest string }{{"/a/m.csv", "d1"}, {"/b/m.csv", digest}} {
			r := f.run(k, gradeT, i, 28, 27)
			r.Settings.Pool, r.PoolDigest = read.place, read.digest
		}
		if got := EntryOf(f.plan, f.res, k).Groups; len(got) != groups || got[0].Last.N != 3-groups {
			t.Errorf("digests d1 and %s: %+v", digest, got)
		}
	}
}
