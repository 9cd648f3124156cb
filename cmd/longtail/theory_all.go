package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

type theoryAllCmd struct {
	JSON bool `name:"json" help:"Print one JSON object with every field of all three theorems."`
}

func (theoryAllCmd) Help() string {
	return `This is what longtail theory prints without a number: the main values of each
theorem at its default parameters, and a command with other parameters.

Examples:
  longtail theory
  longtail theory --json`
}

// overview is one theorem in longtail theory.
type overview struct {
	theorem     int
	about, more string // its subject, a command with other parameters
}

var overviews = []overview{
	{1, "pseudo-labels of precisions p and q, and the class threshold: P(off by more than δ)", "longtail theory 1 --p 0.9 --q 0.7 --delta 0.05:0.5:10"},
	{2, "raw linear classifiers, whose error is claimed to be at least 1/4", "longtail theory 2 --p-pos 0.1 --u -5:5:11"},
	{3, "the classifier on the self-supervised feature: its error and the published bound", "longtail theory 3 --d 1,10,100,1000"},
}

// Run takes the whole command line, where the flags of the three commands have their
// defaults.
func (c *theoryAllCmd) Run(line *cli) error {
	object := map[string]record{}
	var text strings.Builder
	flags := []sweeper{line.Theory.One.theorem1Flags, line.Theory.Two.theorem2Flags, line.Theory.Three.theorem3Flags}
	for i, o := range overviews {
		s, err := flags[i].sweep()
		if err != nil {
			return err
		}
		r := append(s.settings[0].parameters, s.settings[0].exact()...)
		object[fmt.Sprintf("theorem%d", o.theorem)] = r
		if err := o.write(&text, r); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(os.Stdout, object)
	}
	fmt.Print(text.String())
	fmt.Println("\nEach parameter is a number,\n" + several + ".\n" +
		"--csv and --json write every field, --plot draws up to two varying parameters. longtail simulate 1, 2 or 3\n" +
		"checks a theorem by Monte Carlo; longtail reproduce --only theory checks every claim. The theorems and their\n" +
		"fields: docs/theory.md.")
	return nil
}

// write prints the theorem's parameters in one line, and then its main values.
func (o overview) write(w io.Writer, r record) error {
	if o.theorem > 1 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "Theorem %d: %s\n", o.theorem, o.about)
	var parameters []string
	for _, f := range r {
		if name, is := strings.CutPrefix(f.name, "parameters."); is {
			parameters = append(parameters, name+" = "+text(f.value, 6))
		}
	}
	fmt.Fprintf(w, "at %s\n", strings.Join(parameters, ", "))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r {
		if f.main {
			fmt.Fprintf(t, "  %s\t%s\n", f.name, text(f.value, 6))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "others: %s\n", o.more)
	return err
}
