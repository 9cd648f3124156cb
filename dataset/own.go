package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	ownSide  = 32
	inMemory = 1 << 30 // bytes of decoded images up to which a user's set is held in memory
)

// splitRule is how images that come without a test set are divided.
const splitRule = "a fifth of each class, rounded down but at least one image, is the test set, chosen by the SHA-256 of its path; a class of one image has no test image"

// openOwn opens a user's images: a folder of class folders (or of train and
// test folders of class folders, or with the lists train.txt and test.txt), a
// CSV file of paths and labels, or an .npz file, which has no test images.
func (f Files) openOwn(name string) (*Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case info.IsDir():
	case ext == ".npz":
		return openNPZ(name)
	case ext == ".csv":
		return f.openCSV(name)
	default:
		return nil, fmt.Errorf("dataset: %s: a folder of images, a .csv file of path,label or an .npz file is expected", name)
	}
	return withRoot(name, func(root *os.Root) (*Set, error) {
		if regular(filepath.Join(name, "train.txt")) {
			return f.openOwnLists(root)
		}
		return f.openFolders(root)
	})
}

// withRoot opens a set below a folder, whose handle the set keeps if it needs it.
func withRoot(folder string, open func(*os.Root) (*Set, error)) (*Set, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	s, err := open(root)
	if err != nil {
		root.Close()
	}
	return s, err
}

// openNPZ takes all images of an .npz file as training images: whoever made
// the file had the say over what is in it, and has a second file for the test.
func openNPZ(name string) (*Set, error) {
	all, err := ReadNPZ(name)
	if err != nil {
		return nil, err
	}
	return FromSamples(filepath.Base(name), all, Samples{})
}

// splitByClass divides images by splitRule and returns ascending positions.
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

// divide splits images that come without a test set, and notes it, unless they
// are to stay one list.
func (f Files) divide(all listed, lists *[3]listed, notes []string) []string {
	if f.Whole {
		lists[0] = all
		return notes
	}
	train, test := splitByClass(all.labels, all.paths)
	lists[0], lists[1] = all.at(train), all.at(test)
	return append(notes, "split: "+splitRule)
}

// tooFew reports whether images serve neither to train nor, where that is all
// that is asked, to test.
func (f Files) tooFew(classes []string, lists [3]listed) bool {
	if f.TestOnly {
		return len(lists[0].paths)+len(lists[1].paths) == 0
	}
	return len(classes) < 2 || len(lists[0].paths) == 0
}

func (l listed) at(positions []int) listed {
	var out listed
	for _, p := range positions {
		out.paths = append(out.paths, l.paths[p])
		out.labels = append(out.labels, l.labels[p])
	}
	return out
}

// openFolders opens class folders, below train and test or not.
func (f Files) openFolders(root *os.Root) (*Set, error) {
	var notes []string
	dirs, err := subfolders(root, ".", &notes)
	if err != nil {
		return nil, err
	}
	trainDir, testDir := called(dirs, trainWords), called(dirs, testWords)
	var names []string
	var lists [3]listed
	var skipped []Skipped
	switch {
	case trainDir != "" && testDir != "":
		note := testDir + "/ is the test set"
		if rest := slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return d == trainDir || d == testDir }); len(rest) > 0 {
			note += fmt.Sprintf("; beside it and %s/, %.200q are not looked at", trainDir, rest)
		}
		notes = append(notes, note)
		for i, dir := range []string{trainDir, testDir} {
			classes, err := subfolders(root, dir, &notes)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				names = classes
			}
			for _, c := range classes {
				y := slices.Index(names, c)
				if y < 0 {
					return nil, fmt.Errorf("dataset: %s: class %q of %s has no training images", root.Name(), c, dir)
				}
				if err := addImages(root, path.Join(dir, c), y, &lists[i], &notes); err != nil {
					return nil, err
				}
			}
			if lists[i], err = f.readable(root, lists[i], &skipped); err != nil {
				return nil, err
			}
		}
	case len(dirs) > 0 && !slices.ContainsFunc(dirs, func(d string) bool {
		return called([]string{d}, slices.Concat(trainWords, testWords)) == ""
	}):
		return nil, fmt.Errorf("dataset: %s: its folders %q are called like parts of a division, not like classes: train/ and test/ of class folders are expected, or one of them as the folder itself", root.Name(), dirs)
	default:
		names = dirs
		var all listed
		for y, name := range names {
			if err := addImages(root, name, y, &all, &notes); err != nil {
				return nil, err
			}
		}
		if all, err = f.readable(root, all, &skipped); err != nil {
			return nil, err
		}
		notes = f.divide(all, &lists, notes)
	}
	if f.tooFew(names, lists) {
		return nil, fmt.Errorf("dataset: %s: two or more class folders with images (JPEG, PNG, GIF) are expected, or train/ and test/ of them, or train.txt and test.txt; found the folders %.200q, with %d images to train on%s%s", root.Name(), dirs, len(lists[0].paths), without(skipped), notSeen(notes))
	}
	return f.ownSet(root, filepath.Base(root.Name()), names, lists, notes, skipped)
}

