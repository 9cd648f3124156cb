package main

import (
	bits "encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"longtail/internal/npy"
	"longtail/internal/testdata"
	"longtail/own"
)

// Third-party weights on the official CIFAR-10 test set give the logits and
// predictions that an independent program recorded: the first 1,017 images
// here, all 10,000 under LONGTAIL_SOAK=1.
func TestThirdPartyCheckpoints(t *testing.T) {
	const archive = "data/cifar10-checkpoints.tar.xz"
	official, err := os.ReadFile(testdata.Rebuilt(t, "cifar-10-batches-bin/test_batch.bin"))
	if err != nil {
		t.Fatal(err)
	}
	n := 1017
	if os.Getenv("LONGTAIL_SOAK") == "1" {
		n = 10000
	}
	const side, record = 32, 1 + 3*32*32
	images, labels := make([]byte, 0, n*3*side*side), make([]int64, n)
	for i := range n {
		r := official[i*record:][:record]
		labels[i] = int64(r[0])
		for p := range side * side {
			images = append(images, r[1+p], r[1+side*side+p], r[1+2*side*side+p])
		}
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "test.npz")
	writeArrays(t, data, images, side, side, labels)
	for _, c := range []struct {
		arch, file string
		errorPct   float64 // published
	}{{"resnet20", "resnet20-12fca82f", 8.27}, {"resnet32", "resnet32-d509ac18", 7.37}} {
		path, out := filepath.Join(dir, c.file+".th"), filepath.Join(dir, "out.npy")
		if err := os.WriteFile(path, testdata.SharedMember(t, archive, "cifar10-checkpoints/"+c.file+".th"), 0o600); err != nil {
			t.Fatal(err)
		}
		got := decoded[own.Evaluation](t, "eval", "--arch", c.arch, "--checkpoint", path, "--data", data,
			"--mean", ".485,.456,.406", "--std", ".229,.224,.225", "--logits", out)
		logits := float32s(t, out, n, 10)
		raw, err := npy.Decode(testdata.SharedMember(t, archive, "cifar10-checkpoints/logits_"+c.file+"_official_test_prefix1017.npy"))
		if err != nil || raw.Type != "<f4" || !slices.Equal(raw.Shape, []int{1017, 10}) {
			t.Fatalf("recorded logits: %v of shape %v, %v", raw.Type, raw.Shape, err)
		}
		worst := 0.0
		for i := range 1017 * 10 {
			want := math.Float32frombits(bits.LittleEndian.Uint32(raw.Raw[4*i:]))
			worst = max(worst, math.Abs(float64(logits[i]-want)))
		}
		if !(worst <= 1e-3) {
			t.Errorf("%s: logits differ by up to %.3g", c.arch, worst)
		}
		predicted := testdata.SharedMember(t, archive, "cifar10-checkpoints/full_test_predictions_"+c.file+".u8")
		differ, wrong := 0, 0
		for i := range n {
			row := logits[i*10 : (i+1)*10]
			p := slices.Index(row, slices.Max(row))
			if p != int(predicted[i]) {
				differ++
			}
			if p != int(labels[i]) {
				wrong++
			}
		}
		if differ > 3 {
			t.Errorf("%s: %d of %d predictions differ", c.arch, differ, n)
		}
		if want := 100 * float64(wrong) / float64(n); got.N != n || math.Abs(*got.ErrorPct-want) > 1e-9 || len(got.PerClassErrorPct) != 10 {
			t.Errorf("%s: printed %+v; by the logits %.4f %%", c.arch, got, want)
		}
		if n == 10000 && math.Abs(*got.ErrorPct-c.errorPct) > .03+1e-9 {
			t.Errorf("%s: %.2f %%, published %.2f", c.arch, *got.ErrorPct, c.errorPct)
		}
		t.Logf("%s: %d images, logits differ by at most %.2g, %d predictions differ", c.arch, n, worst, differ)
	}
}
