package dataset

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"longtail/internal/usage"
)

// Pool holds the images from which D_U, or its irrelevant part, is drawn.
type Pool struct {
	Samples
	Name       string // name for results; never a path
	Mark       string // kind of pool: one of the marks below
	Unverified bool   // its files, or those of its set, are not the official ones
	Digest     string // SHA-256 of pixels and labels as opened; the Fingerprint for held-out images of a set decoded when needed
	Note       string
}

// Altered reports whether files of the pool differ from the official checksums. For
// pickles none is published.
func (p *Pool) Altered() bool {
	return p.Unverified && p.Mark != markAuthors && p.Mark != markPickle
}

// Names of pools for OpenPool.
const (
	PoolHeldOut = "held-out" // training images in no labeled subset of this data seed and n_max
	PoolAuthors = "authors"  // the pickle that Yang & Xu published, for CIFAR-10
	PoolExtra   = "extra"    // SVHN's extra images
)

// Marks of pools.
const (
	markOwn        = "own"               // included in the embedded set
	markHeldOut    = "held-out"          // from the same set
	markExtra      = "official extra"    // SVHN's extra images
	markAuthors    = "authors' pickle"   // from TinyImages, as published with the paper
	markPickle     = "substitute pickle" // another pickle in that layout
	markOther      = "another set"       // another set, classes matched by name
	markIrrelevant = "irrelevant"        // images of none of the set's classes
)

// NamedPool reports whether OpenPool takes pool as a name or a data set's id.
// Anything else is a user's file or folder.
func NamedPool(pool string) bool {
	return slices.Contains([]string{"", PoolHeldOut, PoolAuthors, PoolExtra}, pool) || Named(pool)
}

const authorsPickle = "ti_80M_selected.pickle"

// poolKind returns the mark of the pool with a name. "" and the set's own id mean the
// pool of the paper's setting.
func poolKind(s *Set, name string) (mark string, err error) {
	o := findOfficial(s.ID)
	switch name {
	case "", s.ID:
		switch {
		case s.PoolCounts != nil && o == nil || s.Pool.Len() > 0:
			return markOwn, nil
		case o != nil && o.extra != nil:
			return markExtra, nil
		case s.ID == "cifar10":
			return markAuthors, nil
		}
		return "", fmt.Errorf("no pool of unlabeled images comes with %s: choose --pool held-out (with --n-max below the class size), a .pickle file or another data set with classes of the same names", s.ID)
	case PoolHeldOut:
		return markHeldOut, nil
	case PoolExtra:
		if o == nil || o.extra == nil {
			return "", fmt.Errorf("%s has no extra images; SVHN has", s.ID)
		}
		return markExtra, nil
	case PoolAuthors:
		return markAuthors, nil
	}
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".pickle" || ext == ".pkl" {
		return markPickle, nil
	}
	return markOther, nil
}

// OpenPool opens the pool for a labeled subset: one of the names above, a .pickle
// file in TinyImages' layout, or another data set. "" and the set's own id mean the
// embedded set's own pool, SVHN's extra images, or for CIFAR-10 the authors' pickle.
// Of another data set it uses the training images of the classes that have the name of
// one of the subset's. Images of another size are resized.
func (f Files) OpenPool(sub *Subset, name string) (*Pool, error) {
	s := sub.Set
	mark, err := poolKind(s, name)
	if err != nil {
		return nil, err
	}
	var p *Pool
	switch mark {
	case markOwn:
		p = &Pool{Samples: s.Pool, Name: "pool of " + s.Name, Unverified: s.Mark == Unverified, Digest: s.Digest}
	case markHeldOut:
		if len(sub.HeldOut) == 0 {
			return nil, fmt.Errorf("%s: no training image is held out at n_max = %d: lower --n-max (700 leaves 4,300 a class of CIFAR-10)", s.ID, sub.LongTail.NMax)
		}
		p = &Pool{Samples: s.Train.At(sub.HeldOut), Name: "held-out images of " + s.Name, Unverified: s.Mark == Unverified}
		if s.Train.Lazy != nil { // identify the images without decoding them
			p.Digest = Fingerprint(s.Digest, sub.HeldOut)
		}
	case markExtra:
		p, err = f.openExtra(s)
	case markAuthors, markPickle:
		p, err = f.openPickledPool(s, name, mark)
	default:
		p, err = f.openOtherPool(s, name)
	}
	if err != nil {
		return nil, err
	}
	p.Mark = mark
	return p, f.fit(p, s)
}

