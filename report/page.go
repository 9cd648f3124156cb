package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"longtail/claims"
	"longtail/figures"
	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// Input is everything that a report is made of.
type Input struct {
	claims.Evidence
	Others   []results.Plan    // of the other profiles, two replicates each: they may hold what a claim needs next
	Figures  []*figures.Figure // from figures.All, drawn once for files and page
	Tables   []tables.Table    // from tables.All, laid out once for files and page
	Machine  string            // "2 × …, linux/amd64"
	Cores    int               // of this machine, which limit parallel tasks; 0: one
	Revision string            // that this program was built from; "": unknown
	Elapsed  time.Duration     // duration of the run that ends with this report; 0: none
	Running  bool              // the run that writes this continues; the page reloads itself every minute
	Written  time.Time         // time of writing; zero: not shown
	About    map[string]string // what the plan's failed tasks compute, as text, by task
	Busy     []string          // tasks that other processes compute, as text
	Begun    []string          // tasks that were started, are not done and that no process computes, as text
	Killed   int               // how many of Begun had their process die
	GoOn     string            // command that resumes them
}

// page is the content of both report.html and report.md.
type page struct {
	Work, Title, Lead string
	AtScale           string // what was measured on the paper's own data and schedule
	Running           bool
	State, GoOn       string // state of an unfinished run, and the command that resumes it
	Primary           []Row
	Hour              []string // what one more hour would settle
	Command, Cost     string   // of everything in the plan that has no result
	Failures          []failure
	Facts             []fact
	Gains             *figures.Figure
	Theorems          []theorem
	Tables            []part
	Controls          part
	Printed, Curves   []*figures.Figure // the paper's figures and the classes' errors; learning curves
	Sections          []claimSection
	Errata            []paper.Erratum
	Cells             []cellGroup
	Tasks             []taskRecord
	BibTeX, Software  string // references for the paper and for this program
	Say               paragraphs
}

type failure struct{ Task, Cells, Why string }

type fact struct{ Term, Text string }

type theorem struct {
	part
	Figure   *figures.Figure
	Findings []Row // claims with a verdict
}

type claimSection struct {
	Title   string
	Rows    []Row
	Words   int // rows with evidence
	Settled int // claims that are listed under "Theory" instead
}

func newPage(in Input) page {
	p := page{
		Work:    fmt.Sprintf("%s, %s, %s, arXiv:%s", paper.Title, paper.Authors, paper.Venue, paper.ArXiv),
		Running: in.Running,
		Errata:  paper.Errata(),
		BibTeX:  paper.BibTeX,

		Software: software(in),
		Say:      pageTexts,
	}
	o := newOutlook(in)
	all := o.rows()
	open := slices.DeleteFunc(slices.Clone(in.Plan.Cells), func(c results.Cell) bool {
		return c.Task == "" || c.Reason != "" || in.Results[c.Task] != nil
	})
	p.Command, p.Cost = inFull(withoutShipped(in.Plan.Selection, in.Plan.Cells, in.Results).Command(), o.training(open)), o.cost(open)
	p.Primary = primaryOf(all)
	anchorRows("primary", p.Primary)
	anchorRows("claim", all)
	n := takeCensus(in)
	p.Title, p.Lead, p.Failures = titleOf(n, p.Primary), n.sentence()+theoryWords(all), sortedFailures(in)
	p.AtScale = strings.TrimSpace(gainOfUnlabeled(p.Primary) + " " + atScale(in))
	p.Hour = oneHour(p.Primary)
	ofTheory := map[string]*figures.Figure{}
	for _, f := range in.Figures {
		switch f.Section {
		case "claims":
			p.Gains = f
		case "theory":
			ofTheory[f.Name] = f
		case "curves":
			p.Curves = append(p.Curves, f)
		default:
			p.Printed = append(p.Printed, f)
		}
	}
	var shown []tables.Table
	for _, t := range in.Tables {
		part := newPart(in, o, t)
		if n, isTheorem := strings.CutPrefix(t.Name, "theorem"); isTheorem {
			th := theorem{part: part, Figure: ofTheory[t.Name]}
			for _, r := range all {
				if r.Grade == results.GradeExact && strings.HasPrefix(r.ID, "T"+n+".") {
					th.Findings = append(th.Findings, r)
				}
			}
			p.Theorems = append(p.Theorems, th)
			continue
		}
		shown = append(shown, t)
		if t.Name == "controls" {
			p.Controls = part
		} else {
			p.Tables = append(p.Tables, part)
		}
	}
	p.Cells = cellGroups(in, o, shown)
	p.Tasks = taskRecords(in)
	for _, r := range all {
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != r.Section {
			p.Sections = append(p.Sections, claimSection{Title: r.Section})
		}
		last := &p.Sections[len(p.Sections)-1]
		if r.Grade == results.GradeExact {
			last.Settled++
			continue
		}
		last.Rows = append(last.Rows, r)
		if r.Grade != "" {
			last.Words++
		}
	}
	p.facts(in, o)
	if p.State = state(in); in.Running || len(in.Begun) > 0 {
		p.GoOn = in.GoOn
	}
	return p
}

