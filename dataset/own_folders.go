package dataset

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"longtail/internal/plural"

	"golang.org/x/text/unicode/norm"
)

// openFolders opens class folders, below train and test or not.
func (f Files) openFolders(root *os.Root) (*Set, error) {
	var notes, ofClasses []string
	dirs, err := subfolders(root, ".", &notes)
	if err != nil {
		return nil, err
	}
	trainDir, testDir := called(dirs, trainWords), called(dirs, testWords)
	var parts []string
	for _, d := range dirs {
		if called([]string{d}, slices.Concat(trainWords, testWords, restWords)) != "" {
			parts = append(parts, d)
		}
	}
	var names []string
	var lists [3]listed
	var skipped []Skipped
	switch {
	case trainDir != "" && testDir != "":
		note := testDir + "/ is the test set"
		if rest := slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return d == trainDir || d == testDir }); len(rest) > 0 {
			note += fmt.Sprintf("; beside it and %s/, %s are not looked at", trainDir, plural.Names(rest))
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
				if y < 0 && f.TestOnly {
					y, names = len(names), append(names, c)
				}
				if y < 0 {
					return nil, fmt.Errorf("%s: class %q of %s has no training images%s", root.Name(), c, dir, Accents(c, names))
				}
				if err := addImages(root, path.Join(dir, c), y, &lists[i], &ofClasses); err != nil {
					return nil, err
				}
			}
		}
		if skipped, err = f.readable(root, &lists, &notes); err != nil {
			return nil, err
		}
	case len(dirs) > 0 && len(parts) == len(dirs):
		return nil, fmt.Errorf("%s: its folders %q are called like parts of a division, not like classes: train/ and test/ of class folders are expected, or one of them as the folder itself", root.Name(), dirs)
	default:
		if len(parts) > 0 {
			notes = append(notes, plural.Names(parts)+" are taken as classes: a division has train/ and test/")
		}
		names = dirs
		for y, name := range names {
			if err := addImages(root, name, y, &lists[0], &ofClasses); err != nil {
				return nil, err
			}
		}
		if skipped, err = f.readable(root, &lists, &notes); err != nil {
			return nil, err
		}
		notes = f.divide(lists[0], &lists, notes)
	}
	const most = 10
	if n := len(ofClasses) - most; n > 0 {
		ofClasses = append(ofClasses[:most], fmt.Sprintf("… and %d more notes on class folders", n))
	}
	notes = append(notes, ofClasses...)
	if f.tooFew(lists) {
		return nil, fmt.Errorf("%s: two or more class folders with images (JPEG, PNG, GIF) are expected, or train/ and test/ of them, or train.txt and test.txt; found the folders %s, with %d images to train on%s%s", root.Name(), plural.Names(dirs), len(lists[0].paths), without(skipped), notSeen(notes))
	}
	empty, err := f.learnable(root.Name(), names, lists, skipped)
	if err != nil {
		return nil, err
	}
	return f.ownSet(root, filepath.Base(root.Name()), names, lists, append(notes, empty...), skipped)
}

// Accents ends the error of a name that is not among others: one of them may look the
// same, with its accents as characters of their own where the name has letters with
// accents, or the other way round.
func Accents(name string, among []string) string {
	for _, other := range among {
		if other != name && norm.NFC.String(other) == norm.NFC.String(name) {
			return fmt.Sprintf("; %+q and %+q are two names that may look the same: one has its accents as characters of their own, as macOS writes them; write both in one way", name, other)
		}
	}
	return ""
}

// What the parts of a divided folder are called, in any case; the first that is
// there is the test set.
var (
	trainWords = []string{"train", "training"}
	testWords  = []string{"test", "testing", "val", "valid", "validation", "dev"}
	restWords  = []string{"unlabeled", "unlabelled", "extra"} // never classes beside the others
)

// AmongClasses reports whether what is written at a path is taken, from then on, for
// one of the class folders of the user's images in a folder, or lies in one.
func AmongClasses(folder, at string) bool {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return false
	}
	defer root.Close()
	dirs, err := subfolders(root, ".", new([]string))
	below, e := filepath.Rel(resolved(folder), resolved(at))
	if err != nil || e != nil || !filepath.IsLocal(below) || regular(filepath.Join(folder, "train.txt")) {
		return false
	}
	first, _, _ := strings.Cut(filepath.ToSlash(below), "/")
	if trainDir, testDir := called(dirs, trainWords), called(dirs, testWords); trainDir != "" && testDir != "" {
		return first == trainDir || first == testDir
	}
	return first == "." || !strings.HasPrefix(first, ".")
}

