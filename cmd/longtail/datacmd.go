package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/dataset"
	"longtail/internal/progress"
	"longtail/results"
)

type dataCmd struct {
	Describe describeCmd `cmd:"" help:"Counts, groups and fingerprint of a long-tailed set and its unlabeled set."`
	Show     showCmd     `cmd:"" help:"A sheet of images, a row a class, head first."`
	Fetch    fetchCmd    `cmd:"" help:"Fetch official files, resume, verify."`
	Verify   verifyCmd   `cmd:"" help:"Compare files with the official checksums."`
	Where    whereCmd    `cmd:"" help:"Which file comes from where and goes where."`
}

// setFlags name a data set and say where its files lie.
type setFlags struct {
	Set       string `arg:"" optional:"" name:"set" help:"The same as --data."`
	Data      string `placeholder:"NAME|FILE.npz|FILE.csv|FOLDER" help:"cifar10, cifar100, svhn, mnist-full, fashion-mnist-full, imagenet-lt, inaturalist18; embedded: fashion-mnist, mnist; or your own images."`
	Test      string `placeholder:"FILE.npz" help:"Test images beside FILE.npz. Sets, folders and CSV files bring their own."`
	fileFlags `embed:""`
}

func (f setFlags) name() (string, error) {
	switch {
	case f.Set == "" && f.Data == "":
		return "", usageError{fmt.Errorf("which data set? --data %s", strings.Join(dataset.Known(), "|"))}
	case f.Set != "" && f.Data != "" && f.Set != f.Data:
		return "", usageError{fmt.Errorf("two data sets: %s and --data %s", f.Set, f.Data)}
	case f.Set != "":
		return f.Set, nil
	}
	return f.Data, nil
}

func (f setFlags) open(listsOnly bool) (*dataset.Set, error) {
	name, err := f.name()
	if err != nil {
		return nil, err
	}
	files := f.files()
	files.ListsOnly = listsOnly
	s, err := openData(files, name, f.Test)
	if err != nil {
		return nil, err
	}
	return s, f.sideHeld(name, s)
}

// tailFlags cut the long tail.
type tailFlags struct {
	Rho       float64 `placeholder:"RATIO" help:"Imbalance: largest class over smallest. Without it the set is taken as it is."`
	NMax      int     `name:"n-max" placeholder:"N" help:"Images of the largest class (the paper's: 5000 for CIFAR-10, 500 for CIFAR-100, 1000 for SVHN)."`
	Imbalance string  `enum:"exp,step" default:"exp" help:"Shape of the tail: exp or step."`
	DataSeed  int     `default:"0" help:"Selects the subset (${default})."`
	Amount    float64 `default:"1" placeholder:"SHARE" help:"With --rho: shrink the labelled set to this share of n_max (the paper's E.4: 0.25, 0.5, 1); D_U stays that of the full set."`
}

// byCount orders the classes of a user's set by their images, as "head first"
// says, where nothing is cut from it or drawn for it: --rho makes class 0 the head.
func (f tailFlags) byCount(s *dataset.Set) *dataset.Set {
	if f.Rho != 0 || slices.Contains(dataset.Known(), s.ID) {
		return s
	}
	n := make([]int, len(s.Classes))
	for _, y := range s.Train.Labels {
		n[y]++
	}
	ranked := *s
	ranked.RankOrder = s.Ranks()
	slices.SortStableFunc(ranked.RankOrder, func(a, b int) int { return n[b] - n[a] })
	return &ranked
}

func (f tailFlags) cut(s *dataset.Set) (*dataset.Subset, error) {
	if f.Rho == 0 {
		if f.NMax != 0 || f.Amount != 1 {
			return nil, usageError{fmt.Errorf("--n-max and --amount shape a long tail: give --rho as well (1 for equal classes)")}
		}
		return dataset.Whole(s, f.DataSeed)
	}
	return dataset.LongTail{Rho: f.Rho, Imbalance: f.Imbalance, NMax: f.NMax, DataSeed: f.DataSeed, Amount: f.Amount}.Select(s)
}

