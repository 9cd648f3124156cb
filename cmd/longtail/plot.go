package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longtail/figures"
	"longtail/internal/usage"
)

// maxPanels bounds the values of the second parameter of a plot.
const maxPanels = 12

// drawPlot draws the main quantities of records against a parameter, with logarithmic
// axes where the values span decades. If two parameters vary, the one with more values
// is the abscissa, and each value of the other has a panel. Quantities that are no
// probabilities have their own panels, see kind.
func drawPlot(path string, records []record, varying []axis) error {
	along, across := varying[0], varying[len(varying)-1]
	if len(varying) > 1 && len(across.values) > len(along.values) {
		along, across = across, along
	}
	panels := [][]record{records}
	if len(varying) > 1 {
		panels = split(records, across)
	}
	var parts []*figures.Figure
	for _, k := range []string{"", "delta", "n"} {
		x, panels := along, panels
		if i := slices.IndexFunc(varying, func(a axis) bool { return a.flag == k }); k == "delta" && i >= 0 { // δ does not depend on δ
			if len(varying) == 1 {
				continue
			}
			x, panels = varying[1-i], split(records, varying[i])[:1]
		}
		logY, without, some := logarithmic(records, k)
		if !some {
			continue
		}
		for _, panel := range panels {
			parts = append(parts, panelOf(panel, x.parameter(), k, decadesOf(records, x.parameter()), logY, without))
		}
	}
	return writeFigure(path, figures.Stack(parts...))
}

// split returns the records grouped by the values of a parameter, in their order.
func split(records []record, by axis) (parts [][]record) {
	index := map[string]int{}
	for _, r := range records {
		value := text(r.value(by.parameter()), -1)
		if _, there := index[value]; !there {
			index[value] = len(parts)
			parts = append(parts, nil)
		}
		parts[index[value]] = append(parts[index[value]], r)
	}
	return parts
}

// checkPlot refuses a file name, if one is given, whose format writeFigure does not draw.
func checkPlot(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); path != "" && ext != ".png" && ext != ".svg" {
		return usage.Errorf("--plot %s: the name must end in .png or .svg", path)
	}
	return nil
}

// writeFigure draws f in the format that the file's name ends in.
func writeFigure(path string, f *figures.Figure) error {
	draw := f.SVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		draw = f.PNG
	}
	b, err := draw()
	if err != nil {
		return err
	}
	return writeDrawing(path, b)
}

// quantities returns a series without X for each main value of the records, in order.
func quantities(records []record) []figures.Series {
	var all []figures.Series
	for i, f := range records[0] {
		if _, ok := f.value.(float64); !f.main || !ok && kind(f.name) == "" {
			continue
		}
		c := figures.Series{Name: f.name, Y: make([]float64, len(records))}
		for j, r := range records {
			c.Y[j] = number(r[i].value)
			if !r.covered(f.name) {
				c.Y[j] = math.NaN()
			}
			if ci, ok := r.value("ci").([]float64); ok && f.name == "estimate" {
				c.Low, c.High = append(c.Low, ci[0]), append(c.High, ci[1])
			}
		}
		all = append(all, c)
	}
	return all
}

// kind returns the kind of a main value: "delta" or "n" if --level solves for it, ""
// for probabilities.
func kind(name string) string {
	if last := name[strings.LastIndex(name, "_")+1:]; strings.HasPrefix(name, "level.") && (last == "delta" || last == "n") {
		return last
	}
	return ""
}

// positive reports whether a curve can be drawn on a logarithmic axis. A curve with
// negative values is left out, so that the others get the axis that they need. A curve
// that underflows lacks only its zeros.
func positive(c figures.Series) bool {
	some := slices.ContainsFunc(c.Y, func(v float64) bool { return v > 0 })
	return c.Low != nil || some && !slices.ContainsFunc(c.Y, func(v float64) bool { return v < 0 })
}

// logarithmic reports whether the curves of a kind need a logarithmic ordinate, which
// curves are not drawn with them, and whether any has a value. It prints which curves
// of the kind the axis leaves out.
func logarithmic(records []record, k string) (is bool, without []string, some bool) {
	var all []figures.Series
	var values [][]float64
	for _, c := range quantities(records) {
		if kind(c.Name) != k {
			without = append(without, c.Name)
			continue
		}
		all = append(all, c)
		some = some || slices.ContainsFunc(c.Y, func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) })
		if positive(c) {
			values = append(values, c.Y)
		}
	}
	if !some || !decades(values) {
		return false, without, some
	}
	for _, c := range all {
		if !positive(c) {
			without = append(without, c.Name)
			fmt.Fprintf(os.Stderr, "plot: %s is left out: it is negative somewhere or nowhere positive, and the axis is logarithmic\n", c.Name)
		} else if c.Low == nil && !allPositive(c.Y) {
			fmt.Fprintf(os.Stderr, "plot: of %s the points are left out that are 0 or do not exist: the axis is logarithmic\n", c.Name)
		}
	}
	return true, without, true
}

