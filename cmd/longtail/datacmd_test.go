package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/internal/testdata"
	"longtail/own"
	"longtail/score"
)

func describeSet(t *testing.T, args ...string) description {
	t.Helper()
	return decoded[description](t, append([]string{"data", "describe"}, args...)...)
}

// The paper's many, medium and few.
func TestGroupsOfLongTails(t *testing.T) {
	for _, c := range []struct {
		classes, nMax int
		rho           float64
		want          [3]int
	}{
		{10, 5000, 100, [3]int{8, 2, 0}},
		{100, 500, 200, [3]int{30, 31, 39}}, {100, 500, 100, [3]int{35, 35, 30}}, {100, 500, 50, [3]int{41, 41, 18}}, {100, 500, 20, [3]int{53, 47, 0}}, {100, 500, 10, [3]int{69, 31, 0}},
	} {
		counts, err := dataset.Counts(c.classes, c.nMax, c.rho, "")
		if err != nil {
			t.Fatal(err)
		}
		many, medium, few := score.Groups(counts)
		if got := [3]int{many, medium, few}; got != c.want {
			t.Errorf("%d classes, rho %v: many, medium, few %v, want %v", c.classes, c.rho, got, c.want)
		}
	}
	if many, medium, few := score.Groups([]int{101, 100, 20, 19}); many != 1 || medium != 2 || few != 1 {
		t.Errorf("at the limits: %d, %d, %d", many, medium, few)
	}
}

