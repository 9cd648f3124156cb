package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"longtail/internal/usage"
	"longtail/simulate"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		want []float64
	}{
		{"0.2", []float64{0.2}}, {"-1", []float64{-1}}, {"1e6", []float64{1e6}}, {"50, 100,200", []float64{50, 100, 200}},
		{"0.1:0.5:9", []float64{0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5}}, {"1:-1:3", []float64{1, 0, -1}},
		{"1:1000:4:log", []float64{1, 10, 100, 1000}}, {"0.3:0.003:5 : log", []float64{0.3, 0.0948683298051, 0.03, 0.00948683298051, 0.003}},
	} {
		var n numbers
		if err := n.UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 })
		if d := cmp.Diff(c.want, n.values, near); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, d)
		}
	}
	for _, bad := range []string{"", " ", "x", "1,", "NaN", "inf", "-Inf", "1:2", "1:2:1", "1:2:x", "1:2:3:4", "1:2:3:log:5", "0:2:3:log", "1:-2:3:log", "1e-400:2:3:log", "1:2:1000000", "1e999"} {
		var n numbers
		if err := n.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q gives %v", bad, n.values)
		}
	}
	var log numbers
	if err := log.UnmarshalText([]byte("1:1e6:13:log")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{1, 3, 10, 32, 100, 316, 1000, 3162, 10000, 31623, 100000, 316228, 1000000}, log.whole("n").values); d != "" {
		t.Errorf("whole numbers of equal ratios:\n%s", d)
	}
	for _, near := range []string{"1.0000000000001:1.0000000000004:3:log", "1.0000000000009:1.0000000000006:3:log", "0.3:0.3:1001"} {
		var n numbers
		if err := n.UnmarshalText([]byte(near)); err != nil {
			t.Fatal(err)
		}
		if a, b := n.values[0], n.values[len(n.values)-1]; slices.Min(n.values) < min(a, b) || slices.Max(n.values) > max(a, b) {
			t.Errorf("%s gives values from %v to %v", near, slices.Min(n.values), slices.Max(n.values))
		}
	}
	whole := numbers{values: []float64{1, 3.25, 5.5, 6}, ranged: true}.whole("n")
	if d := cmp.Diff([]float64{1, 3, 6}, whole.values); d != "" || whole.err != nil {
		t.Errorf("whole numbers of a range: %v\n%s", whole.err, d)
	}
	if whole.asked != 4 {
		t.Errorf("%d values were asked for, not 4", whole.asked)
	}
	if (numbers{values: []float64{0.1, 0.5, 1}, ranged: true}).whole("n").err == nil {
		t.Error("a range from 0.1 points is accepted")
	}
	if (numbers{values: []float64{2.5}}).whole("n").err == nil {
		t.Error("2.5 points are accepted")
	}
}

// Without a number the overview holds what the three print by themselves, and
// the commands that it names run.
func TestTheoryOverview(t *testing.T) {
	all := computed[map[string]any](t, "theory")
	if len(all) != 3 {
		t.Fatal(all)
	}
	for _, n := range []string{"1", "2", "3"} {
		want := computed[any](t, "theory "+n)
		if warnings, ok := at(t, want, "warnings").([]any); !ok || len(warnings) != 0 {
			t.Errorf("theorem %s warns of its defaults: %v", n, warnings)
		}
		if d := cmp.Diff(want, all["theorem"+n]); d != "" {
			t.Errorf("theorem %s (-alone +overview):\n%s", n, d)
		}
	}
	text, err := runCommand(t, "theory")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range overviews {
		if !strings.Contains(text, o.more) {
			t.Errorf("%q is not shown", o.more)
		}
		if _, err := runCommand(t, strings.Fields(o.more)[1:]...); err != nil {
			t.Errorf("%s: %v", o.more, err)
		}
	}
}

// Source: the command lines and field names of the contract.
func TestTheoryContract(t *testing.T) {
	for _, c := range []struct {
		command string
		fields  string
	}{
		{"theory 1 --recall-pos 0.7 --recall-neg 0.95 --prior 0.1", "parameters.p parameters.q exact.failure_probability"},
		{"simulate 1 --n-pos 50 --n-neg 50 --trials 1e4 --seed 7 --sampler literal",
			"estimate ci ci_method confidence trials exact_value law verdict seconds"},
		{"simulate 1 --trials 1e4 --seed 7 --mutate swap-pq", "law verdict reason mutation"},
		{"simulate 2 --p-pos 0.3 --beta 10 --u 0.8 --trials 1e4 --seed 7", "estimate ci ci_method confidence trials exact_value law verdict seconds"},
		{"simulate 2 --u -1 --trials 1000", "law_checks statement_checks"},
		{"simulate 3 --beta 2 --trials 1000", "law_checks statement_checks"},
		{"simulate 3 --d 100 --p-pos 0.1 --beta 4 --n-pos 5 --n-neg 200 --delta 0.2 --trials 1e4 --seed 7",
			"estimate ci ci_method confidence trials exact_value law verdict seconds smooth_mean bound_failure"},
	} {
		v := computed[any](t, c.command)
		for _, f := range strings.Fields(c.fields) {
			if at(t, v, f) == nil {
				t.Errorf("%s: %s is null", c.command, f)
			}
		}
	}
}

