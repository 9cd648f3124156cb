package stats

import (
	"fmt"
	"math"
)

// Word is the verdict on a claim after its cells were run.
type Word string

// The words, in the order in which they are tried.
const (
	NotRun           Word = "not run"
	NotSettled       Word = "not settled"
	ReversedInPlaces Word = "reversed in places"
	TooSmall         Word = "too small to matter"
	Reversed         Word = "reversed"
	Seen             Word = "seen"
	SeenOnAverage    Word = "seen on average"
)

// Settled reports whether a word decides about the claim.
func (w Word) Settled() bool {
	switch w {
	case ReversedInPlaces, TooSmall, Reversed, Seen, SeenOnAverage:
		return true
	}
	return false
}

// Margin is the difference, in percentage points of error, below which it does not
// matter. A claim that is not settled should be narrowed to this half-width.
const Margin = 0.5

// Cell is one comparison of a claim that every cell gains.
type Cell struct {
	Name   string
	Block  string    // cells whose gains are assumed to have equal variance
	Gains  []float64 // by replicate, positive if the claim is right; NaN: not run
	Failed []int     // replicates that were started and failed
}

// run reports whether any replicate of the cell has a number.
func (c Cell) run() bool {
	n, _, _ := moments(c.Gains)
	return n > 0
}

// Line is one series of a claim about a tendency.
type Line struct {
	Name   string
	Slopes []float64 // by replicate, positive if the claim is right; NaN: not run
	Range  float64   // length of the printed range of the abscissa
	Run    int       // cells with a result
	Cells  int       // cells of the line
	Over   int       // cells of Run that the slopes use: the levels run twice, if at least two were
	Failed []int     // replicates with a failed cell
}

// Decision is what a rule yields: a word and the numbers behind it.
type Decision struct {
	Word     Word
	Run      int    // cells with a result
	Cells    int    // cells of the claim
	Over     int    // cells of Run behind the word: those run once do not count if others were run twice
	Of       int    // cells, or lines, behind Pooled: see Counted; 0 for Cross and Bracket
	Pooled   Effect // gain, or change over the printed range, one per replicate
	Slope    Effect // of a trend: the mean slope
	Cross    Effect // of a crossing: its position; Low −Inf or High +Inf: beyond the levels run
	Each     []Effect
	Failed   []string // cell and replicate of every failed run
	Against  []string // of the cells or lines of Of, those whose mean is not on the claimed side
	Contrary []string // of ReversedInPlaces: the cells that clearly contradict the claim
	SD       float64  // between replicates, of Pooled (of a crossing: of the widest level); NaN: unknown

	gap        float64 // points from the mean to the edge that its interval must exclude; NaN: unknown
	sufficient bool    // excluding that edge suffices for a word, whatever else the rule asks for
}

// Agree returns how many of the cells or lines of Of have their mean on the claimed
// side.
func (v Decision) Agree() int { return v.Of - len(v.Against) }

// String returns the word, for "seen on average" with the number of cells that
// agree.
func (v Decision) String() string {
	if v.Word == SeenOnAverage {
		return fmt.Sprintf("%s (%d of %d)", v.Word, v.Agree(), v.Of)
	}
	return string(v.Word)
}

// All judges a claim that every cell gains. alpha is the accepted probability of a
// wrong word. If nothing is true, half of it goes to "seen on average", a quarter
// to "reversed" and less than that to "reversed in places". If one cell gains
// nothing and the others much, it goes to "seen". Levels of single cells are below
// these shares for two reasons: Bartlett's test helped to choose the variance of
// their intervals, and cells share what is common to a replicate and the run that
// they are compared with. The calibration test shows how much that takes. A cell
// with one replicate counts as not run.
func All(cells []Cell, alpha float64) Decision { return all(cells, 0, alpha) }

// NoWorse judges a claim that no cell loses more than Margin: gains above −Margin
// support it.
func NoWorse(cells []Cell, alpha float64) Decision { return all(cells, -Margin, alpha) }

