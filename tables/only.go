package tables

import (
	"slices"
	"strings"

	"longtail/results"
)

// Only returns the names of --only that select the tasks of some cells and no
// other: a part, or a method of a part ("table2:CE-DRW + SSP"), where each of
// its cells is among them; otherwise the tasks by their digits, as the cells' own
// commands do. all is what the command can select from: the cells of its profile
// in as many replicates as it has.
func Only(all, cells []results.Cell) []string {
	chosen := map[string]bool{}
	for _, c := range cells {
		chosen[c.Task] = true
	}
	wide := map[string]bool{} // names that select another task as well
	methods := map[string]map[string]bool{}
	for _, c := range all {
		if c.Task == "" || c.Part == "" {
			continue
		}
		if methods[c.Part] == nil {
			methods[c.Part] = map[string]bool{}
		}
		methods[c.Part][c.Method] = true
		if !chosen[c.Task] {
			wide[c.Part], wide[c.Selector()] = true, true
		}
	}
	var names []string
	for _, c := range cells {
		var name string
		switch {
		case len(methods[c.Part]) > 1 && !wide[c.Part]:
			name = c.Part
		case methods[c.Part][c.Method] && !wide[c.Selector()]:
			name = c.Selector()
		default:
			own := onlyFlag.FindStringSubmatch(c.Command)
			if own == nil {
				continue
			}
			name = strings.Trim(own[1], "'")
		}
		names = appendNew(names, name)
	}
	return names
}

// sameRun lists the cells of a plan that a command, the one of a cell, could
// select.
func sameRun(plan []results.Cell, command string) []results.Cell {
	masked := onlyFlag.ReplaceAllString(command, "")
	return slices.DeleteFunc(slices.Clone(plan), func(c results.Cell) bool {
		return onlyFlag.ReplaceAllString(c.Command, "") != masked
	})
}
