package experiments

import (
	"longtail/paper"
	"longtail/results"
)

// WithCommitted adds to a plan the cells of other profiles whose results ship
// with the program, unless the plan itself runs that number, so that every
// report shows them.
func WithCommitted(plan results.Plan) (results.Plan, error) {
	shipped, err := results.Committed()
	if err != nil {
		return plan, err
	}
	own := map[paper.Key]bool{}
	for _, c := range plan.Cells {
		if c.Task != "" {
			own[c.Key] = true
		}
	}
	added := map[paper.Key]bool{}
	var cells []results.Cell
	for _, p := range profiles {
		if p.Name == plan.Profile {
			continue
		}
		other, err := Expand(p, Selection{})
		if err != nil {
			return plan, err
		}
		for _, c := range other.Cells {
			if c.Task != "" && shipped[c.Task] != nil && !own[c.Key] {
				cells = append(cells, c)
				added[c.Key] = true
			}
		}
	}
	kept := make([]results.Cell, 0, len(plan.Cells)+len(cells))
	for _, c := range plan.Cells {
		if !added[c.Key] {
			kept = append(kept, c)
		}
	}
	plan.Cells = append(kept, cells...)
	return plan, nil
}
