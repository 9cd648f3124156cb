package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"longtail/paper"
)

// Reported is the error of a cell that was measured elsewhere and is read from a
// file. Only cells of Tables 3 and 4 qualify: this program computes the others.
type Reported struct {
	Key               paper.Key
	Replicate         int
	LastErrorPct      float64
	BestErrorPct      float64  // LastErrorPct where the file has none
	LastAlone         bool     // the file has no best error
	Many, Medium, Few *float64 // percent; nil: not given
	From              string   // file and line
}

// reportedColumns are the columns that ReadReported uses.
var reportedColumns = []string{"method", "last_error_pct", "source", "dataset", "network", "replicate", "best_error_pct", "many_error_pct", "medium_error_pct", "few_error_pct"}

// ReadReported returns the errors in a CSV file that were measured elsewhere. The
// first line names the columns, in any order and each once. Required are method and
// last_error_pct. Source ("Table 3"), dataset and network may be left out where the
// others determine one published cell. Optional are replicate (0), best_error_pct,
// many_error_pct, medium_error_pct and few_error_pct. Other columns are ignored, and
// so are lines without a last_error_pct, so that tables/table3.csv and table4.csv of
// a report serve as forms to fill in.
func ReadReported(b []byte, name string) ([]Reported, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.TrimLeadingSpace = true
	heading, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range heading {
		heading[i] = strings.ToLower(strings.TrimSpace(heading[i]))
	}
	for i, c := range heading {
		if slices.Contains(reportedColumns, c) && slices.Contains(heading[:i], c) {
			return nil, fmt.Errorf("%s: the first line names the column %.80q twice", name, c)
		}
	}
	for _, c := range []string{"method", "last_error_pct"} {
		if !slices.Contains(heading, c) {
			return nil, fmt.Errorf("%s: the first line must name the columns method and last_error_pct; it is %.80q", name, strings.Join(heading, ","))
		}
	}
	type place struct {
		key       paper.Key
		replicate int
	}
	var rows []Reported
	lines := map[place]int{}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		row, err := reported(func(column string) string {
			if i := slices.Index(heading, column); i >= 0 {
				return strings.TrimSpace(fields[i])
			}
			return ""
		})
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, line, err)
		}
		if row == nil {
			continue
		}
		p := place{row.Key, row.Replicate}
		if first, twice := lines[p]; twice {
			return nil, fmt.Errorf("%s: line %d: replicate %d of %s stands in line %d already: number replicates in the column replicate", name, line, row.Replicate, row.Key, first)
		}
		lines[p] = line
		row.From = fmt.Sprintf("%s, line %d", name, line)
		rows = append(rows, *row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no line has a number in the column last_error_pct", name)
	}
	return rows, nil
}

// reported returns the error in one line, whose columns field reads; nil if it has
// none.
func reported(field func(column string) string) (*Reported, error) {
	if field("last_error_pct") == "" {
		return nil, nil
	}
	var row Reported
	var wrong error
	percent := func(column string) *float64 {
		text := field(column)
		if text == "" {
			return nil
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !(x >= 0 && x <= 100) {
			wrong = fmt.Errorf("%s is %.40q: an error from 0 to 100 percent is expected", column, text)
		}
		return &x
	}
	last := percent("last_error_pct")
	row.LastErrorPct, row.BestErrorPct, row.LastAlone = *last, *last, true
	if best := percent("best_error_pct"); best != nil {
		row.BestErrorPct, row.LastAlone = *best, false
	}
	row.Many, row.Medium, row.Few = percent("many_error_pct"), percent("medium_error_pct"), percent("few_error_pct")
	if wrong != nil {
		return nil, wrong
	}
	if row.BestErrorPct > row.LastErrorPct {
		return nil, fmt.Errorf("best_error_pct is %v, above last_error_pct, %v: the lowest of all epochs' errors is expected", row.BestErrorPct, row.LastErrorPct)
	}
	if text := field("replicate"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 999 {
			return nil, fmt.Errorf("replicate is %.40q: a whole number from 0 to 999 is expected", text)
		}
		row.Replicate = n
	}
	asked := paper.Key{Source: field("source"), Dataset: field("dataset"), Method: field("method"), Network: field("network")}
	agrees := func(given, is string) bool { return given == "" || strings.EqualFold(given, is) }
	var match []paper.Key
	var methods []string
	for _, n := range paper.Numbers() {
		k := n.Key
		if k.Source != "Table 3" && k.Source != "Table 4" || !agrees(asked.Source, k.Source) || !agrees(asked.Dataset, k.Dataset) || !agrees(asked.Network, k.Network) {
			continue
		}
		if asked.Method != "" && agrees(asked.Method, k.Method) {
			match = append(match, k)
		}
		if !slices.Contains(methods, k.Method) {
			methods = append(methods, k.Method)
		}
	}
	switch {
	case len(match) == 1:
		row.Key = match[0]
		return &row, nil
	case len(match) > 1:
		return nil, fmt.Errorf("%s may be %s or %s: name source, dataset or network", asked, match[0], match[1])
	case methods == nil:
		return nil, fmt.Errorf("%s is no cell of Tables 3 and 4; those of other tables are computed here: longtail reproduce", asked)
	}
	return nil, fmt.Errorf("there is no method %.80q: there are %s", asked.Method, strings.Join(methods, ", "))
}

// WithReported returns plan with a cell for each row, in place of that cell if it
// cannot be run, and adds the rows' results to res.
func WithReported(plan Plan, res map[string]*Result, rows []Reported) Plan {
	there := map[paper.Key]bool{}
	var cells []Cell
	for _, row := range rows {
		name := fmt.Sprintf("%x", sha256.Sum256([]byte(row.From+row.Key.String())))
		there[row.Key] = true
		cells = append(cells, Cell{
			Key: row.Key, Profile: plan.Profile, Replicate: row.Replicate, Task: name, Grade: GradeReported, Data: row.Key.Dataset,
		})
		res[name] = &Result{
			Schema: SchemaVersion, Task: name, Grade: GradeReported, Reported: row.From,
			Settings:     Settings{Kind: KindTrain, Replicate: row.Replicate, DataSeed: row.Replicate},
			LastErrorPct: row.LastErrorPct, BestErrorPct: row.BestErrorPct, LastAlone: row.LastAlone,
			ManyErrorPct: row.Many, MediumErrorPct: row.Medium, FewErrorPct: row.Few,
		}
	}
	plan.Cells = append(slices.DeleteFunc(slices.Clone(plan.Cells), func(c Cell) bool { return c.Task == "" && there[c.Key] }), cells...)
	return plan
}
