package own

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"longtail/results"
	"longtail/score"
	"longtail/stats"
)

// Measure is an error of a run's last epoch, in percent, by which methods are
// compared.
type Measure struct {
	Name, What string
	Of         func(r Run) *float64 // nil: the run has none
	adjusted   bool                 // the log class shares are subtracted from the logits
}

// PerClass returns a run's error of each class, in percent, prior-adjusted if the
// measure is. An entry is nil if the class has no test image.
func (m Measure) PerClass(r Run) []*float64 {
	if m.adjusted {
		return r.Result.PerClassAdjusted
	}
	return r.Result.PerClassErrorPct
}

// The measures over all classes.
var (
	OfImages   = Measure{"error", "error over all images", func(r Run) *float64 { return r.Result.ErrorPct }, false}
	OfClasses  = Measure{"balanced", "balanced error", func(r Run) *float64 { return score.BalancedErrorPct(r.Result.PerClassErrorPct) }, false}
	OfAdjusted = Measure{"adjusted", "balanced error (the log class shares subtracted from the logits of both)", func(r Run) *float64 { return score.BalancedErrorPct(r.Result.PerClassAdjusted) }, true}
)

// MeasureOf returns the measure that --by names: one of the above, a group of classes
// by the baseline's training counts, or a class. The name class:NAME means a class
// even if it equals another measure's name. An unknown name, or a group without test
// images, is an error.
func MeasureOf(by string, base Run) (Measure, error) {
	for _, m := range []Measure{OfImages, OfClasses, OfAdjusted} {
		if m.Name == by {
			return m, nil
		}
	}
	for group, m := range groupMeasures(base.Result.Labeled(), false) {
		if m.Name == by {
			if m.Of(base) == nil {
				return m, fmt.Errorf("--by %s: no class with %s training images has a test image", by, groupSizes[group])
			}
			return m, nil
		}
	}
	name := by
	if !slices.Contains(base.Result.Classes, name) {
		name = strings.TrimPrefix(by, "class:")
	}
	if class := slices.Index(base.Result.Classes, name); class >= 0 {
		return Measure{by, "error of " + name, func(r Run) *float64 { return r.Result.PerClassErrorPct[class] }, false}, nil
	}
	names := strings.Join(base.Result.Classes, ", ")
	if len(names) > 200 {
		names = strings.Join(base.Result.Classes[:5], ", ") + ", …"
	}
	return Measure{}, fmt.Errorf("--by %s: it is balanced, adjusted, error, many, medium, few, or one of the classes (%s; class:NAME for a class called like one of these)", by, names)
}

// groupSizes describes the training images per class of the many-, medium- and
// few-shot classes.
var groupSizes = [3]string{fmt.Sprintf("more than %d", score.ManyAbove), fmt.Sprintf("%d to %d", score.FewBelow, score.ManyAbove), fmt.Sprintf("fewer than %d", score.FewBelow)}

// groupMeasures returns the mean errors of the many-, medium- and few-shot classes.
// counts are the labeled training images of each class.
func groupMeasures(counts []int, adjusted bool) (groups [3]Measure) {
	for group, name := range []string{"many", "medium", "few"} {
		m := Measure{Name: name, What: "mean error of the classes with " + groupSizes[group] + " training images", adjusted: adjusted}
		m.Of = func(r Run) *float64 { return groupMeans(m.PerClass(r), counts)[group] }
		groups[group] = m
	}
	return groups
}

// groupMeans returns the means of score.GroupErrorPct as an array.
func groupMeans(perClass []*float64, counts []int) (groups [3]*float64) {
	groups[0], groups[1], groups[2] = score.GroupErrorPct(perClass, counts)
	return groups
}

// Comparison is the JSON that compare prints.
type Comparison struct {
	By         string     `json:"by"`             // as given to --by
	Data       string     `json:"data,omitempty"` // as given to --data; left out: the runs' own test images
	N          int        `json:"n"`              // test images
	TestCounts []int      `json:"test_counts"`    // test images of each class
	Classes    []string   `json:"classes"`        // names, in the order of their numbers
	Methods    []Compared `json:"methods"`        // the baseline first
	Notes      []string   `json:"notes"`

	Of     Measure     `json:"-"`
	Tested [3]*float64 `json:"-"` // mean test images per class of the many-, medium- and few-shot groups; nil: none, or not known
}