// What the parts of a divided folder are called, in any case; the first that is
// there is the test set.
var (
	trainWords = []string{"train", "training"}
	testWords  = []string{"test", "testing", "val", "valid", "validation", "dev"}
)

// called is the folder with the first of the names; "": there is none.
func called(dirs, words []string) string {
	for _, w := range words {
		for _, d := range dirs {
			if strings.EqualFold(d, w) {
				return d
			}
		}
	}
	return ""
}

// subfolders are the folders in dir, which stand for classes. Images that lie
// beside them, and links, which are not followed, are told.
func subfolders(root *os.Root, dir string, notes *[]string) (dirs []string, err error) {
	all, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	links, loose, where := 0, 0, dir
	if dir == "." {
		where = "beside the class folders"
	}
	for _, d := range all {
		switch {
		case strings.HasPrefix(d.Name(), "."):
		case d.IsDir():
			dirs = append(dirs, d.Name())
		case d.Type()&fs.ModeSymlink != 0:
			links++
		case isImage(d.Name()):
			loose++
		}
	}
	if links > 0 {
		*notes = append(*notes, fmt.Sprintf("%s: %d symbolic links %s: put the folders themselves there", where, links, notFollowed))
	}
	if loose > 0 {
		*notes = append(*notes, fmt.Sprintf("%s: %d images %s", where, loose, passedOver))
	}
	return dirs, nil
}

const (
	notFollowed = "are not followed"
	passedOver  = "that lie in no class folder were passed over"
)

// notSeen ends an error of a set that may be empty because of how it lies.
func notSeen(notes []string) (text string) {
	for _, n := range notes {
		if strings.Contains(n, notFollowed) || strings.Contains(n, passedOver) {
			text += "; " + n
		}
	}
	return text
}

// isImage tells by its name a file that is read as an image.
func isImage(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".gif"}, strings.ToLower(path.Ext(name)))
}

// addImages appends the images below a folder, in the order of their paths.
// Hidden files and folders are passed over.
func addImages(root *os.Root, dir string, class int, to *listed, notes *[]string) error {
	other, before := 0, len(to.paths)
	err := fs.WalkDir(root.FS(), dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("dataset: %w", err)
		}
		if d.IsDir() && p != dir && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		switch {
		case isImage(p):
			to.paths = append(to.paths, p)
			to.labels = append(to.labels, int32(class))
		default:
			other++
		}
		return nil
	})
	if other > 0 {
		*notes = append(*notes, fmt.Sprintf("%s: %d files that are no JPEG, PNG or GIF were passed over", dir, other))
	}
	if len(to.paths) == before {
		*notes = append(*notes, fmt.Sprintf("%s: no images", dir))
	}
	return err
}

// openOwnLists opens a folder with train.txt, test.txt and perhaps val.txt.
func (f Files) openOwnLists(root *os.Root) (*Set, error) {
	var lists [3]listed
	var skipped []Skipped
	for i, name := range []string{"train.txt", "test.txt", "val.txt"} {
		b, err := root.ReadFile(name)
		if i == 2 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("dataset: %s: a folder with train.txt needs %s: %w", root.Name(), name, err)
		}
		if lists[i].paths, lists[i].labels, err = ReadImageList(b, filepath.Join(root.Name(), name), 0); err != nil {
			return nil, err
		}
	}
	classes := 0
	for _, l := range lists {
		for _, y := range l.labels {
			classes = max(classes, int(y)+1)
		}
	}
	names := classNames(lists[0], classes)
	for i := range lists {
		var err error
		if lists[i], err = f.readable(root, lists[i], &skipped); err != nil {
			return nil, err
		}
	}
	s, err := f.ownSet(root, filepath.Base(root.Name()), names, lists, nil, skipped)
	if err == nil {
		s.Numbered = true
	}
	return s, err
}

