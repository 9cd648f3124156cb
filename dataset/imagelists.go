package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"longtail/internal/plural"
)

// imageLists are the lists of a set of image files.
type imageLists struct {
	classes          int
	train, val, test part // val may be empty
}

// listed is a list of image files with their classes.
type listed struct {
	paths  []string // with slashes
	labels []int32

	from   Decoder // decoder that has read them already; nil: none
	places []int   // positions of the images in from
}

// readImageList reads a list in ImageNet-LT's format. Each line has an image's path
// below the image folder, a space and the class. Classes must be below classes, if
// that is not 0. If the last line is cut, it returns the lines before with a
// *truncatedError.
func readImageList(b []byte, name string, classes int) (paths []string, labels []int32, err error) {
	top := maxLabel
	if classes > 0 {
		top = classes - 1
	}
	line := 0
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // from Windows
	for len(b) > 0 {
		row, rest, ended := bytes.Cut(b, []byte("\n"))
		b = rest
		line++
		text := strings.TrimSuffix(string(row), "\r")
		if text == "" {
			continue
		}
		at := strings.LastIndexByte(text, ' ')
		class, err := -1, error(nil)
		if at > 0 {
			class, err = strconv.Atoi(text[at+1:])
		}
		switch {
		case !ended && (at <= 0 || err != nil || path.Ext(text[:at]) == ""):
			return paths, labels, &truncatedError{File: name, Images: len(paths), Of: len(paths) + 1, Explanation: fmt.Errorf("the last line is cut: %.80q: complete it", text)}
		case at <= 0 || err != nil || class < 0 || class > top:
			return nil, nil, fmt.Errorf("%s: line %d: %.80q is not a path, a space and a class from 0 to %d", name, line, text, top)
		case !utf8.ValidString(text):
			return nil, nil, fmt.Errorf("%s: line %d: %.80q is not UTF-8: save the list as UTF-8, and rename the files", name, line, text)
		case !filepath.IsLocal(filepath.FromSlash(text[:at])):
			return nil, nil, fmt.Errorf("%s: line %d: the path %.80q leaves the image folder: paths are relative to it and stay below it", name, line, text[:at])
		}
		paths = append(paths, text[:at])
		labels = append(labels, int32(class))
	}
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("%s: the list is empty", name)
	}
	return paths, labels, nil
}

