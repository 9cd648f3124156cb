package experiments

import (
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

func expand(t *testing.T, profile string, sel Selection) results.Plan {
	t.Helper()
	p, err := ProfileNamed(profile)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Expand(p, sel)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestParentsComeFirstAndOnce(t *testing.T) {
	plan := expand(t, "quick", Selection{})
	seen := map[string]bool{}
	for _, task := range plan.Tasks {
		if seen[task.Name] {
			t.Errorf("%s stands twice", task.Name)
		}
		seen[task.Name] = true
		for _, parent := range Parents(task.Settings) {
			if !seen[parent] {
				t.Errorf("%s stands before its parent %s", Describe(task.Settings), parent)
			}
		}
		if name, err := Name(task.Settings); err != nil || name != task.Name {
			t.Errorf("%s is named %s: %v", Describe(task.Settings), task.Name, err)
		}
	}
	for _, c := range plan.Cells {
		if c.Reason == "" && !seen[c.Task] {
			t.Errorf("cell %v has no task in the plan", c.Key)
		}
		if c.Reason != "" && c.Task != "" {
			t.Errorf("cell %v is both run and not: %s", c.Key, c.Reason)
		}
	}
}

// Every number of Tables 1 to 4 is a cell, run or not.
func TestEveryPrintedCellIsInThePlan(t *testing.T) {
	plan := expand(t, "quick", Selection{Seeds: 2})
	cells := map[paper.Key]int{}
	for _, c := range plan.Cells {
		cells[c.Key]++
	}
	tables := 0
	for _, n := range paper.Numbers() {
		if strings.HasPrefix(n.Source, "Table") {
			tables++
			if cells[n.Key] == 0 {
				t.Errorf("%v is missing", n.Key)
			}
		}
	}
	if tables != 60+72+16+8 {
		t.Errorf("%d printed table cells", tables)
	}
	ce := paper.Key{Source: "Table 1a", Dataset: "CIFAR-10-LT", Rho: 100, Method: "CE", Network: "ResNet-32"}
	if cells[ce] != 2 {
		t.Errorf("CE stands %d times for two replicates", cells[ce])
	}
}

func TestReplicatesShareNothing(t *testing.T) {
	plan := expand(t, "quick", Selection{Seeds: 3, DataSeed: 5})
	for _, task := range plan.Tasks {
		s := task.Settings
		if s.Kind != results.KindTheory && s.Kind != results.KindPseudolabel && s.DataSeed != 5+s.Replicate {
			t.Errorf("replicate %d has data seed %d", s.Replicate, s.DataSeed)
		}
	}
	a, b := expand(t, "quick", Selection{Seeds: 3}), expand(t, "quick", Selection{Seeds: 3, Seed: 1})
	names := map[string]bool{}
	for _, task := range a.Tasks {
		names[task.Name] = true
	}
	for _, task := range b.Tasks {
		if names[task.Name] && task.Settings.Kind != results.KindTheory && task.Settings.Arch != archLogistic {
			t.Errorf("--seed does not change %s", Describe(task.Settings))
		}
	}
	// More replicates extend a plan; they rename nothing.
	one := expand(t, "quick", Selection{Seeds: 1})
	for _, task := range one.Tasks {
		if !names[task.Name] {
			t.Errorf("%s is another task with one replicate than with three", Describe(task.Settings))
		}
	}
}

// The equal-step control takes as many steps as the D_U run, to within an
// epoch.
func TestEqualSteps(t *testing.T) {
	p, _ := ProfileNamed("quick")
	plan := expand(t, "quick", Selection{Seeds: 1})
	steps := map[string]int{}
	for _, c := range plan.Cells {
		for _, task := range plan.Tasks {
			if s := task.Settings; c.Reason == "" && task.Name == c.Task && s.Batch > 0 {
				images := int(task.Images) / s.Epochs
				steps[c.Source+c.Method+number(c.RhoU)] = s.Epochs * ceilDiv(images, s.Batch)
				if c.Method == "CE, equal steps" && s.Batch != p.WithDU.Batch {
					t.Errorf("the control has batch %d", s.Batch)
				}
			}
		}
	}
	du, control := steps["Table 1aCE + D_U@5x100"], steps["controlCE, equal steps0"]
	if du != 4640 || control < du || control >= du+20 {
		t.Errorf("D_U takes %d steps, its control %d", du, control)
	}
	if got := steps["Table 1aCE0"]; got < 3450 {
		t.Errorf("CE takes %d steps", got)
	}
}

func number(x float64) string { return strings.TrimSuffix(strings.TrimRight(ftoa(x), "0"), ".") }

func TestOnly(t *testing.T) {
	all := expand(t, "quick", Selection{Seeds: 1})
	theory := expand(t, "quick", Selection{Seeds: 1, Only: []string{"theorem1"}})
	for _, task := range theory.Tasks {
		if task.Settings.Kind != results.KindTheory {
			t.Errorf("--only theorem1 runs %s", Describe(task.Settings))
		}
	}
	var ssp results.Cell
	for _, c := range all.Cells {
		if c.Method == "CE(Uniform) + SSP" && c.Task != "" {
			ssp = c
		}
	}
	one := expand(t, "quick", Selection{Seeds: 1, Only: []string{ssp.Task[:12]}})
	if len(one.Tasks) != 2 || one.Tasks[0].Settings.Target != TargetRotation || one.Tasks[1].Name != ssp.Task {
		t.Errorf("one cell by its task's name runs %d tasks", len(one.Tasks))
	}
	if !strings.Contains(ssp.Command, ssp.Task[:12]) {
		t.Errorf("the cell's own command is %q", ssp.Command)
	}
}

func TestUnknownNames(t *testing.T) {
	p, _ := ProfileNamed("quick")
	for _, only := range []string{"table9", "", "0123456789abcdef"} {
		_, err := Expand(p, Selection{Only: []string{only}})
		if err == nil || !strings.Contains(err.Error(), "table1") {
			t.Errorf("--only %q: %v", only, err)
		}
	}
	if _, err := ProfileNamed("fast"); err == nil || !strings.Contains(err.Error(), "quick") {
		t.Errorf("an unknown profile: %v", err)
	}
	for _, seeds := range []int{-1, 1001} {
		if _, err := Expand(p, Selection{Seeds: seeds}); err == nil {
			t.Errorf("%d seeds were accepted", seeds)
		}
	}
}