// decadesOf reports whether a parameter needs a logarithmic axis.
func decadesOf(records []record, parameter string) bool {
	xs := valuesOf(records, parameter)
	return allPositive(xs) && decades([][]float64{xs})
}

func valuesOf(records []record, parameter string) []float64 {
	xs := make([]float64, len(records))
	for i, r := range records {
		xs[i] = number(r.value(parameter))
	}
	return xs
}

// panelOf returns a figure of the curves of a kind except those in without. The
// records differ only in one parameter; the title lists what stays the same.
func panelOf(records []record, parameter, k string, logX, logY bool, without []string) *figures.Figure {
	series := quantities(records)
	levels := false // some curves are values at the level
	for i := range series {
		c := &series[i]
		levels = levels || strings.HasPrefix(c.Name, "level.") && kind(c.Name) == k
		c.X = valuesOf(records, parameter)
		if slices.Contains(without, c.Name) {
			c.X, c.Y = nil, nil
		}
		c.Name = strings.NewReplacer(".", " ", "_", " ").Replace(c.Name)
	}
	first := records[0]
	at, pos, neg := first.at(parameter), first.at("parameters.n_pos"), first.at("parameters.n_neg")
	varies := func(i int) bool {
		return slices.ContainsFunc(records, func(r record) bool { return text(r[i].value, -1) != text(first[i].value, -1) })
	}
	ratio := k == "n" && !varies(pos) && !varies(neg) // only the ratio of the sizes matters
	var fixed []string
	for i, f := range first {
		name, ok := strings.CutPrefix(f.name, "parameters.")
		switch {
		case !ok || i == at || varies(i) || name == k: // what is solved for is not fixed
		case ratio && i == pos:
			fixed = append(fixed, fmt.Sprintf("%s/%s = %s", symbol("n_pos"), symbol("n_neg"), text(number(f.value)/number(first[neg].value), 4)))
		case ratio && i == neg:
		default:
			fixed = append(fixed, symbol(name)+" = "+strings.Replace(text(f.value, 4), "-", "−", 1))
		}
	}
	level := first.value("level.probability")
	if k == "" && levels {
		fixed = append(fixed, "level = "+text(level, 4))
	}
	title := fmt.Sprintf("Theorem %v", first[0].value)
	if about := map[string]string{"delta": "δ", "n": "points"}[k]; about != "" {
		title += fmt.Sprintf(", %s for failure probability %s", about, text(level, 4))
	}
	title += ": " + strings.Join(fixed, ", ")
	return figures.Lines(title, symbol(strings.TrimPrefix(parameter, "parameters.")), series, logX, logY)
}

// at returns the index of a field; -1: there is none.
func (r record) at(name string) int {
	return slices.IndexFunc(r, func(f field) bool { return f.name == name })
}

// value returns the value of a field; nil: there is none.
func (r record) value(name string) any {
	if i := r.at(name); i >= 0 {
		return r[i].value
	}
	return nil
}

// covered returns false for a printed value if the printed statement does not cover
// the parameters. At a level, δ is solved for, so the given δ does not count.
func (r record) covered(name string) bool {
	if strings.HasPrefix(name, "level.printed") {
		conditions, _ := r.value("warnings").([]string)
		return !slices.ContainsFunc(conditions, func(c string) bool { return c != noDelta })
	}
	return !strings.HasPrefix(name, "printed") || r.value("printed.covers") != false && r.value("not_claimed") != true
}

// symbols maps parameters to the paper's notation.
var symbols = map[string]string{
	"mu1": "μ₁", "mu2": "μ₂", "n_pos": "n₊", "n_neg": "n₋", "p_pos": "p₊", "sigma": "σ", "beta": "β", "delta": "δ", "prior": "π",
}

func symbol(parameter string) string {
	return cmp.Or(symbols[parameter], strings.ReplaceAll(parameter, "_", " "))
}

func allPositive(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return !(v > 0) })
}

// decades reports whether no value is negative and the positive ones span a factor
// of 30 or more.
func decades(curves [][]float64) bool {
	lo, hi := math.Inf(1), 0.0
	for _, c := range curves {
		for _, v := range c {
			if v < 0 {
				return false
			}
			if v > 0 {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	return hi >= 30*lo
}

// number returns a value as a float64; NaN if it is no number.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return math.NaN()
}
