package theory_test

import (
	"fmt"

	"longtail/theory"
)

// 500 points of either pseudo-label, labeled with precisions 0.9 and 0.7.
func ExampleTheorem1() {
	m := theory.Theorem1{Mu1: 1, Mu2: -1, Sigma: 1, P: 0.9, Q: 0.7, NPos: 500, NNeg: 500}
	if err := m.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("exact   %.4g\n", m.FailureProbability(0.2).Value())
	fmt.Printf("printed %.4g\n", m.PrintedBound(0.2).Sum)
	fmt.Printf("sharper %.4g\n", m.SharpBound(0.2).SubGaussian.Value())
	fmt.Printf("off the true midpoint by more than 0.2: %.4g\n", m.MissTargetProbability(0.2).Value())
	// Output:
	// exact   5.728e-07
	// printed 0.2637
	// sharper 9.08e-05
	// off the true midpoint by more than 0.2: 0.4999
}

// What one usually knows of a labeler are its recalls; Theorem 1 is about its
// precisions, and those move with the unlabeled data.
func ExamplePrecisions() {
	for _, prior := range []float64{0.5, 0.01} {
		p, q, called := theory.Precisions(0.7, 0.95, prior)
		fmt.Printf("%g positive: p = %.3f, q = %.3f, %.1f %% called positive\n", prior, p, q, 100*called)
	}
	// Output:
	// 0.5 positive: p = 0.933, q = 0.760, 37.5 % called positive
	// 0.01 positive: p = 0.124, q = 0.997, 5.7 % called positive
}
