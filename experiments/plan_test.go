package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

func expand(t *testing.T, profile string, sel results.Selection) results.Plan {
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
	plan := expand(t, "quick", results.Selection{})
	seen := map[string]bool{}
	for _, task := range plan.Tasks {
		if seen[task.Name] {
			t.Errorf("%s stands twice", task.Name)
		}
		seen[task.Name] = true
		for _, parent := range task.Settings.Parents() {
			if !seen[parent] {
				t.Errorf("%s stands before its parent %s", Describe(task.Settings), parent)
			}
		}
		if name, err := Name(dataset.Files{}, task.Settings); err != nil || name != task.Name {
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

// Every number of Tables 1 to 4, of the README and of Appendix E.3 is in every
// plan, run or not.
func TestEveryPrintedCellIsInThePlan(t *testing.T) {
	for _, profile := range ProfileNames() {
		plan := expand(t, profile, results.Selection{Seeds: 2})
		cells := map[paper.Key]int{}
		for _, c := range plan.Cells {
			cells[c.Key]++
			if (c.Task == "") != (c.Reason != "") {
				t.Errorf("%s: %v has task %q and reason %q", profile, c.Key, c.Task, c.Reason)
			}
		}
		tables := 0
		for _, n := range paper.Numbers() {
			if partOf(n.Key) == "" {
				continue
			}
			if strings.HasPrefix(n.Source, "Table") {
				tables++
			}
			if cells[n.Key] == 0 {
				t.Errorf("%s: %v is missing", profile, n.Key)
			}
		}
		if tables != 60+72+16+8 {
			t.Errorf("%d printed table cells", tables)
		}
		ce := paper.Key{Source: "Table 1a", Dataset: "CIFAR-10-LT", Rho: 100, Method: "CE", Network: "ResNet-32"}
		if cells[ce] != 2 {
			t.Errorf("%s: CE stands %d times for two replicates", profile, cells[ce])
		}
	}
}

// The cells are as many as the claims need, each once, and what is in print is
// found under its key.
func TestCellsAsData(t *testing.T) {
	count := map[string]int{}
	seen := map[paper.Key]bool{}
	for _, c := range cells() {
		count[c.part]++
		if seen[c.Key] {
			t.Errorf("%v stands twice", c.Key)
		}
		seen[c.Key] = true
		if c.Source != paper.SourceControl && !strings.HasPrefix(c.Source, "Figure") {
			if !paper.IsPrinted(c.Key) {
				t.Errorf("%v is not in print", c.Key)
			}
		}
	}
	want := map[string]int{
		"table1": 60, "table2": 72 + 12, "figure1": 4, "figure2": 6, "figure3": 5, "figure4": 2,
		"sweeps":   2 + 4 + 4 + 6 + 4 + 16 + 2,
		"controls": 12 + 1 + 3 + 2*3*(5*2+3+1+1) + 6 + 1 + 1,
	}
	count["controls"] = min(count["controls"], want["controls"]) // more are welcome (docs/add-a-method.md)
	if d := cmp.Diff(want, count); d != "" {
		t.Error(d)
	}
	for _, p := range profiles {
		for i, block := range p.Blocks {
			for _, k := range block {
				if !seen[k] {
					t.Errorf("profile %s, block %d: there is no cell %v", p.Name, i+1, k)
				}
			}
		}
	}
}

// Settings of cells as the paper, its program and the specification have them.
func TestSettingsOfCells(t *testing.T) {
	plan := expand(t, "paper", results.Selection{Seeds: 1, Pool: "authors"})
	tasks, evals := map[string]results.Settings{}, map[string]int64{}
	for _, task := range plan.Tasks {
		tasks[task.Name], evals[task.Name] = task.Settings, task.Evals
	}
	at := map[paper.Key]results.Cell{}
	for _, c := range plan.Cells {
		at[c.Key] = c
	}
	base := results.Settings{Kind: results.KindTrain, Data: "cifar10", Rho: 100, NMax: 5000, Arch: "resnet32", Epochs: 200, Batch: 128, Evaluations: 200}
	du := func(s *results.Settings) { s.Batch, s.Pool, s.Multiple, s.RhoU = 256, "authors", 5, 100 }
	for method, c := range map[string]struct {
		key    paper.Key
		change func(*results.Settings)
	}{
		"CE":               {paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), func(*results.Settings) {}},
		"LDAM-DRW":         {paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "LDAM-DRW"), func(s *results.Settings) { s.Loss, s.Rule = "ldam", "drw" }},
		"CB-Focal":         {paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CB-Focal"), func(s *results.Settings) { s.Loss, s.Rule = "focal", "reweight" }},
		"CE-DRS":           {paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE-DRS"), func(s *results.Settings) { s.Rule = "drs" }},
		"resampled":        {paper.Control(paper.CIFAR10, 100, 0, ruleResampled), func(s *results.Settings) { s.Rule = "resample" }},
		"CB-CE, CIFAR-100": {paper.ResNet32("Table 2", paper.CIFAR100, 50, 0, "CB-CE"), func(s *results.Settings) { s.Data, s.Rho, s.NMax, s.Rule = "cifar100", 50, 500, "reweight" }},
		"SVHN":             {paper.ResNet32("Table 1b", paper.SVHN, 10, 0, "CE"), func(s *results.Settings) { s.Data, s.Rho, s.NMax = "svhn", 10, 1000 }},
		"SSP":              {paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "LDAM-DRW + SSP"), func(s *results.Settings) { s.Loss, s.Rule = "ldam", "drw" }},
		"with D_U":         {paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU), du},
		"true labels":      {paper.Control(paper.CIFAR10, 100, 100, "CE"+paper.WithDU+", true labels"), func(s *results.Settings) { du(s); s.PoolLabels = "true" }},
		"threshold":        {paper.Control(paper.CIFAR10, 50, 50, "CE"+paper.WithDU+paper.Threshold(.8)), func(s *results.Settings) { du(s); s.Rho, s.RhoU, s.Threshold = 50, 50, .8 }},
		"VAT":              {paper.Control(paper.CIFAR10, 50, 50, paper.VAT), func(s *results.Settings) { du(s); s.Rho, s.RhoU, s.SSL, s.Epsilon = 50, 50, "vat", 6 }},
		"mean teacher":     {paper.Control(paper.CIFAR10, 50, 50, paper.MeanTeacher), func(s *results.Settings) { du(s); s.Rho, s.RhoU, s.SSL = 50, 50, "mean-teacher" }},
		"amount":           {paper.ResNet32("Appendix E.3", paper.CIFAR10, 50, 50, "CE + D_U@0.5x"), func(s *results.Settings) { du(s); s.Rho, s.RhoU, s.Multiple = 50, 50, .5 }},
		"labels":           {paper.Control(paper.CIFAR10, 50, 0, "CE, D_L×0.25"), func(s *results.Settings) { s.Rho, s.Amount = 50, .25 }},
		"relevance": {paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(60)), func(s *results.Settings) {
			du(s)
			s.Rho, s.RhoU, s.Irrelevant, s.IrrelevantPct = 50, 50, "cifar100", 40
		}},
		"all relevant":     {paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(100)), func(s *results.Settings) { du(s); s.Rho, s.RhoU = 50, 50 }},
		"step":             {paper.Control(paper.CIFAR10, 10, 0, "CE-DRW, step"), func(s *results.Settings) { s.Rho, s.Imbalance, s.Rule = 10, "step", "drw" }},
		"equal steps":      {paper.Control(paper.CIFAR10, 100, 0, "CE, equal steps"), func(s *results.Settings) { s.Batch, s.Epochs = 256, 1188 }},
		"twice the epochs": {paper.Control(paper.CIFAR10, 100, 0, "CE, twice the epochs"), func(s *results.Settings) { s.Epochs = 400 }},
		"probe": {paper.Control(paper.CIFAR10, 100, 0, "SSP, linear probe"), func(s *results.Settings) {
			s.Frozen, s.Epochs, s.Evaluations, s.Schedule = true, 100, 0, "cosine-plain"
		}},
		"cRT": {paper.Control(paper.CIFAR10, 100, 0, "CE"+paper.WithCRT), func(s *results.Settings) {
			s.Retrained, s.Rule, s.Stage, s.Epochs, s.LR, s.Schedule = true, "class-aware", "retrain", 10, .05, "cosine-plain"
		}},
		"balanced":       {paper.Control(paper.CIFAR10, 1, 0, "CE"), func(s *results.Settings) { s.Rho = 1 }},
		"balanced, SVHN": {paper.Control(paper.SVHN, 1, 0, "CE"), func(s *results.Settings) { s.Data, s.Rho, s.NMax = "svhn", 1, 1000 }},
	} {
		want := base
		c.change(&want)
		got, ok := tasks[at[c.key].Task]
		if !ok {
			t.Errorf("%s: not planned: %s", method, at[c.key].Reason)
			continue
		}
		init, labels := got.Init, got.Labels
		got.Init, got.Labels = "", ""
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", method, d)
		}
		if want.Retrained { // its first stage is the run of another cell
			if n := evals[at[c.key].Task]; n != 10*12406+10*10000 {
				t.Errorf("%s passes %d images forward", method, n)
			}
			if got := tasks[init]; init != at[paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE")].Task || got.Retrained {
				t.Errorf("%s starts from %+v", method, got)
			}
			continue
		}
		if fromSSP := strings.Contains(c.key.Method, "SSP"); fromSSP != (init != "") || fromSSP && (tasks[init].Target != results.TargetRotation || tasks[init].Rule != "") {
			t.Errorf("%s starts from %+v", method, tasks[init])
		}
		if pseudo := want.Multiple > 0 && want.PoolLabels == "" && want.SSL == ""; pseudo != (labels != "") {
			t.Errorf("%s has pseudo-labels %q", method, labels)
		}
	}
	// CIFAR-100 has too few irrelevant images for most of D_U, and the plan knows
	// before anything is trained.
	if c := at[paper.ResNet32("Figure 2", paper.CIFAR10, 50, 50, paper.Relevance(20))]; c.Task != "" || !strings.Contains(c.Reason, "55984 irrelevant images, of which there are 32500") {
		t.Errorf("relevance 20 %%: task %q, reason %q", c.Task, c.Reason)
	}
	// The base classifier of a row is trained by the row's own rule, and its
	// labels serve every ρ_U.
	ldam := tasks[at[paper.ResNet32("Table 1a", paper.CIFAR10, 100, 50, "LDAM-DRW"+paper.WithDU)].Task]
	if got := tasks[ldam.Labels].Base; got != at[paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "LDAM-DRW")].Task {
		t.Errorf("LDAM-DRW's pseudo-labels are of %+v", tasks[got])
	}
	other := tasks[at[paper.ResNet32("Table 1a", paper.CIFAR10, 100, 200, "LDAM-DRW"+paper.WithDU)].Task]
	if other.Labels != ldam.Labels {
		t.Error("two ρ_U have the pool labeled twice")
	}
	// The warm start shares nothing but its images with the run without.
	warm := tasks[at[paper.Control(paper.CIFAR10, 100, 0, "CE-DRW + warm start")].Task]
	if pre := tasks[warm.Init]; pre.Kind != results.KindPretrain || pre.Target != "" || pre.Stage != "pretrain" || pre.Rule != "" || warm.Init == at[paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE")].Task {
		t.Errorf("the warm start is from %+v", pre)
	}
}

