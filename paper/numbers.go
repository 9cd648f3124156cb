package paper

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Number is one number in print.
type Number struct {
	Key
	Unit    string  // "top1_error_%", "points", "relevance_%", "rho_U", "top1_accuracy" (a fraction), "top1_accuracy_%", "pretext_top1_accuracy_%"
	Value   float64 // in Unit
	Printed string  // as printed: "18.74", "+10%"
	Note    string  // where it was read and what was inferred
}

//go:embed numbers.tsv
var numbersTSV string

// Numbers returns every number in print: Tables 1 to 4, the published
// program's README, what a reader quoted of Appendix E.3, the rounded numbers
// of the text and those of readers' reports, in this order.
func Numbers() []Number { return slices.Clone(numbers().rows) }

// Find returns the number printed under k and whether there is one.
func Find(k Key) (Number, bool) {
	t := numbers()
	i, ok := t.at[k]
	if !ok {
		return Number{}, false
	}
	return t.rows[i], true
}

// IsPrinted reports whether there is a number under k.
func IsPrinted(k Key) bool {
	_, is := Find(k)
	return is
}

type numberTable struct {
	rows []Number
	at   map[Key]int
}

var numbers = sync.OnceValue(func() numberTable {
	t, err := parseNumbers(numbersTSV)
	if err != nil {
		panic("paper/numbers.tsv: " + err.Error()) // the embedded file is ours and is tested
	}
	return t
})

// parseNumbers reads the columns source, dataset, rho, rho_u, method, network,
// unit, value, printed, note, tab-separated under a header. An empty rho is
// the data set's own imbalance, an empty rho_u no unlabeled data.
func parseNumbers(text string) (numberTable, error) {
	t := numberTable{at: map[Key]int{}}
	rows, err := parseTSV(text, "source", "dataset", "rho", "rho_u", "method", "network", "unit", "value", "printed", "note")
	if err != nil {
		return t, err
	}
	for i, f := range rows {
		n := Number{
			Key:     Key{Source: f[0], Dataset: f[1], Method: f[4], Network: f[5]},
			Unit:    f[6],
			Printed: f[8],
			Note:    f[9],
		}
		for _, c := range []struct {
			name, text string
			to         *float64
			optional   bool
		}{{"rho", f[2], &n.Rho, true}, {"rho_u", f[3], &n.RhoU, true}, {"value", f[7], &n.Value, false}} {
			if c.text == "" && c.optional {
				continue
			}
			if *c.to, err = strconv.ParseFloat(c.text, 64); err != nil {
				return t, fmt.Errorf("row %d, %s: %q is not a number", i+1, c.name, c.text)
			}
		}
		if j, twice := t.at[n.Key]; twice {
			return t, fmt.Errorf("rows %d and %d have the same key %v", j+1, i+1, n.Key)
		}
		t.at[n.Key] = i
		t.rows = append(t.rows, n)
	}
	return t, nil
}

// parseTSV splits text into rows of fields under exactly the given header.
// There is no quoting: no field holds a tab or a line break.
func parseTSV(text string, header ...string) ([][]string, error) {
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	if got := strings.Split(lines[0], "\t"); !slices.Equal(got, header) {
		return nil, fmt.Errorf("header is %q, not %q", got, header)
	}
	var rows [][]string
	for i, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != len(header) {
			return nil, fmt.Errorf("row %d has %d fields, not %d", i+1, len(f), len(header))
		}
		rows = append(rows, f)
	}
	return rows, nil
}
