package experiments

import (
	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

// WithCommitted adds to a plan every cell whose result ships with the program
// and that the plan does not have itself: of other profiles, and further
// replicates of its own, so that every report shows them.
func WithCommitted(plan results.Plan) (results.Plan, error) {
	shipped, err := results.Committed()
	if err != nil {
		return plan, err
	}
	return withResults(plan, shipped)
}

// Others are the plans of all profiles but one, and of the paper's with the authors'
// copy of a pool, which alone lets some cells be run as printed; in two replicates each.
func Others(than string) ([]results.Plan, error) {
	var all []results.Plan
	add := func(p Profile, pool string) error {
		plan, err := Expand(p, results.Selection{Seeds: 2, Pool: pool})
		plan.AllowUnverified = pool != "" // for its command: no checksum of it is known, and a plan reads no file
		all = append(all, plan)
		return err
	}
	for _, p := range profiles {
		if p.Name != than {
			if err := add(p, ""); err != nil {
				return nil, err
			}
		}
		if p.Name == "paper" {
			if err := add(p, dataset.PoolAuthors); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func withResults(plan results.Plan, shipped map[string]*results.Result) (results.Plan, error) {
	replicates := 1
	for _, r := range shipped {
		replicates = max(replicates, r.Settings.Replicate+1)
	}
	type place struct {
		key  paper.Key
		task string
	}
	there := map[place]bool{}
	for _, c := range plan.Cells {
		there[place{c.Key, c.Task}] = true
	}
	added := map[paper.Key]bool{}
	var cells []results.Cell
	for _, p := range profiles {
		other, err := Expand(p, results.Selection{Seeds: replicates})
		if err != nil {
			return plan, err
		}
		for _, c := range other.Cells {
			if c.Task != "" && shipped[c.Task] != nil && !there[place{c.Key, c.Task}] {
				cells = append(cells, c)
				added[c.Key] = true
				there[place{c.Key, c.Task}] = true
			}
		}
	}
	kept := make([]results.Cell, 0, len(plan.Cells)+len(cells))
	for _, c := range plan.Cells {
		if c.Task != "" || !added[c.Key] {
			kept = append(kept, c)
		} else { // what was run elsewhere needs no reason why not in a table
			plan.Hidden = append(plan.Hidden, c)
		}
	}
	plan.Cells = append(kept, cells...)
	return plan, nil
}
