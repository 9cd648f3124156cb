package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/cmpimg"

	"longtail/claims"
	"longtail/experiments"
	"longtail/figures"
	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
	"longtail/stats"
	"longtail/tables"
	"longtail/theory"
)

var generated = regexp.MustCompile(`(?s)(<!-- generated: ([\w-]+) -->\n)(.*?)(<!-- end -->)`)

// Blocks marked "generated" hold what the program says now; -update rewrites
// them.
func TestDocsGenerated(t *testing.T) {
	blocks := map[string]func(*testing.T) string{
		"glance": glanceBlock, "costs": costsBlock, "theory": theoryBlock, "inprint": inPrintBlock, "errata": errataBlock, "rows": rowsBlock, "variables": variablesBlock, "pixels": pixelsBlock, "claims": claimsBlock, "primary": primaryBlock,
		"stand-in": func(t *testing.T) string { return committedBlock(t, results.GradeStandIn) },
		"paper-scale": func(t *testing.T) string {
			return committedBlock(t, results.GradePaper, results.GradeSimilar)
		},
	}
	for _, p := range pages(t) {
		page := generated.ReplaceAllStringFunc(string(p.source), func(block string) string {
			m := generated.FindStringSubmatch(block)
			f := blocks[m[2]]
			if f == nil {
				t.Errorf("%s: nothing generates %q", p.path, m[2])
				return block
			}
			delete(blocks, m[2])
			want := f(t)
			if m[3] != want && !*update {
				t.Errorf("%s: the block %q is out of date: go test ./cmd/longtail -run TestDocsGenerated -update\n%s", p.path, m[2], firstDifference(m[3], want))
			}
			return m[1] + want + m[4]
		})
		if *update && page != string(p.source) {
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(p.path)), []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name := range blocks {
		t.Errorf("no page has the block %q", name)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("the page has     %s\nthe program has  %s", a, b)
		}
	}
	return ""
}

