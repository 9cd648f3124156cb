package batches

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"longtail/dataset"
)

// Views is a Source for contrastive pre-training (MoCo v2, Chen et al. 2020), with
// two independent views of every image. For a batch of Options.Batch images it fills
// x with twice as many: all first views, then all second ones in the same order. y
// holds the images' positions in the batch. The order of images is keyed by (Keys,
// epoch). An epoch leaves out images that do not fill a batch.
//
// A view is a random resized crop (area 20 to 100 %). With probability .8 its
// brightness, contrast, saturation and hue change in random order. With probability
// .2 it is gray, with .5 mirrored. This is the released program's list without its
// blur, which is for large images (Chen et al. 2020).
type Views struct{ batches }

// NewViews returns a source of the images in l as they are now. It ignores NoCrop and
// NoFlip. A list smaller than a batch is an error.
func NewViews(l *dataset.List, o Options) (*Views, error) {
	if err := o.check(l); err != nil {
		return nil, err
	}
	if l.Len() < o.Batch {
		return nil, fmt.Errorf("contrastive pre-training shows whole batches alone: %d images are fewer than a batch of %d", l.Len(), o.Batch)
	}
	v := &Views{}
	v.set(l, o)
	v.draw, v.whole = v.shuffled, true
	return v, nil
}

// Batch implements Source.
func (v *Views) Batch(epoch, step int, x []float32, y []int32) (int, error) {
	n, size := v.options.Batch, v.norm.size()
	if err := checkBatch(v, epoch, step, 2*n, size, x, y); err != nil {
		return 0, err
	}
	order := v.order(epoch)
	colors := newPicture(v.norm.h, v.norm.w)
	for i := range n {
		draw := step*n + i
		pixels, err := v.list.Read(order[draw])
		if err != nil {
			return 0, err
		}
		for half := range 2 {
			at := half*n + i
			colors.view(keyed(v.options.Keys, "augment", epoch, draw, half), pixels, v.norm.c)
			colors.normalize(x[at*size:(at+1)*size], v.list.Set)
			y[at] = int32(i)
		}
	}
	return 2 * n, nil
}

// Strengths of the views (Chen et al. 2020; area and the absent blur: ours).
const (
	leastArea    = .2
	jitter       = .4 // of brightness, contrast, saturation: factors in 1 ± jitter
	jitterHue    = .1 // of the color circle, either way
	jitterChance = .8
	grayChance   = .2
)

// picture is a color image in planes of h×w values from 0 to 1.
type picture struct {
	h, w int
	rgb  [dataset.Channels][]float32
}

func newPicture(h, w int) *picture {
	p := &picture{h: h, w: w}
	for c := range p.rgb {
		p.rgb[c] = make([]float32, h*w)
	}
	return p
}

// view draws a view of an image (channels×h×w bytes, one channel or three).
func (p *picture) view(r *rand.Rand, pixels []uint8, channels int) {
	at := randomArea(r, p.h, p.w)
	for c := range p.rgb {
		resize(p.rgb[c], p.h, p.w, pixels[min(c, channels-1)*p.h*p.w:], at)
	}
	// Every draw is made, used or not, so that each keeps its place in the stream.
	doJitter, order := r.Float64() < jitterChance, r.Perm(4)
	factor := func(strength float64) float32 { return float32(1 + strength*(2*r.Float64()-1)) }
	brightness, contrast, saturation, hue := factor(jitter), factor(jitter), factor(jitter), factor(jitterHue)-1
	gray, flip := r.Float64() < grayChance, r.IntN(2) == 1
	if doJitter {
		for _, what := range order {
			switch what {
			case 0:
				p.brighten(brightness)
			case 1:
				p.contrast(contrast)
			case 2:
				p.saturate(saturation)
			case 3:
				p.turnHue(hue)
			}
		}
	}
	if gray {
		p.saturate(0)
	}
	if flip {
		for c := range p.rgb {
			for row := range p.h {
				slices.Reverse(p.rgb[c][row*p.w : (row+1)*p.w])
			}
		}
	}
}

// area is a part of an image, in pixels.
type area struct{ top, left, h, w int }

// randomArea draws the part that a view shows, from leastArea to all of the image.
// Its aspect ratio is ¾ to 4/3, uniform in its logarithm. After ten attempts it is
// the largest central part with an allowed ratio (torchvision's RandomResizedCrop).
func randomArea(r *rand.Rand, h, w int) area {
	const narrowest, widest = 3. / 4, 4. / 3
	for range 10 {
		wanted := float64(h*w) * (leastArea + (1-leastArea)*r.Float64())
		ratio := math.Exp(math.Log(narrowest) + (math.Log(widest)-math.Log(narrowest))*r.Float64())
		aw, ah := int(math.RoundToEven(math.Sqrt(wanted*ratio))), int(math.RoundToEven(math.Sqrt(wanted/ratio)))
		if aw > 0 && aw <= w && ah > 0 && ah <= h {
			return area{r.IntN(h - ah + 1), r.IntN(w - aw + 1), ah, aw}
		}
	}
	a := area{h: h, w: w}
	switch ratio := float64(w) / float64(h); {
	case ratio < narrowest:
		a.h = int(math.RoundToEven(float64(w) / narrowest))
	case ratio > widest:
		a.w = int(math.RoundToEven(float64(h) * widest))
	}
	a.top, a.left = (h-a.h)/2, (w-a.w)/2
	return a
}