type describeCmd struct {
	setFlags   `embed:""`
	tailFlags  `embed:""`
	RhoU       float64 `name:"rho-u" placeholder:"RATIO" help:"Also describe D_U with this imbalance."`
	Multiple   float64 `default:"5" help:"Size of D_U over the labelled set (${default})."`
	Pool       string  `placeholder:"held-out|authors|extra|FILE.pickle|SET" help:"Where D_U is drawn from. Default: the set's own pool, if it is there."`
	PoolMap    string  `name:"pool-map" type:"path" placeholder:"FILE.csv" help:"With --pool SET: lines of their class,our class."`
	Relevance  float64 `default:"1" help:"Share of D_U that shows one of the classes (${default})."`
	Irrelevant string  `placeholder:"SET" help:"With --relevance below 1: the set of the other images. Default: CIFAR-100 without what resembles CIFAR-10's classes, MNIST for garments."`
	AllowShort bool    `help:"Take what a pool holds where it is too small."`
	Positions  string  `type:"path" placeholder:"FILE" help:"Write the chosen positions in the official training set, one a line, in the order of the selection."`
	Plot       string  `type:"path" placeholder:"FILE" help:"Draw the class sizes (.png, .svg or .pdf)."`
	JSON       bool    `name:"json" help:"Print one JSON object."`
}

func (describeCmd) Help() string {
	return `Counts are listed by rank, head first: for SVHN the digits 1 to 9, then 0; of your
own images by size (with --rho or --rho-u in the order of the classes). Many,
medium and few count the classes with more than 100, 20 to 100, and fewer than
20 images. Equal fingerprints mean the same images.

Examples:
  longtail data describe cifar10 --data-dir ~/data --rho 100 --rho-u 50
  longtail data describe cifar10 --data-dir ~/data --rho 100 --positions kept.txt --json
  longtail data describe --data my-photos/`
}

// description is what data describe prints.
type description struct {
	Data      string  `json:"data"`
	Name      string  `json:"name"`
	Mark      string  `json:"mark"` // "" for official files
	Digest    string  `json:"digest"`
	Rho       float64 `json:"rho,omitempty"`
	Imbalance string  `json:"imbalance,omitempty"`
	NMax      int     `json:"n_max,omitempty"`
	Amount    float64 `json:"amount,omitempty"` // of n_max, where it is not 1
	DataSeed  int     `json:"data_seed"`
	Height    int     `json:"height"`
	Width     int     `json:"width"`

	Classes []string `json:"classes"` // by rank, as all that follows
	Counts  []int    `json:"counts"`
	Total   int      `json:"total"`
	Many    int      `json:"many"`
	Medium  int      `json:"medium"`
	Few     int      `json:"few"`
	Test    []int    `json:"test_counts"`
	TestAll int      `json:"test_total"`

	Unlabeled   *unlabeledDescription `json:"unlabeled,omitempty"`
	Fingerprint string                `json:"fingerprint"`
	Notes       []string              `json:"notes,omitempty"`
	Skipped     []dataset.Skipped     `json:"skipped,omitempty"` // by --skip-broken
}

type unlabeledDescription struct {
	RhoU       float64 `json:"rho_u"`
	Multiple   float64 `json:"multiple"`
	Relevance  float64 `json:"relevance"`
	Wanted     []int   `json:"wanted"`
	WantedAll  int     `json:"wanted_total"`
	Counts     []int   `json:"counts,omitempty"` // absent without a pool
	Total      int     `json:"total,omitempty"`
	Irrelevant int     `json:"irrelevant,omitempty"`

	IrrelevantPool   string `json:"irrelevant_pool,omitempty"`
	IrrelevantDigest string `json:"irrelevant_digest,omitempty"`

	Pool       string `json:"pool,omitempty"`
	PoolMark   string `json:"pool_mark,omitempty"`
	PoolDigest string `json:"pool_digest,omitempty"`
	Short      bool   `json:"short,omitempty"`
	Note       string `json:"note,omitempty"`
}

