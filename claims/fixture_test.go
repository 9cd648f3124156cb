package claims

import (
	"math"

	"longtail/paper"
	"longtail/results"
	"longtail/results/resultstest"
)

var nan = math.NaN()

func evidenceOf(plan results.Plan, all map[string]*results.Result) Evidence {
	return Evidence{Plan: plan, Results: all, Failures: map[string]string{}}
}

func madeUp(grade results.Grade, n int) Evidence {
	return evidenceOf(resultstest.MadeUp(grade, n))
}

func table(grade results.Grade, replicates int, keys []paper.Key, errorOf func(k paper.Key, rep int) float64) Evidence {
	return evidenceOf(resultstest.Table(grade, replicates, keys, errorOf))
}
