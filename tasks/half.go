package tasks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"longtail/internal/npy"
	"longtail/results"
)

// writeHalf stores a matrix (rows×cols) as float16 in NumPy's format: logits
// need no more, and half the disk.
func writeHalf(path string, x []float32, cols int) error {
	raw := make([]byte, 0, 2*len(x))
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint16(raw, toHalf(v))
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
		x[i] = fromHalf(binary.LittleEndian.Uint16(a.Raw[2*i:]))
	}
	return x, a.Shape[1], nil
}

// toHalf rounds to the nearest IEEE 754 binary16, ties to even; what is too
// large becomes infinite.
func toHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	if f != f {
		return sign | 0x7e00
	}
	b &= 0x7fffffff
	switch exponent := int(b>>23) - 127; {
	case exponent > 15:
		return sign | 0x7c00
	case exponent < -25:
		return sign
	case exponent < -14: // subnormal: multiples of 2⁻²⁴
		mantissa := b&0x7fffff | 0x800000
		return sign | uint16(roundShift(mantissa, uint(-exponent-1)))
	default: // a carry moves into the exponent, up to infinity
		return sign | uint16(roundShift(b-112<<23, 13))
	}
}

// roundShift is x/2ⁿ rounded to the nearest integer, ties to even.
func roundShift(x uint32, n uint) uint32 {
	q, rest, half := x>>n, x&(1<<n-1), uint32(1)<<(n-1)
	if rest > half || rest == half && q&1 == 1 {
		q++
	}
	return q
}

func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, mantissa := uint32(h>>10)&31, uint32(h&0x3ff)
	switch exponent {
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | mantissa<<13)
	case 0:
		x := float32(mantissa) / (1 << 24)
		if sign != 0 {
			x = -x
		}
		return x
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | mantissa<<13)
}