func TestGrades(t *testing.T) {
	for _, c := range []struct {
		profile, pool string
		key           paper.Key
		want          results.Grade
	}{
		{"quick", "", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), results.GradeStandIn},
		{"desktop", "", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), results.GradeSimilar},
		{"desktop", "", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU), results.GradeSimilar},
		{"desktop", "", paper.ResNet32("Table 2", paper.CIFAR100, 100, 0, "CE"), results.GradePaper},
		{"desktop", "", paper.ResNet32("Table 1b", paper.SVHN, 100, 1, "CE"+paper.WithDU), results.GradePaper},
		{"desktop", "", paper.Control(paper.CIFAR10, 50, 0, "CE, D_L×0.25"), results.GradeSimilar}, // as its line at full labels
		{"paper", "", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), results.GradePaper},
		{"paper", "", paper.Control(paper.CIFAR10, 100, 0, "CE, equal steps"), results.GradePaper},
		{"paper", "authors", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU), results.GradePaper},
		{"paper", "", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU), ""}, // the pool was withdrawn
	} {
		found := 0
		for _, got := range expand(t, c.profile, results.Selection{Seeds: 1, Pool: c.pool}).Cells {
			if got.Key != c.key {
				continue
			}
			found++
			if got.Grade != c.want {
				t.Errorf("%s, %v: grade %q, want %q", c.profile, c.key, got.Grade, c.want)
			}
			if c.want == "" && (!strings.Contains(got.Reason, "withdrawn") || !strings.Contains(got.Reason, "held-out") || !strings.Contains(got.Reason, "desktop")) {
				t.Errorf("%v is not run because %q", c.key, got.Reason)
			}
		}
		if found != 1 {
			t.Errorf("%s has %v %d times", c.profile, c.key, found)
		}
	}
}

