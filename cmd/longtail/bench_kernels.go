package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"longtail/bench"
	"longtail/internal/usage"
)

type benchKernelsCmd struct {
	Size    int     `default:"32" help:"Height and width of an image in pixels."`
	Exact   bool    `help:"Use direct convolution throughout, instead of Winograd's where it suits."`
	Seconds float64 `default:"0.3" help:"Measure each row for at least this long; the speed is the median of its repetitions."`
	JSON    bool    `name:"json" help:"Print one JSON object."`
}

func (benchKernelsCmd) Help() string {
	return `Measures every convolution of the ResNets by itself, on one thread and on as many
images as the engine passes to a kernel at once. All data stay in the caches, so this
is the limit set by arithmetic. GFLOP/s are nominal: 2 operations per multiply-add of
the definition, whatever the algorithm needs, so Winograd's may exceed the peak. The
error is the relative root mean square difference from the portable kernels in
float64. Shapes computed by Winograd's algorithm have a second row for direct
convolution; rows that the engine does not use are marked.

Examples:
  longtail bench kernels
  LONGTAIL_KERNELS=portable longtail bench kernels --size 28 --json`
}

func (c *benchKernelsCmd) Run(ctx context.Context) error {
	if c.Size < 1 || c.Size > 1<<10 || !(c.Seconds > 0 && c.Seconds < 1e6) {
		return usage.Errorf("--size %d, --seconds %v: sizes go from 1 to %d, seconds must be above 0", c.Size, c.Seconds, 1<<10)
	}
	rows, err := bench.Kernels(ctx, c.Size, c.Exact, c.Seconds)
	return show(rows, err, c.JSON, writeKernelRows)
}

func writeKernelRows(w io.Writer, k bench.KernelRows) error {
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
