package theory

import "math"

// Grid is a table of numbers. It has the fields of the stored grids of package
// results, so that one converts into the other.
type Grid struct {
	Title   string
	Columns []string
	Rows    [][]*float64 // nil where a quantity does not exist
}

// Add appends a row; what is not finite becomes nil.
func (g *Grid) Add(values ...float64) {
	row := make([]*float64, len(values))
	for i, v := range values {
		if finite(v) {
			row[i] = &v
		}
	}
	g.Rows = append(g.Rows, row)
}

// Flag is a truth value as a number for a Grid.
func Flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// missing stands for a quantity that does not exist.
var missing = math.NaN()
