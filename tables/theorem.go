package tables

import (
	"fmt"
	"math"
	"strconv"

	"longtail/results"
)

// Theorem lays out the stored grids of theorem n: those of the plan's cells
// with the source "Theorem n", a block each, in the order of the plan.
func Theorem(plan results.Plan, res map[string]*results.Result, n int) Table {
	source := fmt.Sprintf("Theorem %d", n)
	t := Table{Name: fmt.Sprintf("theorem%d", n), Title: source}
	command, reason := "", "not in this plan"
	seen := map[string]bool{}
	var grids []*results.Grid
	for _, c := range plan.Cells {
		if c.Source != source || c.Task != "" && seen[c.Task] {
			continue
		}
		seen[c.Task] = true
		r, present := res[c.Task]
		if c.Task != "" && r != nil && r.Grid != nil {
			grids = append(grids, r.Grid)
			continue
		}
		command = c.Command
		switch {
		case c.Reason != "":
			reason = c.Reason
		case present && c.Task != "" && r == nil:
			reason = "failed"
		default:
			reason = "not run yet"
		}
	}
	for _, g := range grids {
		t.Blocks = append(t.Blocks, gridBlock(g, significant))
	}
	t.Data = gridData(grids)
	if len(grids) == 0 {
		t.Blocks = []Block{{Columns: []string{"status", "why", commandColumn}, Rows: [][]string{{statusNotRun, reason, command}}}}
		return t
	}
	t.Notes = []string{"Probabilities are fractions. " + dash + " stands where a quantity does not exist. The CSV file has every digit."}
	return t
}

func gridBlock(g *results.Grid, format func(float64) string) Block {
	b := Block{Title: g.Title, Columns: g.Columns}
	for _, row := range g.Rows {
		// A row that is short of columns still shows what it has.
		cells := make([]string, len(g.Columns))
		for i := range cells {
			cells[i] = dash
			if i < len(row) && row[i] != nil {
				cells[i] = format(*row[i])
			}
		}
		b.Rows = append(b.Rows, cells)
	}
	return b
}

// gridData puts the grids under one header: the first column says which grid a
// row is of, the others are those of all grids.
func gridData(grids []*results.Grid) Block {
	out := Block{Columns: []string{"grid"}}
	at := map[string]int{}
	for _, g := range grids {
		for _, c := range g.Columns {
			if _, ok := at[c]; !ok {
				at[c] = len(out.Columns)
				out.Columns = append(out.Columns, c)
			}
		}
	}
	for _, g := range grids {
		for _, row := range g.Rows {
			cells := make([]string, len(out.Columns))
			cells[0] = g.Title
			for i, x := range row {
				if i < len(g.Columns) && x != nil {
					cells[at[g.Columns[i]]] = short(*x)
				}
			}
			out.Rows = append(out.Rows, cells)
		}
	}
	return out
}

// significant writes x to four significant digits, whole numbers whole.
func significant(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e9 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}
