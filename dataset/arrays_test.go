package dataset

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"longtail/internal/npy"
)

// writeNPZ writes an archive and returns its path.
func writeNPZ(t *testing.T, arrays map[string]npy.Array) string {
	t.Helper()
	b, err := npy.EncodeNPZ(arrays)
	if err != nil {
		t.Fatal(err)
	}
	return put(t, t.TempDir(), "own.npz", b)
}

func int64s(v ...int64) npy.Array {
	raw, _ := binary.Append(nil, binary.LittleEndian, v)
	return npy.Array{Type: "<i8", Shape: []int{len(v)}, Raw: raw}
}

func uint8s(shape ...int) npy.Array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(7 * i)
	}
	return npy.Array{Type: "|u1", Shape: shape, Raw: raw}
}

func TestReadNPZ(t *testing.T) {
	images := uint8s(3, 2, 5, 3)
	s, err := ReadNPZ(writeNPZ(t, map[string]npy.Array{"images": images, "labels": int64s(4, 0, 1)}))
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 3 || s.C != 3 || s.H != 2 || s.W != 5 || s.Labels[0] != 4 || s.Labels[2] != 1 {
		t.Fatalf("%d images of %d×%d×%d, labels %v", s.Len(), s.H, s.W, s.C, s.Labels)
	}
	for i := range 3 {
		for row := range 2 {
			for col := range 5 {
				for c := range 3 {
					if got, want := s.Image(i)[c*10+row*5+col], images.Raw[((i*2+row)*5+col)*3+c]; got != want {
						t.Fatalf("image %d, row %d, column %d, channel %d: %d, want %d", i, row, col, c, got, want)
					}
				}
			}
		}
	}
	set, err := FromSamples("own", s, Samples{})
	if err != nil || len(set.Classes) != 5 || set.Classes[4] != "4" || set.Digest == "" {
		t.Fatalf("%+v, %v", set, err)
	}
	for c := range 3 {
		var sum, squares float64
		for i := c; i < len(images.Raw); i += 3 {
			v := float64(images.Raw[i]) / 255
			sum, squares = sum+v/30, squares+v*v/30
		}
		if sd := math.Sqrt(squares - sum*sum); math.Abs(float64(set.Mean[c])-sum) > 1e-7 || math.Abs(float64(set.Std[c])-sd) > 1e-7 {
			t.Errorf("channel %d: mean %v, deviation %v; want %v and %v", c, set.Mean[c], set.Std[c], sum, sd)
		}
	}
}

func TestArraysThatDoNotFit(t *testing.T) {
	labels := int64s(0, 1)
	for want, arrays := range map[string]map[string]npy.Array{
		`holds no array "labels"`:                 {"images": uint8s(2, 4, 4, 3)},
		"images is |u1 of shape [2 4 4]":          {"images": uint8s(2, 4, 4), "labels": labels},
		"images is |u1 of shape [2 3 4 4]":        {"images": uint8s(2, 3, 4, 4), "labels": labels},
		"images is |u1 of shape [0 4 4 3]":        {"images": uint8s(0, 4, 4, 3), "labels": int64s()},
		"images is <i8 of shape [2]":              {"images": labels, "labels": labels},
		"labels has shape [2] for 3 images":       {"images": uint8s(3, 4, 4, 3), "labels": labels},
		"labels is of type <f4":                   {"images": uint8s(2, 4, 4, 3), "labels": npy.Float32([]float32{0, 1}, 2)},
		"label -1 of image 1 is outside":          {"images": uint8s(2, 4, 4, 3), "labels": int64s(0, -1)},
		"label 99999999999 of image 0 is outside": {"images": uint8s(2, 4, 4, 3), "labels": int64s(99999999999, 0)},
	} {
		if _, err := ReadNPZ(writeNPZ(t, arrays)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "own.npz") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	a := Samples{Set: "a", C: 3, H: 2, W: 2, Pixels: make([]uint8, 12), Labels: []int32{0}}
	b := Samples{Set: "b", C: 3, H: 2, W: 1, Pixels: make([]uint8, 6), Labels: []int32{0}}
	if _, err := FromSamples("own", a, b); err == nil || !strings.Contains(err.Error(), "images of b are 2×1×3, those of a 2×2×3") {
		t.Errorf("error %v", err)
	}
	if set, err := FromSamples("own", a, Samples{}); err != nil || set.Std != [3]float32{1, 1, 1} {
		t.Errorf("black images: %v, %v", set.Std, err)
	}
}