func (c *describeCmd) Run() error {
	c.Cache = "" // counts decode nothing
	s, err := c.open(true)
	if err != nil {
		return err
	}
	if c.RhoU == 0 {
		s = c.byCount(s)
	}
	sub, err := c.cut(s)
	if err != nil {
		return err
	}
	d := &description{
		Data: s.ID, Name: s.Name, Mark: s.Mark, Digest: s.Digest, Rho: c.Rho, DataSeed: c.DataSeed,
		Height: s.H, Width: s.W, Counts: s.ByRank(sub.Counts), Total: len(sub.Positions), Notes: s.Notes, Skipped: s.Skipped,
	}
	for _, class := range s.Ranks() {
		d.Classes = append(d.Classes, s.Classes[class])
	}
	if c.Rho != 0 {
		d.Imbalance, d.NMax = c.Imbalance, sub.LongTail.NMax
		if c.Amount != 1 {
			d.Amount = c.Amount
		}
	}
	d.Many, d.Medium, d.Few = dataset.Groups(sub.Counts)
	test, err := dataset.ByClass(s.Test.Labels, len(s.Classes))
	if err != nil {
		return err
	}
	byClass := make([]int, len(test))
	for i, p := range test {
		byClass[i] = len(p)
	}
	d.Test, d.TestAll = s.ByRank(byClass), s.Test.Len()
	chosen := [][]int{sub.Positions}
	if c.RhoU != 0 {
		var drawn *dataset.Drawn
		if d.Unlabeled, drawn, err = c.unlabeled(sub); err != nil {
			return err
		}
		if drawn != nil {
			chosen = append(chosen, drawn.Positions, drawn.Irrelevant)
		}
	}
	digest := d.Digest
	if d.Unlabeled != nil {
		digest += d.Unlabeled.PoolDigest + d.Unlabeled.IrrelevantDigest
	}
	d.Fingerprint = dataset.Fingerprint(digest, chosen...)
	if c.Positions != "" {
		if err := writePositions(c.Positions, sub.Positions); err != nil {
			return err
		}
	}
	if c.Plot != "" {
		if err := plotCounts(c.Plot, d); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, d)
	}
	return d.print(os.Stdout)
}

// unlabeled describes D_U: what is wanted always, what is drawn where there is
// a pool.
func (c *describeCmd) unlabeled(sub *dataset.Subset) (*unlabeledDescription, *dataset.Drawn, error) {
	s := sub.Set
	u := &unlabeledDescription{RhoU: c.RhoU, Multiple: c.Multiple, Relevance: c.Relevance}
	how := dataset.Unlabeled{Multiple: c.Multiple, RhoU: c.RhoU, AllowShort: c.AllowShort}
	if c.Relevance != 1 {
		name := c.Irrelevant
		if name == "" {
			var err error
			if name, err = dataset.IrrelevantFor(s.ID); err != nil {
				return nil, nil, usageError{err}
			}
		}
		from, err := c.files().OpenIrrelevant(s, name)
		if err != nil {
			return nil, nil, err
		}
		u.IrrelevantPool, u.IrrelevantDigest = from.Name, from.Digest
		how.Mix = &dataset.Mix{Relevance: c.Relevance, From: from.Samples}
	}
	relevant := math.Round(c.Relevance * c.Multiple * float64(sub.Full))
	if c.Relevance == 1 {
		relevant = c.Multiple * float64(sub.Full)
	}
	wanted, err := dataset.UnlabeledCounts(len(s.Classes), relevant, c.RhoU)
	if err != nil {
		return nil, nil, usageError{err}
	}
	u.Wanted = wanted
	for _, n := range wanted {
		u.WantedAll += n
	}
	pool, err := c.files().OpenPool(sub, c.Pool, c.PoolMap)
	if err != nil {
		if c.Pool != "" {
			return nil, nil, err
		}
		u.Note = "nothing is drawn: " + strings.TrimPrefix(err.Error(), "dataset: ")
		return u, nil, nil
	}
	drawn, err := sub.Draw(how, pool.Samples)
	if err != nil {
		var short *dataset.ShortError
		if errors.As(err, &short) {
			return nil, nil, fmt.Errorf("%w, or --allow-short to take what is there", err)
		}
		return nil, nil, err
	}
	u.Wanted, u.Counts = s.ByRank(drawn.Wanted), s.ByRank(drawn.Counts)
	u.WantedAll, u.Total, u.Irrelevant = 0, len(drawn.Positions), len(drawn.Irrelevant)
	for _, n := range drawn.Wanted {
		u.WantedAll += n
	}
	u.Pool, u.PoolMark, u.PoolDigest, u.Short, u.Note = pool.Name, pool.Mark, pool.Digest, drawn.Short(), pool.Note
	return u, drawn, nil
}