// FindPool returns the number of images per class in the pool that OpenPool would
// open; nil: it depends on n_max (held-out images). Files that are missing or
// refused, or a pool without any of the set's classes, are the error of OpenPool. It
// reads what Declare reads, and a pickle, but leaves checksums to OpenPool.
func (f Files) FindPool(data, name string) ([]int, error) {
	s, err := f.about(data)
	if err != nil {
		return nil, err
	}
	mark, err := poolKind(&s, name)
	if err != nil {
		return nil, err
	}
	switch mark {
	case markOwn:
		return s.PoolCounts, nil
	case markHeldOut:
		return nil, nil
	case markExtra:
		_, err := f.extra(&s)
		return s.PoolCounts, err
	case markAuthors, markPickle:
		if name, err = f.pickle(&s, name, mark); err != nil {
			return nil, err
		}
		counts, err := countPickle(name, len(s.Classes))
		if err != nil {
			return nil, err
		}
		return counts, checkColors(Channels, filepath.Base(name), &s)
	}
	if findOfficial(name) != nil {
		if f.Dir == "" {
			return nil, usage.Errorf("the pool %s is read from its official files: give their folder with --data-dir or LONGTAIL_DATA", name)
		}
		if err := f.Find(name); err != nil {
			return nil, err
		}
	}
	other, err := f.about(name)
	if err != nil {
		return nil, err
	}
	counts := other.TrainCounts
	if counts == nil {
		counts = other.PoolCounts
	}
	to, err := sameNames(&s, &other, name)
	if err != nil {
		return nil, err
	}
	if err := checkColors(other.C, other.ID, &s); err != nil {
		return nil, err
	}
	out := make([]int, len(s.Classes))
	for c, n := range counts {
		if k, ok := to[int32(c)]; ok {
			out[k] += n
		}
	}
	return out, nil
}

// PoolNotes returns the notes on a user's images as a pool, such as which of them are for
// testing and not in it. Of a named pool or a pickle there is none.
func (f Files) PoolNotes(name string) []string {
	if NamedPool(name) {
		return nil
	}
	s, _ := f.about(name) // FindPool returns the error
	return s.Notes
}

// countPickle returns the number of images per class in a pickled pool. It does not
// rearrange the pixels.
func countPickle(file string, classes int) ([]int, error) {
	return ofFile(file, fmt.Sprint("counts of ", classes), func() ([]int, error) {
		samples, err := readPickledPool(file, classes, false)
		if err != nil {
			return nil, err
		}
		return CountLabels(samples.Labels, classes), nil
	})
}

// fit resizes a pool's images to those of the set and measures its digest.
func (f Files) fit(p *Pool, s *Set) error {
	var err error
	if p.C != s.C || p.H != s.H || p.W != s.W {
		if p.Samples, err = f.resized(p.Samples, s); err != nil {
			return err
		}
		p.Note = strings.TrimPrefix(p.Note+"; images resized", "; ")
	}
	if p.Mark != markIrrelevant {
		p.Set = s.ID
	}
	if p.Digest == "" {
		p.Digest, err = f.digestOf(p.Samples)
	}
	return err
}

// poolFile returns the path of a pool's file; "": it does not exist.
func (f Files) poolFile(s *Set, file string) string {
	for _, c := range f.candidates([]string{strings.ToLower(s.ID), strings.ToUpper(s.ID)}, file) {
		if f.Dir != "" && regular(c) {
			return c
		}
	}
	return ""
}

// extra finds the file of SVHN's extra images.
func (f Files) extra(s *Set) (*reading, error) {
	o := findOfficial(s.ID)
	l := o.layouts[0]
	l.train, l.test, l.archive = []part{*o.extra}, nil, ""
	r, err := f.layout(o, []layout{l})
	if err != nil {
		return nil, fmt.Errorf("%s, the pool of %s, is not in %q: longtail data fetch %s --with-pool gets it", o.extra.path, s.ID, f.Dir, s.ID)
	}
	return r, nil
}

// openExtra reads SVHN's extra images.
func (f Files) openExtra(s *Set) (*Pool, error) {
	r, err := f.extra(s)
	if err != nil {
		return nil, err
	}
	parts, err := r.read(r.layout.train)
	if err != nil {
		return nil, err
	}
	samples, err := join(s, parts)
	return &Pool{Samples: samples, Name: s.Name + " extra", Unverified: parts[0].note != "", Note: parts[0].note}, err
}

