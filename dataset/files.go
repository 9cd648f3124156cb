package dataset

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"longtail/internal/usage"
)

// Unverified is the mark of results from files without the official checksums.
const Unverified = "unverified"

// Files says where data sets are searched for and what is accepted. The zero value
// opens embedded sets and a user's images.
type Files struct {
	Dir             string // where official files lie, packed or not ("" has none)
	AllowUnverified bool   // accepts prefixes, conversions and unknown files; the set is then marked Unverified
	Side            int    // image files are resized to Side×Side; 0: 32 for a user's, 224 for the large sets
	Cache           string // folder for resized images of trees and of the user's; "": none is kept
	SkipBroken      bool   // leaves out a user's images that cannot be read; each image is then read once more at the start
	Whole           bool   // puts all of a user's images into Train, however they are divided
	TestOnly        bool   // accepts a user's images without training images, or of one class
	ListsOnly       bool   // opens official lists without their images, for counts
	Ready           bool   // fills the Cache of a set too large for memory when it is opened, so that an unreadable image is an error at once

	// Report gets the number of image files read and their total, one call at a time;
	// its error stops the reading. nil: no reports.
	Report func(done, total int) error
}

// Open opens a data set by its name: the id of an embedded or official set, an .npz
// file, a folder of images or a CSV file of paths and labels. An embedded set is
// decoded once, shared and read-only.
func (f Files) Open(name string) (*Set, error) {
	_, noFile := os.Stat(name)
	known := func(s *Set, err error) (*Set, error) {
		const other = "; the folder %s here is another one: --data ./%s takes it"
		switch {
		case noFile != nil:
		case err != nil:
			err = fmt.Errorf("%w"+other, err, name, name)
		default:
			as := *s // embedded sets are shared
			as.Notes = append(slices.Clip(s.Notes), fmt.Sprintf("this is the data set of that name"+other, name, name))
			return &as, nil
		}
		return s, err
	}
	if o := findOfficial(name); o != nil {
		return known(f.openOfficial(o))
	}
	if e, err := find(name); err == nil {
		return known(e.open())
	}
	if noFile == nil {
		return f.openOwn(name)
	}
	return nil, fmt.Errorf("%q is neither a data set (%s) nor a file or folder", name, strings.Join(Known(), ", "))
}

func findOfficial(id string) *official {
	for i := range officials {
		if officials[i].about.ID == id {
			return &officials[i]
		}
	}
	return nil
}

func (f Files) openOfficial(o *official) (*Set, error) {
	if f.Dir == "" {
		return nil, usage.Errorf("%s is read from its official files: give their folder with --data-dir or LONGTAIL_DATA (longtail data where %s says which file goes where)", o.about.ID, o.about.ID)
	}
	if o.lists != nil {
		return f.openLists(o)
	}
	r, err := f.layout(o, o.layouts)
	if err != nil {
		return nil, err
	}
	parts, err := r.read(slices.Concat(r.layout.train, r.layout.test))
	if err != nil {
		return nil, err
	}
	s := o.declare()
	n := len(r.layout.train)
	if s.Train, err = join(&s, parts[:n]); err != nil {
		return nil, err
	}
	if s.Test, err = join(&s, parts[n:]); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.note != "" {
			s.Mark = Unverified
			s.Notes = append(s.Notes, p.note)
		}
	}
	if s.Train.Len() == 0 {
		return nil, fmt.Errorf("%s: no training images could be read in %s: %s", s.ID, f.Dir, strings.Join(s.Notes, "; "))
	}
	measured := s.digest()
	if s.Mark == Unverified { // other files may hold anything
		s.Digest, s.Declared = measured, measured
		return &s, nil
	}
	for _, p := range []struct {
		name     string
		samples  Samples
		declared []int
	}{{"TrainCounts", s.Train, s.TrainCounts}, {"TestCounts", s.Test, s.TestCounts}} {
		if got := CountLabels(p.samples.Labels, len(s.Classes)); p.declared != nil && !slices.Equal(got, p.declared) {
			return nil, fmt.Errorf("%s: %s in dataset/official.go is %v, its files hold %v", s.ID, p.name, p.declared, got)
		}
	}
	if s.Digest != "" && s.Digest != measured {
		return nil, fmt.Errorf("%s: Digest in dataset/official.go is %s, that of its files is %s", s.ID, s.Digest, measured)
	}
	s.Digest = measured
	return &s, nil
}

// reading is a layout of a set and the files found for it.
type reading struct {
	Files
	set    *official
	layout *layout
	found  map[string]string // part → file on disk
	packed string            // the archive with all parts; "": they are unpacked
}

