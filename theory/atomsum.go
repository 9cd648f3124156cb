package theory

import (
	"math"
	"sort"
)

// atomSum computes P(sum > x) as a sum over the atoms of one lattice of the exact
// tail of the rest. All its sequences are log-concave (binomial weights times tails
// of log-concave laws). So summing from anywhere until the terms fall and are
// negligible leaves nothing out.
type atomSum struct {
	outer lattice
	start int // an atom that matters
	inner gaussLattice
	table *tailTable // of the inner lattice; nil: the inner law is inverted or normal
	cost  float64    // in units of one contour node
}

// newAtomSum chooses the lattice to sum over. t is the saddle point; the law tilted
// by it shows which atoms matter.
func newAtomSum(g gaussLattice, t float64) atomSum {
	best := atomSum{cost: math.Inf(1)}
	for i, outer := range g.parts {
		mean, width := outer.tilted(t)
		a := atomSum{outer: outer, start: int(mean), inner: gaussLattice{g.sd, nil}}
		a.cost = math.Min(float64(outer.n+1), float64(20*width)+8)
		for j, l := range g.parts {
			if j == i {
				continue
			}
			a.inner.parts = append(a.inner.parts, l)
			_, w := l.tilted(t)
			zone := math.Min(float64(l.n+1), math.Min(float64(20*w)+8, 17*g.sd/math.Abs(l.step)+4))
			if zone < 200 {
				a.table = &tailTable{lattice: l}
				a.cost = float64(a.cost * zone)
				a.cost += float64(30 * w)
			} else {
				a.cost *= 200
			}
		}
		if a.cost < best.cost {
			best = a
		}
	}
	if best.table != nil {
		mean, w := best.table.lattice.tilted(t)
		best.table.center, best.table.reach = int(mean), int(12*w)+40
		if best.table.step < 0 {
			best.table.center = best.table.n - int(mean)
		}
	}
	return best
}

// tilted returns mean and standard deviation of B under exponential tilting of
// step·B by t.
func (l lattice) tilted(t float64) (mean, sd float64) {
	_, shift, w := tilt(l.p, l.step*t)
	n := float64(l.n)
	return math.Min(n, math.Max(0, math.Round(n*(l.p+shift)))), math.Sqrt(n * w)
}

func (l lattice) at(k int) float64 { return float64(l.step * (float64(k) - float64(float64(l.n)*l.p))) }

func (a atomSum) logUpper(x float64) float64 {
	return sumLogConcave(a.start, 0, a.outer.n, func(k int) float64 {
		w := LogBinomialPMF(k, a.outer.n, a.outer.p)
		if math.IsInf(w, -1) {
			return w
		}
		rest := x - a.outer.at(k)
		if a.table != nil {
			return w + a.table.logUpper(rest, a.inner.sd)
		}
		return w + a.inner.logUpper(rest)
	})
}

// tailTable evaluates ln P(lattice + sd·G > x) for many x if sd is small compared
// to the lattice's spread. Beyond the zone in which the normal part matters it adds
// a stored tail of the binomial. Its index j increases with the lattice's value, so
// it is k or, for a negative step, n − k.
type tailTable struct {
	lattice
	center, reach int // the table holds center ± reach

	first     int
	pmf, tail []float64 // logarithms of P(j) and of P(j or more)
}

// Above this, Φ is 1 to the last bit.
const phiIsOne = 8.3

func (t *tailTable) atom(j int) int {
	if t.step < 0 {
		return t.n - j
	}
	return j
}

func (t *tailTable) build() {
	t.first = max(0, t.center-t.reach)
	last := min(t.n, t.center+t.reach)
	t.pmf = make([]float64, last-t.first+1)
	t.tail = make([]float64, len(t.pmf))
	// logRatio is ln P(j+1)/P(j).
	logOdds := ln(t.p) - math.Log1p(-t.p)
	if t.step < 0 {
		logOdds = -logOdds
	}
	logRatio := func(j int) float64 { return math.Log(float64(t.n-j)/float64(j+1)) + logOdds }
	// Logarithms are accumulated relative to the center, where they are small.
	center := t.center - t.first
	top := LogBinomialPMF(t.atom(t.center), t.n, t.p)
	for i := center + 1; i < len(t.pmf); i++ {
		t.pmf[i] = t.pmf[i-1] + logRatio(t.first+i-1)
	}
	for i := center - 1; i >= 0; i-- {
		t.pmf[i] = t.pmf[i+1] - logRatio(t.first+i)
	}
	for i := range t.pmf {
		t.pmf[i] += top
	}
	rest := logSum{top: math.Inf(-1)}
	rest.add(t.pmf[len(t.pmf)-1])
	rest.addFalling(last+1, t.n, 1, t.logPMF)
	t.tail[len(t.tail)-1] = rest.log()
	for i := len(t.tail) - 2; i >= 0; i-- {
		t.tail[i] = t.tail[i+1]
		if t.pmf[i] > t.tail[i]-40 {
			t.tail[i] = LogAddExp(t.tail[i], t.pmf[i])
		}
	}
}

func (t *tailTable) logPMF(j int) float64 {
	if i := j - t.first; i >= 0 && i < len(t.pmf) {
		return t.pmf[i]
	}
	return LogBinomialPMF(t.atom(j), t.n, t.p)
}

// logTail returns ln P(j or more).
func (t *tailTable) logTail(j int) float64 {
	i := j - t.first
	if i >= 0 && i < len(t.tail) {
		return t.tail[i]
	}
	acc := logSum{top: math.Inf(-1)}
	if i >= 0 {
		acc.addFalling(j, t.n, 1, t.logPMF)
	} else {
		acc.add(t.tail[0])
		acc.addFalling(t.first-1, j, -1, t.logPMF)
	}
	return acc.log()
}

// logUpper returns ln P(lattice + sd·G > x).
func (t *tailTable) logUpper(x, sd float64) float64 {
	if t.pmf == nil {
		t.build()
	}
	z := func(j int) float64 { return (t.at(t.atom(j)) - x) / sd }
	f := func(j int) float64 { return t.logPMF(j) + LogNormalCDF(z(j)) }
	acc := logSum{top: math.Inf(-1)}
	// From full on, the normal part does not matter.
	full := t.above(float64(phiIsOne*sd) + x)
	if full <= t.n {
		acc.add(t.logTail(full))
	}
	start := full - 1
	if i := start - t.first; start > 0 && (i < 0 || i >= len(t.pmf)) {
		// From here down f may rise for long before its peak; f is log-concave.
		start = sort.Search(start, func(j int) bool { return f(j+1) < f(j) })
		acc.addFalling(start+1, full-1, 1, f)
	}
	acc.addFalling(start, 0, -1, f)
	return acc.log()
}

// above returns the first index whose value is above v, n + 1 if there is none.
func (t *tailTable) above(v float64) int {
	guess := float64(float64(t.n)*t.p) + v/t.step
	if t.step < 0 {
		guess = float64(t.n) - guess
	}
	j := int(math.Max(0, math.Min(float64(t.n+1), math.Ceil(guess))))
	for j > 0 && t.at(t.atom(j-1)) > v {
		j--
	}
	for j <= t.n && t.at(t.atom(j)) <= v {
		j++
	}
	return j
}