// pickle returns the path of a pickled pool. No checksum is known, so without
// AllowUnverified it is an error.
func (f Files) pickle(s *Set, file, mark string) (string, error) {
	if mark == markAuthors {
		if file = f.poolFile(s, authorsPickle); file == "" {
			return "", fmt.Errorf("%s, the authors' pool, is not in %q (longtail data where %s); without it choose --pool held-out (with --n-max below the class size), a .pickle file or another data set with classes of the same names", authorsPickle, f.Dir, s.ID)
		}
	}
	if !f.AllowUnverified {
		return "", fmt.Errorf("%s: no official checksum of this pool is known: --allow-unverified takes it and marks every result", file)
	}
	return file, nil
}

// openPickledPool reads a pickled pool.
func (f Files) openPickledPool(s *Set, file, mark string) (*Pool, error) {
	file, err := f.pickle(s, file, mark)
	if err != nil {
		return nil, err
	}
	samples, err := readPickledPool(file, len(s.Classes), true)
	return &Pool{Samples: samples, Name: filepath.Base(file), Unverified: true, Note: "no official checksum is known"}, err
}

// readPickledPool reads a file by readPoolPickle.
func readPickledPool(file string, classes int, pixels bool) (Samples, error) {
	b, err := readPickleFile(file)
	if err != nil {
		return Samples{}, err
	}
	out, err := readPoolPickle(b, file, classes, pixels)
	out.Set = filepath.Base(file)
	return out, err
}

// readPickleFile reads a pickle, which may be gzipped.
func readPickleFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	content, packed, err := unzipped(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	in := &input{Reader: content, name: file, size: info.Size()}
	if packed {
		const most = 4 << 30 // bytes; the authors' file has 1.5 GB
		in.Reader, in.size = &limited{r: content, left: most, most: most, name: file}, -1
	}
	return in.all()
}

// openOtherPool returns the images of another set as a pool, with its notes.
func (f Files) openOtherPool(s *Set, name string) (*Pool, error) {
	other, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	from := other.Train
	if from.Len() == 0 {
		from = other.Pool
	}
	to, err := sameNames(s, other, name)
	if err != nil {
		return nil, err
	}
	var positions []int
	var labels []int32
	for i, y := range from.Labels {
		if k, ok := to[y]; ok {
			positions = append(positions, i)
			labels = append(labels, k)
		}
	}
	out := from.At(positions)
	out.Labels = labels
	const stored = ", classes mapped" // results hold it: matched by name
	return &Pool{Samples: out, Name: other.Name + stored, Unverified: other.Mark == Unverified, Note: strings.Join(other.Notes, "; ")}, nil
}

// sameNames returns the class of s for each class of another set, opened by name, that
// has the name of one, in any case. If there is none, that is an error.
func sameNames(s, other *Set, name string) (map[int32]int32, error) {
	to := map[int32]int32{}
	for c, n := range other.Classes {
		if k := slices.IndexFunc(s.Classes, func(m string) bool { return strings.EqualFold(m, n) }); k >= 0 {
			to[int32(c)] = int32(k)
		}
	}
	if len(to) == 0 {
		remedy := "a .csv file of path,label,train gives its images our names" // without train, a part is for testing
		if Named(name) || strings.EqualFold(filepath.Ext(name), ".npz") {
			remedy = "an .npz, embedded or official set of other classes cannot be a pool"
		}
		return nil, fmt.Errorf("no class of %s (%s) is one of %s (%s): %s", other.ID, brief(other.Classes), s.ID, brief(s.Classes), remedy)
	}
	return to, nil
}

