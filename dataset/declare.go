package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Declare returns the digest that identifies a data set in a task's name, 64
// hexadecimal digits. For embedded and official sets it comes from a table and needs
// no files. It is the SHA-256 of pixels and labels where they are known. For SVHN,
// ImageNet-LT and iNaturalist, whose content we could not read, it is that of the
// files' official checksums. A user's images, and with AllowUnverified official sets,
// are opened, unless none of its files is there: it is declared as without
// AllowUnverified then. Content that is not official is measured, once per process, so
// that no two contents share a name.
func (f Files) Declare(name string) (string, error) {
	s, err := f.about(name)
	return s.Declared, err
}

// DeclarePool is Declare for a pool as OpenPool names it, of the data set data.
// Held-out images are declared by their set (n_max and data seed are in the task's
// settings), SVHN's extra images by their official checksum. Another set is declared
// by its own declaration, a .pickle file by its SHA-256.
// The authors' pickle has no known checksum. Its declaration is constant and needs no
// file; the result's measured digest identifies it.
func (f Files) DeclarePool(data, pool string) (string, error) {
	s, err := f.about(data)
	if err != nil {
		return "", err
	}
	switch kind, err := poolKind(&s, pool); {
	case err != nil:
		return "", err
	case kind == markOwn:
		return s.Declared, nil
	case kind == markHeldOut:
		return hashed(kind, s.Declared), nil
	case kind == markExtra:
		return hashed(kind, findOfficial(s.ID).extra.sum), nil
	case kind == markAuthors:
		return hashed(kind), nil
	case kind == markPickle:
		return hashedFile(kind, pool)
	}
	other, err := f.Declare(pool)
	return hashed(markOther, other), err
}

// DeclareIrrelevant is Declare for the images that OpenIrrelevant opens. It depends
// on the other set's declaration and the classes that are left out.
func (f Files) DeclareIrrelevant(data, name string) (string, error) {
	s, err := f.about(data)
	if err != nil {
		return "", err
	}
	other, err := f.about(name)
	if err != nil {
		return "", err
	}
	var dropped []string
	for c, drop := range relevantClasses(&s, &other) {
		if drop {
			dropped = append(dropped, other.Classes[c])
		}
	}
	return hashed("irrelevant", other.Declared, strings.Join(dropped, "\n")), nil
}

// hashed returns the SHA-256 of the texts, each with its length.
func hashed(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d %s\n", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// computed caches the results of ofFile, because every task of a plan asks for its
// pool's.
var computed sync.Map

// ofFile returns the result of compute for the file at path. The result is cached
// under name until the file's size or time changes.
func ofFile[T any](path, name string, compute func() (T, error)) (v T, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return v, err
	}
	type file struct {
		name, path string
		size       int64
		changed    time.Time
	}
	key := file{name, path, info.Size(), info.ModTime()}
	if v, ok := computed.Load(key); ok {
		return v.(T), nil
	}
	v, err = compute()
	if err == nil && time.Since(info.ModTime()) > 2*time.Second { // a later change gives another time
		computed.Store(key, v)
	}
	return v, err
}

// hashedFile returns hashed(kind, the file's content). It reads the file in pieces.
func hashedFile(kind, path string) (string, error) {
	return ofFile(path, "hash of "+kind, func() (string, error) {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return "", err
		}
		h := sha256.New()
		fmt.Fprintf(h, "%d %s\n%d ", len(kind), kind, info.Size())
		n, err := io.Copy(h, f)
		if err == nil && n != info.Size() {
			err = errors.New("it changed while it was read")
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		h.Write([]byte{'\n'})
		return hex.EncodeToString(h.Sum(nil)), nil
	})
}

// declare returns the set without its images, with its declared digest.
func (o *official) declare() Set {
	s := o.about
	if s.Digest != "" {
		s.Declared = s.Digest
		return s
	}
	var parts []part
	if o.lists != nil {
		parts = []part{o.lists.train, o.lists.val, o.lists.test}
	} else {
		parts = slices.Concat(o.layouts[0].train, o.layouts[0].test)
	}
	texts := []string{s.ID}
	for _, p := range parts {
		texts = append(texts, p.path, p.sum)
	}
	s.Declared = hashed(texts...)
	return s
}

// Fingerprint returns the SHA-256 of a set's digest (64 characters) and of lists of
// positions. Each list is hashed as its length and entries, little-endian 32-bit
// numbers. Two runs with equal fingerprints were trained on the same images.
func Fingerprint(digest string, positions ...[]int) string {
	h := sha256.New()
	h.Write([]byte(digest))
	var b []byte
	for _, list := range positions {
		b = binary.LittleEndian.AppendUint32(b[:0], uint32(len(list)))
		for _, p := range list {
			b = binary.LittleEndian.AppendUint32(b, uint32(p))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// measured caches the sets that about has opened.
var measured sync.Map // from Files and name, as text, to a Set without its images

// about returns a set without its images. It opens the set only if its declared
// digest must be measured.
func (f Files) about(name string) (Set, error) {
	known := Named(name)
	if known && (!f.AllowUnverified || Embedded(name) || f.Dir == "" || f.Find(name) != nil) {
		return Describe(name)
	}
	f.ListsOnly, f.Cache = true, ""
	path := name
	if !known {
		var err error
		if path, err = filepath.Abs(name); err != nil {
			return Set{}, err
		}
	}
	as := f
	as.Report = nil
	key := fmt.Sprintf("%+v %s", as, path)
	if s, ok := measured.Load(key); ok {
		return s.(Set), nil
	}
	s, err := f.Open(name)
	if err != nil {
		return Set{}, err
	}
	out := *s
	for _, of := range []struct {
		samples Samples
		counts  *[]int
	}{{s.Train, &out.TrainCounts}, {s.Test, &out.TestCounts}, {s.Pool, &out.PoolCounts}} {
		if *of.counts = nil; of.samples.Len() > 0 {
			*of.counts = CountLabels(of.samples.Labels, len(s.Classes))
		}
	}
	out.Train, out.Test, out.Pool = Samples{}, Samples{}, Samples{}
	measured.Store(key, out)
	return out, nil
}
