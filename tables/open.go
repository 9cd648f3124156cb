package tables

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

const standInNote = "Numbers marked T are from stand-in data or short runs: they stand beside the published ones only for the layout, and no difference from these is taken."

// finish returns the table of a page: blocks, open cells, CSV rows and notes.
func (p *page) finish(name, title string, blocks []Block, notes ...string) Table {
	t := Table{Name: name, Title: title, Blocks: blocks, Open: p.open(), Data: p.data(),
		Key: "Top-1 error in percent. Measured: mean ± standard deviation over replicates (how many), and a mark that begins with the grade and is explained below."}
	anyStandIn, several := false, false
	for _, e := range p.entries {
		for _, g := range e.Groups {
			anyStandIn = anyStandIn || g.Grade == results.GradeStandIn
			several = several || g.Grade == results.GradePaper && g.Last.N > 1 && e.Printed != nil
		}
	}
	if anyStandIn {
		t.Notes = append(t.Notes, standInNote)
	}
	if several {
		t.Notes = append(t.Notes, "At grade P a mean over several replicates stands beside a published number of replicate 0's subset, as far as known: the others have other images of the smaller classes.")
	}
	t.Notes = append(t.Notes, "The best epoch is chosen on the test set, as the released program does. It is used only for “best − published” and the verdicts on sizes (S2, S3, L2), and only at the paper's n_max and number of evaluations. Logit-adjusted: the last epoch's error after the log class shares of its last phase are subtracted from the logits, which needs no training: compare a method's gain with what this alone gives plain cross-entropy. A gain is the error of the method's base minus its own, in points, last epoch, paired by replicate.")
	t.Notes = append(t.Notes, notes...)
	t.Notes = append(t.Notes, p.taken()...)
	t.Notes = append(t.Notes, p.obstacles()...)
	t.Notes = append(t.Notes, p.legend.lines...)
	return t
}

// taken returns a note on the published numbers that stand in earlier papers.
func (p *page) taken() []string {
	n, margin := 0, false
	for _, e := range p.entries {
		if from, is := paper.TakenFrom(e.Key); is {
			n++
			margin = margin || from.Row == paper.UniformMargin
		}
	}
	if n == 0 {
		return nil
	}
	note := fmt.Sprintf("To the digit as in Cui et al. (2019) or Cao et al. (2019): %s. A published gain over such a number is a difference between runs of two groups.", plural.Of(n, "published baseline"))
	if margin {
		note += " What is published as CE-DRW at ρ = 100 and 10 is Cao et al.'s M-DRW, cross-entropy with a uniform margin."
	}
	return []string{note}
}

// obstacles returns a note for each reason why published entries cannot be run, with
// their number and the nearest run that is possible.
func (p *page) obstacles() []string {
	var order []paper.Obstacle
	count := map[paper.Obstacle]int{}
	for _, e := range p.entries {
		if o, ok := paper.ObstacleOf(e.Key); ok && e.Printed != nil {
			if count[o] == 0 {
				order = append(order, o)
			}
			count[o]++
		}
	}
	var notes []string
	for _, o := range order {
		notes = append(notes, fmt.Sprintf("%s cannot be run as published: %s. Nearest: %s.", plural.Of(count[o], "cell"), o.Why, o.Nearest))
	}
	return notes
}

// Missing is one reason why replicates of a cell have no result. A cell that cannot be
// run has no Replicates.
type Missing struct {
	Why        string
	Replicates []int
	Images     int64  // training images of all of them, parents included
	Command    string // runs all of them; "": there is none
}

// Missing returns the reasons in Open, each with one command for all its replicates. A
// cell outside the plan has one reason.
func (e Entry) Missing() []Missing {
	if len(e.Open) == 0 && len(e.Groups) == 0 {
		return []Missing{{Why: "not in this plan"}}
	}
	return e.missing(e.Open)
}

