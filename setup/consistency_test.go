package setup

import (
	"math"
	"testing"

	"longtail/nn/train"
)

// Source: Oliver et al. 2018, appendix B, as paper-spec 4.6 and 4.8 have it. Runs of a
// test are too short for some of these to show.
func TestPublishedConstants(t *testing.T) {
	if vatRamp != (train.Ramp{Weight: .3, Share: .4}) || teacherRamp != (train.Ramp{Weight: 8, Share: .4}) || teacherDecay != (train.Decay{Early: .95, Late: .999}) {
		t.Errorf("VAT %+v, mean teacher %+v, %+v", vatRamp, teacherRamp, teacherDecay)
	}
	if VATEpsilon(32, 32) != 6 || math.Abs(VATEpsilon(28, 28)-5.25) > 1e-12 || math.Abs(VATEpsilon(64, 16)-6) > 1e-12 {
		t.Errorf("epsilon %v of 32×32, %v of 28×28", VATEpsilon(32, 32), VATEpsilon(28, 28))
	}
	if MoCoRate(256) != .03 || MoCoRate(32) != .00375 || MoCoWeightDecay != 1e-4 {
		t.Errorf("MoCo: rate %v at 256, weight decay %v", MoCoRate(256), MoCoWeightDecay)
	}
}
