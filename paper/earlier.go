package paper

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Earlier is an error of ResNet-32 in the publication from which the paper
// takes most baselines of Table 2: Cao et al., "Learning Imbalanced Datasets
// with Label-Distribution-Aware Margin Loss", NeurIPS 2019 (arXiv 1906.07413).
type Earlier struct {
	Dataset string  // "CIFAR-10-LT" or "CIFAR-100-LT"
	Rho     float64 // 100 or 10; they have no ρ = 50
	Method  string  // the row of our Table 2 that it bears on
	Row     string  // its row there: "ERM", "M-DRW", …
	Table   string  // its table there
	Value   float64 // top-1 error, %
}

// UniformMargin is the row of Cao et al. whose numbers the paper prints as
// CE-DRW. Its loss is cross-entropy with one margin for all classes (section
// 4.2 there); cross-entropy with DRW is their row "DRW".
const UniformMargin = "M-DRW"

//go:embed cao2019.tsv
var earlierTSV string

var earlier = sync.OnceValue(func() (out []Earlier) {
	for i, f := range parseTSV(earlierTSV, "dataset", "rho", "method", "row", "table", "value") {
		rho, err := strconv.ParseFloat(f[1], 64)
		value, errValue := strconv.ParseFloat(f[5], 64)
		if err != nil || errValue != nil {
			panic(fmt.Sprintf("paper/cao2019.tsv: row %d: %q", i+1, f))
		}
		out = append(out, Earlier{f[0], rho, f[2], f[3], f[4], value})
	}
	return out
})

// EarlierOf returns what Cao et al. print for k's data set, ρ and method, none
// where they have no such run.
func EarlierOf(k Key) (out []Earlier) {
	for _, e := range earlier() {
		if k.RhoU == 0 && e.Dataset == k.Dataset && e.Rho == k.Rho && e.Method == k.Method {
			out = append(out, e)
		}
	}
	return out
}

// TakenFrom returns the number of Cao et al. that equals the number printed
// under k, and whether there is one.
func TakenFrom(k Key) (Earlier, bool) {
	n, printed := Find(k)
	all := EarlierOf(k)
	i := slices.IndexFunc(all, func(e Earlier) bool { return printed && e.Value == n.Value })
	if i < 0 {
		return Earlier{}, false
	}
	return all[i], true
}
