package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"longtail/dataset/internal/mat"
)

// matFile is a file of SVHN's form; pixels are those of pixelOf.
func matFile(images int, labels []byte, double bool) []byte {
	var pixels []byte
	for i := range images {
		for c := range 3 {
			for col := range 32 {
				for row := range 32 {
					pixels = append(pixels, pixelOf(i, c, row, col))
				}
			}
		}
	}
	y := mat.Stored{Name: "y", Type: mat.Uint8, Dims: []int{len(labels), 1}, Data: labels}
	if double {
		y.Type, y.Data = mat.Double, nil
		for _, v := range labels {
			y.Data = binary.LittleEndian.AppendUint64(y.Data, math.Float64bits(float64(v)))
		}
	}
	return mat.Encode(true, imagesX(images, pixels), y)
}

// imagesX is the array X of so many images, rows fastest as MATLAB stores them.
func imagesX(images int, pixels []byte) mat.Stored {
	return mat.Stored{Name: "X", Type: mat.Uint8, Dims: []int{32, 32, 3, images}, Data: pixels}
}

// pixelOf is different for every place of an image and wraps over images.
func pixelOf(image, c, row, col int) byte { return byte(image + 7*c + 3*row + 131*col) }

func readBytes(b []byte) (Samples, error) { return readSVHN(bytes.NewReader(b), int64(len(b)), "x") }

func TestReadSVHN(t *testing.T) {
	for _, double := range []bool{false, true} {
		s, err := readBytes(matFile(3, []byte{1, 10, 1}, double))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Labels, []int32{1, 0, 1}) {
			t.Errorf("labels %v: 10 stands for the digit 0", s.Labels)
		}
		for i := range 3 {
			px := s.Image(i)
			for c := range 3 {
				for row := range 32 {
					for col := range 32 {
						if px[c*1024+row*32+col] != pixelOf(i, c, row, col) {
							t.Fatalf("image %d channel %d row %d column %d", i, c, row, col)
						}
					}
				}
			}
		}
	}
	if s, err := readBytes(matFile(1, []byte{1}, false)); err != nil || s.Len() != 1 {
		t.Errorf("one image: %v", err)
	}
	if s, err := readSVHN(bytes.NewReader(unpacked()), -1, "x"); err != nil || !slices.Equal(s.Labels, []int32{7}) || s.Image(0)[3071] != 0 {
		t.Errorf("not compressed: %v, %v", s.Labels, err)
	}
}

// svhnFolder writes SVHN's three files with so many images of each digit, digit after
// digit as the files number them (1 to 9, then 10 for the 0).
func svhnFolder(t *testing.T, train, test, extra int) string {
	t.Helper()
	dir := t.TempDir()
	for name, each := range map[string]int{"train_32x32.mat": train, "test_32x32.mat": test, "extra_32x32.mat": extra} {
		var labels []byte
		for digit := range byte(10) {
			labels = append(labels, bytes.Repeat([]byte{digit + 1}, each)...)
		}
		put(t, dir, name, matFile(len(labels), labels, false))
	}
	return dir
}

// The extra images are checked and named also where they are all that is there.
func TestVerifySVHN(t *testing.T) {
	dir := svhnFolder(t, 1, 1, 1)
	for _, gone := range []string{"", "train_32x32.mat", "test_32x32.mat"} {
		if gone != "" {
			if err := os.Remove(filepath.Join(dir, gone)); err != nil {
				t.Fatal(err)
			}
		}
		checked, err := Files{Dir: dir}.Verify("svhn")
		if err != nil || len(checked) != 3 {
			t.Fatalf("without %s: %+v, %v", gone, checked, err)
		}
		for i, name := range []string{"train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"} {
			_, lost := os.Stat(filepath.Join(dir, name))
			if c := checked[i]; c.File != name || c.Official || strings.HasSuffix(c.Note, "is missing") != (lost != nil) {
				t.Errorf("without %s: %+v", gone, c)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, "extra_32x32.mat")); err != nil {
		t.Fatal(err)
	}
	if checked, err := (Files{Dir: dir}).Verify("svhn"); err == nil || !strings.Contains(err.Error(), "nothing of it lies in") {
		t.Errorf("an empty folder: %+v, %v", checked, err)
	}
}

// D_U of SVHN is drawn from its extra images in its rank order, which is not that of
// the class ids: the digit 1 is the head, 0 the tail.
func TestUnlabeledSVHN(t *testing.T) {
	files := Files{Dir: svhnFolder(t, 10, 1, 25), AllowUnverified: true}
	s, err := files.Open("svhn")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := LongTail{Rho: 5, NMax: 10}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := files.OpenPool(sub, "")
	if err != nil {
		t.Fatal(err)
	}
	if pool.Mark != "official extra" || !pool.Unverified || !pool.Altered() || !strings.Contains(pool.Note, "extra_32x32.mat") || pool.Len() != 250 || pool.Set != "svhn" || len(pool.Digest) != 64 {
		t.Fatalf("%d images of %q, mark %q, unverified %v, digest %q, note %q", pool.Len(), pool.Set, pool.Mark, pool.Unverified, pool.Digest, pool.Note)
	}
	u := Unlabeled{Multiple: 2, RhoU: 5}
	want, _, err := u.Wanted(10, sub.Full)
	if err != nil {
		t.Fatal(err)
	}
	d, err := sub.Draw(u, pool.Samples)
	if err != nil {
		t.Fatal(err)
	}
	at := d.Positions
	seen := map[int]bool{}
	for rank, digit := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 0} {
		if n := d.Counts[digit]; n != want[rank] || rank > 0 && n > want[rank-1] || sub.Counts[digit] == 0 {
			t.Fatalf("digit %d: %d images, by rank %v", digit, n, want)
		}
		for _, p := range at[:want[rank]] {
			if p/25 != rank || pool.Labels[p] != int32(digit) || pool.Image(p)[0] != pixelOf(p, 0, 0, 0) || seen[p] {
				t.Errorf("position %d for digit %d: label %d, drawn before %v", p, digit, pool.Labels[p], seen[p])
			}
			seen[p] = true
		}
		at = at[want[rank]:]
	}
	if len(at) != 0 || want[0] < 5*want[9] || want[9] == 0 {
		t.Errorf("%d positions too many, by rank %v", len(at), want)
	}
}

