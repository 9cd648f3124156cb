package stats

import (
	"math"
	"slices"
)

// Curve is a gain along a scale on which a claim says that it changes its sign once
// ("helps from 60 % on").
type Curve struct {
	Name   string
	X      []float64   // levels, ascending, at least two
	Gains  [][]float64 // by level and replicate; NaN: not run
	Failed []int       // replicates with a failed level
	Rising bool        // claimed: below 0 before the crossing and above it after
	Print  float64     // printed crossing
}

// Cross estimates where the mean gain, linear between neighboring levels, crosses
// zero, and judges whether c.Print is right. Its interval contains the x at which
// the interpolated gain, one per replicate, does not differ from 0 by a t test on R
// − 1 degrees of freedom. Between two levels that is Fieller's (1954) interval; no
// straight line is assumed over all levels. An end is −Inf or +Inf if the first or
// last level does not differ from 0.
//
// Seen: the interval lies between the levels before and after print, and the gain
// changes its sign as claimed. Reversed: the interval excludes that band, or the
// gain clearly changes its sign the other way. Otherwise not settled, as also if a
// level is not run or its replicates are equal, so that there is no interval.
func Cross(c Curve, alpha float64) Decision {
	v := Decision{Cells: len(c.X), SD: math.NaN(), gap: math.NaN(), Failed: failures(c.Name, c.Failed), Cross: unknown(math.NaN(), 0)}
	v.Each = make([]Effect, len(c.X))
	for i, g := range c.Gains {
		v.Each[i] = MeanEffect(g, alpha)
		if v.Each[i].N > 0 {
			v.Run++
		}
	}
	v.Over = v.Run
	rows := complete(c.Gains)
	v.Pooled = unknown(math.NaN(), len(rows))
	if v.undecided() {
		return v
	}
	v.SD = 0
	for _, g := range c.Gains {
		n, _, sd := moments(g)
		v.SD = max(v.SD, spread(n, sd)) // NaN if one is
	}

	f := fieller{x: c.X, rows: rows, t: StudentQuantile(alpha/2, float64(len(rows)-1))}
	v.Cross = unknown(f.root(c.Rising), len(rows))
	v.Cross.DF = float64(len(rows) - 1)
	for i := range c.X {
		if math.IsNaN(spread(len(rows), f.sd(i))) {
			v.Word = NotSettled
			return v
		}
	}
	v.Cross.Low, v.Cross.High = f.interval(c.Rising)
	low, high := band(c.X, c.Print)
	first, last := f.sign(0), f.sign(len(c.X)-1)
	if !c.Rising {
		first, last = -first, -last
	}
	switch {
	case first > 0 && last < 0, v.Cross.High < low, v.Cross.Low > high:
		v.Word = Reversed
	case first < 0 && last > 0 && low <= v.Cross.Low && v.Cross.High <= high:
		v.Word = Seen
	default:
		v.Word = NotSettled
	}
	return v
}

// Bracket judges a claim of Cross by two levels only, while the others are not run.
// It needs a gain above 0 at the level where help is claimed, and one below Margin
// where none is. helps.Gains and idle.Gains are positive where the method helps. A
// level with one replicate counts as not run.
func Bracket(helps, idle Cell, alpha float64) Decision {
	short := Cell{Name: idle.Name, Failed: idle.Failed, Gains: make([]float64, len(idle.Gains))}
	for r, g := range idle.Gains {
		short.Gains[r] = Margin - g
	}
	v := Decision{Cells: 2}
	for _, c := range []Cell{helps, short} {
		v.Each = append(v.Each, MeanEffect(c.Gains, alpha))
		if c.run() {
			v.Run++
		}
		v.Failed = append(v.Failed, failures(c.Name, c.Failed)...)
	}
	v.Over = v.Run
	if v.Run == 2 && (v.Each[0].N == 1) != (v.Each[1].N == 1) {
		v.Over = 1
	}
	v.pool(helps.Gains, alpha)
	v.gap = min(math.Abs(v.Each[0].Mean), math.Abs(v.Each[1].Mean)) // both intervals have to leave it
	n, _, sd := moments(idle.Gains)
	if n > 1 {
		v.SD = max(v.SD, spread(n, sd))
	}
	if v.undecided() {
		return v
	}
	var below []string
	above := 0
	small := true // at either level
	for _, c := range []Cell{helps, idle} {
		small = small && inside(MeanEffect(c.Gains, cellLevel(alpha, 2)))
	}
	for _, c := range []Cell{helps, short} {
		if MeanEffect(c.Gains, alpha/2).High < 0 { // a quarter of alpha each
			below = append(below, c.Name)
		}
		if MeanEffect(c.Gains, alpha).Low > 0 { // half, and both must pass
			above++
		}
	}
	switch {
	case len(below) == 1 && n > 1:
		v.Word, v.Contrary = ReversedInPlaces, below
	case small:
		v.Word = TooSmall
	case len(below) > 0:
		v.Word = Reversed
	case above == 2:
		v.Word = Seen
	default:
		v.Word = NotSettled
	}
	return v
}

