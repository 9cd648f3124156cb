package objective

import "math"

// logPriors returns the natural log of each class's share of the training set, from
// its counts. A class without images counts as one, so that its log is finite.
func logPriors(counts []int) []float64 {
	total := 0
	for _, n := range counts {
		total += max(n, 1)
	}
	p := make([]float64, len(counts))
	for c, n := range counts {
		p[c] = math.Log(float64(max(n, 1)) / float64(total))
	}
	return p
}
