// Package tables lays out the paper's tables with printed and measured numbers
// side by side, our controls, the theorems' grids, and the flat file of every
// result. Each is a function of a plan, its results by task name, and the
// numbers in print. In the map of results, a task that is present with nil has
// failed; one that is absent has not been run.
package tables

import (
	"encoding/csv"
	"fmt"
	"io"
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
	// Keys has the place of Rows and names the cell of the plan that a measured
	// number, or its absence, belongs to; zero for all else. nil: no cells.
	Keys [][]paper.Key
}

// add appends a row and the cells that its numbers belong to.
func (b *Block) add(row []string, keys []paper.Key) {
	b.Rows = append(b.Rows, row)
	b.Keys = append(b.Keys, keys)
}

const commandColumn = "command"

// dash stands where a quantity does not exist.
const dash = "–"

// Markdown writes the page form in GitHub's Markdown.
func (t Table) Markdown(w io.Writer) error {
	out := &failing{w: w}
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
		if err := b.markdown(out); err != nil {
			return fmt.Errorf("%s as Markdown: %w", t.Name, err)
		}
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
	if out.err != nil {
		return fmt.Errorf("%s as Markdown: %w", t.Name, out.err)
	}
	return nil
}

// all is the blocks of the file, what is open last.
func (t Table) all() []Block {
	if len(t.Open.Rows) == 0 {
		return t.Blocks
	}
	return append(slices.Clip(t.Blocks), t.Open)
}

func (b Block) markdown(w io.Writer) error {
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
	)
	table.Header(b.escape(b.Columns, true))
	for _, r := range b.Rows {
		if len(r) != len(b.Columns) {
			return fmt.Errorf("block %q: a row has %d cells under %d columns: %q", b.Title, len(r), len(b.Columns), r)
		}
		if err := table.Append(b.escape(r, false)); err != nil {
			return err
		}
	}
	return table.Render()
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

// CSV writes the rows for programs under a header.
func (t Table) CSV(w io.Writer) error {
	if err := writeCSV(w, t.Data.Columns, t.Data.Rows); err != nil {
		return fmt.Errorf("%s as CSV: %w", t.Name, err)
	}
	return nil
}

func writeCSV(w io.Writer, columns []string, rows [][]string) error {
	return csv.NewWriter(w).WriteAll(append([][]string{columns}, rows...))
}

// failing keeps the first error of w, so that a sequence of prints is checked
// once.
type failing struct {
	w   io.Writer
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.Write(p)
	f.err = err
	return n, err
}

// appendNew adds s to list unless it is there.
func appendNew[T comparable](list []T, s T) []T {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
