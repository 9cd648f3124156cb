package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"longtail/figures"
	"longtail/paper"
	"longtail/results"
	"longtail/stats"
	"longtail/tables"
)

// Input is everything a report is made of. A task whose result is present and
// nil, or that is named in Failures, has failed; one that is absent has not
// been run.
type Input struct {
	Plan      results.Plan
	Results   map[string]*results.Result // by task name
	Committed map[string]bool            // tasks whose result came with the program
	Failures  map[string]string          // why, by task name
	Machine   string                     // "2 × …, linux/amd64"
	Elapsed   time.Duration              // of the run that ends with this report; 0: none
}

// page is what both forms of the report show.
type page struct {
	Work, Title, Lead string
	Grades            []gradeCount
	Primary           []Row
	Command           string
	Failures          []failure
	Facts             []fact
	Figures           map[string]*figures.Figure
	Curves            []*figures.Figure
	Theorems          []theorem
	Tables            map[string]tables.Table
	Sections          []claimSection
	Errata            []paper.Erratum
	Tasks             []taskRow
	BibTeX            string
}

type gradeCount struct {
	Grade   string
	Meaning string
	Numbers int
}

type failure struct{ Task, Cells, Why string }

type fact struct{ Term, Text string }

type theorem struct {
	Table    tables.Table
	Figure   *figures.Figure
	Findings []Row // claims with a word
}

type claimSection struct {
	Title string
	Rows  []Row
}

type taskRow struct {
	Name, Kind, Cells, Seeds, Recipe, Data, Error, Kernels, Speed, Took, Finished, From string
}

func newPage(in Input) page {
	p := page{
		Work:    fmt.Sprintf("%s, %s, %s, arXiv:%s", paper.Title, paper.Authors, paper.Venue, paper.ArXiv),
		Command: in.Plan.Command,
		Figures: map[string]*figures.Figure{},
		Tables:  map[string]tables.Table{},
		Errata:  paper.Errata(),
		BibTeX:  paper.BibTeX,
	}
	var all []Row
	p.Primary, all = Claims(in)
	p.headline(in, all)
	for _, f := range figures.All(in.Plan, in.Results) {
		p.Figures[f.Name] = f
		if strings.HasPrefix(f.Name, "learning-curves") {
			p.Curves = append(p.Curves, f)
		}
	}
	for n := 1; n <= 3; n++ {
		t := tables.Theorem(in.Plan, in.Results, n)
		th := theorem{Table: t, Figure: p.Figures[t.Name]}
		for _, r := range all {
			if r.Grade == results.GradeExact && strings.HasPrefix(r.ID, fmt.Sprintf("T%d.", n)) {
				th.Findings = append(th.Findings, r)
			}
		}
		p.Theorems = append(p.Theorems, th)
	}
	for _, t := range []tables.Table{
		tables.Table1(in.Plan, in.Results), tables.Table2(in.Plan, in.Results),
		tables.Table3(in.Plan, in.Results), tables.Table4(in.Plan, in.Results), tables.Controls(in.Plan, in.Results),
	} {
		p.Tables[t.Name] = t
	}
	section := map[string]string{}
	for _, c := range paper.Claims() {
		section[c.ID] = c.Section
	}
	for _, r := range all {
		s := section[r.ID]
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != s {
			p.Sections = append(p.Sections, claimSection{Title: s})
		}
		last := &p.Sections[len(p.Sections)-1]
		last.Rows = append(last.Rows, r)
	}
	p.facts(in)
	p.tasks(in)
	return p
}

