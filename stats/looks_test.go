package stats

import "testing"

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		n    int64
		look int
	}{{0, 1}, {1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {8, 4}, {9, 5}} {
		if got := Look(c.n); got != c.look {
			t.Errorf("Look(%d) = %d, want %d", c.n, got, c.look)
		}
	}
	sum := 0.0
	for j := 1; j <= 40; j++ {
		sum += LookLevel(1e-6, j)
	}
	if sum >= 1e-6 {
		t.Errorf("looks spend %g", sum)
	}
}