// Compared is one method of a Comparison.
type Compared struct {
	Method           string   `json:"method"`             // as given
	Runs             []string `json:"runs"`               // folders of its runs, by seed
	Seeds            []int    `json:"seeds"`              // of the runs' training
	ErrorPct         float64  `json:"error_pct"`          // mean over its runs, of all test images
	ErrorSD          *float64 `json:"error_sd"`           // standard deviation between runs; null: one run
	BalancedErrorPct float64  `json:"balanced_error_pct"` // mean over its runs
	BalancedErrorSD  *float64 `json:"balanced_error_sd"`
	AdjustedErrorPct *float64 `json:"adjusted_error_pct"` // balanced error with the log class shares subtracted from the logits
	AdjustedErrorSD  *float64 `json:"adjusted_error_sd"`
	ManyErrorPct     *float64 `json:"many_error_pct"` // mean of the classes with more than 100 training images in the baseline; adjusted if By is
	ManyErrorSD      *float64 `json:"many_error_sd"`
	MediumErrorPct   *float64 `json:"medium_error_pct"`
	MediumErrorSD    *float64 `json:"medium_error_sd"`
	FewErrorPct      *float64 `json:"few_error_pct"` // mean of the classes with fewer than 20
	FewErrorSD       *float64 `json:"few_error_sd"`

	ByPct  float64   `json:"by_pct"` // the compared error, mean over the runs
	BySD   *float64  `json:"by_sd"`
	ByRuns []float64 `json:"by_runs"` // the same of each run

	Differs []string `json:"differs"` // names of settings that differ from the baseline's
	Gain    *Gain    `json:"gain"`    // over the baseline; null for the baseline
}

// Gain is the baseline's error minus the method's, in percentage points; positive
// values are better.
type Gain struct {
	Pairs      int        `json:"pairs"`       // pairs of runs with equal seeds
	Points     *float64   `json:"points"`      // mean over the pairs; null: no pair
	Low        *float64   `json:"low"`         // 95 % interval; null: fewer than two pairs, or all of them equal
	High       *float64   `json:"high"`        // likewise
	Word       string     `json:"word"`        // "better", "worse", "too small to matter" or "not settled"
	Needed     int        `json:"needed"`      // pairs that may settle it; 0: settled, or not known
	Many       *float64   `json:"many_points"` // mean gain of the classes with more than 100 training images in the baseline
	ManyLow    *float64   `json:"many_low"`    // 95 % interval
	ManyHigh   *float64   `json:"many_high"`
	Medium     *float64   `json:"medium_points"`
	MediumLow  *float64   `json:"medium_low"`
	MediumHigh *float64   `json:"medium_high"`
	Few        *float64   `json:"few_points"` // of the classes with fewer than 20
	FewLow     *float64   `json:"few_low"`
	FewHigh    *float64   `json:"few_high"`
	PerClass   []*float64 `json:"per_class_points"`
}

// Level is a method's error by one measure, with its gain over the baseline. The gain
// is nil unless the measure is the compared one or a group of classes.
type Level struct {
	Name              string // as given to --by
	Group             bool   // the error of the many-, medium- or few-shot classes
	Pct, SD           *float64
	Points, Low, High *float64
}

// Levels returns a method's errors by the measures over all classes, by the groups of
// classes if there are several, and by the compared measure. Every method has the
// same measures in the same order.
func (c Comparison) Levels(m Compared) []Level {
	g := m.Gain
	if g == nil {
		g = &Gain{}
	}
	all := []Level{{Name: OfImages.Name, Pct: &m.ErrorPct, SD: m.ErrorSD}, {Name: OfClasses.Name, Pct: &m.BalancedErrorPct, SD: m.BalancedErrorSD}, {Name: OfAdjusted.Name, Pct: m.AdjustedErrorPct, SD: m.AdjustedErrorSD}}
	groups := []Level{
		{"many", true, m.ManyErrorPct, m.ManyErrorSD, g.Many, g.ManyLow, g.ManyHigh},
		{"medium", true, m.MediumErrorPct, m.MediumErrorSD, g.Medium, g.MediumLow, g.MediumHigh},
		{"few", true, m.FewErrorPct, m.FewErrorSD, g.Few, g.FewLow, g.FewHigh}}
	if groups = slices.DeleteFunc(groups, func(l Level) bool { return l.Pct == nil }); len(groups) > 1 {
		all = append(all, groups...)
	}
	isGroup := slices.ContainsFunc(groups, func(l Level) bool { return l.Name == c.By })
	compared := Level{c.By, isGroup, &m.ByPct, m.BySD, g.Points, g.Low, g.High}
	if at := slices.IndexFunc(all, func(l Level) bool { return l.Name == c.By }); at >= 0 {
		all[at] = compared
		return all
	}
	return append(all, compared)
}

