package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"longtail/nn/checkpoint"
)

// retrainConfig is config for classifier re-training.
func retrainConfig(t testing.TB, seed int, dir string) Config {
	c := config(t, seed, dir)
	c.Method = RetrainHead(c.Trunk, c.Objective)
	return c
}

// Re-training the head leaves every weight of the trunk, moves the running statistics as a
// trunk in training mode does, and moves the head by the gradients of its features.
func TestRetrainHead(t *testing.T) {
	c := retrainConfig(t, 1, t.TempDir())
	c.WeightDecay = .1 // would be seen on a frozen weight
	out := mustRun(t, c)

	trunk, obj := network(t, 1)
	weights := clone(tensors(trunk.Params()))
	sgd := NewSGD(obj.Params(), c.Momentum, c.WeightDecay)
	x, y := make([]float32, batch*3*side*side), make([]int32, batch)
	for epoch := range 2 {
		loss, wrong := 0.0, 0
		for step := range 3 {
			n, err := toySource{}.Batch(epoch, step, x, y)
			if err != nil {
				t.Fatal(err)
			}
			l, _, err := obj.Step(trunk.Forward(x, n, true), y, n)
			if err != nil {
				t.Fatal(err)
			}
			sgd.Step(.1)
			loss, wrong = loss+l*float64(n)/10, wrong+obj.Wrong()
		}
		if e := out.Epochs[epoch]; math.Abs(e.TrainLoss-loss) > 1e-12 || e.TrainErrorPct != 10*float64(wrong) || wrong == 0 {
			t.Errorf("epoch %d: loss %v and %v %% wrong, by its steps %v and %d of 10", epoch+1, e.TrainLoss, e.TrainErrorPct, loss, wrong)
		}
	}
	if d := difference(Model(trunk, obj), Model(c.Trunk, c.Objective)); d != "" {
		t.Error(d)
	}
	if d := difference(weights, tensors(c.Trunk.Params())); d != "" {
		t.Errorf("a frozen weight moved: %s", d)
	}
	before, after := Model(network(t, 1)), Model(c.Trunk, c.Objective)
	moved := func(part string) bool {
		return slices.ContainsFunc(before, func(b checkpoint.Tensor) bool {
			i := slices.IndexFunc(after, func(a checkpoint.Tensor) bool { return a.Name == b.Name })
			return strings.Contains(b.Name, part) && difference([]checkpoint.Tensor{b}, after[i:i+1]) != ""
		})
	}
	for _, part := range []string{"running_mean", "running_var", tracked, "fc"} {
		if !moved(part) {
			t.Errorf("%s did not move", part)
		}
	}
}
