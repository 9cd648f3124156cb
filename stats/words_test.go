package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// covered gives a decision's words and how much of the claim they cover.
func covered(v Decision) string { return fmt.Sprintf("%s; %d of %d cells run", v, v.Run, v.Cells) }

func TestAllWords(t *testing.T) {
	cell := func(gains ...float64) Cell { return Cell{Name: "c", Block: "b", Gains: gains} }
	for _, c := range []struct {
		reason string
		cells  []Cell
		want   string
	}{
		{"nothing was run", []Cell{cell(), cell(nan)}, "not run; 0 of 2 cells run"},
		{"one replicate settles nothing", []Cell{cell(9), cell(9)}, "not settled; 2 of 2 cells run"},
		{"every cell clearly gains", []Cell{cell(5, 5.1, 4.9), cell(3, 3.1, 2.9)}, "seen; 2 of 2 cells run"},
		{"a cell is missing, so not every cell was seen", []Cell{cell(5, 5.1, 4.9), cell()}, "seen on average (1 of 1); 1 of 2 cells run"},
		{"one cell is flat, the mean is not", []Cell{cell(9, 9.2, 8.8), cell(-0.05, 0.1, -0.3)}, "seen on average (1 of 2); 2 of 2 cells run"},
		{"one cell clearly loses", []Cell{cell(9, 9.1, 8.9), cell(-3, -3.1, -2.9)}, "reversed in places; 2 of 2 cells run"},
		{"all lose", []Cell{cell(-4, -4.1, -3.9), cell(-3, -3.1, -2.9)}, "reversed; 2 of 2 cells run"},
		{"every cell loses by its own interval, the mean's is wide", []Cell{cell(-3, -3.4), cell(-3, -3.4), cell(-3, -3.4), cell(-3, -3.4)}, "reversed; 4 of 4 cells run"},
		{"differences too small to matter, though their sign is certain", []Cell{cell(0.20, 0.21, 0.19), cell(0.20, 0.19, 0.22)}, "too small to matter; 2 of 2 cells run"},
		{"a cell has one replicate and is not seen", []Cell{cell(5, 5.1, 4.9), cell(4, 4.1, 3.9), cell(1, nan, nan)}, "seen on average (2 of 2); 3 of 3 cells run"},
		{"nor does a first replicate undo anything", []Cell{cell(5, 5.1, 4.9), cell(4, 4.1, 3.9), cell(nan, -9, nan)}, "seen on average (2 of 2); 3 of 3 cells run"},
		{"two equal gains are no certainty", []Cell{cell(4, 4)}, "not settled; 1 of 1 cells run"},
		{"nor are three", []Cell{cell(4, 4, 4)}, "not settled; 1 of 1 cells run"},
		{"a cell of equal gains has its block's spread", []Cell{cell(4, 4, 4), cell(3, 3.1, 2.9)}, "seen; 2 of 2 cells run"},
		{"wide intervals", []Cell{cell(1, -1, 2)}, "not settled; 1 of 1 cells run"},
		{"a failed replicate is never dropped", []Cell{{Name: "c", Gains: []float64{5, 5.1, 4.9}, Failed: []int{3}}}, "not settled; 1 of 1 cells run"},
		{"only failures", []Cell{{Name: "c", Failed: []int{0}}}, "not settled; 0 of 1 cells run"},
	} {
		v := All(c.cells, 0.05)
		if got := covered(v); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
	named := func(name string, gains ...float64) Cell { return Cell{Name: name, Block: "b", Gains: gains} }
	v := All([]Cell{named("clear", 9, 9.1, 8.9), named("loses", -3, -3.1, -2.9), named("flat", -0.05, 0.1, -0.3), named("once", -9, nan, nan)}, 0.05)
	if got := v.Word + ": " + Word(strings.Join(v.Contrary, ",")+"; "+strings.Join(v.Against, ",")); got != "reversed in places: loses; loses,flat" {
		t.Errorf("which cells lose: %q", got)
	}
	if v := Bracket(named("helps", -3, -3.1, -2.9), named("idle", 0.1, 0.2, -0.1), 0.05); v.Word != ReversedInPlaces || strings.Join(v.Contrary, ",") != "helps" {
		t.Errorf("which level contradicts: %s, %q", v.Word, v.Contrary)
	}
	v = All([]Cell{{Name: "CE at ρ=100", Failed: []int{2}}}, 0.05)
	if strings.Join(v.Failed, ";") != "CE at ρ=100, replicate 2" {
		t.Errorf("the failed run must be named: %q", v.Failed)
	}
}

func TestNoWorseWords(t *testing.T) {
	cell := func(gains ...float64) Cell { return Cell{Name: "c", Block: "b", Gains: gains} }
	for _, c := range []struct {
		reason string
		cells  []Cell
		want   string
	}{
		{"a little worse and a little better", []Cell{cell(-0.2, -0.21, -0.18), cell(0.1, 0.12, 0.1)}, "too small to matter; 2 of 2 cells run"},
		{"a little worse and much better", []Cell{cell(-0.2, -0.21, -0.18), cell(3, 3.1, 2.9)}, "seen; 2 of 2 cells run"},
		{"clearly worse by more than the margin", []Cell{cell(-1, -1.1, -0.93), cell(3, 3.1, 2.9)}, "reversed in places; 2 of 2 cells run"},
		{"everywhere", []Cell{cell(-1, -1.1, -0.9), cell(-2, -2.1, -1.95)}, "reversed; 2 of 2 cells run"},
		{"a cell wide about the margin", []Cell{cell(-0.5, 0.5, -1.5), cell(3, 3.1, 2.9)}, "seen on average (1 of 2); 2 of 2 cells run"},
	} {
		if got := covered(NoWorse(c.cells, 0.05)); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}

func TestTrendWords(t *testing.T) {
	line := func(slopes ...float64) Line {
		return Line{Name: "l", Slopes: slopes, Range: 2, Run: 3, Over: 3, Cells: 3}
	}
	for _, c := range []struct {
		reason string
		lines  []Line
		want   string
	}{
		{"nothing was run", []Line{{Cells: 3}}, "not run; 0 of 3 cells run"},
		{"cells of one level only have no slope", []Line{{Run: 1, Cells: 3}}, "not settled; 1 of 3 cells run"},
		{"one replicate", []Line{line(3)}, "not settled; 3 of 3 cells run"},
		{"clear slope", []Line{line(3, 3.1, 2.9), line(1, 1.1, 0.9)}, "seen; 6 of 6 cells run"},
		{"clear slope, a level missing", []Line{{Slopes: []float64{3, 3.1, 2.9}, Range: 2, Run: 2, Over: 2, Cells: 3}}, "seen on average (1 of 1); 2 of 3 cells run"},
		{"opposite slopes whose mean is clear", []Line{line(3, 3.1, 2.9), line(-1, -1.15, -0.9)}, "seen; 6 of 6 cells run"},
		{"clear, but half a point over the whole range", []Line{line(0.1, 0.11, 0.09)}, "too small to matter; 3 of 3 cells run"},
		{"steep lines that cancel are not small", []Line{line(1.55, 1.45, 1.5), line(-1.5, -1.5, -1.525)}, "not settled; 6 of 6 cells run"},
		{"nor are flat ones of which one is not known to be", []Line{line(0, 0.01, -0.01), {Name: "another", Slopes: []float64{0.01, 0.06, -0.04}, Range: 2, Run: 3, Over: 3, Cells: 3}}, "not settled; 6 of 6 cells run"},
		{"clear slope, a line with one", []Line{line(3, 3.1, 2.9), line(nan, 1, nan)}, "seen on average (1 of 1); 6 of 6 cells run"},
		{"clear slope, a level run once", []Line{{Slopes: []float64{3, 3.1, 2.9}, Range: 2, Run: 3, Over: 2, Cells: 3}}, "seen on average (1 of 1); 3 of 3 cells run"},
		{"the sign is that of the slope, not of the change", []Line{{Slopes: []float64{.50, .55, .45}, Range: 5.3, Run: 2, Over: 2, Cells: 2}, {Slopes: []float64{-.60, -.66, -.54}, Range: 3, Run: 2, Over: 2, Cells: 2}},
			"reversed; 4 of 4 cells run"},
		{"equal slopes are no certainty", []Line{line(3, 3)}, "not settled; 3 of 3 cells run"},
		{"the other way", []Line{line(-3, -3.1, -2.9)}, "reversed; 3 of 3 cells run"},
		{"wide", []Line{line(3, -3, 1)}, "not settled; 3 of 3 cells run"},
	} {
		if got := covered(Trend(c.lines, 0.05)); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}

// A word rests on the cells that were run twice, of a trend on the levels of its slopes.
func TestOver(t *testing.T) {
	twice, once := []float64{3, 3.1}, []float64{3, nan}
	for _, c := range []struct {
		what      string
		v         Decision
		run, over int
	}{
		{"cells", All([]Cell{{Gains: twice}, {Gains: once}, {}}, 0.05), 2, 1},
		{"cells run once", All([]Cell{{Gains: once}, {}}, 0.05), 1, 1},
		{"a level run once", Trend([]Line{{Slopes: twice, Range: 2, Run: 3, Over: 2, Cells: 3}}, 0.05), 3, 2},
		{"a line with one slope, one with none", Trend([]Line{{Slopes: twice, Range: 2, Run: 3, Over: 3, Cells: 3}, {Slopes: once, Range: 2, Run: 2, Over: 2, Cells: 3}, {Run: 1, Cells: 3}}, 0.05), 6, 3},
		{"no slope", Trend([]Line{{Run: 1, Cells: 3}}, 0.05), 1, 0},
		{"levels", Cross(Curve{X: []float64{0, 1, 2}, Gains: [][]float64{twice, twice, nil}}, 0.05), 2, 2},
		{"two levels", Bracket(Cell{Gains: twice}, Cell{Gains: twice}, 0.05), 2, 2},
		{"two levels, one run once", Bracket(Cell{Gains: twice}, Cell{Gains: once}, 0.05), 2, 1},
		{"two levels, both run once", Bracket(Cell{Gains: once}, Cell{Gains: once}, 0.05), 2, 2},
	} {
		if c.v.Run != c.run || c.v.Over != c.over {
			t.Errorf("%s: run %d, over %d, want %d and %d", c.what, c.v.Run, c.v.Over, c.run, c.over)
		}
	}
}

// scattered has exactly this mean and standard deviation.
func scattered(n int, mean, sd float64) []float64 {
	values := make([]float64, n)
	far := sd * math.Sqrt(float64(n-1)/float64(n-n%2))
	for i := range values {
		switch {
		case i == n-1 && n%2 == 1:
			values[i] = mean
		default:
			values[i] = mean + far*float64(1-i%2*2)
		}
	}
	return values
}

// Where a word is promised, the rule gives it at so many replicates of the same mean
// and spread, at its own level; where the rule asks for more, none is promised.
func TestNeededKeepsItsPromise(t *testing.T) {
	one := func(rule func([]Cell, float64) Decision, mean, sd float64) func(int, float64) Decision {
		return func(n int, alpha float64) Decision {
			return rule([]Cell{{Block: "b", Gains: scattered(n, mean, sd)}}, alpha)
		}
	}
	for _, c := range []struct {
		why        string
		rule       func(n int, alpha float64) Decision
		n          int
		alpha      float64
		half       float64
		replicates int
		settles    bool
	}{
		{"first to the margin, at a tenth of the level", one(All, .4, .3), 5, .005, .5, 7, false},
		{"t(.9975, 8)·.3/3 = .383", one(All, .4, .3), 8, .005, .4, 9, true},
		{"the mean is on the other side, which takes half the level", one(All, -.4, .3), 5, .05, .4, 6, false},
		{"small, if each of the cells is", func(n int, alpha float64) Decision { // the cells go to and fro by .6
			cells := make([]Cell, 4)
			for i := range cells {
				cells[i] = Cell{Block: "b", Gains: scattered(n, .05, .1)}
				for r := range n {
					cells[i].Gains[r] += .6 * float64(1-i%2*2) * float64(1-r%2*2)
				}
			}
			return All(cells, alpha)
		}, 5, .05, .45, 6, false},
		{"no worse: the edge is half a point below 0", one(NoWorse, -.4, .24), 5, .05, .1, 25, true},
		{"two equal gains", one(All, 3, 0), 2, .05, .5, 0, false},
		{"three equal gains", one(All, 3, 0), 3, .05, .5, 0, false},
		{"far, but more than a thousand", one(All, 7, 100), 3, .05, .5, 1000, false},
		{"the other level is the wider one", func(n int, alpha float64) Decision {
			return Bracket(Cell{Gains: scattered(n, 3, .1)}, Cell{Gains: scattered(n, -1, 2)}, alpha)
		}, 3, .05, .5, 64, false},
		{"lines of other lengths, 0.15 ± 0.2 a unit, −0.1 ± 0.6 in all", func(n int, alpha float64) Decision {
			return Trend([]Line{{Name: "a", Slopes: scattered(n, .5, .3), Range: 2, Run: 2, Over: 2, Cells: 2}, {Name: "b", Slopes: scattered(n, -.2, .1), Range: 6, Run: 2, Over: 2, Cells: 2}}, alpha)
		}, 9, .05, .45, 10, true},
	} {
		v := c.rule(c.n, c.alpha)
		if v.Word.Settled() {
			t.Errorf("%s: it is %q as it is", c.why, v.Word)
		}
		half, n, settles := v.Needed(c.alpha)
		if math.Abs(half-c.half) > 1e-9 || n != c.replicates || settles != c.settles {
			t.Errorf("%s: ±%v by %d replicates, settled: %v; want ±%v by %d, %v", c.why, half, n, settles, c.half, c.replicates, c.settles)
		}
		if settles && !c.rule(n, c.alpha).Word.Settled() {
			t.Errorf("%s: not settled at %d replicates", c.why, n)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		gains []float64
		word  Word
	}{
		{nil, NotRun}, {[]float64{9}, NotSettled}, {[]float64{9, 9}, NotSettled}, // two that are equal are no certainty
		{[]float64{0, 0, 0}, NotSettled}, {[]float64{5, 5, 5}, NotSettled}, // nor are three, of two test images or twenty
		{[]float64{2, 3, 4}, Seen}, {[]float64{-2, -3, -4}, Reversed}, {[]float64{1, 3, 5}, NotSettled},
		{[]float64{0.1, 0.2, 0.15}, TooSmall}, {[]float64{0.2, 0.3, 0.4}, Seen}, {[]float64{0.1, 0.3, 0.5}, NotSettled},
	} {
		if v := Difference(c.gains, 0.05); v.Word != c.word {
			t.Errorf("%v: %q, want %q", c.gains, v.Word, c.word)
		}
	}
	// mean ± t(.975, 2)/√3·s: the word turns where the 95 % interval leaves 0, or enters ±Margin.
	s := math.Sqrt(3) / 4.302652729911275
	for _, c := range []struct {
		mean, sd float64
		word     Word
	}{
		{1, 0.99 * s, Seen}, {1, 1.01 * s, NotSettled},
		{0.1, 0.99 * s * (Margin - 0.1), TooSmall}, {0.1, 1.01 * s * (Margin - 0.1), NotSettled},
		{-0.1, 0.99 * s * (Margin - 0.1), TooSmall}, {-0.1, 1.01 * s * (Margin - 0.1), NotSettled},
	} {
		if v := Difference([]float64{c.mean - c.sd, c.mean, c.mean + c.sd}, 0.05); v.Word != c.word {
			t.Errorf("%v, spread %v: %q, want %q", c.mean, c.sd, v.Word, c.word)
		}
	}
}

// A claim that is settled by one word does not get another one at the level that the
// first has earned; what is settled by that word alone does.
func TestLevelsOfLaterWords(t *testing.T) {
	gains := func(mean, se float64) func(alpha float64) Decision { // of five replicates
		sd := se * math.Sqrt(5)
		return func(alpha float64) Decision {
			return Difference([]float64{mean - math.Sqrt2*sd, mean, mean, mean, mean + math.Sqrt2*sd}, alpha)
		}
	}
	// t(4) is 2.776 at 5 %, 3.495 at 2.5 %: 0.42 is 3.2 standard errors below the margin and 17 above 0.
	clear, small, nothing := gains(5, .025), gains(.42, .025), gains(0, .5/3.2)
	for _, c := range []struct {
		rules []func(alpha float64) Decision
		want  []Word
	}{
		{[]func(alpha float64) Decision{small}, []Word{TooSmall}},
		{[]func(alpha float64) Decision{clear, small}, []Word{Seen, Seen}},
		{[]func(alpha float64) Decision{clear, nil, nothing}, []Word{Seen, "", TooSmall}},
		{[]func(alpha float64) Decision{nothing, nothing}, []Word{NotSettled, NotSettled}},
	} {
		for i, level := range Levels(c.rules, 0.05) {
			if c.rules[i] == nil {
				if level != 0.05 {
					t.Errorf("not tested: %v", level)
				}
			} else if got := c.rules[i](level).Word; got != c.want[i] {
				t.Errorf("%d of %d, at %v: %q, want %q", i, len(c.rules), level, got, c.want[i])
			}
		}
	}
}

// Each word that rests on a single interval turns exactly where the interval's level
// says, which no share of made-up tables tells from twice that level.
func TestLevelsOfWords(t *testing.T) {
	cell := func(mean, errors float64) Cell { // the mean is so many standard errors from 0
		sd := math.Sqrt(3) / errors
		return Cell{Block: "b", Gains: []float64{mean - sd, mean, mean + sd}}
	}
	clear := []Cell{{Block: "a", Gains: []float64{9, 9.1, 8.9}}}
	for _, c := range []struct {
		tail    float64 // of each side
		mean    float64
		beside  []Cell
		in, out Word
	}{
		{.05 / 4, -1, nil, Reversed, NotSettled},                                                     // the mean's, at half of alpha
		{.05 / 8 / 2 / 2, -1, clear, ReversedInPlaces, SeenOnAverage},                                // one cell's of two, at an eighth of alpha over both
		{.4 * .05, 1, clear, Seen, SeenOnAverage},                                                    // one-sided, at 0.4 alpha
		{.05 / 2, 1, []Cell{{Block: "a", Gains: []float64{0, nan, nan}}}, SeenOnAverage, NotSettled}, // the mean's, at alpha
	} {
		quantile := (1 - 2*c.tail) / math.Sqrt(2*c.tail*(1-c.tail)) // Student's, two degrees of freedom
		for _, at := range []struct {
			scale float64
			want  Word
		}{{1.01, c.in}, {.99, c.out}} {
			if got := All(append(c.beside, cell(c.mean, quantile*at.scale)), .05).Word; got != at.want {
				t.Errorf("mean %v, %v standard errors, %v of the quantile: %q, want %q", c.mean, quantile, at.scale, got, at.want)
			}
		}
	}
}

// What a rule settles at a level it settles at twice that level, on which level and
// Holm's correction rest.
func TestMoreRoomSettlesMore(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	gains := func(n int, mean float64) []float64 {
		g, spread := make([]float64, n), math.Exp(r.NormFloat64()-1)
		for i := range g {
			g[i] = mean + spread*r.NormFloat64()
		}
		return g
	}
	var cells [4]Cell
	curve := Curve{X: []float64{0, 20, 40, 60}, Gains: make([][]float64, 4), Print: 20}
	var lines [2]Line
	rules := map[string]func(alpha float64) Word{
		"All":        func(alpha float64) Word { return All(cells[:], alpha).Word },
		"NoWorse":    func(alpha float64) Word { return NoWorse(cells[:], alpha).Word },
		"Difference": func(alpha float64) Word { return Difference(cells[0].Gains, alpha).Word },
		"Trend":      func(alpha float64) Word { return Trend(lines[:], alpha).Word },
		"Cross":      func(alpha float64) Word { return Cross(curve, alpha).Word },
		"Bracket":    func(alpha float64) Word { return Bracket(cells[0], cells[1], alpha).Word },
	}
	settled := map[string]int{} // and not at half the level
	for range 2000 {
		n, height := 2+r.IntN(4), 2*r.NormFloat64()
		for i := range cells {
			cells[i] = Cell{Block: []string{"a", "b"}[i/2], Gains: gains(n, height+r.NormFloat64())}
			curve.Gains[i] = gains(n, float64(3*(i-1))+height)
		}
		for i := range lines {
			lines[i] = Line{Slopes: gains(n, height/4+r.NormFloat64()/4), Range: 2, Run: 3, Over: 3, Cells: 3}
		}
		curve.Rising = r.IntN(4) > 0
		alpha := math.Exp(-1 - 10*r.Float64())
		for name, rule := range rules {
			if was := rule(alpha / 2); was.Settled() && !rule(alpha).Settled() {
				t.Fatalf("%s: %q at %v, %q at twice that; cells %v, lines %v, curve %v", name, was, alpha/2, rule(alpha), cells, lines, curve)
			} else if !was.Settled() && rule(alpha).Settled() {
				settled[name]++
			}
		}
	}
	for name := range rules {
		if settled[name] < 50 {
			t.Errorf("%s: only %d tables turn", name, settled[name])
		}
	}
	t.Log(settled)
}