// The recorded class counts of ImageNet-LT fall into the paper's groups.
func TestGroupsOfImageNetLT(t *testing.T) {
	text := string(testdata.SharedMember(t, "data/longtail-lists.tar.xz", "longtail-lists/ImageNet_LT_train.class_counts.txt"))
	var counts []int
	for line := range strings.Lines(text) {
		var class, n int
		if _, err := fmt.Sscan(line, &class, &n); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	many, medium, few := score.Groups(counts)
	if len(counts) != 1000 || score.Sum(counts) != 115846 || many != 385 || medium != 479 || few != 136 || slices.Max(counts) != 1280 || slices.Min(counts) != 5 {
		t.Errorf("%d classes, %d images, groups %d, %d, %d", len(counts), score.Sum(counts), many, medium, few)
	}
}

func TestDescribeEmbedded(t *testing.T) {
	positions := filepath.Join(t.TempDir(), "kept.txt")
	plot := filepath.Join(t.TempDir(), "sizes.png")
	d := describeSet(t, "fashion-mnist", "--rho", "100", "--n-max", "500", "--rho-u", "100", "--positions", positions, "--plot", plot)
	if d.Total != 1236 || !slices.Equal(d.Counts, []int{500, 299, 179, 107, 64, 38, 23, 13, 8, 5}) || d.Many != 4 || d.Medium != 3 || d.Few != 3 || d.Mark != "stand-in" {
		t.Errorf("%+v", d)
	}
	if u := d.Unlabeled; u == nil || u.Total != 6176 || u.WantedAll != 6176 || u.Pool == "" {
		t.Errorf("%+v", u)
	}
	b, err := os.ReadFile(positions)
	if err != nil || strings.Count(string(b), "\n") != 1236 {
		t.Errorf("%d lines, %v", strings.Count(string(b), "\n"), err)
	}
	if info, err := os.Stat(plot); err != nil || info.Size() == 0 {
		t.Error(err)
	}
	seen := map[string]string{d.Fingerprint: "this"}
	for _, args := range [][]string{
		{"--rho", "100", "--n-max", "500"},
		{"--rho", "100", "--n-max", "500", "--data-seed", "1"},
		{"--rho", "100", "--n-max", "500", "--rho-u", "1"},
		{"--rho", "100", "--n-max", "400", "--imbalance", "step"},
		{"--rho-u", "50", "--multiple", "0.1"},
		{"--rho-u", "50", "--multiple", "0.1", "--data-seed", "1"}, // of D_U
		{"--rho", "50", "--n-max", "500", "--amount", "0.5", "--rho-u", "50", "--relevance", "0.6"},
		{"--rho", "50", "--n-max", "500", "--amount", "0.5", "--rho-u", "50"},
		{},
	} {
		name := strings.Join(args, " ")
		e := describeSet(t, append([]string{"--data", "fashion-mnist"}, args...)...)
		if seen[e.Fingerprint] != "" {
			t.Errorf("%q and %q have one fingerprint", name, seen[e.Fingerprint])
		}
		seen[e.Fingerprint] = name
	}
	// E.4: fewer labels, the same D_U.
	full := describeSet(t, "fashion-mnist", "--rho", "50", "--n-max", "400", "--rho-u", "50", "--relevance", "0.6", "--pool", "held-out", "--multiple", "0.3")
	half := describeSet(t, "fashion-mnist", "--rho", "50", "--n-max", "400", "--rho-u", "50", "--relevance", "0.6", "--pool", "held-out", "--multiple", "0.3", "--amount", "0.5")
	if half.Total >= full.Total || !slices.Equal(half.Unlabeled.Counts, full.Unlabeled.Counts) || half.Unlabeled.PoolDigest != full.Unlabeled.PoolDigest ||
		full.Unlabeled.PoolMark != "held-out" || full.Unlabeled.Irrelevant == 0 || full.Unlabeled.IrrelevantPool != "MNIST (irrelevant images)" || half.Amount != .5 {
		t.Errorf("%+v %+v", full.Unlabeled, half.Unlabeled)
	}
	prints(t, []string{"many (> 100) 4, medium (20-100) 3, few (< 20) 3", "fingerprint ", "[stand-in]", "class  train   D_U  test"}, "data", "describe", "fashion-mnist", "--rho", "100", "--n-max", "500", "--rho-u", "1")
}

// Without a pool, what D_U would take is shown as wanted.
func TestDescribeWithoutPool(t *testing.T) {
	dir := t.TempDir()
	for _, name := range strings.Fields("a/0 a/1 a/2 b/0 b/1 b/2") {
		writePNG(t, filepath.Join(dir, name+".png"), 8, color.Black)
	}
	prints(t, []string{"D_U wanted", "nothing is drawn: no pool"}, "data", "describe", dir, "--rho", "1", "--rho-u", "1")
}

// Images of no class: how many there are to be, and how many there are.
func TestDescribeIrrelevant(t *testing.T) {
	args := []string{"fashion-mnist", "--rho", "10", "--n-max", "500", "--rho-u", "10", "--relevance"}
	for _, c := range []struct {
		relevance, text string
		wanted, there   int
	}{
		{"0.3", "; 7000 of 7140 images of no class (MNIST (irrelevant images))\n", 7140, 7000},
		{"0.5", "; 5100 images of no class (MNIST (irrelevant images))\n", 5100, 5100},
	} {
		if u := describeSet(t, append(args, c.relevance)...).Unlabeled; u.WantedIrrelevant != c.wanted || u.Irrelevant != c.there {
			t.Errorf("relevance %s: %+v", c.relevance, u)
		}
		prints(t, []string{c.text}, append(append([]string{"data", "describe"}, args...), c.relevance)...)
	}
}

// A set whose images are a pool alone is counted by these, and says so.
func TestDescribePool(t *testing.T) {
	if d := describeSet(t, "mnist"); d.Total == 0 || d.Total != 10*d.Counts[9] || d.Many != 10 || !strings.Contains(strings.Join(d.Notes, " "), "serve as a pool") {
		t.Errorf("%d images, %v, notes %q", d.Total, d.Counts, d.Notes)
	}
}

// Nothing is cut or drawn: the largest class of a named set is first as well. SVHN's own
// order, in which a tail is cut, stays what it is.
func TestLargestClassFirst(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ImageNet_LT_train.txt", "ImageNet_LT_val.txt", "ImageNet_LT_test.txt"} {
		write(t, []byte("train/a/1.JPEG 3\ntrain/b/2.JPEG 5\ntrain/b/3.JPEG 5\n"), dir, name)
	}
	args := []string{"imagenet-lt", "--data-dir", dir, "--allow-unverified"}
	if d := describeSet(t, args...); !slices.Equal(d.Counts[:3], []int{2, 1, 0}) || !slices.Equal(d.Classes[:3], []string{"b", "a", "0"}) || d.Test[0] != 2 {
		t.Errorf("%v %v %v", d.Counts[:6], d.Classes[:6], d.Test[:6])
	}
	if d := describeSet(t, append(args, "--rho-u", "1", "--multiple", "1000")...); !slices.Equal(d.Counts[:6], []int{0, 0, 0, 1, 0, 2}) {
		t.Errorf("D_U is drawn in another order: %v", d.Counts[:6])
	}
	s := &dataset.Set{ID: "svhn", Classes: []string{"0", "1", "2"}, RankOrder: []int{1, 2, 0}, Train: dataset.Samples{Labels: []int32{0, 0, 1, 1, 1, 2}}}
	if got := (tailFlags{}).largestFirst(s).RankOrder; !slices.Equal(got, []int{1, 0, 2}) || !slices.Equal(s.RankOrder, []int{1, 2, 0}) {
		t.Errorf("by size %v, of the set %v", got, s.RankOrder)
	}
	if got := (tailFlags{Rho: 10}).largestFirst(s); got != s {
		t.Errorf("a tail is cut in the order %v", got.RankOrder)
	}
}

