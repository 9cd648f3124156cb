package dataset

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"longtail/internal/usage"
)

// Place is the source and the destination of a set's file.
type Place struct {
	File     string `json:"file"` // below the data folder
	URL      string `json:"url,omitempty"`
	How      string `json:"how,omitempty"` // how to get it if there is no URL
	Bytes    int64  `json:"bytes,omitempty"`
	Checksum string `json:"checksum,omitempty"`
	ForPool  bool   `json:"for_pool,omitempty"`
	Present  bool   `json:"present"`
}

// Where returns the files of a set. A file counts as present if it is unpacked or in
// any place where it is searched for.
func (f Files) Where(id string) ([]Place, error) {
	o := findOfficial(id)
	if o == nil {
		if _, err := find(id); err == nil {
			return nil, nil // inside the program
		}
		return nil, unknownSet(id)
	}
	var out []Place
	for _, r := range o.places() {
		p := Place{File: r.file, URL: r.url, How: r.how, Bytes: r.size, Checksum: r.sum, ForPool: r.forPool}
		p.Present = f.Dir != "" && f.present(o, &r)
		out = append(out, p)
	}
	return out, nil
}

// present reports whether the readers find a remote's content.
func (f Files) present(o *official, r *remote) bool {
	complete := func(layouts []layout) bool {
		found, err := f.layout(o, layouts)
		return err == nil && found.complete()
	}
	switch only := o.layoutsOf(r); {
	case strings.Contains(r.file, anImage):
		return f.holdsFolder(o, path.Dir(r.file))
	case only != nil && complete(only), !r.forPool && complete(o.layouts):
		return true
	case only == nil && r.forPool:
		return f.poolFile(&o.about, r.file) != ""
	}
	return slices.ContainsFunc(f.candidates(o.folders, r.file), regular)
}

// anImage marks a remote that stands for many image files.
const anImage = "…"

// holdsFolder reports whether a folder of images, named as in remotes, exists where
// imageFolder searches.
func (f Files) holdsFolder(o *official, dir string) bool {
	_, dir, _ = strings.Cut(dir, "/") // below the set's own folder
	return slices.ContainsFunc(append([]string{""}, o.folders...), func(folder string) bool {
		info, err := os.Stat(filepath.Join(f.Dir, filepath.FromSlash(path.Join(folder, dir))))
		return err == nil && info.IsDir()
	})
}

// Checked is the outcome of checking a file.
type Checked struct {
	File     string `json:"file"`
	Official bool   `json:"official"`
	Note     string `json:"note,omitempty"`
}

// Verify compares every file of a set, also inside archives, with its official
// checksum. It decodes nothing. A set without any file is an error.
func (f Files) Verify(id string) ([]Checked, error) {
	o := findOfficial(id)
	if o == nil {
		e, err := find(id)
		if err != nil {
			return nil, err
		}
		if _, err := e.open(); err != nil {
			return nil, err
		}
		return []Checked{{File: id, Official: true, Note: "inside the program"}}, nil
	}
	if f.Dir == "" {
		return nil, usage.Errorf("which files? give their folder with --data-dir or LONGTAIL_DATA")
	}
	return f.verify(o)
}

func (f Files) verify(o *official) ([]Checked, error) {
	if o.lists != nil {
		return f.verifyLists(o)
	}
	extra := ""
	if o.extra != nil {
		extra = f.poolFile(&o.about, o.extra.path)
	}
	r, err := f.layout(o, o.layouts)
	if err != nil && extra == "" {
		return nil, err
	}
	if err != nil { // only the pool's file exists
		r = &reading{Files: f, set: o, layout: &o.layouts[0], found: map[string]string{}}
	}
	if extra == "" {
		return r.check()
	}
	r.found[o.extra.path] = extra
	return r.check(*o.extra)
}

// check compares the files that were found, and more parts, with the official
// checksums.
func (r reading) check(more ...part) ([]Checked, error) {
	r.AllowUnverified = true // differences are reported, not an error
	l := *r.layout
	l.read = func(*official, *part, *input) (Samples, error) { return Samples{}, nil }
	r.layout = &l
	parts := slices.Concat(l.train, l.test, more)
	read, err := r.read(parts)
	if err != nil {
		return nil, err
	}
	var out []Checked
	for i, p := range parts {
		out = append(out, Checked{p.path, read[i].note == "", read[i].note})
	}
	return out, nil
}

func (f Files) verifyLists(o *official) ([]Checked, error) {
	var out []Checked
	there := false
	for _, p := range []part{o.lists.train, o.lists.val, o.lists.test} {
		if p.path == "" {
			continue
		}
		c := Checked{File: p.path, Note: "is missing"}
		for _, name := range f.candidates(o.folders, p.path) {
			b, err := unpackedList(name)
			if err != nil {
				continue
			}
			there = true
			sum := newChecksum(p.sum, int64(len(b)))
			sum.Write(b)
			c = Checked{File: p.path, Official: sum.ok()}
			if !c.Official {
				c.Note = fmt.Sprintf("%s: %s", filepath.ToSlash(name), sum.differs())
			}
			break
		}
		out = append(out, c)
	}
	if !there {
		return nil, f.noLists(o)
	}
	return out, nil
}

func (f Files) noLists(o *official) error {
	return fmt.Errorf("%s: none of its lists lies in %s: longtail data where %s", o.about.ID, f.Dir, o.about.ID)
}

func unknownSet(id string) error {
	return fmt.Errorf("data set %q is unknown: use one of %s", id, strings.Join(Known(), ", "))
}
