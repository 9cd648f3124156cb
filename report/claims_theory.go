package report

import (
	"fmt"
	"math"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// theory fills in the stored finding on a theoretical claim. The bound of
// Theorem 1 is held against the stored grids besides: the exact probability may
// nowhere exceed it.
func (r *Row) theory(in Input) {
	theorem, _, _ := strings.Cut(strings.TrimPrefix(r.ID, "T"), ".")
	source := "Theorem " + theorem
	r.Next = "needs a computation that this version does not have yet"
	for _, c := range in.Plan.Cells {
		if c.Source != source || c.Task == "" {
			continue
		}
		res := in.Results[c.Task]
		if res == nil {
			r.Next, r.Command = "compute "+source+", "+c.Method, c.Command
			continue
		}
		for _, f := range res.Findings {
			if f.Claim != r.ID {
				continue
			}
			r.Grade, r.Word, r.Measured, r.Next, r.Command = results.GradeExact, f.Word, f.Text, "", ""
			r.Cells = []paper.Key{c.Key}
			if f.Word == results.NoWord {
				r.Grade = "" // it is a remark
			}
			switch {
			case f.Where == "", strings.HasPrefix(f.Where, "in "):
				r.WordNote = f.Where
			case strings.HasSuffix(f.Word, "weaker form"):
				r.WordNote = "with " + f.Where
			default:
				r.WordNote = "at " + f.Where
			}
		}
	}
	if r.ID != "T1.2" {
		return
	}
	rows, broken, simulated, inside := 0, 0, 0, 0
	for _, c := range in.Plan.Cells {
		res := in.Results[c.Task]
		if c.Source != source || c.Task == "" || res == nil || res.Grid == nil {
			continue
		}
		exact, printed := res.Grid.Column("exact"), res.Grid.Column("printed")
		low, high := res.Grid.Column("lower"), res.Grid.Column("upper")
		for i, x := range exact {
			if printed != nil && !math.IsNaN(x) && !math.IsNaN(printed[i]) {
				rows++
				if x > printed[i] {
					broken++
				}
			}
			if low != nil && high != nil && !math.IsNaN(low[i]) && !math.IsNaN(high[i]) {
				simulated++
				if low[i] <= x && x <= high[i] {
					inside++
				}
			}
		}
	}
	if rows > 0 {
		r.Measured = strings.TrimSuffix(r.Measured, ".")
		r.MeasuredNote = fmt.Sprintf("in the stored grids, which are other settings, the bound holds in %d of %d rows", rows-broken, rows)
		if simulated > 0 {
			r.MeasuredNote += fmt.Sprintf("; the exact value lies in the simulated 95 %% interval in %d of %d", inside, simulated)
		}
	}
	if broken > 0 {
		r.Grade, r.Word, r.WordNote = results.GradeExact, "false", fmt.Sprintf("at %d of %d rows of the stored grids", broken, rows)
	}
}