// markdown is a table for a page.
func markdown(header string, rows [][]string) string {
	var b strings.Builder
	b.WriteString(header + "\n" + regexp.MustCompile(`[^|]+`).ReplaceAllString(header, "---") + "\n")
	for _, r := range rows {
		for _, cell := range r {
			b.WriteString("| " + strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// costsBlock is what parts of the profiles cost: images by the plan, hours at
// the speeds of docs/engine.md and of the results that ship.
func costsBlock(t *testing.T) string {
	var rows [][]string
	for _, c := range []struct {
		profile, only string
		seeds         int
	}{
		{"quick", "block1", 1}, {"quick", "", 3},
		{"desktop", "block1", 1}, {"desktop", "core", 1}, {"desktop", "table1", 1}, {"desktop", "", 1},
		{"paper", "block1", 1}, {"paper", "core", 1}, {"paper", "table1", 1}, {"paper", "table2", 1}, {"paper", "", 3},
	} {
		command := "--profile " + c.profile
		if c.only != "" {
			command += " --only " + c.only
		}
		all := cost(t, c.profile, c.only, c.seeds)
		rows = append(rows, []string{fmt.Sprintf("`%s --seeds %d`", command, c.seeds), fmt.Sprint(all.Cells), fmt.Sprint(all.Tasks),
			fmt.Sprintf("%.1f", float64(all.Images)/1e6), fmt.Sprintf("%.1f", float64(all.Evaluated)/1e6), plural.Bytes(all.Disk), roundHours(all.Time() / 3600)})
	}
	quick, n, cpu := standInSpeed(t)
	return markdown("| options | numbers | tasks | images trained on, millions | evaluated, millions | disk | hours |", rows) +
		fmt.Sprintf("\nHours assume two cores that run two tasks at once: ResNet-32 at %.0f images/s together (Zen 3, [engine.md](engine.md)), ResNet-8 at %.0f, also two tasks at once (mean of %d shipped results from an %s under heavy load by other users). Evaluating an image counts as a third of training on one.\n", pairSpeed(t), quick, n, cpu)
}

// cost is what a selection of a profile costs on the machine of docs/engine.md.
func cost(t *testing.T, profile, only string, seeds int) experiments.Estimate {
	t.Helper()
	p, err := experiments.ProfileNamed(profile)
	if err != nil {
		t.Fatal(err)
	}
	sel := results.Selection{Seeds: seeds}
	if only != "" {
		sel.Only = []string{only}
	}
	plan, err := experiments.Expand(p, sel)
	if err != nil {
		t.Fatal(err)
	}
	speed := pairSpeed(t)
	if p.Arch == "resnet8" {
		speed, _, _ = standInSpeed(t)
	}
	costs, err := experiments.EstimatePlan(plan, experiments.Speed{ImagesPerSecond: speed, Jobs: 2, Threads: 1}, func(string, string) bool { return false }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return costs.All
}

func roundHours(h float64) string {
	if h < 10 {
		return fmt.Sprintf("%.1f", h)
	}
	return fmt.Sprintf("%.0f", h)
}

// standInSpeed is images a second of the committed runs of profile quick, two
// at once, of the processor that most of them are from.
func standInSpeed(t *testing.T) (speed float64, n int, cpu string) {
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	type sum struct {
		images, seconds float64
		n               int
	}
	by := map[string]sum{}
	for _, r := range shipped {
		if r.Settings.Arch == "resnet8" && r.Cost.Images > 0 {
			s := by[r.Cost.CPU]
			by[r.Cost.CPU] = sum{s.images + float64(r.Cost.Images), s.seconds + r.Cost.TrainSeconds, s.n + 1}
		}
	}
	for c, s := range by {
		if s.n > n || s.n == n && c < cpu {
			speed, n, cpu = 2*s.images/s.seconds, s.n, c
		}
	}
	return speed, n, cpu
}

func theoryFindings() []theory.Finding {
	return slices.Concat(theory.Theorem1Findings(), theory.Theorem2Findings(), theory.Theorem3Findings())
}

func theoryBlock(t *testing.T) string {
	var rows [][]string
	all := theoryFindings()
	for _, f := range all {
		claim, ok := paper.ClaimByID(f.Claim)
		if !ok {
			t.Errorf("no claim %s", f.Claim)
		}
		verdict := "**" + f.Word + "**"
		switch {
		case f.Word == theory.NoWord:
			verdict = "–"
		case f.Where != "":
			verdict += ": " + f.Where
		}
		rows = append(rows, []string{f.Claim, claim.Text, verdict, f.Text})
	}
	return theory.Summary(all) + "\n\n" +
		markdown("| claim | in our words | verdict | evidence |", rows)
}

func inPrintBlock(t *testing.T) string {
	var rows [][]string
	for _, p := range paper.InPrintAll() {
		claim, _ := paper.ClaimByID(p.Claim)
		held := "–"
		if p.Of > 0 {
			held = fmt.Sprintf("%d of %d", p.Held, p.Of)
		}
		rows = append(rows, []string{p.Claim, claim.Text, held, linked(p.Text)})
	}
	return markdown("| claim | in our words | holds for | the published numbers |", rows)
}

var issue = regexp.MustCompile(`#(\d+)`)

// linked leads to the issues of the released program that s names.
func linked(s string) string {
	return issue.ReplaceAllString(s, "[#$1](https://github.com/YyzHarry/imbalanced-semi-self/issues/$1)")
}

// primaryBlock lists what decides the primary claims.
func primaryBlock(t *testing.T) string {
	var rows [][]string
	for _, e := range paper.Estimands() {
		claim, _ := paper.ClaimByID(e.Claim)
		rows = append(rows, []string{e.Claim, claim.Text, cmp.Or(e.Against, "–"), e.Text})
	}
	return markdown("| claim | in our words | baseline | the number that decides it |", rows)
}

// claimsBlock lists every claim by the parts of the paper.
func claimsBlock(t *testing.T) string {
	var text string
	var rows [][]string
	all := paper.Claims()
	for i, c := range all {
		id := c.ID
		if len(c.Estimands) > 0 { // primary
			id = "**" + id + "**"
		}
		rows = append(rows, []string{id, c.Text, c.Where, c.Rule, c.Decides})
		if i+1 == len(all) || all[i+1].Section != c.Section {
			text += "### " + c.Section + "\n\n" + markdown("| claim | in our words | where the paper says it | rule | decided by |", rows) + "\n"
			rows = nil
		}
	}
	return text
}

func errataBlock(t *testing.T) string {
	var rows [][]string
	for _, e := range paper.Errata() {
		rows = append(rows, []string{e.Topic, linked(e.Print), linked(e.Other), linked(e.Ours), strings.Join(e.Claims, ", ")})
	}
	return markdown("| topic | the paper, the authors' README or the authors | its numbers or the released program | here | claim |", rows)
}

// committedBlock shows the results of some grades that ship with the program,
// and what the report makes of them.
func committedBlock(t *testing.T, grades ...results.Grade) string {
	plan, shipped := committedPlan(t)
	type line struct {
		key   paper.Key
		grade results.Grade
		data  string
	}
	type shown struct{ method, task string } // CE stands in two tables
	twice := map[shown]bool{}
	var order []line
	last, best, adjusted := map[line][]float64{}, map[line][]float64{}, map[line][]float64{}
	tasks := map[line][]string{}
	for _, c := range plan.Cells {
		r := shipped[c.Task]
		if r == nil || c.Task == "" || !slices.Contains(grades, r.Grade) || r.Confusion == nil || twice[shown{c.Method, c.Task}] {
			continue
		}
		twice[shown{c.Method, c.Task}] = true
		l := line{c.Key, r.Grade, strings.Join(append([]string{c.Data}, c.Marks...), "; ")}
		if last[l] == nil {
			order = append(order, l)
		}
		last[l], best[l] = append(last[l], r.LastErrorPct), append(best[l], r.BestErrorPct)
		if r.AdjustedErrorPct != nil {
			adjusted[l] = append(adjusted[l], *r.AdjustedErrorPct)
		}
		tasks[l] = append(tasks[l], fmt.Sprintf("[`%.12s`](../results/committed/%s.json)", c.Task, c.Task))
	}
	if len(order) == 0 {
		return "None yet: nothing of these grades has been committed.\n"
	}
	var rows [][]string
	var used []string // each is a footnote
	for _, l := range order {
		printed, source := "–", l.key.Source
		if n, ok := paper.Find(l.key); ok {
			printed = n.Printed
		}
		if source == "README" {
			source = "authors' README"
		}
		rho := fmt.Sprintf("ρ = %g", l.key.Rho)
		if l.key.RhoU > 0 {
			rho += fmt.Sprintf(", ρ_U = %g", l.key.RhoU)
		}
		if !slices.Contains(used, l.data) {
			used = append(used, l.data)
		}
		rows = append(rows, []string{source, l.key.Method, l.key.Dataset + ", " + rho, printed, fmt.Sprint(len(last[l])), spread(last[l]), spread(best[l]), spread(adjusted[l]),
			fmt.Sprintf("%s %c", l.grade, 'a'+slices.Index(used, l.data)), strings.Join(tasks[l], ", ")})
	}
	text := "Errors are in percent: the mean over n replicates, ± their standard deviation.\n\n" +
		markdown("| of | method | cell | published | n | last epoch | best on test | logit-adjusted (no further training) | grade, note | results |", rows) + "\n"
	for i, data := range used {
		text += fmt.Sprintf("- %c: %s\n", 'a'+i, data)
	}
	for _, note := range tables.Controls(plan, shipped).Notes {
		if strings.HasPrefix(note, "Trained out?") && slices.ContainsFunc(grades, func(g results.Grade) bool { return strings.Contains(note, "grade "+string(g)+":") }) {
			text += "\n" + note + "\n"
		}
	}
	verdicts := claims.Judge(claims.Evidence{Plan: plan, Results: shipped, Fixed: experiments.Replicates()})
	rows = nil
	var without []string
	for _, r := range verdicts {
		if r.Grade == "" || !slices.Contains(grades, r.Grade) {
			continue
		}
		name := claimName(r)
		if r.Measured == "no estimate" {
			without = append(without, name)
			continue
		}
		printed, measured, n := r.Printed, r.Measured, "–"
		if r.Replicates > 0 {
			n = fmt.Sprint(r.Replicates)
		}
		if r.PrintedAll != "" {
			printed += "; " + r.PrintedAll
		}
		if r.Beside != "" {
			measured += "; " + r.Beside
		}
		rows = append(rows, []string{name, r.Text, string(r.Grade), printed, measured, n, r.Word + "; " + r.WordNote})
	}
	if len(rows) > 0 {
		text += "\nThe claims that they bear on:\n\n" + markdown("| claim | in our words | grade | published | measured | n | verdict |", rows)
	}
	if len(without) > 0 {
		text += "\nRun in part, without an estimate yet: " + strings.Join(without, ", ") + ".\n"
	}
	return text
}

// glanceBlock is what the paper's own data have shown of the best-known methods.
func glanceBlock(t *testing.T) string {
	plan, shipped := committedPlan(t)
	const rho = 100
	resultsOf := func(grade results.Grade, method string, rhoU float64) map[int]*results.Result {
		of := map[int]*results.Result{}
		for _, c := range plan.Cells {
			if r := shipped[c.Task]; c.Task != "" && r != nil && r.Grade == grade && r.Confusion != nil &&
				c.Dataset == paper.CIFAR10 && c.Rho == rho && c.RhoU == rhoU && c.Method == method {
				of[c.Replicate] = r
			}
		}
		return of
	}
	var rows [][]string
	var first []string // errors of replicate 0
	most, least := 0, 1000
	var counts []int // replicates of the rows at grade S
	row := func(name, printed string, text func([]float64) string, grade results.Grade, best, last []float64) {
		if len(last) == 0 {
			t.Errorf("%s: nothing measured at grade %s", name, grade)
			return
		}
		most = max(most, len(last))
		if grade == results.GradeSimilar {
			counts = append(counts, len(last))
		}
		rows = append(rows, []string{name, printed, text(best), text(last), string(grade), fmt.Sprint(len(last))})
	}
	points := func(gains []float64) string {
		mean, _ := score.MeanSD(gains)
		return stats.Signed(*mean)
	}
	for _, method := range []string{"CE", "CE-DRW", "LDAM-DRW", "CE-DRW" + paper.WithSSP} {
		n, there := paper.Find(paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, method))
		if !there {
			t.Fatalf("no published number of %s", method)
		}
		var best, last []float64
		for _, r := range resultsOf(results.GradePaper, method, 0) {
			best, last = append(best, r.BestErrorPct), append(last, r.LastErrorPct)
			if r.Settings.Replicate == 0 {
				first = append(first, fmt.Sprintf("%s %.2f", method, r.LastErrorPct))
			}
		}
		least = min(least, len(last))
		row("error of "+method+", %", n.Printed, spread, results.GradePaper, best, last)
	}
	var best, last []float64 // of the control: no number is published
	for _, r := range resultsOf(results.GradePaper, "CE-DRW"+paper.WarmStart, 0) {
		best, last = append(best, r.BestErrorPct), append(last, r.LastErrorPct)
	}
	row("error of CE-DRW + warm start (control: supervised pre-training, as long as SSP's), %", "–", spread, results.GradePaper, best, last)
	var adjusted []float64
	for _, r := range resultsOf(results.GradePaper, "CE", 0) {
		adjusted = append(adjusted, *r.AdjustedErrorPct)
	}
	row("error of CE, logit-adjusted, %", "–", spread, results.GradePaper, nil, adjusted)
	gain := func(name, base, method string, rhoU float64) {
		printed := "–"
		if e, there := paper.PrintedEffect(paper.ResNet32("Table 1a", paper.CIFAR10, rho, rhoU, method)); there {
			printed = fmt.Sprintf("%+.2f", e.Points)
		}
		var best, last []float64
		without := resultsOf(results.GradeSimilar, base, 0)
		for replicate, r := range resultsOf(results.GradeSimilar, method, rhoU) {
			if b := without[replicate]; b != nil {
				best, last = append(best, b.BestErrorPct-r.BestErrorPct), append(last, b.LastErrorPct-r.LastErrorPct)
			}
		}
		row(name, printed, points, results.GradeSimilar, best, last)
	}
	for _, base := range []string{"CE", "LDAM-DRW"} {
		for _, rhoU := range []float64{1, rho} {
			gain(fmt.Sprintf("gain of unlabeled data over %s, ρ_U = %g, points", base, rhoU), base, base+paper.WithDU, rhoU)
		}
		gain(fmt.Sprintf("gain over %s of the equal-steps control (as many steps, no unlabeled data), points", base), base, base+paper.EqualSteps, 0)
	}
	verdicts := claims.Judge(claims.Evidence{Plan: plan, Results: shipped, Fixed: experiments.Replicates()})
	below := "" // the table
	if least < most {
		below = "\nCompare errors only between rows of as many replicates: another subset and seed move them by a point. In replicate 0 they are, at the last epoch, " + strings.Join(first, ", ") + ".\n"
	}
	if len(counts) > 0 && slices.Min(counts) < slices.Max(counts) {
		below += "\nThe gains at grade S are of different replicates, whose subsets differ by points: compare only rows with as many.\n"
	}
	for _, r := range verdicts {
		if r.ID == "F7" && r.Grade == results.GradePaper {
			below += fmt.Sprintf("\nWhether SSP gains more than an equally long supervised start (F7): *%s*, %s (grade %s, n = %d).\n", r.Word, r.Measured, r.Grade, r.Replicates)
		}
	}
	return settledWords(verdicts, most) + "\n\n" + markdown("| | published (presumably best epoch) | here, best epoch on the test set | here, last epoch | grade | replicates |", rows) + below +
		"\nThe statements about the theorems have all been checked. " + theory.Summary(theoryFindings()) + " [Which, and in which case](docs/findings.md#theorems).\n"
}

// claimName is a claim with the baseline that it is read against.
func claimName(r claims.Verdict) string {
	if r.Against == "" {
		return r.ID
	}
	return r.ID + " against " + r.Against
}

// settledWords says which claims about training have a verdict on the paper's data, those
// of one number together.
func settledWords(verdicts []claims.Verdict, most int) string {
	var order []string
	on, notes := map[string][]string{}, map[string][]string{} // verdict and number → claims, and what limits them
	provisional := ""
	for _, r := range verdicts {
		if !r.Settled() {
			continue
		}
		number := fmt.Sprintf("*%s*, %s (grade %s, n = %d)", r.Word, r.Measured, r.Grade, r.Replicates)
		if on[number] == nil {
			order = append(order, number)
		}
		name := claimName(r)
		note := r.WordNote
		if r.Provisional {
			provisional = "; *provisional*: at two of three replicates"
		}
		if r.Beside != "" {
			note += "; " + r.Beside
		}
		on[number] = append(on[number], fmt.Sprintf("%s, “%s”", name, r.Text))
		notes[number] = append(notes[number], fmt.Sprintf("%s: %s", name, strings.TrimPrefix(note, "; ")))
	}
	text := "Errors are means over the replicates, ± their standard deviation. So far **these [claims](docs/claims.md) about training have a verdict** ([how](docs/claims.md#how-intervals-are-made)" + provisional + "):\n"
	for _, number := range order {
		text += "\n- " + strings.Join(on[number], ", and ") + ": " + number + "\n  - " + strings.Join(notes[number], "\n  - ")
	}
	return text + "\n\nNo other is settled: a difference of a point or two may be chance."
}

// TestDocsPicture holds README's figure to what the committed results draw; -update
// draws it again.
func TestDocsPicture(t *testing.T) {
	plan, shipped := committedPlan(t)
	drawn, err := figures.GainForest(plan, shipped)[0].PNG()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "docs", "gains.png")
	if *update {
		if err := os.WriteFile(path, drawn, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := cmpimg.Equal("png", have, drawn); err != nil || !same {
		t.Errorf("docs/gains.png is out of date (%v): go test ./cmd/longtail -run TestDocsPicture -update", err)
	}
}

// committedPlan is profile quick with the cells of other profiles for which results ship.
func committedPlan(t *testing.T) (results.Plan, map[string]*results.Result) {
	t.Helper()
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	quick, err := experiments.ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := experiments.Expand(quick, results.Selection{Seeds: 1})
	if err == nil {
		plan, err = experiments.WithCommitted(plan)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan, shipped
}

// spread is the mean of replicates with their standard deviation.
func spread(x []float64) string {
	mean, sd := score.MeanSD(x)
	switch {
	case mean == nil:
		return "–"
	case sd == nil:
		return fmt.Sprintf("%.2f", *mean)
	}
	return fmt.Sprintf("%.2f ± %.2f", *mean, *sd)
}

// pixelsBlock holds a network against none on the stand-in, replicate by replicate.
func pixelsBlock(t *testing.T) string {
	_, shipped := committedPlan(t)
	network, none := map[int]*results.Result{}, map[int]*results.Result{}
	for _, r := range shipped {
		switch s := r.Settings; {
		case s.Arch == results.ArchLogistic:
			none[s.Replicate] = r
		case r.Grade == results.GradeStandIn && s.Kind == results.KindTrain && s.Rho == 100 && s.Epochs == 40 && s.Loss+s.Rule+s.Init+s.Imbalance == "" && s.Multiple+s.Amount == 0:
			if _, twice := network[s.Replicate]; twice {
				t.Error("two results are CE on the stand-in")
			}
			network[s.Replicate] = r
		}
	}
	compared := func(errorOf func(*results.Result) float64) string {
		var pixels, ce, gain stats.Batches
		for _, replicate := range slices.Sorted(maps.Keys(none)) {
			if other, there := network[replicate]; there {
				a, b := errorOf(none[replicate]), errorOf(other)
				pixels.Add(a)
				ce.Add(b)
				gain.Add(a - b)
			}
		}
		lo, hi := gain.Interval(.05)
		return fmt.Sprintf("%.2f %%, CE with %.2f %%\n(means of %d replicates on the same images): a network gains %+.2f points, 95 %% interval [%+.2f, %+.2f]", pixels.Mean, ce.Mean, gain.N, gain.Mean, lo, hi)
	}
	return "Multinomial logistic regression on the pixels, a control that is no network, errs with " + compared(func(r *results.Result) float64 { return r.LastErrorPct }) +
		".\nLogit-adjusted it errs with " + compared(func(r *results.Result) float64 { return *r.AdjustedErrorPct }) + ".\n"
}
