package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// Every number of the page links to the record of its cell. That links to the
// records of its tasks, which name the files.

// link is a text that leads to an anchor of the page.
type link struct{ Text, To string }

// cellGroup holds the records of one table or figure.
type cellGroup struct {
	Title string
	Run   int // number of records with a result
	Cells []cellRecord
}

// cellRecord describes one cell: what is printed and how it was made, what was run
// here and how, and what it takes to run the rest.
type cellRecord struct {
	Anchor, Name      string
	Printed, Recipe   string // the printed number and its setting; "": not printed
	Note              string // where the number was read and what was inferred; "": only the main text
	Runs              []cellRuns
	Missing           []cellMissing
	Obstacle, Nearest string // why nobody can run it as printed, and the nearest possible run
}

// cellRuns holds the replicates under one setting.
type cellRuns struct {
	Grade   results.Grade
	Mean    string // error in percent with its standard deviation; "": one replicate, or no error
	Recipe  string // how the results were made
	Differs []string
	Tasks   []link // one per replicate, with its number
}

type cellMissing struct {
	Which, Why, Cost, Command string
	Recipe                    string // how it would be run; "": unknown, or like the replicates that were run
}

// cellAnchor returns the anchor of a cell's record; "" for the zero Key.
func cellAnchor(k paper.Key) string {
	if k == (paper.Key{}) {
		return ""
	}
	return slug("cell " + k.String())
}

func taskAnchor(name string) string { return "task-" + results.ShortHash(name) }

// slug returns s as an anchor: lower-case letters and digits, with single hyphens
// between words.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.NewReplacer("ρ_U", "rho-u", "ρ", "rho", "ω", "omega").Replace(s)),
		func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}

// cellGroups returns the record of every cell in a table of the page or in the
// plan, in their order, grouped by source.
func cellGroups(in Input, o outlook, shown []tables.Table) []cellGroup {
	var keys []paper.Key
	held := map[paper.Key]bool{}
	add := func(k paper.Key) {
		if k != (paper.Key{}) && !held[k] {
			held[k] = true
			keys = append(keys, k)
		}
	}
	for _, t := range shown {
		for _, b := range t.Blocks {
			for _, row := range b.Keys {
				for _, k := range row {
					add(k)
				}
			}
		}
	}
	for _, c := range in.Plan.Cells {
		add(c.Key)
	}
	var groups []cellGroup
	at := map[string]int{}
	for _, k := range keys {
		i, ok := at[k.Source]
		if !ok {
			i = len(groups)
			at[k.Source] = i
			groups = append(groups, cellGroup{Title: k.Source})
			if k.Source == paper.SourceControl {
				groups[i].Title = "Controls, ours"
			}
		}
		r := newCellRecord(in, o, k)
		if len(r.Runs) > 0 {
			groups[i].Run++
		}
		groups[i].Cells = append(groups[i].Cells, r)
	}
	return groups
}

func newCellRecord(in Input, o outlook, k paper.Key) cellRecord {
	e := tables.EntryOf(in.Plan, in.Results, k)
	r := cellRecord{Anchor: cellAnchor(k), Name: k.InTable(), Recipe: printedRecipe(k)}
	if e.Printed != nil {
		r.Printed = e.Printed.Printed
		if n := e.Printed.Note; n != "paper main text" {
			r.Note = n
		}
		if b := paper.Beside(k); b != "" {
			r.Note = strings.TrimPrefix(r.Note+"; "+b, "; ")
		}
		if b, ok := paper.ObstacleOf(k); ok {
			r.Obstacle, r.Nearest = b.Why, b.Nearest
		}
	}
	for _, g := range e.Groups {
		c := cellRuns{Grade: g.Grade, Differs: g.Marks}
		c.Recipe = recipeOf(g.Runs[0].Result)
		if g.Last.N > 1 && g.Runs[0].Result.BestEpoch > 0 {
			c.Mean = fmt.Sprintf("%.2f ± %.2f %%", g.Last.Mean, g.Last.SD)
		}
		for _, run := range g.Runs {
			text := outcome(run.Result)
			if g.Grade != results.GradeExact {
				text = fmt.Sprintf("replicate %d: %s", run.Cell.Replicate, text)
			}
			c.Tasks = append(c.Tasks, link{text, taskAnchor(run.Cell.Task)})
		}
		r.Runs = append(r.Runs, c)
	}
	for _, m := range e.Missing() {
		var open []results.Cell
		for _, c := range e.Open {
			if c.Task != "" && slices.Contains(m.Replicates, c.Replicate) {
				open = append(open, c)
			}
		}
		c := cellMissing{Which: m.Which(), Why: m.Why, Cost: o.cost(open), Command: inFull(m.Command, o.training(open))}
		if len(e.Groups) == 0 {
			c.Recipe = o.recipe(open)
		}
		r.Missing = append(r.Missing, c)
	}
	if !slices.ContainsFunc(e.Groups, func(g tables.Group) bool { return g.Grade == results.GradePaper }) {
		r.Missing = append(r.Missing, o.onOfficialFiles(e)...)
	}
	return r
}

