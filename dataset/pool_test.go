package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"longtail/internal/npy"
)

// pickled writes the pickle of {key: array of bytes or list of numbers, …} by
// its instructions: Dump writes no arrays.
func pickled(t testing.TB, items ...any) []byte {
	t.Helper()
	le := binary.LittleEndian
	b := []byte{0x80, 2, '}'}
	text := func(s string) {
		b = append(b, 'X')
		b = le.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	number := func(n int) {
		b = append(b, 'J')
		b = le.AppendUint32(b, uint32(n))
	}
	for i := 0; i < len(items); i += 2 {
		text(items[i].(string))
		switch v := items[i+1].(type) {
		case string:
			text(v)
		case []int:
			b = append(b, ']', '(')
			for _, n := range v {
				number(n)
			}
			b = append(b, 'e')
		case pixels:
			b = append(b, "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01("...)
			for _, d := range v.shape {
				number(d)
			}
			b = append(b, "tcnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"...)
			b = append(b, 'T')
			b = le.AppendUint32(b, uint32(len(v.data)))
			b = append(b, v.data...)
			b = append(b, "tb"...)
		default:
			t.Fatalf("%T", v)
		}
		b = append(b, 's')
	}
	return append(b, '.')
}

type pixels struct {
	data  []byte
	shape []int
}

func TestCIFARPickle(t *testing.T) {
	data := make([]byte, 2*3072)
	for i := range data {
		data[i] = byte(i)
	}
	s, err := readCIFARPickle(pickled(t, "data", pixels{data, []int{2, 3072}}, "labels", []int{7, 0}), "x", "labels", 10)
	if err != nil || !slices.Equal(s.Labels, []int32{7, 0}) || !bytes.Equal(s.Pixels, data) {
		t.Errorf("%v, %v", s.Labels, err)
	}
	for want, b := range map[string][]byte{
		`no "labels"`:              pickled(t, "data", pixels{data, []int{2, 3072}}),
		`no "data"`:                pickled(t, "labels", []int{1}),
		"label 10":                 pickled(t, "data", pixels{data, []int{2, 3072}}, "labels", []int{10, 0}),
		"shape [2 3072] beside 1":  pickled(t, "data", pixels{data, []int{2, 3072}}, "labels", []int{1}),
		"an array of uint8 is":     pickled(t, "data", "text", "labels", []int{1}),
		"a list or array of whole": pickled(t, "data", pixels{data, []int{2, 3072}}, "labels", "text"),
		"pickle: byte":             []byte("cos\nsystem\n(S'true'\ntR."),
	} {
		if _, err := readCIFARPickle(b, "file", "labels", 10); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "file") {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// What stands in place of a label is named, not written out: it may hold itself a
// thousand times.
func TestPickleErrorsAreShort(t *testing.T) {
	many := "U\xff" + strings.Repeat("x", 255) + strings.Repeat("q\x00h\x00\x86", 14)
	b := "}X\x14\x00\x00\x00extrapolated_targets]" + many + "as."
	if _, err := ReadPseudoLabels([]byte(b), "x", 1, 10); err == nil || !strings.Contains(err.Error(), "a tuple of 2 at 0") || len(err.Error()) > 1000 {
		t.Errorf("error %.1000v", err)
	}
}

func TestPoolPickle(t *testing.T) {
	// Pixel (row, column, channel) of image i is i + row + 4·column + 16·channel.
	hwc, chw := make([]byte, 2*48), make([]byte, 2*48)
	for i := range 2 {
		for r := range 4 {
			for c := range 4 {
				for k := range 3 {
					v := byte(i + r + 4*c + 16*k)
					hwc[i*48+(r*4+c)*3+k], chw[i*48+k*16+r*4+c] = v, v
				}
			}
		}
	}
	for _, p := range []pixels{{hwc, []int{2, 4, 4, 3}}, {chw, []int{2, 3, 4, 4}}} {
		s, err := readPoolPickle(pickled(t, "data", p, "extrapolated_targets", []int{3, 9}, "ti_index", []int{5, 6}), "x", 10, true)
		if err != nil || s.H != 4 || s.W != 4 || !bytes.Equal(s.Pixels, chw) || !slices.Equal(s.Labels, []int32{3, 9}) {
			t.Errorf("%v: %v", p.shape, err)
		}
	}
	if _, err := readPoolPickle(pickled(t, "data", pixels{hwc, []int{2, 48}}, "extrapolated_targets", []int{3, 9}), "x", 10, true); err == nil || !strings.Contains(err.Error(), "N×32×32×3") {
		t.Errorf("%v", err)
	}
}

func TestPseudoLabels(t *testing.T) {
	b := pickled(t, "extrapolated_targets", []int{1, 2, 0}, "prediction_model", "ckpt.best", "ground_truth", []int{1, 1, 0})
	p, err := ReadPseudoLabels(b, "x", 3, 3)
	if err != nil || p.Model != "ckpt.best" || !slices.Equal(p.Labels, []int32{1, 2, 0}) || !slices.Equal(p.Truth, []int32{1, 1, 0}) {
		t.Errorf("%+v, %v", p, err)
	}
	if wrong, known := p.Wrong(); !known || wrong != 1./3 {
		t.Errorf("%v of the labels wrong (known: %v), want a third", wrong, known)
	}
	if _, err := ReadPseudoLabels(b, "x", 4, 3); err == nil || !strings.Contains(err.Error(), "made for another pool") {
		t.Errorf("%v", err)
	}
	if _, err := ReadPseudoLabels(b, "x", 3, 2); err == nil || !strings.Contains(err.Error(), "label 2") {
		t.Errorf("%v", err)
	}
}

// A file of one's own says as much, or as little, of each image; what it cannot mean
// is an error that names the line.
func TestPseudoLabelsCSV(t *testing.T) {
	images, classes := []string{"a.png", "./b/c.png", "d.png"}, []string{"cat", "dog"}
	p, err := ReadPseudoLabelsCSV([]byte("\ufeffconfidence, Image ,label,mine\n.75,b/../b/c.png, dog,1\n1,d.png,cat,2\n"), "x", images, classes)
	if err != nil || !slices.Equal(p.Labels, []int32{-1, 1, 0}) || !slices.Equal(p.Confidence, []float64{0, .75, 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = ReadPseudoLabelsCSV([]byte("image,label,used\na.png,anything,no\nd.png,dog,Yes\n"), "x", images, classes)
	if err != nil || !slices.Equal(p.Labels, []int32{-1, -1, 1}) || p.Confidence != nil {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = ReadPseudoLabelsCSV([]byte("image,label,confidence,used\na.png,cat,,yes\nd.png,dog,,yes\n"), "x", images, classes) // as a run writes it that knew none
	if err != nil || !slices.Equal(p.Labels, []int32{0, -1, 1}) || p.Confidence != nil {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = ReadPseudoLabelsCSV([]byte("image,true,predicted,confidence\na.png,,dog,.5\nd.png,,cat,1\n"), "x", images, classes) // predictions of eval
	if err != nil || !slices.Equal(p.Labels, []int32{1, -1, 0}) || !slices.Equal(p.Confidence, []float64{.5, 0, 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = ReadPseudoLabelsCSV([]byte("image,predicted,label\na.png,dog,cat\n"), "x", images, classes) // corrected by hand
	if err != nil || !slices.Equal(p.Labels, []int32{0, -1, -1}) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ReadPseudoLabelsCSV([]byte("image,label\na.png,\u00d6l\n"), "x", images, []string{"cat", "O\u0308l"}); err == nil || !strings.Contains(err.Error(), `"\u00d6l" and "O\u0308l" are two names`) {
		t.Errorf("accents: %v", err)
	}
	for text, want := range map[string]string{
		"image,label,confidence\na.png,cat,\nd.png,cat,.5\n": "line 3: some images have a confidence",
		"image,label,confidence\na.png,cat,.5\nd.png,cat,\n": "line 3: some images have a confidence",
		"":            "must name the columns",
		"a.png,cat\n": "must name the columns",
		"image;label;confidence\r\na.png;cat;0,5": `fields are separated by commas, not by ";"`,
		"image,label\n":                             "labels no image",
		"image,label\nz,cat\n":                      `line 2: there is no unlabeled image "z"`,
		"image,label\na.png,c\n":                    `line 2: there is no class "c"`,
		"image,label\na.png,cat\na.png,dog\n":       "line 3",
		"image,label\na.png\n":                      "wrong number of fields",
		"image,label,used\na.png,cat,maybe\n":       "yes or no",
		"image,label,confidence\na.png,cat,7\n":     "from 0 to 1",
		"image,label,confidence\na.png,cat,NaN\n":   "from 0 to 1",
		"image,label,used\na.png,cat,no\n":          "labels no image",
		"image,label,Label\na.png,cat,dog\n":        "names the column label twice",
		"image,predicted,predicted\n":               "names the column predicted twice",
		"image,label\n\"a.png,cat\nd.png,\"dog\"\n": "x: ",
	} {
		if _, err := ReadPseudoLabelsCSV([]byte(text), "x", images, classes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestPools(t *testing.T) {
	s := open(t, "fashion-mnist")
	sub, err := LongTail{Rho: 10, NMax: 300}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	own, err := Files{}.OpenPool(sub, "")
	if err != nil || own.Len() != s.Pool.Len() || own.Mark != markOwn || own.Unverified {
		t.Errorf("own pool: %v", err)
	}
	held, err := Files{}.OpenPool(sub, PoolHeldOut)
	if err != nil || held.Len() != 2000 || held.Set != s.ID || held.Mark != markHeldOut || !bytes.Equal(held.Image(0), s.Train.Image(sub.HeldOut[0])) {
		t.Errorf("held out: %v", err)
	}
	if d, err := sub.Draw(Unlabeled{Multiple: 0.5, RhoU: 1}, held.Samples); err != nil || len(d.Positions) == 0 {
		t.Errorf("drawing from what is held out: %v", err)
	}
	if own.Digest == held.Digest {
		t.Error("pools share a digest")
	}
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	classFolders(t, other, map[string]int{"bee": 3, "wasp": 3})
	ofNumbers := writeNPZ(t, map[string]npy.Array{"images": uint8s(2, 4, 4, 3), "labels": int64s(0, 1)})
	for _, c := range []struct {
		name, want string
		files      Files
	}{
		{"mnist", "no class of mnist (0, 1, ", Files{}},
		{"mnist", "): an .npz, embedded or official set of other classes cannot be a pool", Files{}},
		{other, "no class of other (bee, wasp) is one of fashion-mnist (T-shirt/top, ", Files{}},
		{other, "): a .csv file of path,label,train gives", Files{}},
		{ofNumbers, "): an .npz, embedded or official set", Files{}},
		{"extra", "no extra images", Files{}},
		{"authors", "ti_80M_selected.pickle, the authors' pool, is not in", Files{}},
		{put(t, dir, "p.pickle", []byte("x")), "--allow-unverified", Files{}},
		{filepath.Join(dir, "p.pickle"), "pickle: byte", Files{AllowUnverified: true}},
	} {
		if _, err := c.files.OpenPool(sub, c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v lacks %q", c.name, err, c.want)
		}
	}
	full, err := LongTail{Rho: 10, NMax: 500}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Files{}).OpenPool(full, PoolHeldOut); err == nil || !strings.Contains(err.Error(), "--n-max") {
		t.Errorf("nothing held out: %v", err)
	}
}

// A plan counts a pool's images without a second copy of gigabytes of pixels.
func TestCountPickleCopiesNoPixels(t *testing.T) {
	const n = 3000
	data := pickled(t, "data", pixels{make([]byte, n*32*32*3), []int{n, 32, 32, 3}}, "extrapolated_targets", make([]int, n))
	file := put(t, t.TempDir(), "pool.pickle", data)
	allocated := func(read func() error) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := read(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	count := allocated(func() error { _, err := countPickle(file, 10); return err })
	whole := allocated(func() error { _, err := readPickledPool(file, 10, true); return err })
	if count+n*32*32*3/2 > whole {
		t.Errorf("counting takes %d bytes, reading %d", count, whole)
	}
}

// What is found without opening a pool is what opening it gives, and errors are the same.
func TestFindPool(t *testing.T) {
	s := open(t, "fashion-mnist")
	sub, err := LongTail{Rho: 10, NMax: 300}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := put(t, dir, "pool.pickle", pickled(t, "data", pixels{make([]byte, 3*28*28*3), []int{3, 28, 28, 3}}, "extrapolated_targets", []int{0, 1, 1}))
	bad := put(t, dir, "bad.pickle", []byte("x"))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	packed := put(t, dir, "ti_80M_selected.pickle.gz", gzipped(data))
	own := filepath.Join(dir, "own")
	classFolders(t, own, map[string]int{"Bag": 4, "bee": 5})
	f := Files{AllowUnverified: true}
	for _, pool := range []string{"", own, file, "mnist", bad, "authors", "extra"} {
		counts, err := f.FindPool(s.ID, pool)
		p, openErr := f.OpenPool(sub, pool)
		if openErr != nil {
			if err == nil || err.Error() != openErr.Error() {
				t.Errorf("%s: %v, opening it %v", pool, err, openErr)
			}
			continue
		}
		if err != nil || !slices.Equal(counts, CountLabels(p.Labels, 10)) {
			t.Errorf("%s: %v, %v", pool, counts, err)
		}
	}
	// A list gives any image any class; those of no class of the set are left out.
	ours := open(t, own)
	sub, err = LongTail{Rho: 1, NMax: 1}.Select(ours)
	if err != nil {
		t.Fatal(err)
	}
	list := put(t, dir, "list.csv", []byte("path,label,train\nown/Bag/0.png,BEE,train\nown/bee/0.png,bag,train\nown/bee/1.png,wasp,train\nown/bee/2.png,bag,train\n"))
	p, err := f.OpenPool(sub, list)
	if counts, findErr := f.FindPool(own, list); err != nil || findErr != nil || p.Mark != markOther || !slices.Equal(counts, []int{2, 1}) || !slices.Equal(CountLabels(p.Labels, 2), counts) {
		t.Errorf("a list: %v, %v, %v", counts, err, findErr)
	}
	if p, err := f.OpenPool(sub, own); err != nil || !strings.Contains(p.Note, splitRule) {
		t.Errorf("nothing says that images of class folders stay out of the pool: %+v, %v", p, err)
	}
	if counts, err := f.FindPool(own, file); err != nil || !slices.Equal(counts, []int{1, 2}) {
		t.Errorf("a pickle: %v, %v", counts, err)
	}
	if found, err := (Files{Dir: dir, AllowUnverified: true}).pickle(&Set{ID: "cifar10"}, "", markAuthors); err != nil || found != packed {
		t.Errorf("%s, %v", found, err)
	}
	if counts, err := countPickle(packed, 10); err != nil || counts[1] != 2 {
		t.Errorf("%s: %v, %v", packed, counts, err)
	}
	changed := time.Now() // within a tick of its clock a file may change and keep its time
	for _, label := range []int{1, 2} {
		put(t, dir, "pool.pickle", pickled(t, "data", pixels{make([]byte, 3*28*28*3), []int{3, 28, 28, 3}}, "extrapolated_targets", []int{0, 0, label}))
		if err := os.Chtimes(file, changed, changed); err != nil {
			t.Fatal(err)
		}
		if counts, err := countPickle(file, 10); err != nil || counts[label] != 1 {
			t.Errorf("of a file that changed: %v, %v", counts, err)
		}
	}
	if p, err := readPickledPool(packed, 10, true); err != nil || p.Len() != 3 {
		t.Errorf("%s: %v", packed, err)
	}
	if counts, err := (Files{}).FindPool("cifar10", PoolHeldOut); err != nil || counts != nil {
		t.Errorf("held-out images: %v, %v", counts, err)
	}
	if _, err := (Files{}).FindPool("cifar10", file); err == nil || !strings.Contains(err.Error(), "--allow-unverified") {
		t.Errorf("a refused pickle: %v", err)
	}
	if _, err := (Files{Dir: dir}).FindPool("svhn", PoolExtra); err == nil || !strings.Contains(err.Error(), "extra_32x32.mat") {
		t.Errorf("missing extra images: %v", err)
	}
	put(t, dir, "extra_32x32.mat", nil)
	if counts, err := (Files{Dir: dir}).FindPool("svhn", PoolExtra); err != nil || sum(counts) != 531131 {
		t.Errorf("extra images: %v, %v", counts, err)
	}
}

// A set of color pictures takes gray ones, resized, and a pickle.
func TestPoolsOfAnotherSize(t *testing.T) {
	s := open(t, "fashion-mnist")
	color := *s
	color.ID, color.C, color.H, color.W, color.Pool = "color", 3, 14, 14, Samples{}
	var err error
	if color.Train, err = (Files{}).resized(s.Train, &color); err != nil {
		t.Fatal(err)
	}
	color.Train.Set = "color"
	sub, err := LongTail{Rho: 10, NMax: 300}.Select(&color)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Files{}.OpenPool(sub, "fashion-mnist")
	if err != nil || p.C != 3 || p.H != 14 || p.Len() != s.Train.Len() || p.Note != "images resized" {
		t.Fatalf("%v", err)
	}
	mean := func(px []uint8) (m float64) {
		for _, v := range px {
			m += float64(v) / float64(len(px))
		}
		return m
	}
	for i := range 50 {
		a, b := mean(p.Image(i)), mean(s.Train.Image(i))
		if a < b-4 || a > b+4 {
			t.Errorf("image %d: mean %v of %v", i, a, b)
		}
	}
	data := make([]byte, 2*14*14*3)
	file := put(t, t.TempDir(), "pool.pickle", pickled(t, "data", pixels{data, []int{2, 14, 14, 3}}, "extrapolated_targets", []int{0, 1}))
	p, err = Files{AllowUnverified: true}.OpenPool(sub, file)
	if err != nil || p.Len() != 2 || p.Mark != markPickle || !p.Unverified || p.Altered() || (&Pool{Mark: markAuthors, Unverified: true}).Altered() || p.Set != "color" {
		t.Errorf("pickle: %v", err)
	}
	if _, err := (Files{}).resized(color.Train, s); err == nil || !strings.Contains(err.Error(), "color images") {
		t.Errorf("color beside gray: %v", err)
	}
}

// copies decodes images that are in memory.
type copies struct{ Samples }

func (c copies) Decode(i int, dst []uint8) error { copy(dst, c.Image(i)); return nil }

// The digest of images is the same whether they are in memory or decoded for it; held-out
// images of lists are told apart without them.
func TestDigestOfLazyImages(t *testing.T) {
	for _, n := range []int{1, 64, 130} {
		s := Samples{C: 3, H: 2, W: 2, Pixels: make([]uint8, 12*n), Labels: make([]int32, n)}
		for i := range s.Pixels {
			s.Pixels[i] = uint8(i * i >> 3)
		}
		lazy := s
		lazy.Pixels, lazy.Lazy = nil, copies{s}
		reported := 0
		a, errA := Files{}.digestOf(s)
		b, errB := Files{Report: func(done, total int) error { reported = done; return nil }}.digestOf(lazy)
		if a != b || errA != nil || errB != nil || reported != n {
			t.Errorf("%d images: %v, %v, %d reported", n, errA, errB, reported)
		}
	}
	o, dir := listTree(t)
	os.RemoveAll(filepath.Join(dir, "mini"))
	f := Files{Dir: dir, AllowUnverified: true, ListsOnly: true}
	s, err := f.openOfficial(o)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := LongTail{Rho: 1, NMax: 1}.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := f.OpenPool(sub, PoolHeldOut); err != nil || p.Len() != 3 || p.Digest != Fingerprint(s.Digest, sub.HeldOut) {
		t.Errorf("%v", err)
	}
}

func TestIrrelevant(t *testing.T) {
	s := open(t, "fashion-mnist")
	from, err := Files{}.OpenIrrelevant(s, "mnist")
	if err != nil || from.Len() != 7000 || from.Set != "mnist" {
		t.Errorf("%d images, %v", from.Len(), err)
	}
	for _, c := range []struct {
		set, other string
		want       int
	}{{"fashion-mnist", "mnist", 7000}, {"cifar10", "cifar100", 65 * 500}} { // as are opened, here and in declare_test.go
		s, err := Describe(c.set)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Describe(c.other)
		if err != nil {
			t.Fatal(err)
		}
		if n := IrrelevantCount(s, other); n != c.want {
			t.Errorf("%s: %d images of %s are counted, %d are opened", c.set, n, c.other, c.want)
		}
	}
	if _, err := (Files{}).OpenIrrelevant(s, "fashion-mnist"); err == nil {
		t.Error("a set is irrelevant to itself")
	}
	for _, n := range lookAlikes {
		if !slices.Contains(cifar100Classes, n) {
			t.Errorf("%q is no class of CIFAR-100", n)
		}
	}
	if len(lookAlikes) != 35 || len(cifar100Classes) != 100 || !slices.IsSorted(cifar100Classes) {
		t.Errorf("%d and %d classes", len(lookAlikes), len(cifar100Classes))
	}
}

// numbered decodes image i to bytes of i+1, and counts.
type numbered struct{ decoded int }

func (n *numbered) Decode(i int, dst []uint8) error {
	if i == 9 {
		return errors.New("damaged")
	}
	n.decoded++
	for k := range dst {
		dst[k] = uint8(i + 1)
	}
	return nil
}

func TestCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "a.images")
	key := sha256.Sum256([]byte("a"))
	from := &numbered{}
	reopen := func() *imageCache {
		t.Helper()
		c, err := openCache(path, key, 10, 100, from)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	buf := make([]uint8, 100)
	check := func(c *imageCache, decodes int) {
		t.Helper()
		before := from.decoded
		for i := range 9 {
			if err := c.Decode(i, buf); err != nil || buf[0] != uint8(i+1) || buf[99] != uint8(i+1) {
				t.Fatalf("image %d: %v, %v", i, buf[:1], err)
			}
		}
		if n := from.decoded - before; n != decodes {
			t.Errorf("%d images decoded, want %d", n, decodes)
		}
	}
	c := reopen()
	check(c, 9)
	check(c, 0)
	check(reopen(), 0)
	if err := c.Decode(9, buf); err == nil {
		t.Error("a damaged image")
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != CacheSize(10, 100) {
		t.Errorf("size %d, %d is stated", info.Size(), CacheSize(10, 100))
	}
	// Cut at any place, or flipped: only what is hurt is decoded again.
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:cacheHead+40+350], 0o644); err != nil {
		t.Fatal(err)
	}
	check(reopen(), 6)
	b := bytes.Clone(whole)
	b[cacheHead+40+250] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	check(reopen(), 1)
	// Another image with its own checksum, moved to a place that is not its own.
	b = bytes.Clone(whole)
	copy(b[cacheHead+4*5:], whole[cacheHead+4*2:][:4])
	copy(b[cacheHead+40+100*5:], whole[cacheHead+40+100*2:][:100])
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	check(reopen(), 1)
	if err := os.WriteFile(path, whole[:30], 0o644); err != nil { // killed in its first write
		t.Fatal(err)
	}
	check(reopen(), 9)
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openCache(path, sha256.Sum256([]byte("b")), 10, 100, from); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("another key: %v", err)
	}
	if err := c.Decode(3, buf[:50]); err == nil {
		t.Error("a buffer of another size")
	}
}

// Whatever lies under a cache's name, its images are those of the decoder, before and
// after it was filled: but for what fits a checksum of 32 bits, which chance does not
// find.
func FuzzCache(f *testing.F) {
	key := sha256.Sum256([]byte("a"))
	dir := f.TempDir()
	path := filepath.Join(dir, "a.images")
	c, err := openCache(path, key, 3, 8, &numbered{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 3 {
		if err := c.Decode(i, make([]byte, 8)); err != nil {
			f.Fatal(err)
		}
	}
	c.file.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(whole)
	f.Add(whole[:cacheHead+14])
	f.Add(append(bytes.Clone(whole[:len(whole)-1]), 9))
	f.Add(append(bytes.Clone(whole), whole...))
	twice := bytes.Clone(whole) // the first image and its checksum in the second's place too
	copy(twice[cacheHead+4:], whole[cacheHead:][:4])
	copy(twice[cacheHead+12+8:], whole[cacheHead+12:][:8])
	f.Add(twice)
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := openCache(path, key, 3, 8, &numbered{})
		if err != nil {
			return
		}
		defer c.file.Close() // before the collector would: a million inputs are tried
		buf := make([]byte, 8)
		for range 2 {
			for i := range 3 {
				if err := c.Decode(i, buf); err != nil || !bytes.Equal(buf, bytes.Repeat([]byte{byte(i + 1)}, 8)) {
					t.Fatalf("image %d is %v, %v", i, buf, err)
				}
			}
		}
	})
}

func TestFingerprint(t *testing.T) {
	a := Fingerprint("d", []int{1, 2}, []int{3})
	if a != Fingerprint("d", []int{1, 2}, []int{3}) {
		t.Error("not a function")
	}
	for _, b := range []string{Fingerprint("e", []int{1, 2}, []int{3}), Fingerprint("d", []int{1}, []int{2, 3}), Fingerprint("d", []int{2, 1}, []int{3})} {
		if a == b {
			t.Error("two sets share a fingerprint")
		}
	}
	want := sha256.Sum256([]byte("d\x02\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00"))
	if a != fmt.Sprintf("%x", want) {
		t.Error("not the documented bytes")
	}
}

func FuzzReadPickles(f *testing.F) {
	data := make([]byte, 48)
	f.Add(pickled(f, "data", pixels{data, []int{1, 4, 4, 3}}, "extrapolated_targets", []int{3}))
	f.Add(pickled(f, "data", pixels{make([]byte, 3072), []int{1, 3072}}, "labels", []int{3}))
	f.Add(pickled(f, "extrapolated_targets", []int{3}, "prediction_model", "m"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := readPoolPickle(b, "x", 10, true); err == nil && (len(s.Pixels) != s.Len()*s.C*s.H*s.W || !labelsIn(s.Labels, 9)) {
			t.Errorf("pool: %d bytes of %d images, labels %v", len(s.Pixels), s.Len(), s.Labels)
		}
		if s, err := readCIFARPickle(b, "x", "labels", 10); err == nil && (len(s.Pixels) != s.Len()*cifarImage || !labelsIn(s.Labels, 9)) {
			t.Errorf("CIFAR: %d bytes of %d images, labels %v", len(s.Pixels), s.Len(), s.Labels)
		}
		if p, err := ReadPseudoLabels(b, "x", 1, 10); err == nil && (len(p.Labels) != 1 || len(p.Truth) > 1 || !labelsIn(p.Labels, 9) || !labelsIn(p.Truth, 9)) {
			t.Errorf("pseudo-labels %v, in truth %v", p.Labels, p.Truth)
		}
	})
}

func FuzzPseudoLabelsCSV(f *testing.F) {
	f.Add([]byte("image,label,confidence,used\na,x,.5,yes\n"))
	f.Add([]byte("\ufefflabel,image\ny,b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadPseudoLabelsCSV(b, "x", []string{"a", "b"}, []string{"x", "y"})
		if err != nil {
			return
		}
		if len(p.Labels) != 2 || p.Confidence != nil && len(p.Confidence) != 2 {
			t.Fatalf("%+v", p)
		}
		for i, y := range p.Labels {
			if y < -1 || y > 1 || p.Confidence != nil && !(p.Confidence[i] >= 0 && p.Confidence[i] <= 1) {
				t.Fatalf("%+v", p)
			}
		}
	})
}