func TestTheoryRows(t *testing.T) {
	dir := t.TempDir()
	csv, plot := filepath.Join(dir, "a.csv"), filepath.Join(dir, "a.svg")
	type table struct {
		Rows []struct {
			Exact struct {
				Failure float64 `json:"failure_probability"`
			}
		}
	}
	if v := computed[table](t, "theory 1 --delta 0.1:0.3:3 --csv "+csv+" --plot "+plot); len(v.Rows) != 3 || v.Rows[1].Exact.Failure < 5.727e-7 || v.Rows[1].Exact.Failure > 5.729e-7 {
		t.Errorf("rows %+v", v)
	}
	// A range that holds one whole number is a range.
	if v := computed[table](t, "theory 3 --d 3:3:2"); len(v.Rows) != 1 {
		t.Errorf("theory 3 --d 3:3:2 prints %+v", v)
	}
	b, err := os.ReadFile(csv)
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); err != nil || len(lines) != 4 || strings.Count(lines[0], ",") != strings.Count(lines[3], ",") {
		t.Errorf("CSV is %q, %v", b, err)
	}
	if b, err := os.ReadFile(plot); err != nil || !bytes.Contains(b, []byte("<svg")) {
		t.Errorf("no figure: %v", err)
	}
	for _, command := range []string{"simulate 1 --delta 0.2,0.3 --trials 2000", "theory 3 --d 1,10"} {
		out, err := runCommand(t, strings.Fields(command)...)
		if lines := strings.Split(strings.TrimSpace(out), "\n"); err != nil || len(lines) != 3 {
			t.Errorf("%s prints %q, %v", command, out, err)
		}
	}
}

