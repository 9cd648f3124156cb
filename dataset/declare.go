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

// Declare returns the digest that stands for a data set in a task's name, 64
// hexadecimal digits. For embedded and official sets it comes from a table and
// needs no files: the SHA-256 of pixels and labels where they are known, or
// (SVHN, ImageNet-LT, iNaturalist: nobody here has seen their content) of the
// official checksums of the files. A user's images, and with AllowUnverified
// official sets whose files are not the official ones, are opened and their
// measured digest is returned, so that no two contents share a name. It is
// measured once in a process.
func (f Files) Declare(name string) (string, error) {
	s, err := f.about(name)
	return s.Declared, err
}

// DeclarePool is Declare for a pool as OpenPool names it, of the named data
// set. Held-out images are declared by their set (n_max and data seed stand in
// the task's settings), SVHN's extra images by their official checksum, another
// set by its own declaration and the mapping's content, a .pickle file by its
// SHA-256. Of the authors' pickle no checksum is known: its declaration is
// constant, needs no file, and the result's measured digest tells.
func (f Files) DeclarePool(data, pool, mapping string) (string, error) {
	s, err := f.about(data)
	if err != nil {
		return "", err
	}
	switch kind, err := poolKind(&s, pool, mapping); {
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
	if err != nil || mapping == "" {
		return hashed(markOther, other), err
	}
	b, err := os.ReadFile(mapping)
	if err != nil {
		return "", err
	}
	return hashed(markOther, other, string(b)), nil
}

// DeclareIrrelevant is Declare for the images that OpenIrrelevant opens: the
// other set's declaration and the classes that are left out.
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

// hashed is the SHA-256 of the texts, each with its length.
func hashed(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d %s\n", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// computed is what ofFile remembers: every task of a plan asks for its pool's.
var computed sync.Map

// ofFile is what compute makes of the file at path, by name: remembered while the file
// is the same.
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
	if err == nil && time.Since(info.ModTime()) > 2*time.Second { // later changes have another time
		computed.Store(key, v)
	}
	return v, err
}

// hashedFile is hashed(kind, the file's content), of which no more than a piece is in
// memory.
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

// declare fills in what names hold of an official set.
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

// Fingerprint is the SHA-256 of a set's digest (64 characters) and of lists of
// positions, each as its length and its entries, little-endian 32-bit numbers:
// two runs with the same fingerprint were trained on the same images.
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

// measured remembers what about has opened.
var measured sync.Map // of Files and name, as text, to Set without its images

// about returns a set without its images, opened only where its declared digest
// must be measured.
func (f Files) about(name string) (Set, error) {
	known := Named(name)
	if known && (!f.AllowUnverified || Embedded(name)) {
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
