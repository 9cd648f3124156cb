package batches

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"longtail/dataset"
)

const plane = 28 * 28

// trainingList is a long-tailed set with D_U under made-up pseudo-labels and
// 50 irrelevant images.
func trainingList(t testing.TB) *dataset.List {
	t.Helper()
	s, digits := open(t, "fashion-mnist"), open(t, "mnist")
	sub, err := dataset.LongTail{Rho: 100, NMax: 100}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := sub.Draw(dataset.Unlabeled{Multiple: 2, RhoU: 100}, s.Pool)
	if err != nil {
		t.Fatal(err)
	}
	pseudo := make([]int32, s.Pool.Len())
	for i := range pseudo {
		pseudo[i] = int32(i % 10)
	}
	l := dataset.NewList(s)
	for _, err := range []error{
		l.Append(s.Train, sub.Positions, nil),
		l.Append(s.Pool, d.Positions, dataset.Pick(pseudo, d.Positions)),
		l.Append(digits.Pool, upTo(50), make([]int32, 50)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := slices.Clone(sub.Counts)
	want[0] += 50
	for _, p := range d.Positions {
		want[p%10]++
	}
	if got := l.Counts(); !slices.Equal(got, want) || sum(got) != l.Len() {
		t.Fatalf("counts of the list %v, want %v", got, want)
	}
	return l
}

func uniform(t testing.TB, l *dataset.List, o Options) *Uniform {
	t.Helper()
	u, err := NewUniform(l, o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

type batch struct {
	x []float32
	y []int32
}

func fetch(t testing.TB, s Source, size, epoch, step int) batch {
	t.Helper()
	b := batch{make([]float32, size*dataset.Channels*plane), make([]int32, size)}
	n, err := s.Batch(epoch, step, b.x, b.y)
	if err != nil {
		t.Error(err)
		return batch{}
	}
	return batch{b.x[:n*dataset.Channels*plane], b.y[:n]}
}

func (b batch) equal(c batch) bool { return slices.Equal(b.x, c.x) && slices.Equal(b.y, c.y) }

func TestBatchIsPure(t *testing.T) {
	s := open(t, "fashion-mnist")
	l := dataset.NewList(s)
	if err := l.Append(s.Train, dataset.FirstPerClass(s.Train.Labels, 13), nil); err != nil {
		t.Fatal(err)
	}
	keys := []any{1, 0, "train"}
	const size = 16
	u := uniform(t, l, Options{Batch: size, Keys: keys})
	o := Options{Batch: size, Keys: keys}
	r := NewRotated(uniform(t, l, o), 28, keys)
	resampled, errR := NewResampled(l, o)
	aware, errA := NewClassAware(l, o)
	beside, errB := NewBeside(l, l, 2, o)
	views, errV := NewViews(l, o)
	if err := errors.Join(errR, errA, errB, errV); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Source{"uniform": u, "rotated": r, "resampled": resampled, "class-aware": aware, "beside": beside, "views": views} {
		const size = 2 * size // images come in two views at most
		type at struct{ epoch, step int }
		want := map[at]batch{}
		var all []at
		for epoch := range 3 {
			for step := range s.Steps(epoch) {
				a := at{epoch, step}
				all = append(all, a)
				want[a] = fetch(t, s, size, epoch, step)
			}
		}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range all { // each worker in another order, epochs mixed
					a := all[(i*(2*w+1)*7+w*11)%len(all)]
					if got := fetch(t, s, size, a.epoch, a.step); !got.equal(want[a]) {
						t.Errorf("%s: batch %v depends on what was asked before", name, a)
						return
					}
				}
			})
		}
		wg.Wait()
		if want[at{0, 0}].equal(want[at{1, 0}]) || want[at{0, 0}].equal(want[at{0, 1}]) {
			t.Errorf("%s: different epochs and steps must differ", name)
		}
	}
	other := uniform(t, l, Options{Batch: size, Keys: []any{1, 0, "pretrain"}})
	if fetch(t, u, size, 0, 0).equal(fetch(t, other, size, 0, 0)) {
		t.Error("another stage must give other batches")
	}
}

func TestEveryImageOnceAnEpoch(t *testing.T) {
	l := trainingList(t)
	const size = 64
	u := uniform(t, l, Options{Batch: size, NoCrop: true, NoFlip: true})
	for epoch := range 2 {
		seen := make([]int, 10)
		total, last := 0, 0
		for step := range u.Steps(epoch) {
			b := fetch(t, u, size, epoch, step)
			for _, y := range b.y {
				seen[y]++
			}
			last = len(b.y)
			total += last
		}
		if total != l.Len() || last != (l.Len()-1)%size+1 || !slices.Equal(seen, l.Counts()) {
			t.Errorf("epoch %d: %d images, %d in the last batch, by class %v; the list has %d, by class %v", epoch, total, last, seen, l.Len(), l.Counts())
		}
		order := slices.Clone(u.order(epoch))
		slices.Sort(order)
		if !slices.Equal(order, upTo(l.Len())) {
			t.Errorf("epoch %d: the order is no permutation", epoch)
		}
	}
}

// A last batch of one image is kept (spec 4.3 and trap 13).
func TestBatchOfOne(t *testing.T) {
	s := open(t, "fashion-mnist")
	l := dataset.NewList(s)
	if err := l.Append(s.Train, upTo(33), nil); err != nil {
		t.Fatal(err)
	}
	u := uniform(t, l, Options{Batch: 32})
	if u.Steps(0) != 2 {
		t.Fatalf("33 images in batches of 32 make %d steps", u.Steps(0))
	}
	if b := fetch(t, u, 32, 0, 1); len(b.y) != 1 {
		t.Errorf("the last batch has %d images, want 1", len(b.y))
	}
	// Later additions to the list do not reach the source.
	if err := l.Append(s.Train, upTo(10), nil); err != nil {
		t.Fatal(err)
	}
	if u.Steps(0) != 2 {
		t.Error("the source grew with the list")
	}
}

// Against a plain reading of the recipe: pad with black bytes, cut, mirror,
// then normalize in float64.
func TestAugmentationByTheRecipe(t *testing.T) {
	l := trainingList(t)
	const size = 16
	u := uniform(t, l, Options{Batch: size, Keys: []any{"recipe"}})
	const epoch, step = 2, 3
	b := fetch(t, u, size, epoch, step)
	for i := range size {
		draw := step*size + i
		image, err := l.Read(u.order(epoch)[draw])
		if err != nil {
			t.Fatal(err)
		}
		v := u.options.view(epoch, draw, 0)
		for c := range dataset.Channels {
			for r := range 28 {
				for col := range 28 {
					from := col
					if v.flip {
						from = 27 - col
					}
					pr, pc := r+v.top+padding, from+v.left+padding // in the padded image
					value := 0.0
					if pr >= padding && pr < 28+padding && pc >= padding && pc < 28+padding {
						value = float64(image[(pr-padding)*28+pc-padding])
					}
					want := (value/255 - .2860) / .3530
					if got := b.x[(i*dataset.Channels+c)*plane+r*28+col]; math.Abs(float64(got)-want) > 1e-6 {
						t.Fatalf("image %d channel %d row %d column %d: %v, want %v (view %+v)", i, c, r, col, got, want, v)
					}
				}
			}
		}
	}
}

func TestAugmentationMoments(t *testing.T) {
	u := uniform(t, trainingList(t), Options{Batch: 8, Keys: []any{0, 3}})
	const draws = 40000
	var top, left, both [2*padding + 1]int
	flips, flipTop := 0, 0
	for draw := range draws {
		v := u.options.view(7, draw, 0)
		top[v.top+padding]++
		left[v.left+padding]++
		if v.top == v.left {
			both[v.top+padding]++
		}
		if v.flip {
			flips++
			flipTop += v.top
		}
	}
	near := func(name string, got int, p float64) {
		sd := math.Sqrt(draws * p * (1 - p))
		if math.Abs(float64(got)-draws*p) > 5*sd {
			t.Errorf("%s: %d of %d, expected %.0f ± %.0f", name, got, draws, draws*p, sd)
		}
	}
	for i := range top {
		near(fmt.Sprintf("top %d", i-padding), top[i], 1./9)
		near(fmt.Sprintf("left %d", i-padding), left[i], 1./9)
		near(fmt.Sprintf("top and left %d", i-padding), both[i], 1./81)
	}
	near("flips", flips, .5)
	if mean := float64(flipTop) / float64(flips); math.Abs(mean) > 5*math.Sqrt(60./9/draws*2) {
		t.Errorf("flips and shifts are correlated: mean shift %v", mean)
	}
	for _, o := range []Options{{NoCrop: true}, {NoFlip: true}, {NoCrop: true, NoFlip: true}} {
		o.Batch = 8
		plain := uniform(t, trainingList(t), o)
		for draw := range 100 {
			if v := plain.options.view(0, draw, 0); (o.NoCrop && (v.top != 0 || v.left != 0)) || (o.NoFlip && v.flip) {
				t.Errorf("options %+v give view %+v", o, v)
			}
		}
	}
}

func TestRotationByTheFormula(t *testing.T) {
	l := trainingList(t)
	const size, epoch, step = 30, 1, 2
	u := uniform(t, l, Options{Batch: size})
	r := NewRotated(u, 28, []any{"r"})
	in, out := fetch(t, u, size, epoch, step), fetch(t, r, size, epoch, step)
	seen := [Rotations]int{}
	for i, k := range out.y {
		seen[k]++
		for c := range dataset.Channels {
			want := slices.Clone(in.x[(i*dataset.Channels+c)*plane:][:plane])
			for range k { // out[i,j] = in[j,W−1−i], k times
				before := slices.Clone(want)
				for row := range 28 {
					for col := range 28 {
						want[row*28+col] = before[col*28+27-row]
					}
				}
			}
			if !slices.Equal(want, out.x[(i*dataset.Channels+c)*plane:][:plane]) {
				t.Fatalf("image %d channel %d is not turned by %d·90°", i, c, k)
			}
		}
	}
	for k, n := range seen {
		if n > size/Rotations+1 || n == 0 {
			t.Errorf("turn %d came %d times of %d: at most ⌊B/4⌋+1", k, n, size)
		}
	}
}

// Over many batches each turn and each pair (image, turn) is equally frequent.
func TestTurnsAreFair(t *testing.T) {
	const size, batches = 10, 8000
	var counts [size][Rotations]int
	for b := range batches {
		k := make([]int32, size)
		turns(keyed([]any{"fair"}, "rotate", b), k)
		for i, v := range k {
			counts[i][v]++
		}
	}
	for i := range counts {
		for k, n := range counts[i] {
			if math.Abs(float64(n)-batches/4) > 5*math.Sqrt(batches*.25*.75) {
				t.Errorf("place %d got turn %d %d times of %d", i, k, n, batches)
			}
		}
	}
}

func TestImages(t *testing.T) {
	s := open(t, "fashion-mnist")
	m, err := NewImages(s, s.Test, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() != 3000 {
		t.Fatalf("%d test images", m.Len())
	}
	x, y := make([]float32, 128*dataset.Channels*plane), make([]int32, 128)
	n, err := m.Fill(2950, x, y)
	if err != nil || n != 50 {
		t.Fatalf("Fill at 2950 gives %d images, error %v", n, err)
	}
	for i := range n {
		if y[i] != s.Test.Labels[2950+i] {
			t.Fatalf("label %d: %d", i, y[i])
		}
		for o, v := range s.Test.Image(2950 + i) {
			want := (float32(v)/255 - .2860) / .3530
			for c := range dataset.Channels {
				if got := x[(i*dataset.Channels+c)*plane+o]; got != want {
					t.Fatalf("image %d channel %d pixel %d: %v, want %v", i, c, o, got, want)
				}
			}
		}
	}

	few := dataset.FirstPerClass(s.Test.Labels, 3)
	m, err = NewImages(s, s.Test, few)
	if err != nil || m.Len() != 30 {
		t.Fatalf("three a class: %d images, error %v", m.Len(), err)
	}
	if n, err := m.Fill(0, x, y); err != nil || n != 30 || y[3] != 1 || y[29] != 9 {
		t.Errorf("three a class: %d filled, labels %v, error %v", n, y[:30], err)
	}
	if n, err := m.Fill(30, x, y); err != nil || n != 0 {
		t.Errorf("after the last image: %d filled, error %v", n, err)
	}
}

func TestRotatedImages(t *testing.T) {
	s := open(t, "fashion-mnist")
	m, err := NewImages(s, s.Test, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRotatedImages(m, []any{0, 0, "rotation"})
	if err != nil {
		t.Fatal(err)
	}
	read := func(size int) (x []float32, y []int32) {
		for first := 0; first < 300; first += size {
			bx, by := make([]float32, size*dataset.Channels*plane), make([]int32, size)
			if _, err := r.Fill(first, bx, by); err != nil {
				t.Fatal(err)
			}
			x, y = append(x, bx...), append(y, by...)
		}
		return x[:300*dataset.Channels*plane], y[:300]
	}
	x1, y1 := read(100)
	x2, y2 := read(7)
	if !slices.Equal(x1, x2) || !slices.Equal(y1, y2) {
		t.Error("orientations depend on the batch size of the evaluation")
	}
	seen := [Rotations]int{}
	for _, k := range r.k {
		seen[k]++
	}
	for k, n := range seen {
		if n < 3000/4-5 || n > 3000/4+1 {
			t.Errorf("turn %d came %d times of 3000", k, n)
		}
	}
}

func TestColorImages(t *testing.T) {
	s := &dataset.Set{ID: "color", Classes: []string{"a", "b"}, C: 3, H: 2, W: 2, Mean: [3]float32{.5, .4, .3}, Std: [3]float32{.5, .25, .2}}
	s.Train = dataset.Samples{Set: "color", C: 3, H: 2, W: 2, Labels: []int32{1}, Pixels: []uint8{0, 51, 102, 153, 204, 255, 0, 51, 102, 153, 204, 255}}
	m, err := NewImages(s, s.Train, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 12)
	if _, err := m.Fill(0, x, make([]int32, 1)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-1, -.6, -.2, .2, 1.6, 2.4, -1.6, -.8, .5, 1.5, 2.5, 3.5} {
		if math.Abs(float64(x[i])-want) > 1e-6 {
			t.Errorf("value %d: %v, want %v", i, x[i], want)
		}
	}
}

func TestSourceErrors(t *testing.T) {
	s, l := open(t, "fashion-mnist"), trainingList(t)
	u := uniform(t, l, Options{Batch: 32})
	empty := dataset.NewList(s)
	v, err := NewViews(l, Options{Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 32*dataset.Channels*plane), make([]int32, 32)
	odd := &dataset.Set{ID: "odd", Classes: []string{"a"}, C: 1, H: 2, W: 3}
	oddImages, err := NewImages(odd, dataset.Samples{Set: "odd", C: 1, H: 2, W: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"batch 0", second(NewUniform(l, Options{})), "batch = 0"},
		{"empty list", second(NewUniform(empty, Options{Batch: 1})), "empty"},
		{"class-aware, batch 0", second(NewClassAware(l, Options{})), "batch = 0"},
		{"class-aware, empty list", second(NewClassAware(empty, Options{Batch: 1})), "empty"},
		{"resampled, batch 0", second(NewResampled(l, Options{})), "batch = 0"},
		{"resampled, empty list", second(NewResampled(empty, Options{Batch: 1})), "empty"},
		{"views, batch 0", second(NewViews(l, Options{})), "batch = 0"},
		{"views, empty list", second(NewViews(empty, Options{Batch: 1})), "empty"},
		{"views, short x", second(v.Batch(0, 0, x[:len(x)/2], y)), "cannot hold 32 images"},
		{"views, short y", second(v.Batch(0, 0, x, y[:16])), "cannot hold 32 images"},
		{"beside, batch 0", second(NewBeside(l, l, 1, Options{})), "batch = 0: a batch needs at least one"},
		{"beside, empty list", second(NewBeside(empty, l, 1, Options{Batch: 2})), "empty"},
		{"class-aware, fewer than a batch", second(NewClassAware(l, Options{Batch: l.Len() + 1})), "do not fill one batch"},
		{"step", second(u.Batch(0, u.Steps(0), x, y)), "there is no step"},
		{"epoch", second(u.Batch(-1, 0, x, y)), "epoch -1"},
		{"short x", second(u.Batch(0, 0, x[:100], y)), "cannot hold 32 images"},
		{"short y", second(u.Batch(0, 0, x, y[:31])), "cannot hold 32 images"},
		{"evaluation shape", second(NewImages(s, dataset.Samples{Set: "odd", C: 1, H: 2, W: 3}, nil)), "1×2×3"},
		{"evaluation position", second(NewImages(s, s.Test, []int{-1})), "position -1"},
		{"rotation of oblongs", second(NewRotatedImages(oddImages, nil)), "square"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	u := uniform(b, trainingList(b), Options{Batch: 128, Keys: []any{0, 0, "bench"}})
	x, y := make([]float32, 128*dataset.Channels*plane), make([]int32, 128)
	images := 0
	for i := 0; b.Loop(); i++ {
		n, err := u.Batch(0, i%u.Steps(0), x, y)
		if err != nil {
			b.Fatal(err)
		}
		images += n
	}
	b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
}

func BenchmarkRotatedBatch(b *testing.B) {
	u := uniform(b, trainingList(b), Options{Batch: 128, Keys: []any{0, 0, "bench"}})
	r := NewRotated(u, 28, []any{0})
	x, y := make([]float32, 128*dataset.Channels*plane), make([]int32, 128)
	images := 0
	for i := 0; b.Loop(); i++ {
		n, err := r.Batch(0, i%r.Steps(0), x, y)
		if err != nil {
			b.Fatal(err)
		}
		images += n
	}
	b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
}
