package paper

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Earlier is a top-1 error of ResNet-32 in one of the two publications from
// which the paper takes most baselines of Tables 1a and 2: Cui et al.,
// "Class-Balanced Loss Based on Effective Number of Samples", CVPR 2019 (arXiv
// 1901.05555), and Cao et al., "Learning Imbalanced Datasets with
// Label-Distribution-Aware Margin Loss", NeurIPS 2019 (arXiv 1906.07413).
// Cui et al.'s Figure 8, with the class-balanced losses on CIFAR-10-LT, was
// not read: it is an image in the copy at hand.
type Earlier struct {
	Publication string  // "Cui et al. 2019" or "Cao et al. 2019"
	Dataset     string  // "CIFAR-10-LT" or "CIFAR-100-LT"
	Rho         float64 // 100, 50 or 10
	Method      string  // the row of the paper's Table 2 that it concerns
	Row         string  // its row there: "Softmax", "SM_0.9" (β = 0.9), "M-DRW", …
	Place       string  // its table or figure there
	Value       float64 // top-1 error, %
}

// UniformMargin is the row of Cao et al. whose numbers the paper prints as
// CE-DRW. Its loss is cross-entropy with one margin for all classes (section
// 4.2 there); cross-entropy with DRW is their row "DRW".
const UniformMargin = "M-DRW"

//go:embed earlier.tsv
var earlierTSV string

var earlier = sync.OnceValue(func() (out []Earlier) {
	for i, f := range parseTSV(earlierTSV, "publication", "dataset", "rho", "method", "row", "place", "value") {
		rho, err := strconv.ParseFloat(f[2], 64)
		value, errValue := strconv.ParseFloat(f[6], 64)
		if err != nil || errValue != nil {
			panic(fmt.Sprintf("paper/earlier.tsv: row %d: %q", i+1, f))
		}
		out = append(out, Earlier{f[0], f[1], rho, f[3], f[4], f[5], value})
	}
	return out
})

// EarlierOf returns the numbers of the two publications that bear on k's data
// set, ρ and method: those printed again under k, and those of the settings that
// the released program has. It returns nothing for a method with unlabeled data or
// pre-training, which they do not have.
func EarlierOf(k Key) (out []Earlier) {
	for _, e := range earlier() {
		if k.RhoU == 0 && e.Dataset == k.Dataset && e.Rho == k.Rho && e.Method == k.Method {
			out = append(out, e)
		}
	}
	return out
}

// TakenFrom returns the earlier number that equals the one printed under k, and
// whether there is one.
func TakenFrom(k Key) (Earlier, bool) {
	n, printed := Find(k)
	all := EarlierOf(k)
	i := slices.IndexFunc(all, func(e Earlier) bool { return printed && e.Value == n.Value })
	if i < 0 {
		return Earlier{}, false
	}
	return all[i], true
}

// String returns its citation: "Cao et al. 2019, Table 2, M-DRW".
func (e Earlier) String() string {
	return fmt.Sprintf("%s, %s, %s", e.Publication, e.Place, e.Row)
}

// Beside returns where else the number printed under k stands and what the
// earlier publications have in its place, in words, "" where there is nothing:
// "the same number as Cao et al. 2019, Table 2, M-DRW; Cao et al. 2019, Table 5, DRW: 25.14".
func Beside(k Key) string {
	equal, taken := TakenFrom(k)
	var parts []string
	if taken {
		parts = append(parts, "the same number as "+equal.String())
	}
	for _, e := range EarlierOf(k) {
		if _, printed := Find(k); !printed || taken && e.Value == equal.Value {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: %.2f", e, e.Value))
	}
	return strings.Join(parts, "; ")
}
