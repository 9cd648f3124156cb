package tables

import (
	"fmt"
	"slices"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// A part, a method or a number stands for tasks only where it selects no other that
// is not done; that it selects one that ships is said.
func TestOnlyNamesExactly(t *testing.T) {
	var all []results.Cell
	add := func(part, method string, rho float64, replicates int) {
		for r := range replicates {
			task := fmt.Sprintf("%02d%02d0123456789", len(all), r)
			all = append(all, results.Cell{Key: paper.Key{Method: method, Rho: rho}, Part: part, Replicate: r, Task: task,
				Command: "longtail reproduce --profile p --only " + task[:12] + " --seeds 2"})
		}
	}
	add("table2", "CE", 100, 2)
	add("table2", "CE", 10, 2)
	add("table2", "CE-DRW + SSP", 100, 2)
	add("figure2", "CE + D_U@5x, relevance 60 %", 50, 2)
	all = append(all, results.Cell{Part: "table2", Key: paper.Key{Method: "LDAM"}}) // cannot be run
	twice := all[0]                                                                 // the same task stands in another table
	twice.Part = "table1"
	all = append(all, twice)
	for _, c := range []struct {
		cells []results.Cell
		want  []string
	}{
		{all[4:6], []string{"table2:CE-DRW + SSP"}},
		{all[4:5], []string{"040001234567"}}, // one of two replicates
		{all[:2], []string{"table2:CE:rho=100"}},
		{all[:4], []string{"table2:CE"}},
		{all[:6], []string{"table2"}},
		{all[6:8], []string{"figure2:CE + D_U@5x, relevance 60 %"}},
		{slices.Concat(all[4:6], all[6:7]), []string{"table2:CE-DRW + SSP", "060001234567"}},
		{all[9:10], []string{"table1:CE"}},
	} {
		if got, skip := only(all, c.cells, nil); !slices.Equal(got, c.want) || skip {
			t.Errorf("%q, %v, want %q", got, skip, c.want)
		}
	}
	if got, _ := only(nil, all[4:6], nil); !slices.Equal(got, []string{"040001234567", "050101234567"}) {
		t.Errorf("of cells that are not known: %q", got)
	}
	done := map[string]*results.Result{all[4].Task: {}, all[0].Task: {Shipped: true}, all[1].Task: nil}
	for _, c := range []struct {
		cells []results.Cell
		want  string
	}{
		{all[5:6], " --only 'table2:CE-DRW + SSP' --seeds 2"}, // the other replicate is done
		{all[2:4], " --only table2:CE:rho=10 --seeds 2"},
		{all[1:4], " --only table2:CE --skip-shipped --seeds 2"}, // one of them is done and ships
		{all[1:6], " --only table2 --skip-shipped --seeds 2"},
		{nil, " --seeds 2"},
	} {
		if got := OnlyFlags(all, c.cells, done) + " --seeds 2"; got != c.want {
			t.Errorf("with some done: %q, want %q", got, c.want)
		}
	}
	other := all[0]
	other.Command = "longtail reproduce --profile q --only '0' --seeds 2"
	if got := sameRun(append(all, other), all[0].Command); len(got) != 9 || len(sameRun(append(all, other), other.Command)) != 1 {
		t.Errorf("%d cells of one run", len(got))
	}
}
