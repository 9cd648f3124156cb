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

// listTrained writes FileTrained: a checksum of the pixels of every image that is
// trained on, so that it is recognized at any path and in any format. Images of the
// models that the run begins with follow. It also counts the test images among these
// in the result. It writes no file for official sets, which have their own test
// images, or for images not in memory.
func (r *run) listTrained() error {
	official := dataset.Named(r.Data)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"image", "pixels"})
	listed := map[string]bool{}
	list := func(s dataset.Samples, positions []int) {
		if s.Lazy != nil {
			return
		}
		for _, p := range positions {
			sum := pixelSum(s.Image(p))
			listed[sum] = true
			w.Write([]string{imageName(s.Names, p), sum})
		}
	}
	if !official {
		list(r.Set.Train, r.Positions)
	}
	switch {
	case r.pseudo != nil:
		list(r.UnlabeledSet.Train, r.pseudo.kept)
	case r.UnlabeledSet != nil:
		list(r.UnlabeledSet.Train, r.UnlabeledSet.Train.Positions())
	}
	for _, m := range r.initialModels() {
		rows, _ := readTrained(m.file) // if there are none, noteLeak says so
		for _, row := range rows {
			if sum := row[len(row)-1]; !listed[sum] {
				listed[sum] = true
				w.Write(row)
			}
		}
	}
	if test := r.Set.Test; r.test != nil && test.Lazy == nil && len(listed) > 0 {
		for i := range test.Len() {
			if listed[pixelSum(test.Image(i))] {
				r.result.TestTrainedOn++
			}
		}
	}
	if official || r.lazy() {
		return nil
	}
	w.Flush()
	return results.WriteFile(r.path(FileTrained), b.Bytes())
}

type givenModel struct{ flag, file string }

// initialModels returns the models that the run is given by --init and --base.
func (r *run) initialModels() []givenModel {
	return slices.DeleteFunc([]givenModel{{"--init", r.Init}, {"--base", r.Base}}, func(m givenModel) bool { return m.file == "" })
}

// readTrained reads the rows of the FileTrained beside a model, without its heading.
// known is false if it is missing, empty or damaged.
func readTrained(model string) (rows [][]string, known bool) {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(model), FileTrained))
	if err == nil {
		rows, err = csv.NewReader(bytes.NewReader(b)).ReadAll()
	}
	if err != nil || len(rows) == 0 {
		return nil, false
	}
	return rows[1:], true
}

// trainedOn returns the names of the images that the run beside a model was trained
// on, pixel for pixel. known is false if there is no FileTrained, or if the images
// are not in memory or not of the run's size.
func trainedOn(model string, images dataset.Samples) (names []string, known bool) {
	rows, known := readTrained(model)
	of, _ := runOfModel(model)
	if !known || images.Lazy != nil || of.Height != 0 && (of.Height != images.H || of.Width != images.W) {
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

// pixelSum returns a checksum that identifies an image: the first 8 bytes of the
// SHA-256 of its pixels.
func pixelSum(pixels []uint8) string {
	sum := sha256.Sum256(pixels)
	return hex.EncodeToString(sum[:8])
}
