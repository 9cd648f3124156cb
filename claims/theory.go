package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// theory fills in the stored finding on a theoretical claim. The plan's own finding
// precedes shipped ones in the plan, so it is used.
func (v *Verdict) theory(in Evidence) {
	source := v.Theorem()
	for _, c := range in.Plan.Cells {
		res := in.Results[c.Task]
		if c.Source != source || res == nil {
			continue
		}
		if i := slices.IndexFunc(res.Findings, func(f results.Finding) bool { return f.Claim == v.ID }); i >= 0 {
			v.setFinding(c.Key, res.Findings[i])
			break
		}
	}
	if v.ID == "T1.2" {
		v.checkGrids(in, source)
	}
}

// setFinding fills in a finding from the result of cell k.
func (v *Verdict) setFinding(k paper.Key, f results.Finding) {
	v.Grade, v.Word, v.Measured = results.GradeExact, f.Word, f.Text
	v.Cells = []paper.Key{k}
	if f.Word == results.NoWord {
		v.Grade = "" // a remark has no verdict
	}
	switch {
	case f.Where == "", strings.HasPrefix(f.Where, "in "), strings.HasPrefix(f.Where, "for "):
		v.WordNote = f.Where
	case strings.HasSuffix(f.Word, "weaker form"):
		v.WordNote = "with " + f.Where
	default:
		v.WordNote = "at " + f.Where
	}
}

// checkGrids compares the printed bound with the exact probabilities in the stored
// grids. If one exceeds the bound, the claim is false.
func (v *Verdict) checkGrids(in Evidence, source string) {
	rows, broken, simulated, inside := 0, 0, 0, 0
	counted := map[paper.Key]bool{}
	for _, c := range in.Plan.Cells {
		res := in.Results[c.Task]
		if c.Source != source || res == nil || res.Grid == nil || counted[c.Key] {
			continue
		}
		counted[c.Key] = true // a shipped grid has the same exact rows as the plan's own
		printed := res.Grid.Column("printed")
		for i, x := range res.Grid.Column("exact") {
			if printed != nil && !math.IsNaN(x) && !math.IsNaN(printed[i]) {
				rows++
				if x > printed[i] {
					broken++
				}
			}
		}
		held, of := res.Grid.IntervalsHolding()
		inside, simulated = inside+held, simulated+of
	}
	if rows > 0 {
		v.Measured = strings.TrimSuffix(v.Measured, ".")
		v.MeasuredNote = fmt.Sprintf("in the stored grids, which are other settings, the bound holds in %d of %d rows", rows-broken, rows)
		if simulated > 0 {
			v.MeasuredNote += fmt.Sprintf("; the exact value lies in the simulated 95 %% interval in %d of %d", inside, simulated)
		}
	}
	if broken > 0 {
		v.Grade, v.Word, v.WordNote = results.GradeExact, "false", fmt.Sprintf("at %d of %d rows of the stored grids", broken, rows)
	}
}
