package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"longtail/internal/usage"
	"longtail/own"
	"longtail/results"
)

// replicates trains once for each of --seeds, in folders of DIR that are named
// after their seeds. With --rho each has its own subset, as reproduce's
// replicates do. If one fails, the others are still trained.
func (c *trainCmd) replicates(ctx context.Context) error {
	if _, err := os.Stat(c.path(results.FileSettings)); err == nil {
		return usage.Errorf("--out %s: it holds a run itself; --seeds needs a folder for runs", c.Out)
	}
	if c.Rho != 0 && c.Seed != 0 && c.DataSeed != c.Seed {
		fmt.Fprintf(os.Stderr, "note: the subsets are those of data seeds %d to %d; to add replicates to those of seeds below %d, give --data-seed %d as well\n", c.DataSeed, c.DataSeed+c.Seeds-1, c.Seed, c.Seed)
	}
	runs := make([]trainCmd, c.Seeds)
	for r := range runs {
		one := *c
		one.Seeds, one.Seed = 0, c.Seed+r
		if one.Rho != 0 {
			one.DataSeed += r
		}
		one.Out = c.path(strconv.Itoa(one.Seed))
		if err := one.models(); err != nil {
			return fmt.Errorf("seed %d: %w", one.Seed, err)
		}
		runs[r] = one
	}
	set, more, err := c.open(ctx)
	if err != nil {
		return err
	}
	// Report what one seed lacks before training another for hours.
	trainings := make([]own.Training, c.Seeds)
	for r, one := range runs {
		if trainings[r], err = one.training(set, more); err == nil {
			err = trainings[r].Check()
		}
		if err != nil {
			return fmt.Errorf("seed %d: %w", one.Seed, err)
		}
	}
	var done []trainCmd
	var failed []error
	for r, one := range runs {
		fmt.Fprintf(os.Stderr, "seed %d, in %s:\n", one.Seed, one.Out)
		if err := trainings[r].Train(ctx); err == nil {
			done = append(done, one)
			continue
		} else if failed = append(failed, fmt.Errorf("seed %d: %w", one.Seed, err)); ctx.Err() != nil {
			return failed[len(failed)-1]
		}
		if r < len(runs)-1 {
			fmt.Fprintf(os.Stderr, "longtail: %v; the next seed is trained all the same\n", failed[len(failed)-1])
		}
	}
	return errors.Join(append(failed, c.printAll(done))...)
}

// printAll prints the runs of the seeds, and their mean errors.
func (c *trainCmd) printAll(runs []trainCmd) error {
	if c.JSON {
		all := make([]json.RawMessage, c.Seeds) // null: it failed
		for _, one := range runs {
			var err error
			if all[one.Seed-c.Seed], err = os.ReadFile(one.path(results.FileResult)); err != nil {
				return err
			}
		}
		return writeJSON(os.Stdout, map[string]any{"runs": all})
	}
	if len(runs) == 0 {
		return nil
	}
	for _, one := range runs {
		fmt.Printf("seed %d, %s: ", one.Seed, one.Out)
		if err := one.print(); err != nil {
			return err
		}
	}
	c.printNext()
	m, err := own.ReadMethod(c.Out)
	switch {
	case err != nil: // the folder holds another run as well; ours are done
		fmt.Fprintln(os.Stderr, "note:", err)
		return nil
	case !m.Evaluated(): // pre-training, or without test images
		return nil
	}
	fmt.Println()
	return writeComparison(os.Stdout, own.Compare([]own.Method{m}, own.OfClasses))
}
