package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"longtail/experiments"
	"longtail/internal/plural"
	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/results"
	"longtail/runner"
)

type planCmd struct {
	selectionFlags
	Jobs  int  `default:"0" help:"Tasks at once. Default: as reproduce."`
	Tasks bool `help:"List every task too: its name for --only, what it does, its cost, and the numbers that are read from it."`
	JSON  bool `name:"json" help:"Print one JSON object."`
}

func (planCmd) Help() string {
	return `Times this machine for a second and estimates tasks, images, FLOPs, disk and
hours, evaluation included, part by part in the order in which reproduce runs
them. It trains nothing, and what the store already holds costs nothing. Numbers
are cells of a table or figure, each in every replicate; a task may serve several.

Examples:
  longtail plan                                       profile quick
  longtail plan --profile paper --only table1 --json
  longtail plan --profile desktop --only core --seeds 3
  longtail plan --profile paper --only "table2:LDAM-DRW + SSP"     one row
  longtail plan --profile desktop --only block1 --seeds 1 --tasks  task by task`
}

func (c *planCmd) Run() error {
	plan, profile, err := c.plan()
	if err != nil {
		return err
	}
	if c.Jobs < 0 {
		return usage.Errorf("--jobs %d: give the number of tasks at once, or 0 for the machine's own", c.Jobs)
	}
	if err := c.store().Readable(); err != nil {
		return err
	}
	if standard, _ := filepath.Abs("runs"); c.Store != standard && c.missing() {
		fmt.Fprintf(os.Stderr, "note: there is no store %s yet: nothing counts as done\n", c.Store)
	}
	c.noteAbsent(plan)
	todo, done := pending(plan, c.store())
	c.notePool(todo)
	if c.DataDir != "" || !profile.Official() {
		printOnce(reasonsInOrder(plan, missingUnlabeled(c.files(), plan, done)))
	}
	e, err := estimated(plan, profile, c.store(), c.Jobs)
	if err != nil {
		return err
	}
	e.Command = c.command(plan)
	if c.Jobs > 0 {
		e.Command += " --jobs " + strconv.Itoa(c.Jobs)
	}
	if !c.Tasks {
		e.Tasks = nil
	}
	if c.JSON {
		return writeJSON(os.Stdout, e)
	}
	fmt.Printf("profile %s: %s\nthis plan: %s\n\n", profile.Name, profile.About, replicates(plan.Seeds))
	e.print(os.Stdout)
	e.printTasks(os.Stdout)
	if e.All.Cannot > 0 {
		fmt.Printf("\n%s cannot be run in this way:\n", plural.Of(e.All.Cannot, "number"))
		e.printReasons(os.Stdout)
	}
	if e.Speed.Jobs == 0 {
		fmt.Println("\nNothing is left to compute.")
		return nil
	}
	fmt.Printf("\nMeasured just now: %.0f images/s, kernels %s, %s.\nRun it: %s\n",
		e.Speed.ImagesPerSecond, e.Speed.KernelSet, formatJobs(e.Speed), asCalled(e.Command))
	return nil
}

// replicates returns the names of a plan's replicates.
func replicates(seeds int) string {
	if seeds == 1 {
		return "replicate 0"
	}
	return fmt.Sprintf("replicates 0 to %d", seeds-1)
}

// formatJobs returns a text on how tasks share the cores.
func formatJobs(s experiments.Speed) string {
	return fmt.Sprintf("tasks at once: %d, of %s each", s.Jobs, plural.Of(s.Threads, "thread"))
}

// estimate is a plan's cost, as --json prints it.
type estimate struct {
	Profile string                 `json:"profile"`
	Seeds   int                    `json:"seeds"`
	Command string                 `json:"command"`
	Speed   experiments.Speed      `json:"speed"`
	All     experiments.Estimate   `json:"total"`
	Hours   float64                `json:"hours"`
	Rows    []experiments.Estimate `json:"rows"`
	Reasons []reason               `json:"cannot,omitempty"`

	Tasks []experiments.TaskEstimate `json:"tasks,omitempty"` // with --tasks

	disk int64 // bytes left in the store, and those of the checkpoints of tasks that run at once
}

// reason is why some numbers cannot be run, and how many.
type reason struct {
	Why   string `json:"why"`
	Cells int    `json:"cells"`
}

