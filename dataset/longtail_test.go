package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Tables of paper-spec.md 2.1, computed there from the released program's
// formula; a space-separated list is by rank.

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name          string
		classes, nMax int
		rho           float64
		want          string
		total         int
	}{
		{"CIFAR-10", 10, 5000, 200, "5000 2775 1540 854 474 263 146 81 45 25", 11203},
		{"CIFAR-10", 10, 5000, 50, "5000 3237 2096 1357 878 568 368 238 154 100", 13996},
		{"CIFAR-10", 10, 5000, 20, "5000 3584 2569 1842 1320 946 678 486 348 250", 17023},
		{"SVHN", 10, 1000, 100, "1000 599 359 215 129 77 46 27 16 10", 2478},
		{"SVHN", 10, 1000, 10, "1000 774 599 464 359 278 215 166 129 100", 4084},
		{"CIFAR-100", 100, 500, 100, "500 477 455 434 415 396 378 361 344 328 … 7 7 6 6 6 6 5 5 5 5", 10847},
	} {
		for _, name := range []string{"", Exponential} {
			got, err := Counts(c.classes, c.nMax, c.rho, name)
			if err != nil {
				t.Fatal(err)
			}
			head, tail, cut := strings.Cut(c.want, " … ")
			h, e := ints(t, head), ints(t, tail)
			if !slices.Equal(got[:len(h)], h) || !slices.Equal(got[len(got)-len(e):], e) || (c.want != "" && !cut && len(h) != len(got)) {
				t.Errorf("%s rho %v: %v, want %s", c.name, c.rho, got, c.want)
			}
			if sum(got) != c.total {
				t.Errorf("%s rho %v: total %d, want %d", c.name, c.rho, sum(got), c.total)
			}
		}
	}
}

func TestStepCounts(t *testing.T) {
	for _, c := range []struct {
		classes, nMax int
		rho           float64
		tail, total   int
	}{
		{10, 5000, 100, 50, 25250}, {10, 5000, 50, 100, 25500}, {10, 5000, 10, 500, 27500},
		{100, 500, 100, 5, 25250}, {100, 500, 50, 10, 25500}, {100, 500, 10, 50, 27500},
		{10, 1000, 100, 10, 5050}, {10, 1000, 50, 20, 5100}, {10, 1000, 10, 100, 5500},
	} {
		got, err := Counts(c.classes, c.nMax, c.rho, Step)
		if err != nil {
			t.Fatal(err)
		}
		want := append(alike(c.classes/2, c.nMax), alike(c.classes/2, c.tail)...)
		if !slices.Equal(got, want) || sum(got) != c.total {
			t.Errorf("step %v: %v, total %d, want %d", c, got, sum(got), c.total)
		}
	}
}

// Of the tables of paper-spec.md 2.3, D_U@5x.
func TestUnlabeledCounts(t *testing.T) {
	for _, c := range []struct {
		multiple    int
		nMax        int
		rho, rhoU   float64
		want        string
		sum, target int
	}{
		{5, 5000, 100, 50, "22159 14346 9288 6012 3893 2518 1632 1053 682 442", 62025, 62030},
		{5, 5000, 50, 100, "28208 16909 10133 6074 3639 2180 1306 781 467 278", 69975, 69980},
		{10, 5000, 50, 50, "49991 32368 20956 13569 8783 5686 3682 2382 1543 996", 139956, 139960}, // as paper-spec.md 2.3.2 has class 0
		{5, 5000, 10, 1, "10215 10215 10215 10215 10215 10215 10215 10215 10215 10215", 102150, 102155},
		{5, 1000, 100, 100, "5000 2994 1795 1073 645 383 230 137 80 48", 12385, 12390},
		{5, 1000, 50, 1, "1397 1397 1397 1397 1397 1397 1397 1397 1397 1397", 13970, 13975},
		{5, 1000, 10, 20, "5999 4298 3082 2209 1583 1134 813 581 417 299", 20415, 20420},
	} {
		labeled, err := Counts(10, c.nMax, c.rho, "")
		if err != nil {
			t.Fatal(err)
		}
		total := c.multiple * sum(labeled)
		got, err := UnlabeledCounts(10, float64(total), c.rhoU)
		if err != nil {
			t.Fatal(err)
		}
		if total != c.target || sum(got) != c.sum || !slices.Equal(got, ints(t, c.want)) {
			t.Errorf("n_max %d rho %v rho_u %v: %v (sum %d of %d), want %s (%d of %d)", c.nMax, c.rho, c.rhoU, got, sum(got), total, c.want, c.sum, c.target)
		}
	}
}

