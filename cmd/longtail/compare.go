package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"longtail/dataset"
	"longtail/internal/usage"
	"longtail/nn/train"
	"longtail/own"
	"longtail/score"
)

type compareCmd struct {
	Methods   []string `arg:"" name:"run" help:"Methods, the baseline first. Each is the folder of a run of train, a folder of such folders (train --seeds), or a pattern in quotes ('ce-*')."`
	By        string   `default:"balanced" placeholder:"WHAT" help:"The error that is compared: balanced (default), the mean error of the classes; adjusted, the same after subtracting the log class shares from the logits of both; error, over all test images; many, medium or few, the mean error of these classes; or the name of a class (class:NAME if it is one of these words)."`
	Data      string   `placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Compare on these images instead of the test images of the runs, with the last.pth of each run: every image of a folder, CSV or .npz file that was kept apart from all training, or the test images of a named set."`
	Figures   string   `placeholder:"FOLDER" type:"path" help:"Also draw, as PNG and SVG: gains, per-class (error of each class against its size, without and with each method) and learning-curves (of the first run of each method). Earlier figures are overwritten, other files are not."`
	fileFlags `embed:"" set:"side=the size that each run was trained on"`
	CSV       string `name:"csv" placeholder:"FILE.csv" type:"path" help:"Also write the table as CSV: one row per method and error, with standard deviation, gain and interval. Only an earlier table is overwritten."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
}

func (compareCmd) Help() string {
	return `Runs that differ only in their seeds are replicates of one method. They are paired by
seed: the gain is the error of the baseline minus that of the method, after the last
epoch, on the same test images. Its 95 % interval is Student's t over the pairs. The
verdict follows from the interval at a level corrected for the number of
methods (Holm): too small to matter (inside ±0.5 points), better, worse, or not settled,
and how many seeds would settle it. Two are rarely enough; start with three to five.

Different numbers of steps are reported: a method may be better only because it took more
steps than the baseline. The baseline's "adjusted" error needs no training: it is the
error after subtracting the log class shares from the logits. A method not below it
achieves no more than that correction.

Use --by few for the tail alone, --by NAME for one class. Choose before you look: of
twenty classes, one is better or worse by chance.

Examples:
  longtail train --data my-photos --seeds 3 --out ce
  longtail train --data my-photos --loss ldam --rule drw --seeds 3 --out ldam-drw
  longtail compare ce ldam-drw
  longtail compare ce ldam-drw --by few --figures figures --csv table.csv
  longtail compare ce ldam-drw --data kept-apart
  longtail compare 'du/*/base' du --json`
}

func (c *compareCmd) Run(ctx context.Context) error {
	if info, err := os.Stat(c.Figures); err == nil && !info.IsDir() {
		return usage.Errorf("--figures %s: it is a file; name a folder", c.Figures)
	}
	if c.Data == "" && (c.Side != 0 || c.SkipBroken || c.Cache != "" || c.AllowUnverified) {
		return usage.Errorf("--side, --skip-broken, --cache and --allow-unverified are of --data, which is not given: the runs' own errors are compared")
	}
	if err := errors.Join(checkOutsideClasses(c.Data, "--figures", c.Figures), checkOutsideClasses(c.Data, "--cache", c.Cache)); err != nil {
		return err
	}
	if err := checkOverwrite("--csv", c.CSV, "comparison", begins(own.ComparisonHeader)); err != nil {
		return err
	}
	methods := make([]own.Method, len(c.Methods))
	images := c.images(ctx)
	var unknown []string // runs that may have been trained on the images
	for i, name := range c.Methods {
		var err error
		if methods[i], err = own.ReadMethod(name); err != nil {
			return err
		}
		if !methods[i].Classifies() {
			return usage.Errorf("%s: these runs are pre-training and name no class: compare those that go on from them (train --init)", name)
		}
		for _, r := range methods[i].Runs {
			if err := checkOutsideClasses(r.Settings.Data, "--figures", c.Figures); err != nil {
				return err
			}
		}
		if err := methods[i].Fits(methods[0], c.Data != ""); err != nil {
			return err
		}
		if c.Data != "" {
			untold, err := methods[i].Evaluate(ctx, images, os.Stderr)
			if err != nil && ctx.Err() != nil {
				return errors.New("stopped; nothing was written")
			}
			if err != nil {
				return err
			}
			unknown = append(unknown, untold...)
		}
		if !methods[i].Evaluated() {
			return usage.Errorf("%s: these runs have no error of classes: they were trained without test images (--data names others)", name)
		}
	}
	by, err := own.MeasureOf(c.By, methods[0].Runs[0])
	if err != nil {
		return usage.Error{Err: err}
	}
	for _, m := range methods {
		for _, r := range m.Runs {
			if by.Of(r) == nil {
				return usage.Errorf("--by %s: %s has no such error", c.By, r.Dir)
			}
		}
	}
	result := own.Compare(methods, by)
	result.Data = c.Data
	if len(unknown) > 0 {
		result.Notes = append(result.Notes, own.CannotTell(c.Data, unknown...))
	}
	if c.CSV != "" {
		if err := result.WriteCSV(c.CSV); err != nil {
			return fmt.Errorf("--csv: %w", err)
		}
	}
	if c.JSON {
		err = writeJSON(os.Stdout, result)
	} else {
		err = writeComparison(os.Stdout, result)
	}
	if err != nil || c.Figures == "" {
		return err
	}
	return writeFigures(c.Figures, comparisonFigures(result, methods))
}

// images returns a function that opens the images of --data, once for each size of a
// model's images.
func (c *compareCmd) images(ctx context.Context) func(train.About) (own.Images, error) {
	opened := map[[2]int]own.Images{}
	return func(about train.About) (own.Images, error) {
		size := [2]int{about.Height, about.Width}
		if of, is := opened[size]; is {
			return of, nil
		}
		of, err := c.labeled(ctx, c.filesFor(about), c.Data, !isArrays(c.Data) && !dataset.Named(c.Data))
		if err != nil {
			return of, err
		}
		of.Apart = true
		later := of
		later.Set.Notes = nil // printed only once as well
		opened[size] = later
		return of, nil
	}
}

// writeComparison prints a comparison as text.
func writeComparison(w io.Writer, c own.Comparison) error {
	images := "test images"
	if c.Data != "" {
		images = "images of " + c.Data
	}
	fmt.Fprintf(w, "last epoch, %d %s in %d classes; balanced: the mean error of the classes;\nadjusted: the same with the log class shares subtracted from the logits", c.N, images, len(c.Classes))
	if slices.ContainsFunc(c.Methods, func(m own.Compared) bool { return m.ErrorSD != nil }) {
		fmt.Fprint(w, "; ±: standard deviation over runs")
	}
	levels := c.Levels(c.Methods[0])
	if slices.ContainsFunc(levels, func(l own.Level) bool { return l.Group }) {
		fmt.Fprintf(w, ";\nmany, medium, few: the mean error of the classes with more than %d, %d to %d and fewer than %d training images",
			score.ManyAbove, score.FewBelow, score.ManyAbove, score.FewBelow)
		if c.By == own.OfAdjusted.Name {
			fmt.Fprint(w, ", adjusted")
		}
	}
	fmt.Fprint(w, "\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "method\truns")
	for _, l := range levels {
		fmt.Fprintf(t, "\t%s, %%", l.Name)
	}
	fmt.Fprintln(t)
	for _, m := range c.Methods {
		fmt.Fprintf(t, "%s\t%d", m.Method, len(m.Runs))
		for _, l := range c.Levels(m) {
			fmt.Fprint(t, "\t", withSpread(l.Pct, l.SD))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(c.Methods) > 1 {
		if err := writeGains(w, c); err != nil {
			return err
		}
	}
	if t := c.Tested; len(c.Methods) > 1 && t != [3]*float64{} {
		fmt.Fprintf(w, "test images of a class, on average: many %s, medium %s, few %s\n", average(t[0]), average(t[1]), average(t[2]))
	}
	for _, m := range c.Methods {
		if len(m.Differs) > 0 {
			fmt.Fprintf(w, "%s: other %s than the baseline\n", m.Method, strings.Join(m.Differs, ", "))
		}
		if g := m.Gain; g != nil && g.Needed > 0 {
			fmt.Fprintf(w, "%s: not settled; if gain and spread stay as they are, %s seeds of both settle it\n", m.Method, atMost(g.Needed))
		} else if g != nil && g.Pairs < 2 {
			fmt.Fprintf(w, "%s: not settled; it takes two seeds at least, and three to five to say much (train --seeds)\n", m.Method)
		} else if g != nil && g.Low == nil {
			fmt.Fprintf(w, "%s: not settled; gains that are all equal do not tell how they scatter: more seeds, or more test images, may\n", m.Method)
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	return nil
}

// writeGains prints the gains over the baseline in points: of the error that is compared,
// and of the groups of classes.
func writeGains(w io.Writer, c own.Comparison) error {
	fmt.Fprintf(w, "\ngain: points by which the %s is below the baseline's, over pairs of equal seed, and its 95 %% interval\n\n", c.Of.What)
	shown := func(l own.Level) bool { return l.Group && l.Name != c.By }
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "method\tpairs\tgain\t")
	for _, l := range c.Levels(c.Methods[0]) {
		if shown(l) {
			fmt.Fprint(t, l.Name, "\t")
		}
	}
	fmt.Fprintln(t, "verdict")
	for _, m := range c.Methods[1:] {
		fmt.Fprintf(t, "%s\t%d\t%s\t", m.Method, m.Gain.Pairs, withInterval(m.Gain.Points, m.Gain.Low, m.Gain.High))
		for _, l := range c.Levels(m) {
			if shown(l) {
				fmt.Fprint(t, withInterval(l.Points, l.Low, l.High), "\t")
			}
		}
		fmt.Fprintln(t, m.Gain.Word)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

// atMost returns a number of replicates as text; they are counted up to a thousand.
func atMost(n int) string {
	if n >= 1000 {
		return "1,000 or more"
	}
	return fmt.Sprint(n)
}

func withSpread(mean, sd *float64) string {
	switch {
	case mean == nil:
		return "–"
	case sd == nil:
		return fmt.Sprintf("%.2f", *mean)
	}
	return fmt.Sprintf("%.2f ± %.2f", *mean, *sd)
}

// withInterval returns a gain as text, with its interval if it has one.
func withInterval(x, low, high *float64) string {
	switch {
	case x == nil:
		return "–"
	case low == nil:
		return fmt.Sprintf("%+.2f", *x)
	}
	return fmt.Sprintf("%+.2f [%+.2f, %+.2f]", *x, *low, *high)
}

func average(x *float64) string {
	if x == nil {
		return "–"
	}
	return number3(*x)
}
