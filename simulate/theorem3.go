package simulate

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"math/rand/v2"

	"longtail/theory"
)

// Theorem3Mutations returns the errors that a run of Theorem 3 must notice.
func Theorem3Mutations() []Mutation {
	return []Mutation{
		{"rate-8", "exponents of the error bound four times the published ones (8 in place of 32, 4 in place of 16)", false},
		{"concentration-2", "exponents mδ²/2 in place of mδ²/8 in the probability", false},
		{"pooled-threshold", "the mean of Z over all labeled points as threshold", true},
		{"flip-sign", "the rule sign(Z − b)", true},
		{"swap-variances", "the larger variance given to the positives", true},
	}
}

// Indices of Theorem 3's tally.
const (
	t3Wrong   = iota // the fresh point is classified wrongly
	t3Over           // err(B) exceeds the error bound
	t3Outside        // A or C is off by more than δ
	t3Broken         // err(B) exceeds the bound at the least δ whose event holds, for any set drawn in the trial
	t3Counts
)

// The smooth means are divided by an upper bound of theirs, so they lie in [0, 1].
const (
	t3Smooth       = iota // err(B), in a rare run with its weight
	t3SmoothSquare        // its square
	t3Event               // only in runs with a rare event: weighted frequency of leaving it
	t3EventSquare
	t3Means
)

// Theorem3 simulates training sets of the rule after the self-supervised feature,
// for a δ of the statement. Each trial draws a training set, hence the learned
// threshold, and classifies one fresh point. The estimate is the frequency of
// errors on it. The result also has the smooth mean of the learned rules' exact
// errors, and the frequency with which they exceed the printed error bound. If the
// error is too rare to count, the collapsed sampler draws training sets from tilted
// laws and weights them (conditioning and importance sampling); the estimate is
// then the smooth mean. The same holds for the event of the statement's
// probability.
func Theorem3(ctx context.Context, m theory.Theorem3, delta float64, c Config) (Result, error) {
	return conduct(ctx, c, Theorem3Mutations(), cmp.Or(m.Validate(), m.ValidateDelta(delta), c.literalCost(float64(m.D)*(float64(m.NPos)+float64(m.NNeg)+1))),
		func(c Config) sampled { return newTheorem3Run(m, delta, c) })
}

// theorem3Run is a run's sampler and what it is compared with.
type theorem3Run struct {
	c     Config
	model theory.Theorem3
	delta float64

	exact        theory.LogProb // expected error
	eventFailure theory.LogProb // exact probability of leaving the event
	overExact    theory.LogProb // exact probability that err(B) exceeds the bound
	bound        theory.LogProb // on the error; mutated if the mutation is of it
	allowed      theory.LogProb // claimed bound on the probability of failure, likewise
	rate         int            // factor of the exponents of the bound: 1, or what the mutation makes it
	unchanged    string         // why the mutation changes nothing here

	errors           curve     // err(B) of the true model
	pos, neg, fresh  chiSquare // sums of the classes' ‖x‖²/σ₁² and a fresh point's, at variance 1
	varPos, varNeg   float64   // of the drawn data
	weightA, weightC float64   // B = weightA·A + weightC·C with the drawn A and C
	flip             bool      // the rule is inverted
	k1, k2, sigma1Sq float64   // of the literal sampler, whose law does not depend on them

	rare      bool // whether the error is rare
	tilts     [2]theory.Tilted3
	weighted  [2]curve // their parts of err(B), weighted and divided by exp(top)
	top       float64  // ln of a bound on a trial's err(B), weighted if rare
	rareEvent bool
	tails     []tiltedTail
	tailSum   theory.LogProb // exact sum of the tails' probabilities
	borders   [2]curve       // err(B) of training sets at the event's borders
	eventTop  float64        // ln of a bound on a trial's weighted event failures
}

