package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"longtail/internal/progress"
	"longtail/internal/usage"
	"longtail/simulate"
)

// sweep is what the flags of a theorem ask for: one setting, or the rows of
// lists and ranges.
type sweep struct {
	settings  []setting
	varying   []axis // parameters that were given as a list or range
	mutations []simulate.Mutation
}

// setting is a theorem with valid parameters.
type setting struct {
	parameters record
	warnings   []string // conditions of the printed statement that the parameters do not meet
	exact      func() record
	draw       func(context.Context, simulate.Config) (simulate.Result, error)
}

// sweeper is a theorem's flags.
type sweeper interface{ sweep() (sweep, error) }

// lookup returns the value of an axis's flag in one row.
type lookup func(flag string) float64

// newSweep returns a sweep with a setting for every combination of the axes' values,
// each made by at. Parameters that follow from others come after those of the axes.
func newSweep(theorem int, mutations []simulate.Mutation, axes []axis, at func(get lookup) (setting, error)) (sweep, error) {
	rows, varying, err := grid(axes)
	s := sweep{varying: varying, mutations: mutations}
	if err != nil {
		return s, err
	}
	for _, v := range rows {
		st, err := at(func(flag string) float64 {
			return v[slices.IndexFunc(axes, func(a axis) bool { return a.flag == flag })]
		})
		if err != nil {
			return s, usage.Error{Err: err}
		}
		parameters := record{}.add("theorem", theorem)
		for i, a := range axes {
			value := any(v[i])
			if a.integer {
				value = int(v[i])
			}
			parameters = parameters.add(a.parameter(), value)
		}
		st.parameters = append(parameters, st.parameters...).add("warnings", st.warnings)
		s.settings = append(s.settings, st)
	}
	return s, nil
}

// warn prints each distinct warning once on standard error, and the ranges that
// have fewer whole numbers than were asked for.
func (s sweep) warn() {
	for _, a := range s.varying {
		if a.asked > len(a.values) {
			fmt.Fprintf(os.Stderr, "note: of the %d values asked for, the range of --%s holds %d that are whole numbers\n", a.asked, a.flag, len(a.values))
		}
	}
	var said []string
	for _, st := range s.settings {
		for _, w := range st.warnings {
			if !slices.Contains(said, w) {
				said = append(said, w)
				fmt.Fprintln(os.Stderr, "warning:", w)
			}
		}
	}
}

// evaluate prints the exact values of a sweep.
func evaluate(ctx context.Context, flags sweeper, out outputFlags) error {
	s, err := flags.sweep()
	if err != nil {
		return err
	}
	return s.write(out, 1, func(st setting, _ func(int64)) (record, bool, error) {
		if ctx.Err() != nil {
			return nil, true, nil
		}
		// A formula cannot be interrupted, but we need not wait for it.
		exact := make(chan record, 1)
		go func() { exact <- st.exact() }()
		r := slices.Clone(st.parameters)
		select {
		case <-ctx.Done():
			return nil, true, nil
		case e := <-exact:
			r = append(r, e...)
		}
		return r, false, nil
	})
}

// simulateAll prints the simulations of a sweep.
func simulateAll(ctx context.Context, flags sweeper, simulation simulateFlags, out outputFlags) error {
	s, err := flags.sweep()
	if err != nil {
		return err
	}
	c, err := simulation.config(s)
	if err != nil {
		return err
	}
	wrong := 0 // rows that contradict the law or the statement; a mutation is meant to
	err = s.write(out, c.Trials, func(st setting, done func(int64)) (record, bool, error) {
		c.Progress = done
		r, err := st.draw(ctx, c)
		if err != nil {
			return nil, false, usage.Error{Err: err}
		}
		if c.Mutation == "" && r.Condemned() {
			wrong++
		}
		return append(slices.Clone(st.parameters), simulationValues(r)...), r.Interrupted, nil
	})
	if wrong > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d settings: the draws disagree with the exact law, or the published statement is violated (law and verdict above)", wrong, len(s.settings)))
	}
	return err
}

// write calls row for every setting in turn, shows the progress and prints the
// records. Each row reports its progress in this many units. An interrupted row ends
// the sweep: the records so far are printed, and the error says that rows are missing.
func (s sweep) write(out outputFlags, units int64, row func(st setting, done func(int64)) (record, bool, error)) error {
	if err := out.check(s.varying); err != nil {
		return err
	}
	s.warn()
	start := time.Now()
	meter := progress.New(os.Stderr, float64(units)*float64(len(s.settings)), 0)
	var records []record
	interrupted, last := false, ""
	for i, st := range s.settings {
		done := func(k int64) {
			// Most runs are over before a line is worth reading.
			if time.Since(start) > 2*time.Second {
				meter.Set(float64(i)*float64(units)+float64(k), fmt.Sprintf("row %d of %d", i+1, len(s.settings)))
			}
		}
		r, stop, err := row(st, done)
		if err != nil {
			meter.Close()
			return err
		}
		if r != nil {
			records = append(records, r)
		}
		if interrupted = stop; stop {
			if r != nil {
				last = ", the last of fewer trials than were asked for"
			}
			break
		}
		done(units)
	}
	meter.Close()
	var err error
	if interrupted {
		err = fmt.Errorf("interrupted: the result so far has %d of %d rows%s; the same command begins anew", len(records), len(s.settings), last)
	}
	if len(records) == 0 {
		return err
	}
	return errors.Join(out.write(os.Stdout, records, s.varying), err)
}
