package theory

import (
	"fmt"
	"math"
	"slices"
)

// Grid is a table of numbers, also as results store it.
type Grid struct {
	Title   string       `json:"title"`
	Columns []string     `json:"columns"`
	Rows    [][]*float64 `json:"rows"` // null if a quantity does not exist
}

// Row is a row of a Grid: its column names and values.
type Row []struct {
	Name  string
	Value float64
}

// Add appends a row. Values that are not finite become nil. The first row names the
// columns; a later one with other columns is a programming error and panics.
func (g *Grid) Add(r Row) {
	names, row := make([]string, len(r)), make([]*float64, len(r))
	for i, c := range r {
		names[i] = c.Name
		if finite(c.Value) {
			row[i] = &c.Value
		}
	}
	if g.Rows == nil {
		g.Columns = names
	}
	if !slices.Equal(names, g.Columns) {
		panic(fmt.Sprintf("%s: a row of %q in a grid of %q", g.Title, names, g.Columns))
	}
	g.Rows = append(g.Rows, row)
}

// Column returns a named column, NaN where a value does not exist; nil if the
// grid is nil or has no such column.
func (g *Grid) Column(name string) []float64 {
	if g == nil {
		return nil
	}
	at := slices.Index(g.Columns, name)
	if at < 0 {
		return nil
	}
	out := make([]float64, len(g.Rows))
	for i, row := range g.Rows {
		out[i] = math.NaN()
		if at < len(row) && row[at] != nil {
			out[i] = *row[at]
		}
	}
	return out
}

// IntervalsHolding counts the rows that have both an exact value and a simulated
// interval, and among them those whose interval contains the value.
func (g *Grid) IntervalsHolding() (held, of int) {
	exact, low, high := g.Column("exact"), g.Column("lower"), g.Column("upper")
	if low == nil || high == nil {
		return 0, 0
	}
	for i, x := range exact {
		if !math.IsNaN(x) && !math.IsNaN(low[i]) && !math.IsNaN(high[i]) {
			of++
			if low[i] <= x && x <= high[i] {
				held++
			}
		}
	}
	return held, of
}

// Flag returns a truth value as a number for a Grid.
func Flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// missing stands for a quantity that does not exist.
var missing = math.NaN()
