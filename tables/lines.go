package tables

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// page collects the entries of a table and turns them into blocks, notes and CSV rows.
type page struct {
	plan    results.Plan
	res     map[string]*results.Result
	legend  legend
	entries []*Entry
	cache   map[paper.Key]*Entry
}

func newPage(plan results.Plan, res map[string]*results.Result) *page {
	return &page{plan: plan, res: res, cache: map[paper.Key]*Entry{}}
}

// entry returns the page's one Entry of k. It is shared: data and trainedOutNotes read
// what pair changes in it.
func (p *page) entry(k paper.Key) *Entry {
	if p.cache[k] == nil {
		e := EntryOf(p.plan, p.res, k)
		p.cache[k] = &e
		p.entries = append(p.entries, &e)
	}
	return p.cache[k]
}

// isEmbedding reports whether a cell is a map of features, which has no error.
func isEmbedding(k paper.Key) bool { return strings.HasSuffix(k.Method, paper.Embedding) }

// lines adds the rows of one method to b: one per quantity, grade after grade. keys are
// those of the columns after the first two; a column with the zero Key stays empty.
// groups adds the errors of the many-, medium- and few-shot classes.
func (p *page) lines(b *Block, label string, keys []paper.Key, groups bool) {
	entries := make([]*Entry, len(keys))
	effects := false
	var grades []results.Grade
	for i, k := range keys {
		if k == (paper.Key{}) {
			continue
		}
		e := p.entry(k)
		entries[i] = e
		_, effect := paper.PrintedEffect(k)
		effects = effects || effect
		lost, _ := e.failedGroups()
		for _, g := range append(lost, e.Groups...) {
			grades = appendNew(grades, g.Grade)
		}
	}
	slices.SortFunc(grades, func(a, b results.Grade) int { return cmp.Compare(a.Rank(), b.Rank()) })
	none := make([]paper.Key, 2+len(keys))
	linked := append(none[:2:2], keys...)
	line := func(name string, entries []*Entry, cellKeys []paper.Key, cell func(Entry) string) {
		row := []string{label, name}
		label = "" // only the first row has it
		for _, e := range entries {
			if e == nil {
				row = append(row, "")
			} else {
				row = append(row, cell(*e))
			}
		}
		b.add(row, cellKeys)
	}
	line("published", entries, none, printedCell)
	if effects {
		line("published gain", entries, none, func(e Entry) string {
			f, ok := paper.PrintedEffect(e.Key)
			if !ok {
				return dash
			}
			return stats.Signed(f.Points)
		})
	}
	if len(grades) == 0 {
		line("last epoch", entries, linked, Entry.status)
	}
	elsewhere := slices.ContainsFunc(entries, func(e *Entry) bool {
		return e != nil && slices.ContainsFunc(e.Groups, func(g Group) bool { return g.Grade != results.GradeStandIn })
	})
	for i, grade := range grades {
		atGrade := make([]*Entry, len(entries)) // entries at this grade; nil: an empty cell
		for j, e := range entries {
			if e != nil {
				at := e.atGrade(grade)
				if atGrade[j] = &at; i > 0 && len(at.Groups) == 0 && at.failures == 0 {
					atGrade[j] = nil
				}
			}
		}
		name := func(quantity string) string {
			if len(grades) == 1 && grade == results.GradePaper { // other grades must not look like a reproduction
				return quantity
			}
			return fmt.Sprintf("%s (%s)", quantity, grade)
		}
		before := len(b.Print)
		p.measured(atGrade, groups, func(quantity string, cell func(Entry) string) {
			line(name(quantity), atGrade, linked, cell)
		})
		if i > 0 && elsewhere && grade == results.GradeStandIn {
			b.Print = b.Print[:before]
		}
	}
}

