package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"longtail/internal/rms"
	"longtail/nn/kernel"
)

func newTestTrunk[T kernel.Float](t testing.TB, o Options[T]) *Trunk[T] {
	t.Helper()
	trunk, err := NewTrunk(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trunk.Close)
	return trunk
}

func mustParse(t testing.TB, name string) Arch {
	t.Helper()
	a, err := ParseArch(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sets returns every float32 kernel set of this machine, exact and not.
func sets(t testing.TB) []*kernel.Set[float32] {
	t.Helper()
	var list []*kernel.Set[float32]
	for _, name := range kernel.Names() {
		for _, exact := range []bool{true, false} {
			s, err := kernel.Select(name, exact)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
	}
	return list
}

// While the parameters are held the weights are packed once, and for the way back only
// where one is taken; no bit depends on it, and what changes after the release is seen.
func TestHold(t *testing.T) {
	const n, size, layers = 5, 6, 7
	set := kernel.Portable[float32]()
	pack, packs := set.Pack, map[kernel.Pass]int{}
	set.Pack = func(c kernel.Conv, p kernel.Pass, w, packed []float32) {
		packs[p]++
		pack(c, p, w, packed)
	}
	trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: size, Width: size, Batch: n, Threads: 1, Kernels: set})
	r := rand.New(rand.NewPCG(5, 5))
	x, p := make([]float32, n*trunk.ImageLen()), make([]float32, n*Features)
	for _, v := range [][]float32{x, p} {
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
	}
	counted := func(what string, forward, back int, calls func()) {
		t.Helper()
		clear(packs)
		if calls(); packs[kernel.Forward] != forward || packs[kernel.BackwardData] != back {
			t.Errorf("%s: packed %v, want %d and %d", what, packs, forward, back)
		}
	}
	all := func(seed uint64) (left []float32) {
		trunk.Init(rand.New(rand.NewPCG(seed, 1)))
		left = append(left, trunk.Forward(x, n, true)...)
		trunk.Backward(p)
		for _, q := range trunk.Params() {
			left = append(left, q.Grad...)
		}
		left = append(left, trunk.ForwardAside(x, n)...)
		images := make([]float32, len(x))
		trunk.BackwardImages(p, images)
		left = append(left, images...)
		return append(left, trunk.Forward(x, n, false)...)
	}
	held := func(seed uint64) []float32 {
		defer trunk.Hold()()
		return all(seed)
	}
	counted("no way back", layers, 0, func() { trunk.ForwardAside(x, n) })
	var want, got, other []float32
	counted("each call", 3*layers, 2*(layers-1)+1, func() { want = all(1) }) // BackwardImages packs the stem as well
	counted("held", layers, layers, func() { got = held(1) })
	if !slices.Equal(got, want) {
		t.Error("held weights give other bits")
	}
	counted("held again", layers, layers, func() { other = held(2) })
	if slices.Equal(other, want) || !slices.Equal(other, all(2)) {
		t.Error("weights that changed between two holds")
	}
}

// step runs two training batches and one evaluation and returns copies of all
// they left.
func step(trunk *Trunk[float32], x, p []float32, n int) map[string][]float32 {
	trunk.Init(rand.New(rand.NewPCG(7, 7)))
	all := map[string][]float32{}
	for k := range 2 {
		all[fmt.Sprint("features ", k)] = slices.Clone(trunk.Forward(x, n, true))
		trunk.Backward(p)
	}
	for _, q := range trunk.Params() {
		all["grad "+q.Name] = slices.Clone(q.Grad)
	}
	for _, q := range trunk.Buffers() {
		all[q.Name] = slices.Clone(q.Value)
	}
	all["evaluation"] = slices.Clone(trunk.Forward(x, n, false))
	return all
}

// TestThreads requires the same bits from any number of threads. The short
// form is for the race detector.
func TestThreads(t *testing.T) {
	small, large := []int{1, 2, 3, 5, 8}, []int{1, 3}
	if testing.Short() {
		small = large
	}
	// Of the larger maps a shard of images is computed in several parts.
	for _, c := range []struct {
		height, width, n int
		counts           []int
	}{{9, 8, 35, small}, {20, 18, 18, large}} {
		threadsAgree(t, c.height, c.width, c.n, c.counts)
	}
}

func threadsAgree(t *testing.T, height, width, n int, counts []int) {
	for _, set := range sets(t) {
		t.Run(fmt.Sprintf("%s %d×%d", set.Name, height, width), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 3))
			x, p := normals[float32](r, n*3*height*width), normals[float32](r, n*Features)
			var want map[string][]float32
			for _, threads := range counts {
				trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: height, Width: width, Batch: n, Threads: threads, Kernels: set})
				got := step(trunk, x, p, n)
				if want == nil {
					want = got
				}
				for name, v := range want {
					if !slices.EqualFunc(v, got[name], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
						t.Errorf("%d threads: %s differs", threads, name)
					}
				}
			}
		})
	}
}