// complete reports whether every file was found.
func (r *reading) complete() bool {
	return r.packed != "" || len(r.found) == len(r.layout.train)+len(r.layout.test)
}

// layout returns the first layout that is complete, unpacked or packed, otherwise the
// first of which a file exists. If there is none, that is an error.
func (f Files) layout(o *official, layouts []layout) (*reading, error) {
	var partial *reading
	var looked []string
	for i := range layouts {
		l := &layouts[i]
		r := &reading{Files: f, set: o, layout: l, found: map[string]string{}}
		parts := slices.Concat(l.train, l.test)
		for _, p := range parts {
			for _, c := range f.candidates(o.folders, p.path) {
				if regular(c) {
					r.found[p.path] = c
					break
				}
			}
		}
		if r.complete() {
			return r, nil
		}
		if l.archive != "" {
			for _, c := range []string{l.archive, strings.TrimSuffix(l.archive, ".gz")} {
				if c = filepath.Join(f.Dir, c); regular(c) {
					r.packed = c
					return r, nil
				}
			}
			looked = append(looked, l.archive, path.Dir(parts[0].path)+"/")
		} else {
			looked = append(looked, parts[0].path)
		}
		if len(r.found) > 0 && partial == nil {
			partial = r
		}
	}
	if partial != nil {
		return partial, nil
	}
	return nil, fmt.Errorf("%s: nothing of it lies in %s (looked for %s): longtail data fetch %s --data-dir %s, or longtail data where %s", o.about.ID, f.Dir, strings.Join(looked, ", "), o.about.ID, f.Dir, o.about.ID)
}

// Find returns an error if no file of an official set is in the folder. It reads no
// file.
func (f Files) Find(id string) error {
	o := findOfficial(id)
	switch {
	case o == nil:
		return unknownSet(id)
	case o.lists != nil:
		for _, p := range []part{o.lists.train, o.lists.val, o.lists.test} {
			if p.path != "" && slices.ContainsFunc(f.candidates(o.folders, p.path), regular) {
				return nil
			}
		}
		return f.noLists(o)
	}
	_, err := f.layout(o, o.layouts)
	return err
}

// candidates returns the paths where a part of a set with these folders may be, the
// likeliest first.
func (f Files) candidates(folders []string, name string) []string {
	var dirs []string
	for _, d := range folders {
		dirs = append(dirs, path.Join(d, name))
	}
	dirs = append(dirs, name)
	if base := path.Base(name); base != name {
		dirs = append(dirs, base)
	}
	var out []string
	for _, d := range dirs {
		d = filepath.Join(f.Dir, filepath.FromSlash(d))
		out = append(out, d, d+".gz")
	}
	return out
}

func regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// input is a part to be parsed.
type input struct {
	io.Reader
	name string
	size int64 // −1: not known
}

// all reads the whole input. It takes memory only as bytes arrive.
func (in *input) all() ([]byte, error) {
	const trust = 1 << 20
	b := make([]byte, 0, max(in.size, 0)+trust)
	for {
		n, err := in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, fmt.Errorf("%s: %w", in.name, err)
		}
		if len(b) == cap(b) {
			b = slices.Grow(b, len(b)/4)
		}
	}
}

// truncatedError is the error for a file that ends before its images do. The reader
// that returns it also returns what it could read.
type truncatedError struct {
	File        string
	Images, Of  int  // complete images that were read, of those that the file announces
	LabelsGone  bool // the labels came after the end
	Explanation error
}

func (e *truncatedError) Error() string {
	labels := ""
	if e.LabelsGone {
		labels = ", their labels are not"
	}
	return fmt.Sprintf("%s: truncated: %d of %d images can be read%s (%v)", e.File, e.Images, e.Of, labels, e.Explanation)
}

func (e *truncatedError) Unwrap() error { return e.Explanation }

// readPart is a part that was read.
type readPart struct {
	Samples
	note string // why it is not the official file
	cut  bool   // the part is truncated or missing
}

