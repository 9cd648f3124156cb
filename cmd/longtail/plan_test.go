package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"longtail/claims"
	"longtail/experiments"
	"longtail/results"
	"longtail/runner"
)

// A plan runs nothing and writes nothing, for every profile and without files.
func TestPlan(t *testing.T) {
	t.Parallel()
	store := filepath.Join(t.TempDir(), "store")
	for _, profile := range experiments.ProfileNames() {
		p := decoded[struct {
			Total struct {
				Cells, Tasks, Images int64
				FLOPs, Seconds       float64
				Disk                 int64 `json:"disk_bytes"`
			}
			Hours float64
			Rows  []struct{ Part string }
			Speed struct {
				Rate float64 `json:"images_per_second"`
			}
		}](t, "plan", "--profile", profile, "--store", store)
		if x := p.Total; x.Cells == 0 || x.Tasks == 0 || x.Images == 0 || x.FLOPs <= 0 || x.Disk <= 0 || p.Hours <= 0 || p.Speed.Rate <= 0 || len(p.Rows) < 4 {
			t.Errorf("%s: %+v", profile, p)
		}
	}
	prints(t, []string{"withdrawn", "held-out", "Run it: " + program + " reproduce --profile paper --only table1", " --jobs 1\n"}, "plan", "--profile", "paper", "--only", "table1", "--jobs", "1", "--store", store)
	if _, err := os.Stat(store); err == nil {
		t.Error("a plan made the store")
	}

	// What --tasks calls a task is a name for --only.
	only := []string{"plan", "--profile", "paper", "--only", "table2:CE-DRW + SSP", "--seeds", "1", "--store", store, "--tasks"}
	p := decoded[struct{ Tasks []experiments.TaskEstimate }](t, only...)
	if len(p.Tasks) < 12 || len(p.Tasks[0].Cells) > 0 || len(p.Tasks[1].Cells) == 0 {
		t.Fatalf("%+v", p.Tasks)
	}
	lines := slices.DeleteFunc(strings.Split(prints(t, nil, only...), "\n"), func(line string) bool { return !strings.Contains(line, ", replicate 0") })
	if len(lines) != len(p.Tasks) {
		t.Fatalf("%d lines of %d tasks", len(lines), len(p.Tasks))
	}
	for i, line := range lines {
		if one := p.Tasks[i]; !strings.HasPrefix(line, one.Name[:12]+"  ") || !strings.Contains(line, one.About) {
			t.Errorf("line %d: %s\nwant %+v", i, line, one)
		}
	}
	prints(t, []string{p.Tasks[1].Name[:12]}, "plan", "--profile", "paper", "--only", p.Tasks[1].Name[:12], "--seeds", "1", "--store", store, "--tasks")
}

// A chain of tasks takes its time, however many cores there are: the plan, what is
// announced and what a budget is enough for say so.
func TestChainsTakeTheirTime(t *testing.T) {
	hours := func(part string, all, chain float64) experiments.Estimate {
		return experiments.Estimate{Part: part, Tasks: 1, Seconds: 3600 * all, Longest: 3600 * chain}
	}
	e := estimate{Rows: []experiments.Estimate{hours("theory", 1, 2), hours("block 1", 1, 6), hours("table1", 1, 5)}, All: hours("", 3, 6)}
	for budget, want := range map[time.Duration]string{90 * time.Minute: "a part of theory", 3 * time.Hour: "everything up to theory and a part of block 1", 7 * time.Hour: "everything"} {
		if got := e.partsWithin(budget); got != want {
			t.Errorf("%v is enough for %s, want %s", budget, got, want)
		}
	}
	var plan, announced strings.Builder
	e.print(&plan)
	for _, want := range []string{`theory.* 1h00m +2h00m\n`, `block 1.* 1h00m +6h00m\n`, `table1.* 1h00m +6h00m\n`, `all.* 6h00m +\n`, "longest chain"} {
		if !regexp.MustCompile(want).MatchString(plan.String()) {
			t.Errorf("%q is not in\n%s", want, plan.String())
		}
	}
	plan.Reset()
	e.All.Longest = e.All.Seconds * (1 + 1e-12) // summed up in another order
	if e.print(&plan); strings.Contains(plan.String(), "longest chain") {
		t.Errorf("one chain of all tasks:\n%s", plan.String())
	}
	e.All.Longest = 3600 * 6
	announce(&announced, experiments.Profile{}, e, 3*time.Hour)
	for _, want := range []string{"about 6h00m at", "enough for everything up to theory and a part of block 1"} {
		if !strings.Contains(announced.String(), want) {
			t.Errorf("%q is not in\n%s", want, announced.String())
		}
	}
}