// ComparisonHeader is the first line of a comparison's CSV file.
const ComparisonHeader = "method,measure,runs,error_pct,sd,pairs,gain_points,low,high,verdict\n"

// WriteCSV writes one row for each method and Level, atomically. The verdict is in
// the row of the compared error.
func (c Comparison) WriteCSV(path string) error {
	b := bytes.NewBufferString(ComparisonHeader)
	w := csv.NewWriter(b)
	number := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'f', -1, 64)
	}
	for _, m := range c.Methods {
		for _, l := range c.Levels(m) {
			pairs, verdict := "", ""
			if l.Points != nil {
				pairs = strconv.Itoa(m.Gain.Pairs)
			}
			if m.Gain != nil && l.Name == c.By {
				verdict = m.Gain.Word
			}
			w.Write([]string{m.Method, l.Name, strconv.Itoa(len(m.Runs)), number(l.Pct), number(l.SD), pairs, number(l.Points), number(l.Low), number(l.High), verdict})
		}
	}
	w.Flush()
	return results.WriteFile(path, b.Bytes())
}

// alpha is the probability that any verdict is wrong, and that one interval misses.
const alpha = 0.05

// verdicts names the words of stats.Difference for one method against another.
var verdicts = map[stats.Word]string{
	stats.Seen: "better", stats.Reversed: "worse", stats.TooSmall: "too small to matter", stats.NotSettled: "not settled", stats.NotRun: "not settled",
}

// Compare compares methods with the first one, the baseline, by a measure.
func Compare(methods []Method, by Measure) Comparison {
	base := methods[0]
	of := base.Runs[0].Result
	c := Comparison{By: by.Name, N: of.N, TestCounts: of.TestCounts, Classes: of.Classes, Notes: []string{}, Of: by, Tested: of.testImagesPerGroup()}
	gains := make([][]float64, len(methods))
	rules := make([]func(alpha float64) stats.Decision, len(methods)) // nil: fewer than two pairs settle nothing
	groups := groupMeasures(of.Labeled(), by.adjusted)
	for i, m := range methods {
		row := Compared{Method: m.Name, Differs: differs(base, m)}
		for _, r := range m.Runs {
			row.Runs, row.Seeds = append(row.Runs, r.Dir), append(row.Seeds, r.Settings.Seed)
		}
		mean, sd := m.mean(OfImages)
		row.ErrorPct, row.ErrorSD = *mean, sd
		mean, sd = m.mean(OfClasses)
		row.BalancedErrorPct, row.BalancedErrorSD = *mean, sd
		row.AdjustedErrorPct, row.AdjustedErrorSD = m.mean(OfAdjusted)
		row.ManyErrorPct, row.ManyErrorSD = m.mean(groups[0])
		row.MediumErrorPct, row.MediumErrorSD = m.mean(groups[1])
		row.FewErrorPct, row.FewErrorSD = m.mean(groups[2])
		mean, row.BySD = m.mean(by)
		row.ByPct = *mean
		for _, r := range m.Runs {
			row.ByRuns = append(row.ByRuns, *by.Of(r))
		}
		c.noteTrainedOn(m)
		for _, dir := range m.unfinished {
			c.note("%s is not finished and left out", dir)
		}
		if i > 0 {
			row.Gain, gains[i] = gainOver(base, m, by, groups)
			if len(gains[i]) > 1 {
				rules[i] = func(alpha float64) stats.Decision { return stats.Difference(gains[i], alpha) }
			}
			c.noteCaveats(base, m, len(gains[i]))
		}
		c.Methods = append(c.Methods, row)
	}
	c.noteBuilds(methods)
	c.noteUntested(of)
	for i, level := range stats.Levels(rules, alpha) {
		if i > 0 {
			c.Methods[i].Gain.judge(gains[i], level)
		}
	}
	return c
}

