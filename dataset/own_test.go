package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"longtail/internal/npy"
	"longtail/internal/testdata"
)

// pngOf is a picture of one color, w×h.
func pngOf(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// classFolders writes so many pictures of each class; the red channel is the
// class's number times 50, the green one the picture's number.
func classFolders(t testing.TB, dir string, counts map[string]int) {
	t.Helper()
	for k, class := range slices.Sorted(maps.Keys(counts)) {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range counts[class] {
			put(t, dir, class+"/"+strconv.Itoa(i)+".png", pngOf(t, 12, 9, color.RGBA{uint8(50 * k), uint8(i), 7, 255}))
		}
	}
}

// wiped puts zeros into files, whose size and time stay.
func wiped(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		at := filepath.Join(dir, name)
		info, err := os.Stat(at)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, make([]byte, info.Size()))
		if err := os.Chtimes(at, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClassFolders(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"cat": 11, "dog": 2, "eel": 1, "fox": 5})
	for i, name := range []string{"cat/notes.txt", "dog/1.webp", "dog/a/2.webp", "dog/b.heic", "dog/c.tiff"} {
		put(t, dir, name, []byte{byte(i)})
	}
	for from, to := range map[string]string{"cat/0.png": "cat/0.JFIF", "cat/1.png": "cat/1.jpe"} { // JPEG's other endings
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, ".hidden/0.png", nil)
	s, err := Files{Side: 8}.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Classes, []string{"cat", "dog", "eel", "fox"}) || s.H != 8 || s.W != 8 || s.C != 3 {
		t.Errorf("%v, %d×%d×%d", s.Classes, s.C, s.H, s.W)
	}
	count := func(p Samples) []int {
		out := make([]int, 4)
		for _, y := range p.Labels {
			out[y]++
		}
		return out
	}
	if got := count(s.Train); !slices.Equal(got, []int{9, 1, 1, 4}) {
		t.Errorf("training images %v", got)
	}
	if got := count(s.Test); !slices.Equal(got, []int{2, 1, 0, 1}) {
		t.Errorf("test images %v", got)
	}
	for _, p := range []Samples{s.Train, s.Test} {
		for i, y := range p.Labels {
			if px := p.Image(i); px[0] != uint8(50*y) || px[2*64+63] != 7 {
				t.Errorf("image %d of class %d has colors %d, %d", i, y, px[0], px[2*64])
			}
		}
	}
	notes := strings.Join(s.Notes, "; ")
	if !strings.Contains(notes, "split: ") || !strings.Contains(notes, "cat: 1 file passed over, no JPEG, PNG or GIF by name: notes.txt") ||
		!strings.Contains(notes, "dog: 4 files passed over, no JPEG, PNG or GIF by name: 1.webp, a/2.webp, b.heic, …") {
		t.Errorf("notes %q", notes)
	}
	// One more picture moves no other from training to test, or the count of
	// test images changes.
	test := func() map[byte]bool {
		s, err := Files{Side: 8}.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		out := map[byte]bool{}
		for i, y := range s.Test.Labels {
			if y == 0 {
				out[s.Test.Image(i)[64]] = true
			}
		}
		return out
	}
	before := test()
	put(t, dir, "cat/11.png", pngOf(t, 12, 9, color.RGBA{0, 11, 7, 255}))
	after := test()
	moved := 0
	for k := range after {
		if !before[k] && k != 11 {
			moved++
		}
	}
	if moved > 0 || len(after) != 2 {
		t.Errorf("test images %v, then %v", before, after)
	}
	sub, err := Whole(s, 0)
	if err != nil || !slices.Equal(sub.Counts, []int{9, 1, 1, 4}) || len(sub.Positions) != 15 {
		t.Errorf("Whole: %+v, %v", sub.Counts, err)
	}
}

// What archives of macOS bring beside the classes is no class; a class of no image is
// none to train two on.
func TestFoldersThatAreNoClasses(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"cat": 6, "dog": 6})
	put(t, dir, "__MACOSX/cat/._0.png", []byte("x"))
	s, err := Files{}.Open(dir)
	if err != nil || !slices.Equal(s.Classes, []string{"cat", "dog"}) {
		t.Errorf("%v", err)
	}
	alone := t.TempDir()
	classFolders(t, alone, map[string]int{"cat": 6})
	if err := os.Mkdir(filepath.Join(alone, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := (Files{}).Open(alone); err == nil || !strings.Contains(err.Error(), "two or more class folders with images") {
		t.Errorf("one class with images: %v", err)
	}
	if _, err := (Files{}).Open(filepath.Join(alone, "cat")); err == nil || !strings.HasSuffix(err.Error(), "; beside the class folders: 6 images in no class folder, passed over: images without labels are for --unlabeled of train and eval") {
		t.Errorf("images in no class folder: %v", err)
	}
}

// A folder of the name of a known set is another set, and that is said, but not
// beside what ships inside the program, which is shared.
func TestFolderOfAKnownName(t *testing.T) {
	t.Chdir(t.TempDir())
	shared := open(t, "fashion-mnist")
	before := len(shared.Notes)
	classFolders(t, "fashion-mnist", map[string]int{"a": 6, "b": 6})
	classFolders(t, "cifar10", map[string]int{"a": 6, "b": 6})
	for range 2 {
		s, err := Files{}.Open("fashion-mnist")
		if err != nil || len(s.Notes) != before+1 || !strings.Contains(s.Notes[before], "another one: --data ./fashion-mnist") || len(shared.Notes) != before {
			t.Errorf("notes %q, of the shared set %q, %v", s.Notes, shared.Notes, err)
		}
	}
	if _, err := (Files{}).Open("cifar10"); err == nil || !strings.Contains(err.Error(), "--data ./cifar10") {
		t.Errorf("%v", err)
	}
	if s, err := (Files{}).Open("./cifar10"); err != nil || findOfficial(s.ID) != nil || len(s.Classes) != 2 {
		t.Errorf("%v", err)
	}
}

// Of a set too large for memory the digest follows the files' sizes, and a cache their
// times: pictures that were replaced under their old names are other pictures.
func TestReplacedPictures(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"a": 3, "b": 3})
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	lists := [3]listed{{paths: []string{"a/0.png", "b/0.png"}, labels: []int32{0, 1}}}
	open := func() (string, uint8) {
		s, err := Files{Cache: filepath.Join(dir, "cache")}.setOfLists(Set{ID: "x", Classes: []string{"a", "b"}}, root, lists, 8, 8, "; repair it", true)
		if err != nil {
			t.Fatal(err)
		}
		px, err := s.Train.Read(0)
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest, px[0]
	}
	before, red := open()
	if again, same := open(); again != before || same != red {
		t.Errorf("the same pictures: %v and %v, red %v and %v", before, again, red, same)
	}
	was := pngOf(t, 12, 9, color.RGBA{0, 0, 7, 255})
	other := pngOf(t, 12, 9, color.RGBA{99, 0, 7, 255})
	for len(other) < len(was) {
		other = append(other, 0)
	}
	put(t, dir, "a/0.png", other)
	if err := os.Chtimes(filepath.Join(dir, "a/0.png"), time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, red := open(); red != 99 {
		t.Errorf("a replaced picture comes from the cache: red %v", red)
	}
	put(t, dir, "a/0.png", append(other, 0, 0, 0))
	if after, _ := open(); after == before {
		t.Error("another size, the same digest")
	}
}

