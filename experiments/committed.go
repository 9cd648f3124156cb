package experiments

import (
	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

// WithCommitted adds to a plan the cells whose results ship with the program and
// that it lacks: those of other profiles and further replicates of its own. Every
// report thereby shows them.
func WithCommitted(plan results.Plan) (results.Plan, error) {
	shipped, err := results.Committed()
	if err != nil {
		return plan, err
	}
	return withResults(plan, shipped)
}

// Others returns the plans of all profiles but the one named than, and always
// profile paper with the authors' copy of a pool, two replicates each. Only that
// pool lets some cells run as printed.
func Others(than string) ([]results.Plan, error) {
	var all []results.Plan
	add := func(p Profile, pool string) error {
		plan, err := Expand(p, results.Selection{Seeds: 2, Pool: pool})
		plan.AllowUnverified = pool != "" // for its command: the pool has no known checksum; set last, so that Expand reads no file
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
		} else { // a result from another profile makes the reason superfluous in a table
			plan.Hidden = append(plan.Hidden, c)
		}
	}
	plan.Cells = append(kept, cells...)
	return plan, nil
}
