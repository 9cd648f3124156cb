package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // image formats of a tree
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"

	"longtail/internal/parallel"

	"golang.org/x/image/draw"
)

// Limits of decoded images, in pixels. An image larger than anyImage may have only
// pixelsAByte pixels per byte of its file. No PNG has more: deflate expands a byte to
// at most 1032 bytes of eight pixels each. Photographs have fewer than 100, but a GIF
// may claim any size.
const (
	maxImage     = 200 << 20
	anyImage     = 16 << 20
	pixelsAByte  = 8 * 1032
	longestShape = 100 // the longer side over the shorter
)

// tree decodes image files below a folder. It cannot read files outside, whatever a
// list or link says.
type tree struct {
	root  *os.Root
	paths []string // below root, with slashes
	short int      // the shorter side is resized to this length
	side  int      // then the middle side×side is cropped
	exif  bool     // photographs are rotated upright by their Exif orientation

	remedy string // ends the error of an image that cannot be read
}

// Decode implements Decoder.
func (t *tree) Decode(i int, dst []uint8) error {
	if err := t.read(i, dst); err != nil {
		return fmt.Errorf("%s: %w%s", filepath.Join(t.root.Name(), t.paths[i]), err, t.remedy)
	}
	return nil
}

// read is Decode, but its error is only the reason, without the file.
func (t *tree) read(i int, dst []uint8) error {
	b, err := t.root.ReadFile(filepath.FromSlash(t.paths[i]))
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		at := t.link(t.paths[i])
		switch missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission); {
		case at == t.paths[i]:
			return fmt.Errorf("%w: it is a link that leads nowhere, is absolute or leaves the folder; put the image itself there", path.Err)
		case at != "" && !missing:
			return fmt.Errorf("%w: %s is a link that is absolute or leaves the folder; put the images themselves there, or the list beside them", path.Err, at)
		}
		return path.Err
	}
	if err != nil {
		return err
	}
	held := 1
	if t.exif {
		held = orientation(b)
	}
	return decodeImage(b, held, t.short, t.side, dst)
}

// link returns the first symbolic link on a path; "": there is none.
func (t *tree) link(name string) string {
	for i := range len(name) + 1 {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if info, err := t.root.Lstat(filepath.FromSlash(name[:i])); err != nil {
			return ""
		} else if info.Mode()&fs.ModeSymlink != 0 {
			return name[:i]
		}
	}
	return ""
}

// decodeImage resizes an image so that its shorter side is short and writes the
// middle side×side pixels as three planes to dst. The filter is a triangle as wide as
// the reduction (PIL's bilinear). Transparent pixels are black; gray images have
// three equal planes. held is the Exif orientation; 1 uses the image as it is stored.
func decodeImage(b []byte, held, short, side int, dst []uint8) error {
	about, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("no image that can be read (JPEG, PNG, GIF): %w", err)
	}
	if about.Width < 1 || about.Height < 1 || about.Width > maxImage/about.Height {
		return fmt.Errorf("an image of %d×%d pixels is not read", about.Width, about.Height)
	}
	if about.Width*about.Height > max(anyImage, pixelsAByte*len(b)) {
		return fmt.Errorf("an image of %d×%d pixels in %d bytes is damaged or hostile", about.Width, about.Height, len(b))
	}
	if about.Width > longestShape*about.Height || about.Height > longestShape*about.Width {
		return fmt.Errorf("an image of %d×%d pixels is too narrow", about.Width, about.Height)
	}
	from, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("damaged image: %w", err)
	}
	if frame := from.Bounds(); frame.Dx() != about.Width || frame.Dy() != about.Height { // a GIF's frame may cover part of its canvas
		canvas := image.NewNRGBA(image.Rect(0, 0, about.Width, about.Height))
		draw.Draw(canvas, frame, from, frame.Min, draw.Src)
		from = canvas
	}
	from = upright(from, held)
	w, h := from.Bounds().Dx(), from.Bounds().Dy()
	rw, rh := short, short
	if w < h {
		rh = short * h / w
	} else {
		rw = short * w / h
	}
	to := image.NewRGBA(image.Rect(0, 0, rw, rh))
	for i := 3; i < len(to.Pix); i += 4 {
		to.Pix[i] = 255
	}
	if rw == w && rh == h {
		draw.Draw(to, to.Bounds(), from, from.Bounds().Min, draw.Over)
	} else {
		draw.BiLinear.Scale(to, to.Bounds(), from, from.Bounds(), draw.Over, nil)
	}
	left, top := middle(rw, side), middle(rh, side)
	plane := side * side
	for y := range side {
		row := to.Pix[to.PixOffset(left, top+y):]
		for x := range side {
			for c := range Channels {
				dst[c*plane+y*side+x] = row[4*x+c]
			}
		}
	}
	return nil
}

// middle returns the start of the middle part of a length, as in torchvision's
// CenterCrop: Python rounds halves to even.
func middle(all, part int) int { return int(math.RoundToEven(float64(all-part) / 2)) }

// readAll calls read for each of n images in parallel and reports the progress.
func (f Files) readAll(n int, read func(i int) error) error {
	var mu sync.Mutex
	done := 0
	return parallel.Each(n, 16, func(i int) error {
		if err := read(i); err != nil || f.Report == nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		return f.Report(done, n)
	})
}

// load decodes all images of a set into memory.
func (f Files) load(s *Set) error {
	n := s.Train.Len()
	for _, l := range []*Samples{&s.Train, &s.Test} {
		l.Pixels = make([]uint8, l.Len()*l.C*l.H*l.W)
	}
	err := f.readAll(n+s.Test.Len(), func(i int) error {
		if i < n {
			return s.Train.Lazy.Decode(i, s.Train.Image(i))
		}
		return s.Test.Lazy.Decode(i-n, s.Test.Image(i-n))
	})
	s.Train.Lazy, s.Test.Lazy = nil, nil
	return err
}

// ready fills the cache of a set if Ready is set.
func (f Files) ready(s *Set) error {
	for _, l := range []*Samples{&s.Train, &s.Test} {
		c, is := l.Lazy.(*imageCache)
		if !f.Ready || !is {
			continue
		}
		if err := f.readAll(l.Len(), decodeMissing(c, c.image)); err != nil {
			return err
		}
	}
	return nil
}
