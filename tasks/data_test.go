package tasks

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/results"
)

// Unlabeled images that are not the official ones leave their mark and digest, and
// make a number one that is no evidence about the paper's.
func TestUnverifiedUnlabeledImages(t *testing.T) {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	images := bytes.Repeat([]byte{7}, 40*28*28)
	for name, content := range map[string]struct {
		size []int
		data []byte
	}{
		"train-images-idx3-ubyte": {[]int{40, 28, 28}, images}, "train-labels-idx1-ubyte": {[]int{40}, make([]byte, 40)},
		"t10k-images-idx3-ubyte": {[]int{40, 28, 28}, images}, "t10k-labels-idx1-ubyte": {[]int{40}, make([]byte, 40)},
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := dataset.WriteIDX(f, content.size, content.data); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	for _, c := range []struct {
		irrelevant, mark string
		grade            results.Grade
	}{
		{"mnist", "irrelevant", results.GradeSimilar},
		{"mnist-full", "irrelevant, unverified", results.GradeStandIn},
	} {
		r := &run{s: results.Settings{Irrelevant: c.irrelevant, Pool: "held-out"}, result: &results.Result{Grade: results.GradeSimilar, Settings: results.Settings{Pool: "held-out"}}}
		r.o.Files = dataset.Files{Dir: dir, AllowUnverified: true}
		p, err := r.openIrrelevant(set)
		if err != nil {
			t.Fatal(err)
		}
		got := r.result
		if got.IrrelevantMark != c.mark || got.Grade != c.grade || got.IrrelevantDigest != p.Digest || len(p.Digest) != 64 || got.IrrelevantName != p.Name {
			t.Errorf("%s: mark %q, grade %s, %s %s", c.irrelevant, got.IrrelevantMark, got.Grade, got.IrrelevantName, got.IrrelevantDigest)
		}
		if official := got.PoolID() == "held-out"; official != (c.irrelevant == "mnist") {
			t.Errorf("%s: pool %q", c.irrelevant, got.PoolID())
		}
	}

	sub, err := dataset.LongTail{Rho: 10, NMax: 100}.Select(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pool, mark string
		grade      results.Grade
	}{
		{"fashion-mnist", "own", results.GradeSimilar},
		{"fashion-mnist-full", "another set, unverified", results.GradeStandIn},
	} {
		r := &run{s: results.Settings{Pool: c.pool}, result: &results.Result{Grade: results.GradeSimilar}}
		r.o.Files = dataset.Files{Dir: dir, AllowUnverified: true}
		if _, err := r.openPool(sub); err != nil {
			t.Fatal(err)
		}
		if got := r.result; got.PoolMark != c.mark || got.Grade != c.grade || len(got.PoolDigest) != 64 {
			t.Errorf("pool %s: mark %q, grade %s, digest %q", c.pool, got.PoolMark, got.Grade, got.PoolDigest)
		}
	}
}

// What package dataset marks, results read back.
func TestMarksAreReadBack(t *testing.T) {
	about, err := dataset.Describe("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	for mark, want := range map[string][2]bool{about.Mark: {true, false}, dataset.Unverified: {false, true}, "": {}} {
		r := results.Result{DataMark: mark, PoolMark: mark}
		if got := [2]bool{r.StandIn(), r.Unverified()}; got != want || (r.UnverifiedUnlabeled() != nil) != want[1] {
			t.Errorf("%q: stand-in and unverified %v, %q", mark, got, r.UnverifiedUnlabeled())
		}
	}
	if g := (results.Cell{Grade: results.GradePaper}).GradeOf(&results.Result{DataMark: about.Mark}); g != results.GradeStandIn {
		t.Errorf("%q has grade %s", about.Mark, g)
	}
	if r := (&results.Result{Settings: results.Settings{Pool: "p"}, PoolDigest: "d", PoolMark: dataset.Unverified}); r.PoolID() == "p" {
		t.Errorf("a pool of mark %q is taken for verified", r.PoolMark)
	}
}

// Pseudo-labels are of the images that are there now: as many others are not those.
func TestPseudoLabelsOfOtherIrrelevantImages(t *testing.T) {
	store := results.Store(t.TempDir())
	for task, digest := range map[string]string{"new": "a", "old": ""} { // earlier versions stored none
		labeler := results.Result{Task: task, PoolDigest: "p", IrrelevantDigest: digest, Pool: &results.PoolLabels{Labels: []byte{0}, Irrelevant: []byte{1}}}
		if err := results.Write(store.Path(task, results.FileResult), labeler); err != nil {
			t.Fatal(err)
		}
	}
	one := dataset.Samples{Labels: []int32{0}}
	for _, c := range []struct {
		task, digest string
		fits         bool
	}{{"new", "a", true}, {"new", "b", false}, {"old", "b", true}} {
		r := &run{store: store, s: results.Settings{Labels: c.task}, result: &results.Result{PoolDigest: "p"}}
		_, _, err := r.pseudoLabels(one, &dataset.Pool{Samples: one, Digest: c.digest})
		if (err == nil) != c.fits || !c.fits && !strings.Contains(err.Error(), "other irrelevant images") {
			t.Errorf("labels of %s for images %s: %v", c.task, c.digest, err)
		}
	}
}

// A pool that is too small is named: it may be a user's.
func TestTooSmallPoolIsNamed(t *testing.T) {
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := dataset.LongTail{Rho: 10, NMax: 500}.Select(set)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{s: results.Settings{Multiple: 50, RhoU: 10}, result: &results.Result{PoolName: "mine"}}
	if _, err := r.draw(sub, set.Pool, nil); err == nil || !strings.Contains(err.Error(), "too few pool images (mine): ") {
		t.Error(err)
	}
}

// Of the pool a task keeps the images that it draws and no other: SVHN's extra images
// are 1.6 GB. They are those at their positions, in their order, with their labels.
func TestTasksKeepOnlyWhatIsDrawn(t *testing.T) {
	for _, ssl := range []string{"", results.SSLMeanTeacher} {
		s := small(results.Settings{Kind: results.KindTrain, Pool: "fashion-mnist", Multiple: 1, RhoU: 2, SSL: ssl, Irrelevant: "mnist", IrrelevantPct: 40})
		if ssl == "" {
			s.PoolLabels, s.Irrelevant, s.IrrelevantPct = "true", "", 0
		}
		r := &run{s: s, result: &results.Result{}}
		set, sub, err := r.openSet()
		if err != nil {
			t.Fatal(err)
		}
		pool, err := r.openPool(sub)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.trainingList(set, sub)
		if err != nil {
			t.Fatal(err)
		}
		d, want := r.drawn, drawnOf(t, s)
		if n := len(want.Positions); n == 0 || d.images.Len() != n || cap(d.images.Pixels) > 2*n*28*28 {
			t.Fatalf("SSL %q: of %d images drawn from %d, %d and %d bytes are held", ssl, n, pool.Len(), d.images.Len(), cap(d.images.Pixels))
		}
		if ssl != "" && r.unlabeled.Len() != len(want.Positions)+len(want.Irrelevant) {
			t.Errorf("SSL %q: other images than are drawn are trained on", ssl)
		}
		for i, p := range want.Positions {
			if !bytes.Equal(d.images.Image(i), pool.Image(p)) || d.images.Labels[i] != pool.Labels[p] {
				t.Errorf("SSL %q: image %d is not that at %d of the pool", ssl, i, p)
			}
		}
		if trained := list.List.Len() - len(sub.Positions); ssl == "" && trained != d.images.Len() {
			t.Errorf("%d images of D_U are trained on, %d drawn", trained, d.images.Len())
		}
	}
}

// Results hold classes as bytes: a set with more than those is refused before anything is
// trained.
func TestClassesThatNoByteHolds(t *testing.T) {
	for classes, want := range map[int]string{maxClasses: "", maxClasses + 1: "257 classes"} {
		dir := t.TempDir()
		for c := range classes {
			path := filepath.Join(dir, fmt.Sprintf("%03d", c), "a.png")
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			image := image.NewGray(image.Rect(0, 0, 8, 8))
			image.Pix[0], image.Pix[1] = byte(c), byte(c>>8)
			if err := png.Encode(f, image); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		r := &run{s: results.Settings{Data: dir, Rho: 1, NMax: 1}, result: &results.Result{}}
		if _, _, err := r.openSet(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d classes: %v", classes, err)
		}
	}
}