// An image belongs into one list; lists of Windows begin with a byte order mark.
func TestOwnLists(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"a": 3, "b": 3})
	put(t, dir, "train.txt", []byte("\ufeffa/0.png 0\r\nb/0.png 1\r\n"))
	put(t, dir, "test.txt", []byte("a/1.png 0\nb/1.png 1\n"))
	if s, err := (Files{}).Open(dir); err != nil || s.Train.Len() != 2 || !slices.Equal(s.Classes, []string{"a", "b"}) {
		t.Errorf("%v", err)
	}
	flat := t.TempDir()
	classFolders(t, flat, map[string]int{"p": 4})
	put(t, flat, "train.txt", []byte("p/0.png 1\np/1.png 0\n"))
	put(t, flat, "test.txt", []byte("p/2.png 0\np/3.png 1\n"))
	if s, err := (Files{}).Open(flat); err != nil || !slices.Equal(s.Classes, []string{"0", "1"}) {
		t.Errorf("a folder of all classes names none: %v", err)
	}
	numbers := t.TempDir()
	classFolders(t, numbers, map[string]int{"1": 3, "2": 3, "3": 3})
	put(t, numbers, "train.txt", []byte("1/0.png 0\n2/0.png 1\n3/0.png 2\n3/1.png 0\n")) // class 2 would be "2", as class 1 is
	put(t, numbers, "test.txt", []byte("1/2.png 0\n2/2.png 1\n"))
	if s, err := (Files{}).Open(numbers); err != nil || !slices.Equal(s.Classes, []string{"0", "1", "2"}) {
		t.Errorf("folders that are called like the numbers of others: %v", err)
	}
	// A file that is not there is told at once, also of a set that is decoded as it is needed.
	gone := t.TempDir()
	if err := os.CopyFS(gone, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	var more strings.Builder
	for i := range 22 { // with which 4096×4096 pixels of each are more than a gigabyte
		put(t, gone, fmt.Sprintf("a/more%d.png", i), pngOf(t, 8, 8, color.White))
		fmt.Fprintf(&more, "a/more%d.png 0\n", i)
	}
	put(t, gone, "test.txt", []byte("a/1.png 0\nb/none.png 1\n"+more.String()))
	for _, side := range []int{8, 4096} {
		if _, err := (Files{Side: side}).Open(gone); err == nil || !strings.Contains(err.Error(), filepath.Join(gone, "b", "none.png")+": no such file") || !strings.Contains(err.Error(), "--skip-broken") {
			t.Errorf("side %d: %v", side, err)
		}
	}
	// Nothing reads images for validation, and eval none to train on.
	put(t, gone, "test.txt", []byte("a/1.png 0\n"+more.String()))
	put(t, gone, "val.txt", []byte("b/none.png 1\n"))
	for _, side := range []int{8, 4096} {
		if _, err := (Files{Side: side, Cache: t.TempDir()}).Open(gone); err != nil {
			t.Errorf("side %d: %v", side, err)
		}
	}
	os.Remove(filepath.Join(gone, "val.txt"))
	put(t, gone, "train.txt", []byte("a/0.png 0\nb/none.png 1\n"))
	if _, err := (Files{Side: 4096, TestOnly: true}).Open(gone); err != nil {
		t.Error(err)
	}
	if _, err := (Files{Side: 4096}).Open(gone); err == nil {
		t.Error("an image to train on is missing, and nobody says so")
	}
	for file, lines := range map[string]string{"test.txt": "a/1.png 0\n./b/0.png 1\n", "val.txt": "b/1.png 1\n", "train.txt": "a/0.png 0\na/0.png 1\n"} {
		other := t.TempDir()
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		put(t, other, file, []byte(lines))
		if _, err := (Files{}).Open(other); err == nil || !strings.Contains(err.Error(), file+": \"") || !strings.Contains(err.Error(), "as well") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestTrainAndTestFolders(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, filepath.Join(dir, "train"), map[string]int{"a": 3, "b": 2})
	classFolders(t, filepath.Join(dir, "val"), map[string]int{"a": 1, "b": 4})
	s, err := Files{}.Open(dir)
	if err != nil || s.Train.Len() != 5 || s.Test.Len() != 5 || s.H != 32 || !slices.Equal(s.Notes, []string{"val/ is the test set"}) {
		t.Errorf("%v", err)
	}
	classFolders(t, filepath.Join(dir, "val"), map[string]int{"c": 1})
	if _, err := (Files{}).Open(dir); err == nil || !strings.Contains(err.Error(), `class "c" of val`) {
		t.Errorf("%v", err)
	}
}

// A tail that cannot be cut says why: the first class is the head, whatever its size,
// and one has no image.
func TestTailOfOwnClasses(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"bird": 7, "cat": 50})
	for _, c := range []struct {
		nMax int
		want string
	}{{0, "raise n_max to at least 10"}, {20, "lower n_max and rho"}} {
		s, err := Files{Side: 4}.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = LongTail{Rho: 10, NMax: c.nMax}.Select(s)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `the order of the classes (of your own images, that of their names), in which "bird", with 6, is the head, and not "cat", with 40`) || strings.Contains(err.Error(), "no training image") {
			t.Errorf("%v", err)
		}
		s.Classes = append(s.Classes, "empty")
		if _, err = (LongTail{Rho: 10, NMax: c.nMax}).Select(s); err == nil || !strings.Contains(err.Error(), `"empty" has no training image`) {
			t.Errorf("%v", err)
		}
	}
}

// In whatever form images come: two classes have training images, one that is tested
// has some, and one without any is noted.
func TestClassesCanBeLearned(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"p": 9})
	npz := func(labels ...int64) string {
		return writeNPZ(t, map[string]npy.Array{"images": uint8s(len(labels), 4, 4, 3), "labels": int64s(labels...)})
	}
	lists := func(name, train, test string) string {
		if err := os.CopyFS(filepath.Join(dir, name, "q"), os.DirFS(filepath.Join(dir, "p"))); err != nil {
			t.Fatal(err)
		}
		put(t, dir, name+"/train.txt", []byte(train))
		put(t, dir, name+"/test.txt", []byte(test))
		return filepath.Join(dir, name)
	}
	folders := func(name string, train, test map[string]int) string {
		classFolders(t, filepath.Join(dir, name, "train"), train)
		classFolders(t, filepath.Join(dir, name, "test"), test)
		return filepath.Join(dir, name)
	}
	csv := func(name, text string) string { return put(t, dir, name, []byte(text)) }
	samples := func(name string) Samples {
		t.Helper()
		s, err := ReadNPZ(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		open func() (*Set, error)
		want string // of the error, or among the notes
	}{
		{func() (*Set, error) {
			return Files{}.Open(csv("t.csv", "p/0.png,a,train\np/1.png,b,train\np/2.png,c,test\np/3.png,a,test\n"))
		}, `t.csv: class "c" has no training images, but 1 test image: let some`},
		{func() (*Set, error) { return Files{}.Open(csv("v.csv", "p/0.png,a,test\np/1.png,b,test\n")) }, "v.csv: training images of two or more classes are expected, and all of it (2 images) is to test on"},
		{func() (*Set, error) {
			return Files{}.Open(lists("l", "q/0.png 0\nq/1.png 1\n", "q/2.png 2\nq/3.png 2\n"))
		}, `l: class "2" has no training images, but 2 test images`},
		{func() (*Set, error) {
			return Files{}.Open(folders("f", map[string]int{"a": 2, "b": 2, "c": 0}, map[string]int{"a": 1, "c": 1}))
		}, `f: class "c" has no training images`},
		{func() (*Set, error) { return FromSamples("arrays", samples(npz(0, 1)), samples(npz(0, 2))) }, `arrays: class "2" has no training images`},
		{func() (*Set, error) { return Files{}.Open(lists("one", "q/0.png 1\nq/1.png 1\n", "q/2.png 1\n")) }, "one: training images of two or more classes are expected, found 2 images of 1"},
		{func() (*Set, error) { return Files{}.Open(npz(1, 1)) }, "are expected, found 2 images of 1"},
		{func() (*Set, error) { return FromSamples("arrays", samples(npz(0, 0)), samples(npz(0))) }, "arrays: training images of two or more"},
		{func() (*Set, error) { return Files{}.Open(npz(0, 3)) }, "1, 2: no images"},
		{func() (*Set, error) { return Files{}.Open(npz(0, 13)) }, "9, 10, … and 2 more classes: no images"},
		{func() (*Set, error) { return Files{}.Open(lists("gap", "q/0.png 0\nq/1.png 2\n", "q/2.png 2\n")) }, "1: no images"},
		{func() (*Set, error) {
			return Files{}.Open(folders("e", map[string]int{"a": 2, "b": 2, "c": 0}, map[string]int{"a": 1}))
		}, "c: no images"},
		{func() (*Set, error) {
			return Files{}.Open(folders("u", map[string]int{"a": 2, "b": 2, "c": 2}, map[string]int{"a": 1}))
		}, "b, c: no test images"},
		{func() (*Set, error) {
			return Files{SkipBroken: true}.Open(csv("s.csv", "p/0.png,a\np/1.png,b\np/none.png,c\n"))
		}, "c: no images"},
	} {
		s, err := c.open()
		got := fmt.Sprint(err)
		if err == nil {
			got = strings.Join(s.Notes, "; ")
		}
		if (err != nil) != (strings.Contains(c.want, "has no training images") || strings.Contains(c.want, "are expected") || strings.Contains(c.want, "of two or more")) || !strings.Contains(got, c.want) {
			t.Errorf("%q lacks %q", got, c.want)
		}
	}
	if s, err := (Files{TestOnly: true}).Open(npz(1, 1)); err != nil || s.Train.Len() != 2 {
		t.Errorf("to test: %v", err)
	}
}

