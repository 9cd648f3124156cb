package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"longtail/internal/usage"
)

// outputFlags select how records are written.
type outputFlags struct {
	JSON bool   `name:"json" help:"Print one JSON object."`
	CSV  string `name:"csv" placeholder:"FILE" help:"Also write all values, except the checks of a simulation, to a CSV file. It overwrites only an empty file or an earlier one of its kind." type:"path"`
	Plot string `name:"plot" placeholder:"FILE" help:"Also plot up to two varying parameters as a figure (.png or .svg). It overwrites only an empty file or an earlier figure." type:"path"`
}

// write prints the records to w and writes them to the files of --csv and --plot. An
// error of a file does not keep the rest from being written. varying are the
// parameters given as a list or range; nil: records is one record.
func (o outputFlags) write(w io.Writer, records []record, varying []axis) error {
	var csv, plot, err error
	if o.CSV != "" {
		csv = writeCSV(o.CSV, records)
	}
	if o.Plot != "" {
		plot = drawPlot(o.Plot, records, varying)
	}
	switch {
	case o.JSON && varying != nil:
		err = writeJSON(w, map[string][]record{"rows": records})
	case o.JSON:
		err = writeJSON(w, records[0])
	case varying != nil:
		err = writeTable(w, records, varying)
	default:
		err = writeList(w, records[0])
	}
	return errors.Join(csv, plot, err)
}

func writeJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}

// check returns the error that would keep the output from being written, before
// anything is computed.
func (o outputFlags) check(varying []axis) error {
	if err := checkDistinctFiles([2]string{"--csv", o.CSV}, [2]string{"--plot", o.Plot}); err != nil {
		return err
	}
	for _, f := range []struct {
		name, path, kind string
		is               func(head []byte) bool
	}{{"csv", o.CSV, "values of theory or simulate", begins(recordsHead)}, {"plot", o.Plot, drawing, isDrawing}} {
		if f.path == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(f.path)); err != nil || !info.IsDir() {
			return usage.Errorf("--%s %s: there is no folder %s", f.name, f.path, filepath.Dir(f.path))
		}
		if err := checkOverwrite("--"+f.name, f.path, f.kind, f.is); err != nil {
			return err
		}
	}
	if o.Plot == "" {
		return nil
	}
	if err := checkPlot(o.Plot); err != nil {
		return err
	}
	switch len(varying) {
	case 0:
		return usage.Errorf("--plot: no parameter varies; give a list such as --delta 0.1,0.2 or a range such as --delta 0.1:0.5:9")
	case 1:
		return nil
	case 2:
		if n := min(len(varying[0].values), len(varying[1].values)); n > maxPanels {
			return usage.Errorf("--plot: --%s and --%s both have more than %d values, and each value of one has a panel; give fewer of one", varying[0].flag, varying[1].flag, maxPanels)
		}
		return nil
	}
	var names []string
	for _, a := range varying {
		names = append(names, "--"+a.flag)
	}
	return usage.Errorf("--plot: %s vary; a figure shows two of them at most", strings.Join(names, " and "))
}