// missing returns the reasons in open, which is a part of e.Open.
func (e Entry) missing(open []results.Cell) []Missing {
	var out []Missing
	cells := map[string][]results.Cell{} // runnable cells, by reason
	for _, c := range open {
		why := e.why(c)
		i := slices.IndexFunc(out, func(m Missing) bool { return m.Why == why })
		if i < 0 {
			i = len(out)
			out = append(out, Missing{Why: why})
		}
		out[i].Images += c.Images
		if c.Task != "" {
			out[i].Replicates = append(out[i].Replicates, c.Replicate)
			cells[why] = append(cells[why], c)
		}
	}
	for i, m := range out {
		if can := cells[m.Why]; len(can) > 0 {
			out[i].Command = e.plan.Selection.Cells(e.plan.Cells, can, e.res).Command()
		}
	}
	return out
}

// Which returns the replicates in words: "replicate 2", "replicates 0, 1", or "".
func (m Missing) Which() string {
	switch len(m.Replicates) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("replicate %d", m.Replicates[0])
	}
	return "replicates " + strings.ReplaceAll(strings.Trim(fmt.Sprint(m.Replicates), "[]"), " ", ", ")
}

// why returns the reason why a cell has no result. It names data and grade if they are
// not the paper's, since the same cell may have results at others.
func (e Entry) why(c results.Cell) string {
	why := "not run yet"
	switch {
	case e.failed(c):
		why = "failed"
	case c.Reason != "":
		return c.Reason
	case c.Task == "":
		return "cannot be run here"
	}
	if c.Data != "" && c.Data != c.Dataset {
		why += " on " + c.Data
	}
	if c.Grade != "" && c.Grade != results.GradePaper {
		why += fmt.Sprintf(" (grade %s)", c.Grade)
	}
	return why
}

