package results

import (
	"fmt"
	"slices"
	"testing"

	"longtail/paper"
)

// A part, a method or a number stands for tasks only where it selects no other that
// is not done; that it selects one that ships is said.
func TestOnlyNamesExactly(t *testing.T) {
	var all []Cell
	add := func(part, method string, rho float64, replicates int) {
		for r := range replicates {
			task := fmt.Sprintf("%02d%02d0123456789", len(all), r)
			all = append(all, Cell{Key: paper.Key{Method: method, Rho: rho}, Profile: "p", Part: part, Replicate: r, Task: task})
		}
	}
	add("table2", "CE", 100, 2)
	add("table2", "CE", 10, 2)
	add("table2", "CE-DRW + SSP", 100, 2)
	add("figure2", "CE + D_U@5x, relevance 60 %", 50, 2)
	all = append(all, Cell{Profile: "p", Part: "table2", Key: paper.Key{Method: "LDAM"}}) // cannot be run
	twice := all[0]                                                                       // the same task stands in another table
	twice.Part = "table1"
	all = append(all, twice)
	two := Selection{Profile: "p", Seeds: 2, Only: []string{"of before"}}
	for _, c := range []struct {
		cells []Cell
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
		if got := two.Cells(all, c.cells, nil); !slices.Equal(got.Only, c.want) || got.SkipShipped {
			t.Errorf("%q, %v, want %q", got.Only, got.SkipShipped, c.want)
		}
	}
	if got := two.Cells(nil, all[4:6], nil).Only; !slices.Equal(got, []string{"040001234567", "050101234567"}) {
		t.Errorf("of cells that are not known: %q", got)
	}
	done := map[string]*Result{all[4].Task: {}, all[0].Task: {Shipped: true}, all[1].Task: nil}
	for _, c := range []struct {
		cells []Cell
		want  string
	}{
		{all[5:6], "longtail reproduce --profile p --only 'table2:CE-DRW + SSP' --seeds 2"}, // the other replicate is done
		{all[2:4], "longtail reproduce --profile p --only table2:CE:rho=10 --seeds 2"},
		{all[1:4], "longtail reproduce --profile p --only table2:CE --skip-shipped --seeds 2"}, // one of them is done and ships
		{all[1:6], "longtail reproduce --profile p --only table2 --skip-shipped --seeds 2"},
		{nil, "longtail reproduce --profile p --seeds 2"},
	} {
		if got := two.Cells(all, c.cells, done).Command(); got != c.want {
			t.Errorf("with some done: %q, want %q", got, c.want)
		}
	}
	// Cells of another profile, and in replicates that are not asked for, are none of it.
	other, third := all[0], all[0]
	other.Profile, other.Task, third.Replicate, third.Task = "q", "other", 2, "third"
	all = append(all, other, third)
	if got := two.Cells(all, all[:2], nil).Only; !slices.Equal(got, []string{"table2:CE:rho=100"}) {
		t.Errorf("beside cells of another run: %q", got)
	}
	if two.Seeds = 3; !slices.Equal(two.Cells(all, all[:2], nil).Only, []string{"000001234567", "010101234567"}) {
		t.Error("a third replicate is not told apart")
	}
}

func TestSelectionCommand(t *testing.T) {
	all := Selection{"paper", []string{"table1:CE", "it's"}, true, 3, 4, 5, true, "authors", "/my data", true}
	if got, want := all.Command(), `longtail reproduce --profile paper --only 'table1:CE,it'\''s' --skip-shipped --seeds 3 --seed 4 --data-seed 5 --exact --pool authors --data-dir '/my data' --allow-unverified`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (Selection{Profile: "quick"}).Command(); got != "longtail reproduce --profile quick" {
		t.Error(got)
	}
}
