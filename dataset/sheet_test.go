package dataset

import (
	"flag"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var sheets = flag.String("sheets", "", "folder for contact sheets to look at: go test ./dataset -run Sheet -sheets /tmp")

func TestSheet(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Samples
	}{
		{"fashion-mnist-train", open(t, "fashion-mnist").Train},
		{"fashion-mnist-test", open(t, "fashion-mnist").Test},
		{"fashion-mnist-pool", open(t, "fashion-mnist").Pool},
		{"mnist-pool", open(t, "mnist").Pool},
	} {
		m, err := sheetOf(c.s, FirstPerClass(c.s.Labels, 12), 12)
		if err != nil {
			t.Fatal(err)
		}
		if b := m.Bounds(); b.Dx() != 12*29-1 || b.Dy() != 10*29-1 {
			t.Errorf("%s: sheet of %v", c.name, b)
		}
		if *sheets == "" {
			continue
		}
		f, err := os.Create(filepath.Join(*sheets, c.name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSheetPlacesPixels(t *testing.T) {
	s := Samples{Set: "colour", C: 3, H: 1, W: 2, Labels: []int32{0, 0, 0}, Pixels: []uint8{
		1, 2, 3, 4, 5, 6,
		11, 12, 13, 14, 15, 16,
		21, 22, 23, 24, 25, 26,
	}}
	m, err := sheetOf(s, []int{0, 2, 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{0, 0, color.RGBA{1, 3, 5, 255}}, {1, 0, color.RGBA{2, 4, 6, 255}}, {4, 0, color.RGBA{22, 24, 26, 255}}, {0, 2, color.RGBA{11, 13, 15, 255}}} {
		if got := m.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	if _, err := sheetOf(s, []int{3}, 2); err == nil || !strings.Contains(err.Error(), "position 3") {
		t.Errorf("position 3 of 3: %v", err)
	}
	if _, err := sheetOf(s, nil, 2); err == nil {
		t.Error("an empty sheet was made")
	}
}

// Garments and digits stand upright: trousers are taller than wide and parted
// below, not above; a sneaker is wider than tall; a seven has its bar on top.
func TestUpright(t *testing.T) {
	garments, numbers := open(t, "fashion-mnist"), open(t, "mnist")
	const trouser, sneaker, seven = 1, 7, 7
	// mean brightness of the images of a class in a box
	box := func(s Samples, class int32, top, bottom, left, right int) float64 {
		sum, n := 0.0, 0
		for i, y := range s.Labels {
			if y != class {
				continue
			}
			px := s.Image(i)
			for r := top; r < bottom; r++ {
				for c := left; c < right; c++ {
					sum += float64(px[r*s.W+c])
					n++
				}
			}
		}
		return sum / float64(n)
	}
	g, d := garments.Train, numbers.Pool
	for what, c := range map[string][2]float64{
		"trousers are taller than wide":   {box(g, trouser, 0, 4, 10, 18), box(g, trouser, 10, 18, 0, 4)},
		"sneakers are wider than tall":    {box(g, sneaker, 12, 18, 0, 4), box(g, sneaker, 0, 4, 12, 18)},
		"trousers are parted below":       {box(g, trouser, 2, 8, 13, 15), box(g, trouser, 20, 26, 13, 15)},
		"sevens have their bar on top":    {box(d, seven, 6, 11, 6, 12), box(d, seven, 18, 23, 6, 12)},
		"sevens lean to the right on top": {box(d, seven, 9, 14, 16, 22), box(d, seven, 9, 14, 4, 10)},
	} {
		if c[0] < c[1]+10 {
			t.Errorf("not so: %s (%.0f against %.0f)", what, c[0], c[1])
		}
	}
}
