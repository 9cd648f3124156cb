package dataset

import (
	"errors"
	"fmt"
	"io"

	"longtail/dataset/internal/mat"
)

// readSVHN reads a .mat file of SVHN's cropped digits. It holds X, 32×32×3×N bytes
// with the row index fastest, and y, N labels from 1 to 10, where 10 is the digit 0.
// size is the file's, −1 if unknown. From a truncated file it returns the complete
// images with a *truncatedError. Their labels, which follow X, may be missing.
func readSVHN(r io.Reader, size int64, name string) (Samples, error) {
	const side, image = 32, 32 * 32 * 3
	out := Samples{Set: "svhn", C: 3, H: side, W: side}
	announced := 0
	const types = "; save X as uint8 and y as uint8 or double" // mat passes over others
	fail := func(format string, a ...any) error {
		return fmt.Errorf("%s: %s", name, fmt.Sprintf(format, a...))
	}
	const most = 1 << 20 // images, to limit memory however well they are compressed
	seen := map[string]bool{}
	err := mat.Each(r, size, func(a *mat.Array) error {
		if seen[a.Name] {
			return fmt.Errorf("the array %.40q stands twice", a.Name)
		}
		seen[a.Name] = true
		switch a.Name {
		case "X":
			if len(a.Dims) == 3 { // MATLAB drops a last dimension of 1
				a.Dims = append(a.Dims, 1)
			}
			if len(a.Dims) != 4 || a.Dims[0] != side || a.Dims[1] != side || a.Dims[2] != 3 || a.Type != mat.Uint8 {
				return fmt.Errorf("the images X have dimensions %v and type %d, 32×32×3×N bytes are expected", a.Dims, a.Type)
			}
			if a.Dims[3] > most {
				return fmt.Errorf("%d images: the largest file of SVHN has 531,131", a.Dims[3])
			}
			announced = a.Dims[3]
			var err error
			out.Pixels, err = rowMajor(a.Elements, announced*image, side, int(size))
			return err
		case "y":
			if a.Len > most {
				return fmt.Errorf("%d labels: the largest file of SVHN has 531,131", a.Len)
			}
			values, err := a.Float64s()
			if err != nil {
				return err
			}
			for i, v := range values {
				if v != float64(int(v)) || v < 1 || v > 10 {
					return fmt.Errorf("label %v of image %d: SVHN's are 1 to 10, 10 for the digit 0", v, i)
				}
				out.Labels = append(out.Labels, int32(v)%10)
			}
		}
		return nil
	})
	images := len(out.Pixels) / image
	if errors.Is(err, mat.ErrTruncated) {
		out.Pixels = out.Pixels[:images*image]
		gone := len(out.Labels) < images
		if gone {
			out.Labels = nil
		} else {
			out.Labels = out.Labels[:images]
		}
		return out, &truncatedError{File: name, Images: images, Of: announced, LabelsGone: gone, Explanation: err}
	}
	switch {
	case err != nil:
		return Samples{}, fail("%v", err)
	case announced == 0:
		return Samples{}, fail("it holds no images X: SVHN's *_32x32.mat files are expected" + types)
	case !seen["y"]:
		return Samples{}, fail("it holds no labels y" + types)
	case len(out.Labels) != images:
		return Samples{}, fail("%d images and %d labels", images, len(out.Labels))
	}
	return out, nil
}

// rowMajor reads total bytes of side×side planes with the row index fastest and
// returns them with the column index fastest. It takes memory in proportion to the
// compressed bytes, which exist, and to what it has read. On an error it returns the
// planes before.
func rowMajor(r io.Reader, total, side, packed int) ([]uint8, error) {
	const proof, times = 8 << 20, 4
	plane := side * side
	out := make([]uint8, 0, min(total, max(proof, times*packed)))
	buf := make([]uint8, 48*plane)
	for len(out) < total {
		want := min(len(buf), total-len(out))
		n, err := io.ReadFull(r, buf[:want])
		if cap(out)-len(out) < want {
			out = append(make([]uint8, 0, min(total, times*(len(out)+want))), out...)
		}
		for p := 0; p+plane <= n; p += plane {
			from := buf[p : p+plane]
			out = out[:len(out)+plane]
			to := out[len(out)-plane:]
			for row := range side {
				for col := range side {
					to[row*side+col] = from[col*side+row]
				}
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return out, err
		}
	}
	return out, nil
}
