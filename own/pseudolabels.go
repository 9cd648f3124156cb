package own

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"longtail/dataset"
	"longtail/internal/plural"
	"longtail/nn/kernel"
	"longtail/results"
	"longtail/score"
)

// pseudoLabels are the labels of the unlabeled images, from a base classifier or a
// file.
type pseudoLabels struct {
	Unlabeled
	labels     []int32   // -1: none
	confidence []float64 // probability of each label; nil: not known
	kept       []int     // positions of the images that are trained on, ascending
}

// trainsBase reports whether the run begins by training a base classifier.
func (t Training) trainsBase() bool {
	return t.UnlabeledSet != nil && t.SSL == "" && t.Base == "" && t.PseudoLabels == ""
}

// baseTraining returns the run of the base classifier, in the run's folder.
func (t Training) baseTraining() Training {
	t.Settings, t.Dir, t.UnlabeledSet = t.BaseSettings, t.path(folderBase), nil
	return t
}

// base returns the file of the base classifier. It trains one if none is given.
func (r *run) base(ctx context.Context) (string, error) {
	if !r.trainsBase() {
		return r.Base, nil
	}
	base := r.baseTraining()
	fmt.Fprintf(r.Log, "base classifier, in %s:\n", base.Dir)
	return base.path(FileLast), base.Train(ctx)
}

// label returns a label for every unlabeled image, from --pseudo-labels or the base
// classifier. It keeps those that reach the threshold; if there are none, that is an
// error.
func (r *run) label(ctx context.Context) (p *pseudoLabels, err error) {
	if r.PseudoLabels != "" {
		p, err = r.readLabels()
	} else {
		p, err = r.classify(ctx)
	}
	if err != nil {
		return nil, err
	}
	p.Images, p.PseudoCounts, p.Skipped = len(p.labels), make([]int, len(r.Set.Classes)), r.UnlabeledSet.Skipped
	for i, y := range p.labels {
		if y >= 0 && (r.Threshold == 0 || p.confidence[i] >= r.Threshold) {
			p.kept = append(p.kept, i)
			p.PseudoCounts[y]++
		}
	}
	if p.LeftOut = p.Images - len(p.kept); len(p.kept) == 0 {
		return nil, fmt.Errorf("--threshold %v: no label of the %d unlabeled images is that sure", r.Threshold, p.Images)
	}
	return p, nil
}

// readLabels reads the file --pseudo-labels, a .csv file or a pickle.
func (r *run) readLabels() (*pseudoLabels, error) {
	b, err := os.ReadFile(r.PseudoLabels)
	if err != nil {
		return nil, fmt.Errorf("--pseudo-labels: %w", err)
	}
	n := r.UnlabeledSet.Train.Len()
	var read dataset.PseudoLabels
	switch strings.ToLower(filepath.Ext(r.PseudoLabels)) {
	case ".csv":
		names := make([]string, n)
		for i := range names {
			names[i] = imageName(r.UnlabeledSet.Train.Names, i)
		}
		read, err = dataset.ReadPseudoLabelsCSV(b, r.PseudoLabels, names, r.Set.Classes)
	case ".pickle", ".pkl":
		read, err = dataset.ReadPseudoLabels(b, r.PseudoLabels, n, len(r.Set.Classes))
	default:
		err = fmt.Errorf("%s: a .csv file or a .pickle is expected", r.PseudoLabels)
	}
	if err != nil {
		return nil, fmt.Errorf("--pseudo-labels: %w", err)
	}
	if r.Threshold > 0 && read.Confidence == nil {
		return nil, fmt.Errorf("--threshold needs to know how sure the labels are: %s has no confidence", r.PseudoLabels)
	}
	from := r.PseudoLabels
	if read.Model != "" {
		from += ", made by " + read.Model
	}
	if wrong, known := read.Wrong(); known {
		from += fmt.Sprintf("; %.1f %% of them wrong, by the true labels that it holds", 100*wrong)
	}
	fmt.Fprintf(r.Log, "%d unlabeled images, labels from %s\n", n, from)
	r.noteUnlabeled()
	return &pseudoLabels{Unlabeled: Unlabeled{PseudoLabels: r.PseudoLabels}, labels: read.Labels, confidence: read.Confidence}, nil
}