// measured calls line for every quantity to show of these entries.
func (p *page) measured(entries []*Entry, groups bool, line func(quantity string, cell func(Entry) string)) {
	gains, comparable, unbalanced, adjusted := false, false, false, false
	for _, e := range entries {
		if e == nil {
			continue
		}
		for _, g := range e.Groups {
			unbalanced = unbalanced || e.Key.Dataset == paper.SVHN && g.Balanced.N > 0 // the only unbalanced test set
			adjusted = adjusted || g.Adjusted.N > 0
			gains = gains || g.Gain.N > 0
			comparable = comparable || g.comparable() && e.Printed != nil
		}
	}
	each := func(quantity string, text func(Entry, Group) string) {
		line(quantity, func(e Entry) string { return e.each(func(g Group) string { return text(e, g) }) })
	}
	line("last epoch", p.lastCell)
	each("best on test", func(_ Entry, g Group) string { return g.Best.text() })
	if adjusted {
		each("logit-adjusted", func(_ Entry, g Group) string { return g.Adjusted.text() })
	}
	if unbalanced {
		each("mean of classes", func(_ Entry, g Group) string { return g.Balanced.text() })
	}
	if comparable {
		each("best − published", func(e Entry, g Group) string {
			if !g.comparable() || e.Printed == nil || g.Best.N == 0 {
				return dash
			}
			return stats.Signed(g.Best.Mean - e.Printed.Value)
		})
	}
	if groups {
		each("many / medium / few", func(_ Entry, g Group) string {
			return fmt.Sprintf("%s / %s / %s", g.Many.fixed(), g.Medium.fixed(), g.Few.fixed())
		})
	}
	if gains {
		line("gain", p.gainCell)
	}
}

// gainCell returns "mean ± sd (replicates) mark" of every group's gain.
func (p *page) gainCell(e Entry) string {
	return e.each(func(g Group) string {
		if g.Gain.N == 0 {
			return dash
		}
		return fmt.Sprintf("%s (%d) %s", g.Gain.signed(), g.Gain.N, p.legend.mark(g))
	})
}

// each returns the texts of all groups, joined by "; "; a dash if there is no group.
func (e Entry) each(text func(Group) string) string {
	if len(e.Groups) == 0 {
		return dash
	}
	parts := make([]string, len(e.Groups))
	for i, g := range e.Groups {
		parts[i] = text(g)
	}
	return strings.Join(parts, "; ")
}

func printedCell(e Entry) string {
	if e.Printed == nil {
		return dash
	}
	return e.Printed.Printed
}

// lastCell returns "mean ± sd (replicates) mark" of every group's last epoch, or the
// entry's status if there is no group.
func (p *page) lastCell(e Entry) string {
	if len(e.Groups) == 0 {
		return e.status()
	}
	return e.each(func(g Group) string {
		n := fmt.Sprint(g.Last.N)
		if len(g.open) > 0 {
			n += fmt.Sprintf(" of %d", g.planned())
		}
		if g.failed > 0 {
			n += fmt.Sprintf(", %d failed", g.failed)
		}
		return fmt.Sprintf("%s (%s) %s", g.Last.text(), n, p.legend.mark(g))
	})
}

const (
	statusMeasured = "measured"
	statusReported = "reported" // measured elsewhere
	statusPartly   = "partly measured"
	statusFailed   = "failed"
	statusNotRun   = "not run"
	statusCannot   = "cannot be run as published" // has an obstacle (paper.ObstacleOf), and no substitute is planned
)

// status returns the status of an entry without groups.
func (e Entry) status() string {
	_, obstacle := paper.ObstacleOf(e.Key)
	switch {
	case e.failures > 0:
		return statusFailed
	case e.tasks() == 0 && obstacle:
		return statusCannot
	}
	return statusNotRun
}

// tasks returns the number of cells in Open that can be run.
func (e Entry) tasks() (n int) {
	for _, c := range e.Open {
		if c.Task != "" {
			n++
		}
	}
	return n
}

// status returns the status of a group.
func (g Group) status() string {
	switch {
	case g.Last.N == 0:
		return statusFailed
	case len(g.open) > 0:
		return statusPartly
	case g.Grade == results.GradeReported:
		return statusReported
	}
	return statusMeasured
}

func (s Summary) text() string {
	if s.N < 2 {
		return s.fixed()
	}
	return s.fixed() + " ± " + fixed(s.SD)
}

// fixed returns the mean without its standard deviation.
func (s Summary) fixed() string {
	if s.N == 0 {
		return dash
	}
	return fixed(s.Mean)
}

func (s Summary) signed() string {
	if s.N < 2 {
		return stats.Signed(s.Mean)
	}
	return stats.Signed(s.Mean) + " ± " + fixed(s.SD)
}

func fixed(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
