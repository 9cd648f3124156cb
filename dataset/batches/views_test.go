package batches

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"longtail/dataset"
)

func viewsOf(t *testing.T, batch int) *Views {
	t.Helper()
	s := open(t, "fashion-mnist")
	l := dataset.NewList(s)
	if err := l.Append(s.Train, upTo(50), nil); err != nil {
		t.Fatal(err)
	}
	v, err := NewViews(l, Options{Batch: batch, Keys: []any{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestViewsArePaired requires different views of the same images in both halves of a
// batch.
func TestViewsArePaired(t *testing.T) {
	const batch = 8
	v := viewsOf(t, batch)
	if got := v.Steps(0); got != 6 {
		t.Fatalf("%d steps for 50 images in whole batches of %d, want 6", got, batch)
	}
	size := v.norm.size()
	x, y := make([]float32, 2*batch*size), make([]int32, 2*batch)
	if n, err := v.Batch(1, 2, x, y); err != nil || n != 2*batch {
		t.Fatalf("%d images, %v", n, err)
	}
	for i := range batch {
		if int(y[i]) != i || int(y[batch+i]) != i {
			t.Errorf("places %d and %d of image %d", y[i], y[batch+i], i)
		}
		if slices.Equal(x[i*size:(i+1)*size], x[(batch+i)*size:(batch+i+1)*size]) {
			t.Errorf("both views of image %d are equal", i)
		}
	}
	if _, err := v.Batch(0, 6, x, y); err == nil {
		t.Error("a step behind the last is no error")
	}
}

func TestViewsNeedABatch(t *testing.T) {
	v := viewsOf(t, 50)
	if _, err := NewViews(v.list, Options{Batch: 51}); err == nil {
		t.Error("a batch larger than the list is no error")
	}
}

// TestRandomArea requires allowed parts, whose areas and logarithmic ratios
// have the means of their laws.
func TestRandomArea(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const trials, side = 20_000, 320 // so large that rounding does not count
	var share, ratio float64
	for range trials {
		a := randomArea(r, side, side)
		if a.top < 0 || a.left < 0 || a.h < 1 || a.w < 1 || a.top+a.h > side || a.left+a.w > side {
			t.Fatalf("part %+v of %d×%d", a, side, side)
		}
		got := float64(a.w) / float64(a.h)
		if got < .74 || got > 1.35 {
			t.Fatalf("part %+v has ratio %g", a, got)
		}
		share += float64(a.h*a.w) / (side * side)
		ratio += math.Log(got)
	}
	// A part of share a fits if its ratio lies between a and 1/a: always up to
	// ¾, else with probability −ln a / ln 4/3; those that do not are drawn again.
	ln := math.Log(4. / 3)
	weight := .55 + (1-.75*(1+ln))/ln
	want := ((.75*.75-.04)/2 + (.25-.75*.75*(ln/2+.25))/ln) / weight
	if share /= trials; math.Abs(share-want) > .006 {
		t.Errorf("mean share %.4f of the area, want %.4f", share, want)
	}
	if ratio /= trials; math.Abs(ratio) > .01 {
		t.Errorf("mean logarithm of the ratio %.4f, want 0", ratio)
	}
	if a := randomArea(r, 1, 40); a.h != 1 || a.w < 1 || a.left+a.w > 40 {
		t.Errorf("part %+v of 1×40", a)
	}
}

// TestResize: the whole image stays as it is, and a ramp stays a ramp.
func TestResize(t *testing.T) {
	const h, w = 6, 8
	src := make([]uint8, h*w)
	for i := range src {
		src[i] = uint8(10*(i/w) + 3*(i%w))
	}
	dst := make([]float32, h*w)
	resize(dst, h, w, src, area{h: h, w: w})
	for i, v := range dst {
		if math.Abs(float64(v)*255-float64(src[i])) > 1e-4 {
			t.Fatalf("pixel %d is %g, want %d", i, v*255, src[i])
		}
	}
	resize(dst, h, w, src, area{top: 1, left: 2, h: 3, w: 4})
	for i := range h {
		for j := range w {
			y := 1 + min(max((float64(i)+.5)*3/h-.5, 0), 2)
			x := 2 + min(max((float64(j)+.5)*4/w-.5, 0), 3)
			if got, want := float64(dst[i*w+j])*255, 10*y+3*x; math.Abs(got-want) > 1e-4 {
				t.Errorf("(%d, %d) is %g, want %g", i, j, got, want)
			}
		}
	}
}

func single(r, g, b float32) *picture {
	p := newPicture(1, 2)
	for i := range 2 {
		p.rgb[0][i], p.rgb[1][i], p.rgb[2][i] = r, g, b
	}
	return p
}

func (p *picture) near(t *testing.T, what string, r, g, b float64) {
	t.Helper()
	for c, want := range []float64{r, g, b} {
		if got := float64(p.rgb[c][0]); math.Abs(got-want) > 2e-6 {
			t.Errorf("%s: channel %d is %.7f, want %.7f", what, c, got, want)
		}
	}
}

// TestTurnHue compares with Python's colorsys: rgb_to_hsv, h plus the turn
// modulo 1, hsv_to_rgb.
func TestTurnHue(t *testing.T) {
	for _, c := range []struct {
		in   [3]float32
		by   float32
		want [3]float64
	}{
		{[3]float32{.9, .2, .4}, .1, [3]float64{.9, .42, .2}},
		{[3]float32{.9, .2, .4}, -.1, [3]float64{.9, .2, .82}},
		{[3]float32{.1, .7, .3}, .05, [3]float64{.1, .7, .48}},
		{[3]float32{.2, .3, .8}, -.07, [3]float64{.2, .552, .8}},
		{[3]float32{.2, .3, .8}, .1, [3]float64{.46, .2, .8}},
		{[3]float32{.5, .5, .5}, .1, [3]float64{.5, .5, .5}},
		{[3]float32{1, 0, 0}, 1. / 3, [3]float64{0, 1, 0}},
	} {
		p := single(c.in[0], c.in[1], c.in[2])
		p.turnHue(c.by)
		p.near(t, "hue", c.want[0], c.want[1], c.want[2])
	}
}

func TestColors(t *testing.T) {
	p := single(.8, .4, .2)
	p.brighten(1.4)
	p.near(t, "brightness", 1, .56, .28)

	gray := .299*.8 + .587*.4 + .114*.2
	p = single(.8, .4, .2)
	p.saturate(.5)
	p.near(t, "saturation", gray+.5*(.8-gray), gray+.5*(.4-gray), gray+.5*(.2-gray))
	p = single(.8, .4, .2)
	p.saturate(0)
	p.near(t, "gray", gray, gray, gray)

	p = single(.8, .4, .2)
	for c := range p.rgb {
		p.rgb[c][1] = 0 // so the mean is half the first pixel's gray
	}
	p.contrast(.6)
	p.near(t, "contrast", gray/2+.6*(.8-gray/2), gray/2+.6*(.4-gray/2), gray/2+.6*(.2-gray/2))
}

// TestViewShares counts mirrored, gray and jittered views, which need no picture to
// be told, and how far brightness goes: 0.2, 0.8 and 1 ± 0.4 (paper-spec 4.8).
func TestViewShares(t *testing.T) {
	const h, w, trials = 8, 8, 4000
	pixels := make([]uint8, 3*h*w)
	for c := range 3 {
		for i := range h * w {
			pixels[c*h*w+i] = uint8(60 + 40*c + 8*(i%w)) // brighter to the right
		}
	}
	p, plain := newPicture(h, w), newPicture(h, w)
	gray, mirrored, jittered := 0, 0, 0
	darkest, brightest := 1., 0.
	for i := range trials {
		// Nothing but brightness changes an even gray.
		flat := slices.Repeat([]uint8{128}, h*w)
		plain.view(rand.New(rand.NewPCG(8, uint64(i))), flat, 1)
		v := float64(plain.rgb[0][0]) / (128. / 255)
		if math.Abs(v-1) > 1e-5 {
			jittered++
		}
		darkest, brightest = min(darkest, v), max(brightest, v)
		p.view(rand.New(rand.NewPCG(7, uint64(i))), pixels, 3)
		if p.rgb[0][0] == p.rgb[2][0] && p.rgb[0][w-1] == p.rgb[1][w-1] {
			gray++
		}
		if p.gray(0) > p.gray(w-1) {
			mirrored++
		}
		for c := range p.rgb {
			for _, v := range p.rgb[c] {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("view %d holds %g", i, v)
				}
			}
		}
	}
	for what, got := range map[string][2]float64{"gray": {float64(gray) / trials, .2}, "jittered": {float64(jittered) / trials, .8}, "mirrored": {float64(mirrored) / trials, .5}} {
		if sd := math.Sqrt(got[1] * (1 - got[1]) / trials); math.Abs(got[0]-got[1]) > 4*sd {
			t.Errorf("%s: %.3f of the views, want %.3f ± %.3f", what, got[0], got[1], 4*sd)
		}
	}
	if darkest < .6-1e-5 || darkest > .602 || brightest > 1.4+1e-5 || brightest < 1.398 {
		t.Errorf("brightness times %.4f to %.4f, want 0.6 to 1.4", darkest, brightest)
	}
}
