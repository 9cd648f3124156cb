package dataset

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"longtail/dataset/internal/mat"
)

// matFile writes a file of SVHN's form; pixels are those of pixelOf.
func matFile(t testing.TB, images int, labels []byte, double bool) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x.mat"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x := &mat.Array{Name: "X", Type: mat.Uint8, Dims: []int{32, 32, 3, images}, Elements: &pixelReader{images: images}}
	y := &mat.Array{Name: "y", Type: mat.Uint8, Dims: []int{len(labels), 1}, Elements: bytes.NewReader(labels)}
	if double {
		var b []byte
		for _, v := range labels {
			b = binary.LittleEndian.AppendUint64(b, map[byte]uint64{1: 0x3ff0000000000000, 10: 0x4024000000000000}[v])
		}
		y.Type, y.Elements = mat.Double, bytes.NewReader(b)
	}
	if err := mat.Write(f, x, y); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// pixelOf is different for every place of an image and wraps over images.
func pixelOf(image, c, row, col int) byte { return byte(image + 7*c + 3*row + 131*col) }

// pixelReader yields the images as MATLAB stores them, rows fastest.
type pixelReader struct {
	images, at int
	left       []byte
}

func (p *pixelReader) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		if p.at == p.images {
			return 0, io.EOF
		}
		p.left = make([]byte, 0, 3072)
		for c := range 3 {
			for col := range 32 {
				for row := range 32 {
					p.left = append(p.left, pixelOf(p.at, c, row, col))
				}
			}
		}
		p.at++
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

func readMATFile(t testing.TB, path string) (Samples, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return readSVHN(f, info.Size(), path)
}

func TestReadSVHN(t *testing.T) {
	for _, double := range []bool{false, true} {
		s, err := readMATFile(t, matFile(t, 3, []byte{1, 10, 1}, double))
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
	if s, err := readMATFile(t, matFile(t, 1, []byte{1}, false)); err != nil || s.Len() != 1 {
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
		if err := os.Rename(matFile(t, len(labels), labels, false), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
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
		if n := d.Counts[digit]; n != want[rank] || n != d.Wanted[digit] || rank > 0 && n > want[rank-1] || sub.Counts[digit] == 0 {
			t.Fatalf("digit %d: %d images of %d, by rank %v", digit, n, d.Wanted[digit], want)
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
		if _, err := readMATFile(t, matFile(t, 3, c.labels, false)); err == nil || !strings.Contains(err.Error(), c.want) {
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
	one := unpacked()
	x, y := one[128:len(one)-56], one[len(one)-56:]
	for name, twice := range map[string][]byte{"X": x, "y": y} {
		if _, err := readSVHN(bytes.NewReader(slices.Concat(one[:128], x, y, twice)), -1, "x"); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q stands twice", name)) {
			t.Errorf("%s twice: %v", name, err)
		}
	}
	b, err := os.ReadFile(matFile(t, 3, []byte{1, 2, 3}, false))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readSVHN(bytes.NewReader(b[:len(b)-3]), int64(len(b)-3), "x")
	var cut *truncatedError
	if !errors.As(err, &cut) || cut.Images != 3 {
		t.Errorf("cut in the labels: %d images, %v", s.Len(), err)
	}
}

// words appends numbers of 32 bits, of which a MATLAB file is made.
func words(b []byte, vs ...int) []byte {
	for _, v := range vs {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

func matHeader() []byte { return append(make([]byte, 124), 0, 1, 'I', 'M') }

// black begins the element X of so many images, and holds the first pixels.
func black(images, pixels int) []byte {
	m := words(nil, 6, 8, 9, 0, 5, 16, 32, 32, 3, images, 1|1<<16, 'X', 2, images*3072)
	return append(words(nil, 14, len(m)+images*3072), append(m, make([]byte, pixels)...)...)
}

// announcing is a file whose one packed element states so many images and bytes of its
// own, and holds a stretch of black pixels.
func announcing(images, packed, pixels int) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(black(images, pixels))
	w.Close()
	return append(words(matHeader(), 15, packed), z.Bytes()...)
}

// unpacked is a file of one black image of the digit 7, not compressed.
func unpacked() []byte {
	b := append(matHeader(), black(1, 3072)...)
	return words(b, 14, 48, 6, 8, 9, 0, 5, 8, 1, 1, 1|1<<16, 'y', 2|1<<16, 7)
}

// The memory taken follows the bytes that are there, whatever the file states.
func TestSVHNMemoryIsBounded(t *testing.T) {
	b := announcing(1<<20, 1<<22, 9<<20)
	for _, size := range []int64{int64(len(b)), -1} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := readSVHN(bytes.NewReader(b), size, "x")
		runtime.ReadMemStats(&after)
		if cut := (*truncatedError)(nil); !errors.As(err, &cut) || cut.Of != 1<<20 || s.Len() != 0 {
			t.Errorf("%v", err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 100<<20 {
			t.Errorf("%d MB allocated for a file of %d bytes", got>>20, len(b))
		}
	}
}

func FuzzReadSVHN(f *testing.F) {
	b, err := os.ReadFile(matFile(f, 2, []byte{1, 10}, false))
	if err != nil {
		f.Fatal(err)
	}
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

// TestSVHNExtraSize loads a file of as many images as SVHN's extra set.
func TestSVHNExtraSize(t *testing.T) {
	if os.Getenv("LONGTAIL_SOAK") == "" {
		t.Skip("writes and reads 1.6 GB of pixels: make soak")
	}
	const images = 531_131
	labels := make([]byte, images)
	for i := range labels {
		labels[i] = byte(i%10 + 1)
	}
	path := matFile(t, images, labels, false)
	labels = nil
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	s, err := readMATFile(t, path)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	grown := after.Sys - before.Sys
	t.Logf("%d images in %v, %.0f MB/s of pixels; the process took %.2f GB from the system", s.Len(), took.Round(time.Millisecond), float64(len(s.Pixels))/1e6/took.Seconds(), float64(grown)/1e9)
	if s.Len() != images || s.Image(images - 1)[33] != pixelOf(images-1, 0, 1, 1) || s.Labels[9] != 0 {
		t.Error("wrong images")
	}
	if after.Sys > 2e9 {
		t.Errorf("%.2f GB, 2 are allowed", float64(after.Sys)/1e9)
	}
}
