package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn/train"
	"longtail/results"
)

// unlabeledFlags of train are self-training (paper-spec 4.6) on one's own
// images.
type unlabeledFlags struct {
	Unlabeled    string  `placeholder:"FOLDER|FILE.csv|FILE.npz" help:"Train on these images as well, which need no labels (the paper's D_U): all below a folder, the paths in the first column of a .csv file, or images of a .npz file."`
	Base         string  `placeholder:"FILE|DIR" type:"path" help:"With --unlabeled: the classifier that labels them, last.pth of an earlier run, or its folder, as of --init. Without it DIR/base is trained first."`
	PseudoLabels string  `placeholder:"FILE.csv|FILE.pickle" type:"path" help:"With --unlabeled: labels made elsewhere, in place of a base classifier's: a CSV file with the columns image and label, and if you like confidence and used, as DIR/pseudo-labels.csv is, or a pickle of the paper's program."`
	Omega        float64 `default:"1" help:"With --unlabeled: weight of such an image in the loss, against 1 of a labelled one."`
	Threshold    float64 `default:"0" help:"With --unlabeled: leave out images of which the base classifier is less sure than this probability. 0: none, as in the paper."`
}

// Files of a run with unlabeled images.
const (
	fileBaseFolder   = "base" // the run of the base classifier
	filePseudoLabels = "pseudo-labels.csv"
	filePseudoCounts = "pseudo-counts.csv"
)

// unlabeledResult is what result.json says of the unlabeled images.
type unlabeledResult struct {
	Images       int      `json:"images"`                   // all that were labelled
	LeftOut      int      `json:"left_out,omitempty"`       // of them, below the threshold or without a label
	PseudoCounts []int    `json:"pseudo_counts,omitempty"`  // the others, by class; counted in train_counts as well
	Base         string   `json:"base,omitempty"`           // the base classifier's file
	PseudoLabels string   `json:"pseudo_labels,omitempty"`  // or the file that the labels were read from
	BaseErrorPct *float64 `json:"base_error_pct,omitempty"` // of the base classifier, on the same test images

	Skipped []dataset.Skipped `json:"skipped,omitempty"` // by --skip-broken; not among Images
}

// pseudoLabels are what unlabeled images are taken for: by a base classifier, or by
// a file.
type pseudoLabels struct {
	unlabeledResult
	names      []string  // of the images' files; nil: they have none
	labels     []int32   // -1: none
	confidence []float64 // probability of each label; nil: not known
	kept       []int     // images that are trained on, ascending
	labelled   []int     // labelled training images by class
	baseSHA256 string
}

func (c *trainCmd) checkUnlabeled() error {
	switch {
	case c.Unlabeled == "" && (c.Base != "" || c.PseudoLabels != "" || c.Omega != 1 || c.Threshold != 0):
		return errors.New("--base, --pseudo-labels, --omega and --threshold need --unlabeled")
	case c.Unlabeled == "":
		return nil
	case c.Base != "" && c.PseudoLabels != "":
		return errors.New("--base and --pseudo-labels both label the unlabeled images: give one of them")
	case c.Target != "labels" || c.Freeze:
		return errors.New("--unlabeled is for classifiers: no --target rotation or moco (whose labels are no classes) and no --freeze")
	case !(c.Omega > 0 && c.Omega <= 1e3):
		return fmt.Errorf("--omega %v: above 0, at most 1000", c.Omega)
	case !(c.Threshold >= 0 && c.Threshold < 1):
		return fmt.Errorf("--threshold %v: a probability from 0 to below 1", c.Threshold)
	case c.Omega != 1 && c.draws():
		return fmt.Errorf("--omega %v: rule %s draws images by class and knows no weight of an image; take none, reweight or drw", c.Omega, c.Rule)
	}
	return nil
}

// omega as experiments.NewMixture takes it.
func (c *trainCmd) omega() float64 {
	if c.Omega == 1 {
		return 0
	}
	return c.Omega
}

// openUnlabeled opens the unlabeled images at the size of set; nil: there are
// none.
func (c *trainCmd) openUnlabeled(set *dataset.Set) (*dataset.Set, error) {
	if c.Unlabeled == "" {
		return nil, nil
	}
	if set.C != dataset.Channels {
		return nil, fmt.Errorf("--unlabeled: colour images cannot stand beside the grey ones of %s", c.Data)
	}
	more, err := c.files().OpenUnlabeled(c.Unlabeled, set.H, set.W)
	if err != nil {
		return nil, fmt.Errorf("--unlabeled: %w", err)
	}
	return more, nil
}

// base returns the file of the base classifier, which it trains if there is no
// --base: the same command without --unlabeled.
func (c *trainCmd) base(ctx context.Context) (string, error) {
	if c.Base != "" {
		return c.Base, nil
	}
	base := *c
	base.Out, base.unlabeledFlags = c.path(fileBaseFolder), unlabeledFlags{Omega: 1}
	fmt.Fprintf(os.Stderr, "base classifier, in %s:\n", base.Out)
	return base.path(fileLast), base.run(ctx)
}

