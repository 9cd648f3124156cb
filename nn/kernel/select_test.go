package kernel_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"longtail/nn/kernel"
)

func TestSelect(t *testing.T) {
	names := kernel.Names()
	if !slices.Contains(names, "portable") {
		t.Fatalf("sets of this machine: %v", names)
	}
	selects := func(name, want string) {
		t.Helper()
		s, err := kernel.Select(name, false)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSuffix(s.Name, "+fma") != want {
			t.Errorf("Select(%q) is %s, want %s", name, s.Name, want)
		}
		if again, err := kernel.Select(s.Name, false); err != nil || again.Name != s.Name {
			t.Errorf("a set's own name %q does not select it: %v", s.Name, err)
		}
	}
	fails := func(name string, mentions ...string) {
		t.Helper()
		_, err := kernel.Select(name, false)
		if err == nil {
			t.Fatalf("Select(%q) gives no error", name)
		}
		for _, m := range mentions {
			if !strings.Contains(err.Error(), m) {
				t.Errorf("error %q does not say %q", err, m)
			}
		}
	}
	t.Setenv(kernel.Variable, "")
	selects("", names[len(names)-1])
	for _, name := range names {
		selects(name, name)
		t.Setenv(kernel.Variable, name)
		selects("", name)
	}
	for _, name := range names {
		s, err := kernel.Select(name, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(s.Name, "+fma"); got != name+"-exact" {
			t.Errorf("Select(%q, true) is %s", name, got)
		}
		selects(s.Name, name+"-exact")
		t.Setenv(kernel.Variable, s.Name)
		selects("", name+"-exact")
	}
	fails("quantum", "quantum", "portable")
	t.Setenv(kernel.Variable, "quantum")
	fails("", kernel.Variable, "quantum", "portable")
}

// TestFusedName requires the suffix wherever a sum shows one rounding: the
// product x² = 1 + 2⁻¹¹ + 2⁻²⁴ rounds to 1 + 2⁻¹¹ if it is rounded at all. The
// compiler need not fuse every sum, so the suffix alone is no fault.
func TestFusedName(t *testing.T) {
	s := kernel.Portable[float32]()
	x, minus := float32(1+math.Ldexp(1, -12)), float32(-1-math.Ldexp(1, -11))
	vector := func(first ...float32) []float32 { return append(first, make([]float32, kernel.Block-len(first))...) }
	y := vector()
	s.BNApply(1, kernel.Block, 1, vector(x), vector(x), vector(minus), nil, y)
	fused := y[0] != 0

	c := conv(16, 16, 1, 1, 1)
	w, packed := make([]float32, 16*16*9), make([]float32, s.PackedLen(c))
	w[4], w[9+4] = minus, x // center taps of the first two input channels
	s.Pack(c, kernel.Forward, w, packed)
	s.ConvForward(c, 1, vector(1, x), packed, y, make([]float32, s.Scratch(c)))
	fused = fused || y[0] != 0

	named := strings.HasSuffix(s.Name, "+fma")
	if fused && !named {
		t.Errorf("the set is called %s, but it fuses", s.Name)
	}
	if runtime.GOARCH == "arm64" && !named {
		t.Errorf("arm64 fuses, but the set is called %s", s.Name)
	}
}
