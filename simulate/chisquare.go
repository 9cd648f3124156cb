package simulate

import (
	"math"
	"math/rand/v2"
)

// chiSquare draws χ² variables with a fixed number of degrees of freedom, times a
// scale. They are twice a gamma variable of half the degrees, drawn as the cube of
// a nearly normal variable (Marsaglia and Tsang 2000). That variable's density lies
// below the normal one, and a ziggurat draws from it. With one degree of freedom
// the variable is a squared normal one.
type chiSquare struct {
	root  *ziggurat
	one   bool
	c     float64
	unit  float64 // factor of the cube, or of the square
	scale float64 // unit times the caller's scale
}

func newChiSquare(dof float64) chiSquare {
	if dof == 1 {
		return chiSquare{root: newZiggurat(func(x float64) float64 { return -float64(0.5 * x * x) }), one: true, unit: 1, scale: 1}
	}
	d := dof/2 - 1.0/3
	c := 1 / math.Sqrt(9*d)
	g := chiSquare{c: c, unit: 2 * d, scale: 2 * d}
	g.root = newZiggurat(func(x float64) float64 {
		// d·(ln v − v + 1) with v = (1 + cx)³ = 1 + w.
		t := float64(c * x)
		if t <= -1 {
			return math.Inf(-1)
		}
		w := t * (3 + float64(t*(3+t)))
		return float64(d * (float64(3*math.Log1p(t)) - w))
	})
	return g
}

// scaled returns g with another scale.
func (g chiSquare) scaled(by float64) chiSquare {
	g.scale = float64(g.unit * by)
	return g
}

func (g *chiSquare) draw(src *rand.PCG) float64 {
	x := g.root.draw(src)
	if g.one {
		return float64(g.scale * x * x)
	}
	v := 1 + float64(g.c*x)
	return float64(g.scale * v * v * v)
}
