package objective

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"longtail/internal/stream"
	"longtail/nn/kernel"
)

// gorgonia's own convolution and its gradients are a second opinion on the
// trunk's kernels, in float64. (Its layers are far too slow for the trunk, and
// this is the only package that knows them.)
func TestConvolutionAgainstGorgonia(t *testing.T) {
	for _, c := range []kernel.Conv{
		{In: 3, Out: 16, H: 5, W: 4, Stride: 1}, {In: 16, Out: 16, H: 4, W: 6, Stride: 1},
		{In: 16, Out: 32, H: 6, W: 4, Stride: 2}, {In: 32, Out: 64, H: 5, W: 3, Stride: 2},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			const n = 2
			r := stream.New("convolution", c.In, c.Out)
			normals := func(count int) []float64 {
				v := make([]float64, count)
				for i := range v {
					v[i] = r.NormFloat64()
				}
				return v
			}
			x, w, p := normals(n*c.InLen()), normals(c.Out*c.In*9), normals(n*c.OutLen())

			g := G.NewGraph()
			in := func(name string, v []float64, shape ...int) *G.Node {
				return G.NodeFromAny(g, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), v...))), G.WithName(name))
			}
			xn, wn := in("x", x, n, c.In, c.H, c.W), in("w", w, c.Out, c.In, 3, 3)
			y, err := G.Conv2d(xn, wn, tensor.Shape{3, 3}, []int{1, 1}, []int{c.Stride, c.Stride}, []int{1, 1})
			if err != nil {
				t.Fatal(err)
			}
			loss := G.Must(G.Sum(G.Must(G.HadamardProd(y, in("p", p, n, c.Out, c.OutH(), c.OutW())))))
			grads, err := G.Grad(loss, xn, wn)
			if err != nil {
				t.Fatal(err)
			}
			var out, dx, dw G.Value
			G.Read(y, &out)
			G.Read(grads[0], &dx)
			G.Read(grads[1], &dw)
			vm := G.NewTapeMachine(g)
			defer vm.Close()
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}

			set := kernel.Portable[float64]()
			blockedX, scratch := x, make([]float64, set.Scratch(c))
			if !c.Stem() {
				blockedX = block(x, n, c.In, c.H*c.W)
			}
			packed := make([]float64, set.PackedLen(c))
			set.Pack(c, kernel.Forward, w, packed)
			ours := make([]float64, n*c.OutLen())
			set.ConvForward(c, n, blockedX, packed, ours, scratch)
			near(t, "output", ours, block(out.Data().([]float64), n, c.Out, c.OutH()*c.OutW()))

			dy := block(p, n, c.Out, c.OutH()*c.OutW())
			acc, ourDW := make([]float64, set.GradLen(c)), make([]float64, len(w))
			set.ConvBackwardWeights(c, n, blockedX, dy, acc, scratch)
			set.Unpack(c, acc, ourDW)
			near(t, "weight gradient", ourDW, dw.Data().([]float64))
			if c.Stem() {
				return
			}
			packed = make([]float64, set.PackedLen(c))
			set.Pack(c, kernel.BackwardData, w, packed)
			ourDX := make([]float64, n*c.InLen())
			set.ConvBackwardData(c, n, dy, packed, ourDX, scratch)
			near(t, "input gradient", ourDX, block(dx.Data().([]float64), n, c.In, c.H*c.W))
		})
	}
}

// block turns n planar images into nChw16c.
func block(x []float64, n, channels, plane int) []float64 {
	out := make([]float64, len(x))
	for i := range n {
		for ch := range channels {
			for p := range plane {
				out[(i*channels+ch/kernel.Block*kernel.Block)*plane+p*kernel.Block+ch%kernel.Block] = x[(i*channels+ch)*plane+p]
			}
		}
	}
	return out
}

func near(t *testing.T, what string, ours, theirs []float64) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%s: %d values, gorgonia %d", what, len(ours), len(theirs))
	}
	for i, v := range ours {
		if math.Abs(v-theirs[i]) > 1e-11*max(1, math.Abs(v)) {
			t.Errorf("%s[%d]: %v, gorgonia %v", what, i, v, theirs[i])
			return
		}
	}
}