func TestReadSVHNErrors(t *testing.T) {
	for _, c := range []struct {
		labels []byte
		want   string
	}{
		{[]byte{1, 0, 3}, "label 0 of image 1"},
		{[]byte{1, 11, 3}, "label 11 of image 1"},
		{[]byte{1, 2}, "3 images and 2 labels"},
	} {
		if _, err := readBytes(matFile(3, c.labels, false)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.labels, err)
		}
	}
	for _, content := range []string{"<html>", strings.Repeat("<html>", 50)} {
		dir := t.TempDir()
		put(t, dir, "train_32x32.mat", []byte(content))
		put(t, dir, "test_32x32.mat", []byte(content))
		if _, err := (Files{Dir: dir}).Open("svhn"); err == nil || !strings.Contains(err.Error(), "longtail data fetch svhn") || strings.Contains(err.Error(), "-v7") {
			t.Errorf("a page: %v", err)
		}
	}
	for name, twice := range map[string]mat.Stored{"X": black, "y": seven} {
		if _, err := readBytes(mat.Encode(false, black, seven, twice)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q stands twice", name)) {
			t.Errorf("%s twice: %v", name, err)
		}
	}
	y16 := mat.Stored{Name: "y", Type: 4, Dims: []int{1, 1}} // of uint16: passed over
	for lack, b := range map[string][]byte{"no labels y": mat.Encode(false, black, y16), "no images X": mat.Encode(false, seven)} {
		if _, err := readBytes(b); err == nil || !strings.Contains(err.Error(), lack) || !strings.Contains(err.Error(), "save X as uint8 and y as uint8 or double") {
			t.Errorf("%s: %v", lack, err)
		}
	}
	b := matFile(3, []byte{1, 2, 3}, false)
	s, err := readBytes(b[:len(b)-3])
	var cut *truncatedError
	if !errors.As(err, &cut) || cut.Images != 3 {
		t.Errorf("cut in the labels: %d images, %v", s.Len(), err)
	}
}

// black and seven make a file of one black image of the digit 7.
var (
	black = imagesX(1, make([]byte, 3072))
	seven = mat.Stored{Name: "y", Type: mat.Uint8, Dims: []int{1, 1}, Data: []byte{7}}
)

func unpacked() []byte { return mat.Encode(false, black, seven) }

// The memory taken follows the bytes that are there, whatever the file states, and pixels
// that compress as little as SVHN's are held once.
func TestSVHNMemoryIsBounded(t *testing.T) {
	lying := mat.Encode(true, imagesX(1<<20, make([]byte, 9<<20)))
	binary.LittleEndian.PutUint32(lying[132:], 1<<22) // bytes of its compressed element, cut here
	noise := make([]byte, 4096*3072)
	rand.NewChaCha8([32]byte{}).Read(noise)
	labels := bytes.Repeat([]byte{1}, 4096)
	whole := mat.Encode(true, imagesX(4096, noise), mat.Stored{Name: "y", Type: mat.Uint8, Dims: []int{4096, 1}, Data: labels})
	for _, c := range []struct {
		b    []byte
		size int64
		cut  bool
		most uint64 // bytes
	}{{lying, int64(len(lying)), true, 100 << 20}, {lying, -1, true, 100 << 20}, {whole, int64(len(whole)), false, 4096 * 3072 * 5 / 4}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := readSVHN(bytes.NewReader(c.b), c.size, "x")
		runtime.ReadMemStats(&after)
		if cut := (*truncatedError)(nil); c.cut && (!errors.As(err, &cut) || cut.Of != 1<<20 || s.Len() != 0) || !c.cut && (err != nil || s.Len() != 4096) {
			t.Errorf("%d images, %v", s.Len(), err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > c.most {
			t.Errorf("%d MB allocated for a file of %d bytes", got>>20, len(c.b))
		}
	}
}

func FuzzReadSVHN(f *testing.F) {
	b := matFile(2, []byte{1, 10}, false)
	f.Add(b)
	f.Add(b[:len(b)-100])
	f.Add(unpacked())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readSVHN(bytes.NewReader(b), int64(len(b)), "x")
		if len(s.Labels) != 0 && len(s.Pixels) != s.Len()*3072 || !labelsIn(s.Labels, 9) {
			t.Errorf("%d bytes of %d images, labels %v", len(s.Pixels), s.Len(), s.Labels)
		}
		if err != nil {
			return
		}
		if s.Len() == 0 {
			t.Fatal("no images, and no error")
		}
		// The pixel right of the first in the last image is 32 bytes on: rows run fastest.
		mat.Each(bytes.NewReader(b), int64(len(b)), func(a *mat.Array) error {
			if a.Name != "X" {
				return nil
			}
			raw := make([]byte, len(s.Pixels))
			if _, err := io.ReadFull(a.Elements, raw); err != nil || s.Image(s.Len() - 1)[1] != raw[len(raw)-3072+32] {
				t.Errorf("another pixel than in the file (%v)", err)
			}
			return nil
		})
	})
}
