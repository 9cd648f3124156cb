// Package tables lays out the paper's tables with printed and measured numbers
// side by side, our controls, the theorems' grids, and the flat file of every
// result. Each is a function of a plan, its results by task name, and the
// numbers in print. In the map of results, a task that is present with nil has
// failed; one that is absent has not been run.
package tables

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"longtail/paper"
)

// Table is a table as it stands on a page and as a program reads it. All of it
// is plain text: nothing is escaped for Markdown or HTML.
type Table struct {
	Name   string // of its files: "table1"
	Title  string
	Key    string  // how its numbers are written, in a line; may be empty
	Blocks []Block // as on the page
	Open   Block   // what is not run, why, and the commands; no row: nothing is open
	Data   Block   // one row a number, for programs
	Notes  []string
}

// Block is a grid of cells under one heading. A column called "command" holds
// command lines and is set in a fixed-width face. Every row has as many cells
// as there are columns; "" is a cell that does not exist and "–" one whose
// group is empty.
type Block struct {
	Title   string
	Note    string // a line between title and table
	Fold    bool   // long: the page shows it on demand
	Columns []string
	Rows    [][]string
	// Print is the rows as LaTeX has them, a line a group and without those of stand-in data
	// where there are others; nil: as in Rows.
	Print [][]string
	// Keys has the place of Rows and names the cell of the plan that a measured
	// number, or its absence, belongs to; zero for all else. nil: no cells.
	Keys [][]paper.Key
}

// add appends a row and the cells that its numbers belong to.
func (b *Block) add(row []string, keys []paper.Key) {
	b.Rows, b.Print = append(b.Rows, row), append(b.Print, row)
	b.Keys = append(b.Keys, keys)
}

const commandColumn = "command"

// dash stands where a quantity does not exist.
const dash = "–"

// Markdown is the page form in GitHub's Markdown.
func (t Table) Markdown() string {
	out := &strings.Builder{}
	fmt.Fprintf(out, "## %s\n", t.Title)
	if t.Key != "" {
		fmt.Fprintf(out, "\n%s\n", oneLine(t.Key))
	}
	for _, b := range t.all() {
		if b.Title != "" {
			fmt.Fprintf(out, "\n### %s\n", b.Title)
		}
		if b.Note != "" {
			fmt.Fprintf(out, "\n%s\n", oneLine(b.Note))
		}
		if b.Fold {
			fmt.Fprintf(out, "\n<details><summary>%d rows</summary>\n", len(b.Rows))
		}
		fmt.Fprintln(out)
		b.markdown(out)
		if b.Fold {
			fmt.Fprintln(out, "\n</details>")
		}
	}
	if len(t.Notes) > 0 {
		fmt.Fprintln(out)
		for _, n := range t.Notes {
			fmt.Fprintf(out, "- %s\n", oneLine(n))
		}
	}
	return out.String()
}

// all is the blocks of the file, what is open last.
func (t Table) all() []Block {
	if len(t.Open.Rows) == 0 {
		return t.Blocks
	}
	return append(slices.Clip(t.Blocks), t.Open)
}

// checked are the rows. It panics where one does not fit the columns.
func (b Block) checked() [][]string {
	for _, r := range b.Rows {
		if len(r) != len(b.Columns) {
			panic(fmt.Sprintf("tables: block %q: a row has %d cells under %d columns: %q", b.Title, len(r), len(b.Columns), r))
		}
	}
	return b.Rows
}

func (b Block) markdown(out *strings.Builder) {
	table := tablewriter.NewTable(out,
		tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
	)
	table.Header(b.escape(b.Columns, true))
	var err error
	for _, r := range b.checked() {
		err = errors.Join(err, table.Append(b.escape(r, false)))
	}
	if err = errors.Join(err, table.Render()); err != nil {
		panic(err) // the text has no end of room
	}
}

// escape makes cells safe inside a Markdown table: tablewriter does not.
func (b Block) escape(cells []string, header bool) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		c = strings.ReplaceAll(oneLine(c), "|", `\|`)
		if b.Columns[i] == commandColumn && c != "" && !header {
			c = "`" + c + "`"
		}
		out[i] = c
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// CSV is the rows for programs under a header.
func (t Table) CSV() string { return csvText(t.Data.Columns, t.Data.Rows) }

func csvText(columns []string, rows [][]string) string {
	var out strings.Builder
	csv.NewWriter(&out).WriteAll(append([][]string{columns}, rows...))
	return out.String()
}

// appendNew adds s to list unless it is there.
func appendNew[T comparable](list []T, s T) []T {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
