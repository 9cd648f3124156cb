package theory

import "math"

// SupervisedThreshold returns the plug-in Bayes rule on ‖x‖² that a supervised
// learner fits to the same labeled points (claim T3.7). Its variances ŝ₁ = a/D and
// ŝ₂ = βc/D come from the class means a of ‖x‖²/σ₁² over the positives and βc over
// the negatives. Its prior is NPos/(NPos+NNeg). It predicts + where ‖x‖²/σ₁² < r if
// below is true, and otherwise where ‖x‖²/σ₁² > r (then ŝ₁ > ŝ₂: the sample
// variances are in the wrong order). r = 0 makes it a constant rule.
func (m Theorem3) SupervisedThreshold(a, c float64) (r float64, below bool) {
	logRatio := math.Log(m.Beta) + math.Log(c) - math.Log(a)
	r, below = m.plugIn(logRatio, m.labeledOdds())
	return a * r, below
}

// labeledOdds returns the log odds of the classes among the labeled points.
func (m Theorem3) labeledOdds() float64 {
	return math.Log(float64(m.NPos)) - math.Log(float64(m.NNeg))
}

// plugIn returns SupervisedThreshold divided by a. It depends only on ln(ŝ₂/ŝ₁) and
// on the log odds of the classes that the rule assumes.
func (m Theorem3) plugIn(logRatio, odds float64) (r float64, below bool) {
	bracket := logRatio + float64(2/float64(m.D)*odds)
	// At ŝ₁ = ŝ₂ the feature is uninformative and the larger class wins.
	slope := -math.Expm1(-logRatio)
	switch {
	case slope == 0 && bracket > 0:
		return math.Inf(1), true
	case slope == 0:
		return 0, true
	}
	return math.Max(0, bracket/slope), logRatio > 0
}

// SupervisedError returns the expected error over training sets of the rule of
// [Theorem3.SupervisedThreshold], to a relative 1e-8. It tends to the Bayes error
// as the labeled sample grows at the true class ratio, but not at another one: see
// [Theorem3.SupervisedErrorKnownPrior]. The self-supervised rule's gain over raw
// linear rules is the feature, not the missing labels; with labels the same feature
// can do better.
func (m Theorem3) SupervisedError() LogProb { return m.supervisedError(m.labeledOdds()) }

// SupervisedErrorKnownPrior is SupervisedError for the rule that knows p₊ and
// estimates only the variances from the labels. It tends to the Bayes error at
// every ratio of the labeled classes.
func (m Theorem3) SupervisedErrorKnownPrior() LogProb {
	if m.PPos == 0 || m.PPos == 1 {
		return LogProb(math.Inf(-1)) // the only class is always predicted
	}
	return m.supervisedError(ln(m.PPos) - math.Log1p(-m.PPos))
}

// supervisedError returns the expected error of the rule that takes odds for the
// log odds of the classes.
//
// With G₁, G₂ the gamma variables behind A and C, the rule's shape depends only on
// y = ln(C/A) and its scale on G₁ + G₂, a gamma variable independent of y. So the
// error is one integral over y of probabilities that a combination of two
// chi-squares is positive.
func (m Theorem3) supervisedError(odds float64) LogProb {
	d, np, nn := float64(m.D), float64(m.NPos), float64(m.NNeg)
	shape := d * (np + nn) / 2
	// part returns the log of a conditional error times the density of y. It is the
	// probability that ‖x‖² is on the far side for the positives (scale 1), and on the
	// near side for the negatives (scale β).
	part := func(y, scale float64, outside bool) float64 {
		density := m.logRatioDensity(y)
		r, below := m.plugIn(math.Log(m.Beta)+y, odds)
		if !below {
			outside = !outside
		}
		if r == 0 || math.IsInf(r, 1) {
			if outside == (r == 0) {
				return density
			}
			return math.Inf(-1)
		}
		// Threshold κ·χ² with 2·shape degrees: A = (G₁+G₂)·2/(N₊ + N₋eʸ).
		kappa := r / (np + float64(nn*math.Exp(y)))
		v := gammaSum{mean: float64(scale*d) - float64(2*kappa*shape), coarse: true,
			terms: []gammaTerm{{scale, d / 2}, {-kappa, shape}}}
		if !outside {
			v = v.negated()
		}
		return density + v.logPositive()
	}
	// The rule changes its form where ŝ₁ = ŝ₂ and where its bracket is zero.
	breaks := []float64{-math.Log(m.Beta), -math.Log(m.Beta) - float64(2/d*odds)}
	if breaks[0] > breaks[1] {
		breaks[0], breaks[1] = breaks[1], breaks[0]
	}
	missPos := logIntegral(func(y float64) float64 { return part(y, 1, true) }, m.ratioSpread(), breaks)
	missNeg := logIntegral(func(y float64) float64 { return part(y, m.Beta, false) }, m.ratioSpread(), breaks)
	return m.mix(math.Min(0, missPos), math.Min(0, missNeg))
}