// TestCapacity requires the same bits from a short batch whatever the trunk
// was compiled for, and whatever it computed before.
func TestCapacity(t *testing.T) {
	const size = 9
	r := rand.New(rand.NewPCG(4, 4))
	x, p := normals[float32](r, 40*3*size*size), normals[float32](r, 40*Features)
	large := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: size, Width: size, Batch: 40})
	step(large, x, p, 40)
	for _, n := range []int{1, 2, 16, 17, 33} {
		small := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: size, Width: size, Batch: n})
		want, got := step(small, x, p, n), step(large, x, p, n)
		for name, v := range want {
			if !slices.Equal(v, got[name]) { // a NaN would differ too
				t.Errorf("%d images: %s depends on the compiled batch", n, name)
			}
		}
	}
}

// TestPrecision bounds the distance of every float32 set, exact and not, from
// float64 on one training step, for inputs of five seeds. Rounding errors, Winograd's
// more often, flip masks of ReLU near zero, and each flip changes a gradient by a whole
// term: how many depends on the seed, so the median is bounded more closely, and the
// gradients are also compared under float64's masks.
func TestPrecision(t *testing.T) {
	if testing.Short() {
		t.Skip("arithmetic only; left out of short runs")
	}
	free := map[string][]float64{} // by set, the distance of its gradients
	for seed := range uint64(5) {
		precision(t, 11+seed, free)
	}
	for name, errors := range free {
		limit := 1e-2
		if strings.Contains(name, "exact") {
			limit = 1e-3
		}
		if slices.Sort(errors); !(errors[len(errors)/2] <= limit) {
			t.Errorf("%s: gradients are %.2g from float64, limit of the median %g", name, errors, limit)
		}
	}
}

// precision is TestPrecision of one seed's inputs. It adds to free.
func precision(t *testing.T, seed uint64, free map[string][]float64) {
	const n, size = 18, 16
	r := rand.New(rand.NewPCG(6, seed))
	x, p := normals[float32](r, n*3*size*size), normals[float32](r, n*Features)
	o := Options[float64]{Arch: mustParse(t, "resnet14"), Height: size, Width: size, Batch: n}
	exact := newTestTrunk(t, o)
	exact.Init(rand.New(rand.NewPCG(8, 8)))
	var wantGradient []float64
	var want []float64
	for _, set := range sets(t) {
		if strings.HasPrefix(set.Name, "portable") && seed > 11 && !testing.Verbose() {
			continue // slow
		}
		single := newTestTrunk(t, Options[float32]{Arch: o.Arch, Height: size, Width: size, Batch: n, Kernels: set})
		single.Init(rand.New(rand.NewPCG(8, 8)))
		if want == nil {
			for i, q := range single.Params() {
				copy(exact.Params()[i].Value, wide(q.Value))
			}
			want = slices.Clone(exact.Forward(wide(x), n, true))
			exact.Backward(wide(p))
			wantGradient = gradient(exact)
		}
		outputs, masked := 1e-3, 1e-4
		if strings.Contains(set.Name, "exact") {
			outputs, masked = 1e-5, 1e-5
		}
		check := func(what string, got, want []float64, limit float64) (e float64) {
			e = rms.Relative(got, want)
			t.Logf("%s: %s is %.2g from float64", set.Name, what, e)
			if !(e <= limit) {
				t.Errorf("%s: %s is %.3g from float64, limit %g", set.Name, what, e, limit)
			}
			return e
		}
		check("features", wide(single.Forward(x, n, true)), want, outputs)
		single.Backward(p)
		free[set.Name] = append(free[set.Name], check("gradient", gradient(single), wantGradient, 3e-2))
		single.Forward(x, n, true)
		flips := 0
		for k := range single.layers {
			l, w := &single.layers[k], &exact.layers[k]
			for i, z := range l.z {
				ch := i/kernel.Block/l.hw*kernel.Block%l.Out + i%kernel.Block
				if insideBlock(k) { // y follows from z
					want := w.z[i]*w.scale[ch] + w.shift[ch]
					if (z*l.scale[ch]+l.shift[ch] > 0) != (want > 0) {
						flips++
						l.z[i] = (float32(math.Copysign(1e-5, want)) - l.shift[ch]) / l.scale[ch]
					}
				} else if (w.y[i] > 0) != (l.y[i] > 0) {
					flips++
					l.y[i] = float32(w.y[i])
				}
			}
		}
		single.Backward(p)
		check(fmt.Sprintf("gradient with %d masks set right", flips), gradient(single), wantGradient, masked)
	}
}

func wide[T kernel.Float](v []T) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}

