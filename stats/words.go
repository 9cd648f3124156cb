package stats

import (
	"fmt"
	"math"
)

// Word is what may be said about a claim after its cells were run.
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

// Settled reports whether a word says something about the claim.
func (w Word) Settled() bool {
	switch w {
	case ReversedInPlaces, TooSmall, Reversed, Seen, SeenOnAverage:
		return true
	}
	return false
}

// Margin is the half-width, in points of error, under which a difference does
// not matter, and up to which a claim that is not settled should be narrowed.
const Margin = 0.5

// Cell is one comparison a claim of the kind "every cell gains" is about.
type Cell struct {
	Name   string
	Block  string    // cells whose gains may be presumed to scatter alike
	Gains  []float64 // by replicate, positive where the claim is right; NaN: not run
	Failed []int     // replicates that were started and failed
}

// run reports whether any replicate of the cell has a number.
func (c Cell) run() bool {
	n, _, _ := moments(c.Gains)
	return n > 0
}

// Line is one series a claim about a tendency is about.
type Line struct {
	Name   string
	Slopes []float64 // by replicate, positive where the claim is right; NaN: not run
	Range  float64   // length of the printed range of the abscissa
	Run    int       // cells with a result
	Cells  int       // cells the line has
	Over   int       // of Run, those that the slopes are over: of levels those run twice, if two were
	Failed []int     // replicates with a failed cell
}

// Verdict is a word and what it rests on.
type Verdict struct {
	Word     Word
	Run      int    // cells with a result
	Cells    int    // cells the claim is about
	Over     int    // of Run, those that the word rests on: what was run once stands aside where others were run twice
	Of       int    // cells, or lines, that Pooled is over: see Counted; 0 for Cross and Bracket
	Pooled   Effect // gain, or change over the printed range, once a replicate
	Slope    Effect // of a trend: the mean slope itself
	Cross    Effect // of a crossing: where it lies; Low −Inf or High +Inf: beyond the levels run
	Each     []Effect
	Failed   []string // cell and replicate of every failed run
	Against  []string // of the cells or lines of Of, those whose mean does not lie on the claimed side
	Contrary []string // of ReversedInPlaces: the cells that clearly contradict the claim
	SD       float64  // between replicates, of Pooled (of a crossing: of the widest level); NaN: unknown

	gap   float64 // points from the mean to the edge that its interval has to leave behind; NaN: not known
	alone bool    // an interval that does so is enough for a word, whatever the rule asks for beside it
}

// Agree is how many of the cells or lines of Of have their mean on the claimed side.
func (v Verdict) Agree() int { return v.Of - len(v.Against) }

// String gives the word, of "seen on average" with the cells that agree.
func (v Verdict) String() string {
	if v.Word == SeenOnAverage {
		return fmt.Sprintf("%s (%d of %d)", v.Word, v.Agree(), v.Of)
	}
	return string(v.Word)
}

// All judges a claim that every cell gains. alpha is the probability of a
// wrong word that is put up with. Where nothing is true, half of it goes to
// "seen on average", a quarter to "reversed" and less than that to "reversed in
// places"; where one cell gains nothing and the others much, it goes to "seen".
// The levels of single cells are below what these shares allow, because their
// intervals rest on a variance that Bartlett's test helped to choose and whose
// cells share what is common to a replicate and the run that they are held against;
// the calibration test says how much that takes. A cell of one replicate is like one not run.
func All(cells []Cell, alpha float64) Verdict { return all(cells, 0, alpha) }

// NoWorse judges a claim that no cell loses more than Margin: gains above −Margin
// are on its side.
func NoWorse(cells []Cell, alpha float64) Verdict { return all(cells, -Margin, alpha) }

// all judges a claim that every cell's gain is above least.
func all(cells []Cell, least, alpha float64) Verdict {
	v := Verdict{Cells: len(cells)}
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
	v.gap, v.alone = math.Abs(v.Pooled.Mean-least), v.Pooled.Mean > least // below it: at half of alpha
	v.Each = intervals(spreads, alpha)
	if v.undecided() {
		return v
	}

	// Simultaneous over the cells that count. One-sided a cell: all cells
	// must pass, so no correction (intersection–union).
	simultaneous := intervals(spreads, onePlace(alpha, v.Of))
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

// Difference judges two methods neither of which is claimed to be the better, by
// the gains of one over the other, once a replicate: TooSmall where their interval
// is inside ±Margin, Seen where it is above 0, Reversed where it is below.
func Difference(gains []float64, alpha float64) Verdict {
	v := Verdict{Cells: 1, Word: NotSettled}
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

// Trend judges a claim that a quantity grows along its lines, by their mean
// slope; how much that matters, by the changes over the printed ranges: of the mean
// and of every line, as steep ones may cancel.
func Trend(lines []Line, alpha float64) Verdict {
	var v Verdict
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
	v.gap, v.alone = math.Abs(v.Slope.Mean/v.Slope.SE)*v.SD/math.Sqrt(float64(v.Slope.N)), true // as many standard errors of the change
	spreads := cellSpreads(changes, blocks)
	v.Each = intervals(spreads, alpha)
	if v.undecided() {
		return v
	}
	small := 0
	for _, e := range intervals(spreads, onePlace(alpha, v.Of)) {
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

// columns are names, gains and blocks of cells.
func columns(cells []Cell) (names []string, gains [][]float64, blocks []string) {
	for _, c := range cells {
		names, gains, blocks = append(names, c.Name), append(gains, c.Gains), append(blocks, c.Block)
	}
	return names, gains, blocks
}

// count says how many cells or lines the effect is over, and which of them do not agree.
func (v *Verdict) count(names []string, gains [][]float64, least float64) {
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

// pool fills in the effect over replicates.
func (v *Verdict) pool(means []float64, alpha float64) {
	v.Pooled = MeanEffect(means, alpha)
	n, _, sd := moments(means)
	v.SD = Spread(n, sd)
}

// undecided sets the words that come before any interval is looked at.
func (v *Verdict) undecided() bool {
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

// level is the smallest alpha at which a rule gives a word that settles its
// claim: the claim's p-value, so to say, for Holm's correction. 1: none up to
// one half does. The rule must be one that more room settles rather than less.
func level(rule func(alpha float64) Verdict) float64 {
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

// Levels are those at which the words of several claims are read, in Holm's way. First
// words, by which a claim is settled (level), are together wrong with probability at
// most alpha. A later word, as "too small to matter" after "seen", has to hold at the
// claim's equal share: all later words together add less than alpha.
// nil is a claim that was not tested.
func Levels(rules []func(alpha float64) Verdict, alpha float64) []float64 {
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

// Needed says how many replicates would bring a claim that is not settled further,
// were its spread to stay: as many as narrow the interval to ±Margin, or, where it is
// that narrow and holds an edge or the margin all the same, to half, what lies between
// them and the mean. 0 replicates: the spread is not known. settles: the rule gives a
// word then, were the mean to stay as well. Where it asks for more than this interval,
// nothing is promised.
func (v Verdict) Needed(alpha float64) (half float64, replicates int, settles bool) {
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
	return half, replicates, v.alone && v.gap >= half && replicates < 1000
}

func inside(e Effect) bool { return e.Low > -Margin && e.High < Margin && !math.IsNaN(e.Low) }

func failures(name string, replicates []int) []string {
	out := make([]string, len(replicates))
	for i, r := range replicates {
		out[i] = fmt.Sprintf("%s, replicate %d", name, r)
	}
	return out
}