// onOfficialFiles returns what runs a number's first replicate, in the profile of
// the paper's data nearest to print. It returns nil if that replicate was run or
// the plan's own run computes it.
func (o outlook) onOfficialFiles(e tables.Entry) []cellMissing {
	for _, profile := range []string{"paper", "desktop"} {
		var cells []results.Cell
		there := false
		for _, c := range o.plans[profile].number(e.Key) {
			if c.Task == "" || c.Replicate > 0 || c.Grade == results.GradeExact {
				continue
			}
			cells = append(cells, c)
			there = there || o.in.Results[c.Task] != nil || slices.ContainsFunc(e.Open, func(own results.Cell) bool { return own.Task == c.Task })
		}
		switch {
		case there:
			return nil
		case cells != nil:
			s := o.runStep(cells, profile, 1)
			return []cellMissing{{Why: fmt.Sprintf("on the official files, in profile %s: grade %s", profile, cells[0].Grade),
				Cost: o.cost(cells), Command: inFull(s.command, s.seconds), Recipe: o.recipe(cells)}}
		}
	}
	return nil
}

// recipe returns as text how planned cells would be run, and how that differs from
// print; "" if it is unknown.
func (o outlook) recipe(cells []results.Cell) string {
	for _, c := range cells {
		if t, known := o.tasks[c.Task]; known {
			text := describeTask(t.Settings)
			if len(c.Marks) > 0 {
				text += " (" + strings.Join(c.Marks, "; ") + ")"
			}
			return text
		}
	}
	return ""
}

// recipeOf returns as text how a result was made, as far as it is known here.
func recipeOf(r *results.Result) string {
	if r.Reported != "" {
		return "measured elsewhere and brought with --reported; nothing of it was run or checked here"
	}
	return describeTask(r.Settings)
}

// taskRecord is everything known about the origin of a number.
type taskRecord struct {
	Anchor, Name, Recipe string
	Parents              []link
	Cells                []link
	Result               string // its outcome, with the best epoch
	Seeds, Data          string // data with digests
	Took, On             string // cost, machine
	Revision, Finished   string
	File                 string
}