// --help lists the mutations, and what it shows of them is noticed.
func TestMutationsOfTheHelp(t *testing.T) {
	n := 0
	for help, known := range map[string][]simulate.Mutation{
		simulate1Cmd{}.Help(): simulate.Theorem1Mutations(), simulate2Cmd{}.Help(): simulate.Theorem2Mutations(), simulate3Cmd{}.Help(): simulate.Theorem3Mutations(),
	} {
		for _, m := range known {
			if !regexp.MustCompile(`(?m)^  ` + m.Name + ` +` + regexp.QuoteMeta(m.Text) + `$`).MatchString(help) {
				t.Errorf("no help on %s: %s", m.Name, help)
			}
		}
		for _, line := range strings.Split(help, "\n") {
			command, ok := strings.CutPrefix(line, "  longtail ")
			if !ok || !strings.Contains(command, "--mutate ") {
				continue
			}
			n++
			out, err := runCommand(t, strings.Fields(command)...)
			if err != nil || !strings.Contains(out, `"disagrees"`) && !strings.Contains(out, `"violated"`) {
				t.Errorf("%s: %v, %s", command, err, out)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d examples", n)
	}
}

// The words that condemn spend 1e-6 over all looks and rows: half of it at the first
// look, in ten rows a tenth of that in each.
func TestDecisionLevelOfRows(t *testing.T) {
	for command, want := range map[string]float64{
		"simulate 1 --trials 10": 5e-7, "simulate 1 --trials 10 --delta 0.1:0.5:10": 5e-8,
		"simulate 2 --trials 10": 5e-7, "simulate 2 --trials 10 --u 1:2:5 --beta 4,10": 5e-8,
		"simulate 3 --trials 10": 5e-7, "simulate 3 --trials 10 --d 1:10:10": 5e-8,
	} {
		type row struct {
			Level float64 `json:"decision_level"`
		}
		v := computed[struct {
			row
			Rows []row
		}](t, command)
		if want == 5e-7 {
			v.Rows = append(v.Rows, v.row)
		}
		for _, r := range v.Rows {
			if math.Abs(r.Level/want-1) > 1e-12 {
				t.Errorf("%s: %d rows, decision level %g, want %g", command, len(v.Rows), r.Level, want)
			}
		}
		if len(v.Rows) != int(math.Round(5e-7/want)) {
			t.Errorf("%s: %d rows", command, len(v.Rows))
		}
	}
}

// Draws that disagree with the law, or a statement that is violated, end with exit
// status 1, unless a mutation was asked for: it is meant to be noticed.
func TestDisagreementIsAFailure(t *testing.T) {
	for _, c := range []struct {
		result   simulate.Result
		mutation string
		fails    bool
	}{
		{simulate.Result{Law: simulate.Agrees, Verdict: simulate.Holds}, "", false},
		{simulate.Result{Law: simulate.Disagrees, Verdict: simulate.Holds}, "", true},
		{simulate.Result{Law: simulate.Agrees, Verdict: simulate.Violated}, "", true},
		{simulate.Result{Law: simulate.Agrees, Verdict: simulate.Violated}, "rate-8", false},
	} {
		draw := func(context.Context, simulate.Config) (simulate.Result, error) { return c.result, nil }
		made := fixedSweep{sweep{settings: []setting{{draw: draw}}, mutations: []simulate.Mutation{{Name: "rate-8"}}}}
		err := simulateAll(t.Context(), made, simulateFlags{Trials: 10, Sampler: "collapsed", Confidence: 0.95, Mutate: c.mutation}, outputFlags{})
		var wrong usage.Error
		if (err != nil) != c.fails || errors.As(err, &wrong) {
			t.Errorf("%s, %s, mutation %q: %v", c.result.Law, c.result.Verdict, c.mutation, err)
		}
	}
}

// Ctrl-C in a long simulation leaves the result so far, with its interval.
func TestSimulateInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	out, err := runCommandWithin(ctx, t, strings.Fields("simulate 1 --n-pos 50 --n-neg 50 --trials 1e12 --json")...)
	var v struct {
		Interrupted bool
		Trials      int64
		CI          [2]float64
		Exact       float64 `json:"exact_value"`
	}
	if err == nil || !strings.Contains(err.Error(), "1 of 1 rows") {
		t.Errorf("a script would take it for the whole: %v", err)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil || !v.Interrupted || v.Trials < 1000 || v.CI[1]-v.CI[0] > 0.1 || !(v.CI[0]-0.01 < v.Exact && v.Exact < v.CI[1]+0.01) {
		t.Errorf("%+v, %v", v, err)
	}
}

// A list of which one row is done, or was asked for, still says which row it is,
// and is drawn.
func TestInterruptedRowIsNamed(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	plot := filepath.Join(t.TempDir(), "a.svg")
	out, err := runCommandWithin(ctx, t, strings.Fields("simulate 1 --n-pos 50,60 --trials 1e12 --plot "+plot)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err == nil || !strings.Contains(err.Error(), "1 of 2 rows, the last of fewer trials") || len(lines) != 2 || strings.Fields(lines[0])[0] != "n_pos" || strings.Fields(lines[1])[0] != "50" {
		t.Errorf("%v, printed:\n%s", err, out)
	}
	if _, err := os.Stat(plot); err != nil {
		t.Error(err)
	}
	cancel()
	if out, err := runCommandWithin(ctx, t, strings.Fields("theory 3 --d 1:1000:900")...); err == nil || out != "" {
		t.Errorf("stopped before the first row: %v, printed %q", err, out)
	}
}

// A formula that takes for ever does not keep theory from stopping.
func TestTheoryStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	forever := setting{exact: func() record { <-over; return nil }}
	stopped := make(chan error, 1)
	go func() { stopped <- evaluate(ctx, fixedSweep{sweep{settings: []setting{forever}}}, outputFlags{}) }()
	select {
	case err := <-stopped:
		if err == nil || !strings.Contains(err.Error(), "interrupted") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}

// fixedSweep is a sweeper without flags.
type fixedSweep struct{ s sweep }

func (f fixedSweep) sweep() (sweep, error) { return f.s, nil }

// Where the printed statement leaves a rule out the table says so, and its floor
// is not drawn, nor what Theorem 3 would have at a level.
func TestFloorNotClaimed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	for _, c := range []struct {
		command string
		drawn   bool
	}{
		{"theory 2 --p-pos 0.1 --u -5:5:11", true},
		{"theory 2 --p-pos 0.1 --u -5:-1:5", false},
		{"simulate 2 --p-pos 0.1 --u -2,-1 --trials 1000", false},
		{"theory 3 --d 2000 --beta 2,2.5 --level 0.05", false},
		{"theory 3 --d 2000 --beta 2,4 --level 0.05", true},
	} {
		out, err := runCommand(t, append(strings.Fields(c.command), "--plot", path)...)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(c.command, "theory") && !strings.Contains(out, "printed.covers") {
			t.Errorf("%s prints\n%s", c.command, out)
		}
		curves := []string{"printed lower bound"}
		if strings.Contains(c.command, "--level") {
			curves = []string{"level printed error", "level printed delta"}
		}
		b, err := os.ReadFile(path)
		for _, curve := range curves {
			if err != nil || bytes.Contains(b, []byte(curve)) != c.drawn || bytes.Contains(b, []byte("printed bound")) {
				t.Errorf("%s: %s should be drawn: %v (%v)", c.command, curve, c.drawn, err)
			}
		}
	}
	if r := (record{{"warnings", []string{noDelta}, false}, {"printed.covers", false, true}}); !r.covered("level.printed_delta") || r.covered("printed.error_bound") {
		t.Error("a δ out of range is that of the given δ, not of the one at the level")
	}
}

// Of two parameters that vary, the one with more values is the abscissa and each value
// of the other has a panel, on axes of one kind.
func TestPlotOfTwoParameters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	if _, err := runCommand(t, strings.Fields("theory 1 --n-pos 50,100,200 --delta 0.1:0.5:9 --plot "+path)...); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, panels := bytes.Count(b, []byte(">δ<")), bytes.Count(b, []byte("exact failure probability")); n != 3 || panels != 1 {
		t.Errorf("%d abscissas of δ, %d curves of one name in the legend", n, panels)
	}
	// A curve that has no place on one panel's axis is left out of all.
	if _, err := runCommand(t, strings.Fields("theory 3 --d 10,100,1000 --delta 0.05:0.3:9 --plot "+path)...); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(path); err != nil || bytes.Contains(b, []byte("success probability")) || !bytes.Contains(b, []byte("exact bayes error")) {
		t.Errorf("success probability, which is negative in a panel, is drawn in another (%v)", err)
	}
}

// A number that does not exist is a dash for people, not a line left out.
func TestMissingNumbers(t *testing.T) {
	r := record{{"a.number", math.NaN(), true}, {"a.limit", math.Inf(1), true}, {"a.list", []float64{1, math.NaN()}, true}, {"a.text", "", true}}
	var list, table, object bytes.Buffer
	if err := errors.Join(writeList(&list, r), writeTable(&table, []record{r, r}, nil), writeJSON(&object, r)); err != nil {
		t.Fatal(err)
	}
	if want := "a.number  -\na.limit   inf\na.list    1 -\n"; list.String() != want {
		t.Errorf("printed %q, want %q", list.String(), want)
	}
	if lines := strings.Split(table.String(), "\n"); len(strings.Fields(lines[1])) != 4 {
		t.Errorf("a row of the table is %q", lines[1])
	}
	if strings.Count(object.String(), "null") != 3 {
		t.Error(object.String())
	}
}

// A δ that Theorem 3 leaves out at some β takes from those rows what depends on it,
// with one warning; a command that is about δ alone, and a simulation, need one.
func TestDeltaOutOfRange(t *testing.T) {
	csv, plot := filepath.Join(t.TempDir(), "a.csv"), filepath.Join(t.TempDir(), "a.svg")
	command := "theory 3 --beta 1.2,1.5,4 --csv " + csv + " --plot " + plot
	stdout, stderr, code := longtail(t, nil, append(strings.Fields(command), "--json")...)
	var v struct{ Rows []map[string]any }
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != 0 || len(v.Rows) != 3 {
		t.Fatalf("%s: status %d, %v, %s", command, code, err, stderr)
	}
	if strings.Count(stderr, "delta is outside") != 1 {
		t.Errorf("%s says\n%s", command, stderr)
	}
	without := strings.Fields("theorem parameters warnings trivial_error exact.error_at_midpoint exact.error_at_midpoint_log10 exact.expected_error exact.expected_error_log10 exact.bayes_error exact.bayes_error_log10 exact.exponent exact.bayes_exponent exact.supervised_error exact.supervised_error_log10 exact.supervised_error_known_prior exact.supervised_error_known_prior_log10 printed.covers")
	for i, r := range v.Rows {
		if covers := r["printed"].(map[string]any)["covers"]; covers != (i > 1) {
			t.Errorf("row %d is covered: %v", i, covers)
		}
		missing := i < 2 // (β − 1)/(β + 1) is 0.09, 0.2 (in floating point not above δ) and 0.6
		for group, inner := range r {
			fields, ok := inner.(map[string]any)
			if !ok || group == "parameters" {
				fields, group = map[string]any{group: inner}, ""
			}
			for name, x := range fields {
				name = strings.TrimPrefix(group+"."+name, ".")
				if (x == nil) != (missing && !slices.Contains(without, name)) {
					t.Errorf("row %d: %s is %v", i, name, x)
				}
			}
		}
		if warnings := fmt.Sprint(r["warnings"]); strings.Contains(warnings, "delta is outside") != missing {
			t.Errorf("row %d has warnings %s", i, warnings)
		}
	}
	b, err := os.ReadFile(csv)
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); err != nil || len(lines) != 4 || !strings.Contains(lines[1], ",,,") || strings.Contains(string(b), "NaN") || strings.Contains(string(b), "nil") {
		t.Errorf("CSV is %q, %v", b, err)
	}
	if b, err := os.ReadFile(plot); err != nil || !bytes.Contains(b, []byte("exact bayes error")) || bytes.Contains(b, []byte("vacuous")) {
		t.Errorf("the figure lacks a curve or draws what is none (%v)", err)
	}
	if out, err := runCommand(t, strings.Fields("theory 3 --delta 0.3,0.7 --json")...); err != nil || strings.Count(out, `"covers": true`) != 1 || strings.Count(out, `"covers": false`) != 1 {
		t.Errorf("a δ out of range at β = 4 is covered: %v, %s", err, out)
	}
	if out, err := runCommand(t, strings.Fields("theory 3 --beta 1.1")...); err != nil || !regexp.MustCompile(`printed\.branch +-\n`).MatchString(out) || !regexp.MustCompile(`printed\.error_bound +-\n`).MatchString(out) {
		t.Errorf("%v, printed:\n%s", err, out)
	}
	for _, command := range []string{"theory 3 --beta 1.2,1.5 --delta 0.3", "theory 3 --delta 0,-1", "simulate 3 --beta 1.5,4 --trials 1000"} {
		var wrong usage.Error
		if out, err := runCommand(t, strings.Fields(command)...); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "the statement asks for") || out != "" {
			t.Errorf("%s: %v, %s", command, err, out)
		}
	}
}

