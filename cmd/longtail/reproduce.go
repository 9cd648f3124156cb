package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"longtail/experiments"
	"longtail/internal/progress"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/results"
)

// selectionFlags choose cells; reproduce and report share them.
type selectionFlags struct {
	Profile  string   `default:"quick" help:"Scale of the runs: ${profiles}."`
	Only     []string `placeholder:"PART,…" help:"Parts to run (${parts}) or tasks by name; parents come along. Default: everything."`
	Seeds    int      `placeholder:"N" help:"Replicates: 3 means replicates 0, 1, 2, each with its own labelled subset and streams. Default: the profile's."`
	Seed     int      `default:"0" help:"Governs initialisation, order and augmentation."`
	DataSeed int      `default:"0" help:"Selects the long-tailed subset of replicate 0."`
	Store    string   `env:"LONGTAIL_STORE" default:"runs" type:"path" help:"Folder of what is computed; nothing valid in it is ever overwritten."`
	Out      string   `default:"out" type:"path" help:"Folder of what is rendered; may be deleted."`
}

func (f selectionFlags) plan() (results.Plan, experiments.Profile, error) {
	profile, err := experiments.ProfileNamed(f.Profile)
	if err != nil {
		return results.Plan{}, profile, usageError{err}
	}
	plan, err := experiments.Expand(profile, experiments.Selection{
		Only: f.Only, Seeds: f.Seeds, Seed: f.Seed, DataSeed: f.DataSeed,
	})
	if err != nil {
		return results.Plan{}, profile, usageError{err}
	}
	return plan, profile, nil
}

type reproduceCmd struct {
	selectionFlags
	Budget          string `placeholder:"DURATION" help:"Stop after this time (30m, 2h; none: never) with a checkpoint; the same command goes on. Default: the profile's."`
	CheckpointEvery int    `default:"0" placeholder:"STEPS" help:"Checkpoint every so many steps besides every minute."`
	JSON            bool   `name:"json" help:"Print one JSON object with what was done instead of text."`
}

func (reproduceCmd) Help() string {
	return `Says what it will cost, computes what the store does not hold yet, one task a
child process, and writes out/report.html, out/report.md, out/results.csv,
out/tables and out/figures. Ctrl-C, a power cut or the budget lose at most a
minute: the same command goes on from the checkpoint.

Examples:
  longtail reproduce                          the embedded data, 30 minutes
  longtail reproduce --budget 2h              goes on for two hours more
  longtail reproduce --only theorem1          theory alone, seconds
  longtail reproduce --only table1 --seeds 1  one replicate of Table 1's cells`
}

func (c *reproduceCmd) Run(ctx context.Context) error {
	plan, profile, err := c.plan()
	if err != nil {
		return err
	}
	budget, err := parseBudget(c.Budget, profile.Budget)
	if err != nil {
		return usageError{err}
	}
	if budget > 0 {
		plan.Budget = budget.String()
	}
	store := results.Store(c.Store)
	if err := store.Writable(); err != nil {
		return err
	}
	if err := results.Write(filepath.Join(c.Store, "plan.json"), plan); err != nil {
		return err
	}
	// What is written below takes the longest when it fails at the end.
	if err := results.WriteFile(filepath.Join(c.Out, "plan.json"), mustIndent(plan)); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

	total, open, training := 0.0, 0.0, 0.0
	for _, t := range plan.Tasks {
		total += experiments.Work(t)
		if _, err := store.Result(t.Name); err != nil {
			open += experiments.Work(t)
			training += float64(t.Images)
		}
	}
	say("profile %s: %s", profile.Name, profile.About)
	rate := 0.0
	if open > 0 {
		speed, err := experiments.MeasureSpeed(profile)
		if err != nil {
			return err
		}
		rate = speed.ImagesPerSecond
		say("%d tasks for %d numbers. To do: %.2f million training images and what goes with them, about %s at %.0f images/s (measured just now: %s, %d threads).",
			len(plan.Tasks), countRunnable(plan), training/1e6,
			progress.Duration(time.Duration(open/rate*float64(time.Second))), rate, speed.KernelSet, runtime.GOMAXPROCS(0))
		if budget > 0 {
			say("The budget ends after %s with a checkpoint; the same command goes on from there (--budget none: to the end).", progress.Duration(budget))
		}
	} else {
		say("%d tasks for %d numbers: all done before.", len(plan.Tasks), countRunnable(plan))
	}

	started := time.Now()
	meter := progress.New(os.Stderr, total, rate)
	first := true
	runner := experiments.Runner{
		Store: store, Plan: plan, Budget: budget,
		Launch: experiments.ChildProcess(exe, c.Store, c.CheckpointEvery),
		Report: func(t results.Task, p experiments.Progress, done float64) {
			if first { // what earlier runs did must not enter the speed
				meter.Skip(done)
				first = false
			}
			meter.Set(done, experiments.Describe(t.Settings))
		},
		Say: func(line string) { meter.Println(line) },
	}
	outcome, runErr := runner.Run(ctx)
	meter.Close()

	page, err := render(plan, store, c.Out, outcome.Failed, time.Since(started))
	if err != nil {
		return errors.Join(runErr, err)
	}
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		if err := out.Encode(struct {
			experiments.Outcome
			Report  string  `json:"report"`
			Seconds float64 `json:"seconds"`
		}{outcome, page, time.Since(started).Seconds()}); err != nil {
			return err
		}
	} else {
		fmt.Printf("%d tasks computed, %d were done before, %d left out, %d failed.\n",
			len(outcome.Ran), len(outcome.Already), len(outcome.LeftOut), len(outcome.Failed))
		for name, reason := range outcome.Failed {
			fmt.Printf("failed: %.12s: %s\n  again with: longtail task %.12s --store %s\n", name, reason, name, c.Store)
		}
		if n := len(outcome.LeftOut); n > 0 {
			fmt.Printf("%d tasks are still to do; go on with: %s\n", n, plan.Command)
		}
		fmt.Println("report:", page)
	}
	switch {
	case runErr != nil && ctx.Err() != nil:
		return fmt.Errorf("interrupted; nothing is lost, go on with: %s", plan.Command)
	case runErr != nil:
		return runErr
	case len(outcome.Failed) > 0:
		return fmt.Errorf("%d of %d tasks failed", len(outcome.Failed), len(plan.Tasks))
	}
	return nil
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

func countRunnable(plan results.Plan) int {
	n := 0
	for _, c := range plan.Cells {
		if c.Task != "" && c.Reason == "" {
			n++
		}
	}
	return n
}

func mustIndent(v any) []byte {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err) // plans hold nothing that JSON cannot
	}
	return append(data, '\n')
}

// kongVars fill the help texts with the names there are.
func kongVars() map[string]string {
	return map[string]string{
		"profiles": strings.Join(experiments.ProfileNames(), ", "),
		"parts":    strings.Join(experiments.Parts(), ", "),

		"losses":    strings.Join(objective.LossNames(), ", "),
		"rules":     strings.Join(train.RuleNames(), ", "),
		"schedules": strings.Join(train.ScheduleNames(), ", "),
	}
}
