package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"longtail/experiments"
	"longtail/internal/machine"
	"longtail/internal/plural"
	"longtail/internal/progress"
	"longtail/internal/shell"
	"longtail/internal/usage"
	"longtail/results"
	"longtail/runner"
	"longtail/tasks"
	"longtail/theory"
)

type reproduceCmd struct {
	renderFlags
	Budget          string `placeholder:"DURATION" help:"Stop after this time (30m, 2h; none: never) with a checkpoint; the same command continues. Default: quick 15m, others none."`
	Jobs            int    `default:"0" help:"Tasks at once, each on its share of the cores. Default: one per core, fewer where memory is too little."`
	Fetch           bool   `help:"First fetch and verify the official files that the plan reads and that are missing from --data-dir."`
	CheckpointEvery int    `default:"0" hidden:"" placeholder:"STEPS" help:"Also checkpoint every STEPS steps (it always does once a minute)."`
	JSON            bool   `name:"json" help:"Print one JSON object with what was done instead of text."`
}

// reproduced is what reproduce --json prints.
type reproduced struct {
	runner.Outcome
	Retry   string  `json:"retry,omitempty"` // if something failed: the command that tries it again
	Report  string  `json:"report"`
	Seconds float64 `json:"seconds"`
}

func (reproduceCmd) Help() string {
	return `Prints the cost first, computes what the store does not hold yet, each task in a
process of its own, and writes out/report.html, out/report.md, out/results.csv,
out/tables and out/figures. Ctrl-C, a power cut or the end of the budget lose at
most a minute of training: the same command continues from the checkpoint. Tasks
that do not train (theory, pseudo-labels, features) take minutes (longer for
SVHN's extra images), have no checkpoint and restart. Several runners may share
one store, also from several machines.

Examples:
  longtail reproduce                          the embedded data, 15 minutes
  longtail reproduce --budget 2h              continue for two more hours
  longtail reproduce --only theorem1          Theorem 1 alone, seconds
  longtail reproduce --only table1 --seeds 1  one replicate of Table 1's cells
  longtail reproduce --only "CE-DRW + SSP"    one method, in all tables
  longtail reproduce --only "table2:CE-DRW,table2:CE-DRW + SSP"
  longtail reproduce --only table1:rho=10     Table 1 at one imbalance
  longtail reproduce --profile desktop --only block1 --data-dir ~/data --fetch`
}

func (c *reproduceCmd) Run(ctx context.Context) error {
	plan, profile, err := c.plan()
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
	if c.Jobs < 0 {
		return usage.Errorf("--jobs %d: give the number of tasks at once, or 0 for the machine's own", c.Jobs)
	}
	budget, err := parseBudget(c.Budget, profile.Budget)
	if err != nil {
		return usage.Error{Err: err}
	}
	if err := c.checkDataDir(plan); err != nil {
		return err
	}
	if c.Fetch {
		if err := c.writePlan(plan); err != nil { // before hours of fetching
			return err
		}
		if err := c.fetchFiles(ctx, plan); err != nil {
			return err
		}
		if plan, profile, err = c.plan(); err != nil { // with the files that are there now
			return err
		}
	}
	if budget > 0 {
		plan.Budget = budget.String()
	}
	lost, err := c.checkFiles(plan, c.store())
	if err != nil {
		return err
	}
	if err := c.writePlan(plan); err != nil {
		return err
	}
	cost, err := estimated(plan, profile, c.store(), c.Jobs)
	if err != nil {
		return err
	}
	announce(os.Stderr, profile, cost, budget)
	if free, err := machine.FreeDisk(c.Store); err == nil {
		cost.warnLowDisk(os.Stderr, free)
	}

	started := time.Now()
	stop := c.keepRendering(plan, reported, time.Minute)
	expected := cost.Speed.ImagesPerSecond
	if cost.All.Seconds > 0 {
		expected *= cost.All.Seconds / cost.All.Time() // average over the whole run
	}
	outcome, runErr := c.compute(ctx, plan, lost, budget, expected)
	stop()

	now := c.activity(plan)
	now.GoOn = c.command(plan) // not that of another run on the store
	now.Elapsed = time.Since(started)
	now.Failures = outcome.Failed
	now, err = c.render(plan, reported, now)
	if err != nil {
		return errors.Join(runErr, err)
	}
	done := reproduced{Outcome: outcome, Report: pageOf(c.Out), Seconds: time.Since(started).Seconds()}
	if len(outcome.Failed) > 0 {
		done.Retry = c.rerunCommand(plan)
	}
	if err := c.print(done, plan, now.Results); err != nil {
		return err
	}
	return done.err(runErr, len(plan.Tasks), asCalled(c.rerunCommand(plan)))
}

