package tables

import (
	"longtail/paper"
	"longtail/results"
)

// Table3 returns Table 3, ImageNet-LT: four methods with and without SSP on ResNet-10
// and ResNet-50.
func Table3(plan results.Plan, res map[string]*results.Result) Table {
	return large(plan, res, "table3", "Table 3", "ImageNet-LT", []string{"ResNet-10", "ResNet-50"},
		"† in the paper, run again by its authors with the original code: OLTR on ResNet-50.",
		"Which published numbers are of ResNet-10 follows from the order of the columns in the text that could be read. The other column agrees with the authors' README.")
}

// Table4 returns Table 4, iNaturalist 2018: four methods with and without SSP on ResNet-50.
func Table4(plan results.Plan, res map[string]*results.Result) Table {
	return large(plan, res, "table4", "Table 4", "iNaturalist 2018", []string{"ResNet-50"},
		"† in the paper, run again by its authors with the original code: LDAM-DRW on ResNet-50.")
}

// large returns a table of one data set. notes are on single published numbers.
func large(plan results.Plan, res map[string]*results.Result, name, source, dataset string, networks []string, notes ...string) Table {
	p := newPage(plan, res)
	b := Block{Columns: append([]string{"method", ""}, networks...)}
	for _, m := range printedMethods(source, dataset) {
		keys := make([]paper.Key, len(networks))
		for i, n := range networks {
			keys[i] = paper.Key{Source: source, Dataset: dataset, Method: m, Network: n}
		}
		p.lines(&b, m, keys, true)
	}
	return p.finish(name, source+". "+dataset+", top-1 error", []Block{b}, append(notes,
		"Many, medium and few: classes with more than 100, 20 to 100 and fewer than 20 training images; "+dash+" where there is no such class or it was not reported.")...)
}