// complete returns the gains of the replicates that have every level, by replicate
// and level.
func complete(gains [][]float64) [][]float64 {
	var rows [][]float64
	for r := 0; ; r++ {
		row, any := make([]float64, len(gains)), false
		whole := true
		for i, g := range gains {
			if r < len(g) {
				any = true
				row[i] = g[r]
			}
			whole = whole && r < len(g) && !math.IsNaN(g[r])
		}
		if !any {
			return rows
		}
		if whole {
			rows = append(rows, row)
		}
	}
}

// band returns the levels before and after at. If at lies between two levels, these
// two are the band.
func band(x []float64, at float64) (low, high float64) {
	before, is := slices.BinarySearch(x, at)
	after := before
	if is {
		after++
	}
	return x[max(before-1, 0)], x[min(after, len(x)-1)]
}

// fieller holds the gains of complete replicates at levels x, and the t that a mean
// must exceed.
type fieller struct {
	x    []float64
	rows [][]float64
	t    float64
}

// sign returns the sign of the mean gain at level i, or 0 if it does not differ
// from 0.
func (f fieller) sign(i int) int {
	if f.excess(i, i, 0) <= 0 {
		return 0
	}
	if f.mean(i) > 0 {
		return 1
	}
	return -1
}

func (f fieller) mean(i int) float64 {
	_, mean, _ := moments(f.at(i, i, 0))
	return mean
}

func (f fieller) sd(i int) float64 {
	_, _, sd := moments(f.at(i, i, 0))
	return sd
}

// at returns the gains at the fraction s of the way from level i to level j.
func (f fieller) at(i, j int, s float64) []float64 {
	values := make([]float64, len(f.rows))
	for r, row := range f.rows {
		values[r] = row[i] + float64(s*(row[j]-row[i]))
	}
	return values
}

// excess returns m² − t²·se² of the gain at the fraction s of the way from level i
// to level j. It is above 0 where the gain differs from 0.
func (f fieller) excess(i, j int, s float64) float64 {
	n, mean, sd := moments(f.at(i, j, s))
	return float64(mean*mean) - float64(f.t*f.t*sd*sd/float64(n))
}

// root returns the last x at which the mean gain changes its sign as claimed; NaN
// if there is none.
func (f fieller) root(rising bool) float64 {
	at := math.NaN()
	for i := 1; i < len(f.x); i++ {
		a, b := f.mean(i-1), f.mean(i)
		if (a < 0) == (b < 0) || (a < 0) != rising {
			continue
		}
		at = f.x[i-1] + float64((f.x[i]-f.x[i-1])*(a/(a-b)))
	}
	return at
}

// interval returns the hull of the x at which the gain does not differ from 0. If
// it differs everywhere, the crossing lies beyond one of the ends, and both limits
// are the same infinity.
func (f fieller) interval(rising bool) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	last := len(f.x) - 1
	for i := 1; i <= last; i++ {
		// On a segment the excess is a quadratic in s, known from three points.
		e0, e1, em := f.excess(i-1, i, 0), f.excess(i-1, i, 1), f.excess(i-1, i, 0.5)
		c, b, a := e0, float64(4*em)-float64(3*e0)-e1, float64(2*e0)+float64(2*e1)-float64(4*em)
		from, to, any := notAbove(a, b, c)
		if !any {
			continue
		}
		width := f.x[i] - f.x[i-1]
		low = min(low, f.x[i-1]+float64(width*from))
		high = max(high, f.x[i-1]+float64(width*to))
	}
	if low > high {
		side := 1
		if (f.mean(0) > 0) == rising {
			side = -1
		}
		return math.Inf(side), math.Inf(side)
	}
	if f.sign(0) == 0 {
		low = math.Inf(-1)
	}
	if f.sign(last) == 0 {
		high = math.Inf(1)
	}
	return low, high
}

// notAbove returns the hull of the s in [0, 1] with a·s² + b·s + c ≤ 0; false if
// there are none.
func notAbove(a, b, c float64) (from, to float64, any bool) {
	at := func(s float64) float64 { return float64(float64(float64(a*s)+b)*s) + c }
	from, to = 1, 0
	try := func(s float64) {
		if s >= 0 && s <= 1 {
			from, to, any = min(from, s), max(to, s), true
		}
	}
	for _, s := range []float64{0, 1} {
		if at(s) <= 0 {
			try(s)
		}
	}
	if a == 0 {
		if b != 0 {
			try(-c / b)
		}
	} else if d := float64(b*b) - float64(4*a*c); d >= 0 {
		// The stable form of the two roots.
		q := -(b + math.Copysign(math.Sqrt(d), b)) / 2
		try(q / a)
		if q != 0 {
			try(c / q)
		}
	}
	return from, to, any
}
