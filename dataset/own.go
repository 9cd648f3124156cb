package dataset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"longtail/internal/plural"
	"longtail/internal/usage"
)

const (
	ownSide  = 32
	inMemory = 1 << 30 // largest user's set held in memory, in bytes of decoded images
)

// splitRule describes the split of images that come without a test set.
const splitRule = "a fifth of each class, rounded down but at least one image, is the test set, chosen by the SHA-256 of its path; a class of one image has no test image"

// openOwn opens a user's images: a folder, a CSV file of paths and labels, or an .npz
// file, which has no test images. A folder holds class folders, train and test
// folders of class folders, or the lists train.txt and test.txt.
func (f Files) openOwn(name string) (*Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case info.IsDir():
	case ext == ".npz":
		return f.openNPZ(name)
	case ext == ".csv":
		return f.openCSV(name)
	default:
		return nil, fmt.Errorf("%s: a folder of images, a .csv file of path,label or an .npz file is expected", name)
	}
	return withRoot(name, func(root *os.Root) (*Set, error) {
		if regular(filepath.Join(name, "train.txt")) {
			return f.openOwnLists(root)
		}
		return f.openFolders(root)
	})
}

// withRoot opens a set below a folder. open returns a set that keeps the folder's
// handle, or closes it; on an error withRoot does.
func withRoot(folder string, open func(*os.Root) (*Set, error)) (*Set, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	s, err := open(root)
	if err != nil {
		root.Close()
	}
	return s, err
}

// openNPZ returns a set with all images of an .npz file as training images. The
// file's author chose them and has another file for the test.
func (f Files) openNPZ(name string) (*Set, error) {
	all, err := ReadNPZ(name)
	if err != nil {
		return nil, err
	}
	s, err := FromSamples(filepath.Base(name), all, Samples{})
	if err != nil {
		return nil, err
	}
	s.Notes, err = f.checkClasses(name, s.Classes, [3]listed{{labels: all.Labels}}, nil)
	return s, err
}