// gradient joins the gradients of all parameters.
func gradient[T kernel.Float](t *Trunk[T]) (all []float64) {
	for _, q := range t.Params() {
		all = append(all, wide(q.Grad)...)
	}
	return all
}

// TestClose requires that a closed trunk leaves no goroutine behind.
func TestClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: 4, Width: 4, Batch: 40, Threads: 4})
	trunk.Forward(make([]float32, 40*3*16), 40, true)
	trunk.Close()
	trunk.Close()
}

func TestSingleImage(t *testing.T) {
	// One image of one pixel leaves one value a channel: no variance, and the running
	// ones stay, where a 0 would shrink them step by step.
	trunk := newTestTrunk(t, Options[float64]{Arch: mustParse(t, "resnet8"), Height: 1, Width: 1, Batch: 2})
	trunk.Init(rand.New(rand.NewPCG(1, 1)))
	finite := func(what string, v []float64) {
		for _, e := range v {
			if math.IsNaN(e) || math.IsInf(e, 0) {
				t.Fatalf("%s holds %v", what, e)
			}
		}
	}
	finite("features", trunk.Forward([]float64{1, 2, 3}, 1, true))
	trunk.Backward(make([]float64, Features))
	for _, p := range trunk.Params() {
		finite(p.Name, p.Grad)
	}
	for _, p := range trunk.Buffers() {
		finite(p.Name, p.Value)
		if strings.HasSuffix(p.Name, "var") && p.Value[0] != 1 {
			t.Errorf("%s = %v after one value, want 1", p.Name, p.Value[0])
		}
	}
}

// TestTensors checks names, shapes and counts against the reference.
func TestTensors(t *testing.T) {
	for _, c := range []struct {
		arch           string
		params, states int
	}{{"resnet8", 74640, 42}, {"resnet20", 269072, 114}, {"resnet32", 463504, 186}, {"resnet44", 657936, 258}, {"resnet56", 852368, 330}} {
		trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, c.arch), Height: 8, Width: 8, Batch: 1})
		count, states := 0, 0
		seen := map[string]bool{}
		for _, list := range [][]Param[float32]{trunk.Params(), trunk.Buffers()} {
			for _, p := range list {
				size := 1
				for _, d := range p.Shape {
					size *= d
				}
				if size != len(p.Value) || seen[p.Name] {
					t.Errorf("%s: %s %v has %d values", c.arch, p.Name, p.Shape, len(p.Value))
				}
				seen[p.Name] = true
				states++
				if strings.HasSuffix(p.Name, "running_mean") {
					states++ // num_batches_tracked of the same normalization
				}
				if p.Grad != nil {
					if len(p.Grad) != size {
						t.Errorf("%s: %s has %d gradients", c.arch, p.Name, len(p.Grad))
					}
					count += size
				}
			}
		}
		if count != c.params || states != c.states {
			t.Errorf("%s: %d parameters in %d state tensors, want %d in %d", c.arch, count, states, c.params, c.states)
		}
		if p := trunk.Params()[6]; p.Name != "layer1.0.conv2.weight" || !slices.Equal(p.Shape, []int{16, 16, 3, 3}) {
			t.Errorf("%s: parameter 6 is %s %v", c.arch, p.Name, p.Shape)
		}
	}
}

func TestMACs(t *testing.T) {
	if got, want := mustParse(t, "resnet32").MACs(32, 32), 68861952; got != want {
		t.Errorf("resnet32 at 32×32: %d multiply-adds, want %d", got, want)
	}
}

// As docs/engine.md measures it, packed weights and the program besides.
func TestStepMemory(t *testing.T) {
	a := mustParse(t, "resnet32")
	at32, at224 := a.StepMemory(32, 32, 128), a.StepMemory(224, 224, 128)
	if at32 < 250e6 || at32 > 314e6 || at224 != 49*at32 || a.StepMemory(32, 32, 16) != at32/8 {
		t.Errorf("%d bytes at 32 pixels, %d at 224", at32, at224)
	}
}

func TestBatchesTracked(t *testing.T) {
	trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: 4, Width: 4, Batch: 3})
	trunk.Init(rand.New(rand.NewPCG(1, 1)))
	trunk.SetBatchesTracked(41)
	x := make([]float32, 3*3*16)
	trunk.Forward(x, 3, true)
	trunk.Forward(x, 3, false)
	if got := trunk.BatchesTracked(); got != 42 {
		t.Errorf("%d batches tracked after one training batch on top of 41", got)
	}
}

