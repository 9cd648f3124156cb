package theory

import (
	"slices"
	"testing"
)

func TestIntervalsHolding(t *testing.T) {
	g := &Grid{Columns: []string{"lower", "exact", "upper"}, Rows: [][]*float64{
		{new(1.), new(1.5), new(2.)},
		{new(1.), new(1.), new(2.)}, // its ends belong to it
		{new(1.), new(2.), new(2.)},
		{new(1.), new(2.5), new(2.)}, {new(1.), new(.5), new(2.)}, // missed
		{nil, new(1.5), new(2.)}, {new(1.), new(1.5), nil}, {new(1.), nil, new(2.)}, // not both
	}}
	if held, of := g.IntervalsHolding(); held != 3 || of != 5 {
		t.Errorf("%d of %d", held, of)
	}
	for i := range g.Columns {
		without := &Grid{Columns: slices.Clone(g.Columns), Rows: g.Rows}
		without.Columns[i] = "another"
		if held, of := without.IntervalsHolding(); held != 0 || of != 0 {
			t.Errorf("without %s: %d of %d", g.Columns[i], held, of)
		}
	}
	if held, of := (*Grid)(nil).IntervalsHolding(); held != 0 || of != 0 {
		t.Errorf("of no grid: %d of %d", held, of)
	}
}
