package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// world is how simulated gains scatter about the truth.
type world struct {
	name       string
	sd         []float64 // of the residual, block after block and round again
	cells      int       // in a block
	heavy      bool      // residuals of Student's t on 3 degrees of freedom, else normal
	within     bool      // the cells of a block differ as the blocks do
	replicates int
	step       float64 // of the grid on which gains lie; 0: there is none
	shared     bool    // the cells of a block are held against the same run
}

// The scatter of a gain at paper scale is some half a point; blocks differ by a
// factor of three. What is common to a replicate has half the residual's
// standard deviation.
func worlds() []world {
	var all []world
	for _, replicates := range []int{2, 3, 5} {
		for _, heavy := range []bool{false, true} {
			name := fmt.Sprintf("%d replicates, normal", replicates)
			if heavy {
				name = fmt.Sprintf("%d replicates, heavy tails", replicates)
			}
			all = append(all, world{name: name, sd: []float64{0.3, 0.6, 0.9}, cells: 4, heavy: heavy, replicates: replicates})
		}
	}
	for _, replicates := range []int{2, 3} { // the narrowest block scatters by two steps
		all = append(all, world{name: fmt.Sprintf("%d replicates, on a grid", replicates), sd: []float64{0.3, 0.6, 0.9}, cells: 4, replicates: replicates, step: 0.15})
	}
	for _, replicates := range []int{2, 3, 5} {
		all = append(all, world{name: fmt.Sprintf("%d replicates, a block over one base", replicates), sd: []float64{0.3, 0.6, 0.9}, cells: 4, replicates: replicates, shared: true})
	}
	return all
}

func (w world) residual(r *rand.Rand) float64 {
	z := r.NormFloat64()
	if !w.heavy {
		return z
	}
	// t on 3 degrees of freedom has variance 3.
	a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
	return z / math.Sqrt(a*a+b*b+c*c)
}

func (w world) spread(c int) float64 {
	if w.within {
		return w.sd[c%len(w.sd)]
	}
	return w.sd[c/w.cells%len(w.sd)]
}

var names = func() (all [100]string) {
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}()

// draw simulates a table with the given true gains.
func (w world) draw(r *rand.Rand, truth []float64) []Cell {
	cells := make([]Cell, len(truth))
	for c := range cells {
		cells[c] = Cell{Name: names[c], Block: names[c/w.cells], Gains: make([]float64, w.replicates)}
	}
	for k := range w.replicates {
		common, base := 0.5*r.NormFloat64(), 0.0
		for c := range cells {
			residual := w.residual(r)
			if w.shared {
				if c%w.cells == 0 {
					base = w.residual(r)
				}
				residual = (base - residual) / math.Sqrt2
			}
			gain := truth[c] + w.spread(c)*(common+residual)
			if w.step > 0 {
				gain = w.step * math.Round(gain/w.step)
			}
			cells[c].Gains[k] = gain
		}
	}
	return cells
}

// truth is what the gains really are, and which words about them are wrong.
type truth struct {
	name  string
	gains func(cells int) []float64
	wrong []Word
}

func each(f func(c int) float64) func(int) []float64 {
	return func(cells int) []float64 {
		g := make([]float64, cells)
		for c := range g {
			g[c] = f(c)
		}
		return g
	}
}

var truths = []truth{
	{"no cell gains", each(func(int) float64 { return 0 }), []Word{Seen, SeenOnAverage, Reversed, ReversedInPlaces}},
	{"half a point in every cell", each(func(int) float64 { return 0.5 }), []Word{TooSmall, Reversed, ReversedInPlaces}},
	{"half a point lost in every cell", each(func(int) float64 { return -0.5 }), []Word{TooSmall, Seen, SeenOnAverage}},
	{"all but one cell gain much", each(func(c int) float64 {
		if c == 0 {
			return 0
		}
		return 6
	}), []Word{TooSmall, Seen, Reversed, ReversedInPlaces}},
	{"two points to and fro", each(func(c int) float64 { return float64(2 - c%2*4) }), []Word{TooSmall, Seen, SeenOnAverage, Reversed}},
}

// tables is how many tables a calibration draws: few, or as many as the
// smallest level needs.
func tables(few int, alpha float64) int {
	switch {
	case os.Getenv("LONGTAIL_SOAK") != "1":
		return few
	case alpha == smallest:
		return 100_000
	}
	return 20_000
}

