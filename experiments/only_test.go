package experiments

import (
	"slices"
	"strings"
	"testing"

	"longtail/results"
)

// runBy are the cells that a selection leaves to run.
func runBy(t *testing.T, profile string, only ...string) (plan results.Plan, cells []results.Cell) {
	t.Helper()
	plan = expand(t, profile, results.Selection{Seeds: 1, Only: only})
	for _, c := range plan.Cells {
		if c.Task != "" && c.Reason == "" {
			cells = append(cells, c)
		}
	}
	return plan, cells
}

func TestOnlyTakesMethods(t *testing.T) {
	for _, k := range []struct {
		only    []string
		methods []string // of cells in print or controls that are run
		part    string   // the one they are in; "" for several
	}{
		{[]string{"CE-DRW + SSP"}, []string{"CE-DRW + SSP"}, "table2"},
		{[]string{"ce-drw+ssp"}, []string{"CE-DRW + SSP"}, "table2"},
		{[]string{"LDAM-DRW"}, []string{"LDAM-DRW"}, ""},
		{[]string{"table2:LDAM-DRW"}, []string{"LDAM-DRW"}, "table2"},
		{[]string{"CE, equal steps"}, []string{"CE, equal steps"}, "controls"},
		{[]string{"controls:CE, equal steps,CE-DRW + SSP"}, []string{"CE, equal steps", "CE-DRW + SSP"}, ""},
		{[]string{"table2:CE-DRW", "table2: LDAM-DRW"}, []string{"CE-DRW", "LDAM-DRW"}, "table2"},
		{[]string{"controls:CE, equal steps:rho=10, table2:CE-DRW:rho=100"}, []string{"CE, equal steps", "CE-DRW"}, ""},
		{[]string{"table1:rho=10"}, []string{"CE", "CE + D_U@5x", "LDAM-DRW", "LDAM-DRW + D_U@5x"}, "table1"},
		{[]string{"CE + D_U@5x, relevance 60 %,table2:CE"}, []string{"CE", "CE + D_U@5x, relevance 60 %"}, ""},
	} {
		plan, cells := runBy(t, "quick", k.only...)
		var methods []string
		parts := map[string]bool{}
		for _, c := range cells {
			if !Selected(plan.Only, c) {
				continue // what a cell starts from may have a place of its own
			}
			methods = append(methods, c.Method)
			parts[c.Part] = true
		}
		slices.Sort(methods)
		if methods = slices.Compact(methods); !slices.Equal(methods, k.methods) || k.part != "" && (len(parts) != 1 || !parts[k.part]) || k.part == "" && len(parts) < 2 {
			t.Errorf("%q runs %q in %v", k.only, methods, parts)
		}
		// The plan's own command selects the same again.
		_, quotedList, _ := strings.Cut(plan.Command(), " --only ")
		list, _, _ := strings.Cut(quotedList, " --seeds")
		again, _ := runBy(t, "quick", strings.Trim(list, "'"))
		if !slices.EqualFunc(plan.Tasks, again.Tasks, func(a, b results.Task) bool { return a.Name == b.Name }) || again.Command() != plan.Command() {
			t.Errorf("%q: its command %q selects %d tasks, not %d", k.only, plan.Command(), len(again.Tasks), len(plan.Tasks))
		}
	}
}

func TestOnlyMisspelt(t *testing.T) {
	p, err := ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	for only, want := range map[string]string{
		"tabel2":                   `did you mean "table2"`,
		"CE-DRW + SPP":             `did you mean "CE-DRW + SSP"`,
		"table2:CE-DWR":            `--only table2:CE-DWR: there is no number that fits all of it; did you mean "table2:CE-DRW"`,
		"tabel2:CE-DRW":            `"table2:CE-DRW"`,
		"table2:CE + SSP:rho=100":  `did you mean "table2:CE(Uniform) + SSP:rho=100" or "table2:CE(Balanced) + SSP:rho=100"`,
		"table1:CE-DRW + SSP":      `did you mean "table2:CE-DRW + SSP"`,
		"table2,CE, equal stops":   `--only equal stops`,
		"CE, equal stops":          `did you mean "CE, equal steps"`,
		"LDAM-DRW + D_U@5":         `did you mean "LDAM-DRW + D_U@5x"`,
		"something quite else":     "method or task. Parts are theory, ",
		"ffffffffffffffffffffffff": "tasks are 12 or more digits",
		"table1:CE:rho=101":        `did you mean "table1:CE:rho=100" or "table1:CE:rho=10"`,
		"table1:CE:rho_u=x":        "no number that fits all of it",
		"table1:CE:CIFAR10-LT":     `"table1:CE:CIFAR-10-LT"`,
		"theory,,table1":           "--only theory,,table1: there is an empty name; parts are theory, ",
		"cifar10":                  `did you mean "CIFAR-10-LT"`,
		"table1:svhn":              `did you mean "table1:SVHN-LT"`,
		"table1:":                  "no number that fits all of it",
	} {
		_, err := Expand(p, results.Selection{Seeds: 1, Only: []string{only}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--only %q: %v, want %q", only, err, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"table2", "table2", 0}} {
		if got, back := editDistance(c.a, c.b), editDistance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q to %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

// What cells name themselves by, which reports print, selects them and no other,
// also in a list.
func TestSelectorsAreExact(t *testing.T) {
	for _, name := range []string{"quick", "paper"} {
		profile, err := ProfileNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Expand(profile, results.Selection{Seeds: 2})
		if err != nil {
			t.Fatal(err)
		}
		for kind, of := range map[string]func(results.Cell) string{
			"methods": func(c results.Cell) string { return c.Part + c.Method },
			"numbers": func(c results.Cell) string { return c.Part + c.Key.String() },
		} {
			var all []string
			done := map[string]bool{}
			for _, c := range plan.Cells {
				if c.Task == "" || done[of(c)] {
					continue
				}
				done[of(c)] = true
				var these []results.Cell
				for _, o := range plan.Cells {
					if o.Task != "" && of(o) == of(c) {
						these = append(these, o)
					}
				}
				only := plan.Selection.Cells(plan.Cells, these, nil).Only
				all = append(all, only...)
				for _, o := range plan.Cells {
					if o.Task == "" {
						continue // nothing is run for it
					}
					wanted := slices.ContainsFunc(these, func(c results.Cell) bool { return c.Task == o.Task })
					if got := slices.ContainsFunc(only, func(n string) bool { return selects(n, o) }); got && !wanted || !got && of(o) == of(c) {
						t.Errorf("%s, %s: %q and the cell %v: %v", name, kind, only, o.Key, got)
					}
				}
			}
			known := func(name string) bool { return slices.Contains(all, name) }
			if names, unknown := onlyNames([]string{strings.Join(all, ",")}, known); !slices.Equal(names, all) || len(all) < 40 {
				t.Errorf("%s, %s: %d names of %d, unknown %q", name, kind, len(names), len(all), unknown)
			}
		}
	}
}
