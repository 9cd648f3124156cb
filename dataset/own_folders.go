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

// openFolders opens class folders, which may be below train and test folders.
func (f Files) openFolders(root *os.Root) (*Set, error) {
	var notes, ofClasses []string
	dirs, err := subfolders(root, ".", &notes)
	if err != nil {
		return nil, err
	}
	trainDir, testDir := findFolder(dirs, trainWords), findFolder(dirs, testWords)
	var parts []string
	for _, d := range dirs {
		if findFolder([]string{d}, slices.Concat(trainWords, testWords, restWords)) != "" {
			parts = append(parts, d)
		}
	}
	var names []string
	var lists [3]listed
	var skipped []Skipped
	divided := trainDir != "" && testDir != ""
	switch {
	case divided:
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
	}
	const most = 10
	if n := len(ofClasses) - most; n > 0 {
		ofClasses = append(ofClasses[:most], fmt.Sprintf("… and %d more notes on class folders", n))
	}
	if f.tooFew(lists) {
		return nil, fmt.Errorf("%s: two or more class folders with images (JPEG, PNG, GIF) are expected, or train/ and test/ of them, or train.txt and test.txt; found the folders %s, with %d images to train on%s%s", root.Name(), plural.Names(dirs), len(lists[0].paths), skippedSuffix(skipped), strings.Join(slices.Concat([]string{""}, notes, ofClasses), "; "))
	}
	if !divided {
		notes = f.divide(lists[0], &lists, notes)
	}
	empty, err := f.checkClasses(root.Name(), names, lists, skipped)
	if err != nil {
		return nil, err
	}
	return f.ownSet(root, filepath.Base(root.Name()), names, lists, slices.Concat(notes, ofClasses, empty), skipped)
}

// Accents returns the end of an error for an unknown name. It names another one that
// may look the same but encodes its accents differently: as separate characters or in
// the letters.
func Accents(name string, among []string) string {
	for _, other := range among {
		if other != name && norm.NFC.String(other) == norm.NFC.String(name) {
			return fmt.Sprintf("; %+q and %+q are two names that may look the same: one has its accents as characters of their own, as macOS writes them; write both in one way", name, other)
		}
	}
	return ""
}

// Names of the parts of a divided folder, in upper or lower case. The first that
// exists is used.
var (
	trainWords = []string{"train", "training"}
	testWords  = []string{"test", "testing", "val", "valid", "validation", "dev"}
	restWords  = []string{"unlabeled", "unlabelled", "extra"} // never classes if all folders have such names
)

// AmongClasses reports whether a file written at a path would be read as part of the
// class folders of a user's images in folder.
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
	if trainDir, testDir := findFolder(dirs, trainWords), findFolder(dirs, testWords); trainDir != "" && testDir != "" {
		return first == trainDir || first == testDir
	}
	return first == "." || !strings.HasPrefix(first, ".")
}

// resolved returns an absolute path without symbolic links, as far as it exists.
func resolved(path string) string {
	path, _ = filepath.Abs(path)
	target, err := filepath.EvalSymlinks(path)
	if up := filepath.Dir(path); err != nil && up != path {
		return filepath.Join(resolved(up), filepath.Base(path))
	}
	return cmp.Or(target, path)
}

// findFolder returns the folder with the first of the names that exists; "": none
// does.
func findFolder(dirs, words []string) string {
	for _, w := range words {
		for _, d := range dirs {
			if strings.EqualFold(d, w) {
				return d
			}
		}
	}
	return ""
}

// subfolders returns the folders in dir, which are classes. It notes images beside
// them and symbolic links, which are not followed.
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
		case strings.HasPrefix(d.Name(), "."), d.Name() == "__MACOSX": // from archives of macOS
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
		*notes = append(*notes, fmt.Sprintf("%s: %s in no class folder, passed over: images without labels are for --unlabeled of train and eval", where, plural.Of(loose, "image")))
	}
	return dirs, nil
}

// linksNote returns a note on links that may lead to folders of images.
func linksNote(where string, n int) string {
	return fmt.Sprintf("%s: %s, not followed: put the folders themselves there", where, plural.Of(n, "symbolic link"))
}

// isImage reports whether a file is an image by its extension.
func isImage(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif"}, strings.ToLower(path.Ext(name)))
}

// addImages appends the images below a folder in the order of their paths. It ignores
// hidden files and folders. Notes name other files, links and several sub-folders,
// which may be the intended classes.
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
	if n := len(below); n > 1 && !below[""] && dir != "." { // a single sub-folder needs no note
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
