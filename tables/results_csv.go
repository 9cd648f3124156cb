package tables

import (
	"strconv"
	"strings"

	"longtail/results"
	"longtail/score"
)

// resultColumns are the columns of results.csv. Those from train_seconds on depend on
// time and machine: they differ between runs that agree in everything else.
var resultColumns = []string{
	"source", "dataset", "rho", "rho_u", "method", "network", "replicate",
	"status", "grade", "data", "task", "last_error_pct", "best_error_pct", "best_epoch", "test_images",
	"per_class_error_pct", "error_prior_adjusted_pct", "label_bias",
	"arch", "profile", "marks", "seed", "data_seed",
	"train_seconds", "eval_seconds", "images_per_second", "kernel_set", "finished",
}

// ResultsCSV returns one row per cell and replicate under a header, in the order of the
// plan. Per-class errors are joined by ";", empty for a class without test images. All
// columns before train_seconds are equal for equal plans on equal kernels. Cells without
// an error are left out: theory, whose results are grids, and feature maps of runs that
// have their own row.
func ResultsCSV(plan results.Plan, res map[string]*results.Result) string {
	var rows [][]string
	for _, c := range plan.Cells {
		r, present := res[c.Task]
		if strings.HasPrefix(c.Source, "Theorem ") || isEmbedding(c.Key) || r != nil && r.Grid != nil && c.Task != "" {
			continue
		}
		status, grade, marks := statusNotRun, c.Grade, c.Marks
		var measured map[string]string
		switch {
		case c.Task == "":
		case r != nil:
			status, grade, marks, measured = statusMeasured, c.GradeOf(r), marksOf(c, r), measuredColumns(r)
			if r.Reported != "" {
				status = statusReported
			}
		case present:
			status = statusFailed
		}
		rows = append(rows, assemble(resultColumns, keyColumns(c.Key), measured, map[string]string{
			"replicate": strconv.Itoa(c.Replicate), "status": status, "grade": string(grade), "data": c.Data, "task": c.Task,
			"profile": c.Profile, "marks": strings.Join(marks, "; ")}))
	}
	return csvText(resultColumns, rows)
}

func measuredColumns(r *results.Result) map[string]string {
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
	columns := map[string]string{
		"last_error_pct": short(r.LastErrorPct), "best_error_pct": best, "best_epoch": epoch, "test_images": strconv.Itoa(testImages(r)),
		"per_class_error_pct": strings.Join(perClass, ";"), "error_prior_adjusted_pct": allDigits(r.AdjustedErrorPct), "label_bias": allDigits(r.LabelBias),
		"train_seconds": fixed(r.Cost.TrainSeconds), "eval_seconds": fixed(r.Cost.EvalSeconds), "images_per_second": fixed(r.Cost.ImagesPerSec),
		"kernel_set": r.Cost.KernelSet, "finished": r.Cost.Finished, "arch": r.Settings.Arch,
	}
	if r.Reported == "" { // unknown for runs measured elsewhere
		columns["seed"], columns["data_seed"] = strconv.Itoa(r.Settings.Seed), strconv.Itoa(r.Settings.DataSeed)
	}
	return columns
}

// allDigits formats x so that it parses to the same bits, because this file shows
// whether two runs agree to the last bit; nil: "".
func allDigits(x *float64) string {
	if x == nil {
		return ""
	}
	return short(*x)
}

// testImages returns the number of test images. Predictions hold one byte per image;
// the confusion matrix counts each image once.
func testImages(r *results.Result) int {
	if len(r.Predictions) > 0 {
		return len(r.Predictions)
	}
	return score.Sum(score.TestCounts(r.Confusion))
}