// taskRecords returns the records of all results: those of the plan in its order,
// then the others by name.
func taskRecords(in Input) []taskRecord {
	cells := map[string][]link{}
	for _, c := range in.Plan.Cells {
		l := link{c.Source + ": " + c.Key.InTable(), cellAnchor(c.Key)}
		if c.Task != "" && !slices.Contains(cells[c.Task], l) {
			cells[c.Task] = append(cells[c.Task], l)
		}
	}
	var names []string
	planned := map[string]bool{}
	for _, t := range in.Plan.Tasks {
		names = append(names, t.Name)
		planned[t.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(in.Results)) {
		if !planned[name] {
			names = append(names, name)
		}
	}
	var out []taskRecord
	for _, name := range names {
		r := in.Results[name]
		if r == nil {
			continue
		}
		s, c := r.Settings, r.Cost
		t := taskRecord{
			Anchor: taskAnchor(name), Name: name, Recipe: recipeOf(r), Cells: cells[name], Result: outcome(r),
			Took: duration(c.TrainSeconds + c.EvalSeconds), Revision: shortRevision(c.Revision), Finished: c.Finished,
			File: "STORE/" + name + "/" + results.FileResult,
		}
		switch {
		case r.Shipped:
			t.File = "results/committed/" + name + ".json"
		case r.Reported != "":
			t.File = r.Reported
		}
		if r.BestEpoch > 0 {
			t.Result += fmt.Sprintf(" at the last epoch, %.2f %% at the best, epoch %d", r.BestErrorPct, r.BestEpoch)
		}
		switch {
		case r.Reported != "":
			t.Seeds = fmt.Sprintf("replicate %d", s.Replicate)
		case s.Kind == results.KindTheory:
			t.Seeds = fmt.Sprintf("seed %d", s.Seed)
		default:
			t.Seeds = fmt.Sprintf("replicate %d: seed %d, data seed %d", s.Replicate, s.Seed, s.DataSeed)
			t.Data = strings.TrimSpace(s.Data + " " + digest(r.DataDigest))
			if r.DataMark != "" {
				t.Data += ", " + r.DataMark
			}
			if r.PoolName != "" {
				t.Data += "; D_U from " + strings.TrimSpace(r.PoolName+" "+digest(r.PoolDigest))
			}
			if from := irrelevantOf(r); from != "" {
				t.Data += "; with " + from
			}
			for _, mark := range r.UnverifiedUnlabeled() {
				t.Data += ", " + mark
			}
		}
		for _, p := range []link{{"starts from", s.Init}, {"base", s.Base}, {"pseudo-labels of", s.Labels}, {"first epochs of", c.ForkedFrom}} {
			if in.Results[p.To] != nil {
				t.Parents = append(t.Parents, link{p.Text + " " + results.ShortHash(p.To), taskAnchor(p.To)})
			}
		}
		if c.Images > 0 {
			t.Took += fmt.Sprintf(", %s training images", thousands(c.Images))
		}
		if c.ImagesPerSec > 0 {
			t.Took += fmt.Sprintf(" at %.0f a second", c.ImagesPerSec)
		}
		on := []string{c.KernelSet, c.CPU, c.Go}
		if c.Threads > 0 {
			on = append(on, fmt.Sprintf("GOMAXPROCS %d", c.Threads))
		}
		t.On = strings.Join(slices.DeleteFunc(on, func(s string) bool { return s == "" }), ", ")
		out = append(out, t)
	}
	return out
}

// shortRevision returns a revision with a short hash. It keeps what follows the
// hash, "(modified)".
func shortRevision(s string) string {
	hash, mark, _ := strings.Cut(s, " ")
	return strings.TrimSpace(results.ShortHash(hash) + " " + mark)
}

func digest(s string) string { return results.ShortHash(strings.TrimPrefix(s, "sha256:")) }

// irrelevantOf returns the name and digest of the irrelevant images, of no class of
// the task, that a task used; "" if it used none.
func irrelevantOf(r *results.Result) string {
	switch {
	case r.IrrelevantName != "":
		return strings.TrimSpace(r.IrrelevantName + " " + digest(r.IrrelevantDigest))
	case r.Settings.Irrelevant != "":
		return r.Settings.Irrelevant + " (irrelevant images, digest not recorded)"
	}
	return ""
}

// claimAnchor returns the anchor of a claim in the list of all claims.
func claimAnchor(id string) string { return slug("claim " + id) }

// links returns links to the records of cells.
func links(keys []paper.Key) []link {
	var all []link
	for _, k := range keys {
		all = append(all, link{k.Source + ": " + k.InTable(), cellAnchor(k)})
	}
	return all
}

// Anchor returns the anchor of a group's records.
func (g cellGroup) Anchor() string { return slug("cells " + g.Title) }

// Open returns the number of records without a result.
func (g cellGroup) Open() int { return len(g.Cells) - g.Run }

// gridCell is a cell of a table on the page: its text, its style and the anchor
// that it links to.
type gridCell struct{ Text, Class, To string }

// grid returns the cells of a block, by row and column, with their style and link.
func grid(b tables.Block) [][]gridCell {
	out := make([][]gridCell, len(b.Rows))
	for i, row := range b.Rows {
		for j, text := range row {
			c := gridCell{Text: text, Class: class(b.Columns[j], text)}
			if c.Class == "several" {
				groups := strings.Split(text, "; ")
				for i, g := range groups {
					groups[i] = strings.ReplaceAll(g, " ", "\u00a0")
				}
				c.Text = strings.Join(groups, "; ")
			}
			if b.Keys != nil && j < len(b.Keys[i]) && text != "–" {
				c.To = cellAnchor(b.Keys[i][j])
			}
			out[i] = append(out[i], c)
		}
	}
	return out
}

// class returns the style of a table's cell, from its column and text.
func class(column, text string) string {
	switch {
	case column == "command":
		return "command"
	case strings.HasPrefix(text, "not run"), strings.HasPrefix(text, "cannot be run"), text == "–":
		return "absent"
	case strings.Contains(text, "; ") && len(text) < 80: // several groups, broken between them if there is no room
		return "several"
	case len(text) > 48:
		return "long"
	}
	return ""
}

// part is a table of the page, with the command that runs its missing cells and
// their cost.
type part struct {
	Table         tables.Table
	Command, Cost string
}

// newPart returns a table with the command and cost of its missing cells. The
// table's name is one of --only.
func newPart(in Input, o outlook, t tables.Table) part {
	p := part{Table: t}
	var open []results.Cell
	for _, c := range in.Plan.Cells {
		if c.Part == t.Name && c.Task != "" && in.Results[c.Task] == nil {
			open = append(open, c)
		}
	}
	if len(open) > 0 {
		p.Command = inFull(o.run(in.Plan.Profile, open, in.Results, in.Plan.Seeds), o.training(open))
		p.Cost = strings.Trim(o.price(open), " ()")
	}
	return p
}

// Short returns the part's name in the table of contents.
func (p part) Short() string {
	name, _, _ := strings.Cut(p.Table.Title, ".")
	return name
}