// logRatioDensity returns the log density of y = ln(C/A), the log of an F variable
// with D·NNeg and D·NPos degrees of freedom. Its form is exact for any number of
// them.
func (m Theorem3) logRatioDensity(y float64) float64 {
	a1, a2 := float64(m.D)*float64(m.NPos)/2, float64(m.D)*float64(m.NNeg)/2
	total := a1 + a2
	front := float64(0.5*(math.Log(a1)+math.Log(a2/total)-math.Log(2*math.Pi))) +
		stirlingCorrection(total) - stirlingCorrection(a1) - stirlingCorrection(a2)
	// −total·[ln(1 + x) − r y] with r = a2/total and x = r(eʸ − 1). Near 0 the
	// first-order parts, which cancel, are left out of both terms.
	r := a2 / total
	x := r * math.Expm1(y)
	if math.Abs(y) > 0.5 {
		return front - float64(total*(math.Log1p(x)-float64(r*y)))
	}
	return front - float64(total*(float64(r*expExcess(y))-logExcess(x)))
}

// ratioSpread returns the approximate standard deviation of ln(C/A).
func (m Theorem3) ratioSpread() float64 {
	d := float64(m.D)
	return math.Sqrt(2/(d*float64(m.NPos)) + 2/(d*float64(m.NNeg)))
}

// expExcess returns eʸ − 1 − y for |y| ≤ 1/2, without cancellation.
func expExcess(y float64) float64 {
	sum, term := 0.0, y
	for k := 2.0; math.Abs(term) > 1e-19*math.Abs(y); k++ {
		term = float64(term * (y / k))
		sum += term
	}
	return sum
}

// logIntegral returns ln ∫ exp(f(y)) dy over the real line, for an f that falls off
// on both sides and is smooth and single-peaked between the ascending breaks. scale
// is the width of its narrow part near 0.
func logIntegral(f func(float64) float64, scale float64, breaks []float64) float64 {
	edges := append(append([]float64{math.Inf(-1)}, breaks...), math.Inf(1))
	total := math.Inf(-1)
	// The piece that contains 0 comes first, as it usually shows that the others are
	// negligible.
	order := make([]int, 0, len(edges))
	for i := range len(edges) - 1 {
		if edges[i] <= 0 && 0 < edges[i+1] {
			order = append([]int{i}, order...)
		} else {
			order = append(order, i)
		}
	}
	for _, i := range order {
		if edges[i] < edges[i+1] {
			total = LogAddExp(total, logIntegralPiece(f, scale, edges[i], edges[i+1], total))
		}
	}
	return total
}

// logIntegralPiece integrates over (lo, hi), which may be infinite and on which f
// has one peak. It leaves out a piece below exp(known − 30). It finds the mass by
// walking from the peak in growing steps and sums it by the double-exponential
// rule, which is insensitive to the behavior at the ends.
func logIntegralPiece(f func(float64) float64, scale, lo, hi, known float64) float64 {
	// Climb to the peak from the point nearest 0 with step doubling and halving.
	start := math.Min(math.Max(0, lo), hi)
	width := scale
	if !math.IsInf(hi-lo, 1) {
		width = math.Min(width, (hi-lo)/4)
	}
	inside := func(y float64) bool { return y > lo && y < hi }
	y := start
	if y == lo {
		y += float64(width * 1e-3)
	} else if y == hi {
		y -= float64(width * 1e-3)
	}
	top := f(y)
	for step := width; step > 1e-3*width; {
		moved := false
		for _, next := range [2]float64{y + step, y - step} {
			if inside(next) {
				if v := f(next); v > top {
					y, top, moved = next, v, true
					break
				}
			}
		}
		if moved {
			step *= 2
		} else {
			step /= 4
		}
	}
	if math.IsInf(top, -1) || top+math.Log(100*width) < known-30 {
		return math.Inf(-1)
	}
	// Ends of the mass: f has fallen by 32, or the piece ends.
	end := func(sign, limit float64) float64 {
		for step := width / 2; ; step *= 1.5 {
			next := y + float64(sign*step)
			if !inside(next) {
				return limit
			}
			if f(next) < top-32 {
				return next
			}
		}
	}
	a, b := end(-1, lo), end(1, hi)
	mid, half := (a+b)/2, (b-a)/2
	value := func(t float64) float64 {
		// y = mid + half·tanh(½π sinh t), dy/dt.
		q := math.Pi / 2 * math.Sinh(t)
		ch := math.Cosh(q)
		y := mid + float64(half*math.Tanh(q))
		if !(y > a && y < b) {
			return 0
		}
		return math.Exp(f(y)-top) * half * math.Pi / 2 * math.Cosh(t) / (ch * ch)
	}
	const reach = 3.2
	h := 0.4
	sum := value(0)
	for t := h; t < reach; t += h {
		sum += value(t) + value(-t)
	}
	for range 8 {
		more := 0.0
		for t := h / 2; t < reach; t += h {
			more += value(t) + value(-t)
		}
		h /= 2
		if math.Abs(more-sum) <= 1e-5*math.Abs(sum+more) {
			sum += more
			break
		}
		sum += more
	}
	return top + math.Log(sum*h)
}
