package dataset

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestIDXRoundTrip(t *testing.T) {
	data := []byte("abcdefghijkl")
	var b bytes.Buffer
	if err := WriteIDX(&b, []int{2, 3, 2}, data); err != nil {
		t.Fatal(err)
	}
	sizes, got, err := readIDX(&b, "some-file")
	if err != nil || !slices.Equal(sizes, []int{2, 3, 2}) || !bytes.Equal(got, data) {
		t.Errorf("%v %q, error %v", sizes, got, err)
	}
	if err := WriteIDX(&b, []int{2}, data); err == nil {
		t.Error("sizes that do not match were written")
	}
}

func TestIDXErrors(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "idx header"},
		{"magic", "\x00\x00\x09\x01\x00\x00\x00\x00", "not an idx file of bytes"},
		{"no dimensions", "\x00\x00\x08\x00", "not an idx file of bytes"},
		{"header cut", "\x00\x00\x08\x02\x00\x00\x00\x01", "idx header"},
		{"data cut", "\x00\x00\x08\x01\x00\x00\x00\x05abc", "need 5 bytes, the file holds 3"},
		{"data after the end", "\x00\x00\x08\x01\x00\x00\x00\x02abc", "need 2 bytes, the file holds more"},
		{"lying sizes", "\x00\x00\x08\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "too large"},
		{"large but cut", "\x00\x00\x08\x01\xff\xff\xff\xffabc", "the file holds 3"},
	} {
		if _, _, err := readIDX(strings.NewReader(c.file), "some-file"); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "some-file") {
			t.Errorf("%s: error %v, want one with %q and the file's name", c.name, err, c.want)
		}
	}
}

// The bytes of an official file are bounded where it is unpacked: what is packed
// once more would not be.
func TestIDXPackedTwice(t *testing.T) {
	var plain bytes.Buffer
	if err := WriteIDX(&plain, []int{2}, []byte{1, 0}); err != nil {
		t.Fatal(err)
	}
	o := &official{about: Set{ID: "mini", Classes: []string{"zero", "one"}}}
	p := part{path: "train-labels-idx1-ubyte", size: 1 << 20}
	r := &reading{Files: Files{AllowUnverified: true}, set: o, layout: &layout{read: readIDXPair}}
	for times, b := range [][]byte{plain.Bytes(), gzipped(plain.Bytes()), gzipped(gzipped(plain.Bytes()))} {
		s, err := r.file(&p, put(t, t.TempDir(), "x.gz", b))
		if once := times < 2; (err == nil) != once || once && !slices.Equal(s.Labels, []int32{1, 0}) || !once && !strings.Contains(err.Error(), "magic 1f 8b") {
			t.Errorf("packed %d times: %v, %v", times, s.Labels, err)
		}
	}
}

func FuzzReadIDX(f *testing.F) {
	f.Add([]byte("\x00\x00\x08\x01\x00\x00\x00\x02ab"))
	f.Add([]byte("\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		sizes, data, err := readIDX(bytes.NewReader(b), "fuzz")
		if err != nil {
			return
		}
		n := 1
		for _, s := range sizes {
			n *= s
		}
		if n != len(data) {
			t.Errorf("sizes %v and %d bytes", sizes, len(data))
		}
	})
}
