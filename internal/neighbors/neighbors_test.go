package neighbors

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// On a line: class 0 (head) around 0, class 1 (head) around 10, class 2 (tail)
// around 12, class 3 (tail) around 100; k = 2. Every number by hand.
func TestSeparateByHand(t *testing.T) {
	train := Points{D: 1,
		X: []float32{0, 1, -1, 10, 9, 11, 12, 13, 100},
		Y: []int32{0, 0, 0, 1, 1, 1, 2, 2, 3}}
	test := Points{D: 1,
		X: []float32{12.4, 11.25, 10.4, 1.5, 0, 10, 60, 40},
		Y: []int32{2, 2, 2, 2, 0, 1, 3, 3}}
	// Distances to classes 0 … 3 (two nearest; class 3 has one):
	// 12.4: 11.9 1.9 0.5 87.6 → 2, right. 11.25: to 1 (.25+1.25)/2 = .75, to 2 (.75+1.75)/2 = 1.25 → 1
	// 10.4: to 1 (.4+.6)/2 = .5, to 2 2.1 → 1. 1.5: to 0 (.5+1.5)/2 = 1 → 0.
	// 60: to 2 (47+48)/2 = 47.5, to 3 40 → 3, right. 40: to 2 27.5, to 3 60, to 1 29.5 → 2.
	got, err := Separate(context.Background(), train, test, Options{K: 2, Classes: 4, Head: []int{0, 1}, Tail: []int{3, 2}})
	if err != nil {
		t.Fatal(err)
	}
	silhouette, tailSilhouette := got.Silhouette, got.TailSilhouette
	got.Silhouette, got.TailSilhouette = 0, 0
	want := Separation{K: 2, TestPoints: 8, TailTestPoints: 6,
		NearestClassErrorPct:     100 * 4 / 8.,
		TailNearestClassErrorPct: 100 * 4 / 6.,
		TailMixingPct:            100 * 1 / 6.,
		LeakagePct:               100 * 3 / 6.,
		AdjacentLeakagePct:       100 * 2 / 6.,
		OneNNErrorPct:            100 * 4 / 8.,
		TailOneNNErrorPct:        100 * 4 / 6.,
		Adjacent:                 []int{1, 1},
		PerClass:                 []Class{{3, 1, 0, 0}, {3, 1, 0, 0}, {2, 4, 75, 75}, {1, 2, 50, 0}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Silhouettes, own mean and least other mean: class 0 and 1 are alone: 0.
	wantTail := 0.0
	x := test.X[:4] // class 2; the least other mean is to class 1's 10 or class 0's 0
	for i := range x {
		a := 0.0
		for j := range x {
			a += math.Abs(float64(x[i])-float64(x[j])) / 3
		}
		b := min(math.Abs(float64(x[i])-10), math.Abs(float64(x[i])))
		wantTail += (b - a) / max(a, b)
	}
	class2 := func(v float64) float64 { // mean distance to class 2's points
		s := 0.0
		for _, o := range x {
			s += math.Abs(v-float64(o)) / 4
		}
		return s
	}
	for _, v := range []float64{60, 40} {
		a, b := 20.0, min(v-10, v, class2(v))
		wantTail += (b - a) / max(a, b)
	}
	if math.Abs(tailSilhouette-wantTail/6) > 1e-12 || math.Abs(silhouette-wantTail/8) > 1e-12 {
		t.Errorf("silhouettes %v and %v of the tail, want %v and %v", silhouette, tailSilhouette, wantTail/8, wantTail/6)
	}
}

// mixture draws n points of c classes whose sizes fall by half each.
func mixture(seed uint64, n, c, d int) Points {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := Points{D: d}
	for i := range n {
		y := i % c
		for y > 0 && rng.IntN(2) == 0 {
			y--
		}
		p.Y = append(p.Y, int32(y))
		for j := range d {
			p.X = append(p.X, float32(max(0, rng.NormFloat64()+float64((y*7+j*j)%5))))
		}
	}
	return p
}

// Features in groups of four, and those left over.
func TestDistance(t *testing.T) {
	zero := make([]float64, 7)
	for d, want := range []float64{0, 1, 5, 14, 30, 55, 91, 140} {
		if got := distance2([]float64{1, -2, 3, -4, 5, -6, 7}[:d], zero); got != want {
			t.Errorf("%d features: squared distance %v, want %v", d, got, want)
		}
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	train, test := mixture(3, 500, 6, 10), mixture(4, 333, 6, 10)
	o := Options{Classes: 6, Head: []int{0, 1, 2}, Tail: []int{4, 5}, Workers: 1}
	want, err := Separate(context.Background(), train, test, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, o.Workers = range []int{2, 3, 7, 64} {
		got, err := Separate(context.Background(), train, test, o)
		if err != nil || !reflect.DeepEqual(want, got) {
			t.Errorf("%d workers: %+v, one: %+v (%v)", o.Workers, got, want, err)
		}
	}
}

// The order of the points is no part of the question.
func TestOrderDoesNotMatter(t *testing.T) {
	train, test := mixture(5, 200, 4, 5), mixture(6, 100, 4, 5)
	o := Options{Classes: 4, Head: []int{0}, Tail: []int{3, 2}}
	want, err := Separate(context.Background(), train, test, o)
	if err != nil {
		t.Fatal(err)
	}
	back := func(p Points) Points {
		q := Points{D: p.D}
		for i := len(p.Y) - 1; i >= 0; i-- {
			q.Y = append(q.Y, p.Y[i])
			q.X = append(q.X, p.X[i*p.D:][:p.D]...)
		}
		return q
	}
	got, err := Separate(context.Background(), back(train), back(test), o)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Silhouette-want.Silhouette) > 1e-12 || math.Abs(got.TailSilhouette-want.TailSilhouette) > 1e-12 {
		t.Errorf("silhouettes %v and %v", got, want)
	}
	got.Silhouette, got.TailSilhouette = want.Silhouette, want.TailSilhouette
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSeparateRefuses(t *testing.T) {
	good := Options{Classes: 3, Head: []int{0}, Tail: []int{2}}
	train := Points{D: 1, X: []float32{0, 1, 2}, Y: []int32{0, 1, 2}}
	with := func(edit func(train, test *Points, o *Options)) (Points, Points, Options) {
		a, b, o := train, Points{D: 1, X: []float32{0, 2}, Y: []int32{0, 2}}, good
		edit(&a, &b, &o)
		return a, b, o
	}
	for _, c := range []struct {
		want string
		edit func(train, test *Points, o *Options)
	}{
		{"feature 0 of test point 1 is NaN", func(_, b *Points, _ *Options) { b.X = []float32{0, float32(math.NaN())} }},
		{"feature 0 of training point 2 is +Inf", func(a, _ *Points, _ *Options) { a.X = []float32{0, 1, float32(math.Inf(1))} }},
		{"test point 0 has label 3", func(_, b *Points, _ *Options) { b.Y = []int32{3, 2} }},
		{"class 1 has no training point", func(a, _ *Points, _ *Options) { a.Y = []int32{0, 0, 2} }},
		{"no test point is of a tail class", func(_, b *Points, _ *Options) { b.Y = []int32{0, 1} }},
		{"all test points are of one class", func(_, b *Points, _ *Options) { b.Y = []int32{2, 2} }},
		{"class 2 stands twice", func(_, _ *Points, o *Options) { o.Head = []int{0, 2} }},
		{"head and tail must each name a class", func(_, _ *Points, o *Options) { o.Tail = nil }},
		{"class 7 of head or tail is not among 0 to 2", func(_, _ *Points, o *Options) { o.Tail = []int{7} }},
		{"there must be at least 2", func(_, _ *Points, o *Options) { o.Classes = 1 }},
		{"training points have 1 features, test points 2", func(_, b *Points, _ *Options) { b.D, b.X = 2, []float32{0, 0, 2, 2} }},
		{"2 labels and 3 features", func(_, b *Points, _ *Options) { b.X = []float32{0, 2, 3} }},
		{"neither may be negative", func(_, _ *Points, o *Options) { o.K = -1 }},
	} {
		a, b, o := with(c.edit)
		if _, err := Separate(context.Background(), a, b, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	a, b, o := with(func(_, _ *Points, _ *Options) {})
	if _, err := Separate(context.Background(), a, b, o); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Separate(ctx, a, b, o); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// Equal points: distance 0, ties to the lower class, silhouettes of 0.
func TestSeparateOnOnePoint(t *testing.T) {
	p := Points{D: 2, X: make([]float32, 8), Y: []int32{0, 1, 0, 1}}
	s, err := Separate(context.Background(), p, p, Options{Classes: 2, Head: []int{0}, Tail: []int{1}})
	if err != nil || s.LeakagePct != 100 || s.AdjacentLeakagePct != 100 || s.NearestClassErrorPct != 50 || s.Silhouette != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// The size of an embed task: 12,406 training and 10,000 test images.
func BenchmarkSeparate(b *testing.B) {
	train, test := mixture(1, 12406, 10, 64), mixture(2, 10000, 10, 64)
	for b.Loop() {
		if _, err := Separate(context.Background(), train, test, Options{Classes: 10, Head: []int{0, 1, 2}, Tail: []int{7, 8, 9}}); err != nil {
			b.Fatal(err)
		}
	}
}