// smallest is the level of the first of ten claims in Holm's correction.
const smallest = 0.05 / 10

// exceeds reports whether so many wrong words cannot be chance at a rate of
// alpha: one test in 10,000 says so by mistake.
func exceeds(wrong, tables int, alpha float64) bool {
	low, _ := ClopperPearson(int64(wrong), int64(tables), 2e-4)
	return low > alpha
}

// wrongWords holds n tables, of each of which wrong draws and judges one, to a rate of
// alpha.
func wrongWords(t *testing.T, what string, n int, alpha float64, wrong func() bool) {
	t.Helper()
	count := 0
	for range n {
		if wrong() {
			count++
		}
	}
	if exceeds(count, n, alpha) {
		t.Errorf("level %g, %s: %d wrong words in %d tables", alpha, what, count, n)
	}
	t.Logf("level %g, %s: %.4f", alpha, what, float64(count)/float64(n))
}

// Wrong words have at most the probability that is put up with.
func TestWrongWords(t *testing.T) {
	for _, alpha := range []float64{0.05, smallest} {
		for i, w := range worlds() {
			for j, truth := range truths {
				// 48 cells as in Table 1, and 8.
				for _, cells := range []int{48, 8} {
					n := tables(300, alpha)
					if cells == 8 {
						n = tables(1000, alpha)
					}
					r := rand.New(rand.NewPCG(uint64(i), uint64(100*j+cells)))
					gains := truth.gains(cells)
					wrongWords(t, fmt.Sprintf("%s, %s, %d cells", w.name, truth.name, cells), n, alpha, func() bool {
						return slices.Contains(truth.wrong, All(w.draw(r, gains), alpha).Word)
					})
				}
			}
		}
	}
}

// Within a block spreads may differ by a half, the cell that does not gain being
// the widest: wrong "seen" stays at 5 % (at 0.5 % it is 1 %, which is not asserted).
// With threefold spreads it reaches 6 %, which is why a block holds one ρ.
func TestWrongWordsWithinABlock(t *testing.T) {
	for i, w := range worlds() {
		w.within, w.sd = true, []float64{0.6, 0.5, 0.4}
		r := rand.New(rand.NewPCG(uint64(i), 3))
		gains := truths[3].gains(8)
		wrongWords(t, w.name, tables(1000, 0.05), 0.05, func() bool {
			return slices.Contains(truths[3].wrong, All(w.draw(r, gains), 0.05).Word)
		})
	}
}

// lines turns a table whose cells are, line by line, gains at three values of
// ln ρ into the slopes of the lines.
func lines(cells []Cell) []Line {
	x := []float64{math.Log(10), math.Log(50), math.Log(100)}
	var all []Line
	for c := 0; c < len(cells); c += 3 {
		l := Line{Name: names[c], Range: math.Log(10), Run: 3, Over: 3, Cells: 3}
		for r := range cells[c].Gains {
			y := []float64{cells[c].Gains[r], cells[c+1].Gains[r], cells[c+2].Gains[r]}
			l.Slopes = append(l.Slopes, Slope(x, y))
		}
		all = append(all, l)
	}
	return all
}

func TestWrongWordsOfTrends(t *testing.T) {
	slope := func(s func(line int) float64) func(int) []float64 {
		return each(func(c int) float64 { return s(c/3) * []float64{math.Log(10), math.Log(50), math.Log(100)}[c%3] })
	}
	for i, w := range worlds() {
		for j, truth := range []truth{
			{"no slope", slope(func(int) float64 { return 0 }), []Word{Seen, SeenOnAverage, Reversed}},
			{"slopes to and fro", slope(func(l int) float64 { return float64(1 - l%2*2) }), []Word{TooSmall, Seen, SeenOnAverage, Reversed}},
			{"half a point over the range", slope(func(int) float64 { return 0.5 / math.Log(10) }), []Word{TooSmall, Reversed}},
		} {
			for _, alpha := range []float64{0.05, smallest} {
				r := rand.New(rand.NewPCG(uint64(i), uint64(1000+j)))
				gains := truth.gains(48)
				wrongWords(t, w.name+", "+truth.name, tables(300, alpha), alpha, func() bool {
					return slices.Contains(truth.wrong, Trend(lines(w.draw(r, gains)), alpha).Word)
				})
			}
		}
	}
}

