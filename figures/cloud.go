package figures

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// cloud is a scatter of many points: a map has ten thousand and more. They are painted
// into one image, which keeps an SVG file below a megabyte and takes a fiftieth of the
// time of drawing circles. Coverage is counted on a grid, in integers.
type cloud []blot

// blot holds the points of one kind of marker, painted over the blots before it.
type blot struct {
	at     plotter.XYs
	shape  func(x, y float64) bool // whether a point is inside a marker of radius 1
	radius vg.Length
	color  color.RGBA
	edge   bool // a thin white edge, which separates it from other markers
}

func (cl cloud) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	r := newRaster(c.Rectangle)
	for _, b := range cl {
		var edge stamps
		if b.edge {
			edge = newStamps(b.shape, float64(1.2*b.radius/dot))
		}
		ink := newStamps(b.shape, float64(b.radius/dot))
		for _, v := range b.at {
			px, py := r.pixel(vg.Point{X: x(v.X), Y: y(v.Y)})
			if b.edge {
				edge.press(r.img, px, py, color.RGBA{255, 255, 255, 255})
			}
			ink.press(r.img, px, py, b.color)
		}
	}
	r.draw(c)
}

// Thumbnail draws the blot's marker in a legend.
func (b blot) Thumbnail(c *draw.Canvas) {
	r := newRaster(c.Rectangle)
	px, py := r.pixel(vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
	newStamps(b.shape, float64(max(b.radius, 1.2)/dot)).press(r.img, px, py, b.color)
	r.draw(*c)
}

// Marker shapes that are distinguishable even at a radius of 1 pt.
func disc(x, y float64) bool { return x*x+y*y <= 1 }
func saltire(x, y float64) bool {
	return math.Abs(math.Abs(x)-math.Abs(y)) < 0.42 && max(math.Abs(x), math.Abs(y)) <= 1
}
func triangle(x, y float64) bool { return y <= 0.8 && y >= -1.1+1.75*math.Abs(x) }

// dot is the side of a raster's pixel.
const dot = vg.Inch / dotsPerInch

// raster is an image over a part of a figure. Its edges lie on whole pixels of the PNG
// file, which shows it pixel by pixel.
type raster struct {
	img *image.RGBA
	vg.Rectangle
}

func newRaster(over vg.Rectangle) raster {
	x0, y0 := math.Floor(float64(over.Min.X/dot)), math.Floor(float64(over.Min.Y/dot))
	x1, y1 := math.Ceil(float64(over.Max.X/dot)), math.Ceil(float64(over.Max.Y/dot))
	at := func(x, y float64) vg.Point { return vg.Point{X: vg.Length(x) * dot, Y: vg.Length(y) * dot} }
	return raster{image.NewRGBA(image.Rect(0, 0, int(x1-x0), int(y1-y0))), vg.Rectangle{Min: at(x0, y0), Max: at(x1, y1)}}
}

// pixel returns the position of a figure's point in the image, whose rows run downwards.
func (r raster) pixel(p vg.Point) (x, y float64) {
	return float64((p.X - r.Min.X) / dot), float64((r.Max.Y - p.Y) / dot)
}

func (r raster) draw(c draw.Canvas) { c.DrawImage(r.Rectangle, r.img) }

// stamps hold the coverage of a marker's pixels, 0 to 16, for center positions in steps
// of a quarter of a pixel.
type stamps struct {
	half int // pixels on each side of the middle one
	mask [4][4][]uint8
}

func newStamps(inside func(x, y float64) bool, radius float64) stamps {
	s := stamps{half: int(math.Ceil(radius * 1.2))}
	side := 2*s.half + 1
	for fy := range 4 {
		for fx := range 4 {
			m := make([]uint8, side*side)
			for i := range m {
				for sub := range 16 {
					x := float64(i%side-s.half) + (float64(sub%4)+0.5)/4 - (float64(fx)+0.5)/4
					y := float64(i/side-s.half) + (float64(sub/4)+0.5)/4 - (float64(fy)+0.5)/4
					if inside(x/radius, y/radius) {
						m[i]++
					}
				}
			}
			s.mask[fy][fx] = m
		}
	}
	return s
}

// press paints the marker at a position of the image.
func (s stamps) press(img *image.RGBA, x, y float64, ink color.RGBA) {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	m := s.mask[int(4*(y-float64(iy)))&3][int(4*(x-float64(ix)))&3]
	side := 2*s.half + 1
	for i, cover := range m {
		at := image.Pt(ix+i%side-s.half, iy+i/side-s.half)
		if cover == 0 || !at.In(img.Rect) {
			continue
		}
		p := img.Pix[img.PixOffset(at.X, at.Y):][:4]
		over, under := uint32(cover), 16*255-uint32(cover)*uint32(ink.A)
		for k, v := range [4]uint8{ink.R, ink.G, ink.B, ink.A} {
			p[k] = uint8((uint32(v)*over*255 + uint32(p[k])*under + 16*255/2) / (16 * 255))
		}
	}
}
