package own

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"longtail/results"
)

// PredictionsHeader begins every file of predictions.
const PredictionsHeader = "image,true,predicted,confidence\n"

// WritePredictions writes a row an image, in their order, in one step. labels
// nil: there are none. Classes beyond names are called by their number.
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

// imageName is an image's file, or its number where images are not files of
// their own.
func imageName(names []string, i int) string {
	if names == nil {
		return strconv.Itoa(i)
	}
	return names[i]
}

// shortFloat is a probability with as many digits as a float32 has.
func shortFloat(p float64) string { return strconv.FormatFloat(p, 'g', 7, 64) }
