package main

import (
	bits "encoding/binary"
	"os"
	"testing"

	"longtail/internal/npy"
	"longtail/internal/stream"
)

// writeArrays writes images (N×H×W×3) and labels as numpy.savez_compressed does.
func writeArrays(t *testing.T, path string, images []byte, height, width int, labels []int64) {
	t.Helper()
	raw, _ := bits.Append(nil, bits.LittleEndian, labels)
	b, err := npy.EncodeNPZ(map[string]npy.Array{
		"images": npy.Bytes(images, len(labels), height, width, 3),
		"labels": {Type: "<i8", Shape: []int{len(labels)}, Raw: raw},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// rows are images of odd size whose class is which row is bright, counts[c] of
// class c.
func rows(t *testing.T, path, seed string, counts ...int) {
	t.Helper()
	const height, width = 9, 7
	r := stream.New("rows", seed)
	var images []byte
	var labels []int64
	for c, n := range counts {
		for range n {
			for row := range height {
				for range width * 3 {
					v := r.IntN(120)
					if row == 2*c+1 {
						v += 120
					}
					images = append(images, byte(v))
				}
			}
			labels = append(labels, int64(c))
		}
	}
	writeArrays(t, path, images, height, width, labels)
}
