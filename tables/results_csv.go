package tables

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"longtail/results"
)

// timeColumns is how many of the last columns of the flat file tell of time
// and machine: they differ between runs that agree in everything else.
const timeColumns = 5

var resultColumns = []string{
	"source", "dataset", "rho", "rho_u", "method", "network", "replicate",
	"status", "grade", "data", "task", "last_error_pct", "best_error_pct", "best_epoch", "test_images",
	"per_class_error_pct", "error_prior_adjusted_pct", "label_bias",
	"train_seconds", "eval_seconds", "images_per_second", "kernel_set", "finished",
}

// ResultsCSV writes one row a cell and replicate, in the order of the plan.
// Per-class errors are joined by ";", empty where a class has no test image.
// The last five columns (train_seconds, eval_seconds, images_per_second,
// kernel_set, finished) tell of time and machine; all others are equal for
// equal plans on equal kernels. What has no error is left out: theory, whose
// results are grids, and looks at the features of a run that has its own row.
func ResultsCSV(plan results.Plan, res map[string]*results.Result, w io.Writer) error {
	var rows [][]string
	for _, c := range plan.Cells {
		r, present := res[c.Task]
		if strings.HasPrefix(c.Source, "Theorem ") || isEmbedding(c.Key) || r != nil && r.Grid != nil && c.Task != "" {
			continue
		}
		k := c.Key
		row := make([]string, len(resultColumns))
		copy(row, []string{k.Source, k.Dataset, ratio(k.Rho), ratio(k.RhoU), k.Method, k.Network, strconv.Itoa(c.Replicate),
			statusNotRun, string(c.Grade), c.Data, c.Task})
		switch {
		case c.Task == "":
		case r != nil:
			row[7], row[8] = statusMeasured, string(c.GradeOf(r))
			if r.Reported != "" {
				row[7] = statusReported
			}
			copy(row[11:], measuredColumns(r))
		case present:
			row[7] = statusFailed
		}
		rows = append(rows, row)
	}
	if err := writeCSV(w, resultColumns, rows); err != nil {
		return fmt.Errorf("results.csv: %w", err)
	}
	return nil
}

func measuredColumns(r *results.Result) []string {
	perClass := make([]string, len(r.PerClassErrorPct))
	for i, x := range r.PerClassErrorPct {
		perClass[i] = allDigits(x)
	}
	best, epoch := short(r.BestErrorPct), ""
	if r.LastAlone {
		best = ""
	}
	if r.BestEpoch > 0 {
		epoch = strconv.Itoa(r.BestEpoch)
	}
	return []string{
		short(r.LastErrorPct), best, epoch, strconv.Itoa(testImages(r)),
		strings.Join(perClass, ";"), allDigits(r.AdjustedErrorPct), allDigits(r.LabelBias),
		fixed(r.Cost.TrainSeconds), fixed(r.Cost.EvalSeconds), fixed(r.Cost.ImagesPerSec), r.Cost.KernelSet, r.Cost.Finished,
	}
}

// allDigits writes x so that it reads back the same: this file is what tells
// whether two runs agree to the last bit.
func allDigits(x *float64) string {
	if x == nil {
		return ""
	}
	return short(*x)
}

// testImages is the number of test images: a prediction is a byte an image,
// and the confusion matrix counts each once.
func testImages(r *results.Result) int {
	if len(r.Predictions) > 0 {
		return len(r.Predictions)
	}
	return results.Sum(results.TestCounts(r.Confusion))
}

// WithoutTime cuts the columns of time and machine off a row of the flat file,
// for comparing two runs.
func WithoutTime(row []string) []string {
	return slices.Clone(row[:len(row)-timeColumns])
}
