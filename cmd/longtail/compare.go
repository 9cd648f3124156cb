package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"longtail/dataset"
	"longtail/internal/usage"
	"longtail/results"
	"longtail/stats"
)

type compareCmd struct {
	Methods []string `arg:"" name:"run" help:"Methods, the baseline first: each the folder of a run of train, a folder of such folders (train --seeds), or a pattern in quotes ('ce-*')."`
	By      string   `default:"balanced" placeholder:"WHAT" help:"What a gain is of: balanced (default), the mean error of the classes; adjusted, the same with the log class shares taken off the logits of both; error, over all test images; many, medium or few, the mean error of these classes; or a class by its name."`
	Data    string   `placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"Compare on these images, such as were kept apart from all training (every image of a folder, CSV or .npz file, the test images of a set), by last.pth of each run, instead of on the test images of the runs."`
	Figures string   `placeholder:"FOLDER" type:"path" help:"Also draw, as PNG and SVG: gains, per-class (error of each class against its size, without and with each method) and learning-curves."`
	fileFlags
	JSON bool `name:"json" help:"Print one JSON object."`
}

func (compareCmd) Help() string {
	return `Says by how much a method is better than the first one, and how sure that is.

Runs are replicates of one method if nothing but their seeds differs, and are
paired by seed: the gain is the error of the baseline minus that of the method,
last epoch, on the same test images, its 95 % interval Student's over the pairs.
The word follows from the interval at a level that is corrected for the number of
methods (Holm): too small to matter (inside ±0.5 points), better, worse, or not
settled, with how many seeds would do. Two hardly ever do; three to five are a
beginning.

A method that took more steps than the baseline may be better for that alone; it
is said where they differ. And the baseline's "adjusted" error costs nothing: a
method that is not below it does no more than taking the log class shares off the
baseline's logits does.

The tail alone is --by few, one class --by its name. Choose before looking: of
twenty classes one is better or worse by chance.

Examples:
  longtail train --data my-photos --seeds 3 --out ce
  longtail train --data my-photos --loss ldam --rule drw --seeds 3 --out ldam-drw
  longtail compare ce ldam-drw
  longtail compare ce ldam-drw --by few --figures figures
  longtail compare ce ldam-drw --data kept-apart
  longtail compare 'du/*/base' du --json`
}

func (c *compareCmd) Run(ctx context.Context) error {
	methods := make([]method, len(c.Methods))
	for i, name := range c.Methods {
		var err error
		if methods[i], err = readMethod(name); err != nil {
			return err
		}
		if !methods[i].classifies() {
			return usage.Errorf("%s: these runs are pre-training and name no class", name)
		}
		if err := methods[i].fits(methods[0], c.Data != ""); err != nil {
			return err
		}
		if c.Data != "" {
			if err := c.evaluate(ctx, methods[i]); err != nil {
				return err
			}
		}
		if !methods[i].evaluated() {
			return usage.Errorf("%s: these runs have no error of classes: they were trained without test images (--data names others)", name)
		}
	}
	by, err := measureOf(c.By, methods[0].runs[0])
	if err != nil {
		return usage.Error{Err: err}
	}
	for _, m := range methods {
		for _, r := range m.runs {
			if by.of(r) == nil {
				return usage.Errorf("--by %s: %s has no such error", c.By, r.dir)
			}
		}
	}
	result := compare(methods, by)
	result.Data = c.Data
	if c.Figures != "" {
		if err := result.draw(methods, c.Figures); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, result)
	}
	return result.write(os.Stdout)
}

// evaluate puts the errors on the images of --data in the place of those that the
// runs have.
func (c *compareCmd) evaluate(ctx context.Context, m method) error {
	for i := range m.runs {
		r := &m.runs[i]
		if trained := r.settings.Data; !slices.Contains(dataset.Known(), trained) && samePlace(trained, c.Data) {
			return usage.Errorf("--data %s: %s was trained on these images; without --data its own test images count", c.Data, r.dir)
		}
		e := evalCmd{Checkpoint: filepath.Join(r.dir, fileLast), Data: c.Data, All: !isArrays(c.Data) && !slices.Contains(dataset.Known(), c.Data), fileFlags: c.fileFlags, Batch: 100}
		out, err := e.evaluate(ctx)
		if err != nil {
			return err
		}
		if !slices.Equal(out.Classes, r.result.Classes) {
			return fmt.Errorf("%s names other classes than the run beside it", e.Checkpoint)
		}
		r.result.ErrorPct, r.result.PerClassErrorPct, r.result.PerClassAdjusted, r.result.N = out.ErrorPct, out.PerClassErrorPct, out.PerClassAdjusted, out.N
	}
	return nil
}