func TestCountErrors(t *testing.T) {
	nan := float64(0)
	nan /= nan
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"one class", second(Counts(1, 10, 1, "")), "at least 2 classes"},
		{"rho below 1", second(Counts(10, 10, .5, "")), "rho = 0.5"},
		{"rho not a number", second(Counts(10, 10, nan, "")), "rho = NaN"},
		{"n_max 0", second(Counts(10, 0, 1, "")), "n_max = 0"},
		{"empty tail", second(Counts(10, 50, 100, "")), "at least 100"},
		{"empty tail by rounding", second(Counts(10, 49, 49, "")), "at least 50"},
		{"odd step", second(Counts(9, 500, 10, Step)), "even number of classes"},
		{"unknown shape", second(Counts(10, 500, 10, "linear")), `"linear" is unknown`},
		{"rho_u", second(UnlabeledCounts(10, 100, 0)), "rho_u = 0"},
		{"tiny D_U", second(UnlabeledCounts(10, 9, 1)), "smaller than the 10 classes"},
		{"negative D_U", second(UnlabeledCounts(10, -1, 1)), "cannot be built"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}
}

// testdata/select.txt is made by testdata/select.py with NumPy's generator.
func TestSelectionEqualsNumPy(t *testing.T) {
	golden, err := os.ReadFile("testdata/select.txt")
	if err != nil {
		t.Fatal(err)
	}
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	rows := 0
	for line := range strings.Lines(string(golden)) {
		f := strings.Fields(line)
		if f[0] == "#" {
			continue
		}
		rows++
		l := LongTail{Rho: number(t, f[0]), Imbalance: f[1], NMax: 500, DataSeed: int(number(t, f[2]))}
		if f[1] == Step {
			l.NMax = 300
		}
		u := Unlabeled{Multiple: 5, RhoU: number(t, f[3])}
		if r := number(t, f[4]); r != 1 {
			u.Mix = &Mix{Relevance: r, From: digits.Pool}
		}
		sub, err := l.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		d, err := sub.Draw(u, s.Pool)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range [][]int{sub.Positions, d.Positions, d.Irrelevant} {
			if fmt.Sprint(len(p)) != f[5+i] || sha(p) != f[8+i] {
				t.Errorf("%s: list %d has %d positions with SHA-256 %s, want %s with %s", strings.Join(f[:5], " "), i, len(p), sha(p), f[5+i], f[8+i])
			}
		}
		if sum(sub.Counts) != len(sub.Positions) || sum(d.Counts) != len(d.Positions) {
			t.Errorf("%s: counts %v and %v do not add up to the positions", f[0], sub.Counts, d.Counts)
		}
	}
	if rows != 7 {
		t.Errorf("%d golden rows, want 7", rows)
	}
}

func TestSubsetsAreNested(t *testing.T) {
	s := open(t, "fashion-mnist")
	byClass := func(rho float64) [][]int {
		sub, err := LongTail{Rho: rho, NMax: 400, DataSeed: 3}.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		out := make([][]int, 10)
		for _, p := range sub.Positions {
			y := s.Train.Labels[p]
			out[y] = append(out[y], p)
		}
		return out
	}
	small, large := byClass(100), byClass(10)
	for c := range small {
		if !slices.Equal(small[c], large[c][:len(small[c])]) {
			t.Errorf("class %d of rho 100 is no prefix of rho 10", c)
		}
	}
}