// The parts of a division may be called otherwise; what is not looked at is told,
// and parts never pass as classes.
func TestNamesOfParts(t *testing.T) {
	for _, c := range []struct {
		folders []string
		want    string
	}{
		{[]string{"Train", "Test"}, "Test/ is the test set"},
		{[]string{"training", "testing"}, "testing/ is the test set"},
		{[]string{"train", "val", "test", "old"}, `test/ is the test set; beside it and train/, ["old" "val"] are not looked at`},
		{[]string{"test", "val"}, "called like parts of a division"},
		{[]string{"train"}, "called like parts of a division"},
		{[]string{"train", "unlabeled"}, "called like parts of a division"},
		{[]string{"Train", "extra"}, "called like parts of a division"},
		{[]string{"train", "bus"}, `["train"] are taken as classes`}, // things that run
	} {
		dir := t.TempDir()
		for _, f := range c.folders {
			classFolders(t, filepath.Join(dir, f), map[string]int{"a": 3, "b": 2})
		}
		s, err := Files{Side: 4}.Open(dir)
		got := []string{}
		if err == nil {
			got = s.Notes
		} else {
			got = append(got, err.Error())
		}
		classes := strings.Contains(c.want, "as classes")
		if (len(got) != 1) != classes || !strings.Contains(got[0], c.want) || err == nil && (s.Classes[0] != "a") != classes {
			t.Errorf("%q: %q lacks %q", c.folders, got, c.want)
		}
	}
}

// What is written among class folders would be a class.
func TestAmongClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"plain/a/0.png", "divided/train/a/0.png", "divided/val/a/0.png", "lists/a/0.png", "lists/train.txt", "t.csv"} {
		put(t, ".", file, nil)
	}
	if err := os.Symlink("plain", "link"); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		folder, at string
		want       bool
	}{
		{"plain", "plain/runs", true}, {"plain/", "plain/a/runs", true}, {"plain", "plain", true}, {"plain", "link/runs/x", true}, {"link", "plain/runs", true}, {".", "runs", true},
		{"plain", "runs", false}, {"plain", "plainer/runs", false}, {"plain", "plain/.runs", false}, {"plain", "plain/../runs", false}, {"plain/a", "plain/b", false},
		{"divided", "divided/train/runs", true}, {"divided", "divided/val/a", true}, {"divided", "divided/runs", false}, {"divided", "divided", false},
		{"lists", "lists/runs", false}, {"t.csv", "t.csv/x", false}, {"none", "none/x", false},
	} {
		if got := AmongClasses(c.folder, c.at); got != c.want {
			t.Errorf("%s below %s: %v", c.at, c.folder, got)
		}
	}
}

// What lies beside class folders is told.
func TestLinksAndLooseImages(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, filepath.Join(dir, "set"), map[string]int{"a": 3, "b": 2})
	put(t, dir, "set/1.jpg", nil)
	put(t, dir, "set/readme.md", nil)
	classFolders(t, filepath.Join(dir, "elsewhere"), map[string]int{"c": 3})
	if err := os.Symlink(filepath.Join(dir, "elsewhere/c"), filepath.Join(dir, "set/c")); err != nil {
		t.Skip(err)
	}
	s, err := Files{Side: 4}.Open(filepath.Join(dir, "set"))
	if err != nil || len(s.Notes) != 3 || !strings.HasPrefix(s.Notes[0], "beside the class folders: 1 symbolic link, not followed") || !strings.HasPrefix(s.Notes[1], "beside the class folders: 1 image in no class folder") {
		t.Errorf("%q, %v", s.Notes, err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere/c/0.png"), filepath.Join(dir, "set/b/link.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := (Files{Side: 4}).Open(filepath.Join(dir, "set")); err == nil || !strings.Contains(err.Error(), "link.png") || !strings.Contains(err.Error(), "it is a link that") {
		t.Errorf("an image that is a link to elsewhere: %v", err)
	}
	os.Remove(filepath.Join(dir, "set/b/link.png"))

	// A folder that is a link: in a class folder, and on the way to what a list names.
	if err := os.Symlink(filepath.Join(dir, "elsewhere/c"), filepath.Join(dir, "set/b/more")); err != nil {
		t.Fatal(err)
	}
	if s, err := (Files{Side: 4}).Open(filepath.Join(dir, "set")); err != nil || !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.HasPrefix(n, "b: 1 symbolic link, not followed") }) ||
		strings.Contains(strings.Join(s.Notes, ""), "more") {
		t.Errorf("a folder that is a link in a class folder: %q, %v", s.Notes, err)
	}
	put(t, dir, "set/list.csv", []byte("a/0.png,a\na/1.png,a\nc/0.png,c\nc/1.png,c\n"))
	if _, err := (Files{Side: 4}).Open(filepath.Join(dir, "set/list.csv")); err == nil || !strings.Contains(err.Error(), ": c is a link that is absolute or leaves the folder; put the images themselves there") {
		t.Errorf("a list over a link: %v", err)
	}
	put(t, dir, "set/list.csv", []byte("a/0.png,a\na/1.png,a\nb/0.png,b\nc/none.png,c\n"))
	if s, err := (Files{Side: 4, SkipBroken: true}).Open(filepath.Join(dir, "set/list.csv")); err != nil || len(s.Skipped) != 1 || !strings.Contains(s.Skipped[0].Reason, "c is a link") {
		t.Errorf("a list over a link that is left out: %v", err)
	}
	os.RemoveAll(filepath.Join(dir, "set/b"))
	if _, err := (Files{}).Open(filepath.Join(dir, "set")); err == nil || !strings.Contains(err.Error(), "1 symbolic link") || !strings.Contains(err.Error(), "1 image in no class folder") {
		t.Errorf("nothing but a link is left: %v", err)
	}
}

