package dataset

import (
	"image"
	"image/color"
)

// ClassSheet returns a picture with a row of images for each class, head first, one
// pixel apart. classes and perClass limit the rows and columns; missing images are black.
func ClassSheet(sub *Subset, classes, perClass int) (image.Image, error) {
	s := sub.Set
	byClass := make([][]int, len(s.Classes))
	for _, p := range sub.Positions {
		y := s.Train.Labels[p]
		if len(byClass[y]) < perClass {
			byClass[y] = append(byClass[y], p)
		}
	}
	ranks := s.Ranks()[:min(classes, len(s.Classes))]
	out := image.NewRGBA(image.Rect(0, 0, perClass*(s.W+1)-1, len(ranks)*(s.H+1)-1))
	black, plane := make([]uint8, s.C*s.H*s.W), s.H*s.W
	for row, class := range ranks {
		for col := range perClass {
			px := black
			if col < len(byClass[class]) {
				var err error
				if px, err = s.Train.Read(byClass[class][col]); err != nil {
					return nil, err
				}
			}
			for o := range plane {
				at := func(c int) uint8 { return px[min(c, s.C-1)*plane+o] }
				out.SetRGBA(col*(s.W+1)+o%s.W, row*(s.H+1)+o/s.W, color.RGBA{at(0), at(1), at(2), 255})
			}
		}
	}
	return out, nil
}