func TestHeldOut(t *testing.T) {
	s := open(t, "fashion-mnist")
	var before []int
	for _, rho := range []float64{1, 10, 100} {
		sub, err := LongTail{Rho: rho, NMax: 400, DataSeed: 5}.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		if len(sub.HeldOut) != 1000 || !slices.IsSorted(sub.HeldOut) {
			t.Fatalf("rho %v: %d held out, ascending %v; want 100 a class", rho, len(sub.HeldOut), slices.IsSorted(sub.HeldOut))
		}
		if before != nil && !slices.Equal(before, sub.HeldOut) {
			t.Errorf("rho %v holds out other images", rho)
		}
		before = sub.HeldOut
		for _, p := range sub.Positions {
			if _, in := slices.BinarySearch(sub.HeldOut, p); in {
				t.Fatalf("rho %v: position %d is labeled and held out", rho, p)
			}
		}
		pool := s.Train.At(sub.HeldOut)
		if _, err := sub.Draw(Unlabeled{Multiple: .1, RhoU: 1}, pool); err != nil {
			t.Errorf("rho %v: the held-out pool: %v", rho, err)
		}
	}
}

func TestRankOrder(t *testing.T) {
	s := &Set{ID: "digits", Classes: []string{"0", "1", "2", "3"}, RankOrder: []int{1, 2, 3, 0}}
	for i := range 400 {
		s.Train.Labels = append(s.Train.Labels, int32(i%4))
	}
	sub, err := LongTail{Rho: 8, NMax: 80}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{10, 80, 40, 20}; !slices.Equal(sub.Counts, want) {
		t.Errorf("counts by class %v, want %v", sub.Counts, want)
	}
	if y := s.Train.Labels[sub.Positions[0]]; y != 1 {
		t.Errorf("the first image is of class %d, want 1, the head", y)
	}
	d, err := sub.Draw(Unlabeled{Multiple: 1, RhoU: 8}, Samples{Set: "digits", Labels: s.Train.Labels})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{8, 81, 39, 19}; !slices.Equal(d.Counts, want) {
		t.Errorf("D_U has %v, want %v", d.Counts, want)
	}
	if first, last := s.Train.Labels[d.Positions[0]], s.Train.Labels[d.Positions[len(d.Positions)-1]]; first != 1 || last != 0 {
		t.Errorf("D_U goes from class %d to %d, want 1 to 0", first, last)
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	sub := func(rho float64, nMax int) *Subset {
		sub, err := LongTail{Rho: rho, NMax: nMax}.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}
	draw := func(sub *Subset, u Unlabeled) error { return second(sub.Draw(u, s.Pool)) }
	for _, c := range []struct {
		name              string
		err               error
		class             string
		needed, available int
	}{
		{"D_U@10x", draw(sub(50, 500), Unlabeled{Multiple: 10, RhoU: 50}), "T-shirt/top", 4985, 3297},
		{"relevance at ρ = 1", draw(sub(1, 500), Unlabeled{Multiple: 5, RhoU: 1, Mix: &Mix{.6, digits.Pool}}), "Dress", 1500, 1291}, // 60 % of 25,000 is 1,500 a class
		{"irrelevance at ρ = 1", draw(sub(1, 500), Unlabeled{Multiple: 5, RhoU: 1, Mix: &Mix{0, digits.Pool}}), "", 25000, 7000},
		{"n_max", second(LongTail{Rho: 2, NMax: 501}.Select(s)), "T-shirt/top", 501, 500},
	} {
		var short *ShortError
		if !errors.As(c.err, &short) {
			t.Errorf("%s: error %v", c.name, c.err)
			continue
		}
		if got := short.shortfalls[0]; got != (shortfall{c.class, c.needed, c.available}) {
			t.Errorf("%s: shortfall %+v, want %s %d of %d", c.name, got, c.class, c.needed, c.available)
		}
		for _, part := range []string{fmt.Sprint(c.needed), fmt.Sprint(c.available), "lower"} {
			if !strings.Contains(c.err.Error(), part) {
				t.Errorf("%s: %q does not say %s", c.name, c.err, part)
			}
		}
	}
}

// The pool was cut so that every D_U@5x of Table 1a's grid fits with 10 % to spare.
func TestTable1aFitsTheEmbeddedPool(t *testing.T) {
	s := open(t, "fashion-mnist")
	largest := make([]int, 10)
	for _, rho := range []float64{100, 50, 10} {
		sub, err := LongTail{Rho: rho, NMax: 500}.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, rhoU := range []float64{1, rho / 2, rho, 2 * rho} {
			d, err := sub.Draw(Unlabeled{Multiple: 5, RhoU: rhoU}, s.Pool)
			if err != nil {
				t.Errorf("rho %v rho_u %v: %v", rho, rhoU, err)
				continue
			}
			for c, n := range d.Counts {
				largest[c] = max(largest[c], n)
			}
		}
	}
	by, err := ByClass(s.Pool.Labels, 10)
	if err != nil {
		t.Fatal(err)
	}
	for c, n := range largest {
		if want := (11*n + 9) / 10; len(by[c]) != want {
			t.Errorf("class %d: the pool holds %d, 1.1 times the largest demand is %d", c, len(by[c]), want)
		}
	}
}

// Every relevance of Figure 2 fits at ρ = 50, and the sets of two relevances
// are nested: the same shuffles, other prefixes.
func TestRelevanceGridFits(t *testing.T) {
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	sub, err := LongTail{Rho: 50, NMax: 500}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	var before []int
	for _, r := range []float64{1, .8, .6, .4, .2, 0} {
		d, err := sub.Draw(Unlabeled{Multiple: 5, RhoU: 50, Mix: &Mix{r, digits.Pool}}, s.Pool)
		if err != nil {
			t.Fatal(err)
		}
		total := 5 * len(sub.Positions)
		if got := len(d.Positions) + len(d.Irrelevant); got > total || got < total-10 {
			t.Errorf("relevance %v: %d images, want %d up to truncation", r, got, total)
		}
		if !slices.Equal(d.Irrelevant[:len(before)], before) {
			t.Errorf("relevance %v: the irrelevant images of the relevance before are not among these", r)
		}
		before = d.Irrelevant
	}
}

func TestDrawErrors(t *testing.T) {
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	sub, err := LongTail{Rho: 100, NMax: 500}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"multiple", second(sub.Draw(Unlabeled{RhoU: 1}, s.Pool)), "multiple = 0"},
		{"another set's labels", second(sub.Draw(Unlabeled{Multiple: 5, RhoU: 1}, digits.Pool)), "classes of mnist"},
		{"relevance", second(sub.Draw(Unlabeled{Multiple: 5, RhoU: 1, Mix: &Mix{1.5, digits.Pool}}, s.Pool)), "relevance = 1.5"},
		{"no pool", second(sub.Draw(Unlabeled{Multiple: 5, RhoU: 1}, Samples{})), "needs 618, has 0"},
		{"seed", second(LongTail{Rho: 1, NMax: 5, DataSeed: -1}.Select(s)), "data seed -1"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func ints(t *testing.T, list string) []int {
	t.Helper()
	var out []int
	for _, f := range strings.Fields(list) {
		out = append(out, int(number(t, f)))
	}
	return out
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sum(list []int) int {
	n := 0
	for _, v := range list {
		n += v
	}
	return n
}

func sha(positions []int) string {
	h := sha256.New()
	for _, p := range positions {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(p)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Fewer labels, the same D_U: the amount ablation of the paper's E.4.
func TestFewerLabelsSameUnlabeledSet(t *testing.T) {
	s := open(t, "fashion-mnist")
	full, err := LongTail{Rho: 50, NMax: 400}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	want, err := full.Draw(Unlabeled{Multiple: 5, RhoU: 50}, s.Pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, amount := range []float64{.25, .5, 1} {
		some, err := LongTail{Rho: 50, NMax: 400, Amount: amount}.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := Counts(10, int(400*amount), 50, Exponential)
		if err != nil || !slices.Equal(some.Counts, counts) || some.Full != len(full.Positions) {
			t.Errorf("amount %v: %v of %d images, want %v; %v", amount, some.Counts, some.Full, counts, err)
		}
		for _, p := range some.Positions {
			if !slices.Contains(full.Positions, p) {
				t.Fatalf("amount %v: image %d is not of the full set", amount, p)
			}
		}
		if !slices.Equal(some.HeldOut, full.HeldOut) {
			t.Errorf("amount %v: others are held out", amount)
		}
		got, err := some.Draw(Unlabeled{Multiple: 5, RhoU: 50}, s.Pool)
		if err != nil || !slices.Equal(got.Positions, want.Positions) {
			t.Errorf("amount %v: another D_U, %v", amount, err)
		}
	}
	for _, amount := range []float64{-1, 1.5, math.NaN(), .001} {
		if _, err := (LongTail{Rho: 50, NMax: 400, Amount: amount}).Select(s); err == nil {
			t.Errorf("amount %v is taken", amount)
		}
	}
}
