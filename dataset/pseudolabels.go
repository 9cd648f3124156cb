package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"longtail/internal/plural"
)

// PseudoLabels are labels that a model assigned to a list of images.
type PseudoLabels struct {
	Labels     []int32   // by position in the list; -1: none
	Confidence []float64 // probability of each label, from 0 to 1; nil: not given
	Model      string    // what made them; "": not given
	Truth      []int32   // true labels; nil: not given
}

// Wrong returns the share of labels that differ from the true ones. known is false if
// these are not given.
func (p PseudoLabels) Wrong() (share float64, known bool) {
	wrong := 0
	for i, y := range p.Truth {
		if p.Labels[i] != y {
			wrong++
		}
	}
	return float64(wrong) / float64(max(len(p.Truth), 1)), len(p.Truth) > 0
}

// ReadPseudoLabels reads a pickle of pseudo-labels as the released program writes it
// (extrapolated_targets, prediction_model, ground_truth). Another number of labels
// than images is an error.
func ReadPseudoLabels(b []byte, name string, images, classes int) (PseudoLabels, error) {
	d, err := pickledDict(b, name)
	if err != nil {
		return PseudoLabels{}, err
	}
	var out PseudoLabels
	read := func(key string) ([]int32, error) {
		y, err := pickledInts(d, name, key)
		if err != nil {
			return nil, err
		}
		if len(y) != images {
			return nil, fmt.Errorf("%s: %s has %d labels, the pool has %d images: it was made for another pool", name, key, len(y), images)
		}
		return asLabels(y, name, classes)
	}
	if out.Labels, err = read("extrapolated_targets"); err != nil {
		return PseudoLabels{}, err
	}
	if _, ok := d.Get("ground_truth"); ok {
		if out.Truth, err = read("ground_truth"); err != nil {
			return PseudoLabels{}, err
		}
	}
	if v, ok := d.Get("prediction_model"); ok {
		out.Model, _ = v.(string)
	}
	return out, nil
}

// ReadPseudoLabelsCSV reads pseudo-labels from a CSV file. Its first line names the
// columns in any order: image, label (or predicted, as eval writes) and optionally
// confidence (from 0 to 1) and used (yes or no). Other columns are ignored. images
// are the names that the column image may have, in the order of the list; labels are
// class names. An image without a line, or not used, has no label.
func ReadPseudoLabelsCSV(b []byte, name string, images, classes []string) (PseudoLabels, error) {
	if err := isUTF8(b, name); err != nil {
		return PseudoLabels{}, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.TrimLeadingSpace = true
	heading, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return PseudoLabels{}, fmt.Errorf("%s: %w", name, err)
	}
	twice := ""
	column := func(of string) int {
		at := -1
		for i, h := range heading {
			if strings.EqualFold(strings.TrimSpace(h), of) {
				if at >= 0 {
					twice = of
				}
				at = i
			}
		}
		return at
	}
	image, label, confidence, used := column("image"), column("label"), column("confidence"), column("used")
	if label < 0 {
		label = column("predicted")
	}
	if twice != "" {
		return PseudoLabels{}, fmt.Errorf("%s: the first line names the column %s twice", name, twice)
	}
	if image < 0 || label < 0 {
		return PseudoLabels{}, fmt.Errorf("%s: the first line must name the columns image and label (or predicted); it is %.80q%s", name, strings.Join(heading, ","), separator(strings.Join(heading, ",")))
	}
	out := PseudoLabels{Labels: slices.Repeat([]int32{-1}, len(images))}
	if confidence >= 0 {
		out.Confidence = make([]float64, len(images))
	}
	at, class := map[string]int{}, map[string]int32{}
	for i, n := range images {
		at[path.Clean(n)] = i
	}
	for y, n := range classes {
		class[n] = int32(y)
	}
	seen, labels, unsaid := map[string]int{}, 0, 0 // unsaid: labels without a confidence
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return PseudoLabels{}, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		wrong := func(format string, args ...any) (PseudoLabels, error) {
			return PseudoLabels{}, fmt.Errorf("%s: line %d: %s", name, line, fmt.Sprintf(format, args...))
		}
		which := path.Clean(filepath.ToSlash(fields[image]))
		i, known := at[which]
		if !known {
			return wrong("there is no unlabeled image %.80q", fields[image])
		}
		if err := checkUnique(seen, which, name, line); err != nil {
			return PseudoLabels{}, err
		}
		if used >= 0 {
			switch strings.ToLower(strings.TrimSpace(fields[used])) {
			case "yes":
			case "no":
				continue
			default:
				return wrong("used is %.40q: yes or no is expected", fields[used])
			}
		}
		y, known := class[fields[label]]
		if !known {
			y, known = class[strings.TrimSpace(fields[label])]
		}
		if !known {
			return wrong("there is no class %.80q; there are %s%s", fields[label], plural.Names(classes), Accents(strings.TrimSpace(fields[label]), classes))
		}
		if confidence >= 0 {
			if text := strings.TrimSpace(fields[confidence]); text == "" {
				unsaid++
			} else if out.Confidence[i], err = strconv.ParseFloat(text, 64); err != nil || !(out.Confidence[i] >= 0 && out.Confidence[i] <= 1) {
				return wrong("the confidence %.40q is no number from 0 to 1", fields[confidence])
			}
		}
		out.Labels[i] = y
		if labels++; unsaid > 0 && unsaid < labels {
			return wrong("some images have a confidence and some have none")
		}
	}
	if unsaid > 0 {
		out.Confidence = nil
	}
	if labels == 0 {
		return PseudoLabels{}, fmt.Errorf("%s: it labels no image", name)
	}
	return out, nil
}
