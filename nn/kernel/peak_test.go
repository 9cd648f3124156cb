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
