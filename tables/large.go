package tables

import (
	"fmt"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Table3 returns Table 3, ImageNet-LT: four methods with and without SSP on ResNet-10
// and ResNet-50.
func Table3(plan results.Plan, res map[string]*results.Result) Table {
	return large(plan, res, "table3", "Table 3", "ImageNet-LT", "ResNet-10", "ResNet-50")
}

// Table4 returns Table 4, iNaturalist 2018: four methods with and without SSP on ResNet-50.
func Table4(plan results.Plan, res map[string]*results.Result) Table {
	return large(plan, res, "table4", "Table 4", "iNaturalist 2018", "ResNet-50")
}

func large(plan results.Plan, res map[string]*results.Result, name, source, dataset string, networks ...string) Table {
	p := newPage(plan, res)
	b := Block{Columns: append([]string{"method", ""}, networks...)}
	for _, m := range printedMethods(source, dataset) {
		keys := make([]paper.Key, len(networks))
		for i, n := range networks {
			keys[i] = paper.Key{Source: source, Dataset: dataset, Method: m, Network: n}
		}
		p.lines(&b, m, keys, true)
	}
	return p.finish(name, source+". "+dataset+", top-1 error", []Block{b}, append(readingNotes(source),
		"Many, medium and few: classes with more than 100, 20 to 100 and fewer than 20 training images; "+dash+" where there is no such class or it was not reported.")...)
}

// readingNotes returns the notes that concern only some numbers of a source: those that its
// authors ran again, and the networks inferred from the order of columns.
func readingNotes(source string) (notes []string) {
	var again, inferred []string
	for _, n := range paper.Numbers() {
		switch {
		case n.Source != source:
		case strings.Contains(n.Note, "dagger"):
			again = append(again, n.Method+" on "+n.Network)
		case strings.Contains(n.Note, "column order") && !slices.Contains(inferred, n.Network):
			inferred = append(inferred, n.Network)
		}
	}
	if again != nil {
		notes = append(notes, fmt.Sprintf("† in the paper, run again by its authors with the original code: %s.", strings.Join(again, ", ")))
	}
	if inferred != nil {
		notes = append(notes, fmt.Sprintf("Which published numbers are of %s follows from the order of the columns in the text that could be read. The other column agrees with the authors' README.", strings.Join(inferred, ", ")))
	}
	return notes
}
