package setup

import (
	"math"

	"longtail/nn/train"
	"longtail/results"
)

// The paper's settings of both could not be read. Weights, their ramp over the
// first 40 % of the steps, the early decay and squared errors as means over the
// classes are those of Oliver et al. 2018. The late decay and prediction by the
// teacher are the mean teacher's authors'. Xi is larger than the published 1e-6, of
// which nothing is left in float32 (docs/deviations.md).
var (
	vatRamp      = train.Ramp{Weight: .3, Share: .4}
	teacherRamp  = train.Ramp{Weight: 8, Share: .4}
	teacherDecay = train.Decay{Early: .95, Late: .999}
)

const vatXi = 1e-3

// VATEpsilon returns the length of VAT's perturbation of a normalized image: 6 for
// CIFAR's 32×32 pixels, and as much per pixel for other sizes. Oliver et al. use 1
// on SVHN.
func VATEpsilon(height, width int) float64 {
	return 6 * math.Sqrt(float64(height*width)/(32*32))
}

// sslViews returns how many views of its images a batch has; 1 unless SSL is a mean
// teacher.
func sslViews(ssl string) int {
	if ssl == results.SSLMeanTeacher {
		return 2
	}
	return 1
}
