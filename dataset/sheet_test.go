package dataset

import (
	"image/color"
	"testing"
)

func TestSheetPlacesPixels(t *testing.T) {
	s := Samples{Set: "color", C: 3, H: 1, W: 2, Labels: []int32{0, 1, 0}, Pixels: []uint8{
		1, 2, 3, 4, 5, 6,
		11, 12, 13, 14, 15, 16,
		21, 22, 23, 24, 25, 26,
	}}
	sub := &Subset{Set: &Set{Classes: []string{"a", "b"}, C: 3, H: 1, W: 2, Train: s}, Positions: []int{0, 2, 1}}
	m, err := ClassSheet(sub, 9, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{0, 0, color.RGBA{1, 3, 5, 255}}, {1, 0, color.RGBA{2, 4, 6, 255}}, {4, 0, color.RGBA{22, 24, 26, 255}}, {0, 2, color.RGBA{11, 13, 15, 255}}, {4, 2, color.RGBA{0, 0, 0, 255}}, {2, 0, color.RGBA{}}} {
		if got := m.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}