// headline writes title, lead and the counts by grade.
func (p *page) headline(in Input, all []Row) {
	total, settled, standIn := len(paper.Estimands()), 0, 0
	seen := map[[2]string]bool{}
	for _, r := range p.Primary {
		id := [2]string{r.ID, r.Against}
		if r.Settled() && !seen[id] {
			settled++
			seen[id] = true
		}
		if r.Grade == results.GradeStandIn {
			standIn++
		}
	}
	measured, replicates := map[results.Grade]map[paper.Key]bool{}, map[int]bool{}
	keys, run := map[paper.Key]bool{}, map[paper.Key]bool{}
	for _, c := range in.Plan.Cells {
		keys[c.Key] = true
		r := in.Results[c.Task]
		if c.Task == "" || r == nil {
			continue
		}
		g := cmp.Or(r.Grade, c.Grade)
		if measured[g] == nil {
			measured[g] = map[paper.Key]bool{}
		}
		measured[g][c.Key] = true
		run[c.Key] = true
		if g != results.GradeExact {
			replicates[c.Replicate] = true
		}
	}
	for _, g := range []struct {
		grade   results.Grade
		meaning string
	}{
		{results.GradePaper, "the paper's data and schedule"},
		{results.GradeSimilar, "the paper's data; pool, size or schedule changed"},
		{results.GradeStandIn, "stand-in data: shows the machinery, says nothing about the paper's numbers"},
		{results.GradeExact, "theory: exact laws and simulation"},
	} {
		p.Grades = append(p.Grades, gradeCount{string(g.grade), g.meaning, len(measured[g.grade])})
	}
	p.Grades = append(p.Grades, gradeCount{"–", "not run", len(keys) - len(run)})

	switch {
	case settled > 0:
		p.Title = fmt.Sprintf("%d of %d primary claims are settled on the paper's data", settled, total)
	case standIn > 0:
		p.Title = fmt.Sprintf("None of the %d primary claims is settled: so far only stand-in data were used", total)
	case len(run) > 0:
		p.Title = fmt.Sprintf("None of the %d primary claims is settled yet", total)
	default:
		p.Title = fmt.Sprintf("Nothing has been run yet: %d primary claims, with the numbers in print", total)
	}
	p.Lead = fmt.Sprintf("Of %d cells in this plan, %d are measured", len(keys), len(run))
	switch n := len(replicates); {
	case n == 1:
		p.Lead += ", in one replicate: no word beyond “not settled” is possible."
	case n > 1:
		p.Lead += fmt.Sprintf(", in up to %d replicates.", n)
	default:
		p.Lead += "."
	}
	words, theory := map[string]int{}, 0
	for _, r := range all {
		if r.Grade == results.GradeExact {
			words[r.Word]++
			theory++
		}
	}
	if theory > 0 {
		var parts []string
		for _, w := range slices.Sorted(maps.Keys(words)) { // "false" before "true"
			parts = append(parts, fmt.Sprintf("%d %s", words[w], w))
		}
		p.Lead += fmt.Sprintf(" Theory: %d claims have a word, %s.", theory, strings.Join(parts, ", "))
	}
	p.Failures = sortedFailures(in)
}

func sortedFailures(in Input) []failure {
	cells := cellsOf(in)
	var out []failure
	add := func(task, why string) {
		out = append(out, failure{short(task), strings.Join(cells[task], "; "), why})
	}
	for task, r := range in.Results {
		if _, named := in.Failures[task]; r == nil && !named {
			add(task, "left no result")
		}
	}
	for task, why := range in.Failures {
		add(task, why)
	}
	slices.SortFunc(out, func(a, b failure) int { return cmp.Compare(a.Task, b.Task) })
	return out
}

// cellsOf names the cells of every task.
func cellsOf(in Input) map[string][]string {
	out := map[string][]string{}
	for _, c := range in.Plan.Cells {
		if c.Task != "" {
			out[c.Task] = append(out[c.Task], fmt.Sprintf("%s (replicate %d)", cellName(c.Key), c.Replicate))
		}
	}
	return out
}

func cellName(k paper.Key) string {
	k.Network = ""
	return k.String()
}