// A mark of Excel's and any heading are understood, and errors name the line.
func TestCSVHeadings(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"p": 6})
	const rows = "p/0.png,owl\np/1.png,ant\np/2.png,ant\np/3.png,owl\n"
	for heading, noted := range map[string]bool{"": false, "\ufeff": false, "\ufeffpath,label\n": false, "image_path,label\n": true, "photo,class\n": true} {
		for _, skip := range []bool{false, true} {
			s, err := Files{Side: 4, SkipBroken: skip}.Open(put(t, dir, "x.csv", []byte(heading+rows)))
			if err != nil || !slices.Equal(s.Classes, []string{"ant", "owl"}) || s.Train.Len()+s.Test.Len() != 4 || s.Skipped != nil || strings.Contains(strings.Join(s.Notes, ""), "heading") != noted {
				t.Errorf("%q: %+v, %v", heading, s, err)
			}
			u, err := Files{Side: 4, SkipBroken: skip}.OpenUnlabeled(filepath.Join(dir, "x.csv"), 0, 0)
			if err != nil || u.Train.Len() != 4 || strings.Contains(strings.Join(u.Notes, ""), "heading") != noted {
				t.Errorf("%q, unlabeled: %+v, %v", heading, u, err)
			}
		}
	}
	s, err := Files{Side: 4}.Open(put(t, dir, "x.csv", []byte("picture,what,part\np/0.png,owl,train\np/1.png,ant,train\np/2.png,ant,test\n")))
	if err != nil || s.Train.Len() != 2 || s.Test.Len() != 1 {
		t.Errorf("%v", err)
	}
	if _, err := (Files{}).OpenUnlabeled(put(t, dir, "x.csv", []byte("p/0.png;a\np/1.png;b\n")), 0, 0); err == nil || !strings.Contains(err.Error(), `not by ";"`) {
		t.Errorf("semicolons, unlabeled: %v", err)
	}
	for text, want := range map[string]string{
		"none.png,only\n" + rows: "line 1: there is no file",   // no heading: an image that is missed
		"img7,owl\n" + rows:      "line 1: there is no file",   // nor is this
		rows + "p/9.png,owl\n":   "x.csv: line 5: there is no", // wherever it stands
	} {
		if _, err := (Files{Side: 4}).Open(put(t, dir, "x.csv", []byte(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v lacks %q", text, err, want)
		}
	}
}

func TestCSV(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"p": 6})
	open := func(text string) (*Set, error) { return Files{}.Open(put(t, dir, "x.csv", []byte(text))) }
	s, err := open("path,label,split\np/0.png,owl,train\np/1.png,ant,test\np/2.png, ant ,train\n")
	if err != nil || !slices.Equal(s.Classes, []string{"ant", "owl"}) || !slices.Equal(s.Train.Labels, []int32{1, 0}) || !slices.Equal(s.Test.Labels, []int32{0}) {
		t.Errorf("%+v, %v", s, err)
	}
	// Blanks around a path do not count, unless a file is called so.
	if err := os.Rename(filepath.Join(dir, "p/5.png"), filepath.Join(dir, "p/5.png ")); err != nil {
		t.Fatal(err)
	}
	const blanks = "p/0.png , owl\n p/1.png\t,ant \np/2.png ,ant\np/5.png ,owl\n"
	if s, err = open(blanks); err != nil || s.Train.Len()+s.Test.Len() != 4 || len(s.Skipped) > 0 {
		t.Errorf("blanks around paths: %+v, %v", s, err)
	}
	if s, err = (Files{}).OpenUnlabeled(filepath.Join(dir, "x.csv"), 0, 0); err != nil || s.Train.Len() != 4 {
		t.Errorf("blanks around paths, unlabeled: %+v, %v", s, err)
	}
	// Whole numbers are names as well, by value: no class is made up for a gap, however
	// many rows there are.
	for labels, want := range map[string][]string{"2 0 2 0": {"0", "2"}, "1 2 1 2": {"1", "2"}, "10 9 10 9": {"9", "10"}, "1 0 2 1": {"0", "1", "2"}, "10 9 x x": {"10", "9", "x"}, "1 01 x x": {"01", "1", "x"}} {
		var text string
		for i, l := range strings.Fields(labels) {
			text += fmt.Sprintf("p/%d.png,%s,train\n", i, l)
		}
		if s, err = open(text); err != nil || !slices.Equal(s.Classes, want) || s.Classes[s.Train.Labels[0]] != labels[:strings.Index(labels, " ")] {
			t.Errorf("%q: %+v, %v", labels, s, err)
		}
	}
	for text, want := range map[string]string{
		"":                                     "no line of path,label",
		"p/0.png,a\n/p/1.png,b\n":              `line 2: the path "/p/1.png" is absolute: paths are relative`,
		"p/0.png\n":                            "line 1 has 1 field: path,label or",
		"path;label\np/0.png;a\np/1.png;b\n":   `line 2 has 1 field: path,label or path,label,split is expected; fields are separated by commas, not by ";"`,
		"p/0.png\ta\np/1.png\tb\n":             `not by "\t"`,
		"label,path\na,p/0.png\na,p/1.png\n":   `line 2: "p/0.png" is called like an image, and "a" is not: the path stands first`,
		"p\\0.png,a\np\\1.png,b\n":             `folders are separated by /, not by \;`,
		"p/0.png,a\n../x.png,b\n":              "line 2: the path",
		"p/0.png,a\n/etc/passwd,b\n":           "line 2: the path",
		"p/0.png,a,train\np/1.png,b,dev\n":     `the split "dev"`,
		"p/0.png,a,train\np/1.png,b\n":         "every line has a split or none",
		"p/0.png,\n":                           "the label is empty",
		"p/0.png,a\np/1.png,a\n":               "two or more classes",
		"p/0.png,a\np/none.png,b\np/1.png,b\n": "none.png",
		"p/0.png,\"a\n":                        "x.csv",
		"p/0.png,1\np/1.png,2\np/2.png,01\n":   "the labels 01 and 1 are one number",
		"p/0.png,a\np/1.png,b\np/0.png,a\n":    `line 3: "p/0.png" stands in line 1 already`,
		"p/0.png,a,train\n./p/0.png,b,test\n":  `line 2: "p/0.png" stands in line 1 already`,
	} {
		if _, err := open(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v lacks %q", text, err, want)
		}
	}
}

// A name that JSON and .pth files cannot hold is refused before any training.
func TestNamesAreUTF8(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, filepath.Join(dir, "good"), map[string]int{"a": 2, "b": 2})
	list := put(t, dir, "good/x.csv", []byte("path,label\na/0.png,cat\na/1.png,d\xe5g\n"))
	wide := put(t, dir, "good/wide.csv", []byte("\xff\xfea\x00/\x00"))
	put(t, dir, "lists/train.txt", []byte("d\xe5g/0.png 0\n"))
	open := map[string]func() error{
		`x.csv: line 3 is not UTF-8: "a/1.png,d\xe5g"`: func() error { _, err := Files{}.Open(list); return err },
		"line 3 is not UTF-8":                          func() error { _, err := Files{}.OpenUnlabeled(list, 0, 0); return err },
		"wide.csv: line 1 is not UTF-8":                func() error { _, err := Files{}.Open(wide); return err },
		`train.txt: line 1: "d\xe5g/0.png 0" is not`:   func() error { _, err := Files{}.Open(filepath.Join(dir, "lists")); return err },
		"labels.csv: line 1 is not UTF-8": func() error {
			_, err := ReadPseudoLabelsCSV([]byte("image,l\xe5bel\n"), "labels.csv", nil, nil)
			return err
		},
	}
	if err := os.MkdirAll(filepath.Join(dir, "bad", "a", "d\xe5g"), 0o755); err == nil { // not on every file system
		open[`bad: the name of the folder "a/d\xe5g" is not UTF-8`] = func() error { _, err := Files{}.Open(filepath.Join(dir, "bad")); return err }
	}
	for want, open := range open {
		if err := open(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// An .npz file is one list: nothing is set apart for a test.
func TestNPZIsOneList(t *testing.T) {
	images := uint8s(10, 4, 4, 3)
	s, err := Files{}.Open(writeNPZ(t, map[string]npy.Array{"images": images, "labels": int64s(0, 1, 0, 1, 0, 1, 0, 1, 0, 1)}))
	if err != nil || s.ID != "own.npz" || s.Train.Len() != 10 || s.Test.Len() != 0 || s.Train.Image(7)[0] != images.Raw[7*48] || len(s.Notes) != 0 || s.Train.Set != s.ID {
		t.Errorf("%v", err)
	}
}

// canvas is a GIF of side×side pixels, one of which is there.
func canvas(side uint16) []byte {
	b := binary.LittleEndian.AppendUint16([]byte("GIF89a"), side)
	b = binary.LittleEndian.AppendUint16(b, side)
	return append(b, "\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"...)
}

func TestDamagedImages(t *testing.T) {
	good := pngOf(t, 8, 8, color.White)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":                     {nil, "no image that can be read"},
		"text":                      {[]byte("not an image"), "no image that can be read"},
		"cut":                       {good[:len(good)-30], "damaged image"},
		"narrow":                    {pngOf(t, 1, 500, color.White), "too narrow"},
		"narrow, by a header alone": {pngOf(t, 1, 500, color.White)[:40], "too narrow"},
		"a large GIF of one pixel":  {canvas(14080), "in 35 bytes is damaged or hostile"},
		"a GIF just too large":      {canvas(4097), "in 35 bytes is damaged or hostile"},
		"huge": {func() []byte {
			b := bytes.Clone(good) // width and height of the header, and its checksum
			copy(b[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0})
			binary.BigEndian.PutUint32(b[29:], crcOf(b[12:29]))
			return b
		}(), "is not read"},
	} {
		err := decodeImage(c.b, 1, 8, 8, make([]uint8, 3*64))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v lacks %q", name, err, c.want)
		}
	}
	if err := decodeImage(canvas(1000), 1, 8, 8, make([]uint8, 3*64)); err != nil {
		t.Errorf("a GIF of one pixel and no large canvas: %v", err)
	}
	dir := t.TempDir()
	classFolders(t, dir, map[string]int{"a": 2, "b": 2})
	bad := put(t, dir, "b/1.png", good[:20])
	if _, err := (Files{}).Open(dir); err == nil || !strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "--skip-broken") {
		t.Errorf("the error %v does not name %s and the remedy", err, bad)
	}
}

