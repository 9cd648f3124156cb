package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/shell"
	"longtail/internal/usage"
	"longtail/results"
)

// officialFlags locate the official files. (The default keeps an empty folder from
// becoming the current one.)
type officialFlags struct {
	DataDir         string `env:"LONGTAIL_DATA" default:"" type:"path" placeholder:"FOLDER" help:"Where official files lie, packed or not (longtail data where)."`
	AllowUnverified bool   `help:"Accept files whose checksums are not the official ones (truncated or converted files); results are marked."`
}

func (f officialFlags) files() dataset.Files {
	return dataset.Files{Dir: f.DataDir, AllowUnverified: f.AllowUnverified}
}

// storeFlag locates the store.
type storeFlag struct {
	Store string `env:"LONGTAIL_STORE" default:"runs" type:"path" help:"Folder of what is computed; nothing valid in it is ever overwritten."`
}

func (f storeFlag) missing() bool {
	_, err := os.Stat(f.Store)
	return errors.Is(err, fs.ErrNotExist)
}

func (f storeFlag) store() results.Store { return results.Store(f.Store) }

// numSeeds is a number of replicates; 0: the flag is not given.
type numSeeds int

// UnmarshalText refuses 0, which would be taken for the profile's number.
func (n *numSeeds) UnmarshalText(text []byte) error {
	given, err := strconv.Atoi(string(text))
	if err != nil || given == 0 {
		return fmt.Errorf("%q: give a number of replicates from 1 to 1000, or leave it out", text)
	}
	*n = numSeeds(given)
	return nil
}

// selectionFlags select cells; reproduce, plan and report share them.
type selectionFlags struct {
	Profile     string   `default:"quick" help:"Scale of the runs. smoke: every kind of task once, a minute; quick: embedded images, 15 minutes; desktop: official images, CIFAR-10 with 700 images in its largest class; paper: the paper's own settings. NAME:SETTING=VALUE,… changes settings of it (\"paper:arch=resnet20,epochs=100\"): ${settings}."`
	Only        []string `sep:"none" placeholder:"NAME,…" help:"Only these, with the tasks they depend on: parts (${parts}), methods named as in the paper (\"CE-DRW + SSP\"), data sets, rho=10, rho_u=1, or several of these that all have to fit (\"table2:CE-DRW:rho=10\"); or tasks by 12 digits of their names. Default: everything."`
	SkipShipped bool     `help:"Leave out what ships with the program as a result (results/committed); every report shows it anyway."`
	Seeds       numSeeds `placeholder:"N" help:"Replicates: 3 means replicates 0, 1, 2, each with its own labeled subset and streams. Default: smoke and desktop 1, quick and paper 3."`
	Seed        int      `default:"0" help:"Governs initialization, order and augmentation."`
	DataSeed    int      `default:"0" help:"Selects the long-tailed subset of replicate 0."`
	Exact       bool     `help:"Use direct convolution throughout: slower, and the last bits differ. Tasks get other names."`
	Pool        string   `placeholder:"POOL" help:"D_U of CIFAR-10-LT from held-out, authors (ti_80M_selected.pickle in the data folder), a .pickle file, another set, or a folder or CSV file of images (classes of the same names as ours), in place of the profile's pool."`
	officialFlags
	storeFlag
	Out string `default:"out" type:"path" help:"Folder of what is rendered; may be deleted."`
}

func (f selectionFlags) plan() (results.Plan, experiments.Profile, error) {
	profile, err := experiments.ProfileNamed(f.Profile)
	if err != nil {
		return results.Plan{}, profile, usage.Error{Err: err}
	}
	plan, err := experiments.Expand(profile, results.Selection{
		Only: f.Only, SkipShipped: f.SkipShipped, Seeds: int(f.Seeds), Seed: f.Seed, DataSeed: f.DataSeed, Exact: f.Exact, Pool: poolPath(f.Pool),
		DataDir: f.DataDir, AllowUnverified: f.AllowUnverified,
	})
	if err != nil {
		return results.Plan{}, profile, usage.Error{Err: err}
	}
	return plan, profile, nil
}

// checkOut refuses a store in --out, which may be deleted. The same folder would hold
// two plans of one name.
func (f selectionFlags) checkOut() error {
	if rel, err := filepath.Rel(resolved(f.Out), resolved(f.Store)); err == nil && filepath.IsLocal(rel) {
		return usage.Errorf("--out %s: the store %s lies in it, and --out may be deleted: name another folder with --out, or with --store or LONGTAIL_STORE", f.Out, f.Store)
	}
	return nil
}

// resolved returns a path without symbolic links, as far as it exists.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	above := filepath.Dir(path)
	if above == path {
		return path
	}
	return filepath.Join(resolved(above), filepath.Base(path))
}

// poolPath returns the name of a pool, or the absolute path of one that is a file or
// folder.
func poolPath(pool string) string {
	if dataset.NamedPool(pool) {
		return pool
	}
	return kong.ExpandPath(pool)
}

// checkDataDir returns an error if the plan reads official files and the user has not
// named their folder.
func (f selectionFlags) checkDataDir(plan results.Plan) error {
	if f.DataDir != "" {
		return nil
	}
	for _, t := range plan.Tasks {
		if id := t.Settings.Data; id != "" && !dataset.Embedded(id) {
			return usage.Errorf("profile %s reads the official files of %s: give their folder with --data-dir or LONGTAIL_DATA; --fetch gets what is missing there", plan.Profile, id)
		}
	}
	return nil
}

// noteAbsent prints which of the plan's official sets have no file in the data folder.
// Their tasks have the names that they have without --allow-unverified
// (dataset.Files.Declare), so results from other files are not found.
func (f selectionFlags) noteAbsent(plan results.Plan) {
	var absent []string
	for _, id := range slices.Sorted(maps.Keys(officialSets(plan))) {
		if f.AllowUnverified && (f.DataDir == "" || f.files().Find(id) != nil) {
			absent = append(absent, id)
		}
	}
	where := fmt.Sprintf("no file in --data-dir %q", f.DataDir)
	if f.DataDir == "" {
		where = "without --data-dir there is no file"
	}
	if len(absent) > 0 {
		fmt.Fprintf(os.Stderr, "note: %s of %s: taken as official; results from other files are not shown, nor counted as done\n", where, strings.Join(absent, ", "))
	}
}

// asCalled returns a command, which begins with longtail, with the name by which this
// program was called, such as bin/longtail.
func asCalled(command string) string {
	return shell.Quote(os.Args[0]) + strings.TrimPrefix(command, "longtail")
}

// command returns the plan's command with the flags that do not belong to the plan.
func (f selectionFlags) command(plan results.Plan) string {
	c := plan.Command()
	for _, folder := range []struct{ flag, path, standard, env string }{{"--store", f.Store, "runs", "LONGTAIL_STORE"}, {"--out", f.Out, "out", ""}} {
		if standard, err := filepath.Abs(folder.standard); folder.path != "" && (err != nil || folder.path != standard || os.Getenv(folder.env) != "") {
			c += " " + folder.flag + " " + shell.Quote(folder.path)
		}
	}
	return c
}