// noteUnlabeled logs how many unlabeled images are also test images or labeled
// training images.
func (r *run) noteUnlabeled() {
	tested, knownTested := Shared(r.UnlabeledSet.Train, r.Set.Test)
	labeled, knownLabeled := Shared(r.UnlabeledSet.Train, Trained(r.Set, r.Positions))
	if tested > 0 {
		fmt.Fprintf(r.Log, "note: %d of them are test images, pixel for pixel: the error will look better than it is\n", tested)
	}
	if labeled > 0 {
		fmt.Fprintf(r.Log, "note: %d of them are labeled training images, pixel for pixel: they are trained on twice\n", labeled)
	}
	if !knownTested || !knownLabeled {
		fmt.Fprintln(r.Log, "note: whether some of them are test images or labeled training images is not checked: the images are not held in memory")
	}
}

// classify labels the unlabeled images by the base classifier, in evaluation mode and
// without augmentation. It also measures the base classifier's error on the test
// images.
func (r *run) classify(ctx context.Context) (p *pseudoLabels, err error) {
	path, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	model, err := ReadModel(path)
	if err != nil && r.Base != "" {
		return nil, fmt.Errorf("--base: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	about := model.About
	if about.Classes != nil && !slices.Equal(about.Classes, r.Set.Classes) {
		return nil, fmt.Errorf("--base %s: it knows the classes %s, %s has %s", path, plural.Names(about.Classes), r.Data, plural.Names(r.Set.Classes))
	}
	if err := checkSize("--base "+path, about, r.Set.H, r.Set.W, r.Data); err != nil {
		return nil, err
	}
	as := *r.Set
	if about.Std != [3]float32{} {
		as.Mean, as.Std = about.Mean, about.Std
	} else {
		r.noteNormalization("--base", path)
	}
	m, err := model.compile(cmp.Or(about.Arch, r.Arch), r.Set, min(100, r.UnlabeledSet.Train.Len()), r.Exact, r.Log)
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	defer m.Close()
	if m.classes != len(r.Set.Classes) {
		return nil, fmt.Errorf("--base %s: it knows %d classes, %s has %d", path, m.classes, r.Data, len(r.Set.Classes))
	}
	if r.Threshold > 0 && !m.scaleKnown {
		return nil, fmt.Errorf("--threshold needs to know how sure the labels are: %s", unknownScale(model.Stored))
	}
	fmt.Fprintf(r.Log, "%s labels %d unlabeled images\n", path, r.UnlabeledSet.Train.Len())
	r.noteUnlabeled()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = stoppedError{"stopped; the base classifier is kept, and the same command goes on from there", ctx.Err()}
		}
	}()
	p = &pseudoLabels{Unlabeled: Unlabeled{Base: path}}
	if p.labels, p.confidence, _, err = m.classify(ctx, &as, r.UnlabeledSet.Train, nil); err != nil {
		return nil, fmt.Errorf("%s, on --unlabeled: %w", path, err)
	}
	if r.Set.Test.Len() > 0 {
		predicted, _, truth, err := m.classify(ctx, &as, r.Set.Test, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		wrong, _, _ := score.Scores(truth, predicted, m.classes)
		p.BaseErrorPct = &wrong
	}
	r.BaseSHA256, err = FileSHA256(path)
	return p, err
}

// noteLeak logs how many of the user's test images the run, or a model it begins
// with, was trained on. Official sets have such pairs too and are used as they are.
func (r *run) noteLeak() {
	if dataset.Named(r.Data) {
		return
	}
	if n, known := Shared(r.Set.Test, Trained(r.Set, r.Positions)); !known {
		fmt.Fprintln(r.Log, "note:", LeakUnchecked)
	} else if n > 0 {
		fmt.Fprintf(r.Log, "note: %d of the %d test images are training images as well, pixel for pixel: the error will look better than it is\n", n, r.Set.Test.Len())
	}
	for _, m := range r.initialModels() {
		images := r.Set.Test
		if images.Len() == 0 { // no leak is possible: only the note below matters
			images = r.Set.Train
		}
		names, known := trainedOn(m.file, images)
		if of, _ := runOfModel(m.file); !known && of.DataDigest != "" && !dataset.Named(of.Data) {
			fmt.Fprintf(r.Log, "note: which of these images %s %s was trained on cannot be told, here or by eval and compare: there is no %s beside it, or images are of another size or not held in memory\n", m.flag, m.file, FileTrained)
		}
		if len(names) > 0 && r.Set.Test.Len() > 0 {
			fmt.Fprintf(r.Log, "note: %s %s was trained on %d of the %d test images, pixel for pixel: the error will look better than it is\n", m.flag, m.file, len(names), r.Set.Test.Len())
		}
	}
}

// Trained returns the training images at positions, or all if they are not in memory.
func Trained(s *dataset.Set, positions []int) dataset.Samples {
	if len(positions) < s.Train.Len() && s.Train.Lazy == nil {
		return s.Train.At(positions)
	}
	return s.Train
}

// LeakUnchecked is the note for images that Shared cannot compare.
const LeakUnchecked = "whether test images are training images as well is not checked: the images are not held in memory"

// Shared counts the images of a that are also in b, pixel for pixel. known is false
// if images are not in memory.
func Shared(a, b dataset.Samples) (n int, known bool) {
	if a.Len() == 0 || b.Len() == 0 {
		return 0, true
	}
	if a.Lazy != nil || b.Lazy != nil {
		return 0, false
	}
	have := map[string]bool{}
	for i := range b.Len() {
		have[pixelSum(b.Image(i))] = true
	}
	for i := range a.Len() {
		if have[pixelSum(a.Image(i))] {
			n++
		}
	}
	return n, true
}

// withoutConfidence returns the fields of a pseudo-labels file that decide what is
// trained on. The last digits of confidences differ between kernel sets. A file that
// is not CSV is one field.
func withoutConfidence(file []byte) (fields []string) {
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		return []string{string(file)}
	}
	for _, row := range rows {
		fields = append(fields, slices.Delete(row, min(2, len(row)), min(3, len(row)))...)
	}
	return fields
}

