package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"longtail/dataset"
	"longtail/internal/plural"
	"longtail/internal/progress"
	"longtail/internal/usage"
)

type fetchCmd struct {
	Set     string   `arg:"" name:"set" help:"cifar10, cifar100, svhn, mnist-full, fashion-mnist-full, imagenet-lt or inaturalist18."`
	DataDir string   `env:"LONGTAIL_DATA" default:"" type:"path" placeholder:"FOLDER" help:"Folder for the files."`
	Mirror  []string `placeholder:"URL" help:"Try this base URL first; the file name is appended. May be repeated."`
	Pool    bool     `name:"with-pool" help:"Also fetch files that only a pool of unlabeled images needs (SVHN extra, 1.3 GB)."`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

// fetchedSet, verifiedSet and places are what data fetch, verify and where print
// with --json.
type (
	fetchedSet struct {
		Data  string            `json:"data"`
		Files []dataset.Fetched `json:"files"`
	}
	verifiedSet struct {
		Data     string            `json:"data"`
		Official bool              `json:"official"` // every file is
		Files    []dataset.Checked `json:"files"`
	}
	places struct {
		DataDir string                     `json:"data_dir"`
		Sets    map[string][]dataset.Place `json:"sets"`
	}
)

func (fetchCmd) Help() string {
	return `Only this command and reproduce --fetch use the network. A file gets its name only
when its checksum is right. An interrupted command resumes where it stopped.

Example:
  longtail data fetch cifar10 --data-dir ~/data`
}

func (c *fetchCmd) Run(ctx context.Context) error {
	if c.DataDir == "" {
		return usage.Errorf("where to? give --data-dir or LONGTAIL_DATA")
	}
	if _, err := (dataset.Files{}).Where(c.Set); err != nil {
		return usage.Error{Err: err}
	}
	got, err := fetch(ctx, dataset.Fetch{Dir: c.DataDir, Mirrors: c.Mirror, Pool: c.Pool}, c.Set)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(os.Stdout, fetchedSet{c.Set, got})
	}
	for _, g := range got {
		fmt.Printf("%s: %s", g.File, g.State)
		if g.Note != "" {
			fmt.Printf(" (%s)", g.Note)
		}
		fmt.Println()
	}
	return nil
}

// fetch gets a set's files, shows the progress and returns what was fetched or present.
func fetch(ctx context.Context, f dataset.Fetch, set string) ([]dataset.Fetched, error) {
	var meter *progress.Meter
	current := ""
	stop := func() {
		if meter != nil {
			meter.Close()
			meter = nil
		}
	}
	defer stop()
	f.Report = func(file string, done, total int64) {
		if file != current {
			stop()
			current, meter = file, progress.New(os.Stderr, float64(total), 0)
			meter.Skip(float64(done))
		}
		what := file
		if total == 0 {
			what += ", " + plural.Bytes(done)
		}
		meter.Set(float64(done), what)
	}
	f.Waits = func(file string) {
		fmt.Fprintf(os.Stderr, "%s: another process fetches into %s; waiting for it\n", file, f.Dir)
	}
	return f.Get(ctx, set)
}

type verifyCmd struct {
	Set     string `arg:"" name:"set" help:"Data set."`
	DataDir string `env:"LONGTAIL_DATA" default:"" type:"path" placeholder:"FOLDER" help:"Folder of its files."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

func (verifyCmd) Help() string {
	return `Reads every byte, also inside archives. Exit status 1 if any file is missing or is not
the official one.

Example:
  longtail data verify cifar10 --data-dir ~/data`
}

func (c *verifyCmd) Run() error {
	places, err := dataset.Files{Dir: c.DataDir}.Where(c.Set)
	if err != nil {
		return usage.Error{Err: err}
	}
	files, err := dataset.Files{Dir: c.DataDir}.Verify(c.Set)
	if err != nil && c.JSON && c.DataDir != "" {
		for _, p := range places {
			if !p.Present && !p.ForPool {
				files = append(files, dataset.Checked{File: p.File, Note: "is missing"})
			}
		}
		if files != nil { // none of its files is there, except perhaps those for its pool only
			return errors.Join(err, writeJSON(os.Stdout, verifiedSet{c.Set, false, files}))
		}
	}
	if err != nil {
		return err
	}
	bad := 0
	for _, f := range files {
		if !f.Official {
			bad++
		}
	}
	if c.JSON {
		if err := writeJSON(os.Stdout, verifiedSet{c.Set, bad == 0, files}); err != nil {
			return err
		}
	} else {
		for _, f := range files {
			word := "official"
			if !f.Official {
				word = "NOT OFFICIAL"
			}
			fmt.Printf("%s: %s", f.File, word)
			if f.Note != "" {
				fmt.Printf(" (%s)", f.Note)
			}
			fmt.Println()
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s: %d of %d files are missing or not the official ones: longtail data where %s says where they are to be had", c.Set, bad, len(files), c.Set)
	}
	return nil
}

type whereCmd struct {
	Set     string `arg:"" optional:"" name:"set" help:"Data set. Default: all."`
	DataDir string `env:"LONGTAIL_DATA" default:"" type:"path" placeholder:"FOLDER" help:"Folder for its files."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

func (whereCmd) Help() string {
	return `Example:
  longtail data where svhn --data-dir ~/data`
}

func (c *whereCmd) Run() error {
	sets := []string{c.Set}
	if c.Set == "" {
		sets = dataset.Known()
	}
	files := dataset.Files{Dir: c.DataDir}
	all := map[string][]dataset.Place{}
	for _, id := range sets {
		places, err := files.Where(id)
		if err != nil {
			return usage.Error{Err: err}
		}
		all[id] = places
	}
	if c.JSON {
		return writeJSON(os.Stdout, places{c.DataDir, all})
	}
	dir := c.DataDir
	if dir == "" {
		dir = "FOLDER"
	}
	for _, id := range sets {
		if len(all[id]) == 0 {
			fmt.Printf("%s: inside the program\n", id)
			continue
		}
		fmt.Printf("%s:\n", id)
		for _, p := range all[id] {
			state := "missing"
			if p.Present {
				state = dataset.StateThere
			}
			from := p.URL
			if from == "" {
				from = p.How
			}
			fmt.Printf("  %s  (%s)\n    from %s\n", filepath.Join(dir, filepath.FromSlash(p.File)), state, from)
			if p.Checksum != "" {
				fmt.Printf("    %s", p.Checksum)
				if p.Bytes > 0 {
					fmt.Printf(", %d bytes", p.Bytes)
				}
				fmt.Println()
			}
		}
	}
	return nil
}
