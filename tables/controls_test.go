package tables

import (
	"fmt"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// A run at twice the epochs is held against the same run at once the epochs,
// not against the method without unlabeled data, and its gain is judged.
func TestTwiceTheEpochs(t *testing.T) {
	var plan results.Plan
	res := map[string]*results.Result{}
	for r := range 3 {
		for i, c := range []struct {
			source, method string
			rhoU, error    float64
		}{
			{"Table 1a", "CE", 0, 30}, {"Table 1a", "CE + D_U@5x", 100, 25},
			{paper.SourceControl, "CE, twice the epochs", 0, 27}, {paper.SourceControl, "CE + D_U@5x, twice the epochs", 100, 24.5},
		} {
			task := fmt.Sprintf("%d-%d", i, r)
			k := paper.Key{Source: c.source, Dataset: "CIFAR-10-LT", Rho: 100, RhoU: c.rhoU, Method: c.method, Network: "ResNet-32"}
			plan.Cells = append(plan.Cells, results.Cell{Key: k, Replicate: r, Task: task, Grade: results.GradeStandIn, Data: "Fashion-MNIST-LT"})
			res[task] = &results.Result{Task: task, Grade: results.GradeStandIn, LastErrorPct: c.error + float64(r) + .1*float64(r*i)}
		}
	}
	m := markdown(t, Controls(plan, res))
	for _, want := range []string{
		"CE, CIFAR-10-LT, ρ = 100, grade T: twice the epochs gain +2.80 points in 3 replicates, one-sided 95 % upper limit +3.14: not shown to be trained out",
		"CE + D_U@5x, CIFAR-10-LT, ρ = 100, grade T: twice the epochs gain +0.30 points in 3 replicates, one-sided 95 % upper limit +0.64: trained out",
	} {
		if !strings.Contains(m, want) {
			t.Errorf("no %q in\n%s", want, m)
		}
	}
}