// The blocks come first, block 1 in every replicate before block 2, and a task
// stands where it is first needed.
func TestBlocksComeFirst(t *testing.T) {
	plan := expand(t, "quick", results.Selection{})
	block, part := 1, ""
	for _, c := range plan.Cells {
		if c.Task == "" || strings.HasPrefix(c.Part, "theorem") {
			continue
		}
		switch {
		case c.Block == 0:
			block = 0
		case block == 0 || c.Block < block:
			t.Errorf("%v of block %d stands behind block %d", c.Key, c.Block, block)
		default:
			block = c.Block
		}
		part += c.Part
	}
	first := expand(t, "quick", results.Selection{Only: []string{"block1"}})
	all := plan.Tasks
	for len(all) > 0 && all[0].Settings.Kind == results.KindTheory {
		all = all[1:]
	}
	for i, task := range first.Tasks {
		if all[i].Name != task.Name {
			t.Fatalf("task %d of the whole plan is %s, of block 1 %s", i, Describe(all[i].Settings), Describe(task.Settings))
		}
	}
	if len(first.Tasks) != 3*8 {
		t.Errorf("block 1 has %d tasks in three replicates", len(first.Tasks))
	}
}

func TestReplicatesShareNothing(t *testing.T) {
	plan := expand(t, "quick", results.Selection{Seeds: 3, DataSeed: 5})
	for _, task := range plan.Tasks {
		s := task.Settings
		if s.Kind != results.KindTheory && s.DataSeed != 5+s.Replicate {
			t.Errorf("replicate %d has data seed %d", s.Replicate, s.DataSeed)
		}
	}
	// Nor does anything that one starts from serve another.
	tasks, serves := map[string]results.Task{}, map[string]int{}
	for _, task := range plan.Tasks {
		tasks[task.Name] = task
	}
	var serve func(task string, replicate int)
	serve = func(task string, replicate int) {
		if was, ok := serves[task]; ok && was != replicate {
			t.Errorf("%s serves replicates %d and %d", Describe(tasks[task].Settings), was, replicate)
		}
		serves[task] = replicate
		for _, p := range tasks[task].Settings.Parents() {
			serve(p, replicate)
		}
	}
	for _, c := range plan.Cells {
		if c.Task != "" {
			serve(c.Task, c.Replicate)
		}
	}
	if len(serves) != len(plan.Tasks) {
		t.Errorf("%d of %d tasks serve a cell", len(serves), len(plan.Tasks))
	}
	a, b := expand(t, "quick", results.Selection{Seeds: 3}), expand(t, "quick", results.Selection{Seeds: 3, Seed: 1})
	names := map[string]bool{}
	for _, task := range a.Tasks {
		names[task.Name] = true
	}
	for _, task := range b.Tasks {
		if names[task.Name] && task.Settings.Kind != results.KindTheory && task.Settings.Arch != results.ArchLogistic {
			t.Errorf("--seed does not change %s", Describe(task.Settings))
		}
	}
	// More replicates extend a plan; they rename nothing.
	one := expand(t, "quick", results.Selection{Seeds: 1})
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
	plan := expand(t, "quick", results.Selection{Seeds: 1})
	steps := map[string]int{}
	for _, c := range plan.Cells {
		for _, task := range plan.Tasks {
			if s := task.Settings; c.Reason == "" && task.Name == c.Task && s.Batch > 0 {
				images := int(task.Images) / s.Epochs
				steps[fmt.Sprint(c.Source, c.Method, c.Rho, c.RhoU)] = s.Epochs * ceilDiv(images, s.Batch)
				if c.Method == "CE, equal steps" && s.Batch != p.WithDU.Batch {
					t.Errorf("the control has batch %d", s.Batch)
				}
			}
		}
	}
	du, control := steps["Table 1aCE + D_U@5x100 100"], steps["controlCE, equal steps100 0"]
	// 1,236 labeled images and five times as many, in batches of 16.
	if du != 464*p.WithDU.Epochs || control < du || control >= du+78 {
		t.Errorf("D_U takes %d steps, its control %d", du, control)
	}
	if got := steps["Table 1aCE100 0"]; got != 155*p.Supervised.Epochs {
		t.Errorf("CE takes %d steps", got)
	}
}

