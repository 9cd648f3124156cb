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

// Measure is the error of a run's last epoch that gains are of, in percent.
type Measure struct {
	Name, What string
	Of         func(r Run) *float64 // nil: it has none
	adjusted   bool                 // with the log class shares subtracted from the logits
}

// PerClass are a run's errors of each class, of which those of groups and classes are:
// adjusted as the measure is.
func (m Measure) PerClass(r Run) []*float64 {
	if m.adjusted {
		return r.Result.PerClassAdjusted
	}
	return r.Result.PerClassErrorPct
}

// What a gain may be of.
var (
	OfImages   = Measure{"error", "error over all images", func(r Run) *float64 { return r.Result.ErrorPct }, false}
	OfClasses  = Measure{"balanced", "balanced error", func(r Run) *float64 { return score.BalancedErrorPct(r.Result.PerClassErrorPct) }, false}
	OfAdjusted = Measure{"adjusted", "balanced error (the log class shares subtracted from the logits of both)", func(r Run) *float64 { return score.BalancedErrorPct(r.Result.PerClassAdjusted) }, true}
)

// MeasureOf finds what --by names: one of the above, a group of classes of the
// baseline's sizes, or a class, of which one that is called like these is class:NAME.
func MeasureOf(by string, base Run) (Measure, error) {
	for _, m := range []Measure{OfImages, OfClasses, OfAdjusted} {
		if m.Name == by {
			return m, nil
		}
	}
	for group, m := range ofGroups(base.Result.Labeled(), false) {
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

// groupSizes are the training images of the many-, medium- and few-shot classes.
var groupSizes = [3]string{fmt.Sprintf("more than %d", score.ManyAbove), fmt.Sprintf("%d to %d", score.FewBelow, score.ManyAbove), fmt.Sprintf("fewer than %d", score.FewBelow)}

// ofGroups are the mean errors of the many-, medium- and few-shot classes, which have so
// many labeled training images.
func ofGroups(counts []int, adjusted bool) (groups [3]Measure) {
	for group, name := range []string{"many", "medium", "few"} {
		m := Measure{Name: name, What: "mean error of the classes with " + groupSizes[group] + " training images", adjusted: adjusted}
		m.Of = func(r Run) *float64 { return groupMeans(m.PerClass(r), counts)[group] }
		groups[group] = m
	}
	return groups
}

// groupMeans are score.GroupErrorPct's.
func groupMeans(perClass []*float64, counts []int) (groups [3]*float64) {
	groups[0], groups[1], groups[2] = score.GroupErrorPct(perClass, counts)
	return groups
}

// Comparison is what compare prints.
type Comparison struct {
	By         string     `json:"by"`             // as of --by
	Data       string     `json:"data,omitempty"` // of --data; left out: the runs' own test images
	N          int        `json:"n"`              // images
	TestCounts []int      `json:"test_counts"`    // of them, of each class
	Classes    []string   `json:"classes"`        // names, in the order of their numbers
	Methods    []Compared `json:"methods"`        // the baseline first
	Notes      []string   `json:"notes"`

	Of     Measure     `json:"-"`
	Tested [3]*float64 `json:"-"` // images to a class, on average, of many, medium and few; nil: none, or not known
}

// Compared is a row of it: a method.
type Compared struct {
	Method           string   `json:"method"`             // as given
	Runs             []string `json:"runs"`               // their folders, by seed
	Seeds            []int    `json:"seeds"`              // of training
	ErrorPct         float64  `json:"error_pct"`          // mean of the runs, over all test images
	ErrorSD          *float64 `json:"error_sd"`           // between runs; null: one run
	BalancedErrorPct float64  `json:"balanced_error_pct"` // mean of the runs
	BalancedErrorSD  *float64 `json:"balanced_error_sd"`
	AdjustedErrorPct *float64 `json:"adjusted_error_pct"` // of the classes, with the log class shares subtracted from the logits
	AdjustedErrorSD  *float64 `json:"adjusted_error_sd"`
	ManyErrorPct     *float64 `json:"many_error_pct"` // of the classes with more than 100 training images, of the baseline's; adjusted as By is
	ManyErrorSD      *float64 `json:"many_error_sd"`
	MediumErrorPct   *float64 `json:"medium_error_pct"`
	MediumErrorSD    *float64 `json:"medium_error_sd"`
	FewErrorPct      *float64 `json:"few_error_pct"` // of those with fewer than 20
	FewErrorSD       *float64 `json:"few_error_sd"`

	ByPct  float64   `json:"by_pct"` // the error that is compared, mean of the runs
	BySD   *float64  `json:"by_sd"`
	ByRuns []float64 `json:"by_runs"` // of each run

	Differs []string `json:"differs"` // settings that are other than the baseline's
	Gain    *Gain    `json:"gain"`    // over the baseline; null of itself
}

// Gain is in points of error, positive where the method is better.
type Gain struct {
	Pairs      int        `json:"pairs"`       // runs of equal seed
	Points     *float64   `json:"points"`      // their mean; null: no pair
	Low        *float64   `json:"low"`         // 95 % interval; null: fewer than two pairs, or all of them equal
	High       *float64   `json:"high"`        //
	Word       string     `json:"word"`        // "better", "worse", "too small to matter" or "not settled"
	Needed     int        `json:"needed"`      // pairs that may settle it; 0: it is settled, or their number not known
	Many       *float64   `json:"many_points"` // mean gain of classes with more than 100 training images, of the baseline's
	ManyLow    *float64   `json:"many_low"`    // 95 % interval
	ManyHigh   *float64   `json:"many_high"`
	Medium     *float64   `json:"medium_points"`
	MediumLow  *float64   `json:"medium_low"`
	MediumHigh *float64   `json:"medium_high"`
	Few        *float64   `json:"few_points"` // of classes with fewer than 20
	FewLow     *float64   `json:"few_low"`
	FewHigh    *float64   `json:"few_high"`
	PerClass   []*float64 `json:"per_class_points"`
}

// Level is a method's error by one measure, and its gain over the baseline by it where
// that was asked for; nil: there is none.
type Level struct {
	Name              string // as of --by
	Pct, SD           *float64
	Points, Low, High *float64
}

// Levels are a method's, the same for every method: those of Measure, of the groups of
// classes where there are several, and the one that is compared.
func (c Comparison) Levels(m Compared) []Level {
	g := m.Gain
	if g == nil {
		g = &Gain{}
	}
	all := []Level{{Name: OfImages.Name, Pct: &m.ErrorPct, SD: m.ErrorSD}, {Name: OfClasses.Name, Pct: &m.BalancedErrorPct, SD: m.BalancedErrorSD}, {Name: OfAdjusted.Name, Pct: m.AdjustedErrorPct, SD: m.AdjustedErrorSD}}
	groups := []Level{
		{"many", m.ManyErrorPct, m.ManyErrorSD, g.Many, g.ManyLow, g.ManyHigh},
		{"medium", m.MediumErrorPct, m.MediumErrorSD, g.Medium, g.MediumLow, g.MediumHigh},
		{"few", m.FewErrorPct, m.FewErrorSD, g.Few, g.FewLow, g.FewHigh}}
	if groups = slices.DeleteFunc(groups, func(l Level) bool { return l.Pct == nil }); len(groups) > 1 {
		all = append(all, groups...)
	}
	compared := Level{c.By, &m.ByPct, m.BySD, g.Points, g.Low, g.High}
	if at := slices.IndexFunc(all, func(l Level) bool { return l.Name == c.By }); at >= 0 {
		all[at] = compared
		return all
	}
	return append(all, compared)
}

// ComparisonHeader begins every file of a comparison.
const ComparisonHeader = "method,measure,runs,error_pct,sd,pairs,gain_points,low,high,verdict\n"

// WriteCSV writes a row a method and Level, in one step. The verdict is of the error that
// is compared.
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

// alpha is the probability of a wrong word, and of an interval that misses.
const alpha = 0.05

// words are stats.Difference's of one method against another.
var words = map[stats.Word]string{
	stats.Seen: "better", stats.Reversed: "worse", stats.TooSmall: "too small to matter", stats.NotSettled: "not settled", stats.NotRun: "not settled",
}

// Compare judges methods against the first of them.
func Compare(methods []Method, by Measure) Comparison {
	base := methods[0]
	of := base.Runs[0].Result
	c := Comparison{By: by.Name, N: of.N, TestCounts: of.TestCounts, Classes: of.Classes, Notes: []string{}, Of: by, Tested: of.tested()}
	gains := make([][]float64, len(methods))
	rules := make([]func(alpha float64) stats.Verdict, len(methods)) // nil: one pair tells nothing
	groups := ofGroups(of.Labeled(), by.adjusted)
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
		c.tellTrainedOn(m)
		for _, dir := range m.unfinished {
			c.note("%s is not finished and left out", dir)
		}
		if i > 0 {
			row.Gain, gains[i] = gainOver(base, m, by, groups)
			if len(gains[i]) > 1 {
				rules[i] = func(alpha float64) stats.Verdict { return stats.Difference(gains[i], alpha) }
			}
			c.tell(base, m, len(gains[i]))
		}
		c.Methods = append(c.Methods, row)
	}
	c.tellBuilds(methods)
	c.tellUntested(of)
	for i, level := range stats.Levels(rules, alpha) {
		if i > 0 {
			c.Methods[i].Gain.judge(gains[i], level)
		}
	}
	return c
}

// differs names the settings of a method that are other than the baseline's. In runs of
// equal seed models and labels that they were given count as well, of which each
// replicate may have its own.
func differs(base, m Method) []string {
	names := differing(base.Runs[0].Settings.withoutSeeds(), m.Runs[0].Settings.withoutSeeds())
	for _, pair := range Pairs(base, m) {
		for _, name := range differing(pair[0].Settings.pathless(), pair[1].Settings.pathless()) {
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

// tested is how many test images a class has, on average, of many, medium and few.
func (r Result) tested() (groups [3]*float64) {
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

// mean is that of the runs, and their standard deviation; nil: one has no such error,
// or there is one run.
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

// Pairs are the runs of two methods with equal seeds.
func Pairs(base, m Method) (all [][2]Run) {
	for _, r := range m.Runs {
		if at := slices.IndexFunc(base.Runs, func(b Run) bool { return b.Settings.replicate() == r.Settings.replicate() }); at >= 0 {
			all = append(all, [2]Run{base.Runs[at], r})
		}
	}
	return all
}

// gainOver pairs runs by seed; gains are those of the pairs.
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

// pointsOf are a mean gain and its interval; nil: there is none.
func pointsOf(e stats.Effect) (points, low, high *float64) {
	if e.N > 0 {
		points = &e.Mean
	}
	if e.HasInterval() {
		low, high = &e.Low, &e.High
	}
	return points, low, high
}

// judge fills in interval and word; level is the word's, corrected for their
// number.
func (g *Gain) judge(gains []float64, level float64) {
	v := stats.Difference(gains, alpha)
	g.Points, g.Low, g.High = pointsOf(v.Pooled)
	word := stats.Difference(gains, level).Word
	if g.Word = words[word]; !word.Settled() {
		// As far as the interval has to shrink about a mean that stays.
		mean := math.Abs(v.Pooled.Mean)
		if g.Needed = stats.ReplicatesFor(v.SD, max(mean, stats.Margin-mean), level); g.Needed > 0 {
			g.Needed = max(g.Needed, g.Pairs+1)
		}
	}
}

// tell notes what a reader of a gain must know.
func (c *Comparison) tell(base, m Method, pairs int) {
	if alone := len(m.Runs) - pairs; alone > 0 || pairs < len(base.Runs) {
		c.note("%s: %d of its %d runs and of the baseline's %d have a seed in common; the others are left out of the gain", m.Name, pairs, len(m.Runs), len(base.Runs))
	}
	if a, b := base.Runs[0].steps(), m.Runs[0].steps(); a > 0 && b > 0 && a != b {
		more := "; a baseline of as many tells"
		if as, n := m.Runs[0].Settings, score.Sum(base.Runs[0].Result.Labeled()); as.Batch > 0 && n > 0 {
			epoch := (n + as.Batch - 1) / as.Batch // steps of the baseline's images in batches of the method's
			epochs, is := (b+epoch-1)/epoch, base.Runs[0].Settings
			if more = fmt.Sprintf("; a baseline of as many (--epochs %d --batch %d --lr %g) tells", epochs, as.Batch, as.LR); epochs == is.Epochs && as.Batch == is.Batch && as.LR == is.LR {
				more = "" // it is that baseline
			}
		}
		c.note("%s took %d steps, the baseline %d: part of a gain or loss may be that%s", m.Name, b, a, more)
	}
	if a, b := base.Runs[0].Settings.Init, m.Runs[0].Settings.Init; a == "" && b != "" {
		c.note("%s starts from %s, whose steps are not counted: a baseline that starts from labels (--init of a run of train) or trains for longer tells what they give by themselves", m.Name, b)
	}
}

// tellTrainedOn notes that test images of runs were trained on.
func (c *Comparison) tellTrainedOn(m Method) {
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

// tellUntested notes that classes have no test image.
func (c *Comparison) tellUntested(base Result) {
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

// tellBuilds notes that the runs are of several builds of the program: then the loss
// of one name may be two.
func (c *Comparison) tellBuilds(methods []Method) {
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
