package simulate

import (
	"math"
	"math/rand/v2"
)

// chiSquare draws χ² variables with a fixed number of degrees of freedom times
// a scale: twice a gamma variable of half the degrees, by the squeeze of
// Marsaglia and Tsang (2000), whose rejection rate is below 5 % from shape 1 on
// and vanishes for large shapes; with one degree of freedom it is a squared
// normal variable.
type chiSquare struct {
	one   bool
	scale float64 // of one variable, or 2·d·scale
	d, c  float64
}

func newChiSquare(dof, scale float64) chiSquare {
	if dof == 1 {
		return chiSquare{one: true, scale: scale}
	}
	d := dof/2 - 1.0/3
	return chiSquare{scale: 2 * d * scale, d: d, c: 1 / math.Sqrt(9*d)}
}

func (g *chiSquare) draw(rng *rand.Rand) float64 {
	if g.one {
		x := rng.NormFloat64()
		return g.scale * x * x
	}
	for {
		x := rng.NormFloat64()
		v := 1 + float64(g.c*x)
		if v <= 0 {
			continue
		}
		v = float64(v * v * v)
		x2 := x * x
		u := rng.Float64()
		if u < 1-float64(0.0331*x2*x2) || math.Log(u) < float64(0.5*x2)+float64(g.d*(1-v+math.Log(v))) {
			return g.scale * v
		}
	}
}
