package dataset

import (
	"fmt"
	"image"
	"image/color"
)

// sheetOf returns a picture of images in memory, in rows of so many columns, one
// pixel apart.
func sheetOf(s Samples, columns int) (image.Image, error) {
	if columns < 1 || s.Len() == 0 {
		return nil, fmt.Errorf("a sheet needs images and columns, got %d and %d", s.Len(), columns)
	}
	rows := (s.Len() + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, columns*(s.W+1)-1, rows*(s.H+1)-1))
	plane := s.H * s.W
	for i := range s.Len() {
		px := s.Image(i)
		x0, y0 := i%columns*(s.W+1), i/columns*(s.H+1)
		for o := range plane {
			at := func(c int) uint8 { return px[min(c, s.C-1)*plane+o] }
			out.SetRGBA(x0+o%s.W, y0+o/s.W, color.RGBA{at(0), at(1), at(2), 255})
		}
	}
	return out, nil
}

// ClassSheet returns a picture with a row of images for each class, head first.
// classes and perClass limit the rows and columns; missing images are black.
func ClassSheet(sub *Subset, classes, perClass int) (image.Image, error) {
	s := sub.Set
	byClass := make([][]int, len(s.Classes))
	for _, p := range sub.Positions {
		y := s.Train.Labels[p]
		if len(byClass[y]) < perClass {
			byClass[y] = append(byClass[y], p)
		}
	}
	shown := Samples{C: s.C, H: s.H, W: s.W}
	black := make([]uint8, s.C*s.H*s.W)
	for _, class := range s.Ranks()[:min(classes, len(s.Classes))] {
		for i := range perClass {
			px := black
			if i < len(byClass[class]) {
				var err error
				if px, err = s.Train.Read(byClass[class][i]); err != nil {
					return nil, err
				}
			}
			shown.Pixels = append(shown.Pixels, px...)
			shown.Labels = append(shown.Labels, int32(class))
		}
	}
	return sheetOf(shown, perClass)
}