// A probability below the smallest float64 is no zero in a table.
func TestTinyProbabilities(t *testing.T) {
	out, err := runCommand(t, strings.Fields("theory 3 --d 10,100000")...)
	if lines := strings.Split(out, "\n"); err != nil || len(lines) < 3 || !strings.Contains(lines[2], " 10^-") {
		t.Errorf("%v, printed:\n%s", err, out)
	}
	// Φ(−50), by mpmath.
	for _, c := range [][2]string{{"theory 2 --p-pos 0 --u -100 --beta 4", "exact.error"}, {"simulate 2 --p-pos 0 --u -100 --beta 4 --trials 1000", "exact_value"}} {
		out, err := runCommand(t, strings.Fields(c[0])...)
		if words := " " + strings.Join(strings.Fields(out), " "); err != nil || !strings.Contains(words, " "+c[1]+" 0 "+c[1]+"_log10 -544.9663 ") {
			t.Errorf("%s (%v) prints\n%s", c[0], err, out)
		}
	}
	// A simulation knows the logs too, and what no float64 holds is no number.
	for _, command := range []string{"simulate 3 --d 100000 --trials 20000", "simulate 1 --n-pos 1e6 --n-neg 1e6 --trials 20000"} {
		out, err := runCommand(t, strings.Fields(command)...)
		got := map[string]string{}
		for _, line := range strings.Split(out, "\n") {
			if f := strings.Fields(line); len(f) == 2 {
				got[f[0]] = f[1]
			}
		}
		for _, name := range []string{"estimate", "exact_value", "printed_bound"} {
			if log, bad := strconv.ParseFloat(got[name+"_log10"], 64); err != nil || bad != nil || got[name] != "0" || !(log < -323) {
				t.Errorf("%s (%v): %s is %s, its log %s", command, err, name, got[name], got[name+"_log10"])
			}
		}
		if strings.Contains(out, "e+308") {
			t.Errorf("%s prints\n%s", command, out)
		}
	}
}

