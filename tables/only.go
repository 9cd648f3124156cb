package tables

import (
	"slices"
	"strings"

	"longtail/internal/shell"
	"longtail/results"
)

// only returns the names of --only that select the tasks of some cells and no other
// that is not done: a part, a method of a part, or one number of a method, where
// each of its cells is among them or has a result; otherwise the tasks by their
// digits, as the cells' own commands do. skip reports whether a result that ships
// stands under these names: --skip-shipped leaves it out. all is what the command
// can select from: the cells of its profile in as many replicates as it has.
func only(all, cells []results.Cell, res map[string]*results.Result) (names []string, skip bool) {
	chosen := map[string]bool{}
	for _, c := range cells {
		chosen[c.Task] = true
	}
	type under struct{ others, shipped bool } // what else a name selects
	known := map[string]under{}
	methods := map[string]map[string]bool{}
	for _, c := range all {
		if c.Task == "" || c.Part == "" {
			continue
		}
		if methods[c.Part] == nil {
			methods[c.Part] = map[string]bool{}
		}
		methods[c.Part][c.Method] = true
		for _, name := range []string{c.Part, c.Selector(), c.NumberSelector()} {
			u := known[name]
			if r := res[c.Task]; r != nil {
				u.shipped = u.shipped || r.Shipped
			} else if !chosen[c.Task] {
				u.others = true
			}
			known[name] = u
		}
	}
	for _, c := range cells {
		ways := []string{c.Part, c.Selector(), c.NumberSelector()}
		if len(methods[c.Part]) < 2 {
			ways = ways[1:]
		}
		at := slices.IndexFunc(ways, func(name string) bool { u, ok := known[name]; return ok && !u.others })
		if at < 0 {
			if _, own, _, ok := cutOnly(c.Command); ok {
				names = appendNew(names, strings.Trim(own, "'"))
			}
			continue
		}
		names = appendNew(names, ways[at])
		skip = skip || known[ways[at]].shipped
	}
	return names, skip
}

// OnlyFlags is only as flags of a command, with a space before each; "" for no names.
func OnlyFlags(all, cells []results.Cell, res map[string]*results.Result) string {
	names, skip := only(all, cells, res)
	if len(names) == 0 {
		return ""
	}
	flags := " --only " + shell.Quote(strings.Join(names, ","))
	if skip {
		flags += " " + results.SkipShipped
	}
	return flags
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
