package objective

import (
	"math"
	"slices"
)

// Confidence returns the softmax probability of each row's largest logit. The
// softmax multiplies the logits by scale (Loss.Scale).
func Confidence(logits []float32, classes int, scale float64) []float64 {
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
