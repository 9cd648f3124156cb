package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testdata/arrays.npz and arrays_packed.npz are made by testdata/arrays.py.
func TestReadsNumPy(t *testing.T) {
	for _, file := range []string{"testdata/arrays.npz", "testdata/arrays_packed.npz"} {
		a, err := ReadNPZ(file, "images", "labels", "scalar")
		if err != nil {
			t.Fatal(err)
		}
		if a[0].Type != "|u1" || !slices.Equal(a[0].Shape, []int{2, 3, 4, 3}) || len(a[0].Raw) != 72 || a[0].Raw[71] != 71 {
			t.Errorf("%s: images %v", file, a[0])
		}
		if a[1].Type != "<i8" || !slices.Equal(a[1].Shape, []int{2}) || a[1].Raw[0] != 7 || a[1].Raw[8] != 0xff {
			t.Errorf("%s: labels %v", file, a[1])
		}
		if a[2].Type != "<f4" || len(a[2].Shape) != 0 || len(a[2].Raw) != 4 {
			t.Errorf("%s: scalar %v", file, a[2])
		}
	}
}

// Arrays of text are named as such: their elements have no size in bytes here.
func TestText(t *testing.T) {
	for _, kind := range []string{"<U3", "|S4"} {
		if _, err := Decode(Encode(Array{Type: kind, Shape: []int{2}, Raw: make([]byte, 24)})); err == nil || !strings.Contains(err.Error(), "it holds text ("+kind+")") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// What is written is byte for byte what NumPy writes.
func TestWritesAsNumPy(t *testing.T) {
	want, err := os.ReadFile("testdata/logits.npy")
	if err != nil {
		t.Fatal(err)
	}
	if got := Encode(Float32([]float32{1, -2, .5, 0, 1e-30, 3}, 2, 3)); !bytes.Equal(got, want) {
		t.Errorf("%q\nNumPy %q", got, want)
	}
	for _, shape := range [][]int{{}, {1}, {0, 5}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		a := Array{Type: "|u1", Shape: shape, Raw: []byte{}}
		if !slices.Contains(shape, 0) {
			a.Raw = []byte{9}
		}
		got, err := Decode(Encode(a))
		if d := cmp.Diff(a, got); err != nil || d != "" {
			t.Errorf("%v, %s", err, d)
		}
	}
}

func TestWritesAnArchive(t *testing.T) {
	want := map[string]Array{"logits": Float32([]float32{1, -2, .5, 0}, 2, 2), "labels": Bytes([]byte{9, 0, 3}, 3), "none": Bytes(nil, 0)}
	b, err := EncodeNPZ(want)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, a := range want {
		got, err := ReadNPZ(path, name)
		if err != nil || got[0].Type != a.Type || !slices.Equal(got[0].Shape, a.Shape) || !bytes.Equal(got[0].Raw, a.Raw) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestErrorsNameTheFault(t *testing.T) {
	good := Encode(Array{Type: "|u1", Shape: []int{3}, Raw: []byte{1, 2, 3}})
	wide := func(kind, shape string) []byte {
		h := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, shape)
		return append(binary.LittleEndian.AppendUint32([]byte(magic+"\x02\x00"), uint32(len(h))), h...)
	}
	with := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	for want, b := range map[string][]byte{
		"no NumPy array":      []byte("PK\x03\x04"),
		"holds 2 bytes":       good[:len(good)-1],
		"holds 3 bytes":       with("(3,)", "(4,)"),
		"header is cut short": good[:20],
		"Fortran order":       with("False, ", "True,  "),
		"not that of a plain": with("'|u1'", "'|O8'}"),
		"is impossible":       with("(3,)", "(9223372036854775807, 9223372036854775807)"),
		"format 9":            with("\x01\x00", "\x09\x00"),
		"than the 64":         wide("|u1", strings.Repeat("0,", 22000)),
		"header \"{'descr'":   wide("|u"+strings.Repeat("0", 70000)+"1", "0,"),
	} {
		if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	path := filepath.Join(t.TempDir(), "x.npz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, _ := z.Create("labels.npy")
	w.Write(good[:30])
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := ReadNPZ(path, "images"); err == nil || !strings.Contains(err.Error(), `x.npz: holds no array "images", only ["labels"]`) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadNPZ(path, "labels"); err == nil || !strings.Contains(err.Error(), `x.npz: array "labels": its header`) {
		t.Errorf("error %v", err)
	}
}

func TestArraysOfOneName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npz")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a.npy", "a"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(Encode(Array{Type: "|u1", Shape: []int{0}}))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadNPZ(path, "a"); err == nil || !strings.Contains(err.Error(), `holds two arrays "a"`) {
		t.Errorf("error %v", err)
	}
}

// What an archive unpacks to is bounded, whatever it states.
func TestBombs(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("images.npy") // deflated
	if err != nil {
		t.Fatal(err)
	}
	content := Encode(Array{Type: "|u1", Shape: []int{1 << 20}, Raw: make([]byte, 1<<20)})
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := member(r.File[0], int64(len(content))); err != nil || len(a.Raw) != 1<<20 {
		t.Errorf("just fits: %v", err)
	}
	if _, err := member(r.File[0], int64(len(content))-1); err == nil || !strings.Contains(err.Error(), "damaged or hostile") {
		t.Errorf("a byte too much: %v", err)
	}
}

// Whatever the bytes, Decode returns; what it accepts it writes as it reads it.
func FuzzDecode(f *testing.F) {
	f.Add(Encode(Array{Type: "<i8", Shape: []int{1}, Raw: make([]byte, 8)}))
	f.Add(Encode(Array{Type: "|u1", Shape: []int{1 << 40, 1 << 40}}))
	f.Add([]byte(magic + "\x02\x00\xff\xff\xff\xff{}"))
	f.Add(Encode(Array{Type: "|u1", Shape: make([]int, maxDims)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(Encode(a))
		if d := cmp.Diff(a, again); err != nil || d != "" {
			t.Fatal(err, d)
		}
	})
}
