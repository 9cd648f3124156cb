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

func (c *benchKernelsCmd) Run(ctx context.Context) error {
	if c.Size < 1 || c.Size > 1<<10 || !(c.Seconds > 0 && c.Seconds < 1e6) {
		return usage.Errorf("--size %d, --seconds %v: sizes go from 1 to %d, seconds must be above 0", c.Size, c.Seconds, 1<<10)
	}
	rows, err := bench.Kernels(ctx, c.Size, c.Exact, c.Seconds)
	if err != nil {
		return err
	}
	return printed(rows, c.JSON, writeKernelRows)
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