func TestInit(t *testing.T) {
	trunk := newTestTrunk(t, Options[float64]{Arch: mustParse(t, "resnet20"), Height: 4, Width: 4, Batch: 1})
	trunk.Init(rand.New(rand.NewPCG(2, 1)))
	for _, p := range trunk.Params() {
		if len(p.Shape) != 4 {
			want := 0.0
			if strings.HasSuffix(p.Name, "weight") {
				want = 1
			}
			for _, v := range p.Value {
				if v != want {
					t.Fatalf("%s starts at %v", p.Name, v)
				}
			}
			continue
		}
		ratio := project(p.Value, p.Value) / float64(len(p.Value)) * float64(9*p.Shape[1]) / 2
		if tolerance := 5 * math.Sqrt(2/float64(len(p.Value))); math.Abs(ratio-1) > tolerance {
			t.Errorf("%s: variance is %.3f of 2/fan-in", p.Name, ratio)
		}
	}
}

// TestAllocations requires that a step allocates nothing.
func TestAllocations(t *testing.T) {
	for _, set := range sets(t) {
		const n, size = 20, 8
		trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, "resnet8"), Height: size, Width: size, Batch: n, Threads: 2, Kernels: set})
		trunk.Init(rand.New(rand.NewPCG(1, 1)))
		x, p := make([]float32, n*3*size*size), make([]float32, n*Features)
		if got := testing.AllocsPerRun(3, func() {
			trunk.Forward(x, n, true)
			trunk.Backward(p)
			trunk.Forward(x, n, false)
		}); got != 0 {
			t.Errorf("%s: %v allocations in a step", set.Name, got)
		}
	}
}

func TestBadOptions(t *testing.T) {
	arch := mustParse(t, "resnet8")
	for want, o := range map[string]Options[float32]{
		"depth 9":                {Arch: Arch{"mine", 9}, Height: 8, Width: 8, Batch: 1},
		"0×8 pixels":             {Arch: arch, Height: 0, Width: 8, Batch: 1},
		"5800×5800 pixels":       {Arch: arch, Height: 5800, Width: 5800, Batch: 1},
		"1×1099511627776 pixels": {Arch: arch, Height: 1, Width: 1 << 40, Batch: 1},
		"batch 0":                {Arch: arch, Height: 8, Width: 8},
		"-1 threads":             {Arch: arch, Height: 8, Width: 8, Batch: 1, Threads: -1},
		"depth 0 is ":            {Height: 8, Width: 8, Batch: 1},
	} {
		if _, err := NewTrunk(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
	for _, name := range []string{"", "resnet", "resnet9", "resnet-8", "resnet08", "ResNet32", "vgg16", "resnet2", "resnet8 ", "resnet999998"} {
		if _, err := ParseArch(name); err == nil {
			t.Errorf("architecture %q is accepted", name)
		}
	}
	if _, err := ParseArch("resnet1208"); err == nil || !strings.Contains(err.Error(), "depth 1208 is above 1202") { // of the form 6n+2
		t.Error(err)
	}
	t.Setenv(kernel.Variable, "quantum")
	if _, err := NewTrunk(Options[float32]{Arch: arch, Height: 8, Width: 8, Batch: 1}); err == nil || !strings.Contains(err.Error(), "quantum") {
		t.Errorf("an unknown kernel set in the environment gives %v", err)
	}
}

// Two steps on one batch leave 1−(1−m)² of its statistics in the running ones.
func TestBNMomentum(t *testing.T) {
	const n, side = 5, 8
	running := func(m float64) [][]float64 {
		trunk := newTestTrunk(t, Options[float64]{Arch: mustParse(t, "resnet8"), Height: side, Width: side, Batch: n, BNMomentum: m})
		r := rand.New(rand.NewPCG(1, 2))
		trunk.Init(r)
		x := normals[float64](r, n*trunk.ImageLen())
		for range 2 {
			trunk.Forward(x, n, true)
		}
		var out [][]float64
		for _, b := range trunk.Buffers() {
			out = append(out, slices.Clone(b.Value))
		}
		return out
	}
	batch := running(1)
	for _, c := range []struct{ set, is float64 }{{0, .1}, {.1, .1}, {.00625, .00625}} {
		kept := (1 - c.is) * (1 - c.is)
		for k, values := range running(c.set) {
			start := float64(k % 2) // means start at 0, variances at 1
			for i, v := range values {
				if want := kept*start + (1-kept)*batch[k][i]; math.Abs(v-want) > 1e-12*(1+math.Abs(want)) {
					t.Fatalf("momentum %v: statistic %d of %d is %v, want %v", c.set, i, k, v, want)
				}
			}
		}
	}
	for _, m := range []float64{-.1, 1.1, math.NaN()} {
		if trunk, err := NewTrunk(Options[float64]{Arch: mustParse(t, "resnet8"), Height: side, Width: side, Batch: n, BNMomentum: m}); err == nil || !strings.Contains(err.Error(), "batch normalization") {
			t.Errorf("momentum %v: trunk %v, error %v", m, trunk, err)
		}
	}
}
