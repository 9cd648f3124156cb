package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written is a file of the given arrays.
func written(t testing.TB, arrays ...*Array) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "a.mat"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Write(f, arrays...); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bytesArray(name string, data []byte, dims ...int) *Array {
	return &Array{Name: name, Type: Uint8, Dims: dims, Elements: bytes.NewReader(data)}
}

// plain builds an uncompressed file by hand, in either byte order, with its
// name and data as small elements where they fit.
func plain(order binary.AppendByteOrder, endian string, class uint32, stored Type, name string, data []byte, dims ...int32) []byte {
	b := make([]byte, 124, 200)
	b = append(order.AppendUint16(b, 0x100), endian...)
	word := func(b []byte, v uint32) []byte { return order.AppendUint32(b, v) }
	element := func(b []byte, t Type, data []byte) []byte {
		if len(data) > 0 && len(data) <= 4 {
			b = word(b, uint32(len(data))<<16|uint32(t))
			return append(append(b, data...), make([]byte, 4-len(data))...)
		}
		b = append(word(word(b, uint32(t)), uint32(len(data))), data...)
		return append(b, make([]byte, -len(data)&7)...)
	}
	m := element(nil, Uint32, word(word(nil, class), 0))
	var d []byte
	for _, v := range dims {
		d = word(d, uint32(v))
	}
	m = element(m, Int32, d)
	m = element(m, Int8, []byte(name))
	m = element(m, stored, data)
	return append(word(word(b, typeMatrix), uint32(len(m))), m...)
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
	var y bytes.Buffer
	for i := range 1000 {
		binary.Write(&y, binary.LittleEndian, float64(i)/2)
	}
	b := written(t, bytesArray("X", []byte{1, 2, 3, 4, 5, 6}, 2, 3), &Array{Name: "y", Type: Double, Dims: []int{1000, 1}, Elements: &y})
	for _, size := range []int64{int64(len(b)), -1} {
		got, err := read(b, size)
		if err != nil || len(got) != 2 || got[0].name != "X" || !slices.Equal(got[0].dims, []int{2, 3}) || !slices.Equal(got[0].v, []float64{1, 2, 3, 4, 5, 6}) ||
			len(got[1].v) != 1000 || got[1].v[999] != 499.5 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
}

func TestByteOrdersAndSmallElements(t *testing.T) {
	for _, order := range []struct {
		binary.AppendByteOrder
		name string
	}{{binary.LittleEndian, "IM"}, {binary.BigEndian, "MI"}} {
		b := plain(order, order.name, 6, Uint16, "ab", order.AppendUint16(order.AppendUint16(nil, 513), 7), 2, 1)
		got, err := read(b, int64(len(b)))
		if err != nil || len(got) != 1 || got[0].name != "ab" || !slices.Equal(got[0].v, []float64{513, 7}) {
			t.Errorf("%s: %+v, %v", order.name, got, err)
		}
		b = plain(order, order.name, 6, Double, "long name", order.AppendUint64(nil, math.Float64bits(-2.5)), 1, 1)
		if got, err = read(b, -1); err != nil || got[0].v[0] != -2.5 {
			t.Errorf("%s: %+v, %v", order.name, got, err)
		}
	}
}

func TestPassesOverOtherVariables(t *testing.T) {
	le := binary.LittleEndian
	text := plain(le, "IM", 4, Uint16, "s", le.AppendUint16(nil, 'x'), 1, 1)
	whole := append(text, plain(le, "IM", 9, Uint8, "b", []byte{9}, 1, 1)[headerSize:]...)
	got, err := read(whole, int64(len(whole)))
	if err != nil || len(got) != 1 || got[0].name != "b" || got[0].v[0] != 9 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTruncatedAtEveryByte(t *testing.T) {
	data := make([]byte, 5000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	b := written(t, bytesArray("X", data, 50, 100), bytesArray("y", []byte{1}, 1, 1))
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
	le := binary.LittleEndian
	good := plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, 2, 3)
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"HDF5", "version 7.3", append(make([]byte, 126), "HD"...)},
		{"version", "version 0x200", func() []byte { b := bytes.Clone(good); b[125], b[124] = 2, 0; return b }()},
		{"dimensions", "do not fit", plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, 2, 300000)},
		{"negative", "impossible", plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, -2, 3)},
		{"overflow", "impossible", plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, 1<<30, 1<<30, 1<<30)},
		{"type", "elements of type 99", plain(le, "IM", 9, 99, "X", []byte{1, 2, 3, 4, 5, 6}, 2, 3)},
		{"lying size", "cannot hold", lying(t)},
	} {
		if _, err := read(c.b, int64(len(c.b))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// lying is a compressed matrix of a few bytes that states 3 GB.
func lying(t testing.TB) []byte {
	t.Helper()
	le := binary.LittleEndian
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(le.AppendUint32(le.AppendUint32(nil, typeMatrix), 3_000_000_000))
	w.Write(plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, 2, 3)[headerSize+8:])
	w.Close()
	b := plain(le, "IM", 9, Uint8, "X", nil, 0, 0)[:headerSize]
	b = le.AppendUint32(le.AppendUint32(b, typeCompressed), uint32(z.Len()))
	return append(b, z.Bytes()...)
}

func FuzzEach(f *testing.F) {
	le := binary.LittleEndian
	f.Add(plain(le, "IM", 9, Uint8, "X", []byte{1, 2, 3, 4, 5, 6}, 2, 3))
	f.Add(plain(binary.BigEndian, "MI", 6, Uint16, "ab", []byte{1, 2}, 1, 1))
	f.Add(written(f, bytesArray("X", bytes.Repeat([]byte{7}, 300), 30, 10), bytesArray("y", []byte{1}, 1, 1)))
	f.Add(lying(f))
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
		got, err := read(plain(le, "IM", 9, Uint8, "X", b, int32(len(b)), 1), -1)
		if err != nil || len(got) != 1 || !slices.EqualFunc(got[0].v, b, func(v float64, c byte) bool { return v == float64(c) }) {
			t.Errorf("%q as an array is read as %v, %v", b, got, err)
		}
	})
}