// Parameters are printed as they were given, steps of a range without noise.
func TestParametersInFull(t *testing.T) {
	for _, c := range []struct{ command, want, not string }{
		{"theory 3 --beta 1.0000001 --delta 1e-9", "parameters.beta 1.0000001 ", ""},
		{"theory 3 --beta 1.0000001,1.0000002 --delta 1e-9", "1.0000002 ", ""},
		{"theory 1 --delta 0.1:0.5:9", " 0.15 ", "0.15000000000000002"},
	} {
		if out, err := runCommand(t, strings.Fields(c.command)...); err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), c.want) || c.not != "" && strings.Contains(out, c.not) {
			t.Errorf("%s (%v) prints\n%s", c.command, err, out)
		}
	}
}

// What --level solves for is no probability and has panels of its own; δ at a level does
// not depend on δ.
func TestPlotOfLevel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	for command, want := range map[string][3]int{ // panels in all, of δ, of points
		"theory 1 --n-pos 50,100,200":                              {1, 0, 0},
		"theory 1 --n-pos 50,100,200 --level 0.05":                 {3, 1, 1},
		"theory 1 --delta 0.1,0.2,0.3 --level 0.05":                {2, 0, 1},
		"theory 1 --n-pos 50,100,200 --delta 0.1,0.2 --level 0.05": {5, 1, 2},
		"theory 1 --n-pos 50,100 --delta 0.1,0.2,0.3 --level 0.05": {5, 1, 2},
		"theory 3 --n-pos 5,50,500 --level 0.05":                   {2, 1, 0},
	} {
		if _, err := runCommand(t, append(strings.Fields(command), "--plot", path)...); err != nil {
			t.Fatal(command, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := [3]int{bytes.Count(b, []byte(">Theorem ")), bytes.Count(b, []byte(", δ for failure probability 0.05:")), bytes.Count(b, []byte(", points for failure"))}
		if got != want || bytes.Contains(b, []byte(">level printed delta<")) != (want[1] > 0) || bytes.Contains(b, []byte(">level exact error<")) != strings.HasPrefix(command, "theory 3") || bytes.Contains(b, []byte(">level printed n<")) != (want[2] > 0) {
			t.Errorf("%s draws %v panels (all, δ, points), want %v", command, got, want)
		}
	}
	// The titles say what the curves depend on; where no value exists there is no panel.
	for command, want := range map[string][]string{
		"theory 1 --n-pos 50,100 --level 0.05":             {"Theorem 1: μ1 = 1, μ2 = −1, σ = 1, n− = 500, δ = 0.2, p = 0.9, q = 0.7", "Theorem 1, δ for failure probability 0.05: μ1 = 1, μ2 = −1, σ = 1, n− = 500, p = 0.9, q = 0.7", "Theorem 1, points for failure probability 0.05: μ1 = 1, μ2 = −1, σ = 1, n− = 500, δ = 0.2, p = 0.9, q = 0.7"},
		"theory 1 --delta 0.1,0.2 --n-pos 250 --level 0.1": {"Theorem 1: μ1 = 1, μ2 = −1, σ = 1, n+ = 250, n− = 500, p = 0.9, q = 0.7", "Theorem 1, points for failure probability 0.1: μ1 = 1, μ2 = −1, σ = 1, n+/n− = 0.5, p = 0.9, q = 0.7"},
		"theory 1 --delta 0.1,0.2 --n 100 --level 0.1":     {"Theorem 1: μ1 = 1, μ2 = −1, σ = 1, n = 100, share = 0.5, p = 0.9, q = 0.7, n+ = 50, n− = 50", "Theorem 1, points for failure probability 0.1: μ1 = 1, μ2 = −1, σ = 1, share = 0.5, p = 0.9, q = 0.7, n+/n− = 1"},
		"theory 3 --d 1,2 --n-neg 5 --level 0.05":          {"Theorem 3: p+ = 0.1, β = 4, n+ = 5, n− = 5, δ = 0.2, level = 0.05"},
	} {
		if _, err := runCommand(t, append(strings.Fields(command), "--plot", path)...); err != nil {
			t.Fatal(command, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := "" // subscripts have elements of their own
		for _, m := range regexp.MustCompile("<text[^>]*>([^<]*)").FindAllSubmatch(b, -1) {
			got += strings.ReplaceAll(string(m[1]), " ", "")
		}
		for _, title := range want {
			title = strings.ReplaceAll(title, " ", "")
			if !strings.Contains(got, title) || strings.Count(got, "Theorem") != len(want) {
				t.Errorf("%s draws %d panels of %d, or none is called %s:\n%s", command, strings.Count(got, "Theorem"), len(want), title, got)
			}
		}
	}
}

// Every quantity that can stand on a logarithmic axis does, though one cannot.
func TestPlotOfDecades(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	if _, err := runCommand(t, "theory", "3", "--d", "1,10,100,1000", "--plot", path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte("exact bayes error")) || bytes.Contains(b, []byte("printed success probability")) || !bytes.Contains(b, []byte("1e−")) || !bytes.Contains(b, []byte("β = 4")) {
		t.Errorf("figure lacks curves, powers of ten or what is fixed (%v)", err)
	}
	// Of a curve that underflows the points that do not are drawn.
	if _, err := runCommand(t, "theory", "3", "--d", "10,100,1000,100000", "--plot", path); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(path); err != nil || !bytes.Contains(b, []byte("exact bayes error")) {
		t.Errorf("a curve is left out that underflows at its end (%v)", err)
	}
	// Precisions vary with the prior: they are no second abscissa.
	if _, err := runCommand(t, "theory", "1", "--recall-pos", "0.7", "--recall-neg", "0.95", "--prior", "0.1,0.5", "--plot", path); err != nil {
		t.Error(err)
	}
}

// A prior moves the groups' sizes too where the number of points is given.
func TestGroupsFromRecalls(t *testing.T) {
	v := computed[struct {
		Rows []struct {
			Parameters struct {
				N    int
				NPos int `json:"n_pos"`
				NNeg int `json:"n_neg"`
			}
			Printed struct {
				Bound float64 `json:"failure_bound"`
			}
		}
	}](t, "theory 1 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5,0.1,0.01 --n 1000")
	if len(v.Rows) != 3 {
		t.Fatalf("%+v", v)
	}
	for i, n := range []int{375, 115, 57} { // of 1000 times .375, .115 and .0565
		p := v.Rows[i].Parameters
		if p.N != 1000 || p.NPos != n || p.NNeg != 1000-n || i > 0 && !(v.Rows[i].Printed.Bound > v.Rows[i-1].Printed.Bound) {
			t.Errorf("%+v, want %d called positive and a bound that grows", v.Rows[i], n)
		}
	}
	alone, err := runCommand(t, strings.Fields("simulate 1 --recall-pos 0.7 --recall-neg 0.95 --prior 0.1 --n 1000 --trials 1000 --json")...)
	if err != nil || !strings.Contains(alone, `"n_pos": 115`) {
		t.Error(err, alone)
	}
}

// A base rule labels as its recalls would, and is followed. Source of the numbers:
// claims T1.3, T1.12.
func TestGroupsFromBase(t *testing.T) {
	for command, want := range map[string]map[string]float64{
		"theory 1 --train-prior 0.1":              {"exact.gap": .317, "parameters.prior": .5, "base.threshold": 1.099, "base.error": .279, "one_step.threshold": .633, "one_step.error": .204},
		"theory 1 --train-prior 0.1 --prior 0.1":  {"one_step.threshold": .394, "one_step.error": .177, "fixed_point.threshold": -.664, "fixed_point.error": .208},
		"theory 1 --train-prior 0.1 --prior 0.01": {"one_step.threshold": .253, "one_step.error": .166},
	} {
		v := computed[map[string]any](t, command)
		for name, x := range want {
			if got, ok := at(t, v, name).(float64); !ok || math.Abs(got-x) > 5.1e-4 {
				t.Errorf("%s: %s = %v, want %v", command, name, got, x)
			}
		}
	}
	base := computed[map[string]any](t, "theory 1 --train-prior 0.2 --prior 0.3 --n 1000")
	recalls := computed[map[string]any](t, fmt.Sprintf("theory 1 --recall-pos %v --recall-neg %v --prior 0.3 --n 1000", at(t, base, "parameters.recall_pos"), at(t, base, "parameters.recall_neg")))
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(a) })
	for _, name := range []string{"exact", "printed", "parameters.p", "parameters.q", "parameters.called_positive", "parameters.n_pos"} {
		if d := cmp.Diff(at(t, recalls, name), at(t, base, name), near); d != "" {
			t.Errorf("%s (-recalls +base):\n%s", name, d)
		}
	}
	if out, err := runCommand(t, strings.Fields("simulate 1 --train-prior 0.1 --n 100 --trials 1000 --json")...); err != nil || !strings.Contains(out, `"called_positive"`) {
		t.Error(err, out)
	}
}

// --n and --share divide as --n-pos and --n-neg would. Source of the failure
// probabilities: claims T1.8, T1.10.
func TestGroupsFromShare(t *testing.T) {
	rows := func(command string) []map[string]any {
		t.Helper()
		return computed[struct{ Rows []map[string]any }](t, command).Rows
	}
	for _, c := range []struct {
		command, field string
		pos, neg       []float64
		want           []float64
	}{
		{"theory 1 --p 0.95 --q 0.6 --delta 0.3 --n 200 --share 0.45,0.5", "exact.failure_probability", []float64{90, 100}, []float64{110, 100}, []float64{6.59e-4, 7.20e-4}},
		{"theory 1 --delta 0.1 --n 20,100,200", "exact.miss_target_probability", []float64{10, 50, 100}, []float64{10, 50, 100}, []float64{.782, .794, .869}},
		{"theory 1 --n 5,6,7 --share 0.3", "", []float64{2, 2, 2}, []float64{3, 4, 5}, nil}, // 1.5, 1.8 and 2.1 are rounded
		{"theory 3 --n 205 --share 0.025,0.5", "", []float64{5, 103}, []float64{200, 102}, nil},
	} {
		all := rows(c.command)
		if len(all) != len(c.pos) {
			t.Fatalf("%s: %d rows", c.command, len(all))
		}
		for i, r := range all {
			if pos, neg := at(t, r, "parameters.n_pos"), at(t, r, "parameters.n_neg"); pos != c.pos[i] || neg != c.neg[i] {
				t.Errorf("%s: row %d has groups of %v and %v", c.command, i, pos, neg)
			}
			if c.want == nil {
				continue
			}
			if got := at(t, r, c.field).(float64); math.Abs(got/c.want[i]-1) > 8e-4 {
				t.Errorf("%s: row %d: %s = %v, want %v", c.command, i, c.field, got, c.want[i])
			}
		}
	}
	whole, divided := rows("theory 3 --d 10,20 --n-pos 30 --n-neg 70"), rows("theory 3 --d 10,20 --n 100 --share 0.3")
	for i := range whole {
		delete(whole[i], "parameters")
		delete(divided[i], "parameters")
	}
	if d := cmp.Diff(whole, divided); d != "" {
		t.Errorf("theorem 3 (-groups +share):\n%s", d)
	}
	if out, err := runCommand(t, strings.Fields("simulate 3 --n 50 --share 0.2 --trials 1000 --json")...); err != nil || !strings.Contains(out, `"n_pos": 10`) {
		t.Error(err, out)
	}
}

func TestTheoryUsageErrors(t *testing.T) {
	for _, c := range []struct{ command, want string }{ // a line break ends the message
		{"theory 1 --p 1.2", "p = 1.2"}, {"theory 1 --q -0.1", "q = -0.1"}, {"theory 1 --p NaN", "not finite"}, {"theory 1 --delta 1e-3..1", "is not a number; give a number, a list"}, {"theory 1 --delta 0:1:5:log", "needs positive ends"}, {"theory 1 --delta 0.1:1", "and :log behind them"}, {"theory 1 --sigma inf", "not finite"},
		{"theory 1 --n-pos 0", "n-pos = 0"}, {"theory 1 --n-pos 1e18", "1 to 1000000000"}, {"theory 1 --n-pos 1e300", "too large"}, {"theory 1 --n-pos 0.1:0.5:9", "n-pos = 0.1: a whole number"}, {"theory 3 --d 1e17", "between 1 and 100000000"}, {"theory 1 --n-neg 2.5", "n-neg = 2.5"}, {"theory 1 --delta 0", "delta = 0"}, {"theory 1 --mu1 -1 --mu2 1", "mu1 > mu2"},
		{"theory 1 --train-prior 0.1 --p 0.9", "leave out --p"}, {"theory 1 --train-prior 0.1 --recall-neg 0.9 --prior 0.5", "leave out --p"}, {"theory 1 --train-prior 0", "train-prior = 0"}, {"theory 1 --train-prior 0.1,1", "train-prior = 1"}, {"theory 1 --train-prior 0.1 --prior 2", "prior = 2"},
		{"theory 1 --train-prior 0.1 --sigma 200", "nothing positive, so p does not exist"}, {"theory 1 --train-prior 0.1 --n 9 --share 0.5", "leave out --share"}, {"theory 1 --train-prior 1e-9 --n 9", "n = 9"},
		{"theory 1 --share 0.3", "give --n too"}, {"theory 3 --n 9 --n-neg 5", "in place of"}, {"theory 1 --n 9 --share 0", "share = 0"}, {"theory 1 --n 9 --share 0.3,1", "share = 1"}, {"theory 1 --n 9 --share 0.05", "a share of 0.05 of so many points is 0"}, {"theory 3 --n 1", "but either group needs a point; give more points\n"}, {"theory 3 --n 100 --share 0.999", "0 are left"}, {"theory 3 --n 5e9", "n = 5000000000: one group gets 2500000000"}, {"theory 1 --n 1.5e9 --share 0.25", "n = 1500000000: one group gets 1125000000"},
		{"theory 1 --n 100 --share 0.5 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5", "leave out --share"}, {"theory 1 --n 100 --n-pos 5 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5", "in place of"},
		{"theory 1 --n 5 --recall-pos 0.7 --recall-neg 0.95 --prior 0.001", "n = 5: a share of 0.05065 of so many points is 0, and 5 are left, but either group needs a point; give more points\n"}, {"theory 1 --n 1.5 --recall-pos 0.7 --recall-neg 0.95 --prior 0.1", "n = 1.5"},
		{"theory 1 --n 5e9 --recall-pos 0.7 --recall-neg 0.95 --prior 0.5", "n = 5000000000: one group gets 3125000000"},
		{"theory 1 --p 0.9 --prior 0.5", "in place of"}, {"theory 1 --prior 0.5", "all three"},
		{"theory 1 --recall-pos 0 --recall-neg 1 --prior 0.5", "p does not exist"}, {"theory 1 --delta 0.1:1:1000 --p 0:1:1000", "rows"},
		{"theory 1 --csv -", "--csv -: it is written to a file"}, {"theory 1 --delta 0.1,0.2 --csv a.svg --plot a.svg", "--csv and --plot are one file"}, {"theory 1 --plot a.png", "no parameter varies"}, {"simulate 1 --trials 1e13 --delta 0.1,0.2 --p 0.8,0.9 --q 0.6,0.7 --plot a.png", "--q vary"}, {"theory 1 --delta 0.1:0.5:13 --p 0.6:0.9:13 --plot a.png", "more than 12 values"}, {"simulate 1 --trials 1e13 --csv /no/such/folder/a.csv", "--csv /no/such/folder/a.csv: there is no folder"}, {"theory 1 --delta 0.1,0.2 --plot a.gif", "must end in"},
		{"theory 1 --level 1", "level = 1"}, {"theory 3 --level 0", "level = 0"}, {"theory 3 --level 1", "level = 1"}, {"theory 1 --delta 1e300", "delta = 1e+300"}, {"simulate 1 --delta 1e300", "delta = 1e+300"}, {"theory 3 --beta 1e200", "beta = 1e+200"},
		{"theory 2 --u NaN", "not finite"}, {"theory 2 --p-pos 2", "p-pos = 2"}, {"theory 2 --beta 0", "beta = 0"},
		{"theory 3 --delta 0.6", "delta = 0.6"}, {"theory 3 --n-pos 0", "n-pos = 0"}, {"theory 3 --d 0", "d = 0"},
		{"simulate 1 --trials 0", "trials = 0"}, {"simulate 1 --trials 1e18", "trials = 1e+18"}, {"simulate 1 --trials 2.5", "trials = 2.5"}, {"simulate 1 --trials NaN", "trials = NaN"}, {"simulate 1 --trials inf", "trials = "}, {"simulate 1 --trials=-1", "trials = -1"}, {"simulate 1 --trials many", "trials:"},
		{"simulate 1 --mutate nothing", "mutate ="}, {"simulate 1 --confidence 1", "confidence = 1"}, {"simulate 1 --sampler exact", "sampler"},
	} {
		_, err := runCommand(t, strings.Fields(c.command)...)
		var wrong usage.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error()+"\n", c.want) {
			t.Errorf("%s: %v, want a usage error with %q", c.command, err, c.want)
		}
	}
}

