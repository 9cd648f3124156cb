package simulate

import (
	"math"
	"math/rand/v2"
)

// The ziggurat of Marsaglia and Tsang (2000): exp(−x²/2) is covered by
// zigguratLayers strips of equal area. Strip 0 is at the bottom, with both tails
// beyond zigguratEdge. Strip i > 0 is |x| ≤ zigguratX[i] with heights from
// zigguratY[i] to zigguratY[i+1].
const (
	zigguratLayers = 128
	zigguratEdge   = 3.442619855896652 // makes the areas equal
)

var zigguratX, zigguratY = zigguratTables()

func zigguratTables() (x, y [zigguratLayers + 1]float64) {
	density := func(x float64) float64 { return math.Exp(-float64(0.5 * x * x)) }
	area := float64(zigguratEdge*density(zigguratEdge)) + float64(math.Sqrt(math.Pi/2)*math.Erfc(zigguratEdge/math.Sqrt2))
	x[0] = area / density(zigguratEdge) // width of a rectangle of the strip's area
	x[1], y[1] = zigguratEdge, density(zigguratEdge)
	for i := 2; i < zigguratLayers; i++ {
		y[i] = area/x[i-1] + y[i-1]
		x[i] = math.Sqrt(-2 * math.Log(y[i]))
	}
	y[zigguratLayers] = 1
	return x, y
}

// ziggurat draws from a density proportional to exp(log(x)) ≤ exp(−x²/2) that rises
// to 1 at 0 and falls from there. The normal ziggurat gives a point uniform under
// the normal curve, which is accepted if it is under the density too. Nearly always
// that needs one random number and no logarithm.
type ziggurat struct {
	log    func(x float64) float64
	strips [zigguratLayers]strip
}

// strip is a strip with the range of x in which its full height is under the
// density.
type strip struct{ unit, lo, hi float64 } // unit: its half-width divided by 2⁶³

func newZiggurat(log func(x float64) float64) *ziggurat {
	z := &ziggurat{log: log}
	lo, hi := 0.0, 0.0
	for i := zigguratLayers - 1; i >= 0; i-- {
		// A range that is slightly too short only costs time.
		level := math.Log(zigguratY[i+1])
		inside := func(near, far float64) float64 {
			for range 14 {
				if x := (near + far) / 2; log(x) >= level {
					near = x
				} else {
					far = x
				}
			}
			return near
		}
		lo, hi = inside(lo, -zigguratX[i+1]), inside(hi, zigguratX[i+1])
		z.strips[i] = strip{math.Ldexp(zigguratX[i], -63), lo, hi}
	}
	return z
}

func (z *ziggurat) draw(src *rand.PCG) float64 {
	// The low bits give the strip, the others the position in it.
	bits := src.Uint64()
	s := &z.strips[bits%zigguratLayers]
	x := float64(int64(bits&^(zigguratLayers-1))) * s.unit
	if x > s.lo && x < s.hi {
		return x
	}
	return z.edge(src, int(bits%zigguratLayers), x)
}

// edge continues from a point whose height decides.
func (z *ziggurat) edge(src *rand.PCG, i int, x float64) float64 {
	taken := false
	if i == 0 && math.Abs(x) > zigguratEdge {
		// The tail of the normal law (Marsaglia 1964), of which the density accepts its
		// share.
		for {
			a := -math.Log(uniform(src)) / zigguratEdge
			if -2*math.Log(uniform(src)) > float64(a*a) {
				x = math.Copysign(zigguratEdge+a, x)
				break
			}
		}
		taken = math.Log(uniform(src)) < z.log(x)+float64(0.5*x*x)
	} else {
		height := zigguratY[i] + float64(uniform(src)*(zigguratY[i+1]-zigguratY[i]))
		taken = math.Log(height) < z.log(x)
	}
	if taken {
		return x
	}
	return z.draw(src)
}

// uniform returns a number strictly between 0 and 1.
func uniform(src *rand.PCG) float64 { return math.Ldexp(float64(src.Uint64()>>11)+0.5, -53) }
