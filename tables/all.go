package tables

import "longtail/results"

// All returns every table: Tables 1 to 4, the controls, the theorems.
func All(plan results.Plan, res map[string]*results.Result) []Table {
	all := []Table{Table1(plan, res), Table2(plan, res), Table3(plan, res), Table4(plan, res), Controls(plan, res)}
	for n := 1; n <= 3; n++ {
		all = append(all, Theorem(plan, res, n))
	}
	return all
}