// read reads the parts. Each is verified, or has a note.
func (r *reading) read(parts []part) ([]readPart, error) {
	out := make([]readPart, len(parts))
	if r.packed != "" {
		return out, r.unpack(parts, out)
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range parts {
		p := &parts[i]
		file, ok := r.found[p.path]
		if !ok {
			continue
		}
		g.Go(func() (err error) {
			out[i], err = r.file(p, file)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range parts {
		if r.found[parts[i].path] == "" {
			if err := r.missing(&parts[i], &out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// missing marks a part as missing. Without AllowUnverified it returns an error.
func (r *reading) missing(p *part, out *readPart) error {
	out.note, out.cut = p.path+" is missing", true
	if r.AllowUnverified {
		return nil
	}
	where := r.Dir
	if r.packed != "" {
		where = r.packed
	}
	return fmt.Errorf("%s: %s is missing in %s: longtail data fetch %s, or --allow-unverified to go on with what is there", r.set.about.ID, p.path, where, r.set.about.ID)
}

// file reads an unpacked part, which may be gzipped.
func (r *reading) file(p *part, name string) (readPart, error) {
	f, err := os.Open(name)
	if err != nil {
		return readPart{}, err
	}
	defer f.Close()
	in := &input{Reader: f, name: name, size: -1}
	if info, err := f.Stat(); err == nil {
		in.size = info.Size()
	}
	content, packed, err := unzipped(f)
	if err != nil {
		return readPart{}, fmt.Errorf("%s: %w: %s", name, err, r.again())
	}
	if packed {
		in.Reader, in.size = r.bounded(content, p, name), -1
	} else if _, err := f.Seek(0, io.SeekStart); err != nil {
		return readPart{}, err
	}
	return r.parse(p, in)
}

// bounded limits a packed part to its official size, or 4 GiB if that is not known.
// With AllowUnverified the limit is eight times as large.
func (r *reading) bounded(z io.Reader, p *part, name string) io.Reader {
	most := p.size
	if p.size == 0 {
		most = 4 << 30
	}
	if r.AllowUnverified {
		most *= 8
	}
	return &limited{r: z, left: most, name: name, most: most}
}

// limited returns an error, instead of io.EOF, after so many bytes.
type limited struct {
	r          io.Reader
	left, most int64
	name       string
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%s unpacks to more than %d bytes: it is not the official file", l.name, l.most)
	}
	return n, err
}

// parse reads a part and its checksum in one pass.
func (r *reading) parse(p *part, in *input) (readPart, error) {
	sum := newChecksum(p.sum, in.size)
	source := in.Reader
	in.Reader = io.TeeReader(source, sum)
	s, err := r.layout.read(r.set, p, in)
	_, rest := io.Copy(sum, source) // the bytes that the reader left
	official := rest == nil && sum.ok()
	const marked = " and marks every result"
	differs := sum.differs()
	if sum.written < p.size {
		differs = fmt.Sprintf("truncated, or another file: it has %d of %d bytes", sum.written, p.size)
	}
	cut, _ := errors.AsType[*truncatedError](err)
	switch {
	case err == nil && official:
		return readPart{Samples: s}, nil
	case cut != nil && r.AllowUnverified && !cut.LabelsGone:
		return readPart{Samples: s, note: fmt.Sprintf("%s: truncated, its first %d images are used", in.name, cut.Images), cut: true}, nil
	case cut != nil && !cut.LabelsGone && cut.Images > 0:
		return readPart{}, fmt.Errorf("%w: %s; --allow-unverified takes its first %d images%s", err, r.again(), cut.Images, marked)
	case cut != nil:
		return readPart{}, fmt.Errorf("%w: %s", err, r.again())
	case err != nil && !official:
		return readPart{}, fmt.Errorf("%w (%s): %s", err, differs, r.again())
	case err != nil:
		return readPart{}, err
	case rest != nil && r.AllowUnverified:
		return readPart{Samples: s, note: fmt.Sprintf("%s: it is damaged (%v)", in.name, rest)}, nil
	case rest != nil:
		return readPart{}, fmt.Errorf("%s: it is damaged (%w): %s; --allow-unverified takes this one%s", in.name, rest, r.again(), marked)
	case r.AllowUnverified:
		return readPart{Samples: s, note: fmt.Sprintf("%s: %s", in.name, differs)}, nil
	}
	return readPart{}, fmt.Errorf("%s: %s: %s; --allow-unverified takes this one%s", in.name, differs, r.again(), marked)
}

// again returns the remedy for a file that is not the official one.
func (r *reading) again() string {
	return fmt.Sprintf("move it away, and longtail data fetch %s gets the official one", r.set.about.ID)
}

// unpack reads the parts from the archive in one pass, without writing files. It
// identifies members by name and accepts only plain files.
func (r *reading) unpack(parts []part, out []readPart) error {
	f, err := os.Open(r.packed)
	if err != nil {
		return err
	}
	defer f.Close()
	content, _, err := unzipped(f)
	if err != nil {
		return fmt.Errorf("%s: %w: %s", r.packed, err, r.again())
	}
	most := int64(256 << 20)
	for _, p := range parts {
		most += 2 * p.size
	}
	archive := tar.NewReader(&limited{r: content, left: most, most: most, name: r.packed})
	done := make([]bool, len(parts))
	for left := len(parts); left > 0; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if r.AllowUnverified && done[0] {
				break
			}
			return fmt.Errorf("%s: %w after %d of %d files: %s", r.packed, err, len(parts)-left, len(parts), r.again())
		}
		name := strings.TrimPrefix(h.Name, "./")
		i := slices.IndexFunc(parts, func(p part) bool { return p.path == name })
		if i < 0 || done[i] || h.Typeflag != tar.TypeReg {
			continue
		}
		in := &input{Reader: r.bounded(archive, &parts[i], name), name: r.packed + ":" + name, size: -1}
		if out[i], err = r.parse(&parts[i], in); err != nil {
			return err
		}
		done[i] = true
		left--
	}
	for i := range parts {
		if !done[i] {
			if err := r.missing(&parts[i], &out[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// join concatenates parts up to the first that is missing or truncated. Positions
// after a gap would not be the official ones.
func join(s *Set, parts []readPart) (Samples, error) {
	out := Samples{Set: s.ID, C: s.C, H: s.H, W: s.W}
	if len(parts) == 1 {
		out.Pixels, out.Labels = parts[0].Pixels, parts[0].Labels
	} else {
		total := 0
		for _, p := range parts {
			total += len(p.Pixels)
		}
		out.Pixels = make([]uint8, 0, total)
		for _, p := range parts {
			out.Pixels = append(out.Pixels, p.Pixels...)
			out.Labels = append(out.Labels, p.Labels...)
			if p.cut {
				break
			}
		}
	}
	for _, p := range parts {
		if p.H != 0 && (p.H != s.H || p.W != s.W || p.C != s.C) {
			return Samples{}, fmt.Errorf("%s: images are %d×%d×%d, %d×%d×%d is expected", s.ID, p.C, p.H, p.W, s.C, s.H, s.W)
		}
	}
	if len(out.Pixels) != len(out.Labels)*s.C*s.H*s.W {
		return Samples{}, fmt.Errorf("%s: %d bytes of images and %d labels do not fit", s.ID, len(out.Pixels), len(out.Labels))
	}
	return out, nil
}

func readCIFARBinary(coarse int) func(*official, *part, *input) (Samples, error) {
	return func(o *official, p *part, in *input) (Samples, error) {
		whole := int(p.size) / (coarse + 1 + cifarImage)
		hint := in.size
		if hint < 0 {
			hint = p.size
		}
		s, err := cifarRecords(in, in.name, coarse, len(o.about.Classes), hint)
		if cut, ok := errors.AsType[*truncatedError](err); ok { // a truncated file's own size says less
			cut.Of = max(cut.Of, whole)
		}
		if err == nil && s.Len() < whole { // cut between two records
			err = &truncatedError{File: in.name, Images: s.Len(), Of: whole, Explanation: io.ErrUnexpectedEOF}
		}
		return s, err
	}
}

func readCIFARPickles(labels string) func(*official, *part, *input) (Samples, error) {
	return func(o *official, _ *part, in *input) (Samples, error) {
		b, err := in.all()
		if err != nil {
			return Samples{}, err
		}
		return readCIFARPickle(b, in.name, labels, len(o.about.Classes))
	}
}

func readMAT(_ *official, _ *part, in *input) (Samples, error) {
	return readSVHN(in, in.size, in.name)
}

// readIDXPair reads the images or the labels of a pair of idx files, already unpacked
// and limited in size.
func readIDXPair(o *official, _ *part, in *input) (Samples, error) {
	size, data, err := readIDX(in, in.name)
	if err != nil {
		return Samples{}, err
	}
	if len(size) == 3 {
		return Samples{C: 1, H: size[1], W: size[2], Pixels: data}, nil
	}
	if len(size) != 1 {
		return Samples{}, fmt.Errorf("%s: %d dimensions: images have 3, labels 1", in.name, len(size))
	}
	y := make([]int32, len(data))
	for i, v := range data {
		if int(v) >= len(o.about.Classes) {
			return Samples{}, fmt.Errorf("%s: label %d of image %d is outside 0..%d", in.name, v, i, len(o.about.Classes)-1)
		}
		y[i] = int32(v)
	}
	return Samples{Labels: y}, nil
}

// unzipped returns the content of r, uncompressed if it is gzipped.
func unzipped(r io.Reader) (content io.Reader, packed bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if b, _ := in.Peek(2); string(b) != "\x1f\x8b" {
		return in, false, nil
	}
	z, err := gzip.NewReader(in)
	return z, true, err
}
