package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"longtail/internal/machine"
	"longtail/internal/rms"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/kernel"
)

// KernelRow is one pass of one shape by one algorithm.
type KernelRow struct {
	Shape     string  `json:"shape"` // "16→32 @ 32×32 /2"
	Pass      string  `json:"pass"`
	Algorithm string  `json:"algorithm"`
	Used      bool    `json:"used"` // whether the engine uses it
	Images    int     `json:"images"`
	GFLOPS    float64 `json:"gflops"`
	OfPeakPct float64 `json:"of_peak_pct"`
	Error     float64 `json:"relative_rms_error"`
}

// KernelRows are the rows of one kernel set.
type KernelRows struct {
	KernelSet     string      `json:"kernel_set"`
	CPU           string      `json:"cpu"`
	FMAPeakGFLOPS float64     `json:"fma_peak_gflops"` // one thread
	Rows          []KernelRow `json:"rows"`
}

// shapes returns the convolutions of a ResNet on images of that size, each once.
func shapes(size int) []kernel.Conv {
	half := (size + 1) / 2
	quarter := (half + 1) / 2
	return []kernel.Conv{
		{In: 3, Out: 16, H: size, W: size, Stride: 1},
		{In: 16, Out: 16, H: size, W: size, Stride: 1},
		{In: 16, Out: 32, H: size, W: size, Stride: 2},
		{In: 32, Out: 32, H: half, W: half, Stride: 1},
		{In: 32, Out: 64, H: half, W: half, Stride: 2},
		{In: 64, Out: 64, H: quarter, W: quarter, Stride: 1},
	}
}

// Kernels measures every convolution of a ResNet on images of that size, each row
// for at least the given seconds.
func Kernels(ctx context.Context, size int, exact bool, seconds float64) (KernelRows, error) {
	var out KernelRows
	set, err := kernel.Select("", exact)
	if err != nil {
		return out, err
	}
	direct, err := kernel.Select("", true)
	if err != nil {
		return out, err
	}
	out = KernelRows{KernelSet: set.Name, CPU: machine.CPU(), FMAPeakGFLOPS: fmaPeak(set.Name, 1)}
	for _, shape := range shapes(size) {
		for _, p := range []kernel.Pass{kernel.Forward, kernel.BackwardData, kernel.BackwardWeights} {
			if ctx.Err() != nil {
				return out, ctx.Err()
			}
			if shape.Stem() && p == kernel.BackwardData {
				continue // nobody needs the images' gradient
			}
			row := kernelRow(set, shape, p, out.FMAPeakGFLOPS, seconds)
			row.Used = true
			out.Rows = append(out.Rows, row)
			if kernel.Chosen(set.Name, shape) != kernel.Direct {
				out.Rows = append(out.Rows, kernelRow(direct, shape, p, out.FMAPeakGFLOPS, seconds))
			}
		}
	}
	return out, nil
}

// kernelRow measures one pass of one shape, on as many images as the engine passes
// to a kernel at once.
func kernelRow(set *kernel.Set[float32], shape kernel.Conv, p kernel.Pass, peak, seconds float64) KernelRow {
	n, back := nn.Units(shape)
	if p != kernel.Forward {
		n = back
	}
	in := newOperands[float32](shape, n)
	run := in.call(set, p)
	run()
	var rates []float64
	for start := time.Now(); len(rates) < 5 || time.Since(start).Seconds() < seconds; {
		began := time.Now()
		run()
		rates = append(rates, 2*float64(n*shape.MACs())/time.Since(began).Seconds()/1e9)
	}
	// The gradient accumulated over the repetitions: compute it once more, from zero.
	in = newOperands[float32](shape, n)
	in.call(set, p)()
	reference := newOperands[float64](shape, n)
	portable := kernel.Portable[float64]()
	reference.call(portable, p)()
	text := fmt.Sprintf("%d→%d @ %d×%d", shape.In, shape.Out, shape.H, shape.W)
	if shape.Stride != 1 {
		text += fmt.Sprintf(" /%d", shape.Stride)
	}
	speed := median(rates)
	return KernelRow{Shape: text, Pass: p.String(), Algorithm: kernel.Chosen(set.Name, shape).String(), Images: n,
		GFLOPS: speed, OfPeakPct: 100 * speed / peak, Error: rms.Relative(in.result(set, p), reference.result(portable, p))}
}

// operands are the operands of one shape, with the same values in each precision.
type operands[T kernel.Float] struct {
	shape          kernel.Conv
	n              int
	x, dy, w       []T
	y, dx, acc, dw []T
}

func newOperands[T kernel.Float](shape kernel.Conv, n int) *operands[T] {
	o := &operands[T]{shape: shape, n: n,
		x: make([]T, n*shape.InLen()), dy: make([]T, n*shape.OutLen()), w: make([]T, 9*shape.In*shape.Out),
		y: make([]T, n*shape.OutLen()), dx: make([]T, n*shape.InLen()), dw: make([]T, 9*shape.In*shape.Out)}
	r := stream.New("longtail bench kernels")
	for i := range o.x {
		o.x[i] = T(max(0, float32(r.NormFloat64()))) // as after a ReLU
	}
	for i := range o.dy {
		o.dy[i] = T(float32(r.NormFloat64()))
	}
	sd := math.Sqrt(2 / float64(9*shape.In))
	for i := range o.w {
		o.w[i] = T(float32(sd * r.NormFloat64()))
	}
	return o
}

// call returns the pass as a function that can be repeated.
func (o *operands[T]) call(set *kernel.Set[T], p kernel.Pass) func() {
	scratch := make([]T, set.Scratch(o.shape))
	if p == kernel.BackwardWeights {
		o.acc = make([]T, set.GradLen(o.shape))
		return func() { set.ConvBackwardWeights(o.shape, o.n, o.x, o.dy, o.acc, scratch) }
	}
	packed := make([]T, set.PackedLen(o.shape))
	set.Pack(o.shape, p, o.w, packed)
	if p == kernel.Forward {
		return func() { set.ConvForward(o.shape, o.n, o.x, packed, o.y, scratch) }
	}
	return func() { set.ConvBackwardData(o.shape, o.n, o.dy, packed, o.dx, scratch) }
}

// result returns what the pass computed.
func (o *operands[T]) result(set *kernel.Set[T], p kernel.Pass) []T {
	switch p {
	case kernel.Forward:
		return o.y
	case kernel.BackwardData:
		return o.dx
	}
	set.Unpack(o.shape, o.acc, o.dw)
	return o.dw
}
