package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"longtail/experiments"
	"longtail/figures"
	"longtail/internal/build"
	"longtail/internal/machine"
	"longtail/internal/plural"
	"longtail/internal/shell"
	"longtail/report"
	"longtail/results"
	"longtail/runner"
	"longtail/tables"
)

type reportCmd struct{ renderFlags }

// renderFlags are the flags of the commands that write the report.
type renderFlags struct {
	selectionFlags
	Reported string `placeholder:"FILE.csv" type:"path" help:"Errors of cells of Tables 3 and 4 that you measured elsewhere, a line each: a copy of out/tables/table3.csv with last_error_pct filled in."`
}

// reported returns the errors in the file of --reported; nil without the flag.
func (f renderFlags) reported() ([]results.Reported, error) {
	if f.Reported == "" {
		return nil, nil
	}
	b, err := os.ReadFile(f.Reported)
	if err != nil {
		return nil, fmt.Errorf("--reported: %w", err)
	}
	rows, err := results.ReadReported(b, f.Reported)
	if err != nil {
		return nil, fmt.Errorf("--reported: %w", err)
	}
	return rows, nil
}

func (f renderFlags) command(plan results.Plan) string {
	c := f.selectionFlags.command(plan)
	if f.Reported != "" {
		c += " --reported " + shell.Quote(f.Reported)
	}
	return c
}

func (reportCmd) Help() string {
	return `Tables, figures and report are functions of the plan, the stored results and the
paper's numbers, so they can be written again at any time, also while a run goes on.
The page, and the last lines, say whether a run is at some of the plan's tasks or was
interrupted at them, and how to go on.

Example:
  longtail report --profile quick --store runs --out out`
}

func (c *reportCmd) Run() error {
	plan, _, err := c.plan()
	if err != nil {
		return err
	}
	if err := c.checkOut(); err != nil {
		return err
	}
	reported, err := c.reported()
	if err != nil {
		return err
	}
	if err := c.store().Readable(); err != nil {
		return err
	}
	c.noteAbsent(plan)
	if c.missing() {
		fmt.Fprintf(os.Stderr, "note: there is no store %s: only what ships with the program is shown\n", c.Store)
	}
	c.noteOtherProfile(plan)
	now, err := c.render(plan, reported, c.activity(plan))
	if err != nil {
		return err
	}
	if err := results.Read(filepath.Join(c.Store, results.FilePlan), new(results.Plan)); errors.Is(err, results.ErrCorrupt) {
		fmt.Fprintln(os.Stderr, err)
	}
	for _, task := range slices.Sorted(maps.Keys(now.Failures)) {
		name := results.ShortHash(task)
		if about := now.About[task]; about != "" {
			name += ", " + about
		}
		fmt.Fprintf(os.Stderr, "failed: %s: %s\n", name, now.Failures[task])
	}
	if n := len(now.Busy); n > 0 {
		fmt.Printf("a run is going on: %d of the tasks being computed\n", n)
	}
	if n := len(now.Begun); n > 0 {
		fmt.Printf("a run stopped on the way: %d of the tasks begun and not done; go on with: %s\n", n, asCalled(now.GoOn))
	}
	fmt.Println("report:", pageOf(c.Out))
	return nil
}

