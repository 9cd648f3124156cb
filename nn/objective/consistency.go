package objective

import (
	"math"
	"slices"

	"longtail/nn/kernel"
)

// Softmax writes the probabilities of each row of logits (rows×classes) to p,
// which may be logits.
func Softmax[T kernel.Float](logits []T, classes int, p []T) {
	for at := 0; at+classes <= len(logits); at += classes {
		softmaxRow(logits[at:at+classes], p[at:])
	}
}

func softmaxRow[T kernel.Float](z, p []T) {
	top := slices.Max(z)
	var sum float64
	for _, v := range z {
		sum += math.Exp(float64(v - top))
	}
	for j, v := range z {
		p[j] = T(math.Exp(float64(v-top)) / sum)
	}
}

// KL returns the Kullback–Leibler divergence KL(p ‖ softmax z) in nats, averaged
// over the rows of the logits z and of the constant probabilities p (rows×classes;
// Miyato et al. 2018, eq. 5). It writes scale times its gradient by z,
// scale·(softmax z − p)/rows, to d.
func KL[T kernel.Float](p, z []T, classes int, scale float64, d []T) float64 {
	rows, total := float64(len(z)/classes), 0.0
	for at := 0; at+classes <= len(z); at += classes {
		p, z, d := p[at:at+classes], z[at:at+classes], d[at:at+classes]
		top := slices.Max(z)
		var sum float64
		for _, v := range z {
			sum += math.Exp(float64(v - top))
		}
		logSum := math.Log(sum)
		for j, v := range z {
			logQ, pj := float64(v-top)-logSum, float64(p[j])
			if pj != 0 { // NaN in p must make the divergence NaN
				total += float64(pj * (math.Log(pj) - logQ))
			}
			d[j] = T(scale / rows * (math.Exp(logQ) - pj))
		}
	}
	return total / rows
}

// SquaredError returns the squared error of softmax z against the constant
// probabilities p, averaged over rows and classes of z (rows×classes; Oliver et al.
// 2018). It writes scale times its gradient by z to d.
func SquaredError[T kernel.Float](p, z []T, classes int, scale float64, d []T) float64 {
	count, total := float64(len(z)), 0.0
	for at := 0; at+classes <= len(z); at += classes {
		p, d := p[at:at+classes], d[at:at+classes]
		softmaxRow(z[at:at+classes], d)
		var inner float64 // Σ q·(q − p)
		for j, q := range d {
			e := float64(q) - float64(p[j])
			total += float64(e * e)
			inner += float64(float64(q) * e)
		}
		for j, q := range d {
			e := float64(q) - float64(p[j])
			d[j] = T(scale * 2 / count * float64(q) * (e - inner))
		}
	}
	return total / count
}
