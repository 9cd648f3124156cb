package kernel

import "testing"

// The loop of a set that does eight or sixteen numbers an instruction counts as
// many operations, and there is one for every set that can run here.
func TestMultiplyAddCounts(t *testing.T) {
	lanes := map[string]float64{"portable": 1, "avx2": 8, "avx512": 16}
	for _, name := range Names() {
		for _, exact := range []bool{false, true} {
			s, err := Select(name, exact)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := MultiplyAdd(s.Name, 1000), 2*12*1000*lanes[name]; got != want {
				t.Errorf("%s: %v operations, want %v", s.Name, got, want)
			}
		}
	}
}

// Chosen says what the set does: direct where it was asked for, Winograd for
// the stages of a ResNet, never at stride 2 or in the stem.
func TestChosen(t *testing.T) {
	for _, name := range Names() {
		for exact, stage := range map[bool]Algorithm{false: Winograd, true: Direct} {
			s, err := Select(name, exact)
			if err != nil {
				t.Fatal(err)
			}
			for c, want := range map[Conv]Algorithm{
				{16, 16, 32, 32, 1}: stage,
				{16, 32, 32, 32, 2}: Direct,
				{3, 16, 32, 32, 1}:  Direct,
			} {
				if got := Chosen(s.Name, c); got != want {
					t.Errorf("%s, %v: %v, want %v", s.Name, c, got, want)
				}
			}
		}
	}
}