// A crossing and the two levels that stand in for it.
func TestWrongWordsOfCrossings(t *testing.T) {
	x := []float64{0, 20, 40, 60, 80, 100}
	for i, w := range worlds() {
		for j, truth := range []struct {
			name       string
			gain       func(x float64) float64
			wrong      []Word // of Cross with 60 in print
			wrongShort []Word // of Bracket at 60 and 0
		}{
			{"crosses at 81", func(x float64) float64 { return (x - 81) / 40 }, []Word{Seen}, []Word{Seen, TooSmall}},
			{"crosses at 79", func(x float64) float64 { return (x - 79) / 40 }, []Word{Reversed}, []Word{Seen, TooSmall}},
			{"crosses at 39", func(x float64) float64 { return (x - 39) / 20 }, []Word{Seen}, []Word{Reversed, ReversedInPlaces, TooSmall}},
			{"nothing at 0, half a point at 60", func(x float64) float64 { return x / 120 }, []Word{Seen}, []Word{Reversed, ReversedInPlaces, TooSmall}},
			{"half a point at 0, none at 60", func(x float64) float64 { return 0.5 - x/120 }, []Word{Seen}, []Word{Seen, Reversed, ReversedInPlaces}},
			{"half a point at all levels", func(float64) float64 { return 0.5 }, []Word{Seen}, []Word{Seen, TooSmall, Reversed, ReversedInPlaces}},
		} {
			for _, alpha := range []float64{0.05, smallest} {
				gains := each(func(k int) float64 { return truth.gain(x[k]) })(len(x))
				what, n := w.name+", "+truth.name, tables(300, alpha)
				r := rand.New(rand.NewPCG(uint64(i), uint64(2000+j)))
				wrongWords(t, what, n, alpha, func() bool {
					c := Curve{X: x, Rising: true, Print: 60}
					_, c.Gains, _ = columns(w.draw(r, gains))
					return slices.Contains(truth.wrong, Cross(c, alpha).Word)
				})
				r = rand.New(rand.NewPCG(uint64(i), uint64(2000+j))) // the same tables
				wrongWords(t, what+", two levels", n, alpha, func() bool {
					cells := w.draw(r, gains)
					return slices.Contains(truth.wrongShort, Bracket(cells[3], cells[0], alpha).Word)
				})
			}
		}
	}
}

// A failed run leaves no other word than not settled, and is named.
func TestFailedRunDecidesNothing(t *testing.T) {
	w := worlds()[4]
	r := rand.New(rand.NewPCG(9, 9))
	truth := each(func(int) float64 { return 6 })(48)
	for range 200 {
		cells := w.draw(r, truth)
		c, k := r.IntN(len(cells)), r.IntN(w.replicates)
		cells[c].Gains[k] = math.NaN()
		cells[c].Failed = []int{k}
		v := All(cells, 0.05)
		if want := fmt.Sprintf("%d, replicate %d", c, k); v.Word != NotSettled || len(v.Failed) != 1 || v.Failed[0] != want {
			t.Fatalf("%s, failed %q, want %s", v.Word, v.Failed, want)
		}
	}
}

// Printed gains: Table 1's of D_U@5x, CIFAR-10-LT CE, LDAM-DRW, SVHN-LT CE,
// LDAM-DRW, within each ρ = 100, 50, 10, within each ρ_U = 1, ρ/2, ρ, 2ρ; and
// Table 2's of SSP over the same rule, CIFAR-10-LT, CIFAR-100-LT, within each
// ρ = 100, 50, 10, within each CB-CE, CB-Focal, CE-DRW, LDAM-DRW.
var (
	printedDU = []float64{
		12.16, 11.22, 10.90, 9.58, 8.40, 8.31, 6.83, 5.25, 3.39, 3.13, 2.75, 2.57,
		8.01, 7.79, 7.64, 7.42, 4.73, 4.36, 4.13, 3.82, 3.12, 3.60, 3.16, 2.87,
		6.96, 6.25, 5.33, 4.94, 4.43, 4.14, 4.34, 2.96, 1.45, 1.26, 1.40, 0.75,
		5.34, 4.96, 4.74, 3.88, 3.61, 3.45, 3.33, 3.08, 1.33, 1.19, 1.57, 0.92,
	}
	printedSSP = []float64{
		4.16, 2.53, 1.90, 0.80, 2.35, 1.99, 1.17, 1.19, 1.66, 1.15, 0.91, 0.37,
		4.50, 3.37, 2.28, 1.39, 2.54, 1.71, 1.74, 0.96, 0.94, 0.85, 2.01, 0.20,
	}
)

