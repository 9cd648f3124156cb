package objective

import (
	"math"
	"slices"
)

// Confidence returns for each row of logits the probability of its largest one,
// by the softmax. Cosines, the logits of the normed head, stand for 30 times as
// much there, as LDAM trains them.
func Confidence(logits []float32, classes int, cosines bool) []float64 {
	scale := 1.
	if cosines {
		scale = LDAMScale
	}
	out := make([]float64, 0, len(logits)/classes)
	for row := range slices.Chunk(logits, classes) {
		top, sum := float64(slices.Max(row)), 0.
		for _, z := range row {
			sum += math.Exp(scale * (float64(z) - top))
		}
		out = append(out, 1/sum)
	}
	return out
}