// splitByClass splits images by splitRule and returns ascending positions.
func splitByClass(labels []int32, keys []string) (train, test []int) {
	byClass := map[int32][]int{}
	for i, y := range labels {
		byClass[y] = append(byClass[y], i)
	}
	isTest := make([]bool, len(labels))
	for _, p := range byClass {
		n := len(p) / 5
		if n == 0 && len(p) > 1 {
			n = 1
		}
		hash := map[int][32]byte{}
		for _, i := range p {
			hash[i] = sha256.Sum256([]byte(keys[i]))
		}
		slices.SortFunc(p, func(a, b int) int {
			x, y := hash[a], hash[b]
			return slices.Compare(x[:], y[:])
		})
		for _, i := range p[:n] {
			isTest[i] = true
		}
	}
	for i, t := range isTest {
		if t {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}

// divide splits images that come without a test set, with a note, unless Whole is
// set.
func (f Files) divide(all listed, lists *[3]listed, notes []string) []string {
	if f.Whole {
		lists[0] = all
		return notes
	}
	train, test := splitByClass(all.labels, all.paths)
	lists[0], lists[1] = all.at(train), all.at(test)
	return append(notes, "split: "+splitRule)
}

// tooFew reports whether there are fewer than two classes to train on, or with
// TestOnly no images.
func (f Files) tooFew(lists [3]listed) bool {
	if f.TestOnly {
		return len(lists[0].labels)+len(lists[1].labels) == 0
	}
	return filled(lists[0].labels) < 2
}

// filled returns the number of classes with images.
func filled(labels []int32) int {
	full := map[int32]bool{}
	for _, y := range labels {
		full[y] = true
	}
	return len(full)
}

// checkClasses returns an error if no classifier can be trained on the images: there
// are too few, or a tested class has no training images. notes name classes without
// images, or without test images.
func (f Files) checkClasses(name string, classes []string, lists [3]listed, skipped []Skipped) (notes []string, err error) {
	if tested := len(lists[1].labels); f.tooFew(lists) && len(lists[0].labels) == 0 && tested > 0 {
		return nil, fmt.Errorf("%s: training images of two or more classes are expected, and all of it (%s) is to test on: let some be training images%s", name, plural.Of(tested, "image"), skippedSuffix(skipped))
	}
	if f.tooFew(lists) {
		return nil, fmt.Errorf("%s: training images of two or more classes are expected, found %s of %d%s", name, plural.Of(len(lists[0].labels), "image"), filled(lists[0].labels), skippedSuffix(skipped))
	}
	n := make([][3]int, len(classes))
	for i, l := range lists {
		for _, y := range l.labels {
			n[y][i]++
		}
	}
	var empty, untested []string
	for c, class := range classes {
		if train, test := n[c][0], n[c][1]; train == 0 && test > 0 && !f.TestOnly {
			return nil, fmt.Errorf("%s: class %q has no training images, but %s: let some be training images, or leave the class out%s", name, class, plural.Of(test, "test image"), skippedSuffix(skipped))
		}
		if n[c] == [3]int{} {
			empty = append(empty, class)
		} else if n[c][0] > 0 && n[c][1] == 0 && len(lists[1].labels) > 0 && !f.Whole {
			untested = append(untested, class)
		}
	}
	const most = 10
	note := func(classes []string, what string) {
		if n := len(classes) - most; n > 0 {
			classes = append(classes[:most], fmt.Sprintf("… and %d more classes", n))
		}
		if len(classes) > 0 {
			notes = append(notes, strings.Join(classes, ", ")+": "+what)
		}
	}
	note(empty, "no images")
	note(untested, "no test images")
	return notes, nil
}

func (l listed) at(positions []int) listed {
	out := listed{from: l.from}
	for _, p := range positions {
		if l.from != nil {
			out.places = append(out.places, l.places[p])
		}
		out.paths = append(out.paths, l.paths[p])
		out.labels = append(out.labels, l.labels[p])
	}
	return out
}

// openOwnLists opens a folder with train.txt, test.txt and optionally val.txt.
func (f Files) openOwnLists(root *os.Root) (*Set, error) {
	var lists [3]listed
	files := [...]string{"train.txt", "test.txt", "val.txt"}
	for i, name := range files {
		b, err := root.ReadFile(name)
		if i == 2 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: a folder with train.txt needs %s: %w", root.Name(), name, err)
		}
		if lists[i].paths, lists[i].labels, err = readImageList(b, filepath.Join(root.Name(), name), 0); err != nil {
			return nil, err
		}
	}
	where := map[string]string{}
	for i, name := range files {
		for _, p := range lists[i].paths {
			p = path.Clean(p)
			if other := where[p]; other != "" {
				return nil, fmt.Errorf("%s: %.200q stands in %s as well: an image belongs into one list, once", filepath.Join(root.Name(), name), p, other)
			}
			where[p] = name
		}
	}
	classes := 0
	for _, l := range lists {
		for _, y := range l.labels {
			classes = max(classes, int(y)+1)
		}
	}
	names := classNames(lists[0], classes)
	var notes []string
	skipped, err := f.readable(root, &lists, &notes)
	if err != nil {
		return nil, err
	}
	empty, err := f.checkClasses(root.Name(), names, lists, skipped)
	if err != nil {
		return nil, err
	}
	s, err := f.ownSet(root, filepath.Base(root.Name()), names, lists, append(notes, empty...), skipped)
	if err == nil {
		s.Numbered = true
	}
	return s, err
}

// side returns the side of a user's images in pixels.
func (f Files) side() (int, error) {
	if f.Side == 0 {
		return ownSide, nil
	}
	if f.Side < 4 || f.Side > 4096 {
		return 0, usage.Errorf("--side %d: images are resized to 4 to 4096 pixels", f.Side)
	}
	return f.Side, nil
}

// remedy ends the error for a user's image that cannot be read.
const remedy = "; repair it or take it away, or --skip-broken leaves out all images that cannot be read"

// readable removes the images that cannot be read from lists and returns them. The
// decoder that has read the others stays in use, so that a cache serves both passes.
// Without SkipBroken it does nothing, and reading such an image later is an error.
func (f Files) readable(root *os.Root, lists *[3]listed, notes *[]string) (skipped []Skipped, err error) {
	if !f.SkipBroken {
		return nil, nil
	}
	side, err := f.side()
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, short: side, side: side, exif: true, remedy: remedy}
	for _, l := range lists {
		t.paths = append(t.paths, l.paths...)
	}
	digest, changed := "", []byte(nil)
	if f.Cache != "" {
		digest, changed, _ = t.digest(true, *lists, [3]bool{})
	}
	from, err := f.withCache(t, filepath.Base(root.Name()), digest, "all", changed, notes)
	if err != nil {
		return nil, err
	}
	reasons := make([]error, len(t.paths))
	try := decodeMissing(from, Channels*side*side)
	if err := f.readAll(len(reasons), func(i int) error {
		reasons[i] = errors.Unwrap(try(i)) // without the file and the remedy
		return nil
	}); err != nil {
		return nil, err
	}
	at := 0
	for k := range lists {
		l := &lists[k]
		var kept, places []int
		for i := range l.paths {
			if reason := reasons[at]; reason == nil {
				kept, places = append(kept, i), append(places, at)
			} else {
				skipped = append(skipped, Skipped{l.paths[i], reason.Error()})
			}
			at++
		}
		*l = l.at(kept)
		l.from, l.places = from, places
	}
	return skipped, nil
}