// byRho puts cells in the order of Table 1 (group, within it ρ = 100, 50, 10,
// within it four values of ρ_U) into lines of ρ = 10, 50, 100.
func byRho(cells []Cell) []Line {
	var order []Cell
	for group := range len(cells) / 12 {
		for rank := range 4 {
			for _, rho := range []int{2, 1, 0} {
				order = append(order, cells[12*group+4*rho+rank])
			}
		}
	}
	return lines(order)
}

// The procedure must be able to say yes: with five replicates and the printed
// effects, S1, S4 and P1 on average get their word in at least 80 % of tables,
// each corrected by Holm among nine primary claims, of which S1 against both
// baselines, S4, P1 and P3 are as printed and the other four are not so at all.
// Gains scatter more the fewer the tail images: by 0.9, 0.6 and 0.3 points at
// ρ = 100, 50, 10.
func TestWordsHavePower(t *testing.T) {
	w := world{sd: []float64{0.9, 0.6, 0.3}, cells: 4, replicates: 5}
	r := rand.New(rand.NewPCG(5, 6))
	names := []string{"S1", "S1 against equal steps", "S4", "P1", "P3"}
	yes := make([]int, len(names))
	n := tables(100, 0.05)
	null := make([]float64, 12)
	for range n {
		du, equal, ssp := w.draw(r, printedDU), w.draw(r, printedDU), w.draw(r, printedSSP)
		claims := []func(alpha float64) Decision{
			func(alpha float64) Decision { return All(du, alpha) },
			func(alpha float64) Decision { return All(equal, alpha) },
			func(alpha float64) Decision { return Trend(byRho(du), alpha) },
			func(alpha float64) Decision { return All(ssp, alpha) },
			func(alpha float64) Decision { return Trend(byRho(ssp), alpha) },
		}
		for range 4 {
			cells := w.draw(r, null)
			claims = append(claims, func(alpha float64) Decision { return All(cells, alpha) })
		}
		for i, level := range Levels(claims, 0.05)[:len(names)] {
			word := claims[i](level).Word
			if word == Seen || i >= 3 && word == SeenOnAverage {
				yes[i]++
			}
		}
	}
	for i, name := range names {
		t.Logf("%s gets its word in %d of %d tables", name, yes[i], n)
		if yes[i] < n*8/10 && i != 1 && i != 4 {
			t.Errorf("%s: less than 80 %%", name)
		}
	}
}

// Of ten comparisons read together, nine of which gain just what does not matter and one
// nothing, first words are wrong in 5 % of the tables at most, any word in less than twice
// that.
func TestWrongWordsOfAFamily(t *testing.T) {
	const alpha = 0.05
	n := tables(2000, alpha)
	r := rand.New(rand.NewPCG(11, 3))
	first, anyWord := 0, 0
	for range n {
		gains := make([][]float64, 10)
		rules := make([]func(float64) Decision, len(gains))
		for i := range gains {
			truth, sd := Margin, 0.045
			if i == 9 {
				truth, sd = 0, 3
			}
			for range 5 {
				gains[i] = append(gains[i], truth+sd*r.NormFloat64())
			}
			rules[i] = func(alpha float64) Decision { return Difference(gains[i], alpha) }
		}
		levels := Levels(rules, alpha)
		wrongFirst, wrong := false, false
		for i, rule := range rules {
			switch word := rule(levels[i]).Word; {
			case i == 9:
				wrongFirst = word == Seen || word == Reversed
			case i < 9 && word != Seen && word.Settled():
				wrong = true
			}
		}
		if wrongFirst {
			first++
		}
		if wrong || wrongFirst {
			anyWord++
		}
	}
	t.Logf("%d tables: a wrong first word in %d, any in %d", n, first, anyWord)
	if exceeds(first, n, alpha) || exceeds(anyWord, n, 2*alpha) {
		t.Errorf("%d tables: a wrong first word in %d, any in %d", n, first, anyWord)
	}
	if anyWord == first {
		t.Error("no later word was wrong: this tells nothing of them")
	}
}
