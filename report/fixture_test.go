package report

import (
	"time"

	"longtail/claims"
	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
)

// inputOf is the input of a page about these results.
func inputOf(plan results.Plan, all map[string]*results.Result) Input {
	return Input{Evidence: claims.Evidence{Plan: plan, Results: all, Failures: map[string]string{}}}
}

func madeUp(grade results.Grade, n int) Input {
	in := inputOf(resultstest.MadeUp(grade, n))
	in.Machine, in.Elapsed = "2 × a made-up processor, linux/amd64", 754*time.Second
	return in
}

// nothing is the same plan before anything was run.
func nothing() Input {
	in := madeUp(results.GradeStandIn, 1)
	in.Results, in.Elapsed = map[string]*results.Result{}, 0
	return in
}

func table(grade results.Grade, replicates int, keys []paper.Key, errorOf func(k paper.Key, rep int) float64) Input {
	return inputOf(resultstest.Table(grade, replicates, keys, errorOf))
}
