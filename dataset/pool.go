package dataset

import (
	"encoding/csv"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/draw"
)

// Pool is what D_U is drawn from.
type Pool struct {
	Samples
	Name   string // for results: which pool it was
	Mark   string // Unverified, or ""
	Digest string
	Note   string
}

// Names of pools.
const (
	PoolHeldOut = "held-out" // training images that no labelled subset of this data seed and n_max uses
	PoolAuthors = "authors"  // the pickle that Yang & Xu published, for CIFAR-10
	PoolExtra   = "extra"    // SVHN's extra images
)

const authorsPickle = "ti_80M_selected.pickle"

// OpenPool opens the pool for a labelled subset: one of the names above, a
// .pickle file, or another data set, whose training images are used with their
// labels mapped to classes of the subset's set (ReadClassMap; mapping "" takes
// classes of the same name). "" is the set's own pool, SVHN's extra images or
// the authors' pickle, whichever is there.
func (f Files) OpenPool(sub *Subset, name, mapping string) (*Pool, error) {
	s := sub.Set
	p, err := f.openPool(sub, name, mapping)
	if err != nil {
		return nil, err
	}
	if p.C != s.C || p.H != s.H || p.W != s.W {
		if p.Samples, err = fit(p.Samples, s); err != nil {
			return nil, err
		}
		p.Note = strings.TrimPrefix(p.Note+"; images resized", "; ")
	}
	p.Set = s.ID
	if p.Digest == "" {
		p.Digest = (&Set{Pool: p.Samples}).digest()
	}
	return p, nil
}

func (f Files) openPool(sub *Subset, name, mapping string) (*Pool, error) {
	s := sub.Set
	inDir := func(file string) string {
		for _, c := range f.candidates(&official{folders: []string{strings.ToLower(s.ID), strings.ToUpper(s.ID)}}, file) {
			if f.Dir != "" && regular(c) {
				return c
			}
		}
		return ""
	}
	switch name {
	case "":
		switch {
		case s.Pool.Len() > 0:
			return &Pool{Samples: s.Pool, Name: s.ID + " pool", Mark: s.Mark, Digest: s.Digest}, nil
		case s.ID == "svhn" && inDir("extra_32x32.mat") != "":
			return f.openPool(sub, PoolExtra, "")
		case s.ID == "cifar10" && inDir(authorsPickle) != "":
			return f.openPool(sub, PoolAuthors, "")
		}
		return nil, fmt.Errorf("dataset: no pool of unlabeled images for %s: choose --pool held-out (with --n-max below the class size), a .pickle file or another data set (with --pool-map)", s.ID)
	case PoolHeldOut:
		if len(sub.HeldOut) == 0 {
			return nil, fmt.Errorf("dataset: %s: no training image is held out at n_max = %d: lower --n-max (700 leaves 4,300 a class of CIFAR-10)", s.ID, sub.LongTail.NMax)
		}
		return &Pool{Samples: s.Train.At(sub.HeldOut), Name: "held-out images of " + s.Name, Mark: s.Mark}, nil
	case PoolExtra:
		o := findOfficial(s.ID)
		if o == nil || o.extra == nil {
			return nil, fmt.Errorf("dataset: %s has no extra images; SVHN has", s.ID)
		}
		l := o.layouts[0]
		l.train, l.test, l.archive = []part{*o.extra}, nil, ""
		r, err := f.layout(&official{about: o.about, folders: o.folders, layouts: []layout{l}})
		if err != nil {
			return nil, err
		}
		parts, err := r.read(l.train)
		if err != nil {
			return nil, err
		}
		samples, err := join(s, parts, nil)
		p := &Pool{Samples: samples, Name: s.Name + " extra", Note: parts[0].note}
		if p.Note != "" {
			p.Mark = Unverified
		}
		return p, err
	case PoolAuthors:
		file := inDir(authorsPickle)
		if file == "" {
			return nil, fmt.Errorf("dataset: %s is not in %q: longtail data where %s", authorsPickle, f.Dir, s.ID)
		}
		name = file
	}
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".pickle" || ext == ".pkl" {
		return f.openPickledPool(s, name)
	}
	return f.openMappedPool(s, name, mapping)
}

