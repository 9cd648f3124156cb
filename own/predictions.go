package own

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"longtail/results"
)

// PredictionsHeader is the first line of a file of predictions.
const PredictionsHeader = "image,true,predicted,confidence\n"

// WritePredictions writes a CSV file with one row per image, in their order,
// atomically. images nil: they are numbered; labels nil: the true classes stay empty.
// A class beyond names is written as its number.
func WritePredictions(path string, images, names []string, labels, predicted []int32, confidence []float64) error {
	class := func(c int32) string {
		if int(c) < len(names) {
			return names[c]
		}
		return strconv.Itoa(int(c))
	}
	b := bytes.NewBufferString(PredictionsHeader)
	w := csv.NewWriter(b)
	for i, p := range predicted {
		truth := ""
		if labels != nil {
			truth = class(labels[i])
		}
		w.Write([]string{imageName(images, i), truth, class(p), shortFloat(confidence[i])})
	}
	w.Flush()
	return results.WriteFile(path, b.Bytes())
}

// imageName returns an image's file, or its number if names is nil.
func imageName(names []string, i int) string {
	if names == nil {
		return strconv.Itoa(i)
	}
	return names[i]
}

// shortFloat formats a probability with the seven digits that a float32 has.
func shortFloat(p float64) string { return strconv.FormatFloat(p, 'g', 7, 64) }