func TestDescribeErrors(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"describe", 2, "or a folder, .csv or .npz file of your own"},
		{"describe cifar10 --data svhn", 2, "two data sets"},
		{"describe cifar10 --rho 100", 2, "LONGTAIL_DATA"},
		{"describe nothing", 2, "neither a file or folder nor one of"},
		{"describe nothing.npz", 2, "neither a file"},
		{"describe fashion-mnist --test x.npz", 2, "brings its own test images"},
		{"describe fashion-mnist --n-max 5", 2, "give --rho as well"},
		{"describe fashion-mnist --rho 0.5 --n-max 9", 2, "--rho 0.5"},
		{"describe fashion-mnist --rho NaN", 2, "--rho NaN"},
		{"show fashion-mnist --rho -3 --out x.png", 2, "--rho -3"},
		{"describe fashion-mnist --rho 10 --data-seed -1", 2, "--data-seed -1"},
		{"describe fashion-mnist --rho 10 --rho-u 0.5", 2, "--rho-u 0.5"},
		{"describe fashion-mnist --rho 10 --n-max 5000", 2, "too few training images"},
		{"describe fashion-mnist --rho 10 --n-max 500 --rho-u 20 --multiple 50", 2, "too few pool images (pool of Fashion-MNIST): class"},
		{"describe fashion-mnist --rho 10 --n-max 500 --rho-u 1 --relevance 3", 2, "relevance = 3 is outside 0..1"},
		{"describe fashion-mnist --rho 10 --n-max 500 --rho-u 1 --multiple -5", 2, "must be above 0"},
		{"describe mnist --rho 10 --n-max 400 --rho-u 1 --relevance 0.5", 2, "too few training images"},
		{"describe mnist --rho 10 --n-max 90000", 2, "n_max"},
		{"describe fashion-mnist --rho inf --n-max 500", 2, "rho"},
		{"show fashion-mnist --out x.png --rho 1e300 --n-max 500", 2, "rho"},
		{"show cifar10 --out x.png", 2, "--data-dir"},
		{"verify cifar10", 2, "--data-dir"},
		{"describe fashion-mnist --rho 10 --amount 0", 2, "--amount 0"},
		{"show fashion-mnist --out x.png --rho 10 --amount 1.5", 2, "--amount 1.5"},
		{"describe svhn --rho 10 --rho-u 1 --pool authors", 2, "the pool of cifar10"},
		{"describe fashion-mnist --rho 10 --imbalance linear", 2, "imbalance"},
		{"describe fashion-mnist --rho 10 --n-max 500 --multiple 2", 2, "give --rho-u as well"},
		{"describe fashion-mnist --rho 10 --n-max 500 --rho-u 10 --relevance 0", 2, "mnist: too few irrelevant images: needs 10200, has 7000; lower the multiple or n_max, or raise the relevance"},
		{"describe fashion-mnist --rho 10 --n-max 500 --rho-u 1 --irrelevant mnist", 2, "--relevance below 1"},
		{"describe fashion-mnist --data-seed 1", 2, "--data-seed selects"},
		{"show fashion-mnist --out x.png --data-seed 1", 2, "--data-seed selects"},
		{"describe fashion-mnist --plot x.svg --positions x.svg", 2, "--positions and --plot are one file"},
		{"describe fashion-mnist --positions -", 2, "--positions -: it is written to a file"},
		{"describe fashion-mnist --plot x.gif", 2, "must end in .png or .svg"},
		{"fetch cifar10", 2, "--data-dir"},
		{"fetch cifar11 --data-dir .", 2, "unknown"},
		{"verify cifar11 --data-dir .", 2, "unknown"},
		{"verify svhn --data-dir . --json", 1, "nothing of it lies in"},
		{"verify cifar10 --data-dir .", 1, "nothing of it lies in"},
		{"where cifar11", 2, "unknown"},
		{"show fashion-mnist --out x.png --per-class 0", 2, "at least 1"},
		{"show fashion-mnist --out x.jpg", 2, "must end in .png"},
	} {
		_, stderr, code := longtail(t, nil, append([]string{"data"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit status %d, %s lacks %q", c.args, code, stderr, c.want)
		}
	}
}

func TestDescribeOfficialCIFAR(t *testing.T) {
	dir := filepath.Dir(testdata.Rebuilt(t, "cifar-10-batches-bin"))
	positions := filepath.Join(t.TempDir(), "kept.txt")
	d := describeSet(t, "cifar10", "--data-dir", dir, "--rho", "100", "--rho-u", "50", "--positions", positions)
	if d.Mark != "" || d.Total != 12406 || !slices.Equal(d.Unlabeled.Wanted, []int{22159, 14346, 9288, 6012, 3893, 2518, 1632, 1053, 682, 442}) || d.TestAll != 10000 {
		t.Errorf("%+v", d)
	}
	golden := testdata.SharedMember(t, "data/longtail-lists.tar.xz", "longtail-lists/ldam_indices/cifar10_exp_0.01_seed0.txt")
	want := string(golden[slices.Index(golden, '\n')+1:])
	if got, err := os.ReadFile(positions); err != nil || string(got) != want {
		t.Errorf("the positions are not the recorded ones (%v)", err)
	}
	if out := prints(t, nil, "data", "verify", "cifar10", "--data-dir", dir); strings.Count(out, ": official") != 6 {
		t.Errorf("verify: %s", out)
	}
}

// never decodes no image.
type never struct{}

func (never) Decode(int, []uint8) error { return errors.New("decoded") }

func TestOwnFolderAndSheet(t *testing.T) {
	dir := t.TempDir()
	for class, c := range map[string]color.RGBA{"ant": {200, 0, 0, 255}, "bee": {0, 200, 0, 255}} {
		for i := range map[string]int{"ant": 6, "bee": 2}[class] {
			writePNG(t, filepath.Join(dir, class, fmt.Sprint(i, ".png")), 10, c)
		}
	}
	d := describeSet(t, "--data", dir, "--side", "8")
	if !slices.Equal(d.Counts, []int{5, 1}) || !slices.Equal(d.Test, []int{1, 1}) || d.Height != 8 || len(d.Notes) == 0 {
		t.Errorf("%+v", d)
	}
	if want := "2 of the 2 test images are training images as well, pixel for pixel"; !slices.Contains(d.Notes, want) {
		t.Errorf("notes %q", d.Notes)
	}
	lazy := &dataset.Set{ID: "photos", Train: dataset.Samples{Labels: []int32{0}, Lazy: never{}}, Test: dataset.Samples{Labels: []int32{0}, Lazy: never{}}}
	unchecked := description{}
	if unchecked.addLeakNote(lazy, []int{0}); !slices.Equal(unchecked.Notes, []string{own.LeakUnchecked}) {
		t.Errorf("images that are not held in memory: notes %q", unchecked.Notes)
	}
	gap := filepath.Join(t.TempDir(), "gap.npz")
	writeArrays(t, gap, make([]byte, 2*8*8*3), 8, 8, []int64{0, 2})
	prints(t, []string{"few (< 20) 3 classes (1 of the few without images)"}, "data", "describe", gap)
	sheet := filepath.Join(t.TempDir(), "sheet.png")
	prints(t, []string{"row 2: bee, 1 images"}, "data", "show", dir, "--side", "8", "--per-class", "5", "--out", sheet)
	f, err := os.Open(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil || m.Bounds().Dx() != 5*9-1 || m.Bounds().Dy() != 2*9-1 {
		t.Fatalf("%v, %v", m.Bounds(), err)
	}
	if r, g, _, _ := m.At(3, 3).RGBA(); r>>8 != 200 || g != 0 {
		t.Error("the first row is not the first class")
	}
	if r, g, _, _ := m.At(3, 12).RGBA(); r != 0 || g>>8 != 200 {
		t.Error("the second row is not the second class")
	}
	if r, g, b, _ := m.At(12, 12).RGBA(); r+g+b != 0 {
		t.Error("what a class lacks is not black")
	}
}

// A folder of official files is one whatever stands before it, and in a command that is
// printed one from everywhere.
func TestDataFolderIsAPath(t *testing.T) {
	folderOf := func(env []string, args ...string) string {
		out, stderr, code := longtail(t, env, append([]string{"data", "where", "svhn", "--json"}, args...)...)
		var got struct {
			Dir string `json:"data_dir"`
		}
		if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil {
			t.Fatal(err, stderr)
		}
		return got.Dir
	}
	if got := folderOf(nil, "--data-dir=~/official"); !filepath.IsAbs(got) || strings.Contains(got, "~") {
		t.Errorf("--data-dir=~/official is %q", got)
	}
	if got := folderOf([]string{"LONGTAIL_DATA=official"}); !filepath.IsAbs(got) || filepath.Base(got) != "official" {
		t.Errorf("LONGTAIL_DATA=official is %q", got)
	}
	if got := folderOf(nil); got != "" {
		t.Errorf("no folder is %q", got)
	}
	archive := filepath.Join(t.TempDir(), "cifar-10-binary.tar.gz")
	if err := os.WriteFile(archive, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"data", "describe", "cifar10"}, {"data", "fetch", "cifar10"}, {"data", "verify", "cifar10"}, {"reproduce", "--profile", "desktop"}} {
		wrongUsage(t, 2, archive+": it is a file; give the folder that it lies in", append(args, "--data-dir", archive)...)
	}
	if stdout, stderr, code := longtail(t, []string{"LONGTAIL_DATA=" + archive}, "doctor"); code != 1 || !strings.Contains(stdout, archive+" is a file") {
		t.Errorf("status %d: %s", code, stderr)
	}
	var c cli
	if _, err := commandLine(t, &c).Parse([]string{"plan", "--profile", "desktop", "--only", "block1", "--data-dir", "official"}); err != nil {
		t.Fatal(err)
	}
	plan, _, err := c.Plan.plan()
	if err != nil {
		t.Fatal(err)
	}
	command := c.Plan.command(plan)
	if _, dir, _ := strings.Cut(command, "--data-dir "); !filepath.IsAbs(strings.Trim(dir, "'")) {
		t.Errorf("%s is not for every folder", command)
	}
	c.Plan.Pool = "mine.pickle" // which is not there
	here, err := filepath.Abs(c.Plan.Pool)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Plan.plan(); err == nil || !strings.Contains(err.Error(), here) {
		t.Errorf("a pool's file is looked for in the folder of today: %v", err)
	}
	for _, name := range []string{"", dataset.PoolHeldOut, dataset.PoolAuthors, "cifar100"} {
		if got := poolPath(name); got != name {
			t.Errorf("the pool %s is %s", name, got)
		}
	}
}

func TestWhere(t *testing.T) {
	prints(t, []string{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "md5:e26dedcc434d2e4c54c9b2d4a06d8373", "fashion-mnist: inside the program", "ti_80M_selected.pickle", "iNaturalist18_train.txt"}, "data", "where")
	out, _, code := longtail(t, nil, "data", "verify", "svhn", "--data-dir", t.TempDir(), "--json")
	var verified struct {
		Official bool
		Files    []struct{ File, Note string }
	}
	if err := json.Unmarshal([]byte(out), &verified); err != nil || code != 1 || verified.Official || len(verified.Files) != 2 || verified.Files[0].Note != "is missing" {
		t.Errorf("%s: status %d, %v", out, code, err)
	}
	if out, stderr, code := longtail(t, nil, "data", "verify", "svhn", "--json"); code != 2 || out != "" || !strings.Contains(stderr, "--data-dir") {
		t.Errorf("without a folder nothing was looked at: status %d, %s%s", code, out, stderr)
	}
	if got := decoded[places](t, "data", "where", "svhn", "--data-dir", t.TempDir()); len(got.Sets["svhn"]) != 3 || got.Sets["svhn"][0].Present {
		t.Errorf("%+v", got)
	}
}
