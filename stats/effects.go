package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Effect is a mean with a two-sided Student interval.
type Effect struct {
	Mean      float64
	N         int     // values averaged: replicates
	SE        float64 // standard error of Mean; NaN where it cannot be known
	DF        float64 // degrees of freedom of SE; 0 where it cannot be known
	Low, High float64 // interval at 1 − α; NaN where there is none
}

// HasInterval reports whether the effect's spread is known, which takes at
// least two values.
func (e Effect) HasInterval() bool { return !math.IsNaN(e.Low) && !math.IsNaN(e.High) }

// HalfWidth is half the length of the interval.
func (e Effect) HalfWidth() float64 { return (e.High - e.Low) / 2 }

// P is the two-sided p-value of the mean being zero; NaN without an interval.
func (e Effect) P() float64 {
	switch {
	case !e.HasInterval():
		return math.NaN()
	case e.SE == 0 && e.Mean == 0:
		return 1
	case e.SE == 0:
		return 0
	}
	return studentTail(e.Mean/e.SE, e.DF)
}

// MeanEffect is the mean of one value a replicate with its t interval on
// len(values) − 1 degrees of freedom. NaNs are replicates that were not run.
func MeanEffect(values []float64, alpha float64) Effect {
	n, mean, sd := moments(values)
	e := Effect{Mean: mean, N: n, SE: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if n < 2 {
		return e
	}
	return e.with(sd/math.Sqrt(float64(n)), float64(n-1), studentQuantile(1-alpha/2, float64(n-1)))
}

// PooledEffect is the mean gain over cells, computed once a replicate and then
// over replicates: cells of one replicate share tail images and parent tasks,
// so they are not independent and must not be counted as if they were.
// gains[c][r] is the gain of cell c in replicate r, NaN where it was not run;
// only replicates with every cell count.
func PooledEffect(gains [][]float64, alpha float64) Effect {
	return MeanEffect(replicateMeans(gains), alpha)
}

// CellEffects gives every cell its own interval. Its variance is pooled over
// the cells of its block (equal block[c]); where Bartlett's test rejects equal
// variances in a block at 5 %, each cell there stands on its own variance.
func CellEffects(gains [][]float64, block []string, alpha float64) []Effect {
	type pool struct {
		ss, df float64
		n      []int
		v      []float64
		equal  bool    // variances
		t      float64 // quantile of the pooled variance
	}
	pools := map[string]*pool{}
	for c := range gains {
		n, _, sd := moments(gains[c])
		if n < 2 {
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
		p.t = studentQuantile(1-alpha/2, p.df)
	}
	out := make([]Effect, len(gains))
	for c := range gains {
		n, mean, sd := moments(gains[c])
		out[c] = Effect{Mean: mean, N: n, SE: math.NaN(), Low: math.NaN(), High: math.NaN()}
		p := pools[block[c]]
		if n == 0 || p == nil {
			continue
		}
		if p.equal {
			out[c] = out[c].with(math.Sqrt(p.ss/p.df/float64(n)), p.df, p.t)
		} else if n >= 2 {
			out[c] = out[c].with(sd/math.Sqrt(float64(n)), float64(n-1), studentQuantile(1-alpha/2, float64(n-1)))
		}
	}
	return out
}

// Prediction is the mean of values and the half-width of the interval in which
// one further value lies with probability 1 − alpha; NaN with fewer than two.
func Prediction(values []float64, alpha float64) (mean, half float64) {
	n, mean, sd := moments(values)
	if n < 2 {
		return mean, math.NaN()
	}
	return mean, studentQuantile(1-alpha/2, float64(n-1)) * sd * math.Sqrt(1+1/float64(n))
}

// Slope is the least-squares slope of y on x. It is NaN with fewer than two
// distinct x.
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

// ReplicatesFor is the smallest number of replicates at which the interval of
// a mean has at most the given half-width, if the spread between replicates
// stays sd. It is 0 where sd is not known and stops at 1000.
func ReplicatesFor(sd, half, alpha float64) int {
	if math.IsNaN(sd) || half <= 0 {
		return 0
	}
	for n := 2; n < 1000; n++ {
		if studentQuantile(1-alpha/2, float64(n-1))*sd <= half*math.Sqrt(float64(n)) {
			return n
		}
	}
	return 1000
}

// Holm returns the level at which each of several p-values may be judged so
// that one false rejection among them has probability at most alpha (Holm
// 1979, step-down). NaN p-values were not tested: they do not count and get
// alpha.
func Holm(p []float64, alpha float64) []float64 {
	levels := make([]float64, len(p))
	var order []int
	for i := range p {
		levels[i] = alpha
		if !math.IsNaN(p[i]) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return p[order[a]] < p[order[b]] })
	stuck := 0.0 // the level at which the first p-value was not small enough
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

// with completes an effect from its standard error and t quantile.
func (e Effect) with(se, df, t float64) Effect {
	h := float64(t * se)
	e.SE, e.DF, e.Low, e.High = se, df, e.Mean-h, e.Mean+h
	return e
}

// moments gives count, mean and standard deviation of what is not NaN.
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

// replicateMeans averages over cells, replicate by replicate. Cells that were
// never run do not count; a replicate that lacks one of the others is NaN.
func replicateMeans(gains [][]float64) []float64 {
	longest := 0
	var run [][]float64
	for _, g := range gains {
		if n, _, _ := moments(g); n > 0 {
			run = append(run, g)
			longest = max(longest, len(g))
		}
	}
	means := make([]float64, longest)
	for r := range means {
		var sum float64
		for _, g := range run {
			if r >= len(g) {
				sum = math.NaN()
				break
			}
			sum += g[r]
		}
		means[r] = sum / float64(len(run))
	}
	return means
}

// bartlett is the p-value of Bartlett's test that groups of the given sizes
// have equal variances v; 1 where there is nothing to compare.
func bartlett(n []int, v []float64) float64 {
	var df, ss, logs, inv float64
	for i := range n {
		d := float64(n[i] - 1)
		if v[i] == 0 {
			continue // two equal numbers are no evidence about a variance
		}
		df += d
		ss += float64(d * v[i])
		logs += float64(d * math.Log(v[i]))
		inv += 1 / d
	}
	groups := 0
	for i := range v {
		if v[i] > 0 {
			groups++
		}
	}
	if groups < 2 {
		return 1
	}
	k := float64(groups - 1)
	stat := (float64(df*math.Log(ss/df)) - logs) / (1 + (inv-1/df)/(3*k))
	if stat <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(k/2, stat/2)
}

// studentTail is P(|T| > |t|) for Student's t.
func studentTail(t, df float64) float64 {
	return mathext.RegIncBeta(df/2, 0.5, df/(df+float64(t*t)))
}

// studentQuantile is the p quantile of Student's t, p > 1/2, by bisection on
// the tail (gonum inverts the incomplete beta function wrongly far out).
func studentQuantile(p, df float64) float64 {
	target := 2 * (1 - p)
	lo, hi := 0.0, 1.0
	for studentTail(hi, df) > target {
		lo, hi = hi, 2*hi
	}
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid == lo || mid == hi {
			break
		}
		if studentTail(mid, df) > target {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
