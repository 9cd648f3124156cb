package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/nn/objective"
	"longtail/nn/train"
	"longtail/paper"
	"longtail/results"
)

// rowsBlock is how each row of Tables 1 and 2 is trained: as the paper says, as the plan of
// profile paper has it and as the flags of train ask for it, which must agree.
func rowsBlock(t *testing.T) string {
	t.Helper()
	set := paper.CIFAR10
	network := paper.ResNet32("Table 2", set, 100, 0, "CE").Network
	recipe := paper.Supervised
	deferred := fmt.Sprintf("from epoch %d on", train.FirstDeferred(recipe.Epochs))
	losses := map[string]string{
		"": "cross-entropy", "focal": fmt.Sprintf("focal, γ = %g", paper.FocalGamma),
		"ldam": fmt.Sprintf("LDAM, largest margin %g, scale %g", paper.LDAMMargin, paper.LDAMScale),
	}
	rules := map[string]string{
		"": "–", "reweight": fmt.Sprintf("class-balanced weights, β = %g, in all epochs", paper.Beta),
		"drw": "the same weights, " + deferred, "drs": "class-balanced re-sampling, " + deferred, "resample": "class-balanced re-sampling, in all epochs",
	}
	if paper.Beta != dataset.EffectiveBeta || paper.LDAMScale != objective.LDAMScale || paper.LDAMMargin != objective.Margins([]int{1})[0] {
		t.Error("the paper's constants are not those of the program")
	}

	_, plan := expanded(t, "paper", results.Selection{Only: []string{"table1", "table2", "controls"}, Seeds: 1})
	planned := func(source, set, method string) (s, init results.Settings) {
		tasks := map[string]results.Settings{}
		for _, task := range plan.Tasks {
			tasks[task.Name] = task.Settings
		}
		for _, c := range plan.Cells {
			if c.Source == source && c.Dataset == set && c.Rho == 100 && c.Method == method {
				s = tasks[c.Task]
			}
		}
		if s.Arch == "" {
			t.Errorf("no task for %s of %s", method, source)
		}
		return s, tasks[s.Init]
	}
	flags := func(args string) trainCmd {
		var c cli
		if _, err := commandLine(t, &c).Parse(strings.Fields("train --data cifar10 --rho 100 --out DIR " + args)); err != nil {
			t.Fatal(err)
		}
		return c.Train
	}

	add := func(rows [][]string, source, method, shown, loss, rule string) [][]string {
		args := ""
		for _, f := range [][2]string{{"--loss", loss}, {"--rule", rule}} {
			if f[1] != "" {
				args += " " + f[0] + " " + f[1]
			}
		}
		args = cmp.Or(strings.TrimSpace(args), "--loss ce")
		s, _ := planned(source, set, method)
		c := flags(args)
		if cmp.Or(s.Loss, "ce") != c.Loss || cmp.Or(s.Rule, "none") != c.rule() || s.Arch != c.Arch || s.Epochs != c.epochs() || s.Batch != c.batch() || cmp.Or(s.LR, 0.1) != c.learningRate() || s.Schedule != c.Schedule || s.NoCrop != c.NoCrop {
			t.Errorf("%s: reproduce trains by %+v, train %s by %+v", method, s, args, c)
		}
		return append(rows, []string{shown, losses[loss], rules[rule], "`" + args + "`"})
	}
	var rows [][]string
	for _, r := range paper.Table2Rows() {
		rows = add(rows, "Table 2", r.Method, r.Method, r.Loss, r.Rule)
	}
	rows = add(rows, "README", "CE(Balanced)"+paper.WithSSP, "CE(Balanced) (only in the authors' README)", "", "resample")
	ssp, init := planned("Table 2", set, "CB-CE"+paper.WithSSP)
	if pre := flags("--target rotation"); init.Target != pre.Target || init.Epochs != pre.epochs() || init.Batch != pre.batch() || ssp.Rule != "reweight" {
		t.Errorf("rows with SSP: %+v after %+v", ssp, init)
	}
	rows = append(rows, []string{"any row" + paper.WithSSP + " (Table 2)", "as in the row", "as in the row", "first `--target rotation`, then those of the row with `--init`"})
	with := paper.WithUnlabeled
	student, _ := planned("Table 1b", paper.SVHN, "CE"+paper.WithDU) // of CIFAR-10-LT's the pool is gone
	control, _ := planned(paper.SourceControl, paper.SVHN, "CE"+paper.EqualSteps)
	if c := flags("--unlabeled FOLDER"); c.batch() != with.Batch || c.epochs() != with.Epochs || student.Batch != with.Batch || student.Epochs != with.Epochs ||
		control.Batch != with.Batch || control.Pool != "" || control.Epochs <= with.Epochs {
		t.Errorf("rows with D_U: %+v, control %+v, train %+v", student, control, c)
	}
	rows = append(rows,
		[]string{"any row" + paper.WithDU + " (Table 1)", "as in the row; a pseudo-label counts as a label", "as in the row", fmt.Sprintf("those of the row with `--unlabeled`: then %d epochs over both sets, batch %d", with.Epochs, with.Batch)},
		[]string{"any row" + paper.EqualSteps + " (control of Table 1)", "as in the row", "as in the row", fmt.Sprintf("those of the row with `--batch %d` and as many `--epochs` as make the steps of the run with D_U", with.Batch)})

	c := flags("")
	if c.epochs() != recipe.Epochs || c.batch() != recipe.Batch || c.learningRate() != recipe.LR || c.Arch != strings.ToLower(strings.ReplaceAll(network, "-", "")) {
		t.Errorf("the paper's recipe is %+v, that of train %+v", recipe, c)
	}
	schedule, err := train.ParseSchedule("")
	if err != nil {
		t.Fatal(err)
	}
	at := func(epoch int) float64 {
		return recipe.LR * schedule(train.Position{Epoch: epoch, Epochs: recipe.Epochs, Step: epoch, Steps: recipe.Epochs})
	}
	var drops []string
	warm := 1
	for e := 2; e <= recipe.Epochs; e++ {
		switch before, now := at(e-1), at(e); {
		case now > before:
			warm = e
		case now < before:
			drops = append(drops, fmt.Sprintf("to %s after epoch %d", strings.TrimRight(fmt.Sprintf("%.6f", now), "0"), e-1))
		}
	}
	return fmt.Sprintf("All rows: %s, %d epochs, batch %d, SGD with momentum %g and weight decay %g, learning rate %g after a warm-up of %d epochs, which drops %s.\n\n",
		network, c.epochs(), c.batch(), c.Momentum, c.weightDecay(), c.learningRate(), warm, strings.Join(drops, " and ")) +
		markdown("| row | loss | rule | flags of `longtail train` |", rows)
}

// The help of train explains every rule.
func TestTrainHelpRules(t *testing.T) {
	_, list, _ := strings.Cut(trainCmd{}.Help(), "\nRules (--rule):\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var explained []string
	for line := range strings.Lines(list) {
		explained = append(explained, strings.Fields(line)[0])
	}
	if slices.Sort(explained); !slices.Equal(explained, train.RuleNames()) {
		t.Errorf("explained are %q, there are %q", explained, train.RuleNames())
	}
}

// variablesBlock lists what a variant of a profile can set.
func variablesBlock(*testing.T) string {
	var b strings.Builder
	fmt.Fprint(&b, "| setting | is |\n|---|---|\n")
	for _, v := range experiments.Variables {
		fmt.Fprintf(&b, "| `%s` | %s |\n", v.Name, v.About)
	}
	return b.String()
}
