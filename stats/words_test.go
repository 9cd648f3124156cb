package stats

import (
	"math/rand/v2"
	"strings"
	"testing"
)

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
		{"differences too small to matter, though their sign is certain", []Cell{cell(0.20, 0.21, 0.19), cell(0.20, 0.19, 0.21)}, "too small to matter; 2 of 2 cells run"},
		{"wide intervals", []Cell{cell(1, -1, 2)}, "not settled; 1 of 1 cells run"},
		{"a failed replicate is never dropped", []Cell{{Name: "c", Gains: []float64{5, 5.1, 4.9}, Failed: []int{3}}}, "not settled; 1 of 1 cells run"},
		{"only failures", []Cell{{Name: "c", Failed: []int{0}}}, "not settled; 0 of 1 cells run"},
	} {
		v := All(c.cells, 0.05)
		if got := v.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
	v := All([]Cell{{Name: "CE at ρ=100", Failed: []int{2}}}, 0.05)
	if strings.Join(v.Failed, ";") != "CE at ρ=100, replicate 2" {
		t.Errorf("the failed run must be named: %q", v.Failed)
	}
}

func TestTrendWords(t *testing.T) {
	line := func(slopes ...float64) Line { return Line{Name: "l", Slopes: slopes, Range: 2, Run: 3, Cells: 3} }
	for _, c := range []struct {
		reason string
		lines  []Line
		want   string
	}{
		{"nothing was run", []Line{{Cells: 3}}, "not run; 0 of 3 cells run"},
		{"cells of one level only have no slope", []Line{{Run: 1, Cells: 3}}, "not settled; 1 of 3 cells run"},
		{"one replicate", []Line{line(3)}, "not settled; 3 of 3 cells run"},
		{"clear slope", []Line{line(3, 3.1, 2.9), line(1, 1.1, 0.9)}, "seen; 6 of 6 cells run"},
		{"clear slope, a level missing", []Line{{Slopes: []float64{3, 3.1, 2.9}, Range: 2, Run: 2, Cells: 3}}, "seen on average (1 of 1); 2 of 3 cells run"},
		{"opposite slopes whose mean is clear", []Line{line(3, 3.1, 2.9), line(-1, -1.1, -0.9)}, "seen; 6 of 6 cells run"},
		{"clear, but half a point over the whole range", []Line{line(0.1, 0.11, 0.09)}, "too small to matter; 3 of 3 cells run"},
		{"the other way", []Line{line(-3, -3.1, -2.9)}, "reversed; 3 of 3 cells run"},
		{"wide", []Line{line(3, -3, 1)}, "not settled; 3 of 3 cells run"},
	} {
		if got := Trend(c.lines, 0.05).String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}

// simulate draws a table of gains: true effects, a scatter that differs
// between blocks, and a part common to all cells of a replicate with half the
// residual's standard deviation.
func simulate(r *rand.Rand, effect []float64, replicates int) []Cell {
	cells := make([]Cell, len(effect))
	for c := range cells {
		cells[c] = Cell{Block: string(rune('a' + c/4)), Gains: make([]float64, replicates)}
	}
	for k := range replicates {
		common := 0.5 * r.NormFloat64()
		for c := range cells {
			sd := 0.6 + 0.3*float64(c/4%3)
			cells[c].Gains[k] = effect[c] + sd*(common+r.NormFloat64())
		}
	}
	return cells
}

// Wrong words are bounded by α. 2,000 tables: at a true rate of 5 % more than
// 6.6 % are seen with probability 5e−4.
func TestWrongWords(t *testing.T) {
	const tables, alpha = 2000, 0.05
	flat := make([]float64, 12)
	half := make([]float64, 12)
	for c := range half {
		half[c] = 0.5
	}
	for _, c := range []struct {
		name   string
		effect []float64
		wrong  func(Word) bool
	}{
		{"no effect: any word with a direction is wrong", flat, func(w Word) bool {
			return w == Seen || w == SeenOnAverage || w == Reversed || w == ReversedInPlaces
		}},
		{"half a point everywhere: small or reversed is wrong", half, func(w Word) bool {
			return w == TooSmall || w == Reversed || w == ReversedInPlaces
		}},
	} {
		r := rand.New(rand.NewPCG(3, 4))
		wrong := 0
		for range tables {
			if c.wrong(All(simulate(r, c.effect, 4), alpha).Word) {
				wrong++
			}
		}
		if rate := float64(wrong) / tables; rate > 0.066 {
			t.Errorf("%s: %.1f %% wrong words", c.name, 100*rate)
		}
	}
}

// The procedure must be able to say yes: gains of the printed size (Table 1a,
// CE) with five replicates.
func TestWordsHavePower(t *testing.T) {
	printed := []float64{12.16, 11.22, 10.90, 9.58, 8.40, 8.31, 6.83, 5.25, 3.39, 3.13, 2.75, 2.57}
	r := rand.New(rand.NewPCG(5, 6))
	seen := 0
	const tables = 300
	for range tables {
		if All(simulate(r, printed, 5), 0.05).Word == Seen {
			seen++
		}
	}
	if seen < tables*8/10 {
		t.Errorf("seen in %d of %d tables", seen, tables)
	}
}
