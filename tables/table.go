// Package tables lays out the paper's tables with published and measured numbers side
// by side, our controls, the theorems' grids, and results.csv. Each is a function of a
// plan, its results by task name, and the published numbers. In the map of results, a
// task present with nil has failed; an absent one has not been run.
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

// Table is a table for a page and for programs. All of it is plain text, not escaped
// for Markdown or HTML.
type Table struct {
	Name   string // base name of its files: "table1"
	Title  string
	Key    string  // one line on how to read its numbers; may be empty
	Blocks []Block // as on the page
	Open   Block   // what is not run, why, and the commands; no rows: nothing is open
	Data   Block   // one row per number, for programs
	Notes  []string
}

// Block is a grid of cells under one heading. A column named "command" holds command
// lines, shown in a fixed-width font. Every row has one cell per column: "" where the
// table has none, "–" where a quantity does not exist.
type Block struct {
	Title   string
	Note    string // a line between title and table
	Fold    bool   // long: the page shows it on demand
	Columns []string
	Rows    [][]string
	// Print holds the rows for LaTeX, without stand-in data of methods that have others;
	// nil: Rows. Controls have one row per group here.
	Print [][]string
	// Keys has the shape of Rows and names the plan's cell of a measured number or of
	// its absence; zero for all else. nil: no cells.
	Keys [][]paper.Key
}

// add appends a row and the plan's cells of its numbers.
func (b *Block) add(row []string, keys []paper.Key) {
	b.Rows, b.Print = append(b.Rows, row), append(b.Print, row)
	b.Keys = append(b.Keys, keys)
}

const commandColumn = "command"

// dash marks a quantity that does not exist.
const dash = "–"

// Markdown returns the page in GitHub's Markdown.
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

// all returns the blocks of the page, Open last if it has rows.
func (t Table) all() []Block {
	if len(t.Open.Rows) == 0 {
		return t.Blocks
	}
	return append(slices.Clip(t.Blocks), t.Open)
}

// checked returns the rows. It panics if one does not fit the columns.
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
		panic(err) // writing to a strings.Builder does not fail
	}
}

// escape returns cells safe for a Markdown table, commands as code. tablewriter does not
// escape.
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

// CSV returns the rows for programs under a header.
func (t Table) CSV() string { return csvText(t.Data.Columns, t.Data.Rows) }

func csvText(columns []string, rows [][]string) string {
	var out strings.Builder
	csv.NewWriter(&out).WriteAll(append([][]string{columns}, rows...))
	return out.String()
}

// appendNew appends s to list unless it is there.
func appendNew[T comparable](list []T, s T) []T {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