// samePlace reports whether two paths lead to one file or folder.
func samePlace(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// ownMeasure is the error of a run's last epoch that gains are of, in percent.
type ownMeasure struct {
	name, what string
	of         func(r ownRun) *float64 // nil: it has none
}

var (
	ofImages   = ownMeasure{"error", "error over all images", func(r ownRun) *float64 { return r.result.ErrorPct }}
	ofClasses  = ownMeasure{"balanced", "balanced error", func(r ownRun) *float64 { return results.BalancedErrorPct(r.result.PerClassErrorPct) }}
	ofAdjusted = ownMeasure{"adjusted", "balanced error (the log class shares taken off the logits of both)", func(r ownRun) *float64 { return results.BalancedErrorPct(r.result.PerClassAdjusted) }}
)

// measureOf finds what --by names: one of the above, a group of classes of the
// baseline's sizes, or a class.
func measureOf(by string, base ownRun) (ownMeasure, error) {
	for _, m := range []ownMeasure{ofImages, ofClasses, ofAdjusted} {
		if m.name == by {
			return m, nil
		}
	}
	counts := base.result.labelled()
	for group, size := range []string{fmt.Sprintf("more than %d", results.ManyAbove), fmt.Sprintf("%d to %d", results.FewBelow, results.ManyAbove), fmt.Sprintf("fewer than %d", results.FewBelow)} {
		if name := []string{"many", "medium", "few"}[group]; name == by {
			m := ownMeasure{by, "mean error of the classes with " + size + " training images", func(r ownRun) *float64 {
				many, medium, few := results.GroupErrorPct(r.result.PerClassErrorPct, counts)
				return []*float64{many, medium, few}[group]
			}}
			if m.of(base) == nil {
				return m, fmt.Errorf("--by %s: no class with %s training images has a test image", by, size)
			}
			return m, nil
		}
	}
	if class := slices.Index(base.result.Classes, by); class >= 0 {
		return ownMeasure{by, "error of " + by, func(r ownRun) *float64 { return r.result.PerClassErrorPct[class] }}, nil
	}
	names := strings.Join(base.result.Classes, ", ")
	if len(names) > 200 {
		names = strings.Join(base.result.Classes[:5], ", ") + ", …"
	}
	return ownMeasure{}, fmt.Errorf("--by %s: it is balanced, adjusted, error, many, medium, few, or one of the classes (%s)", by, names)
}

// comparison is what compare prints.
type comparison struct {
	By      string           `json:"by"`             // as of --by
	Data    string           `json:"data,omitempty"` // of --data; left out: the runs' own test images
	N       int              `json:"n"`              // images
	Classes []string         `json:"classes"`        // names, in the order of their numbers
	Methods []comparedMethod `json:"methods"`        // the baseline first
	Notes   []string         `json:"notes"`

	of ownMeasure
}

type comparedMethod struct {
	Method           string   `json:"method"`             // as given
	Runs             []string `json:"runs"`               // their folders, by seed
	Seeds            []int    `json:"seeds"`              // of training
	ErrorPct         float64  `json:"error_pct"`          // mean of the runs, over all test images
	ErrorSD          *float64 `json:"error_sd"`           // between runs; null: one run
	BalancedErrorPct float64  `json:"balanced_error_pct"` // mean of the runs
	BalancedErrorSD  *float64 `json:"balanced_error_sd"`
	AdjustedErrorPct *float64 `json:"adjusted_error_pct"` // of the classes, with the log class shares taken off the logits; null: a run of an older version
	AdjustedErrorSD  *float64 `json:"adjusted_error_sd"`
	Differs          []string `json:"differs"` // settings that are other than the baseline's
	Gain             *ownGain `json:"gain"`    // over the baseline; null of itself
}

// ownGain is in points of error, positive where the method is better.
type ownGain struct {
	Pairs    int        `json:"pairs"`       // runs of equal seed
	Points   *float64   `json:"points"`      // their mean; null: no pair
	Low      *float64   `json:"low"`         // 95 % interval; null: fewer than two pairs, or two that are equal
	High     *float64   `json:"high"`        //
	Word     string     `json:"word"`        // "better", "worse", "too small to matter" or "not settled"
	Needed   int        `json:"needed"`      // pairs that may settle it; 0: it is settled, or their number not known
	Many     *float64   `json:"many_points"` // mean gain of classes with more than 100 training images, of the baseline's
	Medium   *float64   `json:"medium_points"`
	Few      *float64   `json:"few_points"` // of classes with fewer than 20
	PerClass []*float64 `json:"per_class_points"`
}

// levelOfComparison is the probability of a wrong word, and of an interval that
// misses.
const levelOfComparison = 0.05

// ownWords are stats.Difference's of one method against another.
var ownWords = map[stats.Word]string{
	stats.Seen: "better", stats.Reversed: "worse", stats.TooSmall: "too small to matter", stats.NotSettled: "not settled", stats.NotRun: "not settled",
}

// compare judges methods against the first of them.
func compare(methods []method, by ownMeasure) comparison {
	base := methods[0]
	c := comparison{By: by.name, N: base.runs[0].result.N, Classes: base.runs[0].result.Classes, Notes: []string{}, of: by}
	judges := make([]func(alpha float64) stats.Verdict, len(methods))
	levels := make([]float64, len(methods))
	for i, m := range methods {
		row := comparedMethod{Method: m.name, Differs: []string{}}
		for _, name := range differing(base.runs[0].settings.withoutSeeds(), m.runs[0].settings.withoutSeeds()) {
			row.Differs = append(row.Differs, strings.TrimSuffix(strings.TrimSuffix(name, "_digest"), "_sha256"))
		}
		for _, r := range m.runs {
			row.Runs, row.Seeds = append(row.Runs, r.dir), append(row.Seeds, r.settings.Seed)
		}
		mean, sd := m.mean(ofImages)
		row.ErrorPct, row.ErrorSD = *mean, sd
		mean, sd = m.mean(ofClasses)
		row.BalancedErrorPct, row.BalancedErrorSD = *mean, sd
		row.AdjustedErrorPct, row.AdjustedErrorSD = m.mean(ofAdjusted)
		for _, dir := range m.unfinished {
			c.note("%s is not finished and left out", dir)
		}
		levels[i] = math.NaN()
		if i > 0 {
			var gains []float64
			row.Gain, gains = gainOver(base, m, by)
			judges[i] = func(alpha float64) stats.Verdict { return stats.Difference(gains, alpha) }
			if len(gains) > 1 {
				levels[i] = stats.Level(func(alpha float64) stats.Word { return judges[i](alpha).Word })
			}
			c.tell(base, m, len(gains))
		}
		c.Methods = append(c.Methods, row)
	}
	for i, level := range stats.Holm(levels, levelOfComparison) {
		if i > 0 {
			c.Methods[i].Gain.judge(judges[i], level)
		}
	}
	return c
}

// mean is that of the runs, and their standard deviation; nil: one has no such error,
// or there is one run.
func (m method) mean(by ownMeasure) (mean, sd *float64) {
	var values []float64
	for _, r := range m.runs {
		x := by.of(r)
		if x == nil {
			return nil, nil
		}
		values = append(values, *x)
	}
	return results.MeanSD(values)
}

// pairs are the runs of two methods with equal seeds.
func pairs(base, m method) (all [][2]ownRun) {
	for _, r := range m.runs {
		if at := slices.IndexFunc(base.runs, func(b ownRun) bool { return b.settings.replicate() == r.settings.replicate() }); at >= 0 {
			all = append(all, [2]ownRun{base.runs[at], r})
		}
	}
	return all
}

// gainOver pairs runs by seed; gains are those of the pairs.
func gainOver(base, m method, by ownMeasure) (*ownGain, []float64) {
	g := &ownGain{}
	var gains []float64
	perClass := make([][]float64, len(base.runs[0].result.PerClassErrorPct))
	for _, pair := range pairs(base, m) {
		b, r := pair[0], pair[1]
		gains = append(gains, *by.of(b)-*by.of(r))
		for class, e := range b.result.PerClassErrorPct {
			if e != nil && r.result.PerClassErrorPct[class] != nil {
				perClass[class] = append(perClass[class], *e-*r.result.PerClassErrorPct[class])
			}
		}
	}
	g.Pairs = len(gains)
	for _, values := range perClass {
		mean, _ := results.MeanSD(values)
		g.PerClass = append(g.PerClass, mean)
	}
	g.Many, g.Medium, g.Few = results.GroupErrorPct(g.PerClass, base.runs[0].result.labelled())
	return g, gains
}

// labelled counts the training images of each class that came with a label.
func (r trainResult) labelled() []int {
	counts := slices.Clone(r.TrainCounts)
	if r.Unlabeled != nil {
		for class, n := range r.Unlabeled.PseudoCounts {
			counts[class] -= n
		}
	}
	return counts
}

// judge fills in interval and word; level is the word's, corrected for their
// number.
func (g *ownGain) judge(verdict func(alpha float64) stats.Verdict, level float64) {
	v := verdict(levelOfComparison)
	if g.Pairs > 0 {
		g.Points = &v.Pooled.Mean
	}
	if v.Pooled.HasInterval() {
		g.Low, g.High = &v.Pooled.Low, &v.Pooled.High
	}
	word := verdict(level).Word
	if g.Word = ownWords[word]; !word.Settled() {
		// As far as the interval has to shrink about a mean that stays.
		mean := math.Abs(v.Pooled.Mean)
		if g.Needed = stats.ReplicatesFor(v.SD, max(mean, stats.Margin-mean), level); g.Needed > 0 {
			g.Needed = max(g.Needed, g.Pairs+1)
		}
	}
}

// tell notes what a reader of a gain must know.
func (c *comparison) tell(base, m method, pairs int) {
	if alone := len(m.runs) - pairs; alone > 0 || pairs < len(base.runs) {
		c.note("%s: %d of its %d runs and of the baseline's %d have a seed in common; the others are left out of the gain", m.name, pairs, len(m.runs), len(base.runs))
	}
	if a, b := base.runs[0].steps(), m.runs[0].steps(); a > 0 && b > 0 && a != b {
		more := ""
		if as, n := m.runs[0].settings, sum(base.runs[0].result.labelled()); as.Batch > 0 && n > 0 {
			epoch := (n + as.Batch - 1) / as.Batch // steps of the baseline's images in batches of the method's
			more = fmt.Sprintf(" (--epochs %d --batch %d --lr %g)", (b+epoch-1)/epoch, as.Batch, as.LR)
		}
		c.note("%s took %d steps, the baseline %d: part of a gain or loss may be that; a baseline of as many%s tells", m.name, b, a, more)
	}
	if a, b := base.runs[0].settings.Init, m.runs[0].settings.Init; a == "" && b != "" {
		c.note("%s starts from %s, whose steps are not counted: a baseline that starts from labels (--init of a run of train) or trains for longer tells what they give by themselves", m.name, b)
	}
}

func sum(counts []int) (n int) {
	for _, x := range counts {
		n += x
	}
	return n
}

func (c *comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// write prints a comparison for people.
func (c comparison) write(w io.Writer) error {
	images := "test images"
	if c.Data != "" {
		images = "images of " + c.Data
	}
	fmt.Fprintf(w, "last epoch, %d %s in %d classes; balanced: the mean error of the classes;\nadjusted: the same once the log class shares are taken off the logits\n\n", c.N, images, len(c.Classes))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := []string{"method", "runs", "error, %", "balanced, %", "adjusted, %"}
	if len(c.Methods) > 1 {
		head = append(head, "gain", "[95 %]", "pairs", "many", "medium", "few", "word")
	}
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, m := range c.Methods {
		row := []string{m.Method, fmt.Sprint(len(m.Runs)), withSpread(&m.ErrorPct, m.ErrorSD), withSpread(&m.BalancedErrorPct, m.BalancedErrorSD), withSpread(m.AdjustedErrorPct, m.AdjustedErrorSD)}
		if g := m.Gain; g != nil {
			interval := ""
			if g.Low != nil {
				interval = fmt.Sprintf("[%+.2f, %+.2f]", *g.Low, *g.High)
			}
			row = append(row, points(g.Points), interval, fmt.Sprint(g.Pairs), points(g.Many), points(g.Medium), points(g.Few), g.Word)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(c.Methods) > 1 {
		fmt.Fprintf(w, "\ngain: points by which the %s is below the baseline's, over pairs of equal seed; many, medium, few: of classes with more than %d, %d to %d and fewer than %d training images\n",
			c.of.what, results.ManyAbove, results.FewBelow, results.ManyAbove, results.FewBelow)
	}
	for _, m := range c.Methods {
		if len(m.Differs) > 0 {
			fmt.Fprintf(w, "%s: other %s than the baseline\n", m.Method, strings.Join(m.Differs, ", "))
		}
		if g := m.Gain; g != nil && g.Needed > 0 {
			fmt.Fprintf(w, "%s: not settled; if gain and spread stay as they are, %s seeds of both settle it\n", m.Method, atMost(g.Needed))
		} else if g != nil && g.Pairs < 2 {
			fmt.Fprintf(w, "%s: not settled; it takes two seeds at least, and three to five to say much (train --seeds)\n", m.Method)
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	return nil
}

// atMost writes a number of replicates, which are counted up to a thousand.
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

func points(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%+.2f", *x)
}
