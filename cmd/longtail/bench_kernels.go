package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"longtail/internal/cpu"
	"longtail/internal/stream"
	"longtail/internal/usage"
	"longtail/nn/kernel"
)

type benchKernelsCmd struct {
	Size    int     `default:"32" help:"Rows and columns of an image."`
	Exact   bool    `help:"Direct convolutions everywhere."`
	Seconds float64 `default:"0.3" help:"Time each row at least so long; the speed is the median of its repetitions."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

func (benchKernelsCmd) Help() string {
	return `Every convolution of the ResNets alone, on one thread, on as many images as the
engine hands to a kernel at once: all that it touches stays in the caches, so this
is what the arithmetic can do. GFLOP/s are nominal: 2 operations for each
multiply-add of the definition, whatever the algorithm needs, so Winograd may show
more than the peak. The error is relative, root mean square, against the portable
kernels in float64. A shape that Winograd serves has a row for direct, too; the
one that the engine uses is marked.

Examples:
  longtail bench kernels
  LONGTAIL_KERNELS=portable longtail bench kernels --size 28 --json`
}

// kernelRow is one pass of one shape by one algorithm.
type kernelRow struct {
	Shape     string  `json:"shape"` // "16→32 @ 32×32 /2"
	Pass      string  `json:"pass"`
	Algorithm string  `json:"algorithm"`
	Used      bool    `json:"used"` // by the engine
	Images    int     `json:"images"`
	GFLOPS    float64 `json:"gflops"`
	OfPeakPct float64 `json:"of_peak_pct"`
	Error     float64 `json:"relative_rms_error"`
}

type kernelRows struct {
	KernelSet     string      `json:"kernel_set"`
	CPU           string      `json:"cpu"`
	FMAPeakGFLOPS float64     `json:"fma_peak_gflops"` // one thread
	Rows          []kernelRow `json:"rows"`
}

// shapes are the convolutions of a ResNet on images of that size, each once.
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

func (c *benchKernelsCmd) Run(ctx context.Context) error {
	if c.Size < 1 || c.Size > 1<<10 || !(c.Seconds > 0 && c.Seconds < 1e6) {
		return usage.Errorf("--size %d, --seconds %v: sizes go from 1 to %d, seconds must be above 0", c.Size, c.Seconds, 1<<10)
	}
	set, err := kernel.Select("", kernel.ModeOf(c.Exact))
	if err != nil {
		return err
	}
	direct, err := kernel.Select("", kernel.Exact)
	if err != nil {
		return err
	}
	out := kernelRows{KernelSet: set.Name, CPU: cpu.Model(), FMAPeakGFLOPS: fmaPeak(set.Name, 1)}
	for _, shape := range shapes(c.Size) {
		for _, p := range []kernel.Pass{kernel.Forward, kernel.BackwardData, kernel.BackwardWeights} {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if shape.Stem() && p == kernel.BackwardData {
				continue // nobody needs the images' gradient
			}
			row := c.row(set, shape, p, out.FMAPeakGFLOPS)
			row.Used = true
			out.Rows = append(out.Rows, row)
			if kernel.Chosen(set.Name, shape, p) != kernel.Direct {
				out.Rows = append(out.Rows, c.row(direct, shape, p, out.FMAPeakGFLOPS))
			}
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, out)
	}
	return out.write(os.Stdout)
}

// row measures one pass of one shape.
func (c *benchKernelsCmd) row(set *kernel.Set[float32], shape kernel.Conv, p kernel.Pass, peak float64) kernelRow {
	n := kernelImages(shape, p)
	in := newOperands[float32](shape, n)
	run := in.call(set, p)
	run()
	var rates []float64
	for start := time.Now(); len(rates) < 5 || time.Since(start).Seconds() < c.Seconds; {
		began := time.Now()
		run()
		rates = append(rates, 2*float64(n*shape.MACs())/time.Since(began).Seconds()/1e9)
	}
	// The gradient was added up all the while: once more, from zero.
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
	return kernelRow{Shape: text, Pass: p.String(), Algorithm: kernel.Chosen(set.Name, shape, p).String(), Images: n,
		GFLOPS: speed, OfPeakPct: 100 * speed / peak, Error: relativeRMS(in.result(set, p), reference.result(portable, p))}
}

// kernelImages is about what the engine hands to a kernel at once: forwards an
// image, or four of the smallest maps; backwards as many as stay in the cache.
func kernelImages(c kernel.Conv, p kernel.Pass) int {
	n := 1
	if c.H*c.W <= 64 {
		n = 4
	}
	if p != kernel.Forward {
		n = max(n, min(16, 1<<16/max(c.InLen(), c.OutLen())))
	}
	return n
}

// operands are those of one shape, the same values in either precision.
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

// call returns the pass, ready to be repeated.
func (o *operands[T]) call(set *kernel.Set[T], p kernel.Pass) func() {
	scratch := make([]T, set.Scratch(o.shape))
	if p == kernel.BackwardWeights {
		o.acc = make([]T, set.GradLen(o.shape))
		return func() { set.ConvBackwardWeights(o.shape, o.n, o.x, o.dy, o.acc, scratch) }
	}
	packed := make([]T, set.PackedLen(o.shape, p))
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

// relativeRMS is the root of Σ(a−b)² / Σb².
func relativeRMS(a []float32, b []float64) float64 {
	var off, all float64
	for i, v := range b {
		d := float64(a[i]) - v
		off += d * d
		all += v * v
	}
	if off == 0 {
		return 0
	}
	return math.Sqrt(off / all)
}

// write prints the rows for people.
func (k kernelRows) write(w io.Writer) error {
	fmt.Fprintf(w, "kernels %s, one thread, multiply-adds alone %.1f GFLOP/s\n%s\n\n", k.KernelSet, k.FMAPeakGFLOPS, k.CPU)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "shape\tpass\talgorithm\timages\tGFLOP/s\tof peak\terror\t")
	for _, r := range k.Rows {
		used := ""
		if !r.Used {
			used = "(not used)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%.1f\t%.0f %%\t%.1e\t%s\n", r.Shape, r.Pass, r.Algorithm, r.Images, r.GFLOPS, r.OfPeakPct, r.Error, used)
	}
	return t.Flush()
}
