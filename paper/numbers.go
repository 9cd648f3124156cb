package paper

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Number is one printed number.
type Number struct {
	Key
	Unit    string  // "top1_error_%", "points", "relevance_%", "rho_U", "top1_accuracy" (a fraction), "top1_accuracy_%", "pretext_top1_accuracy_%"
	Value   float64 // in Unit
	Printed string  // as printed: "18.74", "+10%"
	Note    string  // where it was read and what was inferred
}

//go:embed numbers.tsv
var numbersTSV string

// Numbers returns every printed number: Tables 1 to 4, the published program's
// README, what a reader quoted of Appendix E.3, the rounded numbers of the text and
// those of readers' reports, in this order.
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

// IsPrinted reports whether a number is printed under k.
func IsPrinted(k Key) bool {
	_, is := Find(k)
	return is
}

type numberTable struct {
	rows []Number
	at   map[Key]int
}

// numbers reads the table once. An empty rho is the data set's own imbalance, an
// empty rho_u no unlabeled data.
var numbers = sync.OnceValue(func() numberTable {
	t := numberTable{at: map[Key]int{}}
	for i, f := range parseTSV(numbersTSV, "source", "dataset", "rho", "rho_u", "method", "network", "unit", "value", "printed", "note") {
		number := func(text string) float64 {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				panic(fmt.Sprintf("paper/numbers.tsv: row %d: %q is not a number", i+1, text))
			}
			return x
		}
		n := Number{Key{f[0], f[1], number(cmp.Or(f[2], "0")), number(cmp.Or(f[3], "0")), f[4], f[5]}, f[6], number(f[7]), f[8], f[9]}
		if j, twice := t.at[n.Key]; twice {
			panic(fmt.Sprintf("paper/numbers.tsv: rows %d and %d have the same key %v", j+1, i+1, n.Key))
		}
		t.at[n.Key] = i
		t.rows = append(t.rows, n)
	}
	return t
})

// parseTSV splits one of our files into rows of fields under exactly the given
// header, or panics. There is no quoting: no field contains a tab or a line break.
func parseTSV(text string, header ...string) (rows [][]string) {
	for i, line := range strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 && !slices.Equal(f, header) || len(f) != len(header) {
			panic(fmt.Sprintf("row %d is %q, not of the columns %q", i, f, header))
		}
		rows = append(rows, f)
	}
	return rows[1:]
}
