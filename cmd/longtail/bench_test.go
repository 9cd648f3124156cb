package main

import (
	"context"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"longtail/bench"
	"longtail/internal/machine"
	"longtail/nn"
	"longtail/nn/kernel"
)

// The contract of bench train: its names, an objective and an optimizer that
// learn, no allocation in trunk and optimizer, shares that add up.
func TestBenchTrain(t *testing.T) {
	m := decoded[map[string]any](t, "bench", "train", "--arch", "resnet8", "--size", "12", "--batch", "20", "--threads", "2", "--seconds", "0.3")
	for _, name := range []string{"images_per_second", "gflops", "fma_peak_gflops"} {
		if v, _ := m[name].(float64); !(v > 0) {
			t.Errorf("%s is %v", name, m[name])
		}
	}
	if v := m["allocs_per_step"]; v != 0. {
		t.Errorf("trunk and optimizer allocate %v times a step", v)
	}
	if _, ok := m["objective_allocs_per_step"].(float64); !ok {
		t.Errorf("objective_allocs_per_step is %v", m["objective_allocs_per_step"])
	}
	if _, ok := m["peak_rss_mb"]; !ok {
		t.Error("peak_rss_mb is missing")
	}
	first, last := m["first_loss"].(float64), m["last_loss"].(float64)
	if last >= first/2 && m["steps"].(float64) >= 30 { // on a busy machine there may be fewer
		t.Errorf("the loss went from %v to %v in %v steps", first, last, m["steps"])
	}
	sum := 0.
	for _, v := range m["share_pct"].(map[string]any) {
		sum += v.(float64)
	}
	if sum < 99 {
		t.Errorf("the shares add up to %v %%: %v", sum, m["share_pct"])
	}
	set, err := kernel.Select("", false)
	if err != nil {
		t.Fatal(err)
	}
	if m["kernel_set"] != set.Name {
		t.Errorf("kernel_set is %v, not %s", m["kernel_set"], set.Name)
	}
}

func TestBenchStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0)) // which the commands set
	for _, command := range []string{"train --size 8 --batch 4", "infer --size 8 --batch 4", "kernels --size 8"} {
		if out, err := runCommandWithin(ctx, t, append([]string{"bench"}, strings.Fields(command)...)...); out != "" || err == nil || err.Error() != "stopped; nothing was measured" {
			t.Errorf("%s: %v, %s", command, err, out)
		}
	}
}

// One allocation in four steps is not none.
func TestRareAllocationsAreShown(t *testing.T) {
	var text strings.Builder
	if err := writeMeasurement(&text, bench.Measurement{AllocsPerStep: 0.25, ObjectiveAllocsPerStep: 1200.5}); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); !strings.Contains(s, "0.25") || !strings.Contains(s, "1200.5") {
		t.Error(s)
	}
}

func TestBenchInferExact(t *testing.T) {
	m := decoded[bench.Measurement](t, "bench", "infer", "--arch", "resnet8", "--size", "12", "--batch", "8", "--threads", "1", "--seconds", "0.1", "--exact", "--brief")
	set, err := kernel.Select("", true)
	if err != nil {
		t.Fatal(err)
	}
	if m.KernelSet != set.Name || m.ImagesPerSecond <= 0 || m.FirstLoss != nil || m.AllocsPerStep != 0 {
		t.Errorf("%+v", m)
	}
	// stem, two convolutions of each stage, head
	if want := 2e-9 * (3*16*9*144 + 2*16*16*9*144 + (16+32)*32*9*36 + (32+64)*64*9*9 + 640); math.Abs(m.GFLOPPerImage-want) > 1e-12 {
		t.Errorf("%v GFLOP an image, want %v", m.GFLOPPerImage, want)
	}
}

// bench kernels measures errors of the size that the conformance tests allow,
// and not nothing.
func TestBenchKernels(t *testing.T) {
	k := decoded[bench.KernelRows](t, "bench", "kernels", "--size", "12", "--seconds", "0.001")
	used := 0
	for _, r := range k.Rows {
		limit := map[string]float64{"direct": 2e-6, "winograd": 3e-5}[r.Algorithm]
		if !(r.Error > 0 && r.Error < limit) || !(r.GFLOPS > 0) {
			t.Errorf("%+v: error limit %v", r, limit)
		}
		if r.Used {
			used++
		}
	}
	if used != 17 {
		t.Errorf("%d rows are used, want three passes of six shapes but the stem's backward-data", used)
	}
}

// What does not fit into memory is refused before Go's own end of the program. Inference
// keeps little.
func TestBenchMemory(t *testing.T) {
	arch, err := nn.ParseArch("resnet32")
	if err != nil {
		t.Fatal(err)
	}
	f := benchFlags{Batch: 128, Size: 32}
	if infer, train := f.memory(arch, false), f.memory(arch, true); infer > 40e6 || train < 250e6 || train > 314e6 { // as docs/engine.md measures it
		t.Errorf("%d bytes for inference, %d for training", infer, train)
	}
	if machine.FreeMemory() == 0 {
		t.Skip("this system does not say what is free")
	}
	for _, work := range []string{"train", "infer"} {
		wrongUsage(t, 2, "--batch 65536, --size 1024: they take about ", "bench", work, "--batch", "65536", "--size", "1024", "--threads", "2")
	}
}

// What a step of a ResNet-32 may need beside its kernels. Shares are of the step, which
// other tests slow as much.
func TestBenchTrainBudget(t *testing.T) {
	if os.Getenv("LONGTAIL_SOAK") != "1" {
		t.Skip("takes some twenty seconds: LONGTAIL_SOAK=1")
	}
	m := decoded[map[string]any](t, "bench", "train", "--arch", "resnet32", "--batch", "128")
	t.Log(m)
	if v := m["allocs_per_step"]; v != 0. {
		t.Errorf("trunk and optimizer allocate %v times a step", v)
	}
	shares, _ := m["share_pct"].(map[string]any)
	for _, c := range []struct {
		what  string
		got   any
		limit float64
	}{{"peak_rss_mb", m["peak_rss_mb"], 600}, {"batch_pct", m["batch_pct"], 5}, {"share_pct.objective", shares["objective"], 2}} {
		if v, ok := c.got.(float64); !ok || !(v < c.limit) {
			t.Errorf("%s is %v, limit %v", c.what, c.got, c.limit)
		}
	}
}

func TestBenchUsage(t *testing.T) {
	for _, args := range [][]string{
		{"bench", "train", "--arch", "resnet9"},
		{"bench", "train", "--batch", "0"},
		{"bench", "infer", "--seconds", "0"},
		{"bench", "train", "--loss", "mse"},
		{"bench", "kernels", "--size", "-1"},
	} {
		wrongUsage(t, 2, "--", args...)
	}
}