// writePlan writes the plan into the store and into --out. A folder that cannot be
// written is thus an error now and not after hours.
func (c *reproduceCmd) writePlan(plan results.Plan) error {
	if err := c.store().Writable(); err != nil {
		return err
	}
	if err := results.Write(filepath.Join(c.Store, results.FilePlan), plan); err != nil {
		return err
	}
	readable, err := json.MarshalIndent(plan, "", " ")
	if err != nil {
		return err
	}
	return results.WriteFile(filepath.Join(c.Out, results.FilePlan), append(readable, '\n'))
}

// print prints what was done, as JSON or as text.
func (c *reproduceCmd) print(done reproduced, plan results.Plan, res map[string]*results.Result) error {
	if c.JSON {
		return writeJSON(os.Stdout, done)
	}
	done.write(os.Stdout, plan, asCalled(c.rerunCommand(plan)))
	if slices.ContainsFunc(plan.Tasks, func(t results.Task) bool { return t.Settings.Kind != results.KindTheory }) {
		return nil
	}
	return writeVerdicts(os.Stdout, plan, res)
}

// err returns the error that the command ends with. runErr is the runner's error, tasks
// the number of tasks in the plan, goOn the command that continues.
func (r reproduced) err(runErr error, tasks int, goOn string) error {
	failed := len(r.Failed)
	switch {
	case r.Ended != runner.EndedInterrupted && runErr != nil:
		return runErr
	case r.Ended == runner.EndedInterrupted && failed > 0:
		return fmt.Errorf("interrupted; %d of %s failed, the rest goes on with: %s", failed, plural.Of(tasks, "task"), goOn)
	case r.Ended == runner.EndedInterrupted: // also if only one task was stopped
		return fmt.Errorf("interrupted; what is done and every checkpoint are kept; go on with: %s", goOn)
	case failed > 0:
		return fmt.Errorf("%d of %s failed", failed, plural.Of(tasks, "task"))
	}
	return nil
}

// announce prints what a run will cost before it begins.
func announce(w io.Writer, profile experiments.Profile, e estimate, budget time.Duration) {
	fmt.Fprintf(w, "profile %s: %s\n", profile.Name, profile.About)
	switch {
	case e.All.Tasks == 0 && e.All.Cannot > 0:
		fmt.Fprintf(w, "nothing is to be computed; %s cannot be run in this way:\n", plural.Of(e.All.Cannot, "number"))
		e.printReasons(w)
		return
	case e.All.Done == e.All.Tasks:
		fmt.Fprintf(w, "%s for %s: all done before.\n", plural.Of(e.All.Tasks, "task"), plural.Of(e.All.Cells, "number"))
		return
	}
	if profile.Official() || e.All.Time() > 24*3600 {
		e.print(w)
	}
	fmt.Fprintf(w, "%s for %s. To do: %.2f million training images and what goes with them, about %s at %.0f images/s (measured just now: %s, %s).\n",
		plural.Of(e.All.Tasks, "task"), plural.Of(e.All.Cells, "number"), float64(e.All.Images)/1e6, seconds(e.All.Time()), e.Speed.ImagesPerSecond, e.Speed.KernelSet, formatJobs(e.Speed))
	if budget > 0 {
		fmt.Fprintf(w, "The budget ends after %s with a checkpoint, which is enough for %s; the same command goes on from there (--budget none: to the end).\n", progress.Duration(budget), e.partsWithin(budget))
	}
}

// warnLowDisk prints a note if free, in bytes, is too little on the store's disk.
func (e estimate) warnLowDisk(w io.Writer, free int64) {
	if free < e.disk {
		fmt.Fprintf(w, "note: the run needs about %s of the store's disk, and %s are free; where it is full the run ends, and the same command goes on\n", plural.Bytes(e.disk), plural.Bytes(free))
	}
}

