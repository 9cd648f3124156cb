package dataset

import "math"

// EffectiveBeta is β in the effective number of images (1 − βⁿ)/(1 − β). The released
// program uses this value for every data set.
const EffectiveBeta = 0.9999

// EffectiveShares returns the probability with which batches.Resampled draws each class of a
// set with these counts: n_c·w_c over its sum, with w_c = (1 − β)/(1 − β^n_c). It is
// 0 for a class without images.
func EffectiveShares(counts []int) []float64 {
	shares, sum := make([]float64, len(counts)), 0.0
	for c, n := range counts {
		if n > 0 {
			shares[c] = float64(n) * (1 - EffectiveBeta) / (1 - math.Pow(EffectiveBeta, float64(n)))
			sum += shares[c]
		}
	}
	for c := range shares {
		shares[c] /= sum
	}
	return shares
}

// BalancedWeights returns the class-balanced weights of a loss (Cui et al. 2019): one
// over the effective number of each class's images, scaled to mean 1 as in the
// released program. A class without images has weight 0 and does not enter the mean.
func BalancedWeights(counts []int) []float64 {
	beta := EffectiveBeta // a variable: its 1 − β is rounded, unlike that of EffectiveShares; results depend on the bits of both
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