// openCSV reads path,label or path,label,split ("train" or "test") with paths
// relative to the file's folder.
func (f Files) openCSV(name string) (*Set, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	lines, notes, err := csvLines(b, name, besideFile(name))
	if err != nil {
		return nil, err
	}
	rows, err := csvRows(lines, name)
	if err != nil {
		return nil, err
	}
	names, ids := classesOf(rows)
	var lists [3]listed
	for _, r := range rows {
		i := 0
		if r.test {
			i = 1
		}
		lists[i].paths = append(lists[i].paths, r.path)
		lists[i].labels = append(lists[i].labels, ids[r.label])
	}
	return withRoot(filepath.Dir(name), func(root *os.Root) (*Set, error) {
		for _, r := range rows {
			if err := f.listed(r.path, name, r.line); err != nil {
				return nil, err
			}
		}
		var skipped []Skipped
		for i := range lists {
			if lists[i], err = f.readable(root, lists[i], &skipped); err != nil {
				return nil, err
			}
		}
		if !rows[0].divided {
			notes = f.divide(lists[0], &lists, notes)
		}
		if f.tooFew(names, lists) {
			return nil, fmt.Errorf("dataset: %s: training images of two or more classes are expected, found %d classes and %d images%s", name, len(names), len(lists[0].paths), without(skipped))
		}
		return f.ownSet(root, bare(name), names, lists, notes, skipped)
	})
}

// bare is a file's name without folder and extension.
func bare(name string) string {
	return strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
}

type csvLine struct {
	fields []string
	line   int
}

// csvLines reads a CSV file, without the mark that Excel puts before it and
// without a heading. A first line is one if it says so, or if it can be nothing
// else: no image's name, no file that is there, no label of another line; that is
// noted.
func csvLines(b []byte, name string, there func(path string) bool) (lines []csvLine, notes []string, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("dataset: %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		lines = append(lines, csvLine{fields, line})
	}
	if len(lines) == 0 {
		return nil, nil, nil
	}
	first := lines[0].fields
	switch {
	case namesPaths(first[0]):
		return lines[1:], nil, nil
	case first[0] == "" || isImage(first[0]) || there(first[0]):
		return lines, nil, nil
	}
	for _, l := range lines[1:] {
		if len(first) > 1 && len(l.fields) > 1 && strings.TrimSpace(l.fields[1]) == strings.TrimSpace(first[1]) {
			return lines, nil, nil
		}
	}
	return lines[1:], []string{fmt.Sprintf("%s: line %d, %.80q, is taken as the heading: there is no such file", name, lines[0].line, strings.Join(first, ","))}, nil
}

// besideFile tells what is there below a CSV file's folder.
func besideFile(name string) func(path string) bool {
	return func(p string) bool {
		p = filepath.FromSlash(p)
		_, err := os.Stat(filepath.Join(filepath.Dir(name), p))
		return !filepath.IsLocal(p) || err == nil
	}
}

// listed is an error for a path of a CSV file where nothing is, unless such are
// left out.
func (f Files) listed(p, name string, line int) error {
	if f.SkipBroken || besideFile(name)(p) {
		return nil
	}
	return fmt.Errorf("dataset: %s: line %d: there is no file %s: paths are relative to the folder of the list; --skip-broken leaves out what cannot be read", name, line, filepath.Join(filepath.Dir(name), filepath.FromSlash(p)))
}

type csvRow struct {
	path, label   string
	line          int
	divided, test bool
}

