package objective

import "math"

// BalancedBeta is β of the effective number of images, (1 − βⁿ)/(1 − β), for
// every data set of the paper.
const BalancedBeta = 0.9999

// BalancedWeights are the class-balanced weights (Cui et al. 2019): one over
// the effective number of each class's images, scaled to mean 1 (paper-spec
// 4.2). A class without an image has weight 0 and does not enter the mean.
func BalancedWeights(counts []int, beta float64) []float64 {
	w, sum, present := make([]float64, len(counts)), 0.0, 0
	for c, n := range counts {
		if n > 0 {
			w[c] = (1 - beta) / (1 - math.Pow(beta, float64(n)))
			sum += w[c]
			present++
		}
	}
	for c := range w {
		w[c] *= float64(present) / sum
	}
	return w
}
