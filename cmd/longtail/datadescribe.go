package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"longtail/dataset"
	"longtail/figures"
	"longtail/internal/usage"
	"longtail/own"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
)

type describeCmd struct {
	setFlags   `embed:""`
	tailFlags  `embed:""`
	RhoU       float64 `name:"rho-u" placeholder:"RATIO" help:"Also describe D_U with this imbalance."`
	Multiple   float64 `default:"5" help:"Size of D_U divided by that of the labeled set (${default})."`
	Pool       string  `placeholder:"held-out|authors|extra|FILE.pickle|SET" help:"Pool that D_U is drawn from. Default: the set's own, if it is there."`
	Relevance  float64 `default:"1" help:"Share of D_U whose images show one of the classes (${default})."`
	Irrelevant string  `placeholder:"SET" help:"With --relevance below 1: the set that the other images come from. Default: for CIFAR-10, CIFAR-100 without the classes that resemble it; for garments, MNIST."`
	Positions  string  `type:"path" placeholder:"FILE" help:"Write the indices of the chosen images in the official training set, one per line, in the order of selection."`
	Plot       string  `type:"path" placeholder:"FILE" help:"Draw the class sizes (.png or .svg)."`
	JSON       bool    `name:"json" help:"Print one JSON object."`
}

func (describeCmd) Help() string {
	return `Counts are listed by size, largest class first; with --rho or --rho-u in the order in
which the tail is cut, which is that of the class numbers (for SVHN the digits 1 to 9,
then 0). Many, medium and few are the numbers of classes with more than 100, 20 to
100, and fewer than 20 images (also without any). Equal fingerprints mean the same images. --plot and --positions
overwrite a file only if it is empty or of the same kind.

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
	Amount    float64 `json:"amount,omitempty"` // share of n_max, if not 1
	DataSeed  int     `json:"data_seed"`
	Height    int     `json:"height"`
	Width     int     `json:"width"`

	Classes []string `json:"classes"` // by rank, like all that follows
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
	Skipped     []dataset.Skipped     `json:"skipped,omitempty"` // images left out by --skip-broken
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

	WantedIrrelevant int    `json:"wanted_irrelevant,omitempty"`
	IrrelevantPool   string `json:"irrelevant_pool,omitempty"`
	IrrelevantDigest string `json:"irrelevant_digest,omitempty"`

	Pool       string `json:"pool,omitempty"`
	PoolMark   string `json:"pool_mark,omitempty"`
	PoolDigest string `json:"pool_digest,omitempty"`
	Note       string `json:"note,omitempty"`
}

func (c *describeCmd) Run() error {
	if c.RhoU == 0 && (c.Pool != "" || c.Multiple != paper.UnlabeledMultiple || c.Relevance != 1 || c.Irrelevant != "") {
		return usage.Errorf("--pool, --multiple, --relevance and --irrelevant are of D_U: give --rho-u as well")
	}
	if c.RhoU != 0 && !(c.RhoU >= 1) {
		return usage.Errorf("--rho-u %v: the ratio of the largest class to the smallest is at least 1", c.RhoU)
	}
	if name, err := c.name(); err == nil && c.Pool == dataset.PoolAuthors && name != "cifar10" && dataset.Named(name) {
		return usage.Errorf("--pool authors is the pool of cifar10: leave it out, or draw from its file with --pool FILE.pickle")
	}
	if c.Irrelevant != "" && c.Relevance == 1 {
		return usage.Errorf("--irrelevant names the images that --relevance below 1 mixes in: give it as well")
	}
	if err := c.check(c.RhoU != 0); err != nil {
		return err
	}
	if err := c.checkOutputs(); err != nil {
		return err
	}
	if name, err := c.name(); err == nil && dataset.Named(name) {
		c.Cache = "" // counts of lists decode nothing
	}
	s, err := c.open(true, "--plot", c.Plot)
	if err != nil {
		return err
	}
	if s.Train.Lazy != nil && !c.SkipBroken && !dataset.Named(s.ID) {
		s.Notes = append(s.Notes, "the images were not read; --skip-broken reads each, and lists those that cannot be")
	}
	if c.RhoU == 0 {
		s = c.largestFirst(c.poolAsTrain(s))
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
	d.Many, d.Medium, d.Few = score.Groups(sub.Counts)
	d.Test, d.TestAll = s.ByRank(dataset.CountLabels(s.Test.Labels, len(s.Classes))), s.Test.Len()
	d.addLeakNote(s, sub.Positions)
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
		var drawn []int
		if d.Unlabeled != nil {
			drawn = d.Unlabeled.Wanted
		}
		if err := writeFigure(c.Plot, figures.ClassSizesOf(d.Name, d.Counts, drawn, c.RhoU)); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, d)
	}
	return d.print(os.Stdout)
}

// addLeakNote adds a note on how many of a user's test images are also training images,
// which train would report, too.
func (d *description) addLeakNote(s *dataset.Set, positions []int) {
	if dataset.Named(s.ID) {
		return
	}
	if n, known := own.Shared(s.Test, own.Trained(s, positions)); !known {
		d.Notes = append(d.Notes, own.LeakUnchecked)
	} else if n > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d of the %d test images are training images as well, pixel for pixel", n, s.Test.Len()))
	}
}

// checkOutputs refuses to overwrite files of another kind, and a --plot whose format
// is not drawn.
func (c *describeCmd) checkOutputs() error {
	return cmp.Or(checkDistinctFiles([2]string{"--positions", c.Positions}, [2]string{"--plot", c.Plot}),
		checkOverwrite("--positions", c.Positions, "positions, one a line", positionsHead.Match),
		checkOverwrite("--plot", c.Plot, drawing, isDrawing), checkPlot(c.Plot))
}

// unlabeled returns a description of D_U and the drawn images. It always gives the
// wanted counts, and what is drawn if there is a pool; nil: there is none.
func (c *describeCmd) unlabeled(sub *dataset.Subset) (*unlabeledDescription, *dataset.Drawn, error) {
	s := sub.Set
	u := &unlabeledDescription{RhoU: c.RhoU, Multiple: c.Multiple, Relevance: c.Relevance}
	how := dataset.Unlabeled{Multiple: c.Multiple, RhoU: c.RhoU}
	if c.Relevance != 1 {
		how.Mix = &dataset.Mix{Relevance: c.Relevance}
	}
	var err error
	if u.Wanted, u.WantedIrrelevant, err = how.Wanted(len(s.Classes), sub.Full); err != nil {
		return nil, nil, usage.Error{Err: err}
	}
	for _, n := range u.Wanted {
		u.WantedAll += n
	}
	files, done := watched(context.Background(), c.files()) // Ctrl-C ends the command
	defer done()
	if how.Mix != nil {
		name := c.Irrelevant
		if name == "" {
			if name, err = dataset.IrrelevantFor(s.ID); err != nil {
				return nil, nil, usage.Error{Err: err}
			}
		}
		from, err := files.OpenIrrelevant(s, name)
		if err != nil {
			return nil, nil, err
		}
		u.IrrelevantPool, u.IrrelevantDigest = from.Name, from.Digest
		how.Mix.From = from.Samples
	}
	pool, err := files.OpenPool(sub, poolPath(c.Pool))
	if err != nil {
		if c.Pool != "" {
			return nil, nil, err
		}
		u.Note = "nothing is drawn: " + err.Error()
		return u, nil, nil
	}
	how.Pool = pool.Name
	drawn, err := sub.Draw(how, pool.Samples)
	if err != nil {
		if _, short := errors.AsType[*dataset.ShortError](err); short {
			return nil, nil, usage.Error{Err: err}
		}
		return nil, nil, err
	}
	u.Counts, u.Total, u.Irrelevant = s.ByRank(drawn.Counts), len(drawn.Positions), len(drawn.Irrelevant)
	u.Pool, u.PoolMark, u.PoolDigest, u.Note = pool.Name, pool.Mark, pool.Digest, pool.Note
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
	type column struct {
		name   string
		counts []int
		total  int
	}
	columns := []column{{"train", d.Counts, d.Total}}
	if u != nil {
		name := "D_U" // all that is wanted: Draw refuses a class with fewer
		if u.Counts == nil {
			name = "D_U wanted"
		}
		columns = append(columns, column{name, u.Wanted, u.WantedAll})
	}
	columns = append(columns, column{"test", d.Test, d.TestAll})
	head, total := "rank\tclass\t", "\ttotal\t"
	for _, c := range columns {
		head, total = head+c.name+"\t", total+fmt.Sprintf("%d\t", c.total)
	}
	fmt.Fprintln(t, head)
	for i, class := range d.Classes {
		fmt.Fprintf(t, "%d\t%s\t", i, class)
		for _, c := range columns {
			fmt.Fprintf(t, "%d\t", c.counts[i])
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t, total)
	if err := t.Flush(); err != nil {
		return err
	}
	empty := ""
	if n := len(slices.DeleteFunc(slices.Clone(d.Counts), func(n int) bool { return n > 0 })); n > 0 {
		empty = fmt.Sprintf(" (%d of the few without images)", n)
	}
	fmt.Fprintf(w, "many (> %d) %d, medium (%d-%d) %d, few (< %d) %d classes%s\n",
		score.ManyAbove, d.Many, score.FewBelow, score.ManyAbove, d.Medium, score.FewBelow, d.Few, empty)
	if u != nil {
		fmt.Fprintf(w, "D_U: %v times the labeled set, rho_u = %v, relevance %v", u.Multiple, u.RhoU, u.Relevance)
		if u.Pool != "" {
			fmt.Fprintf(w, "; pool: %s", u.Pool)
			if u.PoolMark != "" {
				fmt.Fprintf(w, " [%s]", u.PoolMark)
			}
		}
		if u.WantedIrrelevant > 0 {
			few := ""
			if u.Pool != "" && u.Irrelevant < u.WantedIrrelevant {
				few = fmt.Sprintf("%d of ", u.Irrelevant)
			}
			fmt.Fprintf(w, "; %s%d images of no class (%s)", few, u.WantedIrrelevant, u.IrrelevantPool)
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
	var b bytes.Buffer
	for _, p := range positions {
		fmt.Fprintln(&b, p)
	}
	return results.WriteFile(path, b.Bytes())
}