// Classes that were meant otherwise are noted, and of many class folders not each.
func TestNotesOnClasses(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []string{"nested/photos", "nested/drawings"} {
		classFolders(t, filepath.Join(dir, at), map[string]int{"cat": 2, "dog": 2})
	}
	for i := range 12 {
		put(t, dir, fmt.Sprintf("many/%02d/images/0.png", i), pngOf(t, 8, 8, color.White))
		put(t, dir, fmt.Sprintf("many/%02d/x.txt", i), nil)
	}
	put(t, dir, "x.csv", []byte("nested/photos/cat/0.png,cat\nnested/photos/dog/0.png,dog\nnested/photos/dog/1.png,dog|cat\nnested/photos/cat/1.png,cat;eel\n"))
	for name, want := range map[string][]string{
		"nested": {"drawings: its images lie in 2 sub-folders, which are taken as one class", "photos: its images lie in 2 sub-folders, which are taken as one class"},
		"many":   {"00: 1 file passed over", "09: 1 file passed over", "… and 2 more notes on class folders"},
		"x.csv":  {`"dog|cat" is taken as one label`},
	} {
		s, err := Files{Side: 8}.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(s.Notes, "\n")
		for _, w := range want {
			if !strings.Contains(notes, w) {
				t.Errorf("%s: %q lacks %q", name, notes, w)
			}
		}
		if strings.Contains(notes, "11: 1 file") || strings.Contains(notes, "images: its images") || strings.Contains(notes, "in 1 sub-") || strings.Contains(notes, "eel") {
			t.Errorf("%s: %q", name, notes)
		}
	}
	if s, err := (Files{}).OpenUnlabeled(filepath.Join(dir, "nested"), 8, 8); err != nil || len(s.Notes) > 0 {
		t.Errorf("of unlabeled images folders tell nothing: %v", err)
	}
}

// Reading a set that is held in memory is reported image by image, ends when it is told to,
// and is done once where resized images are kept.
func TestReadingIsReported(t *testing.T) {
	dir := t.TempDir()
	photos := filepath.Join(dir, "photos")
	classFolders(t, photos, map[string]int{"a": 30, "b": 10})
	plain, err := Files{Side: 8}.Open(photos)
	if err != nil {
		t.Fatal(err)
	}
	heard, stop := 0, errors.New("stop")
	f := Files{Side: 8, Cache: filepath.Join(dir, "cache"), Report: func(done, total int) error {
		if heard++; done != heard || total != 40 {
			t.Errorf("call %d: %d of %d", heard, done, total)
		}
		if heard == 7 {
			return stop
		}
		return nil
	}}
	if _, err := f.Open(photos); !errors.Is(err, stop) || heard >= 40 {
		t.Errorf("it was to end: %v after %d", err, heard)
	}
	f.Report = nil
	if s, err := f.Open(photos); err != nil || s.Digest != plain.Digest || s.Declared != plain.Digest || s.Train.Lazy != nil {
		t.Errorf("with a cache: %v", err)
	}
	wiped(t, photos, slices.Concat(plain.Train.Names, plain.Test.Names))
	if s, err := f.Open(photos); err != nil || s.Digest != plain.Digest {
		t.Errorf("the files were read again: %v", err)
	}
}

// Of a set that is decoded as it is needed an image that cannot be read is told at once where
// its cache is to be filled.
func TestReadyCache(t *testing.T) {
	o, dir := listTree(t)
	bad := put(t, dir, "mini/y/2.png", []byte("text"))
	f := Files{Dir: dir, AllowUnverified: true, Side: 14, Cache: filepath.Join(dir, "cache")}
	if _, err := f.openOfficial(o); err != nil {
		t.Fatal(err)
	}
	f.Ready = true
	if _, err := f.openOfficial(o); err == nil || !strings.Contains(err.Error(), bad+": no image that can be read") {
		t.Errorf("%v", err)
	}
	put(t, dir, "mini/y/2.png", pngOf(t, 12, 9, color.White))
	s, err := f.openOfficial(o)
	if err != nil {
		t.Fatal(err)
	}
	wiped(t, filepath.Join(dir, "mini"), s.Train.Names)
	for i := range s.Train.Len() {
		if _, err := s.Train.Read(i); err != nil {
			t.Errorf("read again: %v", err)
		}
	}
}

