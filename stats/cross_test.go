package stats

import (
	"math"
	"testing"
)

// A straight line with a common scatter of its height: the interval is the
// textbook Fieller interval of −a/b, here with slope known exactly (no scatter
// of b), so x* ± t·sd/√R/b.
func TestCrossOnALine(t *testing.T) {
	x := []float64{0, 20, 40, 60, 80, 100}
	height := []float64{-0.1, 0.1, 0}
	c := Curve{Name: "line", X: x, Rising: true, Print: 60, Gains: make([][]float64, len(x))}
	for i := range x {
		for _, h := range height {
			c.Gains[i] = append(c.Gains[i], 0.1*(x[i]-55)+h)
		}
	}
	v := Cross(c, 0.05)
	half := 4.302652729749464 * 0.1 / math.Sqrt(3) / 0.1 // in units of x
	if math.Abs(v.Cross.Mean-55) > 1e-9 || math.Abs(v.Cross.Low-(55-half)) > 1e-9 || math.Abs(v.Cross.High-(55+half)) > 1e-9 {
		t.Errorf("crossing %+v, want 55 ± %v", v.Cross, half)
	}
	if v.Word != Seen || v.Run != 6 || v.Cells != 6 {
		t.Errorf("%+v", v)
	}
}

func TestCrossWords(t *testing.T) {
	x := []float64{1, 25, 50, 75, 100}
	at := func(mean ...float64) [][]float64 { // three replicates that scatter by 0.1
		g := make([][]float64, len(mean))
		for i, m := range mean {
			g[i] = []float64{m - 0.1, m + 0.1, m}
		}
		return g
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		reason    string
		gains     [][]float64
		print     float64
		word      Word
		low, high float64 // to a unit of x
	}{
		{"falls through 0 near print", at(3, 2, 0.3, -1, -2), 50, Seen, 51, 60.5},
		{"falls through 0 far below print", at(3, -2, -3, -4, -5), 50, Reversed, 15, 17},
		{"between two levels away", at(4, 3, 2, 1, -3), 50, Reversed, 80, 83},
		{"helps at every level", at(3, 3, 2, 2, 1), 50, Reversed, inf, inf},
		{"helps at none", at(-3, -3, -2, -2, -1), 50, Reversed, -inf, -inf},
		{"the last level is not clear", at(3, 2, 1, 0.1, 0.1), 50, NotSettled, 71, inf},
		{"clear beyond print, not at the end", at(3, 2, 1, 0.4, 0.1), 50, Reversed, 88, inf},
		{"rises instead of falling", at(-3, -2, -1, 1, 2), 50, Reversed, 59, 66},
		{"flat", at(0, 0, 0, 0, 0), 50, NotSettled, -inf, inf},
	} {
		v := Cross(Curve{Name: "c", X: x, Gains: c.gains, Print: c.print}, 0.05)
		if v.Word != c.word || !near(v.Cross.Low, c.low, 1) || !near(v.Cross.High, c.high, 1) {
			t.Errorf("%s: %s, %+v, want %s [%v, %v]", c.reason, v.Word, v.Cross, c.word, c.low, c.high)
		}
	}
	v := Cross(Curve{Name: "c", X: x, Gains: append(at(3, 2, 1, -1), nil), Print: 50}, 0.05)
	if v.Word != NotSettled || v.Run != 4 {
		t.Errorf("a level is not run: %+v", v)
	}
	equal := at(3, 2, 0.3, -1, -2)
	for i := range equal {
		equal[i] = equal[i][:2]
	}
	equal[1] = []float64{2, 2}
	v = Cross(Curve{Name: "c", X: x, Gains: equal, Print: 50}, 0.05)
	if v.Word != NotSettled || v.Cross.HasInterval() {
		t.Errorf("equal gains at a level: %+v", v)
	}
	v = Cross(Curve{Name: "c", X: x, Gains: make([][]float64, 5), Print: 50}, 0.05)
	if v.Word != NotRun {
		t.Errorf("nothing is run: %+v", v)
	}
	v = Cross(Curve{Name: "c", X: x, Gains: at(3, 2, 0.3, -1, -2), Print: 50, Failed: []int{3}}, 0.05)
	if v.Word != NotSettled || len(v.Failed) != 1 {
		t.Errorf("a failed level is named and decides nothing: %+v", v)
	}
}

func near(a, b, within float64) bool { return a == b || math.Abs(a-b) <= within }

func TestBracketWords(t *testing.T) {
	cell := func(gains ...float64) Cell { return Cell{Name: "c", Gains: gains} }
	for _, c := range []struct {
		reason      string
		helps, idle Cell
		want        Word
	}{
		{"nothing run", cell(), cell(), NotRun},
		{"one replicate", cell(3), cell(-1), NotSettled},
		{"helps above, hurts below", cell(3, 3.1, 2.9), cell(-1, -1.1, -0.9), Seen},
		{"helps above, does nothing below", cell(3, 3.1, 2.9), cell(0.1, 0, -0.1), Seen},
		{"helps below as well", cell(3, 3.1, 2.9), cell(2, 2.1, 1.9), ReversedInPlaces},
		{"helps below, hurts above", cell(-3, -3.1, -2.9), cell(2, 2.1, 1.9), Reversed},
		{"hurts above", cell(-3, -3.1, -2.9), cell(-1, -1.1, -0.9), ReversedInPlaces},
		{"hurts above, nothing known below", cell(-3, -3.1, -2.9), cell(), Reversed},
		{"next to nothing above, hurts below", cell(-0.1, -0.11, -0.09), cell(-1, -1.1, -0.9), ReversedInPlaces},
		{"nothing anywhere", cell(0.01, -0.01, 0), cell(0.02, 0, -0.01), TooSmall},
		{"hurts above, below run once", cell(-5, -5.2), cell(-5.8), Reversed},
		{"helps above, below run once", cell(3, 3.1, 2.9), cell(-5.8), NotSettled},
		{"below unknown", cell(3, 3.1, 2.9), cell(), NotSettled},
		{"failed", Cell{Name: "c", Gains: []float64{3, 3.1, 2.9}, Failed: []int{3}}, cell(-1, -1.1, -0.9), NotSettled},
	} {
		if v := Bracket(c.helps, c.idle, 0.05); v.Word != c.want {
			t.Errorf("%s: %s, want %s", c.reason, v.Word, c.want)
		}
	}
}