func newTheorem3Run(m theory.Theorem3, delta float64, c Config) *theorem3Run {
	r := &theorem3Run{
		c: c, model: m, delta: delta,
		exact: m.ExpectedError(), eventFailure: m.EventFailure(delta),
		bound: m.PrintedErrorBound(delta), allowed: m.PrintedFailure(delta),
		rate: 1, varPos: 1, varNeg: m.Beta, weightA: 0.5, weightC: 0.5,
		k1: 2.5, k2: 0.75, sigma1Sq: 1.69,
		top: math.Log(math.Max(m.PPos, 1-m.PPos)),
	}
	r.mutate()
	r.overExact = m.BoundFailure(r.bound)
	r.errors = errorCurve(m)
	if c.Sampler == Collapsed {
		d := float64(m.D)
		r.pos, r.neg, r.fresh = newChiSquare(d*float64(m.NPos)), newChiSquare(d*float64(m.NNeg)), newChiSquare(d)
	}
	if c.tooRare(r.exact, Theorem3Mutations()) {
		r.rare, r.tilts = true, m.Tilts()
		r.top = theory.LogAddExp(r.tilts[0].LogBound, r.tilts[1].LogBound)
		for i, w := range r.tilts {
			r.weighted[i] = r.weightedError(w)
		}
	}
	if c.tooRare(r.eventFailure, Theorem3Mutations()) {
		r.rareEvent = true
		r.tails = r.eventTails()
		for i := range r.borders {
			r.borders[i] = r.borderError(r.tails[i].border)
		}
		// The sum of the tails counts leaving by both classes twice.
		d := float64(m.D)
		r.tailSum = theory.LogProb(theory.LogAddExp(
			float64(theory.ConcentrationFailure(d*float64(m.NPos), delta)), float64(theory.ConcentrationFailure(d*float64(m.NNeg), delta))))
		r.eventTop = math.Inf(-1)
		for _, t := range r.tails {
			r.eventTop = theory.LogAddExp(r.eventTop, t.logBound)
		}
	}
	return r
}

// mutate applies the configured mutation to the run.
func (r *theorem3Run) mutate() {
	m := r.model
	unclaimed := ""
	if !m.Covered() {
		unclaimed = "nothing is claimed where p₊ > 1/2 or β ≤ 3"
	}
	switch r.c.Mutation {
	case "rate-8":
		r.rate, r.unchanged = 4, unclaimed
		r.bound = r.boundAt(r.delta)
	case "concentration-2":
		r.allowed, r.unchanged = m.PrintedFailure(2*r.delta), unclaimed // m(2δ)²/8 is mδ²/2
	case "pooled-threshold":
		n := float64(m.NPos) + float64(m.NNeg)
		r.weightA, r.weightC = float64(m.NPos)/n, float64(m.NNeg)/n
		if m.NPos == m.NNeg {
			r.unchanged = "both classes have as many points, so both thresholds are the same"
		}
	case "flip-sign":
		r.flip, r.top = true, 0 // an error of this rule can be 1
	case "swap-variances":
		r.varPos, r.varNeg, r.top = m.Beta, 1, 0 // likewise
	}
}

// boundAt returns the error bound at δ, as printed or mutated. All of its exponents
// are multiples of d.
func (r *theorem3Run) boundAt(delta float64) theory.LogProb {
	m := r.model
	m.D *= r.rate
	return m.PrintedErrorBound(delta)
}

// breaks reports whether a rule with this log of its error is above the bound at
// the δ of its own training set. pos and neg are the set's class means divided by
// their expectations.
func (r *theorem3Run) breaks(error theory.LogProb, pos, neg float64) bool {
	own := math.Max(math.Abs(pos-1), math.Abs(neg-1))
	return own < r.model.MaxDelta() && error > r.boundAt(own)+1e-7 // the table's accuracy
}

// tiny is the error below which its log is no longer computed from the error
// itself.
const tiny = 1e-290

// logError returns the log of a rule's error x at threshold b.
func (r *theorem3Run) logError(x, b float64) theory.LogProb {
	if x < tiny && !r.flip && r.varPos == 1 { // only the true rule has such errors
		return theory.LogProb(r.errors.log(b))
	}
	return theory.LogProb(math.Log(x))
}

func (r *theorem3Run) experiment() experiment {
	m := r.model
	e := experiment{
		keys:   []any{"theorem3", r.c.Sampler, m.D, m.PPos, m.Beta, m.NPos, m.NNeg, r.delta},
		counts: t3Counts, means: t3Means, asked: r.c.Trials,
	}
	if r.c.Sampler == Literal {
		points := float64(m.NPos) + float64(m.NNeg) + 1
		e.shard = shardFor(int(math.Min(1<<20, points*float64(m.D))))
		e.start = func(src *rand.PCG) func(n int, t *tally) { return r.draw(r.literal(src), src) }
		return e
	}
	if r.rare || r.rareEvent {
		e.keys = append(e.keys, "rare", theory.Flag(r.rare), theory.Flag(r.rareEvent))
	}
	e.shard = shardFor(16)
	e.start = func(src *rand.PCG) func(n int, t *tally) { return r.draw(r.collapsed(src), src) }
	return e
}

// trainingSet is the draw of a trial: the class means of ‖x‖²/σ₁² over the
// positives and the negatives, and the class and ‖x‖²/σ₁² of a fresh point.
type trainingSet struct {
	pos, neg float64
	positive bool
	fresh    float64
}