func TestOnly(t *testing.T) {
	all := expand(t, "quick", results.Selection{Seeds: 1})
	theory := expand(t, "quick", results.Selection{Seeds: 1, Only: []string{"theorem1"}})
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
	one := expand(t, "quick", results.Selection{Seeds: 1, Only: []string{ssp.Task[:12]}})
	if len(one.Tasks) != 2 || one.Tasks[0].Settings.Target != results.TargetRotation || one.Tasks[1].Name != ssp.Task {
		t.Errorf("one cell by its task's name runs %d tasks", len(one.Tasks))
	}
	if !strings.Contains(ssp.Command, ssp.Task[:12]) {
		t.Errorf("the cell's own command is %q", ssp.Command)
	}
	// A task that is no cell's, by its name.
	pseudo := slices.IndexFunc(all.Tasks, func(t results.Task) bool { return t.Settings.Kind == results.KindPseudolabel })
	two := expand(t, "quick", results.Selection{Seeds: 1, Only: []string{all.Tasks[pseudo].Name[:12]}})
	if len(two.Tasks) != 2 || two.Tasks[1].Name != all.Tasks[pseudo].Name {
		t.Errorf("pseudo-labels by their name run %d tasks", len(two.Tasks))
	}
	// Every part selects its cells, all of them and no others.
	for _, profile := range []string{"quick", "desktop"} {
		whole := expand(t, profile, results.Selection{Seeds: 1})
		for _, part := range Parts() {
			chosen := expand(t, profile, results.Selection{Seeds: 1, Only: []string{part}})
			names := map[string]bool{}
			for _, task := range chosen.Tasks {
				names[task.Name] = true
			}
			run := 0
			for i, c := range chosen.Cells {
				want := selects(part, whole.Cells[i]) && c.Task != ""
				if want {
					run++
				}
				if want && (c.Reason != "" || !names[c.Task]) || c.Task != "" && names[c.Task] != (c.Reason == "") {
					t.Errorf("%s --only %s: %v, reason %q, planned %v", profile, part, c.Key, c.Reason, names[c.Task])
				}
			}
			if nothing := part == "table3" || part == "table4" || profile == "quick" && part == "figure1" && run == 0; (run == 0) != nothing {
				t.Errorf("%s --only %s selects %d cells", profile, part, run)
			}
			if !strings.Contains(chosen.Command(), "--only "+part) {
				t.Errorf("its command is %q", chosen.Command())
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	p, _ := ProfileNamed("quick")
	for _, only := range []string{"table9", "", "0123456789abcdef"} {
		_, err := Expand(p, results.Selection{Only: []string{only}})
		if err == nil || !strings.Contains(err.Error(), "table1") {
			t.Errorf("--only %q: %v", only, err)
		}
	}
	if _, err := ProfileNamed("fast"); err == nil || !strings.Contains(err.Error(), "quick") {
		t.Errorf("an unknown profile: %v", err)
	}
	for _, seeds := range []int{-1, 1001} {
		if _, err := Expand(p, results.Selection{Seeds: seeds}); err == nil {
			t.Errorf("%d seeds were accepted", seeds)
		}
	}
	for seeds, most := range map[int]int{1: 4294967295, 3: 4294967293} {
		if _, err := Expand(p, results.Selection{Seeds: seeds, DataSeed: most}); err != nil {
			t.Error(err)
		}
		if _, err := Expand(p, results.Selection{Seeds: seeds, DataSeed: most + 1}); err == nil || !strings.Contains(err.Error(), fmt.Sprint("from 0 to ", most)) {
			t.Errorf("%d replicates from data seed %d: %v", seeds, most+1, err)
		}
	}
}

// Marks of a cell name all that is not as in print: of an embedding the recipe of
// the run that it shows, too, and in every cell a slice of test set or pool.
func TestMarks(t *testing.T) {
	const (
		quick = "Fashion-MNIST at n_max 500 in place of CIFAR-10-LT; resnet8 in place of ResNet-32; "
		drop  = "linear schedule; batch-norm momentum "
		smoke = "Fashion-MNIST at n_max 100 in place of CIFAR-10-LT; resnet8 in place of ResNet-32; "
		mixed = "D_U from images that nothing else uses; number of epochs ours"
		moco  = "MoCo's batch, queue and augmentation ours"
	)
	for _, c := range []struct {
		profile string
		key     paper.Key
		want    string
	}{
		{"quick", paper.ResNet32("Figure 1", paper.CIFAR10, 100, 100, "CE"+paper.WithDU+", embedding"),
			quick + "18 epochs of batch 16; learning rate 0.2; " + drop + "0.0125; no random crops; map of 100 images a class of test set and D_U; " + mixed + "; ρ and ρ_U ours"},
		{"quick", paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE + SSP, embedding"),
			quick + "40 epochs of batch 8; learning rate 0.05; " + drop + "0.00625; no random crops; map of 100 test images a class; ρ ours"},
		{"desktop", paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE, embedding"), "n_max 700; map of 500 test images a class; ρ ours"},
		{"paper", paper.ResNet32("Figure 4", paper.CIFAR10, 100, 0, "CE, embedding"), "ρ ours"},
		{"smoke", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), smoke + "3 epochs of batch 8; 10 test images a class"},
		{"smoke", paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE"+paper.WithDU), smoke + "1 epochs of batch 16; 10 test images a class; 600 pool images a class; " + mixed},
		{"desktop", paper.Control(paper.CIFAR100, 100, 0, paper.MoCo), results.MarkBestOf + "50 evaluations; MoCo of 200 epochs of batch 32, queue 512, learning rate 0.00375; " + moco},
		{"paper", paper.Control(paper.CIFAR100, 100, 0, paper.MoCo), moco},
		{"desktop", paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), results.MarkBestOf + "50 evaluations"},
		{"paper", paper.ResNet32("Table 1b", paper.SVHN, 100, 0, "CE"), ""},
		{"paper", paper.Control(paper.SVHN, 100, 0, "CE"+paper.EqualSteps), ""},
		{"paper", paper.Control(paper.CIFAR100, 100, 0, "CE, twice the epochs"), ""},
		{"quick", paper.Control(paper.CIFAR10, 100, 0, "SSP, linear probe"), quick + "100 epochs of batch 32"},
		{"quick", paper.Control(paper.CIFAR10, 100, 0, "CE"+paper.WithSSP+paper.WithCRT), quick + "10 epochs of batch 8; batch-norm momentum 0.00625; no random crops; " + crtRecipe},
		{"paper", paper.Control(paper.CIFAR10, 100, 0, "CE"+paper.WithCRT), results.MarkBestOf + "10 evaluations; " + crtRecipe},
	} {
		found := 0
		for _, got := range expand(t, c.profile, results.Selection{Seeds: 1}).Cells {
			if got.Key == c.key {
				found++
				if d := cmp.Diff(c.want, strings.Join(got.Marks, "; ")); d != "" || got.Task == "" {
					t.Errorf("%s, %v: %s", c.profile, c.key, d)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s has %v %d times", c.profile, c.key, found)
		}
	}
}

// Runs of other seeds than what ships say so, or the two would be alike in every table.
func TestOtherSeedsAreMarked(t *testing.T) {
	k := paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE")
	for _, c := range []struct {
		sel  results.Selection
		want string
	}{
		{results.Selection{}, "no random crops"},
		{results.Selection{Seed: 7}, "seed 7, data seeds from 0"},
		{results.Selection{DataSeed: 9}, "seed 0, data seeds from 9"},
	} {
		plan := expand(t, "quick", c.sel)
		i := slices.IndexFunc(plan.Cells, func(cell results.Cell) bool { return cell.Key == k })
		if marks := plan.Cells[i].Marks; marks[len(marks)-1] != c.want {
			t.Errorf("%+v: %q", c.sel, marks)
		}
	}
}

// The name of whatever is trained can be taken apart: it builds on a row of Table 2, or on
// one of the two rules beside them.
func TestMethodsOfCells(t *testing.T) {
	rules := []string{ruleResampled, ruleLogistic}
	for _, r := range paper.Table2Rows() {
		rules = append(rules, r.Method)
	}
	for _, p := range profiles {
		for _, c := range expand(t, p.Name, results.Selection{Seeds: 1}).Cells {
			if c.Task == "" || c.Grade == results.GradeExact {
				continue
			}
			if m := paper.ParseMethod(c.Method); m.String() != c.Method || !slices.Contains(rules, m.Base()) && c.Source != "README" {
				t.Errorf("%s, %v: %q builds on %q: what stands before \" + \" and \", \" must be a row of Table 2, which the gain is over (docs/add-a-method.md)", p.Name, c.Key, m, m.Base())
			}
			if _, pct := paper.ParseMethod(c.Method).Relevance(); pct < 0 && strings.Contains(c.Method, "relevance") {
				t.Errorf("%s, %v: no relevance", p.Name, c.Key)
			}
		}
	}
}

// A cell whose pool is too small names the profile with a larger one, and only
// where that is large enough; of official CIFAR-10 it names the authors' pool.
func TestTooSmallPoolsNameALargerOne(t *testing.T) {
	const remedy = "--profile desktop"
	found := 0
	for _, c := range expand(t, "quick", results.Selection{Seeds: 1}).Cells {
		var want bool
		switch c.Key {
		case paper.Control(paper.CIFAR10, 1, 1, paper.Relevance(100)), paper.Control(paper.CIFAR10, 1, 1, paper.Relevance(0)):
			want = true
		case paper.ResNet32("Appendix E.3", paper.CIFAR10, 50, 50, "CE + D_U@10x"): // 6,980 of a class
		default:
			continue
		}
		found++
		if c.Task != "" || !strings.Contains(c.Reason, "of which there are") || strings.Contains(c.Reason, remedy) != want {
			t.Errorf("%v: %q", c.Key, c.Reason)
		}
	}
	if found != 3 {
		t.Errorf("%d of 3 cells", found)
	}
	const authors = "--pool authors --allow-unverified"
	for _, c := range []struct{ profile, pool, want, not string }{
		{"desktop", "", authors, "withdrawn"},
		{"paper", "held-out", authors, "withdrawn"},
		{"paper", "", "too few for 10x", "of which there are"},
		{"desktop", dataset.PoolAuthors, "", "a"}, // its size is known once it is there
	} {
		cells := expand(t, c.profile, results.Selection{Seeds: 1, Pool: c.pool}).Cells
		reason := cells[slices.IndexFunc(cells, func(c results.Cell) bool { return c.Method == paper.Unlabeled(10) })].Reason
		if !strings.Contains(reason, c.want) || strings.Contains(reason, c.not) {
			t.Errorf("%s, pool %q: %q", c.profile, c.pool, reason)
		}
	}
}

// A pool of irrelevant images that is a little too small is taken as it is, in the
// cost too, and said.
func TestIrrelevantImagesThatAreWanting(t *testing.T) {
	plan := expand(t, "desktop", results.Selection{Seeds: 1})
	seen := 0
	for _, c := range plan.Cells {
		wanting := slices.Contains(c.Marks, "32500 of 35000 irrelevant images: there are no more")
		if want := c.Rho == 1 && c.Method == "CE + D_U@5x, relevance 0 %"; wanting != want {
			t.Errorf("%v: marks %q", c.Key, c.Marks)
		}
		if !wanting {
			continue
		}
		seen++
		task := plan.Tasks[slices.IndexFunc(plan.Tasks, func(t results.Task) bool { return t.Name == c.Task })]
		if want := int64(task.Settings.Epochs * (7000 + 32500)); task.Images != want {
			t.Errorf("%d images to train on, want %d", task.Images, want)
		}
	}
	if seen != 1 {
		t.Errorf("%d such cells", seen)
	}
}

// A plan counts the images of D_U that a run draws, of half a labeled set as well.
func TestPlannedSizeOfDU(t *testing.T) {
	plan := expand(t, "quick:n_max=275", results.Selection{Seeds: 1})
	set, err := dataset.Files{}.Open("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := dataset.LongTail{Rho: 50, NMax: 275}.Select(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, multiple := range paper.Amounts {
		d, err := sub.Draw(dataset.Unlabeled{Multiple: multiple, RhoU: 50}, set.Pool)
		if err != nil {
			t.Fatal(err)
		}
		c := plan.Cells[slices.IndexFunc(plan.Cells, func(c results.Cell) bool {
			return c.Method == paper.Unlabeled(multiple) && c.Rho == 50 && c.RhoU == 50
		})]
		task := plan.Tasks[slices.IndexFunc(plan.Tasks, func(t results.Task) bool { return t.Name == c.Task })]
		if got, want := task.Images/int64(task.Settings.Epochs), int64(sub.Full+len(d.Positions)); got != want {
			t.Errorf("D_U@%gx: %d images an epoch are planned, %d drawn", multiple, got, want)
		}
	}
}

// A probe visits each image once an epoch: a rule that draws images is no rule for it, in a
// plan, a task (tasks.TestProbeAndEmbedding) and train --freeze alike.
func TestProbeTakesNoDraws(t *testing.T) {
	profile, err := ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	for rule, draws := range map[string]bool{"CE": false, "CE-DRW": false, "CB-CE": false, "CE-DRS": true, ruleResampled: true} {
		c := cell{Key: paper.Control(paper.CIFAR10, 100, 0, rule+", linear probe"), run: run{rule: rule, from: fromLabels, probe: true}}
		_, err := newPlanner(profile, results.Selection{}).task(c, 0)
		if refused := err != nil && strings.Contains(err.Error(), "draws them: take one of weights"); refused != draws || !draws && err != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Every profile has a CIFAR-10, by which its speed is measured and whose pool --pool
// replaces.
func TestEveryProfileHasCIFAR10(t *testing.T) {
	for _, p := range profiles {
		if p.CIFAR10().Data == "" {
			t.Errorf("profile %s has none", p.Name)
		}
	}
}

// The commands of a plan name the data folder where it reads files of it, for a pool too.
func TestDataDirOfAPlan(t *testing.T) {
	for _, c := range []struct{ profile, pool, want string }{
		{"quick", "", ""}, {"quick", "mnist", ""},
		{"quick", "fashion-mnist-full", "d"}, {"quick", dataset.PoolAuthors, "d"}, {"paper", "", "d"},
	} {
		plan := expand(t, c.profile, results.Selection{Seeds: 1, Pool: c.pool, DataDir: "d"})
		if plan.DataDir != c.want || strings.Contains(plan.Command(), "--data-dir d") != (c.want != "") {
			t.Errorf("%s with pool %q: %s", c.profile, c.pool, plan.Command())
		}
	}
}

// Where a profile leaves a cell out, the profile that it names has it.
func TestLeftOutIsRunElsewhere(t *testing.T) {
	desktop := map[paper.Key]results.Cell{}
	for _, c := range expand(t, "desktop", results.Selection{Seeds: 1}).Cells {
		desktop[c.Key] = c
	}
	left := 0
	for _, c := range expand(t, "smoke", results.Selection{Seeds: 1}).Cells {
		if c.Task != "" || !strings.Contains(c.Reason, "profiles desktop and paper run it on the official files") {
			continue
		}
		left++
		if there := desktop[c.Key]; there.Task == "" && !strings.Contains(there.Reason, "needs 6993 pool images") {
			t.Errorf("%v: %q, but desktop: %q", c.Key, c.Reason, there.Reason)
		}
	}
	if left < 40 {
		t.Errorf("%d cells say where they are run", left)
	}
}

// Unverified files of one set do not ask for those of the others, whose tasks keep their
// names; nor does a plan without a data folder.
func TestUnverifiedSetsAreLookedAtWhereTheyAre(t *testing.T) {
	official := map[string]bool{}
	for _, task := range expand(t, "paper", results.Selection{Seeds: 1}).Tasks {
		official[task.Name] = true
	}
	some := t.TempDir()
	record := append([]byte{3}, make([]byte, 3072)...)
	if err := os.WriteFile(filepath.Join(some, "data_batch_1.bin"), record, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", t.TempDir(), some} {
		plan := expand(t, "paper", results.Selection{Seeds: 1, DataDir: dir, AllowUnverified: true})
		for _, task := range plan.Tasks {
			s := task.Settings
			theirs := dir == some && (s.Data == "cifar10" || s.Pool == "cifar10" || s.Irrelevant == "cifar10")
			if s.Base == "" && s.Init == "" && s.Labels == "" && official[task.Name] == theirs {
				t.Errorf("%q: %s of %s has the official name: %v", dir, Describe(s), s.Data, !theirs)
			}
		}
	}
}