// facts says on what, with what and for how long.
func (p *page) facts(in Input) {
	add := func(term string, texts ...string) {
		slices.Sort(texts)
		if texts = slices.Compact(texts); len(texts) > 0 && texts[0] != "" {
			p.Facts = append(p.Facts, fact{term, strings.Join(texts, "; ")})
		}
	}
	var data, marks, pools, kernels, cpus, gos, revisions []string
	var seconds float64
	var images int64
	mine, shipped := 0, 0
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; c.Task != "" && r != nil && c.Data != "" {
			text := c.Data
			if c.Dataset != "" && !strings.HasPrefix(c.Data, c.Dataset) {
				text += " in place of " + c.Dataset
			}
			data = append(data, text)
			marks = append(marks, c.Marks...)
		}
	}
	for task, r := range in.Results {
		if r == nil {
			continue
		}
		if in.Committed[task] {
			shipped++
		} else {
			mine++
		}
		if r.Settings.Pool != "" {
			pools = append(pools, r.Settings.Pool)
		}
		for _, f := range []struct {
			to   *[]string
			text string
		}{{&kernels, r.Cost.KernelSet}, {&cpus, r.Cost.CPU}, {&gos, r.Cost.Go}, {&revisions, r.Cost.Revision}} {
			if f.text != "" {
				*f.to = append(*f.to, f.text)
			}
		}
		seconds += r.Cost.TrainSeconds + r.Cost.EvalSeconds
		images += r.Cost.Images
	}
	add("Profile", in.Plan.Profile)
	add("Data", data...)
	add("Differs from print", marks...)
	add("Unlabeled pool", pools...)
	if shipped+mine > 0 {
		add("Results", fmt.Sprintf("%d computed here, %d came with the program (results/committed)", mine, shipped))
	} else {
		add("Results", "none")
	}
	if seconds > 0 {
		add("Time of the results shown", fmt.Sprintf("%s for %s training images", duration(seconds), thousands(images)))
	}
	if in.Elapsed > 0 {
		add("Time of this run", duration(in.Elapsed.Seconds()))
	}
	add("This machine", in.Machine)
	add("Results computed on", cpus...)
	add("Kernel sets", kernels...)
	add("Go", gos...)
	add("Revision", revisions...)
	add("The whole plan is run by", in.Plan.Command)
}

// tasks lists every result for tracing a number to its file.
func (p *page) tasks(in Input) {
	cells := cellsOf(in)
	var names []string
	for _, t := range in.Plan.Tasks {
		names = append(names, t.Name)
	}
	var rest []string
	for name := range in.Results {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range append(names, rest...) {
		r := in.Results[name]
		if r == nil {
			continue
		}
		s := r.Settings
		row := taskRow{
			Name: short(name), Kind: string(s.Kind), Cells: strings.Join(cells[name], "; "),
			Seeds:    fmt.Sprintf("seed %d, data seed %d, replicate %d", s.Seed, s.DataSeed, s.Replicate),
			Data:     strings.TrimSpace(s.Data + " " + short(r.DataDigest)),
			Kernels:  r.Cost.KernelSet,
			Took:     duration(r.Cost.TrainSeconds + r.Cost.EvalSeconds),
			Finished: r.Cost.Finished,
			From:     "<store>/" + name + "/result.json",
		}
		if in.Committed[name] {
			row.From = "results/committed/" + name + ".json"
		}
		if s.Epochs > 0 {
			row.Recipe = fmt.Sprintf("%s, %d epochs of batch %d", s.Arch, s.Epochs, s.Batch)
		}
		if len(r.Confusion) > 0 || len(r.PerClassErrorPct) > 0 || r.BestEpoch > 0 {
			row.Error = fmt.Sprintf("%.2f last, %.2f best (epoch %d)", r.LastErrorPct, r.BestErrorPct, r.BestEpoch)
		}
		if r.Pool != nil {
			row.Error = fmt.Sprintf("%.2f of the pool's labels", r.Pool.ErrorPct)
		}
		if r.Cost.ImagesPerSec > 0 {
			row.Speed = fmt.Sprintf("%.0f images/s", r.Cost.ImagesPerSec)
		}
		p.Tasks = append(p.Tasks, row)
	}
}

// short is the part of a digest that is enough to find it.
func short(digest string) string { return digest[:min(12, len(digest))] }

// FigureNames lists the figures of the section "Figures"; the others stand
// beside what they belong to.
func (page) FigureNames() []string {
	return []string{"figure1", "figure2", "figure3", "figure4", "per-class"}
}

// Tone is the style of a row's word.
func (r Row) Tone() string {
	switch {
	case r.Grade == results.GradeExact && strings.HasPrefix(r.Word, "false"):
		return "no"
	case r.Grade == results.GradeExact:
		return "yes"
	case !r.Settled():
		return ""
	case r.verdict.Word == stats.Seen || r.verdict.Word == stats.SeenOnAverage:
		return "yes"
	}
	return "no"
}