// writePseudo writes the pseudo-labels (one row per image) and their counts (one row
// per class) to the run's folder, and logs the counts. If the file there has other
// labels, for example corrected by hand, that is an error, and they stay.
func (r *run) writePseudo() error {
	p, classes, labeled := r.pseudo, r.Set.Classes, r.result.Labeled()
	var labels, counts bytes.Buffer
	w := csv.NewWriter(&labels)
	w.Write([]string{"image", "label", "confidence", "used"})
	used := slices.Repeat([]string{"no"}, len(p.labels))
	for _, i := range p.kept {
		used[i] = "yes"
	}
	sum, all := make([]float64, len(classes)), make([]int, len(classes))
	for i, y := range p.labels {
		row := []string{imageName(r.UnlabeledSet.Train.Names, i), "", "", used[i]}
		if y >= 0 {
			row[1] = classes[y]
			all[y]++
		}
		if y >= 0 && p.confidence != nil {
			row[2] = shortFloat(p.confidence[i])
			if used[i] == "yes" {
				sum[y] += p.confidence[i]
			}
		}
		w.Write(row)
	}
	w.Flush()
	w = csv.NewWriter(&counts)
	w.Write([]string{"class", "labelled", "pseudo_labelled", "left_out", "mean_confidence"})
	t := tabwriter.NewWriter(r.Log, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "class\tlabeled\tpseudo-labeled\tleft out\tmean confidence\t")
	for c, name := range classes {
		mean := ""
		if n := p.PseudoCounts[c]; n > 0 && p.confidence != nil {
			mean = strconv.FormatFloat(sum[c]/float64(n), 'f', 3, 64)
		}
		row := []string{name, fmt.Sprint(labeled[c]), fmt.Sprint(p.PseudoCounts[c]), fmt.Sprint(all[c] - p.PseudoCounts[c]), mean}
		w.Write(row)
		if c < 100 {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", row[0], row[1], row[2], row[3], row[4])
		}
	}
	w.Flush()
	if err := t.Flush(); err != nil {
		return err
	}
	if len(classes) > 100 {
		fmt.Fprintf(r.Log, "… and %d more classes (%s has all)\n", len(classes)-100, r.path(FilePseudoCounts))
	}
	if old, err := os.ReadFile(r.path(FilePseudoLabels)); err == nil && !slices.Equal(withoutConfidence(old), withoutConfidence(labels.Bytes())) {
		return fmt.Errorf("%s was changed, or is of another base classifier or other kernels (%s): this run labels otherwise; train on it with --pseudo-labels %s and another --out, or delete it", r.path(FilePseudoLabels), kernel.Variable, r.path(FilePseudoLabels))
	}
	return errors.Join(
		results.WriteFile(r.path(FilePseudoLabels), labels.Bytes()),
		results.WriteFile(r.path(FilePseudoCounts), counts.Bytes()))
}
