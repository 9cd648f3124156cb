package dataset

import (
	"slices"
	"testing"
)

// Outputs, shuffles and sums as NumPy 1.x gives them (paper-spec.md 2.2).

func TestMT19937Outputs(t *testing.T) {
	m := newMT19937(0)
	for i, want := range []uint32{2357136044, 2546248239, 3071714933, 3626093760, 2588848963} {
		if got := m.Uint32(); got != want {
			t.Errorf("seed 0, output %d: %d, want %d", i, got, want)
		}
	}
	// The ten-thousandth output of the reference seed, as the C++ standard
	// demands of std::mt19937.
	m = newMT19937(5489)
	for range 9999 {
		m.Uint32()
	}
	if got := m.Uint32(); got != 4123659995 {
		t.Errorf("seed 5489, output 10000: %d, want 4123659995", got)
	}
}

func TestMT19937Shuffle(t *testing.T) {
	m := newMT19937(0)
	p := upTo(10)
	m.Shuffle(p)
	if want := []int{2, 8, 4, 9, 1, 6, 7, 3, 0, 5}; !slices.Equal(p, want) {
		t.Errorf("seed 0 turns 0..9 into %v, want %v", p, want)
	}
	before := m
	m.Shuffle(nil)
	m.Shuffle([]int{7})
	if m != before {
		t.Error("shuffling nothing or one entry must draw nothing")
	}
}

func TestMT19937Interval(t *testing.T) {
	m := newMT19937(3)
	counts := make([]int, 6)
	for range 60000 {
		counts[m.Interval(5)]++
	}
	for v, n := range counts {
		if n < 9600 || n > 10400 { // sd 91
			t.Errorf("value %d came %d times of 60000", v, n)
		}
	}
	a, b := newMT19937(9), newMT19937(9)
	if got, want := a.Interval(1<<32-1), b.Uint32(); got != want {
		t.Errorf("the full interval gives %d, want the output %d", got, want)
	}
}

func TestClassShuffles(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int // by rank
		first map[int][]int
		sums  []int // of the first 50, by rank
		next  uint32
	}{
		{
			name: "CIFAR-10", sizes: alike(10, 5000),
			first: map[int][]int{
				0: {398, 3833, 4836, 4572, 636, 2545},
				1: {597, 332, 521, 3935, 4800, 1102},
				2: {3488, 1136, 3494, 2945, 4518, 4011},
				5: {4127, 1152, 4595, 4590, 2270, 492},
				9: {2204, 3816, 2206, 2507, 1926, 4765},
			},
			sums: []int{124701, 125311, 133742, 121543, 122143, 136749, 118455, 108960, 124875, 129276},
			next: 3131438006,
		},
		{
			name: "CIFAR-100", sizes: alike(100, 500),
			first: map[int][]int{
				0:  {90, 254, 283, 445, 461, 15},
				1:  {277, 307, 436, 88, 261, 57},
				99: {348, 153, 363, 361, 299, 353},
			},
		},
		{
			name: "SVHN train", sizes: []int{13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659, 4948},
			first: map[int][]int{
				0: {5030, 5747, 5561, 11114, 8388, 4391},
				1: {7497, 351, 9749, 4722, 8061, 5899},
				8: {561, 1474, 1645, 821, 3960, 1648},
				9: {3136, 3500, 2564, 2046, 906, 4940},
			},
		},
	} {
		m := newMT19937(0)
		for rank, n := range c.sizes {
			p := upTo(n)
			m.Shuffle(p)
			if want, ok := c.first[rank]; ok && !slices.Equal(p[:6], want) {
				t.Errorf("%s rank %d: first positions %v, want %v", c.name, rank, p[:6], want)
			}
			if c.sums != nil {
				sum := 0
				for _, v := range p[:50] {
					sum += v
				}
				if sum != c.sums[rank] {
					t.Errorf("%s rank %d: the first 50 positions sum to %d, want %d", c.name, rank, sum, c.sums[rank])
				}
			}
		}
		if got := m.Uint32(); c.next != 0 && got != c.next {
			t.Errorf("%s: next output %d, want %d", c.name, got, c.next)
		}
	}
}
