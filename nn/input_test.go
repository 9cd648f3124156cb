package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A convolution of the stem's shape, as a plain sum in float64: its transpose is
// what leads from the stem's output to the images, on any size.
func TestStemGradient(t *testing.T) {
	for _, c := range []struct{ n, height, width int }{{1, 1, 1}, {2, 1, 9}, {17, 5, 4}, {3, 13, 7}} {
		trunk := newTestTrunk(t, Options[float64]{Arch: Arch{"resnet8", 8}, Height: c.height, Width: c.width, Batch: c.n + 1})
		noisy(trunk)
		r := rand.New(rand.NewPCG(6, 7))
		trunk.Forward(normals[float64](r, c.n*trunk.ImageLen()), c.n, true)
		dx := make([]float64, c.n*trunk.ImageLen())
		trunk.BackwardImages(normals[float64](r, c.n*Features), dx)
		l, plane := &trunk.layers[0], c.height*c.width
		dz := make([]float64, c.n*l.OutLen()) // of the stem, which is the last thing that is computed
		trunk.set.BNBackwardApply(c.n, l.Out, l.hw, trunk.grad(0, 0, c.n), l.z, l.dyFactor, l.zFactor, l.dBias, dz)
		want := make([]float64, len(dx))
		for i := range c.n {
			for o := range l.Out {
				for k := range 27 {
					in, down, right := k/9, k%9/3-1, k%3-1
					for row := max(0, -down); row < min(c.height, c.height-down); row++ {
						for col := max(0, -right); col < min(c.width, c.width-right); col++ {
							want[(i*3+in)*plane+(row+down)*c.width+col+right] += l.weight[o*27+k] * dz[i*l.OutLen()+(row*c.width+col)*16+o]
						}
					}
				}
			}
		}
		for i, w := range want {
			if math.Abs(dx[i]-w) > 1e-12*(1+math.Abs(w)) {
				t.Fatalf("%+v: dx[%d] = %v, by the sum %v", c, i, dx[i], w)
			}
		}
	}
}

// In float32 every kernel set finds the direction that float64 does, with the
// same bits on any number of threads; what Backward computes afterwards, and the
// running statistics, are those of a trunk that never looked at the images.
func TestBackwardImagesOfEverySet(t *testing.T) {
	const n, height, width = 18, 9, 7
	o := Options[float64]{Arch: Arch{"resnet8", 8}, Height: height, Width: width, Batch: n}
	exact := newTestTrunk(t, o)
	exact.Init(rand.New(rand.NewPCG(7, 7)))
	r := rand.New(rand.NewPCG(8, 8))
	x, p := normals[float32](r, n*exact.ImageLen()), normals[float32](r, n*Features)
	exact.Forward(wide(x), n, true)
	want := make([]float64, len(x))
	exact.BackwardImages(wide(p), want)
	for _, set := range sets(t) {
		t.Run(set.Name, func(t *testing.T) {
			var first []float32
			for _, threads := range []int{1, 3} {
				o := Options[float32]{Arch: o.Arch, Height: height, Width: width, Batch: n, Threads: threads, Kernels: set}
				trunk, plain := newTestTrunk(t, o), newTestTrunk(t, o)
				for _, one := range []*Trunk[float32]{trunk, plain} {
					one.Init(rand.New(rand.NewPCG(7, 7)))
					one.Forward(x, n, true)
				}
				dx := make([]float32, len(x))
				trunk.ForwardAside(x, n)
				trunk.BackwardImages(p, dx)
				if c := cosine(wide(dx), want); c < 1-1e-6 {
					t.Errorf("%d threads: the cosine with float64's gradient is %v", threads, c)
				}
				if first == nil {
					first = dx
				}
				if !slices.Equal(first, dx) {
					t.Errorf("%d threads: other bits than 1", threads)
				}
				for i, b := range trunk.Buffers() {
					if !slices.Equal(b.Value, plain.Buffers()[i].Value) || trunk.BatchesTracked() != plain.BatchesTracked() {
						t.Fatalf("ForwardAside moved %s", b.Name)
					}
				}
				trunk.ForwardAside(x, n)
				trunk.Backward(p)
				plain.Backward(p)
				for i, q := range trunk.Params() {
					if !slices.Equal(q.Grad, plain.Params()[i].Grad) {
						t.Fatalf("after BackwardImages Backward has another gradient of %s", q.Name)
					}
				}
			}
		})
	}
}

func TestBackwardImagesRefuses(t *testing.T) {
	trunk := newTestTrunk(t, Options[float32]{Arch: Arch{"resnet8", 8}, Height: 4, Width: 4, Batch: 2})
	x, p := make([]float32, 2*48), make([]float32, 2*Features)
	for name, call := range map[string]func(){
		"too short":    func() { trunk.Forward(x, 2, true); trunk.BackwardImages(p, make([]float32, 95)) },
		"none":         func() { trunk.Forward(x, 2, true); trunk.BackwardImages(p, nil) },
		"no training":  func() { trunk.Forward(x, 2, false); trunk.BackwardImages(p, make([]float32, 96)) },
		"no second":    func() { trunk.ForwardAside(x, 2); trunk.Backward(p); trunk.BackwardImages(p, make([]float32, 96)) },
		"too many":     func() { trunk.ForwardAside(x, 3) },
		"few features": func() { trunk.ForwardAside(x, 2); trunk.BackwardImages(p[:64], make([]float32, 96)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func cosine(a, b []float64) float64 { return project(a, b) / math.Sqrt(project(a, a)*project(b, b)) }
