package stats

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"gonum.org/v1/gonum/mathext"
)

// Effect is a mean with a two-sided Student interval.
type Effect struct {
	Mean      float64
	N         int     // values averaged: replicates
	SE        float64 // standard error of Mean; NaN if unknown
	DF        float64 // degrees of freedom of SE; 0 if unknown
	Low, High float64 // interval at 1 − α; NaN if there is none
}

// HasInterval reports whether the effect's spread is known, which takes two
// different values.
func (e Effect) HasInterval() bool { return !math.IsNaN(e.Low) && !math.IsNaN(e.High) }

// Signed formats x, in points, with its sign and two decimals; the minus is U+2212, not
// a hyphen.
func Signed(x float64) string {
	return strings.Replace(fmt.Sprintf("%+.2f", x), "-", "−", 1)
}

// spread returns the standard deviation of n values if it is meaningful, else NaN.
// One value has none. Equal values are a coincidence, not certainty: errors lie on
// a grid, which is coarse if test images are few.
func spread(n int, sd float64) float64 {
	const rounding = 1e-9
	if n < 2 || sd <= rounding {
		return math.NaN()
	}
	return sd
}

// unknown returns the effect of a mean whose spread is unknown.
func unknown(mean float64, n int) Effect {
	return Effect{Mean: mean, N: n, SE: math.NaN(), Low: math.NaN(), High: math.NaN()}
}

// MeanEffect returns the mean of one value per replicate with its t interval on
// len(values) − 1 degrees of freedom. NaNs are replicates that were not run.
func MeanEffect(values []float64, alpha float64) Effect {
	n, mean, sd := moments(values)
	e := unknown(mean, n)
	if sd = spread(n, sd); math.IsNaN(sd) {
		return e
	}
	return e.with(sd/math.Sqrt(float64(n)), float64(n-1), StudentQuantile(alpha/2, float64(n-1)))
}

// PooledEffect returns the mean gain over cells, averaged first within and then
// over replicates. Cells of one replicate share tail images and parent tasks, so
// they are not independent and must not be counted as if they were. gains[c][r] is
// the gain of cell c in replicate r, NaN if it was not run. Counted selects the
// cells; only replicates that all of these have count.
func PooledEffect(gains [][]float64, alpha float64) Effect {
	return MeanEffect(ReplicateMeans(gains), alpha)
}

// cellEffects returns the effect of every cell with its own interval. The variance
// is pooled over the cells of a block (equal block[c]), with as many degrees of
// freedom. If Bartlett's test rejects equal variances in a block at 5 %, each cell
// there uses its own variance (Welch). A cell whose replicates are all equal does
// not enter the test or the pooled variance, but uses the latter. A single
// replicate has no interval.
func cellEffects(gains [][]float64, block []string, alpha float64) []Effect {
	return intervals(cellSpreads(gains, block), alpha)
}

// Simultaneous returns cellEffects at the level at which one of all cells may make
// a claim "reversed in places".
func Simultaneous(cells []Cell, alpha float64) []Effect {
	_, gains, blocks := columns(cells)
	return cellEffects(gains, blocks, cellLevel(alpha, len(cells)))
}

// cellLevel returns the level of each of so many cells (Bonferroni).
func cellLevel(alpha float64, cells int) float64 { return alpha / 8 / float64(cells) }

// cellSpreads returns every cell's mean and standard error, without interval.
func cellSpreads(gains [][]float64, block []string) []Effect {
	type pool struct {
		ss, df float64
		n      []int
		v      []float64
		equal  bool // variances
	}
	out := make([]Effect, len(gains))
	own := make([]float64, len(gains))
	pools := map[string]*pool{}
	for c := range gains {
		n, mean, sd := moments(gains[c])
		out[c] = unknown(mean, n)
		sd = spread(n, sd)
		if own[c] = sd; math.IsNaN(sd) {
			continue
		}
		p := pools[block[c]]
		if p == nil {
			p = &pool{}
			pools[block[c]] = p
		}
		v := sd * sd
		p.ss += float64(float64(n-1) * v)
		p.df += float64(n - 1)
		p.n, p.v = append(p.n, n), append(p.v, v)
	}
	for _, p := range pools {
		p.equal = bartlett(p.n, p.v) >= 0.05
	}
	for c := range out {
		e := &out[c]
		p := pools[block[c]]
		switch {
		case e.N < 2 || p == nil:
		case p.equal:
			e.SE, e.DF = math.Sqrt(p.ss/p.df/float64(e.N)), p.df
		case !math.IsNaN(own[c]):
			e.SE, e.DF = own[c]/math.Sqrt(float64(e.N)), float64(e.N-1)
		}
	}
	return out
}

// intervals returns effects with limits at 1 − alpha for those with a standard
// error.
func intervals(effects []Effect, alpha float64) []Effect {
	out := make([]Effect, len(effects))
	t := map[float64]float64{} // by degrees of freedom
	for i, e := range effects {
		if e.DF > 0 {
			if t[e.DF] == 0 {
				t[e.DF] = StudentQuantile(alpha/2, e.DF)
			}
			e = e.with(e.SE, e.DF, t[e.DF])
		}
		out[i] = e
	}
	return out
}