// resize resizes a part of a plane (h×w bytes) to dst (h×w, 0 to 1), bilinear between
// pixel centers. Beyond the outermost centers the edge values continue.
func resize(dst []float32, h, w int, src []uint8, from area) {
	for i := range h {
		y0, y1, fy := between(i, h, from.h)
		upper, lower := src[(from.top+y0)*w+from.left:], src[(from.top+y1)*w+from.left:]
		for j := range w {
			x0, x1, fx := between(j, w, from.w)
			top := float64(upper[x0]) + float64(fx*(float64(upper[x1])-float64(upper[x0])))
			bottom := float64(lower[x0]) + float64(fx*(float64(lower[x1])-float64(lower[x0])))
			dst[i*w+j] = float32((top + float64(fy*(bottom-top))) / 255)
		}
	}
}

// between returns the two of n pixels, spread over size places, whose centers enclose
// that of place i. share is the distance from the first, as a share of that between
// them.
func between(i, size, n int) (first, second int, share float64) {
	at := min(max(float64((float64(i)+.5)*float64(n)/float64(size))-.5, 0), float64(n-1))
	first = int(at)
	return first, min(first+1, n-1), at - float64(first)
}

// Weights of the channels in gray (ITU-R BT.601).
const (
	grayRed   = .299
	grayGreen = .587
	grayBlue  = .114
)

func (p *picture) gray(i int) float32 {
	return float32(float64(grayRed*float64(p.rgb[0][i])) + float64(grayGreen*float64(p.rgb[1][i])) + float64(grayBlue*float64(p.rgb[2][i])))
}

// blend scales the distance of every value from to(i) by factor and clips to [0, 1].
func (p *picture) blend(factor float32, to func(i int) float32) {
	for i := range p.rgb[0] {
		t := to(i)
		for c := range p.rgb {
			v := &p.rgb[c][i]
			*v = min(max(t+float32(factor*(*v-t)), 0), 1)
		}
	}
}

func (p *picture) brighten(factor float32) {
	p.blend(factor, func(int) float32 { return 0 })
}

// contrast blends with the mean of the gray image.
func (p *picture) contrast(factor float32) {
	sum := 0.
	for i := range p.rgb[0] {
		sum += float64(p.gray(i))
	}
	mean := float32(sum / float64(len(p.rgb[0])))
	p.blend(factor, func(int) float32 { return mean })
}

func (p *picture) saturate(factor float32) { p.blend(factor, p.gray) }

// turnHue rotates the hue by a share of the color circle. Value and saturation (HSV)
// stay.
func (p *picture) turnHue(by float32) {
	red, green, blue := p.rgb[0], p.rgb[1], p.rgb[2]
	for i := range red {
		r, g, b := float64(red[i]), float64(green[i]), float64(blue[i])
		top, bottom := max(r, g, b), min(r, g, b)
		if top == bottom {
			continue // gray has no hue
		}
		spread := top - bottom
		var sixth float64 // of the circle
		switch top {
		case r:
			sixth = (g - b) / spread
		case g:
			sixth = 2 + (b-r)/spread
		default:
			sixth = 4 + (r-g)/spread
		}
		sixth = math.Mod(sixth+float64(6*float64(by))+12, 6)
		part := sixth - math.Floor(sixth)
		rising, falling := float32(bottom+float64(spread*part)), float32(top-float64(spread*part))
		t, u := float32(top), float32(bottom)
		switch int(sixth) {
		case 0:
			red[i], green[i], blue[i] = t, rising, u
		case 1:
			red[i], green[i], blue[i] = falling, t, u
		case 2:
			red[i], green[i], blue[i] = u, t, rising
		case 3:
			red[i], green[i], blue[i] = u, falling, t
		case 4:
			red[i], green[i], blue[i] = rising, u, t
		default:
			red[i], green[i], blue[i] = t, u, falling
		}
	}
}

// normalize writes the image to dst (3×h×w), normalized by the set's mean and
// standard deviation.
func (p *picture) normalize(dst []float32, s *dataset.Set) {
	plane := p.h * p.w
	for c := range p.rgb {
		for i, v := range p.rgb[c] {
			dst[c*plane+i] = (v - s.Mean[c]) / s.Std[c]
		}
	}
}
