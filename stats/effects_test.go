package stats

import (
	"math"
	"testing"
)

var nan = math.NaN()

func TestMeanEffect(t *testing.T) {
	// Mean 1.2, sd 0.8: half-width 4.302653·0.8/√3.
	e := MeanEffect([]float64{1.2, 0.4, nan, 2.0}, 0.05)
	if e.N != 3 || math.Abs(e.Mean-1.2) > 1e-12 || math.Abs(e.Low+0.787310) > 1e-5 || math.Abs(e.High-3.187310) > 1e-5 {
		t.Errorf("got %+v", e)
	}
	if e := MeanEffect([]float64{3, 3}, 0.05); e.HasInterval() || e.Mean != 3 || e.N != 2 {
		t.Errorf("equal replicates must have no interval: %+v", e)
	}
	// Nor three of them, on a coarse grid; 1.2 is what rounding leaves of equal gains.
	for _, equal := range [][]float64{{3, 3, 3}, {25.3 - 24.1, 30.1 - 28.9, 1.2, 1.2}} {
		if e := MeanEffect(equal, 0.05); e.HasInterval() || e.N != len(equal) {
			t.Errorf("%v: %+v", equal, e)
		}
		if _, half := Prediction(equal, 0.05); !math.IsNaN(half) {
			t.Errorf("%v predict ±%v", equal, half)
		}
	}
	// Their cells take the block's spread, if that has one, and do not spoil it: with
	// the equal ones in it, Bartlett's test would reject.
	e1 := cellEffects([][]float64{{1, 2, 3}, {0, 2, 1}, {-3, -3, -3}}, []string{"a", "a", "a"}, 0.05)
	for _, e := range e1 {
		if e.DF != 4 || math.Abs(e.SE-1/math.Sqrt(3)) > 1e-12 {
			t.Errorf("beside three equal replicates: %+v", e1)
		}
	}
	if e := cellEffects([][]float64{{1, 2}, {3, 3}, {4, 4}}, []string{"a", "a", "b"}, 0.05); e[1].SE != 0.5 || e[1].DF != 1 || e[2].HasInterval() {
		t.Errorf("equal replicates: %+v", e)
	}
	if e := MeanEffect([]float64{3}, 0.05); e.HasInterval() || e.Mean != 3 {
		t.Errorf("one replicate must have a mean and no interval: %+v", e)
	}
}

func TestPooledEffectIsPairedByReplicate(t *testing.T) {
	// Cells move together from replicate to replicate: as independent values
	// they would look like six; there are two.
	e := PooledEffect([][]float64{{1, 3}, {1.1, 3.1}, {0.9, 2.9}}, 0.05)
	if e.N != 2 || e.DF != 1 || math.Abs(e.Mean-2) > 1e-12 {
		t.Fatalf("got %+v", e)
	}
	if math.Abs((e.High-e.Low)/2-12.7062047) > 1e-5 { // t₁ × √2/√2
		t.Errorf("half-width %v", (e.High-e.Low)/2)
	}
	// A replicate in which a cell is missing does not count; a cell that was
	// never run does not take its neighbors away.
	e = PooledEffect([][]float64{{1, 3, 9}, {1, 3, nan}, {nan, nan, nan}}, 0.05)
	if e.N != 2 || e.Mean != 2 {
		t.Errorf("incomplete replicate: %+v", e)
	}
}

func TestCellEffectsPoolWithinBlocksOnly(t *testing.T) {
	gains := [][]float64{{1, 2, 3}, {4, 5, 6}, {0, 50, 100}, {7}}
	e := cellEffects(gains, []string{"a", "a", "b", "a"}, 0.05)
	if e[0].DF != 4 || math.Abs(e[0].SE-1/math.Sqrt(3)) > 1e-12 {
		t.Errorf("block a: %+v", e[0])
	}
	if e[2].DF != 2 {
		t.Errorf("block b stands alone: %+v", e[2])
	}
	if e[3].HasInterval() || e[3].Mean != 7 {
		t.Errorf("a single replicate must have no interval: %+v", e[3])
	}
	// Bartlett rejects: each on its own.
	e = cellEffects([][]float64{{1, 1.001, 1.002, 1.003}, {0, 10, 20, 30}}, []string{"a", "a"}, 0.05)
	if e[0].DF != 3 || e[0].High-e[0].Low > 0.02 {
		t.Errorf("unequal variances must not be pooled: %+v", e[0])
	}
}

func TestBartlett(t *testing.T) {
	// Four groups: (0 4), (1 2 6), (0 1 3 4 7 9), (2 2 3 3 4). The statistic
	// by fractions is x = 5.37976772652927, its tail on 3 df erfc(√(x/2)) + √(2x/π)·exp(−x/2);
	// SciPy 1.17.1's stats.bartlett says the same.
	if p := bartlett([]int{2, 3, 6, 5}, []float64{8, 7, 12, 0.7}); math.Abs(p-0.146009327115379) > 1e-12 {
		t.Errorf("p = %v", p)
	}
}

func TestHolm(t *testing.T) {
	got := holm([]float64{0.04, nan, 0.001, 0.02}, 0.05)
	want := []float64{0.05, 0.05, 0.05 / 3, 0.025}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-15 {
			t.Errorf("level %d = %v, want %v", i, got[i], want[i])
		}
	}
	// After the first that is not small enough, no later one gets more room.
	got = holm([]float64{0.04, 0.03, 0.04}, 0.05)
	for i, level := range got {
		if level > 0.05/3 {
			t.Errorf("level %d = %v", i, level)
		}
	}
}

func TestPrediction(t *testing.T) {
	// sd 0.8, t(.975, 2) = 4.302653: half-width 4.302653·0.8·√(4/3)
	if mean, half := Prediction([]float64{1.2, 0.4, 2.0}, 0.05); math.Abs(mean-1.2) > 1e-12 || math.Abs(half-3.974620) > 1e-5 {
		t.Errorf("%v ± %v", mean, half)
	}
	if _, half := Prediction([]float64{1}, 0.05); !math.IsNaN(half) {
		t.Errorf("one run predicts nothing: %v", half)
	}
}

func TestSlope(t *testing.T) {
	if s := Slope([]float64{0, 1, 2}, []float64{1, 3, 5}); s != 2 {
		t.Errorf("slope %v", s)
	}
	if s := Slope([]float64{1, 1}, []float64{1, 3}); !math.IsNaN(s) {
		t.Errorf("one level has no slope: %v", s)
	}
}

func TestReplicatesFor(t *testing.T) {
	// t(.975, 4)·1/√5 = 1.2417 > 1.05 ≥ t(.975, 5)·1/√6 = 1.0494
	if n := ReplicatesFor(1, 1.05, 0.05); n != 6 {
		t.Errorf("%d replicates", n)
	}
	if n := ReplicatesFor(nan, 1, 0.05); n != 0 {
		t.Errorf("unknown spread: %d", n)
	}
}
