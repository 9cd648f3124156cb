package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"longtail/results"
)

// What is shared follows from the settings, at any scale.
func TestWhatIsShared(t *testing.T) {
	for _, profile := range []string{"quick", "paper"} {
		plan := expand(t, profile, results.Selection{Seeds: 1})
		tasks := map[string]results.Task{}
		for _, task := range plan.Tasks {
			tasks[task.Name] = task
		}
		groups := map[string]int{}
		for _, task := range plan.Tasks {
			if task.Shared == nil {
				continue
			}
			rules := []string{task.Settings.Rule}
			for _, name := range task.Shared.With {
				other := tasks[name].Settings
				rules = append(rules, other.Rule)
				if other.Rule = task.Settings.Rule; other != task.Settings {
					t.Errorf("%s and %s differ in more than their rule", Describe(task.Settings), Describe(tasks[name].Settings))
				}
			}
			slices.Sort(rules)
			init := "nothing"
			if task.Settings.Init != "" {
				init = cmp.Or(tasks[task.Settings.Init].Settings.Target, "labels")
			}
			groups[fmt.Sprintf("%s from %s: %q", method(results.Settings{Loss: task.Settings.Loss}), init, rules)]++
			if e := int64(task.Settings.Epochs); task.Shared.Epochs != int(e)*4/5 || task.Shared.Images != task.Images*4/5 || task.Shared.Evals != task.Evals*4/5 {
				t.Errorf("%s shares %+v of %d images and %d evaluations", Describe(task.Settings), *task.Shared, task.Images, task.Evals)
			}
		}
		for _, want := range []string{`CE from nothing: ["" "drs" "drw"]`, `CE from labels: ["" "drw"]`, `CE from rotation: ["" "drs" "drw"]`,
			`LDAM from nothing: ["" "drw"]`, `LDAM from rotation: ["" "drw"]`} {
			if groups[want] == 0 {
				t.Errorf("%s: nothing shared by %s; there is %v", profile, want, groups)
			}
		}
	}
}