// all judges a claim that every cell's gain is above least.
func all(cells []Cell, least, alpha float64) Decision {
	v := Decision{Cells: len(cells)}
	names, gains, blocks := columns(cells)
	for _, c := range cells {
		if c.run() {
			v.Run++
		}
		v.Failed = append(v.Failed, failures(c.Name, c.Failed)...)
	}
	v.count(names, gains, least)
	v.Over = v.Of
	means, spreads := ReplicateMeans(gains), cellSpreads(gains, blocks)
	v.pool(means, alpha)
	v.gap, v.sufficient = math.Abs(v.Pooled.Mean-least), v.Pooled.Mean > least // below it: at half of alpha
	v.Each = intervals(spreads, alpha)
	if v.undecided() {
		return v
	}

	// Simultaneous over the cells that count. "Seen" is one-sided per cell and
	// uncorrected, as all cells must pass (intersection–union).
	simultaneous := intervals(spreads, cellLevel(alpha, v.Of))
	wide := MeanEffect(means, alpha/2)
	oneSided := intervals(spreads, 2*0.4*alpha)
	var below []string
	small, above := 0, 0
	for i := range cells {
		s := simultaneous[i]
		if s.High < least {
			below = append(below, names[i])
		}
		if inside(s) {
			small++
		}
		if oneSided[i].Low > least {
			above++
		}
	}
	switch {
	case len(below) > 0 && len(below) < v.Of:
		v.Word, v.Contrary = ReversedInPlaces, below
	case inside(v.Pooled) && small == v.Of:
		v.Word = TooSmall
	case wide.High < least, len(below) > 0: // in the mean, or in every cell
		v.Word = Reversed
	case above == v.Cells:
		v.Word = Seen
	case v.Pooled.Low > least:
		v.Word = SeenOnAverage
	default:
		v.Word = NotSettled
	}
	return v
}

// Difference judges two methods of which neither is claimed to be better, by the
// gains of one over the other, one per replicate. TooSmall: their interval is
// inside ±Margin. Seen: it is above 0. Reversed: it is below 0.
func Difference(gains []float64, alpha float64) Decision {
	v := Decision{Cells: 1, Word: NotSettled}
	v.pool(gains, alpha)
	v.Run = min(v.Pooled.N, 1)
	switch {
	case v.Run == 0:
		v.Word = NotRun
	case inside(v.Pooled):
		v.Word = TooSmall
	case v.Pooled.Low > 0:
		v.Word = Seen
	case v.Pooled.High < 0:
		v.Word = Reversed
	}
	return v
}

// Trend judges a claim that a quantity grows along its lines, by their mean slope.
// Whether that matters is judged by the changes over the printed ranges, of the
// mean and of every line, because steep lines may cancel.
func Trend(lines []Line, alpha float64) Decision {
	var v Decision
	whole := true // every line has two slopes over all of its cells
	changes := make([][]float64, len(lines))
	slopes := make([][]float64, len(lines))
	blocks := make([]string, len(lines))
	for i, l := range lines {
		v.Cells += l.Cells
		v.Run += l.Run
		slopes[i] = l.Slopes
		changes[i] = make([]float64, len(l.Slopes))
		for r, s := range l.Slopes {
			changes[i][r] = s * l.Range
		}
		blocks[i] = l.Name
		n, _, _ := moments(l.Slopes)
		whole = whole && n >= 2 && l.Over == l.Cells
		v.Failed = append(v.Failed, failures(l.Name, l.Failed)...)
	}
	v.count(blocks, slopes, 0)
	for i, in := range Counted(slopes) {
		if in {
			v.Over += lines[i].Over
		}
	}
	v.pool(ReplicateMeans(changes), alpha)
	v.Slope = PooledEffect(slopes, alpha)
	v.gap, v.sufficient = math.Abs(v.Slope.Mean/v.Slope.SE)*v.SD/math.Sqrt(float64(v.Slope.N)), true // the change at as many standard errors as the slope
	spreads := cellSpreads(changes, blocks)
	v.Each = intervals(spreads, alpha)
	if v.undecided() {
		return v
	}
	small := 0
	for _, e := range intervals(spreads, cellLevel(alpha, v.Of)) {
		if inside(e) {
			small++
		}
	}
	switch {
	case inside(v.Pooled) && small == v.Of:
		v.Word = TooSmall
	case v.Slope.High < 0:
		v.Word = Reversed
	case v.Slope.Low > 0 && whole:
		v.Word = Seen
	case v.Slope.Low > 0:
		v.Word = SeenOnAverage
	default:
		v.Word = NotSettled
	}
	return v
}

