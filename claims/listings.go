package claims

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
	"longtail/stats"
)

// Claims that no measured number decides.

// listings return what the results of one body show about such a claim, as text; "" for
// nothing.
var listings = map[string]func(in Evidence, r *runs) string{
	"P5":   notableMargins,
	"P6":   noExtraData,
	"L4":   gainByCapacity,
	"T1.3": measuredDelta,
	"S14":  poolLikeTest,
	"S15":  testSetOfSVHN,
}

// notableMargins, for P5 (margins are "notable"), counts the cells with a mean gain
// of at least 1 point.
func notableMargins(_ Evidence, r *runs) string {
	large, of := 0, 0
	for _, p := range table2() {
		if p.base == "CE" { // not in Table 2, as in P1
			continue
		}
		values, _, _ := r.series(Quantity{plus(p.plain), minus(p.with)}, errorLast)
		gain := stats.MeanEffect(values, alpha)
		if gain.N > 0 {
			of++
		}
		if gain.Mean >= 1 { // false for NaN
			large++
		}
	}
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("mean gain of at least 1 point in %d of %d cells run", large, of)
}

// noExtraData, for P6, counts the runs whose fine-tuning and pre-training used the
// same images. A re-trained head starts from a finished run, which is counted itself.
func noExtraData(_ Evidence, r *runs) string {
	same, of := 0, 0
	seen := map[string]bool{}
	for cell, byReplicate := range r.results {
		if strings.Contains(cell.Method, paper.WarmStart) { // no SSP
			continue
		}
		for _, res := range byReplicate {
			if res.Settings.Init == "" || res.Settings.Retrained || res.InitFingerprint == "" || seen[res.Task] {
				continue
			}
			seen[res.Task] = true
			of++
			if res.Fingerprint == res.InitFingerprint {
				same++
			}
		}
	}
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("pre-training saw the same labeled images as fine-tuning, and no other, in %d of %d runs", same, of)
}

// gainByCapacity, for L4 (more capacity, more gain), returns the mean gain of each
// network.
func gainByCapacity(_ Evidence, r *runs) string {
	gains := map[string][]float64{}
	for _, e := range paper.GainsOfSSPLarge() {
		if e.Key.Source != "Table 3" {
			continue
		}
		values, _, _ := r.series(Quantity{plus(e.Base), minus(e.Key)}, errorLast)
		if gain := stats.MeanEffect(values, alpha); gain.N > 0 {
			gains[e.Key.Network] = append(gains[e.Key.Network], gain.Mean)
		}
	}
	if len(gains) < 2 {
		return ""
	}
	var parts []string
	for _, network := range slices.Sorted(maps.Keys(gains)) {
		sum := 0.0
		for _, g := range gains[network] {
			sum += g
		}
		parts = append(parts, fmt.Sprintf("%s %s points over %s", network, signed(sum/float64(len(gains[network]))), plural.Of(len(gains[network]), "method")))
	}
	return "mean gain on ImageNet-LT: " + strings.Join(parts, ", ")
}

// measuredDelta, for T1.3 (more training imbalance, larger Δ), returns Δ of the
// classifiers that label the pool.
func measuredDelta(in Evidence, r *runs) string {
	type base struct {
		name string
		rho  float64
	}
	delta := map[base][]float64{} // by replicate
	for k, byReplicate := range r.results {
		if k.Source == paper.SourceControl { // such as runs with fewer labels
			continue
		}
		method := paper.ParseMethod(k.Method).Rule
		b := base{method + " " + r.settings[k.Dataset].data, k.Rho}
		for rep, res := range byReplicate {
			if labels := in.Results[res.Settings.Labels]; labels != nil && labels.Pool != nil && labels.Pool.Quality.Headline != nil {
				if delta[b] == nil {
					delta[b] = slices.Repeat([]float64{math.NaN()}, r.replicates)
				}
				delta[b][rep] = *labels.Pool.Quality.Headline
			}
		}
	}
	var parts []string
	for _, b := range slices.SortedFunc(maps.Keys(delta), func(a, b base) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.rho, b.rho)) }) {
		mean := stats.MeanEffect(delta[b], alpha)
		parts = append(parts, fmt.Sprintf("%s %s at ρ = %g (n = %d)", b.name, signed(mean.Mean), b.rho, mean.N))
	}
	if len(parts) == 0 {
		return ""
	}
	return "of pseudo-labels of the whole pool, mean precision on the smallest 30 % of the classes minus that on the largest: " + strings.Join(parts, ", ")
}

// poolLikeTest, for S14 (the pool is distributed as the labeled set is), compares
// the base's error on pool and test set.
func poolLikeTest(in Evidence, r *runs) string {
	seen := map[string]*results.PoolLabels{}
	for _, byReplicate := range r.results {
		for _, res := range byReplicate {
			if labels := in.Results[res.Settings.Labels]; labels != nil && labels.Pool != nil && labels.Pool.BalancedErrorPct > 0 {
				seen[labels.Task] = labels.Pool
			}
		}
	}
	if len(seen) == 0 {
		return ""
	}
	pool, test, n := 0.0, 0.0, float64(len(seen))
	for _, task := range slices.Sorted(maps.Keys(seen)) {
		pool, test = pool+seen[task].BalancedErrorPct, test+seen[task].BaseErrorPct
	}
	return fmt.Sprintf("mean error of the classes by the base: %.2f %% on the pool, %.2f %% on the test set (%s; a pool of held-out images of the same set resembles it by construction)", pool/n, test/n, plural.Of(len(seen), "classifier"))
}

// testSetOfSVHN, for S15 (test sets are balanced), returns the class sizes of
// SVHN's test set.
func testSetOfSVHN(_ Evidence, r *runs) string {
	for k, byReplicate := range r.results {
		if k.Dataset != paper.SVHN || strings.HasSuffix(k.Method, paper.Embedding) {
			continue
		}
		for _, res := range byReplicate {
			if counts := score.TestCounts(res.Confusion); len(counts) > 0 {
				return fmt.Sprintf("SVHN's test set: %d to %d images a class", slices.Max(counts), slices.Min(counts))
			}
		}
	}
	return ""
}