func (d *description) print(w io.Writer) error {
	mark := ""
	if d.Mark != "" {
		mark = " [" + d.Mark + "]"
	}
	fmt.Fprintf(w, "%s%s, %d×%d pixels, %d classes\n", d.Name, mark, d.Height, d.Width, len(d.Classes))
	if d.Rho != 0 {
		amount := ""
		if d.Amount != 0 {
			amount = fmt.Sprintf(" × %v", d.Amount)
		}
		fmt.Fprintf(w, "long tail: %s, rho = %v, n_max = %d%s, data seed %d\n", d.Imbalance, d.Rho, d.NMax, amount, d.DataSeed)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	u := d.Unlabeled
	fmt.Fprint(t, "rank\tclass\ttrain\t")
	if u != nil {
		fmt.Fprint(t, "D_U wanted\t")
		if u.Counts != nil {
			fmt.Fprint(t, "D_U\t")
		}
	}
	fmt.Fprintln(t, "test\t")
	row := func(rank, class string, at func(list []int, total int) int) {
		fmt.Fprintf(t, "%s\t%s\t%d\t", rank, class, at(d.Counts, d.Total))
		if u != nil {
			fmt.Fprintf(t, "%d\t", at(u.Wanted, u.WantedAll))
			if u.Counts != nil {
				fmt.Fprintf(t, "%d\t", at(u.Counts, u.Total))
			}
		}
		fmt.Fprintf(t, "%d\t\n", at(d.Test, d.TestAll))
	}
	for i, class := range d.Classes {
		row(fmt.Sprint(i), class, func(list []int, _ int) int { return list[i] })
	}
	row("", "total", func(_ []int, total int) int { return total })
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "many (> 100) %d, medium (20-100) %d, few (< 20) %d classes\n", d.Many, d.Medium, d.Few)
	if u != nil {
		fmt.Fprintf(w, "D_U: %v times the labelled set, rho_u = %v, relevance %v", u.Multiple, u.RhoU, u.Relevance)
		if u.Pool != "" {
			fmt.Fprintf(w, "; pool: %s", u.Pool)
			if u.PoolMark != "" {
				fmt.Fprintf(w, " [%s]", u.PoolMark)
			}
		}
		if u.Irrelevant > 0 {
			fmt.Fprintf(w, "; %d images of no class (%s)", u.Irrelevant, u.IrrelevantPool)
		}
		if u.Short {
			fmt.Fprint(w, "; the pool is too small")
		}
		fmt.Fprintln(w)
		if u.Note != "" {
			fmt.Fprintln(w, "note:", u.Note)
		}
	}
	for _, n := range d.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	_, err := fmt.Fprintf(w, "fingerprint %s\n", d.Fingerprint)
	return err
}

func writePositions(path string, positions []int) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("positions: %w", err)
	}
	w := bufio.NewWriter(f)
	for _, p := range positions {
		fmt.Fprintln(w, p)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("positions: %w", err)
	}
	return nil
}

// plotCounts draws class sizes by rank on a logarithmic axis.
func plotCounts(path string, d *description) error {
	if ext := strings.ToLower(filepath.Ext(path)); !slices.Contains([]string{".png", ".svg", ".pdf"}, ext) {
		return usageError{fmt.Errorf("plot = %s: the name must end in .png, .svg or .pdf", path)}
	}
	p := plot.New()
	p.Title.Text = d.Name
	p.X.Label.Text, p.Y.Label.Text = "rank of the class", "images"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: 3}
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	draw := func(name string, counts []int, dashes []vg.Length) error {
		var xy plotter.XYs
		for i, n := range counts {
			if n > 0 {
				xy = append(xy, plotter.XY{X: float64(i), Y: float64(n)})
			}
		}
		if len(xy) == 0 {
			return nil
		}
		line, dots, err := plotter.NewLinePoints(xy)
		if err != nil {
			return err
		}
		line.Dashes = dashes
		p.Add(line, dots)
		p.Legend.Add(name, line, dots)
		return nil
	}
	if err := draw("training images", d.Counts, nil); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	if u := d.Unlabeled; u != nil {
		if err := draw("D_U", u.Wanted, []vg.Length{6, 3}); err != nil {
			return fmt.Errorf("plot: %w", err)
		}
	}
	if err := p.Save(18*vg.Centimeter, 12*vg.Centimeter, path); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

type showCmd struct {
	setFlags  `embed:""`
	tailFlags `embed:""`
	Out       string `required:"" type:"path" placeholder:"FILE.png" help:"The sheet."`
	PerClass  int    `default:"10" help:"Images of each class (${default})."`
	Classes   int    `default:"40" help:"At most so many classes, head first (${default})."`
}

