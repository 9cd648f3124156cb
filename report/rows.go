package report

import (
	"fmt"
	"strings"

	"longtail/claims"
	"longtail/paper"
	"longtail/results"
)

// Row is a verdict as the page shows it: with what would improve its evidence, and its
// place in the table.
type Row struct {
	claims.Verdict
	Next    string  // the step that would improve the evidence
	Command string  // that takes the step; "": nothing can be run
	Seconds float64 // duration of Next on this machine; 0: unknown
	Settles bool    // Next would give a word if means and spreads stayed as they are

	Span   int    // number of rows of this estimand, one per body of evidence; 0: not the first of them
	Anchor string // on the page, of the details on how the row is measured

	elsewhere bool // at grade T, and Command runs another profile than that of the evidence
}

// Rows returns the rows of every claim, in the order of the paper.
func Rows(in Input) []Row { return newOutlook(in).rows() }

func (o outlook) rows() (rows []Row) {
	first := 0 // row of the same estimand
	for i, v := range claims.Judge(o.in.Evidence) {
		rows = append(rows, Row{Verdict: v})
		if v.ID != rows[first].ID || v.Against != rows[first].Against {
			first = i
		}
		rows[first].Span++
		rows[i].next(o)
	}
	return rows
}

// primaryOf returns the rows of the primary claims, in the order of
// paper.Estimands.
func primaryOf(rows []Row) (primary []Row) {
	for _, e := range paper.Estimands() {
		for _, r := range rows {
			if r.ID == e.Claim && r.Against == e.Against {
				primary = append(primary, r)
			}
		}
	}
	return primary
}

// anchorRows sets the anchor of every row: kind and claim id, and a number from a
// claim's second row on.
func anchorRows(kind string, rows []Row) {
	seen := map[string]int{}
	for i := range rows {
		id := rows[i].ID
		rows[i].Anchor = slug(kind + " " + id)
		if seen[id]++; seen[id] > 1 {
			rows[i].Anchor += fmt.Sprintf("-%d", seen[id])
		}
	}
}

// name returns the name of a row among those of the primary claims.
func (r Row) name() string {
	if r.Against == "" {
		return r.ID
	}
	return r.ID + " " + r.Against
}

// Where returns where the paper makes the claim; "" of a claim of one's own.
func (r Row) Where() string {
	if r.Ours() {
		return ""
	}
	return r.Claim.Where
}

// Decides returns what was declared before any run to decide the claim; "" if nothing
// was, as of a claim of one's own.
func (r Row) Decides() string {
	if r.Claim.Decides == "–" || r.Ours() {
		return ""
	}
	return r.Claim.Decides
}

// From returns links to the cells behind a row.
func (r Row) From() []link { return links(r.Cells) }

// Took returns the duration of the next step on this machine; "" if it is unknown.
func (r Row) Took() string {
	if r.Seconds == 0 {
		return ""
	}
	return duration(r.Seconds)
}

// Tone returns the style class of a row's word: "yes", "no" or "".
func (r Row) Tone() string {
	switch {
	case r.Grade == results.GradeExact && strings.HasPrefix(r.Word, "false"):
		return "no"
	case r.Grade == results.GradeExact:
		return "yes"
	case !r.Settled():
		return ""
	case r.Supported():
		return "yes"
	}
	return "no"
}
