package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"longtail/results"
	"longtail/simulate"
	"longtail/theory"
)

// record is one row of theory or simulation: named values in order. A name
// with dots, "exact.mean", is nested in JSON and a column in CSV.
type record []field

type field struct {
	name  string
	value any  // nil (no value), float64, int, int64, uint64, bool, string, []float64, []string or []simulate.Check
	main  bool // shown in a table of several rows
}

func (r record) add(name string, value any) record { return append(r, field{name, value, false}) }

// main adds a value that is also shown in a table of several rows.
func (r record) main(name string, value any) record { return append(r, field{name, value, true}) }

// prob adds a probability and its base-10 logarithm, which remains where the
// probability underflows.
func (r record) prob(name string, p theory.LogProb) record {
	return r.add(name, p.Value()).add(name+"_log10", p.Log10())
}

// mainProb adds a probability as a main value, and its base-10 logarithm.
func (r record) mainProb(name string, p theory.LogProb) record {
	return r.main(name, p.Value()).add(name+"_log10", p.Log10())
}

// MarshalJSON nests names at their dots. Numbers that are not finite become null.
func (r record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	if err := r.nest(&b, ""); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (r record) nest(b *bytes.Buffer, prefix string) error {
	b.WriteByte('{')
	done := map[string]bool{}
	for _, f := range r {
		rest, ok := strings.CutPrefix(f.name, prefix)
		if !ok {
			continue
		}
		key, _, nested := strings.Cut(rest, ".")
		if done[key] {
			continue
		}
		if len(done) > 0 {
			b.WriteByte(',')
		}
		done[key] = true
		fmt.Fprintf(b, "%q:", key)
		if nested {
			if err := r.nest(b, prefix+key+"."); err != nil {
				return err
			}
			continue
		}
		v, err := json.Marshal(jsonValue(f.value))
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		b.Write(v)
	}
	b.WriteByte('}')
	return nil
}

// jsonValue returns v with null for numbers that are not finite and [] for nil lists.
func jsonValue(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case []string:
		if v == nil {
			return []string{}
		}
	case []simulate.Check:
		if v == nil {
			return []simulate.Check{}
		}
	case []float64:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = jsonValue(x)
		}
		return out
	}
	return v
}

// text returns a value as text for people (digits > 0) or for CSV (digits = −1). A
// number that does not exist is a dash for people and empty in CSV.
func text(v any, digits int) string {
	switch v := v.(type) {
	case nil:
		return text(math.NaN(), digits)
	case float64:
		switch {
		case !math.IsNaN(v) && !math.IsInf(v, 0):
		case digits < 0:
			return ""
		case math.IsNaN(v):
			return "-"
		default:
			return strings.ToLower(strings.TrimPrefix(fmt.Sprint(v), "+"))
		}
		return strconv.FormatFloat(v, 'g', digits, 64)
	case []float64:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = text(x, digits)
		}
		return strings.Join(parts, " ")
	case []string:
		return strings.Join(v, "; ")
	case []simulate.Check:
		parts := make([]string, len(v))
		for i, c := range v {
			against := text(c.Against, digits)
			if c.Against == simulate.Overflow {
				against = "a bound over 10^308"
			}
			parts[i] = fmt.Sprintf("%s %s %s (%s %s)", c.Name, text(c.Estimate, digits), text(c.CI[:], digits), c.Relation, against)
		}
		return strings.Join(parts, "; ")
	}
	return fmt.Sprint(v)
}

// writeList prints one record, one value per line, with parameters in full and
// without empty texts.
func writeList(w io.Writer, r record) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r {
		digits := 7
		if strings.HasPrefix(f.name, "parameters.") {
			digits = -1
		}
		if s := text(f.value, digits); s != "" {
			fmt.Fprintf(t, "%s\t%s\n", f.name, s)
		}
	}
	return t.Flush()
}

// writeTable prints the main values of several records, the varying parameters and
// those that follow from them.
func writeTable(w io.Writer, records []record, varying []axis) error {
	given := func(f field) bool {
		return slices.ContainsFunc(varying, func(a axis) bool { return a.parameter() == f.name })
	}
	var columns []int
	for i, f := range records[0] {
		show := f.main || given(f)
		if strings.HasPrefix(f.name, "parameters.") {
			for _, r := range records {
				show = show || text(r[i].value, -1) != text(f.value, -1)
			}
		}
		if show {
			columns = append(columns, i)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range columns {
		fmt.Fprintf(t, "%s\t", strings.TrimPrefix(records[0][c].name, "parameters."))
	}
	fmt.Fprintln(t)
	for _, r := range records {
		for _, c := range columns {
			if given(r[c]) {
				fmt.Fprintf(t, "%s\t", text(r[c].value, 15)) // hides the rounding noise of a range's steps
				continue
			}
			fmt.Fprintf(t, "%s\t", r.cell(c))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// cell returns a value as text for a table. A value below the smallest float64 is a
// power of ten if the record has its logarithm.
func (r record) cell(i int) string {
	if v, ok := r[i].value.(float64); ok && v == 0 {
		if log, ok := r.value(r[i].name + "_log10").(float64); ok && !math.IsInf(log, 0) {
			return "10^" + strconv.FormatFloat(log, 'f', 1, 64)
		}
	}
	return text(r[i].value, 6)
}

// recordsHead begins a file of writeCSV.
const recordsHead = "theorem,parameters."

// writeCSV writes every value of every record except checks. A list of numbers takes
// one column per number.
func writeCSV(path string, records []record) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for i, r := range records {
		var header, row []string
		for _, f := range r {
			if list, ok := f.value.([]float64); ok {
				for j, v := range list {
					header = append(header, fmt.Sprintf("%s.%d", f.name, j+1))
					row = append(row, text(v, -1))
				}
				continue
			}
			if _, ok := f.value.([]simulate.Check); ok {
				continue // their number depends on the run; the JSON has them
			}
			header = append(header, f.name)
			row = append(row, text(f.value, -1))
		}
		if i == 0 {
			if err := w.Write(header); err != nil {
				return err
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return results.WriteFile(path, b.Bytes())
}