// With SkipBroken a set is what it would be without the files that cannot be
// read, in every form and digest included, and says which those are.
func TestSkipBroken(t *testing.T) {
	good := pngOf(t, 8, 8, color.White)
	table := func(t *testing.T, dir string, divided bool) string {
		var b strings.Builder
		for i, name := range []string{"a/0.png", "a/1.png", "a/2.png", "b/0.png", "b/1.png", "b/2.png"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil && name != "b/2.png" {
				continue
			}
			b.WriteString(name + "," + name[:1])
			if divided {
				b.WriteString([]string{",train", ",test"}[i%2])
			}
			b.WriteByte('\n')
		}
		return put(t, dir, "x.csv", []byte(b.String()))
	}
	for name, c := range map[string]struct {
		where string
		open  func(t *testing.T, f Files, dir string) (*Set, error)
	}{
		"class folders":  {"", func(t *testing.T, f Files, dir string) (*Set, error) { return f.Open(dir) }},
		"train and test": {"train", func(t *testing.T, f Files, dir string) (*Set, error) { return f.Open(filepath.Dir(dir)) }},
		"CSV":            {"", func(t *testing.T, f Files, dir string) (*Set, error) { return f.Open(table(t, dir, false)) }},
		"divided CSV":    {"", func(t *testing.T, f Files, dir string) (*Set, error) { return f.Open(table(t, dir, true)) }},
		"unlabeled":      {"", func(t *testing.T, f Files, dir string) (*Set, error) { return f.OpenUnlabeled(dir, 8, 8) }},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "mine")
			dir := filepath.Join(root, c.where)
			classFolders(t, dir, map[string]int{"a": 20, "b": 3}) // enough for two goroutines
			if c.where != "" {
				classFolders(t, filepath.Join(root, "test"), map[string]int{"a": 1, "b": 1})
			}
			cut, text := put(t, dir, "a/1.png", good[:len(good)-30]), put(t, dir, "b/0.png", []byte("text"))
			f := Files{Side: 8, SkipBroken: true}
			s, err := c.open(t, f, dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Skipped) != 2 || !strings.HasSuffix(cut, filepath.FromSlash(s.Skipped[0].Image)) || !strings.HasSuffix(text, filepath.FromSlash(s.Skipped[1].Image)) ||
				!strings.Contains(s.Skipped[0].Reason, "damaged image") {
				t.Errorf("skipped %q", s.Skipped)
			}
			if notes := strings.Join(s.Notes, "; "); !strings.Contains(notes, "2 images that cannot be read") || !strings.Contains(notes, "b/0.png") {
				t.Errorf("notes %q", notes)
			}
			for _, path := range []string{cut, text} {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			clean, err := c.open(t, Files{Side: 8}, dir)
			if err != nil || clean.Digest != s.Digest || clean.Train.Len() != s.Train.Len() || clean.Skipped != nil {
				t.Errorf("%v: %d images with the flag, %d when they are deleted", err, s.Train.Len(), clean.Train.Len())
			}
			if strings.Contains(name, "CSV") { // a file that is listed and not there
				if err := os.Remove(filepath.Join(dir, "b/2.png")); err != nil {
					t.Fatal(err)
				}
				if s, err := c.open(t, f, dir); err != nil || len(s.Skipped) != 1 || !strings.Contains(s.Skipped[0].Reason, "no such file") {
					t.Errorf("%v", err)
				}
			}
		})
	}
	// A cache serves the look for what is broken and the images alike: other files of the
	// same size and time are not read.
	dir := filepath.Join(t.TempDir(), "mine")
	classFolders(t, dir, map[string]int{"a": 9, "b": 4})
	put(t, dir, "a/3.png", []byte("text"))
	f := Files{Side: 8, SkipBroken: true, Cache: filepath.Join(filepath.Dir(dir), "cache")}
	first, err := f.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	wiped(t, dir, slices.Concat(first.Train.Names, first.Test.Names))
	again, err := f.Open(dir)
	if err != nil || again.Digest != first.Digest || len(again.Skipped) != 1 || again.Train.Len()+again.Test.Len() != 12 {
		t.Errorf("by the cache: %v, skipped %v", err, again.Skipped)
	}
	if px := again.Train.Image(again.Train.Len() - 1); again.Train.Names[again.Train.Len()-1][:2] != "b/" || px[0] != 50 {
		t.Errorf("red %d of %s", px[0], again.Train.Names[again.Train.Len()-1])
	}
	f.Whole = true
	if s, err := f.Open(dir); err != nil || s.Train.Len() != 12 || s.Train.Image(11)[0] != 50 {
		t.Errorf("all of it, by the cache: %v", err)
	}
	dir = t.TempDir()
	put(t, dir, "a/0.png", nil)
	put(t, dir, "b/0.png", nil)
	if _, err := (Files{SkipBroken: true}).Open(dir); err == nil || !strings.Contains(err.Error(), "2 images that cannot be read") {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestSkipNoteIsShort(t *testing.T) {
	note := skipNote(slices.Repeat([]Skipped{{Image: "x.jpg", Reason: "damaged"}}, 1000))
	if !strings.Contains(note, ": 1000 images that") || !strings.Contains(note, ": x.jpg (damaged), ") || !strings.HasSuffix(note, "and 990 more") || len(note) > 400 {
		t.Errorf("%q", note)
	}
}

func TestDecodeImage(t *testing.T) {
	// Four columns 0, 100, 200, 40, twice as high as needed: the middle is cut.
	m := image.NewGray(image.Rect(0, 0, 4, 8))
	for y := range 8 {
		for x, v := range []byte{0, 100, 200, 40} {
			m.SetGray(x, y, color.Gray{v + byte(y)})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	dst := make([]uint8, 3*16)
	if err := decodeImage(b.Bytes(), 1, 4, 4, dst); err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		if want := []uint8{2, 102, 202, 42, 3, 103}; !slices.Equal(dst[c*16:c*16+6], want) {
			t.Errorf("channel %d: %v, want %v", c, dst[c*16:c*16+6], want)
		}
	}
	// Halved: a triangle of width 4 around each new pixel, cut at the border.
	two := make([]uint8, 3*4)
	if err := decodeImage(b.Bytes(), 1, 2, 2, two); err != nil {
		t.Fatal(err)
	}
	at := func(y int, x int) float64 { return []float64{0, 100, 200, 40}[x] + float64(y) }
	weight := func(to, from int) float64 {
		return math.Max(0, 1-math.Abs((float64(from)+.5)/2-(float64(to)+.5)))
	}
	for i := range 4 {
		y, x := i/2+1, i%2 // of the 4 rows the middle two
		sum, total := 0.0, 0.0
		for fy := range 8 {
			for fx := range 4 {
				w := weight(y, fy) * weight(x, fx)
				sum, total = sum+w*at(fy, fx), total+w
			}
		}
		if got := float64(two[i]); math.Abs(got-sum/total) > 1 {
			t.Errorf("pixel %d: %v, want %v", i, got, sum/total)
		}
	}
	// What is transparent is black.
	if err := decodeImage(pngOf(t, 4, 4, color.NRGBA{255, 255, 255, 0}), 1, 4, 4, dst); err != nil || dst[0] != 0 {
		t.Errorf("transparent: %d, %v", dst[0], err)
	}
	// The first frame of a GIF lies somewhere on its canvas.
	frame := image.NewPaletted(image.Rect(1, 2, 3, 4), color.Palette{color.White, color.Black})
	var g bytes.Buffer
	if err := gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 4, Height: 4, ColorModel: frame.Palette}}); err != nil {
		t.Fatal(err)
	}
	if err := decodeImage(g.Bytes(), 1, 4, 4, dst); err != nil || !slices.Equal(dst[:16], []uint8{0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0}) {
		t.Errorf("a small frame: %v, %v", dst[:16], err)
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := decodeImage(j.Bytes(), 1, 4, 4, dst); err != nil || dst[0] != dst[16] {
		t.Errorf("one-channel JPEG: %v", err)
	}
}

