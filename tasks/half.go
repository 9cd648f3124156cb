package tasks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/x448/float16"

	"longtail/internal/npy"
	"longtail/results"
)

// writeHalf stores a matrix (rows×cols) as float16 in NumPy's format. Logits need
// no more precision, and it takes half the disk.
func writeHalf(path string, x []float32, cols int) error {
	raw := make([]byte, 0, 2*len(x))
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint16(raw, float16.Fromfloat32(v).Bits())
	}
	return results.WriteFile(path, npy.Encode(npy.Array{Type: "<f2", Shape: []int{len(x) / cols, cols}, Raw: raw}))
}

// readHalf reads what writeHalf wrote.
func readHalf(path string) (x []float32, cols int, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	a, err := npy.Decode(data)
	if err == nil && (a.Type != "<f2" || len(a.Shape) != 2) {
		err = errors.New("it is no float16 matrix")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w; delete its task's folder and run the same command again", path, err)
	}
	x = make([]float32, len(a.Raw)/2)
	for i := range x {
		x[i] = float16.Frombits(binary.LittleEndian.Uint16(a.Raw[2*i:])).Float32()
	}
	return x, a.Shape[1], nil
}