// label gives every unlabeled image a class: that of --pseudo-labels, or the one
// that the base classifier names. labelled counts the labelled training images.
func (c *trainCmd) label(ctx context.Context, set, unlabeled *dataset.Set, labelled []int) (p *pseudoLabels, err error) {
	if c.PseudoLabels != "" {
		p, err = c.readLabels(set, unlabeled)
	} else {
		p, err = c.classify(ctx, set, unlabeled)
	}
	if err != nil {
		return nil, err
	}
	p.names, p.labelled, p.Skipped = unlabeled.Train.Names, labelled, unlabeled.Skipped
	p.Images, p.PseudoCounts = len(p.labels), make([]int, len(set.Classes))
	for i, y := range p.labels {
		if y >= 0 && (c.Threshold == 0 || p.confidence[i] >= c.Threshold) {
			p.kept = append(p.kept, i)
			p.PseudoCounts[y]++
		}
	}
	if p.LeftOut = p.Images - len(p.kept); len(p.kept) == 0 {
		return nil, fmt.Errorf("--threshold %v: no label of the %d unlabeled images is that sure", c.Threshold, p.Images)
	}
	return p, nil
}

// readLabels reads --pseudo-labels.
func (c *trainCmd) readLabels(set, unlabeled *dataset.Set) (*pseudoLabels, error) {
	b, err := os.ReadFile(c.PseudoLabels)
	if err != nil {
		return nil, fmt.Errorf("--pseudo-labels: %w", err)
	}
	n := unlabeled.Train.Len()
	var read dataset.PseudoLabels
	switch strings.ToLower(filepath.Ext(c.PseudoLabels)) {
	case ".csv":
		names := make([]string, n)
		for i := range names {
			names[i] = imageName(unlabeled.Train.Names, i)
		}
		read, err = dataset.ReadPseudoLabelsCSV(b, c.PseudoLabels, names, set.Classes)
	case ".pickle", ".pkl":
		read, err = dataset.ReadPseudoLabels(b, c.PseudoLabels, n, len(set.Classes))
	default:
		err = fmt.Errorf("%s: a .csv file or a .pickle is expected", c.PseudoLabels)
	}
	if err != nil {
		return nil, fmt.Errorf("--pseudo-labels: %w", err)
	}
	if c.Threshold > 0 && read.Confidence == nil {
		return nil, fmt.Errorf("--threshold needs to know how sure the labels are: %s has no confidence", c.PseudoLabels)
	}
	from := c.PseudoLabels
	if read.Model != "" {
		from += ", made by " + read.Model
	}
	if wrong, known := read.Wrong(); known {
		from += fmt.Sprintf("; %.1f %% of them wrong, by the true labels that it holds", 100*wrong)
	}
	fmt.Fprintf(os.Stderr, "%d unlabeled images, labels from %s\n", n, from)
	tellUnlabeled(unlabeled, set)
	return &pseudoLabels{unlabeledResult: unlabeledResult{PseudoLabels: c.PseudoLabels}, labels: read.Labels, confidence: read.Confidence}, nil
}

// tellUnlabeled says what is odd about the unlabeled images.
func tellUnlabeled(unlabeled, set *dataset.Set) {
	for _, n := range unlabeled.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	noteShared(unlabeled, set)
}

// classify asks the base classifier: evaluation mode, no augmentation (paper-spec
// 4.6).
func (c *trainCmd) classify(ctx context.Context, set, unlabeled *dataset.Set) (*pseudoLabels, error) {
	path, err := c.base(ctx)
	if err != nil {
		return nil, err
	}
	model, err := train.ReadModel(path)
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	about, err := describe(model)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	if about.Classes, err = classesOf(path, about); err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	if about.Classes != nil && !slices.Equal(about.Classes, set.Classes) {
		return nil, fmt.Errorf("--base %s: it knows the classes %.200q, %s has %.200q", path, about.Classes, c.Data, set.Classes)
	}
	if err := sizeFits("--base "+path, about, set.H, set.W, c.Data); err != nil {
		return nil, err
	}
	as := *set
	if about.Std != [3]float32{} {
		as.Mean, as.Std = about.Mean, about.Std
	}
	m, err := newClassifier(model, cmp.Or(about.Arch, c.Arch), set.H, set.W, min(100, unlabeled.Train.Len()), c.Exact)
	if err != nil {
		return nil, fmt.Errorf("the base classifier: %w", err)
	}
	defer m.Close()
	if m.classes != len(set.Classes) {
		return nil, fmt.Errorf("--base %s: it knows %d classes, %s has %d", path, m.classes, c.Data, len(set.Classes))
	}
	fmt.Fprintf(os.Stderr, "%s labels %d unlabeled images\n", path, unlabeled.Train.Len())
	tellUnlabeled(unlabeled, set)
	logits, _, err := m.classify(ctx, &as, unlabeled.Train)
	if ctx.Err() != nil {
		return nil, errors.New("stopped; the base classifier is kept, and the same command goes on from there")
	}
	if err != nil {
		return nil, fmt.Errorf("--unlabeled: %w", err)
	}
	p := &pseudoLabels{unlabeledResult: unlabeledResult{Base: path}}
	p.labels, p.confidence = m.predict(logits)
	if set.Test.Len() > 0 {
		logits, truth, err := m.classify(ctx, &as, set.Test)
		if err != nil {
			return nil, err
		}
		pct := results.ErrorPct(results.Confusion(truth, results.Predict(logits, m.classes, nil), m.classes))
		p.BaseErrorPct = &pct
	}
	p.baseSHA256, err = fileSHA256(path)
	return p, err
}

