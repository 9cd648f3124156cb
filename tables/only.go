package tables

import (
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
			_, own, _, ok := cutOnly(c.Command)
			if !ok {
				continue
			}
			name = strings.Trim(own, "'")
		}
		names = appendNew(names, name)
	}
	return names
}

// sameRun lists the cells of a plan that a command, the one of a cell, could
// select.
func sameRun(plan []results.Cell, command string) []results.Cell {
	before, _, after, _ := cutOnly(command)
	var same []results.Cell
	for _, c := range plan {
		if b, _, a, _ := cutOnly(c.Command); b == before && a == after {
			same = append(same, c)
		}
	}
	return same
}

// cutOnly parts a command at its --only, whose value may stand in quotes. A
// command without one is all before it.
func cutOnly(command string) (before, value, after string, ok bool) {
	before, value, ok = strings.Cut(command, "--only ")
	end, quote := " ", 0
	if strings.HasPrefix(value, "'") {
		end, quote = "' ", 1
	}
	if at := strings.Index(value, end); at >= 0 {
		value, after = value[:at+quote], value[at+quote:]
	}
	return before, value, after, ok
}