// csvRows reads lines of path,label or path,label,split.
func csvRows(lines []csvLine, name string) (rows []csvRow, err error) {
	seen := map[string]int{}
	for _, l := range lines {
		record, line := l.fields, l.line
		if len(record) < 2 || len(record) > 3 {
			return nil, fmt.Errorf("dataset: %s: line %d has %d fields: path,label or path,label,split is expected", name, line, len(record))
		}
		row := csvRow{label: strings.TrimSpace(record[1]), line: line}
		if row.path, err = localPath(record[0], name, line); err != nil {
			return nil, err
		}
		if err := once(seen, row.path, name, line); err != nil {
			return nil, err
		}
		if row.label == "" {
			return nil, fmt.Errorf("dataset: %s: line %d: the label is empty", name, line)
		}
		if len(record) == 3 {
			row.divided = true
			switch strings.ToLower(strings.TrimSpace(record[2])) {
			case "train":
			case "test":
				row.test = true
			default:
				return nil, fmt.Errorf("dataset: %s: line %d: the split %.40q is neither train nor test", name, line, record[2])
			}
		}
		if len(rows) > 0 && rows[0].divided != row.divided {
			return nil, fmt.Errorf("dataset: %s: line %d: either every line has a split or none", name, line)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("dataset: %s: no line of path,label", name)
	}
	return rows, nil
}

// namesPaths reports whether the first field of a CSV file's first line is a
// heading.
func namesPaths(field string) bool {
	return slices.Contains([]string{"path", "file", "filename", "image"}, strings.ToLower(field))
}

// localPath is the path in a line of a CSV file, with slashes.
func localPath(field, name string, line int) (string, error) {
	p := filepath.ToSlash(field)
	if !filepath.IsLocal(filepath.FromSlash(p)) {
		return "", fmt.Errorf("dataset: %s: line %d: the path %.80q leaves the folder of the file: paths are relative to it and stay below it", name, line, field)
	}
	return p, nil
}

// once is an error for a path that stood in an earlier line: an image would be
// in training and test, or have two labels.
func once(seen map[string]int, p, name string, line int) error {
	p = path.Clean(p)
	if before, twice := seen[p]; twice {
		return fmt.Errorf("dataset: %s: line %d: %.80q stands in line %d already: an image stands once, with one label", name, line, p, before)
	}
	seen[p] = line
	return nil
}

// classesOf numbers labels: whole numbers below the number of rows stand for
// themselves, other labels are sorted.
func classesOf(rows []csvRow) ([]string, map[string]int32) {
	ids, top, whole := map[string]int32{}, -1, true
	for _, r := range rows {
		v, err := strconv.Atoi(r.label)
		whole = whole && err == nil && v >= 0 && v < len(rows) && strconv.Itoa(v) == r.label
		top = max(top, v)
		ids[r.label] = int32(v)
	}
	var names []string
	if whole {
		for c := range top + 1 {
			names = append(names, strconv.Itoa(c))
		}
		return names, ids
	}
	names = sortedKeys(ids)
	for i, n := range names {
		ids[n] = int32(i)
	}
	return names, ids
}

// side is that of the user's images.
func (f Files) side() (int, error) {
	if f.Side == 0 {
		return ownSide, nil
	}
	if f.Side < 4 || f.Side > 4096 {
		return 0, fmt.Errorf("dataset: images of side %d cannot be made: from 4 to 4096", f.Side)
	}
	return f.Side, nil
}

// readable returns the images of a list that can be read, and adds the others to
// skipped. Without SkipBroken the list stays as it is: reading one of them will
// be an error.
func (f Files) readable(root *os.Root, l listed, skipped *[]Skipped) (listed, error) {
	if !f.SkipBroken {
		return l, nil
	}
	side, err := f.side()
	if err != nil {
		return l, err
	}
	from := &tree{root: root, paths: l.paths, short: side, side: side, exif: true}
	reasons := make([]error, len(l.paths))
	const run = 16
	err = parallel(context.Background(), (len(l.paths)+run-1)/run, 1, func(k int) error {
		pixels := make([]uint8, Channels*side*side)
		for i := k * run; i < min((k+1)*run, len(l.paths)); i++ {
			reasons[i] = from.read(i, pixels)
		}
		return nil
	})
	var kept []int
	for i, reason := range reasons {
		if reason == nil {
			kept = append(kept, i)
		} else {
			*skipped = append(*skipped, Skipped{l.paths[i], reason.Error()})
		}
	}
	return l.at(kept), err
}

// skipNote says which images were left out, shortened.
func skipNote(skipped []Skipped) string {
	const most = 20
	var names []string
	for _, s := range skipped[:min(most, len(skipped))] {
		names = append(names, s.Image)
	}
	if n := len(skipped) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("… and %d more", n))
	}
	return fmt.Sprintf("%d images that cannot be read were left out (--skip-broken): %s", len(skipped), strings.Join(names, ", "))
}

// without ends an error of a set that may be empty because of what was left out.
func without(skipped []Skipped) string {
	if len(skipped) == 0 {
		return ""
	}
	return "; " + skipNote(skipped)
}

// ownSet makes a set of a user's lists, in memory where it is small.
func (f Files) ownSet(root *os.Root, id string, classes []string, lists [3]listed, notes []string, skipped []Skipped) (*Set, error) {
	side, err := f.side()
	if err != nil {
		return nil, err
	}
	if len(skipped) > 0 {
		notes = append(notes, skipNote(skipped))
	}
	if f.Whole {
		var all listed
		for _, l := range lists {
			all.paths, all.labels = append(all.paths, l.paths...), append(all.labels, l.labels...)
		}
		lists = [3]listed{all}
	}
	total := 0
	for _, l := range lists {
		total += len(l.paths)
	}
	keep := int64(total)*int64(Channels*side*side) <= inMemory
	lazy := f
	if keep {
		lazy.Cache = ""
	}
	const remedy = "; repair it or take it away, or --skip-broken leaves out all images that cannot be read"
	s, err := lazy.setOfLists(Set{ID: id, Name: id, Classes: classes, Notes: notes, Skipped: skipped, Mean: netMean, Std: netStd}, root, lists, side, side, remedy)
	if err != nil {
		return nil, err
	}
	if !keep {
		return s, nil
	}
	defer root.Close()
	for _, p := range []*Samples{&s.Train, &s.Test, &s.Val} {
		if *p, err = p.load(context.Background()); err != nil {
			return nil, err
		}
	}
	if s.Train.Len() > 0 {
		s.Mean, s.Std = s.Train.MeanStd()
	}
	s.Digest = s.digest()
	s.Declared = s.Digest
	return s, nil
}