// noteShared says how many unlabeled images are test images of set.
func noteShared(unlabeled, set *dataset.Set) {
	if n := shared(unlabeled.Train, set.Test); n > 0 {
		fmt.Fprintf(os.Stderr, "note: %d of them are test images, pixel for pixel: the error will look better than it is\n", n)
	}
}

// noteLeak says how many test images of the user's own are trained on. Official
// sets have such pairs as well, and are taken as they are.
func (c *trainCmd) noteLeak(set *dataset.Set, positions []int) {
	if slices.Contains(dataset.Known(), c.Data) {
		return
	}
	train := set.Train
	if len(positions) < train.Len() && train.Lazy == nil {
		train = train.At(positions)
	}
	if n := shared(set.Test, train); n > 0 {
		fmt.Fprintf(os.Stderr, "note: %d of the %d test images are training images as well, pixel for pixel: the error will look better than it is\n", n, set.Test.Len())
	}
}

// shared counts the images of a that are images of b as well, where both are in
// memory.
func shared(a, b dataset.Samples) (n int) {
	if a.Lazy != nil || b.Lazy != nil {
		return 0
	}
	have := map[[sha256.Size]byte]bool{}
	for i := range b.Len() {
		have[sha256.Sum256(b.Image(i))] = true
	}
	for i := range a.Len() {
		if have[sha256.Sum256(a.Image(i))] {
			n++
		}
	}
	return n
}

// classesOf are the names of a model's classes, by its file or, of an older one,
// by the run's files beside it; nil: neither says. A model that tells turns is an
// error: it has as many outputs as a classifier of four classes.
func classesOf(model string, about train.About) ([]string, error) {
	names := about.Classes
	if names == nil {
		var s trainSettings
		var r trainResult
		besideRun(model, results.FileSettings, &s)
		besideRun(model, results.FileResult, &r)
		if names = r.Classes; s.Target == experiments.TargetRotation {
			names = turns
		}
	}
	if slices.Equal(names, turns) {
		return nil, fmt.Errorf("%s tells how far an image is turned (--target rotation) and knows no classes: train goes on from it with --init", model)
	}
	return names, nil
}

// besideRun reads a file of the run to which a model's file belongs; to stays as
// it is where there is none.
func besideRun(model, file string, to any) {
	if b, err := os.ReadFile(filepath.Join(filepath.Dir(model), file)); err == nil {
		json.Unmarshal(b, to)
	}
}

// write leaves the labels, a row an image, and their counts, a row a class, in
// a run's folder, and shows the counts.
func (p *pseudoLabels) write(dir string, classes []string) error {
	var labels, counts bytes.Buffer
	w := csv.NewWriter(&labels)
	w.Write([]string{"image", "label", "confidence", "used"})
	sum, used := make([]float64, len(classes)), map[int]bool{}
	for _, i := range p.kept {
		used[i] = true
	}
	all := make([]int, len(classes))
	for i, y := range p.labels {
		row := []string{imageName(p.names, i), "", "", yesNo(used[i])}
		if y >= 0 {
			row[1] = classes[y]
			all[y]++
		}
		if y >= 0 && p.confidence != nil {
			row[2] = shortFloat(p.confidence[i])
			sum[y] += p.confidence[i]
		}
		w.Write(row)
	}
	w.Flush()
	w = csv.NewWriter(&counts)
	w.Write([]string{"class", "labelled", "pseudo_labelled", "left_out", "mean_confidence"})
	t := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "class\tlabelled\tpseudo-labelled\tleft out\tmean confidence\t")
	for c, name := range classes {
		mean := ""
		if all[c] > 0 && p.confidence != nil {
			mean = strconv.FormatFloat(sum[c]/float64(all[c]), 'f', 3, 64)
		}
		row := []string{name, fmt.Sprint(p.labelled[c]), fmt.Sprint(p.PseudoCounts[c]), fmt.Sprint(all[c] - p.PseudoCounts[c]), mean}
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
		fmt.Fprintf(os.Stderr, "… and %d more classes (%s has all)\n", len(classes)-100, filepath.Join(dir, filePseudoCounts))
	}
	return errors.Join(
		results.WriteFile(filepath.Join(dir, filePseudoLabels), labels.Bytes()),
		results.WriteFile(filepath.Join(dir, filePseudoCounts), counts.Bytes()))
}

// imageName is an image's file, or its number where images are not files of
// their own.
func imageName(names []string, i int) string {
	if names == nil {
		return strconv.Itoa(i)
	}
	return names[i]
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// shortFloat is a probability with as many digits as a float32 has.
func shortFloat(p float64) string { return strconv.FormatFloat(p, 'g', 7, 64) }
