package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"longtail/nn"
	"longtail/nn/objective"
)

// Images is a fixed sequence of labeled images for evaluation, normalized and not
// augmented. Fill writes up to len(y) images, starting at position first, to x
// (n×3×H×W) and their labels to y. It returns their number.
type Images interface {
	Len() int
	Fill(first int, x []float32, y []int32) (n int, err error)
}

// errOutput is wrapped by the error of a model whose outputs are not finite. Every
// prediction would be class 0.
var errOutput = errors.New("the model diverged, or its file is damaged")

// Evaluate returns the logits (Len×Classes) and the labels of all images, with the
// trunk in evaluation mode. Images have the size for which the trunk was compiled.
// The trunk's batch must be at least the objective's. Logits that are not finite are
// an error. If ctx ends first, the error is ctx's.
func Evaluate(ctx context.Context, t *nn.Trunk[float32], o *objective.Objective[float32], images Images) (logits []float32, labels []int32, err error) {
	classes, total := o.Spec().Classes, images.Len()
	logits, labels = make([]float32, total*classes), make([]int32, total)
	err = EvaluateEach(ctx, t, o, images, func(first int, _, l []float32, y []int32) {
		copy(logits[first*classes:], l)
		copy(labels[first:], y)
	})
	if err != nil {
		return nil, nil, err
	}
	return logits, labels, nil
}

// EvaluateEach is Evaluate without holding the results of all images at once. It calls
// do with the trunk's features (n×64), logits (n×Classes) and labels of consecutive
// images, starting at position first. These slices are overwritten after do returns.
func EvaluateEach(ctx context.Context, t *nn.Trunk[float32], o *objective.Objective[float32], images Images, do func(first int, features, logits []float32, labels []int32)) error {
	classes, batch := o.Spec().Classes, o.Spec().Batch
	logits := make([]float32, batch*classes)
	defer t.Hold()()
	return eachBatch(ctx, images, batch, t.ImageLen(), func(first int, x []float32, y []int32) error {
		out := logits[:len(y)*classes]
		seen := t.Forward(x, len(y), false)
		if err := o.Logits(seen, len(y), out); err != nil {
			return err
		}
		if i := slices.IndexFunc(out, func(v float32) bool { return !isFinite(float64(v)) }); i >= 0 {
			return fmt.Errorf("image %d: the output for class %d is %v: %w", first+i/classes, i%classes, out[i], errOutput)
		}
		do(first, seen[:len(y)*t.Features()], out, y)
		return nil
	})
}

// eachBatch calls do for consecutive batches; first is the position of a batch's
// first image.
func eachBatch(ctx context.Context, images Images, batch, imageLen int, do func(first int, x []float32, y []int32) error) error {
	total := images.Len()
	x, y := make([]float32, batch*imageLen), make([]int32, batch)
	for first := 0; first < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		want := min(batch, total-first)
		n, err := images.Fill(first, x[:want*imageLen], y[:want])
		if err != nil {
			return fmt.Errorf("test images from %d on: %w", first, err)
		}
		if n < 1 || n > want {
			return fmt.Errorf("test images from %d on: got %d, expected 1 to %d", first, n, want)
		}
		if err := do(first, x, y[:n]); err != nil {
			return err
		}
		first += n
	}
	return nil
}

// ErrorPct returns the percentage of rows of logits (rows×classes) that are
// predicted wrongly, or 0 for no rows. The prediction is the first class with the
// largest logit.
func ErrorPct(logits []float32, labels []int32, classes int) float64 {
	return 100 * float64(objective.WrongRows(logits, labels, classes)) / float64(max(len(labels), 1))
}

// evaluated reports whether the test set is evaluated after epoch e (1-based) of
// epochs. It is for min(epochs, n) evenly spaced epochs, the last included.
func evaluated(e, epochs, n int) bool {
	n = min(n, epochs)
	return e*n/epochs > (e-1)*n/epochs
}