// collapsed draws training sets by the χ² variables on which the result depends.
func (r *theorem3Run) collapsed(src *rand.PCG) func() trainingSet {
	pos, neg := r.pos.scaled(r.varPos/float64(r.model.NPos)), r.neg.scaled(r.varNeg/float64(r.model.NNeg))
	positives := uint64(math.Min(math.Ldexp(r.model.PPos, 64), math.MaxUint64-2047))
	fresh := [2]chiSquare{r.fresh.scaled(r.varNeg), r.fresh.scaled(r.varPos)}
	return func() trainingSet {
		s := trainingSet{pos: pos.draw(src), neg: neg.draw(src)}
		_, positive := bits.Sub64(src.Uint64(), positives, 0) // 1 where below: no branch to mispredict
		s.positive, s.fresh = positive == 1, fresh[positive&1].draw(src)
		return s
	}
}

// literal draws every coordinate of every point and computes the means of Z =
// k₁‖x‖² + k₂.
func (r *theorem3Run) literal(src *rand.PCG) func() trainingSet {
	m, rng, sigma1 := r.model, rand.New(src), math.Sqrt(r.sigma1Sq)
	feature := func(variance float64) float64 {
		sd, sum := sigma1*math.Sqrt(variance), 0.0
		for range m.D {
			x := sd * rng.NormFloat64()
			sum += float64(x * x)
		}
		return float64(r.k1*sum) + r.k2
	}
	mean := func(n int, variance float64) float64 {
		sum := 0.0
		for range n {
			sum += feature(variance)
		}
		return sum / float64(n)
	}
	unit := func(z float64) float64 { return (z - r.k2) / (r.k1 * r.sigma1Sq) }
	return func() trainingSet {
		s := trainingSet{pos: unit(mean(m.NPos, r.varPos)), neg: unit(mean(m.NNeg, r.varNeg)), positive: rng.Float64() < m.PPos}
		if s.positive {
			s.fresh = unit(feature(r.varPos))
		} else {
			s.fresh = unit(feature(r.varNeg))
		}
		return s
	}
}

// draw is an experiment's start. next returns training sets from src.
func (r *theorem3Run) draw(next func() trainingSet, src *rand.PCG) func(n int, t *tally) {
	m, d := r.model, float64(r.model.D)
	scale := math.Exp(-r.top)
	posLo, posHi := d*(1-r.delta), d*(1+r.delta)
	negLo, negHi := m.Beta*posLo, m.Beta*posHi
	bound, leastLog := r.bound.Value(), r.boundAt(0)
	least := leastLog.Value()
	weighted, tailed := r.tiltedError(src), r.tiltedEvent(src)
	return func(n int, t *tally) {
		var wrong, over, outside, broken int64
		var smooth, smooth2, event, event2 float64
		for range n {
			s := next()
			b := float64(r.weightA*s.pos) + float64(r.weightC*s.neg)
			if (s.fresh < b) == r.flip == s.positive {
				wrong++
			}
			if !(s.pos >= posLo && s.pos <= posHi && s.neg >= negLo && s.neg <= negHi) {
				outside++
			}
			x := r.learned(b)
			if x > bound || x < tiny && r.logError(x, b) > r.bound {
				over++
			}
			breaks := (x > least || x < tiny) && r.breaks(r.logError(x, b), s.pos/d, s.neg/(m.Beta*d))
			x *= scale
			if r.rare {
				x = weighted()
			}
			smooth += x
			smooth2 += float64(x * x)
			if r.rareEvent {
				y, sets := tailed()
				event += y
				event2 += float64(y * y)
				for i, v := range sets {
					e := theory.LogProb(r.borders[i].log(d / 2 * (v[0] + float64(m.Beta*v[1]))))
					breaks = breaks || e > leastLog && r.breaks(e, v[0], v[1])
				}
			}
			if breaks {
				broken++
			}
		}
		t.counts[t3Wrong] += wrong
		t.counts[t3Over] += over
		t.counts[t3Outside] += outside
		t.counts[t3Broken] += broken
		t.sums[t3Smooth] += smooth
		t.sums[t3SmoothSquare] += smooth2
		t.sums[t3Event] += event
		t.sums[t3EventSquare] += event2
	}
}

// learned returns the error of the learned rule with threshold b on the drawn data.
func (r *theorem3Run) learned(b float64) float64 {
	e := 0.0
	if r.varPos == 1 {
		e = r.errors.at(b)
	} else {
		// Classes exchanged: error of "+ below b" where positives have variance β.
		d, p := float64(r.model.D), r.model.PPos
		e = float64(p*math.Exp(theory.LogChiSquareTail(d, b/r.varPos))) + float64((1-p)*math.Exp(theory.LogChiSquareCDF(d, b/r.varNeg)))
	}
	if r.flip {
		return 1 - e
	}
	return e
}

