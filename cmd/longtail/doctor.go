package main

import (
	"fmt"
	"os"

	"longtail/doctor"
)

type doctorCmd struct {
	officialFlags
	storeFlag
	JSON bool `name:"json" help:"Print one JSON object."`
}

// diagnosis is what doctor --json prints.
type diagnosis struct {
	OK     bool           `json:"ok"`
	Checks []doctor.Check `json:"checks"`
}

func (doctorCmd) Help() string {
	return `Compares every set of kernels with the portable one, checks memory and disk space,
verifies the official files that are present, and looks in the store for results that
are damaged or of another version, damaged checkpoints and networks, and locks of processes that
died or stopped responding. Exit status 1 if something is wrong.

Examples:
  longtail doctor
  longtail doctor --data-dir ~/data --store runs --json`
}

func (c *doctorCmd) Run() error {
	checks := doctor.Examine(c.store(), c.files())
	wrong := 0
	for _, k := range checks {
		if !k.OK {
			wrong++
		}
	}
	if c.JSON {
		if err := writeJSON(os.Stdout, diagnosis{wrong == 0, checks}); err != nil {
			return err
		}
	} else {
		for _, k := range checks {
			mark := "ok    "
			if !k.OK {
				mark = "WRONG "
			}
			fmt.Printf("%s %s: %s\n", mark, k.What, k.Found)
			if k.Remedy != "" {
				fmt.Printf("       remedy: %s\n", k.Remedy)
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found something wrong", wrong, len(checks))
	}
	return nil
}
