package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"longtail/results"
)

// predictionsHeader begins every file of predictions.
const predictionsHeader = "image,true,predicted,confidence\n"

// mayReplace refuses to write predictions over a file that holds anything else.
func mayReplace(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--predictions: %w", err)
	}
	defer f.Close()
	have := make([]byte, len(predictionsHeader))
	if n, err := io.ReadFull(f, have); err != nil || string(have[:n]) != predictionsHeader {
		return usageError{fmt.Errorf("--predictions %s: it is there and holds no predictions; choose another name, or delete it", path)}
	}
	return nil
}

// writePredictions writes a row an image, in their order, in one step. labels
// nil: there are none. Classes beyond names are called by their number.
func writePredictions(path string, images, names []string, labels, predicted []int32, confidence []float64) error {
	class := func(c int32) string {
		if int(c) < len(names) {
			return names[c]
		}
		return strconv.Itoa(int(c))
	}
	b := bytes.NewBufferString(predictionsHeader)
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