// tiltedError returns a function that draws weighted errors of rules, divided by
// exp(top). They lie in [0, 1], and their mean is the expected error divided by
// exp(top).
func (r *theorem3Run) tiltedError(src *rand.PCG) func() float64 {
	pos, neg := r.pos.scaled(0.5/float64(r.model.NPos)), r.neg.scaled(0.5*r.model.Beta/float64(r.model.NNeg))
	return func() float64 {
		x := 0.0
		for i := range r.tilts {
			w := &r.tilts[i]
			if math.IsInf(w.LogBound, -1) {
				continue // a class of prior 0
			}
			x += r.weighted[i].at(float64(w.ScalePos*pos.draw(src)) + float64(w.ScaleNeg*neg.draw(src)))
		}
		return x
	}
}

// weightedError is the contribution of a training set drawn from the tilted law as
// a function of its threshold, over a range that contains nearly all of them.
func (r *theorem3Run) weightedError(w theory.Tilted3) curve {
	m, d := r.model, float64(r.model.D)
	lnPos, lnNeg := math.Log(m.PPos), math.Log1p(-m.PPos)
	pos, neg := w.ScalePos*d/2, w.ScaleNeg*m.Beta*d/2 // the means of the threshold's two parts
	sd := math.Hypot(pos*math.Sqrt(2/(d*float64(m.NPos))), neg*math.Sqrt(2/(d*float64(m.NNeg))))
	mean := pos + neg
	return newCurve(func(b float64) float64 {
		part := lnPos + theory.LogChiSquareTail(d, b)
		if w.Negative {
			part = lnNeg + theory.LogChiSquareCDF(d, b/m.Beta)
		}
		return part + w.LogWeight(b) - r.top
	}, math.Max(mean-8*sd, mean/64), mean+8*sd)
}

// tiltedTail is one of the four ways to leave the event: a class mean of χ²_m/m
// above 1 + δ or below 1 − δ. It is drawn with its mean at the border.
type tiltedTail struct {
	border   float64 // 1 ± δ
	m        float64 // degrees of freedom
	sum      chiSquare
	logBound float64 // Chernoff bound of its probability and of a weighted draw
}

func (r *theorem3Run) eventTails() (out []tiltedTail) {
	dof := [2]float64{float64(r.model.D) * float64(r.model.NPos), float64(r.model.D) * float64(r.model.NNeg)}
	for i, sum := range [2]chiSquare{r.pos, r.neg} {
		for _, border := range [2]float64{1 - r.delta, 1 + r.delta} {
			m := dof[i]
			out = append(out, tiltedTail{border, m, sum, m / 2 * (math.Log(border) - (border - 1))})
		}
	}
	return out
}

// borderError is err(B) over a range that contains nearly all training sets whose
// class means are drawn around border times their expectations.
func (r *theorem3Run) borderError(border float64) curve {
	m, d := r.model, float64(r.model.D)
	sd := math.Hypot(math.Sqrt(2/(d*float64(m.NPos))), m.Beta*math.Sqrt(2/(d*float64(m.NNeg)))) / (1 + m.Beta)
	mean := m.Midpoint() * border
	return newCurve(r.errors.f, mean*math.Max(1-8*sd, 1./64), mean*(1+8*sd))
}

// tiltedEvent returns a function that draws the weighted number of tails in which a
// training set lies, divided by exp(eventTop). Its mean is the sum of the four
// probabilities, which is that of leaving the event plus the product of the
// classes' two. The draws yield two training sets, with both class means near 1 − δ
// and near 1 + δ of their expectations, where the event allows the largest errors.
func (r *theorem3Run) tiltedEvent(src *rand.PCG) func() (weight float64, sets [2][2]float64) {
	draws := make([]chiSquare, len(r.tails))
	for i, t := range r.tails {
		draws[i] = t.sum.scaled(t.border / t.m)
	}
	return func() (x float64, sets [2][2]float64) {
		for i, t := range r.tails {
			v := draws[i].draw(src)
			sets[i%2][i/2] = v
			if (v > t.border) == (t.border > 1) {
				// Density of χ²_m/m at v over that of border·χ²_m/m.
				x += math.Exp(t.logBound - float64(t.m/2*(1-1/t.border)*(v-t.border)) - r.eventTop)
			}
		}
		return x, sets
	}
}
