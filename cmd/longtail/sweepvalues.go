package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"longtail/internal/usage"
)

// numbers is a parameter that may be one number, a list "50,100,200", an evenly
// spaced range "0.1:0.5:9" (from, to, how many) or one of equal ratios "1:1e6:7:log".
type numbers struct {
	values []float64
	ranged bool
}

// maxRows bounds the values of a list or range, and the rows of all of them together.
const maxRows = 100_000

// several describes, for help and errors, the values of a parameter other than one
// number.
const several = "a list 50,100,200 or a range 0.1:0.5:9 (from, to, how many), or in equal ratios 1:1000:4:log, which is 1,10,100,1000"

const forms = "give a number, " + several

// UnmarshalText reads the parameter; empty text is an error.
func (n *numbers) UnmarshalText(text []byte) error {
	*n = numbers{}
	s := strings.TrimSpace(string(text))
	if s == "" {
		return fmt.Errorf("empty: %s", forms)
	}
	if parts := strings.Split(s, ":"); len(parts) > 1 {
		log := len(parts) == 4 && strings.TrimSpace(parts[3]) == "log"
		if len(parts) != 3 && !log {
			return fmt.Errorf("%q: a range has three parts, from:to:how-many, and :log behind them for equal ratios", s)
		}
		from, err := parseNumber(parts[0])
		if err != nil {
			return err
		}
		to, err := parseNumber(parts[1])
		if err != nil {
			return err
		}
		count, err := strconv.Atoi(strings.TrimSpace(parts[2]))
		if err != nil || count < 2 || count > maxRows {
			return fmt.Errorf("%q: the number of values must be a whole number from 2 to %d", s, maxRows)
		}
		if log && !(from > 0 && to > 0) {
			return fmt.Errorf("%q: a range of equal ratios needs positive ends", s)
		}
		n.ranged = true
		for i := range count {
			w := float64(i) / float64(count-1)
			v := float64(from*(1-w)) + float64(to*w)
			if log && i > 0 && i < count-1 {
				// Rounded to 12 digits, which are the same on every machine.
				v = math.Exp(float64(math.Log(from)*(1-w)) + float64(math.Log(to)*w))
				v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
			}
			n.values = append(n.values, max(min(from, to), min(v, max(from, to)))) // rounding may leave the range
		}
		return nil
	}
	for _, part := range strings.Split(s, ",") {
		v, err := parseNumber(part)
		if err != nil {
			return err
		}
		n.values = append(n.values, v)
	}
	if len(n.values) > maxRows {
		return fmt.Errorf("%d values: at most %d", len(n.values), maxRows)
	}
	return nil
}

func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a number; %s", s, forms)
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, fmt.Errorf("%q is not finite", s)
	}
	return v, nil
}

// or returns the parameter or, if it was not given, the number v.
func (n numbers) or(v float64) numbers {
	if n.values == nil {
		n.values = []float64{v}
	}
	return n
}

// axis is a parameter's values with the name of its flag.
type axis struct {
	flag    string
	values  []float64
	integer bool
	asked   int // number of values before rounding to whole numbers
	err     error
}

// parameter returns the axis's name in a record.
func (a axis) parameter() string { return "parameters." + strings.ReplaceAll(a.flag, "-", "_") }

// real returns the axis of a parameter that may be any number.
func (n numbers) real(flag string) axis { return axis{flag: flag, values: n.values} }

// whole returns the axis of a parameter that must be a whole number. The values
// between the ends of a range are rounded and not repeated.
func (n numbers) whole(flag string) axis {
	a := axis{flag: flag, integer: true, asked: len(n.values)}
	for i, v := range n.values {
		r := math.Round(v)
		switch between := n.ranged && i > 0 && i < len(n.values)-1; {
		case r != v && !between:
			a.err = usage.Errorf("%s = %s: a whole number is needed", flag, compact(v))
			return a
		case math.Abs(r) > 1<<62: // the theorem checks tighter limits
			a.err = usage.Errorf("%s = %s: too large", flag, compact(v))
			return a
		}
		if k := len(a.values); k == 0 || a.values[k-1] != r || !n.ranged {
			a.values = append(a.values, r)
		}
	}
	return a
}

// grid returns all combinations of the axes' values, the last axis varying fastest.
// varying are the axes given as a list or range, even if that has one whole number.
func grid(axes []axis) (rows [][]float64, varying []axis, err error) {
	total := 1
	for _, a := range axes {
		if a.err != nil {
			return nil, nil, a.err
		}
		if len(a.values) > 1 || a.asked > 1 {
			varying = append(varying, a)
		}
		if total *= max(1, len(a.values)); total > maxRows {
			return nil, nil, usage.Errorf("the lists and ranges together give more than %d rows; make one of them shorter", maxRows)
		}
	}
	rows = [][]float64{nil}
	for _, a := range axes {
		var longer [][]float64
		for _, r := range rows {
			for _, v := range a.values {
				longer = append(longer, append(append([]float64(nil), r...), v))
			}
		}
		rows = longer
	}
	return rows, varying, nil
}

// compact returns the shortest text of a number.
func compact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
