package own

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"longtail/dataset"
	"longtail/results"
)

// listTrained leaves FileTrained: the images of one's own that are trained on, by
// their pixels, so that they are known again wherever they lie and in whatever form.
// Images that are not held in memory are not listed, and those of official sets,
// which bring their test images.
func (r *run) listTrained() error {
	if r.lazy() || slices.Contains(dataset.Known(), r.Data) {
		return nil
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"image", "pixels"})
	list := func(s dataset.Samples, positions []int) {
		for _, p := range positions {
			w.Write([]string{imageName(s.Names, p), pixelSum(s.Image(p))})
		}
	}
	list(r.Set.Train, r.Positions)
	switch {
	case r.pseudo != nil:
		list(r.More.Train, r.pseudo.kept)
	case r.More != nil:
		list(r.More.Train, counted(r.More.Train.Len()))
	}
	w.Flush()
	return results.WriteFile(r.path(FileTrained), b.Bytes())
}

// TrainedOn returns the names of those of the images that the run beside a model was
// trained on, pixel for pixel. known is false where that cannot be told: there is
// no FileTrained, or the images are not in memory.
func TrainedOn(model string, images dataset.Samples) (names []string, known bool) {
	f, err := os.Open(filepath.Join(filepath.Dir(model), FileTrained))
	if err != nil || images.Lazy != nil {
		return nil, false
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, false
	}
	have := map[string]bool{}
	for _, row := range rows {
		have[row[len(row)-1]] = true
	}
	for i := range images.Len() {
		if have[pixelSum(images.Image(i))] {
			names = append(names, imageName(images.Names, i))
		}
	}
	return names, true
}

// pixelSum tells images apart.
func pixelSum(pixels []uint8) string {
	sum := sha256.Sum256(pixels)
	return hex.EncodeToString(sum[:8])
}

// counted are the numbers below n.
func counted(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
