package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/objective"
)

const (
	pairs     = 8  // images of a batch, each in two views
	queueSize = 16 // the batches before, which show other images
)

// toyPairs are two views of each of 8 images, 24 of which make an epoch: a
// pattern of the image's own under noise of the view's.
type toyPairs struct{}

func (toyPairs) Steps(int) int { return 3 }

func (toyPairs) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	const size = 3 * side * side
	noise := stream.New("toy pairs", epoch, step)
	for i := range pairs {
		image := stream.New("toy image", step*pairs+i)
		for j := range size {
			v := image.NormFloat64()
			for half := range 2 {
				x[(half*pairs+i)*size+j] = float32(v + .2*noise.NormFloat64())
			}
		}
		y[i], y[pairs+i] = int32(i), int32(i)
	}
	return 2 * pairs, nil
}

func trunkFor(t testing.TB, images int) *nn.Trunk[float32] {
	t.Helper()
	trunk, _ := newNetwork[float32](t, nil, "resnet8", "linear", "ce", side, side, classes, images)
	return trunk
}

func toyMoCo(t testing.TB, epochs int, dir string) (Config, *MoCo) {
	t.Helper()
	query, key := trunkFor(t, pairs), trunkFor(t, pairs/MoCoGroups)
	contrast, err := objective.NewContrast[float32](objective.ContrastSpec{Features: query.Features(), Dim: 16, Queue: queueSize, Batch: pairs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { contrast.Close() })
	query.Init(stream.New("toy moco"))
	m, err := NewMoCo(query, key, contrast, []any{"toy moco"})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Trunk: query, Method: m, Source: toyPairs{}, Epochs: epochs, LR: .05, Momentum: .9, WeightDecay: 1e-4,
		Key: "toy moco", CheckpointPath: filepath.Join(dir, "state.ckpt"), MetricsPath: filepath.Join(dir, "metrics.jsonl")}, m
}

// A step's keys are those of a trunk of its own on shuffled groups, and the
// queue and the averages move as defined.
func TestMoCoStep(t *testing.T) {
	c, m := toyMoCo(t, 1, t.TempDir())
	x, y := make([]float32, 2*pairs*3*side*side), make([]int32, 2*pairs)
	n, err := c.Source.Batch(0, 0, x, y)
	if err != nil {
		t.Fatal(err)
	}
	other := trunkFor(t, pairs/MoCoGroups)
	copyTensors(trunkTensors(other), trunkTensors(c.Trunk))
	before := clone(append(trunkTensors(c.Trunk), tensors(m.contrast.KeyParams())...))

	sgd := NewSGD(m.Params(), .9, 1e-4)
	for step := 1; step <= 2; step++ {
		loss, wrong, err := m.Gradient(Position{Epoch: 1, Step: step}, x, y, n)
		if err != nil || math.IsNaN(loss) || wrong < 0 || wrong > n {
			t.Fatalf("loss %g, %d wrong, %v", loss, wrong, err)
		}
		if step == 2 {
			break
		}
		// The keys again, image by image of the groups.
		order := stream.New("toy moco", "shuffle", step).Perm(pairs)
		features := make([]float32, pairs*other.Features())
		size, d := other.ImageLen(), other.Features()
		for g := 0; g < pairs; g += pairs / MoCoGroups {
			group := make([]float32, 0, pairs/MoCoGroups*size)
			for _, from := range order[g : g+pairs/MoCoGroups] {
				group = append(group, x[(pairs+from)*size:(pairs+from+1)*size]...)
			}
			out := other.Forward(group, pairs/MoCoGroups, true)
			for i, to := range order[g : g+pairs/MoCoGroups] {
				copy(features[to*d:], out[i*d:(i+1)*d])
			}
		}
		keys := make([]float32, len(m.keys))
		if err := m.contrast.Keys(features, keys); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(keys, m.keys) {
			t.Error("keys are not those of the shuffled groups")
		}
		sgd.Step(.05)
		m.Moved(Position{})
		queue, next := m.contrast.Queue()
		if next[0] != pairs || queue[0] != keys[0] || queue[pairs-1] != keys[(pairs-1)*16] {
			t.Errorf("next %d, queue begins %g … %g; keys %g … %g", next[0], queue[0], queue[pairs-1], keys[0], keys[(pairs-1)*16])
		}
		old := index(before)
		moved := false
		queries := slices.Concat(m.query.Params(), m.contrast.Params())
		for i, p := range slices.Concat(m.key.Params(), m.contrast.KeyParams()) {
			q := queries[i].Value
			was := old[p.Name].Data.([]float32)
			for j, v := range p.Value {
				want := .999*float64(was[j]) + .001*float64(q[j])
				if math.Abs(float64(v)-want) > 1e-6*(1+math.Abs(want)) {
					t.Fatalf("%s[%d] of the key is %g, want %g", p.Name, j, v, want)
				}
				moved = moved || q[j] != was[j]
			}
		}
		if !moved {
			t.Error("the query did not move")
		}
		for i, b := range m.key.Buffers() {
			if !slices.Equal(b.Value, other.Buffers()[i].Value) {
				t.Fatalf("%s of the key is not of its own batches", b.Name)
			}
		}
	}
}