// What cannot be run is not said to be done, and what there is nothing of is.
func TestAnnounceOfNothing(t *testing.T) {
	reasons := []reason{{"needs ImageNet", 7}, {"needs more", 2}}
	for _, c := range []struct {
		e         estimate
		says, not string
	}{
		{estimate{All: experiments.Estimate{Cannot: 9}, Reasons: reasons}, "nothing is to be computed; 9 numbers cannot be run in this way:\n  7 × needs ImageNet\n  2 × needs more\n", "done before"},
		{estimate{All: experiments.Estimate{Cannot: 1}, Reasons: reasons[1:]}, "1 number cannot", "done before"},
		{estimate{}, "0 tasks for 0 numbers: all done before", "cannot be run"},
		{estimate{All: experiments.Estimate{Tasks: 1, Done: 1, Cells: 1}}, "1 task for 1 number: all done before", "cannot be run"},
	} {
		var said strings.Builder
		announce(&said, experiments.Profile{}, c.e, 0)
		if !strings.Contains(said.String(), c.says) || strings.Contains(said.String(), c.not) {
			t.Errorf("want %q:\n%s", c.says, said.String())
		}
	}
	var said strings.Builder
	announce(&said, experiments.Profile{}, estimate{All: experiments.Estimate{Tasks: 1, Cells: 2, Done: 1}}, 0)
	reproduced{Outcome: runner.Outcome{LeftOut: []string{"a"}, Ended: runner.EndedBudget}}.write(&said, results.Plan{}, "again")
	for _, want := range []string{"1 task for 2 numbers: all", "0 tasks computed, 0 done before, 1 left out, 0 failed.", "\nstill to do: 1 task; go"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%s lacks %q", said.String(), want)
		}
	}
}

