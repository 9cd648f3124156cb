package tasks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/optimize"

	"longtail/dataset"
	"longtail/nn/train"
	"longtail/setup"
)

// logistic fits multinomial logistic regression on pixels in [0, 1] by L-BFGS to
// the optimum. Its objective is cross-entropy summed over the images plus half the
// squared norm of the weights, without biases. A network that is not far better has
// not converged.
func (r *run) logistic(ctx context.Context, set *dataset.Set, sub *dataset.Subset) error {
	images := set.Train.At(sub.Positions)
	test := set.Test
	if p := r.testPositions(set); p != nil {
		test = test.At(p)
	}
	how, err := setup.NewImbalance("ce", "", 1, sub.Counts)
	if err != nil {
		return err
	}
	started := time.Now()
	w, err := fitLogistic(ctx, pixels(images), images.Labels, len(set.Classes))
	if err != nil {
		return err
	}
	testLogits := logits(w, pixels(test))
	r.result.TrainCounts = sub.Counts
	r.score(train.Outcome{Logits: testLogits, Labels: test.Labels, TrainSeconds: time.Since(started).Seconds()}, len(set.Classes), how)
	r.result.BestErrorPct = r.result.LastErrorPct // one fit, one evaluation
	return nil
}

// pixels returns the images as rows of numbers in [0, 1], each followed by a 1.
func pixels(s dataset.Samples) blas64.General {
	size := s.C * s.H * s.W
	x := blas64.General{Rows: s.Len(), Cols: size + 1, Stride: size + 1, Data: make([]float64, s.Len()*(size+1))}
	for i := range s.Len() {
		row := x.Data[i*x.Stride:][:x.Cols]
		for j, v := range s.Image(i) {
			row[j] = float64(v) / 255
		}
		row[size] = 1
	}
	return x
}

// untilDone stops an optimization when its context ends, with the context's error.
type untilDone struct{ ctx context.Context }

func (u untilDone) Init() error { return u.ctx.Err() }

func (u untilDone) Record(*optimize.Location, optimize.Operation, *optimize.Stats) error {
	return u.ctx.Err()
}

// fitLogistic returns the weights, classes × columns of x.
func fitLogistic(ctx context.Context, x blas64.General, labels []int32, classes int) (blas64.General, error) {
	found, err := optimize.Minimize(logisticProblem(x, labels, classes), make([]float64, classes*x.Cols), &optimize.Settings{
		GradientThreshold: 1e-3,
		Converger:         &optimize.FunctionConverge{Relative: 1e-9, Iterations: 20},
		Recorder:          untilDone{ctx},
	}, &optimize.LBFGS{})
	if err != nil {
		return blas64.General{}, fmt.Errorf("logistic regression: %w", err)
	}
	return blas64.General{Rows: classes, Cols: x.Cols, Stride: x.Cols, Data: found.X}, nil
}

// logisticProblem returns the objective of logistic over the flattened weights,
// classes × columns of x. The last column of each class is its bias.
func logisticProblem(x blas64.General, labels []int32, classes int) optimize.Problem {
	asMatrix := func(w []float64) blas64.General {
		return blas64.General{Rows: classes, Cols: x.Cols, Stride: x.Cols, Data: w}
	}
	z := blas64.General{Rows: x.Rows, Cols: classes, Stride: classes, Data: make([]float64, x.Rows*classes)}
	last := make([]float64, classes*x.Cols) // the weights that gave z
	last[0] = math.NaN()
	// value returns the objective and leaves softmax − onehot in z.
	value := func(w []float64) float64 {
		copy(last, w)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, x, asMatrix(w), 0, z)
		loss := 0.0
		for i, y := range labels {
			row := z.Data[i*classes:][:classes]
			top := slices.Max(row)
			total := 0.0
			for _, v := range row {
				total += math.Exp(v - top)
			}
			loss += top + math.Log(total) - row[y]
			for c, v := range row {
				row[c] = math.Exp(v-top) / total
			}
			row[y]--
		}
		for c := range classes {
			for _, v := range w[c*x.Cols : (c+1)*x.Cols-1] {
				loss += float64(v*v) / 2
			}
		}
		return loss
	}
	return optimize.Problem{
		Func: value,
		Grad: func(grad, w []float64) {
			if !slices.Equal(last, w) {
				value(w)
			}
			blas64.Gemm(blas.Trans, blas.NoTrans, 1, z, x, 0, asMatrix(grad))
			for c := range classes {
				for j := c * x.Cols; j < (c+1)*x.Cols-1; j++ {
					grad[j] += w[j]
				}
			}
		},
	}
}

// logits returns x·wᵀ, rows of x × classes.
func logits(w, x blas64.General) []float32 {
	classes := w.Rows
	z := blas64.General{Rows: x.Rows, Cols: classes, Stride: classes, Data: make([]float64, x.Rows*classes)}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, x, w, 0, z)
	out := make([]float32, len(z.Data))
	for i, v := range z.Data {
		out[i] = float32(v)
	}
	return out
}