// openPickledPool reads a pickle of which no checksum is known.
func (f Files) openPickledPool(s *Set, file string) (*Pool, error) {
	if !f.AllowUnverified {
		return nil, fmt.Errorf("dataset: %s: no official checksum of this pool is known: --allow-unverified takes it and marks every result", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	samples, err := ReadPoolPickle(b, file, len(s.Classes))
	return &Pool{Samples: samples, Name: filepath.Base(file), Mark: Unverified, Note: "no official checksum is known"}, err
}

// openMappedPool takes the images of another set.
func (f Files) openMappedPool(s *Set, name, mapping string) (*Pool, error) {
	other, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	from := other.Train
	if from.Len() == 0 {
		from = other.Pool
	}
	to := map[int32]int32{}
	if mapping == "" {
		for c, n := range other.Classes {
			if k := slices.IndexFunc(s.Classes, func(m string) bool { return strings.EqualFold(m, n) }); k >= 0 {
				to[int32(c)] = int32(k)
			}
		}
	} else if to, err = ReadClassMap(mapping, other.Classes, s.Classes); err != nil {
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
	if len(positions) == 0 {
		return nil, fmt.Errorf("dataset: no class of %s (%s) stands for one of %s: give --pool-map with lines of their class,our class", other.ID, brief(other.Classes), s.ID)
	}
	out := from.At(positions)
	out.Labels = labels
	return &Pool{Samples: out, Name: other.Name + ", classes mapped", Mark: other.Mark}, nil
}

func brief(names []string) string {
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// ReadClassMap reads a CSV file of lines "class of the other set,class of ours"
// with names or numbers; several may map to one, and those not named are left
// out.
func ReadClassMap(file string, from, to []string) (map[int32]int32, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	defer in.Close()
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.Comment, r.TrimLeadingSpace = 2, '#', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: two fields a line, their class and ours, are expected: %w", file, err)
	}
	out := map[int32]int32{}
	for _, row := range rows {
		a, err := classID(row[0], from)
		if err != nil {
			return nil, fmt.Errorf("dataset: %s: %w", file, err)
		}
		b, err := classID(row[1], to)
		if err != nil {
			return nil, fmt.Errorf("dataset: %s: %w", file, err)
		}
		if old, ok := out[a]; ok && old != b {
			return nil, fmt.Errorf("dataset: %s: class %q is mapped twice", file, row[0])
		}
		out[a] = b
	}
	return out, nil
}

func classID(name string, classes []string) (int32, error) {
	name = strings.TrimSpace(name)
	if i := slices.IndexFunc(classes, func(c string) bool { return strings.EqualFold(c, name) }); i >= 0 {
		return int32(i), nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(classes) {
		return int32(i), nil
	}
	return 0, fmt.Errorf("%q is none of the classes %s", name, brief(classes))
}

// lookAlikes are the classes of CIFAR-100 that resemble one of CIFAR-10's:
// vehicles and mammals. The choice is ours (paper-spec 2.3.1).
var lookAlikes = strings.Fields(`
	bicycle bus motorcycle pickup_truck train lawn_mower rocket streetcar tank tractor
	bear leopard lion tiger wolf camel cattle chimpanzee elephant kangaroo
	fox porcupine possum raccoon skunk hamster mouse rabbit shrew squirrel
	beaver dolphin otter seal whale`)

// OpenIrrelevant opens images of no class of s: the training images of another
// set (its pool where it has no others). Of CIFAR-100 beside CIFAR-10 the
// vehicles and mammals are left out, and classes of the same name as one of s
// always are.
func (f Files) OpenIrrelevant(s *Set, name string) (Samples, error) {
	other, err := f.Open(name)
	if err != nil {
		return Samples{}, err
	}
	if other.ID == s.ID {
		return Samples{}, fmt.Errorf("dataset: images of %s are not irrelevant to it: name another set", s.ID)
	}
	from := other.Train
	if from.Len() == 0 {
		from = other.Pool
	}
	drop := make([]bool, len(other.Classes))
	for c, n := range other.Classes {
		drop[c] = slices.ContainsFunc(s.Classes, func(m string) bool { return strings.EqualFold(m, n) }) ||
			s.ID == "cifar10" && other.ID == "cifar100" && slices.Contains(lookAlikes, n)
	}
	if !slices.Contains(drop, true) && from.C == s.C && from.H == s.H && from.W == s.W {
		return from, nil
	}
	var positions []int
	for i, y := range from.Labels {
		if !drop[y] {
			positions = append(positions, i)
		}
	}
	return fit(from.At(positions), s)
}

// fit resizes images to the size of s (bilinear, as decodeImage) and copies
// grey to all channels.
func fit(from Samples, s *Set) (Samples, error) {
	if from.C == s.C && from.H == s.H && from.W == s.W {
		return from, nil
	}
	if from.C > s.C {
		return Samples{}, fmt.Errorf("dataset: colour images of %s cannot stand beside the grey ones of %s", from.Set, s.ID)
	}
	out := Samples{Set: from.Set, C: s.C, H: s.H, W: s.W, Labels: from.Labels, Pixels: make([]uint8, from.Len()*s.C*s.H*s.W)}
	var buf []uint8
	to := image.NewGray(image.Rect(0, 0, s.W, s.H))
	for i := range from.Len() {
		px, err := from.Read(i, buf)
		if err != nil {
			return Samples{}, err
		}
		if from.Lazy != nil {
			buf = px
		}
		dst, plane := out.Image(i), from.H*from.W
		for c := range s.C {
			source := &image.Gray{Pix: px[min(c, from.C-1)*plane:][:plane], Stride: from.W, Rect: image.Rect(0, 0, from.W, from.H)}
			draw.BiLinear.Scale(to, to.Bounds(), source, source.Bounds(), draw.Src, nil)
			copy(dst[c*s.H*s.W:], to.Pix)
		}
	}
	return out, nil
}