func brief(names []string) string {
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// lookAlikes are the classes of CIFAR-100 that resemble one of CIFAR-10's: vehicles
// and mammals. The choice is ours.
var lookAlikes = strings.Fields(`
	bicycle bus motorcycle pickup_truck train lawn_mower rocket streetcar tank tractor
	bear leopard lion tiger wolf camel cattle chimpanzee elephant kangaroo
	fox porcupine possum raccoon skunk hamster mouse rabbit shrew squirrel
	beaver dolphin otter seal whale`)

// irrelevantFor gives the set with irrelevant images for a set. Figures 2 and 3 mix
// them into D_U. The paper's own source could not be read; these are our choice.
var irrelevantFor = map[string]string{
	"cifar10":            "cifar100",
	"fashion-mnist":      "mnist",
	"fashion-mnist-full": "mnist-full",
	"mnist-full":         "fashion-mnist-full",
}

// IrrelevantFor returns the default set of irrelevant images for a data set. If there
// is none, that is an error.
func IrrelevantFor(data string) (string, error) {
	if name := irrelevantFor[data]; name != "" {
		return name, nil
	}
	return "", fmt.Errorf("no set is known to be irrelevant to %s: name one with --irrelevant", data)
}

// relevantClasses reports for each class of another set whether it resembles a class
// of s.
func relevantClasses(s, other *Set) []bool {
	drop := make([]bool, len(other.Classes))
	for c, n := range other.Classes {
		drop[c] = slices.ContainsFunc(s.Classes, func(m string) bool { return strings.EqualFold(m, n) }) ||
			s.ID == "cifar10" && other.ID == "cifar100" && slices.Contains(lookAlikes, n)
	}
	return drop
}

// IrrelevantCount returns how many images OpenIrrelevant finds in other for s, by
// their descriptions; 0 if the sizes of other's classes are not known.
func IrrelevantCount(s, other Set) (n int) {
	counts := other.TrainCounts
	if counts == nil {
		counts = other.PoolCounts
	}
	drop := relevantClasses(&s, &other)
	for c, images := range counts {
		if !drop[c] {
			n += images
		}
	}
	return n
}

// OpenIrrelevant opens images of no class of s: the training images of another set
// (its pool if it has none), resized if necessary. It leaves out classes that have
// the name of a class of s, and for CIFAR-10 the vehicles and mammals of CIFAR-100.
// The labels stay classes of the other set.
func (f Files) OpenIrrelevant(s *Set, name string) (*Pool, error) {
	other, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	if other.ID == s.ID {
		return nil, fmt.Errorf("images of %s are not irrelevant to it: name another set", s.ID)
	}
	p := &Pool{Samples: other.Train, Name: other.Name, Mark: markIrrelevant, Unverified: other.Mark == Unverified}
	if p.Len() == 0 {
		p.Samples = other.Pool
	}
	if drop := relevantClasses(s, other); slices.Contains(drop, true) {
		var positions []int
		for i, y := range p.Labels {
			if !drop[y] {
				positions = append(positions, i)
			}
		}
		p.Samples = p.At(positions)
		p.Name += ", without classes that resemble those of " + s.Name
	}
	if p.Len() == 0 {
		return nil, fmt.Errorf("every class of %s (%s) is one of %s: name another set", other.ID, brief(other.Classes), s.ID)
	}
	return p, f.fit(p, s)
}

// checkColors returns an error for color images that would be mixed with gray ones.
func checkColors(channels int, id string, s *Set) error {
	if channels > s.C {
		return fmt.Errorf("color images of %s cannot stand beside the gray ones of %s", id, s.ID)
	}
	return nil
}

// resized returns the images at the size of s (bilinear, as in decodeImage), with
// gray copied to all channels.
func (f Files) resized(from Samples, s *Set) (Samples, error) {
	if err := checkColors(from.C, from.Set, s); err != nil {
		return Samples{}, err
	}
	out := Samples{Set: from.Set, C: s.C, H: s.H, W: s.W, Labels: from.Labels, Names: from.Names, Pixels: make([]uint8, from.Len()*s.C*s.H*s.W)}
	return out, f.readAll(from.Len(), func(i int) error {
		px, err := from.Read(i)
		if err != nil {
			return err
		}
		to := image.NewGray(image.Rect(0, 0, s.W, s.H))
		dst, plane := out.Image(i), from.H*from.W
		for c := range s.C {
			source := &image.Gray{Pix: px[min(c, from.C-1)*plane:][:plane], Stride: from.W, Rect: image.Rect(0, 0, from.W, from.H)}
			draw.BiLinear.Scale(to, to.Bounds(), source, source.Bounds(), draw.Src, nil)
			copy(dst[c*s.H*s.W:], to.Pix)
		}
		return nil
	})
}

// TooFewIrrelevant reports whether more than a tenth of the irrelevant images that
// D_U needs are missing. It would be another D_U then.
func TooFewIrrelevant(there, needed int) bool { return 10*there < 9*needed }
