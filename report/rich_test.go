package report

import "testing"

// Symbols have their index set low; the paths of users are left as they are.
func TestRich(t *testing.T) {
	for text, want := range map[string]string{
		"ρ_U = 50, n_max 700 (n_c)": "ρ<sub>U</sub> = 50, n<sub>max</sub> 700 (n<sub>c</sub>)",
		"D_U D_L π_U":               "D<sub>U</sub> D<sub>L</sub> π<sub>U</sub>",
		"CE + D_U@5x":               "CE + D<sub>U</sub>@5x",
		"/data/train_cifar10.bin":   "/data/train_cifar10.bin",
		"/data/n_c/D_U.pickle":      "/data/n_c/D_U.pickle",
		"**most** of `a_b` <b>":     "<strong>most</strong> of <code>a_b</code> &lt;b&gt;",
	} {
		if got := string(rich(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