// resolved is a path without links, as far as it is there.
func resolved(path string) string {
	path, _ = filepath.Abs(path)
	target, err := filepath.EvalSymlinks(path)
	if up := filepath.Dir(path); err != nil && up != path {
		return filepath.Join(resolved(up), filepath.Base(path))
	}
	return cmp.Or(target, path)
}

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
		return nil, err
	}
	links, loose, where := 0, 0, dir
	if dir == "." {
		where = "beside the class folders"
	}
	for _, d := range all {
		switch {
		case strings.HasPrefix(d.Name(), "."), d.Name() == "__MACOSX": // which archives of macOS bring
		case d.IsDir():
			dirs = append(dirs, d.Name())
		case d.Type()&fs.ModeSymlink != 0:
			links++
		case isImage(d.Name()):
			loose++
		}
	}
	if links > 0 {
		*notes = append(*notes, linksNote(where, links))
	}
	if loose > 0 {
		*notes = append(*notes, fmt.Sprintf("%s: %s %s", where, plural.Of(loose, "image"), passedOver))
	}
	return dirs, nil
}

// linksNote tells of links that may be folders of images.
func linksNote(where string, n int) string {
	return fmt.Sprintf("%s: %s, %s: put the folders themselves there", where, plural.Of(n, "symbolic link"), notFollowed)
}

const (
	notFollowed = "not followed"
	passedOver  = "in no class folder, passed over"
)

// notSeen ends an error of a set that may be empty because of how it lies.
func notSeen(notes []string) (text string) {
	for _, n := range notes {
		if strings.Contains(n, notFollowed) {
			text += "; " + n
		}
		if strings.Contains(n, passedOver) {
			text += "; " + n + ": images without labels are for --unlabeled of train and eval"
		}
	}
	return text
}

// isImage tells by its name a file that is read as an image.
func isImage(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif"}, strings.ToLower(path.Ext(name)))
}

// addImages appends the images below a folder, in the order of their paths.
// Hidden files and folders are passed over, and links that are no image by name. Sub-folders
// that hold all images of a class may be the classes that are meant: they are noted.
func addImages(root *os.Root, dir string, class int, to *listed, notes *[]string) error {
	var other []string
	links, first := 0, len(to.paths)
	err := fs.WalkDir(root.FS(), dir, func(p string, d fs.DirEntry, err error) error {
		if !utf8.ValidString(p) && (err != nil || d.IsDir()) {
			return fmt.Errorf("%s: the name of the folder %q is not UTF-8 (it came from a zip file of Windows, perhaps): rename it", root.Name(), p)
		}
		if err != nil {
			return err
		}
		if d.IsDir() && p != dir && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		switch {
		case isImage(p) && (d.Type().IsRegular() || d.Type()&fs.ModeSymlink != 0):
			to.paths = append(to.paths, p)
			to.labels = append(to.labels, int32(class))
		case d.Type()&fs.ModeSymlink != 0:
			links++
		default:
			other = append(other, strings.TrimPrefix(p, dir+"/"))
		}
		return nil
	})
	if links > 0 {
		*notes = append(*notes, linksNote(dir, links))
	}
	below := map[string]bool{}
	for _, p := range to.paths[first:] {
		sub, _, nested := strings.Cut(strings.TrimPrefix(p, dir+"/"), "/")
		if !nested {
			sub = ""
		}
		below[sub] = true
	}
	if n := len(below); n > 1 && !below[""] && dir != "." { // where all lies below one, that tells nothing
		*notes = append(*notes, fmt.Sprintf("%s: its images lie in %d sub-folders, which are taken as one class", dir, n))
	}
	if n := len(other); n > 0 {
		if n > 3 {
			other = append(other[:3], "…")
		}
		*notes = append(*notes, fmt.Sprintf("%s: %s passed over, no JPEG, PNG or GIF by name: %s", dir, plural.Of(n, "file"), strings.Join(other, ", ")))
	}
	return err
}