// differs returns the names of the settings in which a method differs from the
// baseline. Between runs of equal seeds it also compares the models and labels they
// were given, because each replicate may have its own.
func differs(base, m Method) []string {
	names := differing(base.Runs[0].Settings.withoutSeeds(), m.Runs[0].Settings.withoutSeeds())
	for _, pair := range Pairs(base, m) {
		for _, name := range differing(pair[0].Settings.withoutPaths(), pair[1].Settings.withoutPaths()) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "stage" }) // follows from target and init
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimSuffix(name, "_digest"), "_sha256")
	}
	return append([]string{}, names...) // not null in JSON
}

// testImagesPerGroup returns the mean test images per class of the many-, medium- and
// few-shot groups; nil: none, or not known.
func (r Result) testImagesPerGroup() (groups [3]*float64) {
	if r.TestCounts == nil {
		return groups
	}
	images := make([]*float64, len(r.TestCounts))
	for class, n := range r.TestCounts {
		if n > 0 {
			images[class] = new(float64(n))
		}
	}
	return groupMeans(images, r.Labeled())
}

// mean returns the mean and standard deviation of a measure over the runs. Both are
// nil if a run lacks the error; sd is nil for one run.
func (m Method) mean(by Measure) (mean, sd *float64) {
	var values []float64
	for _, r := range m.Runs {
		x := by.Of(r)
		if x == nil {
			return nil, nil
		}
		values = append(values, *x)
	}
	return score.MeanSD(values)
}

// Pairs returns the pairs of runs of two methods with equal seeds.
func Pairs(base, m Method) (all [][2]Run) {
	for _, r := range m.Runs {
		if at := slices.IndexFunc(base.Runs, func(b Run) bool { return b.Settings.replicate() == r.Settings.replicate() }); at >= 0 {
			all = append(all, [2]Run{base.Runs[at], r})
		}
	}
	return all
}

// gainOver returns the gain without its verdict, and the gain of each pair of runs.
func gainOver(base, m Method, by Measure, groups [3]Measure) (*Gain, []float64) {
	g := &Gain{}
	var gains []float64
	var ofGroup [3][]float64
	perClass := make([][]float64, len(base.Runs[0].Result.PerClassErrorPct))
	for _, pair := range Pairs(base, m) {
		b, r := pair[0], pair[1]
		gains = append(gains, *by.Of(b)-*by.Of(r))
		for i, group := range groups {
			if x, y := group.Of(b), group.Of(r); x != nil && y != nil {
				ofGroup[i] = append(ofGroup[i], *x-*y)
			}
		}
		of := by.PerClass(r)
		for class, e := range by.PerClass(b) {
			if e != nil && of[class] != nil {
				perClass[class] = append(perClass[class], *e-*of[class])
			}
		}
	}
	g.Pairs = len(gains)
	for _, values := range perClass {
		mean, _ := score.MeanSD(values)
		g.PerClass = append(g.PerClass, mean)
	}
	g.Many, g.ManyLow, g.ManyHigh = pointsOf(stats.MeanEffect(ofGroup[0], alpha))
	g.Medium, g.MediumLow, g.MediumHigh = pointsOf(stats.MeanEffect(ofGroup[1], alpha))
	g.Few, g.FewLow, g.FewHigh = pointsOf(stats.MeanEffect(ofGroup[2], alpha))
	return g, gains
}

// pointsOf returns a mean gain and its interval; nil: there is none.
func pointsOf(e stats.Effect) (points, low, high *float64) {
	if e.N > 0 {
		points = &e.Mean
	}
	if e.HasInterval() {
		low, high = &e.Low, &e.High
	}
	return points, low, high
}

// judge fills in the interval and the verdict. level is the verdict's error
// probability, corrected for the number of methods.
func (g *Gain) judge(gains []float64, level float64) {
	v := stats.Difference(gains, alpha)
	g.Points, g.Low, g.High = pointsOf(v.Pooled)
	word := stats.Difference(gains, level).Word
	if g.Word = verdicts[word]; !word.Settled() {
		// How far the interval must shrink to settle it, if the mean stays.
		mean := math.Abs(v.Pooled.Mean)
		if g.Needed = stats.ReplicatesFor(v.SD, max(mean, stats.Margin-mean), level); g.Needed > 0 {
			g.Needed = max(g.Needed, g.Pairs+1)
		}
	}
}