// A query learns to find its key among those of other images. (Random keys,
// with which the queue begins, are told apart at once; epoch 3 is the first
// without.)
func TestMoCoLearns(t *testing.T) {
	c, _ := toyMoCo(t, 60, t.TempDir())
	out := mustRun(t, c)
	first, last := out.Epochs[2], out.Epochs[len(out.Epochs)-1]
	t.Logf("loss %.3f → %.3f (guessing %.3f), wrong %.0f → %.0f %%", first.TrainLoss, last.TrainLoss, math.Log(1+queueSize), first.TrainErrorPct, last.TrainErrorPct)
	if last.TrainLoss > .7*first.TrainLoss || last.TrainErrorPct > first.TrainErrorPct {
		t.Errorf("loss %.3f → %.3f, wrong %.1f → %.1f %%", first.TrainLoss, last.TrainLoss, first.TrainErrorPct, last.TrainErrorPct)
	}
}

// A run that is killed again and again ends with the bits of one that is not:
// trunk, key, queue.
func TestMoCoResumes(t *testing.T) {
	whole, wholeMoCo := toyMoCo(t, 3, t.TempDir())
	want := mustRun(t, whole)
	dir := t.TempDir()
	for stopAt := 2; ; stopAt += 3 {
		c, m := toyMoCo(t, 3, dir)
		ctx, cancel := context.WithCancel(t.Context())
		c.Report = func(p Progress) {
			if p.Step == stopAt {
				cancel()
			}
		}
		got, err := Run(ctx, c)
		cancel()
		if ctx.Err() != nil && err != nil {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(got.ResumedAt) < 2 {
			t.Errorf("resumed at %v", got.ResumedAt)
		}
		sameBits(t, "resumed", whole, c, want, got)
		if d := difference(wholeMoCo.State(), m.State()); d != "" {
			t.Errorf("resumed: %s", d)
		}
		return
	}
}

// A checkpoint whose queue no run leaves is refused, not continued on another column.
func TestMoCoImpossibleQueue(t *testing.T) {
	c, _ := toyMoCo(t, 2, t.TempDir())
	mustRun(t, c)
	f, err := checkpoint.Read(c.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []int64{-pairs, 1, queueSize, 1 << 40} {
		index(f.Tensors)[methodPrefix+"queue_next"].Data.([]int64)[0] = next
		if err := checkpoint.Write(c.CheckpointPath, f); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "queue_next is ") {
			t.Errorf("queue_next = %d: %v", next, err)
		}
	}
}

func TestMoCoRefuses(t *testing.T) {
	query, key := trunkFor(t, pairs), trunkFor(t, 1)
	contrast, err := objective.NewContrast[float32](objective.ContrastSpec{Features: query.Features(), Dim: 4, Queue: pairs, Batch: pairs})
	if err != nil {
		t.Fatal(err)
	}
	defer contrast.Close()
	if _, err := NewMoCo(query, key, contrast, nil); err == nil {
		t.Error("a key trunk smaller than a group is no error")
	}
	small, err := objective.NewContrast[float32](objective.ContrastSpec{Features: query.Features(), Dim: 4, Queue: 6, Batch: 6})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if _, err := NewMoCo(query, trunkFor(t, 2), small, nil); err == nil {
		t.Error("a batch that does not divide into groups is no error")
	}
	_, m := toyMoCo(t, 1, t.TempDir())
	if _, _, err := m.Gradient(Position{}, make([]float32, 3*side*side), nil, 1); err == nil {
		t.Error("a single image is no error")
	}
}