// noteOtherProfile says how many results of the last reproduce on the store a report of
// this plan leaves out because they are of another profile or variant.
func (f renderFlags) noteOtherProfile(plan results.Plan) {
	var last results.Plan
	if results.Read(filepath.Join(f.Store, results.FilePlan), &last) != nil || last.Profile == plan.Profile {
		return
	}
	left := 0
	for _, t := range last.Tasks {
		same := func(shown results.Task) bool { return shown.Name == t.Name }
		if !slices.ContainsFunc(plan.Tasks, same) && f.store().Has(t.Name, results.FileResult) {
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(os.Stderr, "note: the store has %s of %s that profile %s does not show: give --profile %s and the other flags of that run\n", plural.Of(left, "result"), last.Profile, plan.Profile, shell.Quote(last.Profile))
	}
}

// activity returns descriptions of the plan's tasks that are running or were
// interrupted, and the command that continues. That is the last run's command if it
// began some of them.
func (f renderFlags) activity(plan results.Plan) report.Input {
	now := runner.ActivityOf(f.store(), plan.Tasks)
	in := report.Input{Killed: now.Killed, GoOn: f.command(plan)}
	for _, t := range now.Running {
		in.Busy = append(in.Busy, experiments.Describe(t.Settings))
	}
	begun := map[string]bool{}
	for _, t := range now.Begun {
		in.Begun = append(in.Begun, experiments.Describe(t.Settings))
		begun[t.Name] = true
	}
	var last results.Plan
	if results.Read(filepath.Join(f.Store, results.FilePlan), &last) == nil && len(last.Cells) > 0 {
		for _, t := range last.Tasks {
			if begun[t.Name] {
				in.GoOn = f.command(last)
				break
			}
		}
	}
	return in
}

// keepRendering rewrites the report until stop is called, so that a run can be
// watched: each time every has passed, or less often where that would take more than a
// hundredth of a core from the run. Errors are ignored, because they recur and are
// reported when the run ends.
func (f renderFlags) keepRendering(plan results.Plan, reported []results.Reported, every time.Duration) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		started, pause := time.Now(), every
		for {
			select {
			case <-end:
				return
			case <-time.After(pause):
				begin := time.Now()
				_, _ = f.render(plan, reported, report.Input{Running: true, GoOn: f.command(plan), Elapsed: time.Since(started)})
				pause = max(every, 100*time.Since(begin))
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// pageOf returns the path of the report.
func pageOf(out string) string { return filepath.Join(out, "report.html") }

// render writes everything in --out and returns the report's input. in holds what the
// page shows of the run itself, and why tasks failed just now; earlier failures have
// left their reasons in the store. reported are numbers measured elsewhere.
func (f renderFlags) render(plan results.Plan, reported []results.Reported, in report.Input) (report.Input, error) {
	plan, err := experiments.WithCommitted(plan)
	if err != nil {
		return in, err
	}
	if err := gather(&in, plan, f.store()); err != nil {
		return in, err
	}
	drawn := figures.All(plan, in.Results) // without numbers measured elsewhere
	plan = results.WithReported(plan, in.Results, reported)
	laidOut := tables.All(plan, in.Results)
	if err := writeTables(f.Out, plan, in.Results, laidOut); err != nil {
		return in, err
	}
	if err := figures.WriteAll(filepath.Join(f.Out, "figures"), drawn); err != nil {
		return in, err
	}
	if in.Others, err = experiments.Others(plan.Profile); err != nil {
		return in, err
	}
	in.Fixed = experiments.Replicates()
	in.Plan, in.Figures, in.Tables = plan, drawn, laidOut
	in.Cores = runtime.GOMAXPROCS(0)
	in.Machine = fmt.Sprintf("%s, %d threads, %s/%s", machine.CPU(), in.Cores, runtime.GOOS, runtime.GOARCH)
	in.Revision, in.Written = build.Revision(), time.Now()
	return in, report.Write(f.Out, in)
}

// gather fills in the plan's results: those of the store, then committed ones. It adds
// the committed results of their parents, so that every number can be traced, and the
// reason of each failure and what its task computes.
func gather(in *report.Input, plan results.Plan, store results.Store) error {
	var names []string
	for _, c := range plan.Cells {
		if c.Task != "" {
			names = append(names, c.Task)
		}
	}
	for _, t := range plan.Tasks {
		names = append(names, t.Name)
	}
	var problems map[string]error
	in.Results, problems = store.Results(names)
	if in.Failures = maps.Clone(in.Failures); in.Failures == nil {
		in.Failures = map[string]string{}
	}
	for _, name := range names {
		if _, reason, err := store.Failure(name); err == nil && in.Results[name] == nil && in.Failures[name] == "" {
			in.Failures[name] = reason
		}
	}
	for name, err := range problems { // unreadable results count as failures
		in.Failures[name] = err.Error()
	}
	in.About = map[string]string{}
	for _, t := range plan.Tasks {
		if in.Failures[t.Name] != "" {
			in.About[t.Name] = experiments.Describe(t.Settings)
		}
	}
	shipped, err := results.Committed()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var take func(name string)
	take = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		if r := shipped[name]; r != nil && in.Results[name] == nil {
			in.Results[name] = r
		}
		if r := in.Results[name]; r != nil {
			for _, parent := range r.Settings.Parents() {
				take(parent)
			}
		}
	}
	for _, name := range names {
		take(name)
	}
	for name := range in.Failures {
		if in.Results[name] == nil {
			in.Results[name] = nil // present and nil: failed
		}
	}
	return nil
}

// writeTables writes every table as Markdown, CSV and LaTeX, and all results as one
// CSV file.
func writeTables(out string, plan results.Plan, res map[string]*results.Result, all []tables.Table) error {
	for _, t := range all {
		for ending, text := range map[string]string{".md": t.Markdown(), ".csv": t.CSV(), ".tex": t.LaTeX()} {
			if err := results.WriteFile(filepath.Join(out, "tables", t.Name+ending), []byte(text)); err != nil {
				return err
			}
		}
	}
	return results.WriteFile(filepath.Join(out, "results.csv"), []byte(tables.ResultsCSV(plan, res)))
}
