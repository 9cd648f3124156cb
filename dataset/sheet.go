package dataset

import (
	"fmt"
	"image"
	"image/color"
)

// Sheet lays the images at the given positions out in rows of so many
// columns, one pixel apart, for people to look at.
func Sheet(s Samples, positions []int, columns int) (image.Image, error) {
	if columns < 1 || len(positions) == 0 {
		return nil, fmt.Errorf("dataset: a sheet needs images and columns, got %d and %d", len(positions), columns)
	}
	rows := (len(positions) + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, columns*(s.W+1)-1, rows*(s.H+1)-1))
	plane := s.H * s.W
	for i, p := range positions {
		if p < 0 || p >= s.Len() {
			return nil, fmt.Errorf("dataset: position %d is outside the %d images of %s", p, s.Len(), s.Set)
		}
		px := s.Image(p)
		x0, y0 := i%columns*(s.W+1), i/columns*(s.H+1)
		for o := range plane {
			at := func(c int) uint8 { return px[min(c, s.C-1)*plane+o] }
			out.SetRGBA(x0+o%s.W, y0+o/s.W, color.RGBA{at(0), at(1), at(2), 255})
		}
	}
	return out, nil
}