// Prediction returns the mean of values and the half-width of the interval in which
// one further value lies with probability 1 − alpha; NaN if the spread is unknown.
func Prediction(values []float64, alpha float64) (mean, half float64) {
	n, mean, sd := moments(values)
	sd = spread(n, sd)
	return mean, StudentQuantile(alpha/2, float64(n-1)) * sd * math.Sqrt(1+1/float64(n))
}

// Slope returns the least-squares slope of y on x; NaN with fewer than two distinct
// x.
func Slope(x, y []float64) float64 {
	var mx, my float64
	for i := range x {
		mx += x[i]
		my += y[i]
	}
	mx /= float64(len(x))
	my /= float64(len(x))
	var sxy, sxx float64
	for i := range x {
		dx := x[i] - mx
		sxy += float64(dx * (y[i] - my))
		sxx += float64(dx * dx)
	}
	if sxx == 0 {
		return math.NaN()
	}
	return sxy / sxx
}

// ReplicatesFor returns the smallest number of replicates at which the interval of
// a mean has at most the given half-width, if the spread between replicates stays
// sd. It is 0 if sd is unknown, and at most 1000.
func ReplicatesFor(sd, half, alpha float64) int {
	if math.IsNaN(sd) || half <= 0 {
		return 0
	}
	return 2 + sort.Search(998, func(i int) bool { // the half-width falls with n
		n := float64(i + 2)
		return StudentQuantile(alpha/2, n-1)*sd <= half*math.Sqrt(n)
	})
}

// holm returns the level at which each of several p-values may be judged, so that a
// false rejection among them has probability at most alpha (Holm 1979, step-down).
// NaN p-values were not tested: they do not count and get alpha.
func holm(p []float64, alpha float64) []float64 {
	levels := make([]float64, len(p))
	var order []int
	for i := range p {
		levels[i] = alpha
		if !math.IsNaN(p[i]) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return p[order[a]] < p[order[b]] })
	stuck := 0.0 // the level at which a p-value first was not small enough
	for rank, i := range order {
		level := alpha / float64(len(order)-rank)
		if stuck != 0 {
			level = stuck
		} else if p[i] > level {
			stuck = level
		}
		levels[i] = level
	}
	return levels
}

// with returns the effect with standard error, degrees of freedom and limits.
func (e Effect) with(se, df, t float64) Effect {
	h := float64(t * se)
	e.SE, e.DF, e.Low, e.High = se, df, e.Mean-h, e.Mean+h
	return e
}

// moments returns count, mean and standard deviation of the values that are not
// NaN.
func moments(values []float64) (n int, mean, sd float64) {
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
			mean += v
		}
	}
	if n == 0 {
		return 0, math.NaN(), math.NaN()
	}
	mean /= float64(n)
	if n == 1 {
		return 1, mean, math.NaN()
	}
	var ss float64
	for _, v := range values {
		if d := v - mean; !math.IsNaN(d) {
			ss += float64(d * d)
		}
	}
	return n, mean, math.Sqrt(ss / float64(n-1))
}

// Counted reports which cells enter a mean: those run at least twice, because a
// cell's first replicate may not undo what the others show. If none was run twice,
// all that were run enter.
func Counted(gains [][]float64) []bool {
	counts := make([]int, len(gains))
	least := 1
	for c, g := range gains {
		if counts[c], _, _ = moments(g); counts[c] >= 2 {
			least = 2
		}
	}
	in := make([]bool, len(gains))
	for c, n := range counts {
		in[c] = n >= least
	}
	return in
}

// ReplicateMeans returns, by replicate, the mean over the cells that count. A
// replicate that lacks one of these cells is NaN.
func ReplicateMeans(gains [][]float64) []float64 {
	longest := 0
	for _, g := range gains {
		longest = max(longest, len(g))
	}
	in := Counted(gains)
	means := make([]float64, longest)
	for r := range means {
		sum, n := 0.0, 0
		for c, g := range gains {
			if !in[c] {
				continue
			}
			n++
			if r >= len(g) {
				sum = math.NaN()
				break
			}
			sum += g[r]
		}
		means[r] = sum / float64(n) // NaN without cells
	}
	return means
}

// bartlett returns the p-value of Bartlett's test that groups of the given sizes
// have equal variances v, all above 0; 1 if there is nothing to compare.
func bartlett(n []int, v []float64) float64 {
	if len(v) < 2 {
		return 1
	}
	var df, ss, logs, inv float64
	for i := range n {
		d := float64(n[i] - 1)
		df += d
		ss += float64(d * v[i])
		logs += float64(d * math.Log(v[i]))
		inv += 1 / d
	}
	k := float64(len(v) - 1)
	stat := (float64(df*math.Log(ss/df)) - logs) / (1 + (inv-1/df)/(3*k))
	if stat <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(k/2, stat/2)
}