// software returns a BibTeX entry for this program. The revision that wrote the
// page serves as the version.
func software(in Input) string {
	year := ""
	if !in.Written.IsZero() {
		year = fmt.Sprintf("\n  year    = {%d},", in.Written.UTC().Year())
	}
	return fmt.Sprintf(`
@software{longtail,
  title   = {longtail: a reproduction of "%s"},
  author  = {{The longtail authors}},%s
  version = {revision %s}
}
`, paper.Title, year, cmp.Or(shortRevision(in.Revision), "not known"))
}

// state returns as text whether a run continues or was stopped; "" if neither. A
// page cannot detect that its run has died, so it states when it was written.
func state(in Input) string {
	at := ""
	if !in.Written.IsZero() {
		at = in.Written.UTC().Format("2 January 2006, 15:04 UTC")
	}
	var parts []string
	if in.Running {
		text := "A run is going on: this page is written anew every few minutes and loads itself again every minute."
		if at != "" {
			text += fmt.Sprintf(" It was written on %s; if that is long past, the run was cut off (killed, or a power cut). Nothing that is stored is lost, and the same command goes on:", at)
		}
		return text
	}
	if n := len(in.Busy); n > 0 {
		parts = append(parts, fmt.Sprintf("A run is going on: %s being computed (%s). This page shows what was done on %s; `longtail report` writes it anew.", tasksAre(n), plural.Some(in.Busy, "; "), cmp.Or(at, "that moment")))
	}
	if n := len(in.Begun); n > 0 {
		text := fmt.Sprintf("A run was stopped: %s begun and not done (%s).", tasksAre(n), plural.Some(in.Begun, "; "))
		if in.Killed > 0 {
			were := "were"
			if in.Killed == 1 {
				were = "was"
			}
			text += fmt.Sprintf(" %d of them %s cut off (killed, or a power cut), which loses at most a minute of training.", in.Killed, were)
		}
		parts = append(parts, text+" To resume from the checkpoints:")
	}
	return strings.Join(parts, " ")
}

func tasksAre(n int) string {
	if n == 1 {
		return "1 task is"
	}
	return fmt.Sprintf("%d tasks are", n)
}

func sortedFailures(in Input) []failure {
	cells := map[string][]string{} // by task
	for _, c := range in.Plan.Cells {
		if c.Task != "" {
			cells[c.Task] = append(cells[c.Task], fmt.Sprintf("%s (replicate %d)", c.Key.Short(), c.Replicate))
		}
	}
	var out []failure
	add := func(task, why string) {
		out = append(out, failure{results.ShortHash(task), cmp.Or(strings.Join(cells[task], "; "), in.About[task]), why})
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