// open returns the block of what is not run: cells, why, training images and command.
func (p *page) open() Block {
	b := Block{Title: "Not run", Columns: []string{"cells", "why", "training images", commandColumn}}
	type item struct {
		why, command string
		images       int64
	}
	var order []item
	cells := map[item][]string{}
	for _, e := range p.entries {
		for _, m := range e.Missing() {
			it := item{m.Why, m.Command, m.Images}
			if cells[it] == nil {
				order = append(order, it)
			}
			name := e.Key.InTable()
			if which := m.Which(); which != "" {
				name += ", " + which
			}
			cells[it] = append(cells[it], name)
		}
	}
	for _, it := range order {
		names := cells[it]
		text := strings.Join(names, "; ")
		if len(names) > 3 {
			text = fmt.Sprintf("%d cells: %s; … %s", len(names), names[0], names[len(names)-1])
		}
		images := dash
		if it.images > 0 {
			images = millions(it.images)
		}
		b.Rows = append(b.Rows, []string{text, it.why, images, it.command})
	}
	return b
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// millions returns a count of images; from 10,000 on in millions, to three digits.
func millions(n int64) string {
	if n < 10_000 {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatFloat(float64(n)/1e6, 'g', 3, 64) + " M"
}

// data returns one row per group, measured or failed, with its open replicates. A cell
// without groups, or with open replicates outside them, has a row without a grade.
func (p *page) data() Block {
	b := Block{Columns: []string{
		"source", "dataset", "rho", "rho_u", "method", "network", "printed", "printed_unit", "status",
		"grade", "data", "marks", "replicates", "planned", "failed",
		"last_error_pct", "last_sd", "best_error_pct", "best_sd", "best_epoch", "adjusted_error_pct", "best_minus_printed",
		"gain_printed", "gain_last", "gain_sd", "gain_replicates", "many_error_pct", "medium_error_pct", "few_error_pct",
		"reason", "images", commandColumn,
	}}
	add := func(parts ...map[string]string) { b.Rows = append(b.Rows, assemble(b.Columns, parts...)) }
	for _, e := range p.entries {
		k := e.Key
		cell := keyColumns(k)
		if e.Printed != nil {
			cell["printed"], cell["printed_unit"] = short(e.Printed.Value), e.Printed.Unit
		}
		if f, ok := paper.PrintedEffect(k); ok {
			cell["gain_printed"] = short(f.Points)
		}
		lost, rest := e.failedGroups()
		if len(rest) > 0 || len(e.Groups)+len(lost) == 0 {
			other := Entry{Key: k, Open: rest, plan: e.plan, res: e.res}
			add(cell, statusColumns(other.status(), other.Missing()), map[string]string{"replicates": "0", "planned": strconv.Itoa(other.tasks()), "failed": "0"})
		}
		for _, g := range lost {
			add(cell, statusColumns(g.status(), e.missing(g.open)), g.groupColumns())
		}
		for _, g := range e.Groups {
			row := map[string]string{
				"last_error_pct": g.Last.mean(), "last_sd": g.Last.spread(), "best_error_pct": g.Best.mean(), "best_sd": g.Best.spread(),
				"best_epoch": g.BestEpoch.mean(), "adjusted_error_pct": g.Adjusted.mean(),
				"many_error_pct": g.Many.mean(), "medium_error_pct": g.Medium.mean(), "few_error_pct": g.Few.mean(),
			}
			if g.comparable() && e.Printed != nil && g.Best.N > 0 {
				row["best_minus_printed"] = exact(g.Best.Mean - e.Printed.Value)
			}
			if g.Gain.N > 0 {
				row["gain_last"], row["gain_sd"], row["gain_replicates"] = exact(g.Gain.Mean), g.Gain.spread(), strconv.Itoa(g.Gain.N)
			}
			add(cell, statusColumns(g.status(), e.missing(g.open)), g.groupColumns(), row)
		}
	}
	return b
}

// statusColumns returns the columns for a row's status and its open replicates.
func statusColumns(status string, missing []Missing) map[string]string {
	var reasons, commands []string
	var images int64
	for _, m := range missing {
		reasons = appendNew(reasons, m.Why)
		if m.Command != "" {
			commands = append(commands, m.Command)
		}
		images += m.Images
	}
	row := map[string]string{"status": status, "reason": strings.Join(reasons, "; "), commandColumn: strings.Join(commands, "; ")}
	if images > 0 {
		row["images"] = strconv.FormatInt(images, 10)
	}
	return row
}

// assemble puts the parts of a row under their columns. It panics if a part names an
// unknown column or one already filled.
func assemble(columns []string, parts ...map[string]string) []string {
	cells, filled := make([]string, len(columns)), make([]bool, len(columns))
	for _, part := range parts {
		for column, text := range part {
			i := slices.Index(columns, column)
			if i < 0 || filled[i] {
				panic(fmt.Sprintf("tables: no free column %q among %q", column, columns))
			}
			cells[i], filled[i] = text, true
		}
	}
	return cells
}

// keyColumns returns the columns that identify the number of a row.
func keyColumns(k paper.Key) map[string]string {
	return map[string]string{"source": k.Source, "dataset": k.Dataset, "rho": ratio(k.Rho), "rho_u": ratio(k.RhoU), "method": k.Method, "network": k.Network}
}

// groupColumns returns the columns for a group's grade, data, marks and numbers of runs.
func (g Group) groupColumns() map[string]string {
	return map[string]string{"grade": string(g.Grade), "data": g.Data, "marks": strings.Join(g.Marks, "; "),
		"replicates": strconv.Itoa(g.Last.N), "planned": strconv.Itoa(g.planned()), "failed": strconv.Itoa(g.failed)}
}

func ratio(x float64) string {
	if x == 0 {
		return ""
	}
	return short(x)
}

// exact formats x with six decimals, more than any test set resolves.
func exact(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

// mean returns the mean; "" if N is 0.
func (s Summary) mean() string {
	if s.N == 0 {
		return ""
	}
	return exact(s.Mean)
}

// spread returns the standard deviation; "" if N < 2.
func (s Summary) spread() string {
	if s.N < 2 {
		return ""
	}
	return exact(s.SD)
}