// The middle begins where torchvision's CenterCrop has it, halves to even: at 58 of an
// image of 500×375 pixels, which is resized to 341×256.
func TestMiddleOfImages(t *testing.T) {
	for _, c := range []struct{ w, h, want int }{{341, 256, 58}, {343, 256, 60}, {342, 256, 59}, {256, 341, 16}, {500, 375, 85}} { // 58.5·500/341 − 0.5 is 85.3
		m := image.NewGray(image.Rect(0, 0, c.w, c.h))
		for y := range c.h {
			for x := range c.w {
				m.SetGray(x, y, color.Gray{byte(min(x, 255))})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		dst := make([]uint8, 3*224*224)
		if err := decodeImage(b.Bytes(), 1, 256, 224, dst); err != nil || int(dst[0]) != c.want {
			t.Errorf("%d×%d: column %d, %v", c.w, c.h, dst[0], err)
		}
	}
}

func TestImageList(t *testing.T) {
	paths, labels, err := readImageList([]byte("a/b c.jpg 3\r\nd.png 0\n\n"), "x", 4)
	if err != nil || !slices.Equal(paths, []string{"a/b c.jpg", "d.png"}) || !slices.Equal(labels, []int32{3, 0}) {
		t.Errorf("%q, %v, %v", paths, labels, err)
	}
	for text, want := range map[string]string{
		"":                       "empty",
		"a.jpg 4\n":              "line 1",
		"a.jpg -1\n":             "line 1",
		"a.jpg\nb.jpg 1\n":       "line 1",
		"../a.jpg 1\n":           "leaves the image folder",
		"/a.jpg 1\n":             "leaves the image folder",
		"a.jpg 1\nb.jp":          "the last line is cut",
		"a.jpg 1\nsub/b.jpg 1 x": "the last line is cut",
	} {
		if _, _, err := readImageList([]byte(text), "x", 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v lacks %q", text, err, want)
		}
	}
}

// listTree is a small set with official lists over images below a folder.
func listTree(t *testing.T) (*official, string) {
	dir := t.TempDir()
	classFolders(t, filepath.Join(dir, "mini"), map[string]int{"x": 4, "y": 3})
	put(t, dir, "train.txt", []byte("x/0.png 0\nx/1.png 0\nx/2.png 0\ny/0.png 1\ny/1.png 1\n"))
	put(t, dir, "test.txt", []byte("x/3.png 0\ny/2.png 1\n"))
	return &official{
		about: Set{ID: "mini", Name: "Mini", Mean: netMean, Std: netStd}, folders: []string{"mini"},
		lists: &imageLists{classes: 2, train: part{"train.txt", 0, "sha256:0"}, test: part{"test.txt", 0, "sha256:0"}},
	}, dir
}

func TestListsOverATree(t *testing.T) {
	o, dir := listTree(t)
	if _, err := (Files{Dir: dir}).openOfficial(o); err == nil || !strings.Contains(err.Error(), "the official file's is") {
		t.Errorf("unverified list: %v", err)
	}
	files := Files{Dir: dir, AllowUnverified: true, Side: 14, Cache: filepath.Join(dir, "cache")}
	s, err := files.openOfficial(o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Mark != Unverified || !slices.Equal(s.Classes, []string{"x", "y"}) || s.H != 14 || s.Train.Pixels != nil || s.Mean != netMean || s.Std != netStd {
		t.Errorf("%+v", s)
	}
	// The same pictures, by way of a list and of the samples.
	l := NewList(s)
	if err := l.Append(s.Train, []int{4, 1}, nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.Labels(), []int32{1, 0}) {
		t.Errorf("labels %v", l.Labels())
	}
	var pictures [2][]uint8
	for i, p := range []int{4, 1} {
		listed, errL := l.Read(i)
		px, err := s.Train.Read(p)
		if err != nil || errL != nil || len(px) != 588 || !slices.Equal(listed, px) {
			t.Fatalf("image %d differs by way of the list: %v, %v", p, err, errL)
		}
		pictures[i] = px
	}
	if red := pictures[0][0]; red != 50 {
		t.Errorf("red of class y is %d, want 50", red)
	}
	at := s.Test.At([]int{1})
	if px, err := at.Read(0); err != nil || px[0] != 50 || px[196] != 2 {
		t.Errorf("%v, %v", px[:1], err)
	}
	// A second time the cache serves them, without the files.
	for _, name := range []string{"x/0.png", "x/1.png", "y/1.png"} {
		if name == "x/0.png" {
			continue // the first image of the list finds the folder
		}
		if err := os.Remove(filepath.Join(dir, "mini", name)); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = files.openOfficial(o); err != nil {
		t.Fatal(err)
	}
	for i, p := range []int{4, 1} {
		if px, err := s.Train.Read(p); err != nil || !slices.Equal(px, pictures[i]) {
			t.Errorf("image %d from the cache: %v", p, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "mini", "x", "2.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Train.Read(2); err == nil || !strings.Contains(err.Error(), "2.png") || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing image: %v", err)
	}
	packed := t.TempDir() // a list may be packed
	if err := os.CopyFS(packed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	train, err := os.ReadFile(filepath.Join(packed, "train.txt"))
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(packed, "train.txt"))
	for what, b := range map[string][]byte{"a packed list": gzipped(train), "one that a browser unpacked": train} {
		put(t, packed, "train.txt.gz", b)
		if z, err := (Files{Dir: packed, AllowUnverified: true, Side: 14}).openOfficial(o); err != nil || z.Train.Len() != s.Train.Len() {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, err := files.verifyLists(o); err != nil || len(got) != 2 || got[0].Official || !strings.Contains(got[1].Note, "test.txt") {
		t.Errorf("verify: %+v, %v", got, err)
	}
	flat := t.TempDir() // the test images lie somewhere else
	if err := os.CopyFS(flat, os.DirFS(packed)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(flat, "mini", "x", "3.png"), filepath.Join(flat, "mini", "3.png")); err != nil {
		t.Fatal(err)
	}
	z := Files{Dir: flat, AllowUnverified: true, Side: 14}
	if _, err := z.openOfficial(o); err == nil || !strings.Contains(err.Error(), "the images are missing: x/3.png lies in none of") {
		t.Errorf("no test images: %v", err)
	}
	z.ListsOnly = true
	if s, err := z.openOfficial(o); err != nil || s.Test.Len() != 2 || !strings.Contains(strings.Join(s.Notes, ";"), "x/3.png lies in none of") {
		t.Errorf("lists alone, no test images: %v", err)
	}
	os.RemoveAll(filepath.Join(dir, "mini"))
	if _, err := files.openOfficial(o); err == nil || !strings.Contains(err.Error(), "the images are missing") {
		t.Errorf("no images: %v", err)
	}
	files.ListsOnly = true
	if s, err = files.openOfficial(o); err != nil || s.Train.Len() != 5 || !strings.Contains(strings.Join(s.Notes, ";"), "the images are missing") {
		t.Errorf("lists alone: %v", err)
	}
	if _, err := s.Train.Read(0); err == nil {
		t.Error("an image that is not there")
	}
}

func TestTinyImageNetLT(t *testing.T) {
	dir := testdata.Rebuilt(t, "tiny-imagenet-lt")
	s, err := Files{Side: 16}.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Classes) != 100 || s.Train.Len() != 4250 || s.Test.Len() != 2500 || s.Classes[1] != "n04067472" {
		t.Errorf("%d classes, %d and %d images", len(s.Classes), s.Train.Len(), s.Test.Len())
	}
	sub, err := Whole(s, 0)
	if err != nil || slices.Max(sub.Counts) != 150 || slices.Min(sub.Counts) != 5 {
		t.Errorf("%v, %v", sub.Counts, err)
	}
}

func FuzzReadNPZ(f *testing.F) {
	f.Add(npy.Encode(npy.Array{Type: "|u1", Shape: []int{1, 2, 2, 3}, Raw: make([]byte, 12)}), npy.Encode(npy.Array{Type: "|u1", Shape: []int{1}, Raw: []byte{1}}))
	f.Add(npy.Encode(npy.Array{Type: "|u1", Shape: []int{2, 1, 1, 3}, Raw: make([]byte, 6)}), npy.Encode(npy.Array{Type: "<i8", Shape: []int{2}, Raw: make([]byte, 16)}))
	dir := f.TempDir() // of this process: a folder an input is slow
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		var z bytes.Buffer // made here: its checksums would hide what is in it
		writeZip(t, &z, map[string][]byte{"images.npy": images, "labels.npy": labels})
		s, err := ReadNPZ(put(t, dir, "x.npz", z.Bytes()))
		if err == nil && (len(s.Pixels) != s.Len()*s.C*s.H*s.W || !labelsIn(s.Labels, maxLabel)) {
			t.Errorf("%d bytes of %d images, labels %v", len(s.Pixels), s.Len(), s.Labels)
		}
	})
}

func FuzzImageList(f *testing.F) {
	f.Add([]byte("a/b.jpg 3\nc.jpg 0"), 4)
	f.Add([]byte("../x 1\n"), 0)
	f.Fuzz(func(t *testing.T, b []byte, classes int) {
		classes %= maxLabel + 2 // as many as a set has
		top := int32(maxLabel)
		if classes > 0 {
			top = int32(classes) - 1
		}
		paths, labels, _ := readImageList(b, "x", classes)
		if len(paths) != len(labels) || !labelsIn(labels, top) {
			t.Fatalf("%d paths, labels %v of at most %d", len(paths), labels, top)
		}
		for _, p := range paths {
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				t.Fatalf("%q leaves the folder", p)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("path,label,split\na.png,1,train\n"))
	f.Add([]byte("a.png,x\n\"../b\",y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		nowhere := func(string) bool { return false }
		if paths, _, err := (Files{SkipBroken: true}).readPaths(b, "x", nowhere); err == nil {
			for _, p := range paths {
				if !filepath.IsLocal(filepath.FromSlash(p)) {
					t.Fatalf("%q leaves the folder", p)
				}
			}
		}
		lines, _, err := csvLines(b, "x", nowhere)
		if err != nil {
			return
		}
		rows, err := csvRows(lines, "x")
		if err != nil {
			return
		}
		names, ids, err := classesOf(rows, "x")
		if err != nil {
			return
		}
		for _, r := range rows {
			if y, ok := ids[r.label]; !ok || int(y) >= len(names) {
				t.Fatalf("label %q is class %d of %d", r.label, y, len(names))
			}
			if !filepath.IsLocal(filepath.FromSlash(r.path)) {
				t.Fatalf("%q leaves the folder", r.path)
			}
		}
	})
}

// tinyJPEG is a black or white block of so many components, 4 as Adobe's CMYK, or the
// first scan of a progressive image: every coefficient is a code of one bit.
func tinyJPEG(components int, progressive bool) []byte {
	segment := func(b []byte, marker byte, data ...byte) []byte {
		return append(append(b, 0xff, marker, 0, byte(len(data)+2)), data...)
	}
	frame, last := byte(0xc0), byte(63)
	if progressive {
		frame, last = 0xc2, 0
	}
	n := byte(components)
	size, scan := []byte{8, 0, 8, 0, 8, n}, []byte{n}
	for i := range n {
		size, scan = append(size, i+1, 0x11, 0), append(scan, i+1, 0)
	}
	code := append([]byte{0, 1}, make([]byte, 16)...) // table 0: one code of one bit, for 0
	b := segment([]byte{0xff, 0xd8}, 0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	b = segment(b, 0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...)
	b = segment(b, frame, size...)
	b = segment(b, 0xc4, code...)
	code[0] = 0x10
	b = segment(b, 0xc4, code...)
	b = segment(b, 0xda, append(scan, 0, last, 0)...)
	return append(b, 0, 0xff, 0xd9)
}

// Whatever the bytes, decodeImage returns; of what it accepts it writes every byte,
// twice the same.
func FuzzDecodeImage(f *testing.F) {
	for _, b := range [][]byte{tinyJPEG(1, false), tinyJPEG(1, true), tinyJPEG(4, false), canvas(3)} {
		if err := decodeImage(b, 1, 6, 5, make([]uint8, 3*25)); err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(pngOf(f, 5, 3, color.White))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	file := arrows(f, 8, 8)
	f.Add(withExif(file, binary.LittleEndian, 6))
	f.Add(withExif(file, binary.BigEndian, 8))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := orientation(b); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		if about, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && about.Width*about.Height > 1<<20 {
			t.Skip("large, not wrong")
		}
		one, two := make([]uint8, 3*25), bytes.Repeat([]uint8{99}, 3*25)
		err1, err2 := decodeImage(b, orientation(b), 6, 5, one), decodeImage(b, orientation(b), 6, 5, two)
		if (err1 == nil) != (err2 == nil) || err1 == nil && !bytes.Equal(one, two) {
			t.Errorf("%v, %v, then %v, %v", one, err1, two, err2)
		}
	})
}

// For an evaluation, images need not be divided, nor be any to train on.
func TestWholeAndTestOnly(t *testing.T) {
	dir := t.TempDir()
	classFolders(t, filepath.Join(dir, "plain"), map[string]int{"a": 5, "b": 2})
	classFolders(t, filepath.Join(dir, "divided/train"), map[string]int{"a": 3, "b": 2})
	classFolders(t, filepath.Join(dir, "divided/test"), map[string]int{"a": 1, "b": 1})
	classFolders(t, filepath.Join(dir, "divided/train"), map[string]int{"c": 1}) // without a test image, which all of it has no need of
	classFolders(t, filepath.Join(dir, "one"), map[string]int{"a": 1})
	put(t, dir, "x.csv", []byte("plain/a/0.png,a,test\nplain/b/0.png,b,test\n"))
	put(t, dir, "y.csv", []byte("plain/a/0.png,a\nplain/b/0.png,b\n"))
	for name, want := range map[string]int{"plain": 7, "divided": 8, "one": 1, "x.csv": 2, "y.csv": 2} {
		s, err := Files{Whole: true, TestOnly: true}.Open(filepath.Join(dir, name))
		if err != nil || s.Train.Len() != want || s.Test.Len() != 0 || strings.Contains(strings.Join(s.Notes, ""), "split") || strings.Contains(strings.Join(s.Notes, ""), "no test images") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	// A class may be tested alone where nothing is trained.
	classFolders(t, filepath.Join(dir, "divided/test"), map[string]int{"d": 2})
	for whole, want := range map[bool][2]int{false: {6, 4}, true: {10, 0}} {
		s, err := Files{Whole: whole, TestOnly: true}.Open(filepath.Join(dir, "divided"))
		if err != nil || s.Train.Len() != want[0] || s.Test.Len() != want[1] || !slices.Equal(s.Classes, []string{"a", "b", "c", "d"}) {
			t.Errorf("whole %v: %+v, %v", whole, s, err)
		}
	}
	if _, err := (Files{}).Open(filepath.Join(dir, "divided")); err == nil || !strings.Contains(err.Error(), `class "d" of test has no training images`) {
		t.Errorf("to train on: %v", err)
	}
	// Names that look the same, and are not, are told apart.
	classFolders(t, filepath.Join(dir, "mac/train"), map[string]int{"\u00c4pfel": 2, "rot": 2})
	classFolders(t, filepath.Join(dir, "mac/test"), map[string]int{"A\u0308pfel": 2})
	if _, err := (Files{}).Open(filepath.Join(dir, "mac")); err == nil || !strings.Contains(err.Error(), `of test has no training images; "A\u0308pfel" and "\u00c4pfel" are two names that may look the same`) {
		t.Errorf("of macOS: %v", err)
	}
	for name, among := range map[string]string{"Äpfel": "Apfel", "a": "b", "Äpfe": "A\u0308pfel", "A\u0308pfel": "A\u0308pfel", "\u00c9pfel": "A\u0308pfel"} {
		if got := Accents(name, []string{among}); got != "" {
			t.Errorf("%+q and %+q: %s", name, among, got)
		}
	}
	for name, other := range map[string]string{"Vi\u1ec7t": "Vie\u0323\u0302t", "\uac1c": "\u1100\u1162"} { // two accents on a letter; a syllable of Hangul
		if Accents(name, []string{"x", other}) == "" {
			t.Errorf("%+q and %+q are not told", name, other)
		}
	}
	if s, err := (Files{TestOnly: true}).Open(filepath.Join(dir, "x.csv")); err != nil || s.Train.Len() != 0 || s.Test.Len() != 2 {
		t.Errorf("%v", err)
	}
	if _, err := (Files{}).Open(filepath.Join(dir, "x.csv")); err == nil || !strings.Contains(err.Error(), "training images") {
		t.Errorf("to train on: %v", err)
	}
	put(t, dir, "nothing/a/x.txt", nil)
	if _, err := (Files{Whole: true, TestOnly: true}).Open(filepath.Join(dir, "nothing")); err == nil {
		t.Error("no image at all")
	}
}
