package mat

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func bytesArray(name string, data []byte, dims ...int) Stored {
	return Stored{name, Uint8, dims, data}
}

type values struct {
	name string
	dims []int
	v    []float64
}

func read(b []byte, size int64) ([]values, error) {
	var out []values
	err := Each(bytes.NewReader(b), size, func(a *Array) error {
		v, err := a.Float64s()
		out = append(out, values{a.Name, a.Dims, v})
		return err
	})
	return out, err
}

func TestCompressedFile(t *testing.T) {
	var y []byte
	for i := range 1000 {
		y = order.AppendUint64(y, math.Float64bits(float64(i)/2))
	}
	b := Encode(true, bytesArray("X", []byte{1, 2, 3, 4, 5, 6}, 2, 3), Stored{"y", Double, []int{1000, 1}, y})
	for _, size := range []int64{int64(len(b)), -1} {
		got, err := read(b, size)
		if err != nil || len(got) != 2 || got[0].name != "X" || !slices.Equal(got[0].dims, []int{2, 3}) || !slices.Equal(got[0].v, []float64{1, 2, 3, 4, 5, 6}) ||
			len(got[1].v) != 1000 || got[1].v[999] != 499.5 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
}

func TestSmallElements(t *testing.T) {
	b := Encode(false, bytesArray("ab", []byte{5, 7}, 2, 1), Stored{"long name", Double, []int{1, 1}, order.AppendUint64(nil, math.Float64bits(-2.5))})
	for _, size := range []int64{int64(len(b)), -1} {
		got, err := read(b, size)
		if err != nil || len(got) != 2 || got[0].name != "ab" || !slices.Equal(got[0].v, []float64{5, 7}) || got[1].name != "long name" || got[1].v[0] != -2.5 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestPassesOverOtherVariables(t *testing.T) {
	for name, as := range map[string]struct {
		at   int
		kind byte
	}{"text": {classAt, 4}, "16-bit numbers": {typeAt, 3}} {
		b := Encode(false, bytesArray("s", []byte{'x'}, 1, 1), bytesArray("b", []byte{9}, 1, 1))
		b[as.at] = as.kind
		got, err := read(b, int64(len(b)))
		if err != nil || len(got) != 1 || got[0].name != "b" || got[0].v[0] != 9 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Places in a file of one array that is not compressed; typeAt after a short name.
const classAt, dimsAt, typeAt = headerSize + 16, headerSize + 32, headerSize + 48

func TestTruncatedAtEveryByte(t *testing.T) {
	data := make([]byte, 5000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	b := Encode(true, bytesArray("X", data, 50, 100), bytesArray("y", []byte{1}, 1, 1))
	for cut := 0; cut < len(b); cut += 1 + len(b)/200 {
		for _, size := range []int64{int64(cut), -1} {
			seen := 0
			err := Each(bytes.NewReader(b[:cut]), size, func(a *Array) error {
				got, err := io.ReadAll(a.Elements)
				if a.Name == "X" {
					seen = len(got)
					if !bytes.Equal(got, data[:len(got)]) {
						t.Fatalf("cut %d: wrong bytes", cut)
					}
				}
				return err
			})
			whole := cut == headerSize || cut == len(b)
			if !whole && !errors.Is(err, ErrTruncated) && !(err == nil && seen == len(data)) {
				t.Fatalf("cut at %d of %d (size %d): %d bytes, error %v", cut, len(b), size, seen, err)
			}
		}
	}
}

func TestHostileFiles(t *testing.T) {
	good := Encode(false, bytesArray("X", []byte{1, 2, 3, 4, 5, 6}, 2, 3))
	changed := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"HDF5", "version 7.3", append(make([]byte, 126), "HD"...)},
		{"big-endian", "no little-endian", append(make([]byte, 126), "MI"...)},
		{"version", "version 0x200", changed(125, 2)},
		{"dimensions", "do not fit", changed(dimsAt+2, 9)},
		{"negative", "impossible", changed(dimsAt+3, 0xff)},
		{"overflow", "impossible", Encode(false, bytesArray("X", nil, 1<<30, 1<<30, 1<<30))},
		{"lying size", "cannot hold", lying},
	} {
		if _, err := read(c.b, int64(len(c.b))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// lying is a compressed matrix of a few bytes that states 3 GB.
var lying = Encode(true, bytesArray("X", []byte{1, 2, 3, 4, 5, 6}, 1000, 3_000_000))

func FuzzEach(f *testing.F) {
	f.Add(Encode(false, bytesArray("X", []byte{1, 2, 3, 4, 5, 6}, 2, 3)))
	f.Add(Encode(false, bytesArray("ab", []byte{1, 2}, 2, 1)))
	f.Add(Encode(true, bytesArray("X", bytes.Repeat([]byte{7}, 300), 30, 10), bytesArray("y", []byte{1}, 1, 1)))
	f.Add(lying)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, size := range []int64{int64(len(b)), -1} {
			total := 0
			Each(bytes.NewReader(b), size, func(a *Array) error {
				v, err := a.Float64s()
				if err == nil && len(v) != a.Len {
					t.Errorf("%d elements of %d without an error", len(v), a.Len)
				}
				if total += len(v); total > maxRatio*len(b) {
					t.Errorf("%d elements of %d bytes", total, len(b))
				}
				return err
			})
		}
		got, err := read(Encode(false, bytesArray("X", b, len(b), 1)), -1)
		if err != nil || len(got) != 1 || !slices.EqualFunc(got[0].v, b, func(v float64, c byte) bool { return v == float64(c) }) {
			t.Errorf("%q as an array is read as %v, %v", b, got, err)
		}
	})
}
