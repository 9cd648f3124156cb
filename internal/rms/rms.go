// Package rms measures how far numbers are from their targets.
package rms

import "math"

type float interface{ float32 | float64 }

// Relative returns √(Σ(got−want)² / Σwant²). It is not finite if got contains a NaN
// or an infinity, and NaN if want is all zero or empty.
func Relative[G, W float](got []G, want []W) float64 {
	var off, all float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		off += d * d
		all += float64(w) * float64(w)
	}
	return math.Sqrt(off / all)
}