// noteCaveats notes what limits a gain: runs without a partner, other numbers of
// steps, or a pre-trained start. pairs is the number of pairs of runs.
func (c *Comparison) noteCaveats(base, m Method, pairs int) {
	if alone := len(m.Runs) - pairs; alone > 0 || pairs < len(base.Runs) {
		c.note("%s: %d of its %d runs and of the baseline's %d have a seed in common; the others are left out of the gain", m.Name, pairs, len(m.Runs), len(base.Runs))
	}
	head := func(m Method) bool { s := m.Runs[0].Settings; return s.Retrained || s.Frozen }
	if one := m; head(m) != head(base) {
		if head(base) {
			one = base
		}
		c.note("%s trains a new head on the trunk of %s: its steps come on top of those that made it", one.Name, one.Runs[0].Settings.Init)
		return
	}
	if a, b := base.Runs[0].steps(), m.Runs[0].steps(); a > 0 && b > 0 && a != b {
		more := "; a baseline of as many tells"
		if as, n := m.Runs[0].Settings, score.Sum(base.Runs[0].Result.Labeled()); as.Batch > 0 && n > 0 {
			epoch := (n + as.Batch - 1) / as.Batch // steps per epoch of the baseline's images in the method's batches
			epochs, is := (b+epoch-1)/epoch, base.Runs[0].Settings
			if more = fmt.Sprintf("; a baseline of as many (--epochs %d --batch %d --lr %g) tells", epochs, as.Batch, as.LR); epochs == is.Epochs && as.Batch == is.Batch && as.LR == is.LR {
				more = "" // the baseline has these settings already
			}
		}
		c.note("%s took %d steps, the baseline %d: part of a gain or loss may be that%s", m.Name, b, a, more)
	}
	if a, b := base.Runs[0].Settings.Init, m.Runs[0].Settings.Init; a == "" && b != "" {
		c.note("%s starts from %s, whose steps are not counted: a baseline that starts from labels (--init of a run of train) or trains for longer tells what they give by themselves", m.Name, b)
	}
}

// noteTrainedOn notes runs that were trained on some of their test images.
func (c *Comparison) noteTrainedOn(m Method) {
	var dirs []string
	most := 0
	for _, r := range m.Runs {
		if n := r.Result.TestTrainedOn; n > 0 {
			dirs, most = append(dirs, r.Dir), max(most, n)
		}
	}
	if most > 0 {
		c.note("%s: up to %d of the %d test images were trained on (%s): the errors look better than they are", m.Name, most, m.Runs[0].Result.N, firstOf(dirs))
	}
}

// noteUntested notes classes without a test image.
func (c *Comparison) noteUntested(base Result) {
	untested, few := 0, 0
	for class, n := range base.Labeled() {
		if base.PerClassErrorPct[class] == nil {
			untested++
			if n < score.FewBelow {
				few++
			}
		}
	}
	if untested > 0 {
		c.note("%d of %d classes have no test image (%d of the few-shot ones): balanced and group errors are without them", untested, len(base.Classes), few)
	}
}

// noteBuilds notes that several builds of the program made the runs. A loss of one
// name may differ between builds.
func (c *Comparison) noteBuilds(methods []Method) {
	by := map[string][]string{}
	for _, m := range methods {
		for _, r := range m.Runs {
			for _, build := range []string{r.Settings.Program, r.Result.Program} {
				if build != "" && !slices.Contains(by[build], r.Dir) {
					by[build] = append(by[build], r.Dir)
				}
			}
		}
	}
	if len(by) < 2 {
		return
	}
	var list []string
	for _, build := range slices.Sorted(maps.Keys(by)) {
		list = append(list, build+": "+firstOf(by[build]))
	}
	c.note("the runs are of %d builds of longtail (program in %s and %s; %s): if the loss, or anything else that they compute, was changed between them, part of a gain may be that", len(by), results.FileSettings, results.FileResult, strings.Join(list, "; "))
}

func (c *Comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}