// estimated returns the cost of a plan at the speed of this machine. It measures the
// speed if something is left to compute.
func estimated(plan results.Plan, profile experiments.Profile, store results.Store, jobs int) (estimate, error) {
	e := estimate{Profile: plan.Profile, Seeds: plan.Seeds}
	done, _ := store.Done(plan.Tasks)
	if slices.ContainsFunc(plan.Tasks, func(t results.Task) bool { return !done[t.Name] }) {
		var err error
		if e.Speed, err = runner.MeasureSpeed(profile, jobs, plan.Exact); err != nil {
			return e, err
		}
	}
	stored := runner.Stored(store)
	costs, err := experiments.EstimatePlan(plan, e.Speed, func(task, file string) bool {
		return file == results.FileResult && done[task] || file != results.FileResult && stored(task, file)
	}, runner.Reached(store, e.Speed.KernelSet))
	if err != nil {
		return e, err
	}
	e.All, e.Rows, e.Tasks = costs.All, costs.Parts, costs.Tasks
	e.Hours = e.All.Time() / 3600
	e.disk = e.All.Disk + int64(e.Speed.Jobs)*2*costs.State // a checkpoint is written before the previous one is deleted
	index := map[string]int{}
	for _, c := range plan.Cells {
		if c.Task != "" || !experiments.Selected(plan.Only, c) {
			continue
		}
		i, ok := index[c.Reason]
		if !ok {
			i = len(e.Reasons)
			index[c.Reason] = i
			e.Reasons = append(e.Reasons, reason{Why: c.Reason})
		}
		e.Reasons[i].Cells++
	}
	slices.SortStableFunc(e.Reasons, func(a, b reason) int { return b.Cells - a.Cells })
	return e, nil
}

// print prints the parts as a table.
func (e estimate) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "part\tnumbers\tcannot\ttasks\tdone\timages, M\tevaluated, M\tPFLOP\tdisk\ttime\tcumulative\t")
	row := func(r experiments.Estimate, name string, time float64, all string) {
		fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, r.Cells, orDash(r.Cannot), r.Tasks, r.Done,
			number3(float64(r.Images)/1e6), number3(float64(r.Evaluated)/1e6), number3(r.FLOPs/1e15), plural.Bytes(r.Disk), seconds(time), all)
	}
	ends := e.ends()
	for i, r := range e.Rows {
		row(r, r.Part, r.Seconds, seconds(ends[i]))
	}
	row(e.All, "all", e.All.Time(), "")
	t.Flush()
	if e.All.Longest > e.All.Seconds*(1+1e-9) { // more than a sum's rounding error
		fmt.Fprintln(w, "The time of all is that of the longest chain of tasks, each on the cores that it can use.")
	}
}

// printReasons prints why numbers cannot be run, one line per reason.
func (e estimate) printReasons(w io.Writer) {
	for _, r := range e.Reasons {
		fmt.Fprintf(w, "  %d × %s\n", r.Cells, r.Why)
	}
}

// ends returns the seconds until each part and those before it are done.
func (e estimate) ends() []float64 {
	var to experiments.Estimate
	ends := make([]float64, len(e.Rows))
	for i, r := range e.Rows {
		to.Seconds, to.Longest = to.Seconds+r.Seconds, max(to.Longest, r.Longest)
		ends[i] = to.Time()
	}
	return ends
}

// printTasks prints one line per task, in the order in which they run.
func (e estimate) printTasks(w io.Writer) {
	if len(e.Tasks) == 0 {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "task\tpart\tdone\timages, M\ttime\twhat it does (what is read from it)")
	for _, one := range e.Tasks {
		done, read := "–", ""
		switch {
		case one.Done:
			done = "yes"
		case one.Reached > 0:
			done = fmt.Sprintf("%.0f %%", 100*one.Reached)
		}
		if n := len(one.Cells); n > 0 {
			read = " (" + one.Cells[0]
			if n > 1 {
				read += fmt.Sprintf(" and %d more", n-1)
			}
			read += ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s%s\n", results.ShortHash(one.Name), one.Part, done, number3(float64(one.Images)/1e6), seconds(one.Seconds), one.About, read)
	}
	t.Flush()
}

// partsWithin returns a text on the parts that a budget is enough for.
func (e estimate) partsWithin(budget time.Duration) string {
	ends, last := e.ends(), ""
	for i, r := range e.Rows {
		if r.Tasks == 0 {
			continue
		}
		if ends[i] > budget.Seconds() {
			if last == "" {
				return "a part of " + r.Part
			}
			return "everything up to " + last + " and a part of " + r.Part
		}
		last = r.Part
	}
	return "everything"
}

func seconds(s float64) string { return progress.Duration(time.Duration(s * float64(time.Second))) }

func orDash(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

// number3 returns x with three significant digits, or all before the decimal point.
func number3(x float64) string {
	if x >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