// columns returns names, gains and blocks of cells.
func columns(cells []Cell) (names []string, gains [][]float64, blocks []string) {
	for _, c := range cells {
		names, gains, blocks = append(names, c.Name), append(gains, c.Gains), append(blocks, c.Block)
	}
	return names, gains, blocks
}

// count counts the cells or lines behind the effect and records those that do not
// agree.
func (v *Decision) count(names []string, gains [][]float64, least float64) {
	for i, in := range Counted(gains) {
		if !in {
			continue
		}
		v.Of++
		if _, mean, _ := moments(gains[i]); mean <= least {
			v.Against = append(v.Against, names[i])
		}
	}
}

// pool sets the effect over replicates and its spread.
func (v *Decision) pool(means []float64, alpha float64) {
	v.Pooled = MeanEffect(means, alpha)
	n, _, sd := moments(means)
	v.SD = spread(n, sd)
}

// undecided sets the words that need no interval and reports whether one applies.
func (v *Decision) undecided() bool {
	switch {
	case v.Run == 0:
		// A failed run is an attempt: it is named, not passed over as not run.
		v.Word = NotRun
		if len(v.Failed) > 0 {
			v.Word = NotSettled
		}
	case v.Pooled.N < 2 || len(v.Failed) > 0:
		v.Word = NotSettled
	default:
		return false
	}
	return true
}

// level returns the smallest alpha at which a rule gives a word that settles its
// claim, like a p-value for Holm's correction. It is 1 if none up to one half does.
// The rule must settle more, not less, as alpha grows.
func level(rule func(alpha float64) Decision) float64 {
	lo, hi := math.Log(1e-12), math.Log(0.5)
	switch {
	case !rule(0.5).Word.Settled():
		return 1
	case rule(1e-12).Word.Settled():
		return 1e-12
	}
	for hi-lo > 1e-3 { // a thousandth of the level
		if mid := (lo + hi) / 2; rule(math.Exp(mid)).Word.Settled() {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}

// Levels returns the levels at which the words of several claims are read, by Holm's
// method. First words, which settle a claim (level), are together wrong with
// probability at most alpha. A later word, such as "too small to matter" after "seen",
// must hold at the claim's equal share, so all later words together add less than
// alpha. A nil rule is a claim that was not tested.
func Levels(rules []func(alpha float64) Decision, alpha float64) []float64 {
	p := make([]float64, len(rules))
	tested := 0.0
	for i, rule := range rules {
		p[i] = math.NaN()
		if rule != nil {
			p[i] = level(rule)
			tested++
		}
	}
	levels := holm(p, alpha)
	for i := range levels {
		if rules[i] != nil {
			levels[i] = min(levels[i], max(p[i], alpha/tested))
		}
	}
	return levels
}

// Needed returns how many replicates would bring an unsettled claim further if its
// spread stays, and the half-width half to which they narrow the interval. half is
// Margin. If the interval is that narrow and still contains an edge or the margin, half
// is the distance from these to the mean. replicates is 0 if the spread is unknown.
// settles reports whether the rule then gives a word if the mean stays too. It is false
// if the rule asks for more than this interval.
func (v Decision) Needed(alpha float64) (half float64, replicates int, settles bool) {
	half = Margin
	replicates = ReplicatesFor(v.SD, half, alpha)
	if replicates == 0 {
		return half, 0, false
	}
	n := v.Pooled.N
	if replicates <= n && !math.IsNaN(v.gap) {
		half = max(v.gap, Margin-math.Abs(v.Pooled.Mean))
		replicates = ReplicatesFor(v.SD, half, alpha)
	}
	replicates = max(replicates, n+1)
	return half, replicates, v.sufficient && v.gap >= half && replicates < 1000
}

func inside(e Effect) bool { return e.Low > -Margin && e.High < Margin && !math.IsNaN(e.Low) }

func failures(name string, replicates []int) []string {
	out := make([]string, len(replicates))
	for i, r := range replicates {
		out[i] = fmt.Sprintf("%s, replicate %d", name, r)
	}
	return out
}