// openLists opens an official set of image files.
func (f Files) openLists(o *official) (*Set, error) {
	s := o.declare()
	var lists [3]listed
	for i, p := range []part{o.lists.train, o.lists.test, o.lists.val} {
		if p.path == "" {
			continue
		}
		var note string
		var err error
		if lists[i], note, err = f.readList(o, p); err != nil {
			return nil, err
		}
		if note != "" {
			s.Mark = Unverified
			s.Notes = append(s.Notes, note)
		}
	}
	side, short := 224, 256
	if f.Side > 0 {
		if _, err := f.side(); err != nil {
			return nil, err
		}
		side, short = f.Side, f.Side*256/224
	}
	s.Classes = classNames(lists[0], o.lists.classes)
	root, dir, err := f.imageFolder(o, lists[0].paths[0], lists[1].paths[0])
	switch {
	case err == nil:
		s.Notes = append(s.Notes, fmt.Sprintf("images of %s: the checksums are those of the lists, image files have none", dir))
	case f.ListsOnly:
		s.Notes = append(s.Notes, err.Error())
		f.Cache = ""
		if root, err = os.OpenRoot(f.Dir); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	set, err := f.setOfLists(s, root, lists, short, side, "", false)
	if err != nil {
		return nil, err
	}
	return set, f.ready(set)
}

// unpackedList reads a list, which may be gzipped.
func unpackedList(name string) ([]byte, error) {
	const most = 1 << 28 // the longest official one has 24 MB
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, _, err := unzipped(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return io.ReadAll(&limited{r: r, left: most, name: name, most: most})
}

// readList reads an official list. The note says how it differs from the official
// one; "": it does not.
func (f Files) readList(o *official, p part) (listed, string, error) {
	for _, name := range f.candidates(o.folders, p.path) {
		b, err := unpackedList(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return listed{}, "", err
		}
		sum := newChecksum(p.sum, int64(len(b)))
		sum.Write(b)
		note := ""
		if !sum.ok() {
			if note = fmt.Sprintf("%s: %s", name, sum.differs()); !f.AllowUnverified {
				return listed{}, "", fmt.Errorf("%s: longtail data where %s says where the official list is; --allow-unverified takes this one and marks every result", note, o.about.ID)
			}
		}
		paths, labels, err := readImageList(b, name, o.lists.classes)
		if _, cut := errors.AsType[*truncatedError](err); cut && f.AllowUnverified && len(paths) > 0 {
			return listed{paths: paths, labels: labels}, fmt.Sprintf("%s: truncated, its first %d lines are used", name, len(paths)), nil
		}
		if err != nil {
			err = fmt.Errorf("%w: longtail data where %s says where the official list is", err, o.about.ID)
		}
		return listed{paths: paths, labels: labels}, note, err
	}
	return listed{}, "", fmt.Errorf("%s: %s is not in %s: longtail data where %s says where it is to be had", o.about.ID, p.path, f.Dir, o.about.ID)
}

// imageFolder opens the folder below which the given images are, one image of each
// list.
func (f Files) imageFolder(o *official, images ...string) (*os.Root, string, error) {
	dirs := []string{f.Dir}
	for _, d := range o.folders {
		dirs = append(dirs, filepath.Join(f.Dir, filepath.FromSlash(d)))
	}
	missing := images[0]
	for _, d := range dirs {
		there := func(image string) bool { return regular(filepath.Join(d, filepath.FromSlash(image))) }
		switch i := slices.IndexFunc(images, func(image string) bool { return !there(image) }); {
		case i < 0:
			root, err := os.OpenRoot(d)
			return root, d, err
		case i > 0:
			missing = images[i]
		}
	}
	return nil, "", fmt.Errorf("%s: the images are missing: %s lies in none of %s; each must lie where the list says, in the folder of its class: longtail data where %s", o.about.ID, missing, strings.Join(dirs, ", "), o.about.ID)
}

// classNames names classes after the folder of their first image, or by number if
// that folder also holds images of another class. If two names would be equal, all
// classes are named by number.
func classNames(l listed, classes int) []string {
	for _, y := range l.labels {
		classes = max(classes, int(y)+1)
	}
	of, mixed := map[string]int32{}, map[string]bool{} // by folder: a class, and whether there are several
	for i, y := range l.labels {
		name := path.Base(path.Dir(l.paths[i]))
		if other, is := of[name]; is && other != y {
			mixed[name] = true
		}
		of[name] = y
	}
	out := make([]string, classes)
	for i, y := range l.labels {
		if out[y] == "" {
			name := path.Base(path.Dir(l.paths[i]))
			if mixed[name] || name == "." {
				name = strconv.Itoa(int(y))
			}
			out[y] = name
		}
	}
	for c := range out {
		if out[c] == "" {
			out[c] = strconv.Itoa(c)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(out)))) < len(out) { // the number of one class is the folder of another
		for c := range out {
			out[c] = strconv.Itoa(c)
		}
	}
	return out
}

// setOfLists fills s from the lists for training, test and validation; the last only
// enters the digest. Images are decoded when needed: official ones (remedy "") like
// the reference, a user's own upright. remedy ends the error for an image that cannot
// be decoded. If stamped is set, the digest includes the files' sizes, and a cache's
// key their times.
func (f Files) setOfLists(s Set, root *os.Root, lists [3]listed, short, side int, remedy string, stamped bool) (*Set, error) {
	s.H, s.W, s.C = side, side, Channels
	t := tree{root: root, short: short, side: side, exif: remedy != "", remedy: remedy}
	var changed []byte
	var missing error
	needed := [3]bool{!f.TestOnly || f.Whole, true, false} // nothing reads the images for validation
	if s.Digest, changed, missing = t.digest(stamped, lists, needed); missing != nil {
		return nil, missing
	}
	if s.Mark == Unverified || s.Declared == "" {
		s.Declared = s.Digest
	}
	for i, to := range []*Samples{&s.Train, &s.Test} { // validation images are never read
		*to = Samples{Set: s.ID, C: Channels, H: side, W: side, Labels: lists[i].labels, Names: lists[i].paths}
		if lists[i].from != nil {
			to.Lazy = chosen{lists[i].from, lists[i].places}
			continue
		}
		t := t
		t.paths = lists[i].paths
		var err error
		if to.Lazy, err = f.withCache(&t, s.ID, s.Digest, strconv.Itoa(i), changed, &s.Notes); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

// digest returns the digest of lists of images decoded by t. missing is the error for
// the first missing file. If stamped is set, the digest includes the files' sizes,
// and changed is a hash of their times: a user's files may change under the same
// name.
func (t tree) digest(stamped bool, lists [3]listed, needed [3]bool) (digest string, changed []byte, missing error) {
	h, times := sha256.New(), sha256.New()
	fmt.Fprintf(h, "images %d %d, middle to even\n", t.short, t.side)
	for i, l := range lists {
		fmt.Fprintf(h, "list %d\n", i)
		for k := range l.paths {
			fmt.Fprintf(h, "%s %d\n", l.paths[k], l.labels[k])
			if !stamped {
				continue
			}
			info, err := t.root.Stat(l.paths[k])
			if err == nil {
				fmt.Fprintf(h, "%d\n", info.Size())
				fmt.Fprintln(times, info.ModTime().UnixNano())
			} else if missing == nil && needed[i] { // decoding returns the reason
				t.paths = l.paths
				missing = t.Decode(k, make([]uint8, Channels*t.side*t.side))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), times.Sum(nil), missing
}

// withCache returns t, or a cache of its resized images if f.Cache is set. The cache
// is a file for this part of a set; a note says where.
func (f Files) withCache(t *tree, id, digest, part string, changed []byte, notes *[]string) (Decoder, error) {
	n, size := len(t.paths), Channels*t.side*t.side
	if f.Cache == "" || n == 0 {
		return t, nil
	}
	from, err := filepath.Abs(t.root.Name())
	if err != nil {
		return nil, err
	}
	seed := fmt.Sprintf("%s%s %s %s %x", cacheMagic, digest, part, from, changed)
	if t.exif {
		seed += " upright"
	}
	key := sha256.Sum256([]byte(seed))
	path := filepath.Join(f.Cache, fmt.Sprintf("%s-%s-%x.images", fileName(id), part, key[:6]))
	c, err := openCache(path, key, n, size, t)
	if err != nil {
		return nil, err
	}
	*notes = append(*notes, fmt.Sprintf("resized images are kept in %s: %s when all are there", f.Cache, plural.Bytes(CacheSize(n, size))))
	return c, nil
}

// fileName returns a path's last element with only characters that every file system
// accepts.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, filepath.Base(s))
}