// decodeMissing returns a function that decodes image i and discards its pixels,
// unless a cache holds it. size is the bytes of an image.
func decodeMissing(from Decoder, size int) func(i int) error {
	buffers := sync.Pool{New: func() any { return new(make([]uint8, size)) }}
	return func(i int) error {
		if c, is := from.(*imageCache); is && c.holds(i) {
			return nil
		}
		b := buffers.Get().(*[]uint8)
		defer buffers.Put(b)
		return from.Decode(i, *b)
	}
}

// skipNote returns a note on the images that were left out and why, at most ten.
func skipNote(skipped []Skipped) string {
	const most = 10
	var names []string
	for _, s := range skipped[:min(most, len(skipped))] {
		names = append(names, fmt.Sprintf("%s (%s)", s.Image, s.Reason))
	}
	if n := len(skipped) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("… and %d more", n))
	}
	return fmt.Sprintf("left out (--skip-broken): %s that cannot be read: %s", plural.Of(len(skipped), "image"), strings.Join(names, ", "))
}

// skippedSuffix returns the end of an error for a set that may be empty because
// images were left out.
func skippedSuffix(skipped []Skipped) string {
	if len(skipped) == 0 {
		return ""
	}
	return "; " + skipNote(skipped)
}

// ownSet returns a set of a user's lists. It holds a small one in memory.
func (f Files) ownSet(root *os.Root, id string, classes []string, lists [3]listed, notes []string, skipped []Skipped) (*Set, error) {
	side, err := f.side()
	if err != nil {
		return nil, err
	}
	if Named(id) {
		id = "own " + id // facts about that set do not hold for this one
	}
	if len(skipped) > 0 {
		notes = append(notes, skipNote(skipped))
	}
	if f.Whole {
		var all listed
		for _, l := range lists {
			all.paths, all.labels, all.places = append(all.paths, l.paths...), append(all.labels, l.labels...), append(all.places, l.places...)
			all.from = l.from // the same for all lists
		}
		lists = [3]listed{all}
	}
	total := 0
	for _, l := range lists {
		total += len(l.paths)
	}
	keep := int64(total)*int64(Channels*side*side) <= inMemory
	s, err := f.setOfLists(Set{ID: id, Name: id, Classes: classes, Notes: notes, Skipped: skipped, Mean: netMean, Std: netStd}, root, lists, side, side, remedy, !keep || f.Cache != "")
	if err != nil {
		return nil, err
	}
	if !keep {
		return s, f.ready(s)
	}
	defer root.Close()
	if err := f.load(s); err != nil {
		return nil, err
	}
	if s.Train.Len() > 0 {
		s.Mean, s.Std = s.Train.meanStd()
	}
	s.Digest = s.digest()
	s.Declared = s.Digest
	return s, nil
}