func (showCmd) Help() string {
	return `Look at it before training: digits and garments must stand upright, and the rows
must show their classes.

Example:
  longtail data show cifar10 --data-dir ~/data --rho 100 --out sheet.png`
}

func (c *showCmd) Run() error {
	if c.PerClass < 1 || c.Classes < 1 {
		return usageError{fmt.Errorf("--per-class and --classes must be at least 1")}
	}
	if err := mayReplace("--out", c.Out, "sheet of images", isSheet); err != nil {
		return err
	}
	s, err := c.open(false)
	if err != nil {
		return err
	}
	if s.Train.Len() == 0 && c.Rho == 0 { // images that are only a pool
		pool := *s
		pool.Train = s.Pool
		s = &pool
	}
	s = c.byCount(s)
	sub, err := c.cut(s)
	if err != nil {
		return err
	}
	picture, err := dataset.ClassSheet(sub, c.Classes, c.PerClass)
	if err != nil {
		return err
	}
	var sheet bytes.Buffer
	if err := png.Encode(&sheet, picture); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	if err := results.WriteFile(c.Out, markSheet(sheet.Bytes())); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	for i, class := range s.Ranks()[:min(c.Classes, len(s.Classes))] {
		fmt.Printf("row %d: %s, %d images\n", i+1, s.Classes[class], sub.Counts[class])
	}
	return nil
}

type fetchCmd struct {
	Set     string   `arg:"" name:"set" help:"cifar10, cifar100, svhn, mnist-full, fashion-mnist-full, imagenet-lt or inaturalist18."`
	DataDir string   `env:"LONGTAIL_DATA" placeholder:"FOLDER" help:"Where the files go."`
	Mirror  []string `placeholder:"URL" help:"Try this base URL first; the file's name is appended. May be given again."`
	Pool    bool     `help:"Also what only a pool of unlabeled images needs (SVHN extra, 1.3 GB)."`
	Unpack  bool     `help:"Unpack archives afterwards. Packed ones can be read, more slowly."`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

func (fetchCmd) Help() string {
	return `Nothing is fetched unless this command is given. A file takes its name only when
its checksum is right; interrupted, the command goes on where it was.

Example:
  longtail data fetch cifar10 --data-dir ~/data`
}

func (c *fetchCmd) Run(ctx context.Context) error {
	if c.DataDir == "" {
		return usageError{fmt.Errorf("where to? give --data-dir or LONGTAIL_DATA")}
	}
	got, err := fetch(ctx, dataset.Fetch{Dir: c.DataDir, Mirrors: c.Mirror, Pool: c.Pool}, c.Set)
	if err != nil {
		return err
	}
	for i, g := range got {
		if c.Unpack && g.State != "yours to place" && g.Note == "" && (strings.HasSuffix(g.File, ".tar.gz") || strings.HasSuffix(g.File, ".tar")) {
			if err := dataset.Unpack(filepath.Join(c.DataDir, g.File), c.DataDir); err != nil {
				return err
			}
			got[i].Note = "unpacked"
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, map[string]any{"data": c.Set, "files": got})
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

// fetch gets a set's files and shows how far it is.
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
		meter.Set(float64(done), file)
	}
	return f.Get(ctx, set)
}

type verifyCmd struct {
	Set     string `arg:"" name:"set" help:"Data set."`
	DataDir string `env:"LONGTAIL_DATA" placeholder:"FOLDER" help:"Where its files lie."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

func (verifyCmd) Help() string {
	return `Exit status 1 if any file is missing or is not the official one.

Example:
  longtail data verify cifar10 --data-dir ~/data`
}

func (c *verifyCmd) Run() error {
	files, err := dataset.Files{Dir: c.DataDir}.Verify(c.Set)
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
		if err := writeJSON(os.Stdout, map[string]any{"data": c.Set, "official": bad == 0, "files": files}); err != nil {
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
	Set     string `arg:"" optional:"" name:"set" help:"Data set; none: all."`
	DataDir string `env:"LONGTAIL_DATA" placeholder:"FOLDER" help:"Where its files lie or will."`
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
			return usageError{err}
		}
		all[id] = places
	}
	if c.JSON {
		return writeJSON(os.Stdout, map[string]any{"data_dir": c.DataDir, "sets": all})
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
				state = "there"
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