// compute runs what the store does not hold yet and shows the progress. Lost tasks
// fail, each with its reason, and tasks needed only by them are left out.
// imagesPerSecond is the expected speed.
func (c *reproduceCmd) compute(ctx context.Context, plan results.Plan, lost map[string]error, budget time.Duration, imagesPerSecond float64) (runner.Outcome, error) {
	exe, err := os.Executable()
	if err != nil {
		return runner.Outcome{}, err
	}
	store := c.store()
	plan, vain := withoutLost(plan, lost, store)
	total := 0.0
	toDo := experiments.ToCompute(plan, runner.Stored(store))
	for _, t := range plan.Tasks {
		total += toDo[t.Name].Work()
	}
	meter := progress.New(os.Stderr, total, imagesPerSecond)
	defer meter.Close()
	meter.Budget(budget)
	skipped, label := 0.0, ""
	args := []string{"--store", c.Store, "--checkpoint-every", strconv.Itoa(c.CheckpointEvery)}
	if c.DataDir != "" {
		args = append(args, "--data-dir", c.DataDir)
	}
	if c.AllowUnverified {
		args = append(args, "--allow-unverified")
	}
	r := runner.Runner{
		Store: store, Plan: plan, Budget: budget, Jobs: c.Jobs,
		Launch: runner.ChildProcess(exe, args...),
		Report: func(t results.Task, p tasks.Progress, done, found float64) {
			meter.Skip(found - skipped) // found work must not count in the speed
			skipped = found
			if p.Step == 0 || label == "" { // of several tasks, name the latest to start
				label = experiments.Describe(t.Settings)
			}
			meter.Set(done, label)
		},
		Say: func(line string) {
			meter.Println(line)
			meter.Rest() // tasks that still run report again
			label = ""
		},
	}
	outcome, err := r.Run(ctx)
	for task, reason := range lost {
		outcome.Failed[task] = reason.Error()
	}
	outcome.LeftOut = append(outcome.LeftOut, vain...)
	return outcome, err
}

// write prints what was done as text. goOn is the command that does the rest.
func (r reproduced) write(w io.Writer, plan results.Plan, goOn string) {
	fmt.Fprintf(w, "%s computed, %d done before, %d left out, %d failed.\n",
		plural.Of(len(r.Ran), "task"), len(r.Already), len(r.LeftOut), len(r.Failed))
	for _, t := range plan.Tasks {
		if reason, failed := r.Failed[t.Name]; failed {
			fmt.Fprintf(w, "failed: %.12s, %s: %s\n", t.Name, experiments.Describe(t.Settings), reason)
		}
	}
	if n := len(r.LeftOut); n > 0 && r.Ended != runner.EndedDone { // the same command tries again what failed
		fmt.Fprintf(w, "still to do: %s; go on with: %s\n", plural.Of(n, "task"), goOn)
	} else if r.Retry != "" {
		fmt.Fprintln(w, "again what failed:", asCalled(r.Retry))
	}
	fmt.Fprintln(w, "report:", r.Report)
}

// writeVerdicts prints counts of the stored verdicts on the theorems, and those that
// hold only in the case named with them.
func writeVerdicts(w io.Writer, plan results.Plan, res map[string]*results.Result) error {
	var all []theory.Finding
	for _, t := range plan.Tasks {
		if r := res[t.Name]; r != nil {
			all = append(all, r.Findings...)
		}
	}
	if all == nil {
		return nil
	}
	fmt.Fprintln(w, theory.Summary(all))
	lines := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range all {
		if f.Where != "" {
			fmt.Fprintf(lines, "  %s\t%s\t%s\n", f.Claim, f.Word, f.Where)
		}
	}
	return lines.Flush()
}

// rerunCommand returns the plan's command with the budget and jobs of this run. The
// report, which others read, has only the plan's command.
func (c *reproduceCmd) rerunCommand(plan results.Plan) string {
	s := c.command(plan)
	if c.Budget != "" {
		s += " --budget " + shell.Quote(c.Budget)
	}
	if c.Jobs > 0 {
		s += " --jobs " + strconv.Itoa(c.Jobs)
	}
	if c.CheckpointEvery > 0 {
		s += " --checkpoint-every " + strconv.Itoa(c.CheckpointEvery)
	}
	return s
}

func parseBudget(text string, byDefault time.Duration) (time.Duration, error) {
	switch text {
	case "":
		return byDefault, nil
	case "none":
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--budget %s: give a time such as 30m or 2h, or none", text)
	}
	return d, nil
}