// What is wrong with a command line points to that command's help.
func TestHelpOfTheCommand(t *testing.T) {
	for _, c := range [][2]string{{"theory 1 --delta 0.1:1", "See longtail theory 1 --help."}, {"theory --beta 3", "See longtail theory --help."}, {"theory 4", "See longtail theory --help."}, {"simulate 3 --d x", "See longtail simulate 3 --help."}} {
		if _, stderr, code := longtail(t, nil, strings.Fields(c[0])...); code != 2 || !strings.Contains(stderr, c[1]) {
			t.Errorf("%s: status %d, %s", c[0], code, stderr)
		}
	}
}

// --csv and --plot replace what they wrote before and nothing else, and say so before
// anything is computed.
func TestTheoryReplacesItsOwn(t *testing.T) {
	dir := t.TempDir()
	for flag, name := range map[string]string{"--csv": "a.csv", "--plot": "a.png"} {
		file := filepath.Join(dir, name)
		command := func() error {
			_, err := runCommand(t, "theory", "1", "--n-pos", "10,20", flag, file)
			return err
		}
		if err := errors.Join(command(), command()); err != nil {
			t.Errorf("%s, twice: %v", flag, err)
		}
		if err := os.WriteFile(file, []byte("path,label\na.png,cat\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var wrong usage.Error
		if err := command(); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", flag, err)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != "path,label\na.png,cat\n" {
			t.Errorf("%s replaced a file of another kind (%v)", flag, err)
		}
	}
}