// A plan counts what reproduce would compute: the models of tasks that are done cost
// nothing until a task that is to be computed starts from them.
func TestPlanOfAStoreWithoutModels(t *testing.T) {
	var c planCmd
	c.Profile, c.Seeds, c.Only = "smoke", 1, []string{"table1"}
	plan, profile, err := c.plan()
	if err != nil {
		t.Fatal(err)
	}
	store := results.Store(t.TempDir())
	markDone(t, store, plan.Tasks...)
	var labels string
	for _, task := range plan.Tasks {
		if task.Settings.Kind == results.KindPseudolabel {
			labels = task.Name
		}
	}
	e, err := estimated(plan, profile, store, 1)
	if err != nil || e.All.Done != len(plan.Tasks) || e.Speed.Jobs != 0 {
		t.Errorf("%d of %d tasks are done: %v", e.All.Done, len(plan.Tasks), err)
	}
	var said strings.Builder
	if e.warnLowDisk(&said, 0); said.Len() > 0 {
		t.Errorf("nothing is to be written: %s", said.String())
	}
	os.Remove(store.Path(labels, results.FileResult)) // and its base's model is not there
	e, err = estimated(plan, profile, store, 1)
	if err != nil || e.All.Done != len(plan.Tasks)-2 {
		t.Errorf("%d of %d tasks are done: %v", e.All.Done, len(plan.Tasks), err)
	}
	if e.warnLowDisk(&said, 1<<40); said.Len() > 0 {
		t.Errorf("there is room: %s", said.String())
	}
	if e.warnLowDisk(&said, e.All.Disk+1); said.Len() == 0 {
		t.Error("there is no room for checkpoints, and nothing is said")
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	store := results.Store(filepath.Join(t.TempDir(), "store"))
	name := strings.Repeat("ab", 32)
	if err := results.Write(store.Path(name, results.FileSettings), results.Task{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteFile(store.Path(name, results.FileResult), []byte("{")); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := longtail(t, nil, "doctor", "--store", string(store))
	if code != 1 || !strings.Contains(stdout, "WRONG  task abababababab") || !strings.Contains(stdout, "remedy") {
		t.Errorf("status %d: %s", code, stdout)
	}
	stdout, stderr, _ := longtail(t, nil, "doctor", "--store", string(store), "--json")
	var d diagnosis
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || len(d.Checks) < 6 {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	for _, c := range d.Checks { // a busy machine may lack memory and disk, which is no fault of the program
		if !c.OK && c.What != "memory" && !strings.HasPrefix(c.What, "disk ") && c.What != "task abababababab" {
			t.Errorf("%+v", c)
		}
	}
}

// The words follow from the stored results alone: the same results with other
// errors, rewritten through package results, give another word; a file that was
// edited by hand is refused.
func TestWordsFollowFromStoredResults(t *testing.T) {
	t.Parallel()
	_, plan := expanded(t, "quick", results.Selection{Only: []string{"block1"}, Seeds: 3})
	store := results.Store(t.TempDir())
	errors := map[string]float64{"CE": 30, "CE + D_U@5x": 20}
	// put stores a result of every such cell.
	put := func() (last string) {
		for _, c := range plan.Cells {
			pct, ok := errors[c.Method]
			if c.Source != "Table 1a" || c.Block != 1 || !ok {
				continue
			}
			i := slices.IndexFunc(plan.Tasks, func(t results.Task) bool { return t.Name == c.Task })
			pct += .1 * float64(c.Replicate*c.Replicate)
			if c.Method != "CE" { // equal gains do not tell how they scatter
				pct += .05 * float64(c.Replicate)
			}
			if err := results.Write(store.Path(c.Task, results.FileResult), results.Result{
				Schema: results.SchemaVersion, Task: c.Task, Settings: plan.Tasks[i].Settings, Grade: c.Grade, DataMark: "stand-in",
				LastErrorPct: pct, BestErrorPct: pct - 1, BestEpoch: 7,
			}); err != nil {
				t.Fatal(err)
			}
			last = store.Path(c.Task, results.FileResult)
		}
		return last
	}
	word := func() string {
		var names []string
		for _, task := range plan.Tasks {
			names = append(names, task.Name)
		}
		res, problems := store.Results(names)
		failures := map[string]string{}
		for name, err := range problems {
			failures[name] = err.Error()
		}
		for _, r := range claims.Judge(claims.Evidence{Plan: plan, Results: res, Failures: failures}) {
			if r.ID == "S1" && r.Against == "plain" {
				return r.Word
			}
		}
		t.Fatal("claim S1 has no row")
		return ""
	}
	last := put()
	helps := word()
	errors["CE + D_U@5x"] = 40
	put()
	harms := word()
	errors["CE + D_U@5x"] = 30
	put()
	nothing := word()
	if helps == harms || harms == nothing || helps == nothing || !strings.Contains(helps, "seen") || !strings.Contains(harms, "reversed") {
		t.Errorf("a gain of 10 points: %q; of −10: %q; of 0: %q", helps, harms, nothing)
	}

	data, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(data), `"last_error_pct": 3`, `"last_error_pct": 1`, 1)
	if edited == string(data) {
		t.Fatalf("nothing to edit in %s", data)
	}
	os.WriteFile(last, []byte(edited), 0o666)
	if got := word(); got != "on the stand-in: not settled" {
		t.Errorf("with a result that was edited by hand: %q", got)
	}
	var r results.Result
	if err := results.Read(last, &r); err == nil {
		t.Error("an edited result is believed")
	}
	os.WriteFile(filepath.Join(string(store), results.FilePlan), []byte("{}"), 0o666)
	prints(t, []string{"plan.json: ", "failed: " + filepath.Base(filepath.Dir(last))[:12], "edited by hand"}, "report", "--profile", "quick", "--store", string(store), "--out", t.TempDir())
}

// A report says what the last run on the store has that another profile does not show.
func TestReportNamesOtherProfile(t *testing.T) {
	store := results.Store(t.TempDir())
	const variant = "smoke:epochs=4"
	_, plan := expanded(t, variant, results.Selection{Seeds: 1, Only: []string{"table1:CE"}})
	task := plan.Tasks[0]
	for path, v := range map[string]any{
		store.Path(task.Name, results.FileResult):      results.Result{Schema: results.SchemaVersion, Task: task.Name, Settings: task.Settings, Grade: results.GradeStandIn, LastErrorPct: 50},
		filepath.Join(string(store), results.FilePlan): plan,
	} {
		if err := results.Write(path, v); err != nil {
			t.Fatal(err)
		}
	}
	report := []string{"report", "--store", string(store), "--out", t.TempDir(), "--profile"}
	prints(t, []string{"note: the store has 1 result of " + variant + " that profile smoke does not show: give --profile " + variant + " and the other flags of that run\n"}, append(report, "smoke")...)
	if _, stderr, code := longtail(t, nil, append(report, variant)...); code != 0 || strings.Contains(stderr, "does not show") {
		t.Errorf("status %d: %s", code, stderr)
	}
}

// A task that nobody began is found in the plan of the store.
func TestFindTask(t *testing.T) {
	store := results.Store(t.TempDir())
	_, plan := expanded(t, "smoke", results.Selection{Seeds: 1, Only: []string{"table1:CE"}})
	name := plan.Tasks[0].Name
	if _, err := findTask(store, name[:12]); err == nil || !strings.Contains(err.Error(), "has no task") {
		t.Errorf("without a plan: %v", err)
	}
	if err := results.Write(filepath.Join(string(store), results.FilePlan), plan); err != nil {
		t.Fatal(err)
	}
	for _, digits := range []string{name[:11], "", "0123456789ab"} {
		if found, err := findTask(store, digits); found != "" || err == nil {
			t.Errorf("%q is %s, %v", digits, found, err)
		}
	}
	for range 2 { // from the plan, then from its folder
		if found, err := findTask(store, name[:12]); found != name || err != nil || !store.Has(name, results.FileSettings) {
			t.Errorf("%s, %v", found, err)
		}
	}
}
